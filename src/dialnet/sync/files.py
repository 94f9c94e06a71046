"""File objects on a connection: `Conn.makefile`.

`io`'s own buffers drop what they had collected when a read fails halfway, and send twice what had gone when
a write does; a deadline is nothing unusual here, so the buffers are our own.
"""

from __future__ import annotations

import io

from ..errors import OpError
from .reader import Reader
from .text import Text
from .writer import Writer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .conn import Conn

__all__ = ["open_file"]


def open_file(
    conn: Conn,
    mode: str,
    buffering: int | None,
    encoding: str | None,
    errors: str | None,
    newline: str | None,
) -> Any:
    """What `Conn.makefile` returns."""
    if not set(mode) <= {"r", "w", "b"}:
        raise ValueError(f"invalid mode {mode!r} (only r, w, b allowed)")
    writing = "w" in mode
    reading = "r" in mode or not writing
    binary = "b" in mode
    line_buffering = False
    if buffering is None or buffering < 0:
        buffering = io.DEFAULT_BUFFER_SIZE
    elif buffering == 1 and not binary:
        line_buffering, buffering = True, io.DEFAULT_BUFFER_SIZE
    if buffering == 0:
        if not binary:
            raise ValueError("unbuffered streams must be binary")
        return _Unowned(conn, reading, writing)
    reader = Reader(conn) if reading else None
    writer = Writer(conn, buffering) if writing else None
    file: Any = _Pair(reader, writer) if reader and writer else reader or writer
    return file if binary else Text(file, encoding, errors, newline, line_buffering)


class _Unowned(io.RawIOBase):
    """The connection, for a file object that must not close it."""

    def __init__(self, conn: Conn, reading: bool, writing: bool) -> None:
        self._conn = conn
        self._reading = reading
        self._writing = writing

    def readable(self) -> bool:
        return self._reading

    def writable(self) -> bool:
        return self._writing

    def fileno(self) -> int:
        return self._conn.fileno()

    def readinto(self, buffer: Any) -> int:
        self._allow(self._reading, "read")
        return self._conn.readinto(buffer)

    def write(self, data: Any) -> int:
        self._allow(self._writing, "write")
        try:
            return self._conn.write(data)
        except OpError as err:
            # What has gone must not go again: say so now, and fail when asked for the rest.
            if err.bytes_written:
                return err.bytes_written
            raise

    def _allow(self, allowed: bool, what: str) -> None:
        if self.closed:
            raise ValueError("I/O operation on closed file.")
        if not allowed:
            raise io.UnsupportedOperation(what)


class _Pair(io.BufferedIOBase):
    """A reader and a writer as one file."""

    def __init__(self, reader: Reader, writer: Writer) -> None:
        self._reader = reader
        self._writer = writer
        self.read = reader.read  # type: ignore[method-assign]
        self.read1 = reader.read1  # type: ignore[method-assign]
        self.readinto = reader.readinto  # type: ignore[method-assign]
        self.readinto1 = reader.readinto1  # type: ignore[method-assign]
        self.readline = reader.readline  # type: ignore[method-assign]
        self.peek = reader.peek
        self.write = writer.write  # type: ignore[method-assign]

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._reader.fileno()

    def flush(self) -> None:
        # It may be closed already: a collector ends the parts of a cycle in any order.
        if not self._writer.closed:
            self._writer.flush()

    def detach(self) -> Any:
        """As the reader's, once everything is flushed."""
        self.close()
        return self._reader.detach()

    def close(self) -> None:
        if not self.closed:
            try:
                super().close()  # Which flushes.
            finally:
                self._reader.close()
                self._writer.close()
