"""A buffered writer for `makefile`, in which nothing is lost and nothing goes twice."""

from __future__ import annotations

import io
from threading import RLock

from ..connections.gather import as_view
from ..errors import OpError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .conn import Conn

__all__ = ["Writer"]


class Writer(io.BufferedIOBase):
    """Gathers small writes.

    A write either takes all of its data or, when it raises, none of it, so one that a deadline has ended may
    be made again. `io.BufferedWriter` does not know how much of a write that failed had gone.
    """

    def __init__(self, conn: Conn, size: int) -> None:
        self._conn = conn
        self._size = size
        self._buffer = bytearray()
        # As io's: several threads may share a file. Re-entrant, for signal handlers.
        self._lock = RLock()

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._conn.fileno()

    def write(self, data: Any, /) -> int:
        """Take all of `data`; its length in bytes."""
        if self.closed:
            raise ValueError("write to closed file")
        view = as_view(data)
        with self._lock:
            if len(self._buffer) + len(view) > self._size:
                self.flush()
            if len(view) < self._size:
                self._buffer += view
                return len(view)
            try:
                self._conn.write(view)
            except OpError as err:
                if not err.bytes_written:
                    raise
                # A part has gone, so it is taken; the rest will be, or the next flush fails.
                self._buffer += view[err.bytes_written :]
            return len(view)

    def flush(self) -> None:
        """Send what is held back. What a failed flush has sent will not go again."""
        if self.closed:
            raise ValueError("flush of closed file")
        with self._lock:
            while self._buffer:
                data = bytes(self._buffer)
                try:
                    self._conn.write(data)
                except OpError as err:
                    del self._buffer[: err.bytes_written]
                    raise
                del self._buffer[: len(data)]
