"""Accepting, for `listen`: one connection, or one after another with a thread for each."""

from __future__ import annotations

import time
from collections.abc import Callable

import dialnet as net
from dialnet.system.starting import start

from .output import CHUNK, Output, Sink
from .peer import MESSAGE, Idle, Peer, describe
from .process import Failed, OutputClosed, tell

__all__ = ["accept", "serve_all"]

_FIRST_DELAY = 0.005
_LONGEST_DELAY = 1.0


def accept(listener: net.Listener, detail: Callable[[str], None]) -> net.Conn:
    """Return the next connection. Out of descriptors, say, is a reason to wait and not to end."""
    delay = 0.0
    while True:
        try:
            conn = listener.accept()
        except net.Error as err:
            if not err.temporary:
                raise
            if not delay:
                tell(f"{err}; trying again")
            delay = min(delay * 2 or _FIRST_DELAY, _LONGEST_DELAY)
            time.sleep(delay)
            continue
        if delay:
            detail("accepting again")
        detail(f"accepted {describe(conn)}")
        return conn


def serve_all(
    listener: net.Listener,
    output: Output,
    *,
    echo: Callable[[Peer], None] | None,
    idle: float | None,
    detail: Callable[[str], None],
    prepare: Callable[[net.Conn], None] | None = None,
) -> None:
    """Accept until a signal ends it, or stdout fails. One connection's failure is a line on stderr. What
    `prepare` does with a connection before all else is done in its own thread."""
    try:
        while True:
            conn = accept(listener, detail)
            server = _Server(Peer(conn, idle), listener, output, echo, detail, prepare)
            start(server.run, "connection", server.refuse)
    except net.ClosedError:
        if output.failure is None:
            raise
        raise output.failure from None


class _Server:
    """One accepted connection of many."""

    def __init__(
        self,
        peer: Peer,
        listener: net.Listener,
        output: Output,
        echo: Callable[[Peer], None] | None,
        detail: Callable[[str], None],
        prepare: Callable[[net.Conn], None] | None,
    ) -> None:
        self._prepare = prepare
        self._peer = peer
        self._listener = listener
        self._output = output
        self._echo = echo
        self._detail = detail

    def run(self) -> None:
        try:
            if self._prepare is not None:
                self._prepare(self._peer.conn)
            if self._echo is not None:
                self._echo(self._peer)
            else:
                self._print(self._output.sink())
        except Idle:
            self._detail(f"{describe(self._peer.conn)}: nothing went either way for a while")
        except (Failed, OutputClosed):
            self._listener.close()  # which ends the accepting, and with it the command
        except OSError as err:
            tell(str(err))
        finally:
            self._peer.conn.close()
            self._detail(f"{describe(self._peer.conn)}: {self._peer.summary()}")

    def refuse(self, err: BaseException) -> None:
        """There is no thread for it."""
        self._peer.conn.close()
        if isinstance(err, RuntimeError):
            tell(f"{describe(self._peer.conn)}: {err}")
            time.sleep(_FIRST_DELAY)

    def _print(self, sink: Sink) -> None:
        size = MESSAGE if self._peer.conn.local_addr.network == "unixpacket" else CHUNK // 4
        while data := self._peer.read(size):
            sink.write(data)
        sink.end()
