"""`listen` on a datagram network: one socket, any number of peers, no connections."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import dialnet as net
from dialnet.system.starting import start

from .output import Sink, read_input
from .peer import MESSAGE, is_named
from .process import Failed, tell
from .relay import MESSAGE_CHUNK

__all__ = ["DatagramServer"]

_PATIENCE = 0.25  # how long an answer may hold up the next question


class DatagramServer:
    """Prints what comes and answers with stdin, or echoes, until a signal ends it or `idle` seconds pass.

    Silence counts from the first datagram: before it there is nobody to be silent.
    """

    def __init__(
        self,
        conn: net.PacketConn,
        sink: Sink,
        *,
        echo: bool,
        idle: float | None,
        detail: Callable[[str], None],
    ) -> None:
        self._conn = conn
        self._sink = sink
        self._echo = echo
        self._idle = idle
        self._detail = detail
        self._last_peer: net.Addr | None = None
        self._known = threading.Event()
        self._failure: Exception | None = None
        self._last = 0.0

    def run(self) -> None:
        if not self._echo:
            start(self._answer, "stdin")
        try:
            while True:
                self._serve(*self._read())
        except net.DeadlineExceededError:
            self._detail("ended: nothing went either way for a while")
        except net.ClosedError:
            if self._failure is None:
                raise
            raise self._failure from None

    def _read(self) -> tuple[bytes, net.Addr | None]:
        while True:
            if self._idle is not None and self._last:
                self._conn.set_read_deadline(self._last + self._idle)
            try:
                data, addr = self._conn.read_from(MESSAGE)
            except ConnectionError as err:  # an earlier answer did not arrive; some systems tell it here
                self._detail(str(err))
                continue
            except net.DeadlineExceededError:
                if self._idle is None or time.monotonic() >= self._last + self._idle:
                    raise
                continue  # an answer went out meanwhile
            self._last = time.monotonic()
            return data, addr

    def _serve(self, data: bytes, addr: net.Addr | None) -> None:
        self._detail(f"{len(data)} bytes from {addr if is_named(addr) else 'a sender without a name'}")
        if self._echo:
            self._send(data, addr, self._detail)
            return
        self._last_peer = addr
        self._known.set()
        self._sink.write_whole(data)

    def _send(self, data: bytes, addr: net.Addr | None, say: Callable[[str], None]) -> None:
        """Send one datagram, or say why not: a peer that is gone or full is no reason to fail the others."""
        if addr is None or not is_named(addr):
            say("cannot answer a sender without a name")
            return
        try:
            self._conn.set_write_deadline(time.monotonic() + _PATIENCE)
            self._conn.write_to(data, addr)
            self._last = time.monotonic()
        except net.ClosedError:
            raise
        except net.Error as err:
            say(str(err))

    def _answer(self) -> None:
        try:
            self._known.wait()
            while data := read_input(MESSAGE_CHUNK):
                self._send(data, self._last_peer, tell)
            self._detail("end of input")
        except net.ClosedError:
            pass
        except Failed as err:
            self._failure = err
            self._conn.close()
