"""Stdin to the connection, the connection to stdout: what `dial` does, and `listen` with the one it accepts.

Two threads. The main one reads the connection, because that is where signals arrive and where the end
usually comes from; a daemon thread reads stdin, and may be left waiting there at exit. Each wakes the other
through the connection: by ending its own direction (`close_write`), by moving the reader's deadline, or by
closing it.

The end of a stream is the peer's end. Input that is on its way then still goes out, since a peer may end
its direction first and go on reading (`listen < /dev/null > file` does); but only until the input pauses,
or a terminal or an idle pipe on stdin would hold up the exit for ever. Datagrams have no end: once the
input is over, silence is the end.
"""

from __future__ import annotations

import math
import os
import stat
import threading
import time
from collections.abc import Callable

import dialnet as net
from dialnet.system.starting import start

from .output import CHUNK, Sink, read_input
from .peer import MESSAGE, Idle, Peer
from .process import Failed, tell

__all__ = ["MESSAGE_CHUNK", "Relay"]

# How input is cut into messages; a shorter piece written to a pipe at once goes as one. socat sends as much,
# and has room for as much: a receiver with less drops the rest of a message without a word.
MESSAGE_CHUNK = 8192
LINGER = 0.5


def default_linger() -> float:
    """How long input may pause after the peer's end. A file never does; a person is not waited for."""
    if os.isatty(0):
        return 0.0
    return math.inf if stat.S_ISREG(os.fstat(0).st_mode) else LINGER


class Relay:
    """One connection and the standard streams; `run` copies until it is over."""

    def __init__(
        self,
        conn: net.Conn,
        sink: Sink,
        *,
        datagrams: bool,
        idle: float | None,
        detail: Callable[[str], None],
        linger: float | None = None,
    ) -> None:
        self.peer = Peer(conn, None if datagrams else idle)
        self._sink = sink
        self._datagrams = datagrams
        self._idle = idle
        self._detail = detail
        self._linger = linger if linger is not None else default_linger()
        messages = conn.local_addr.network not in ("tcp", "unix")
        self._size = MESSAGE if messages else CHUNK
        self._input_size = MESSAGE_CHUNK if messages else CHUNK
        # Held until the input is over. No `Event`: it waits in Python, and what Ctrl-C raises in the midst of
        # that may come out as a RuntimeError.
        self._input = threading.Lock()
        self._input.acquire()
        self._waits_for_input = False
        self._input_since = time.monotonic()
        self._failure: Exception | None = None

    def run(self) -> None:
        """Copy both ways until the end; what went wrong in either direction is raised here."""
        start(self._send, "stdin")
        try:
            self._receive()
            if not self._datagrams:
                self._finish_sending()
        except Idle:
            self._detail("ended: nothing went either way for a while")
        except net.ClosedError:
            if self._failure is None:
                raise
        finally:
            self.peer.conn.close()
            self._detail(self.peer.summary())
        if self._failure is not None:
            raise self._failure

    def _receive(self) -> None:
        while self._datagrams:  # until `Idle`: an empty datagram is a datagram
            self._sink.write_whole(self.peer.read(self._size))
        while data := self.peer.read(self._size):
            self._sink.write(data)
        self._sink.end()
        self._detail("the peer ended")

    def _finish_sending(self) -> None:
        """The peer has ended: let out what is still coming in, until it pauses."""
        pause = 0.0
        while not self._input.acquire(timeout=pause):
            pause = 0.02
            now = time.monotonic()
            if self._waits_for_input and now - self._input_since >= self._linger:
                if self._linger:
                    tell("the peer ended before the input did")
                return
            if self.peer.is_idle():
                raise Idle

    def _send(self) -> None:
        try:
            self._copy_input()
            self._detail("end of input")
            self._end_sending()
        except Idle:
            pass  # the reader comes to the same conclusion
        except (Failed, OSError) as err:
            if self.peer.conn.closed:
                return  # by the reader, which is done
            self._failure = err
            if self._datagrams or not isinstance(err, (BrokenPipeError, ConnectionResetError)):
                self.peer.conn.close()
            # Else the peer went away, and what it sent before that is still worth reading.
        finally:
            self._input.release()

    def _end_sending(self) -> None:
        if self._datagrams:
            if self._idle is not None:
                self.peer.expect(self._idle)
        else:
            self.peer.end_writing()

    def _copy_input(self) -> None:
        while True:
            self._input_since = time.monotonic()
            self._waits_for_input = True
            data = read_input(self._input_size)
            self._waits_for_input = False
            if not data:
                return
            self.peer.write(data)
