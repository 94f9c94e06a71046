"""A connection that is a socket: what both faces' reading and writing stand on."""

from __future__ import annotations

from ..sockets.opened import Opened
from .base import Deadlines

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["ConnectionEnd"]


class ConnectionEnd(Deadlines):
    """Holds the socket's calls, and what was read and could not be returned."""

    # A stream's short read has emptied the queue; a message's says nothing. What has no end of its own
    # cannot be read to it.
    _stream = True
    _ends = True

    def __init__(self, opened: Opened) -> None:
        self._open(opened)
        sock = opened.fd.sock
        self._reading = opened.fd.reading
        self._writing = opened.fd.writing
        self._recv = sock.recv
        self._recv_into = sock.recv_into
        self._send = sock.send
        # What was given back by a read that could not return it.
        self._held = bytearray()

    def _unread(self, data: bytes) -> None:
        """Have the next reads return `data` first."""
        if not data:
            return
        side = self._reading
        with side.lock:
            side.ready = True
            # A read that ends with what was held says nothing of the queue, whose edge may be long past.
            side.sticky = True
            if self._held:
                self._held[:0] = data
                return
            before = self._recv, self._recv_into
            held = self._held = bytearray(data)

            def recv(n: int) -> bytes:
                taken = bytes(held[:n])
                del held[:n]
                if not held:
                    self._recv, self._recv_into = before
                return taken

            def recv_into(buffer: Any) -> int:
                taken = recv(len(buffer))
                buffer[: len(taken)] = taken
                return len(taken)

            self._recv, self._recv_into = recv, recv_into  # type: ignore[assignment]

    def _try_read(self, n: int) -> bytes | None:
        """Up to `n` bytes, at least one, of a stream; `b""` at its end; None if that would wait or somebody
        else is reading.

        Raises `ClosedError`, `DeadlineExceededError`, and what the system reports.
        """
        side = self._reading
        if not side.ready:
            return None
        with side.lock:
            if side.closed or side.deadline is not None:
                side.check()
            if side.turn is not None:
                return None
            try:
                data = self._recv(n)
            except BlockingIOError:
                side.ready = False
                return None
            except OSError as err:
                err.syscall = "read"  # type: ignore[attr-defined]
                raise
        if len(data) < n and data and not side.sticky:
            side.ready = False
        return data

    def _try_write(self, data: bytes) -> int:
        """Send as much of `data` as goes without waiting, if nobody else is writing; how much that was.

        Raises `ClosedError`, and what the system reports.
        """
        side = self._writing
        with side.lock:
            if side.closed:
                raise side.closed_error
            if side.turn is not None:
                return 0
            try:
                return self._send(data)
            except BlockingIOError:
                side.ready = False
                return 0
            except OSError as err:
                err.syscall = "write"  # type: ignore[attr-defined]
                raise

    def _take_held(self) -> bytes:
        """What the next reads would return without asking the system."""
        with self._reading.lock:
            return self._recv(len(self._held)) if self._held else b""

    def _check_open(self, op: str) -> None:
        """A call that asks for nothing still fails on a closed connection."""
        if self._fd.closed:
            try:
                self._reading.check()
            except OSError as err:
                raise self._failed(op, err) from err

    def __del__(self) -> None:
        self._warn_unclosed()
