"""A buffered reader for `makefile`, in which a call that fails loses nothing."""

from __future__ import annotations

import io
from threading import RLock

from ..connections.limits import DATAGRAM
from ..connections.lines import ReadBuffer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .conn import Conn

__all__ = ["Reader"]


class Reader(io.BufferedIOBase):
    """What has come stays in the buffer until it is returned."""

    def __init__(self, conn: Conn) -> None:
        self._conn = conn
        self._buffer = ReadBuffer()
        # As io's: several threads may share a file. Re-entrant, for signal handlers.
        self._lock = RLock()

    def readable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._conn.fileno()

    def close(self) -> None:
        """Close the file. What it had read ahead goes back to the connection, whose next reads return it."""
        if not self.closed:
            with self._lock:
                self._give_back()
            super().close()

    def detach(self) -> Any:
        """Close the file and return the connection, which has all that was not asked for: a conversation can
        go on there in another way (STARTTLS)."""
        self.close()
        return self._conn

    def _give_back(self) -> None:
        unread = getattr(self._conn, "_unread", None)
        if self._buffer and unread is not None and not self._conn.closed:
            unread(self._buffer.take(len(self._buffer)))

    def _check_open(self) -> None:
        if self.closed:
            raise ValueError("I/O operation on closed file.")

    def _fill(self) -> bool:
        """Read once more; False at the end of the stream."""
        data = self._conn.read(DATAGRAM)
        self._buffer += data
        return bool(data)

    def _unread(self, data: bytes) -> None:
        """Have the next reads return `data` first."""
        with self._lock:
            self._buffer[:0] = data

    def read(self, size: int | None = -1, /) -> bytes:
        """`size` bytes, fewer only at the end of the stream; -1 reads to it."""
        self._check_open()
        with self._lock:
            if size is None or size < 0:
                while self._fill():
                    continue
                return self._buffer.take(len(self._buffer))
            while len(self._buffer) < size and self._fill():
                continue
            return self._buffer.take(size)

    def read1(self, size: int = -1, /) -> bytes:
        """What is there, up to `size` bytes, after at most one read."""
        self._check_open()
        with self._lock:
            if not self._buffer and size:
                self._fill()
            return self._buffer.take(size if size >= 0 else len(self._buffer))

    def readinto(self, buffer: Any, /) -> int:
        return self._copy(buffer, self.read)

    def readinto1(self, buffer: Any, /) -> int:
        return self._copy(buffer, self.read1)

    def _copy(self, buffer: Any, read: Any) -> int:
        view = memoryview(buffer).cast("B")
        data = read(len(view))
        view[: len(data)] = data
        return len(data)

    def peek(self, size: int = 0, /) -> bytes:
        """What is there, after at most one read, without taking it."""
        self._check_open()
        with self._lock:
            if not self._buffer:
                self._fill()
            return bytes(self._buffer)

    def readline(self, size: int | None = -1, /) -> bytes:
        """A line with its end, or what there is up to `size` bytes or the end of the stream."""
        self._check_open()
        limit = -1 if size is None else size
        searched = 0
        with self._lock:
            while True:
                end = self._buffer.end_of(b"\n", searched)
                if end >= 0:
                    return self._buffer.take(end if limit < 0 else min(limit, end))
                searched = len(self._buffer)
                if 0 <= limit <= searched:
                    return self._buffer.take(limit)
                if not self._fill():
                    return self._buffer.take(searched)
