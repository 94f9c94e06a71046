"""File objects on a connection: `Conn.makefile`.

`io`'s own buffers drop what they had collected when a read fails halfway, and send twice what had gone when
a write does; a deadline is nothing unusual here, so both are handled. Reading has a buffer of its own;
writing keeps `io.BufferedWriter` and tells it what has gone.
"""

from __future__ import annotations

import io

from ..errors import OpError
from .reader import Reader

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
    writer: Any = io.BufferedWriter(_Unowned(conn, False, True), buffering) if writing else None
    file: Any = _Pair(reader, writer) if reader and writer else reader or writer
    if binary:
        return file
    return _Text(file, reader, encoding, errors, newline, line_buffering)


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
        return self._conn.readinto(buffer)

    def write(self, data: Any) -> int:
        try:
            return self._conn.write(data)
        except OpError as err:
            # What has gone must not go again: say so now, and fail when asked for the rest.
            if err.bytes_written:
                return err.bytes_written
            raise


class _Pair(io.BufferedIOBase):
    """A reader and a writer as one file."""

    def __init__(self, reader: Reader, writer: Any) -> None:
        self.reader = reader
        self._writer = writer
        self.read = reader.read  # type: ignore[method-assign]
        self.read1 = reader.read1  # type: ignore[method-assign]
        self.readinto = reader.readinto  # type: ignore[method-assign]
        self.readinto1 = reader.readinto1  # type: ignore[method-assign]
        self.readline = reader.readline  # type: ignore[method-assign]
        self.peek = reader.peek
        self.write = writer.write  # type: ignore[method-assign]
        self.flush = writer.flush  # type: ignore[method-assign]

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self.reader.fileno()

    def close(self) -> None:
        try:
            self._writer.close()
        finally:
            self.reader.close()
            super().close()


class _Text(io.TextIOWrapper):
    """Text whose `readline` loses nothing when a deadline ends it.

    A `TextIOWrapper` drops the piece of a line it has decoded when the next read fails. So it is given a
    line at a time, and asked for one only when the whole of it has come.
    """

    def __init__(
        self,
        file: Any,
        reader: Reader | None,
        encoding: str | None,
        errors: str | None,
        newline: str | None,
        line_buffering: bool,
    ) -> None:
        super().__init__(file, io.text_encoding(encoding), errors, newline, line_buffering)
        self._reader = reader
        self._mid_line = False
        if reader is not None:
            reader.by_line = True

    def read(self, size: int | None = -1, /) -> str:
        self._mid_line = True
        return super().read(size)

    def readline(self, size: int = -1, /) -> str:  # type: ignore[override]
        if self._reader is not None and not self._mid_line:
            self._reader.fill_line()
        line = super().readline(size)
        self._mid_line = not line.endswith("\n")
        return line

    def __next__(self) -> str:  # type: ignore[override]
        line = self.readline()
        if not line:
            raise StopIteration
        return line
