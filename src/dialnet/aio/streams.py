"""Lines and exact counts from a connection, for tasks: `asyncio.StreamReader`'s methods."""

from __future__ import annotations

from asyncio import IncompleteReadError, LimitOverrunError
from typing import Any

from ..connections.limits import DATAGRAM
from ..connections.lines import ReadBuffer
from .conn import Conn

__all__ = ["BufferedReader"]


class BufferedReader:
    """Reads a connection through a buffer.

    A call that is cancelled or runs into a deadline loses nothing: what had come is there for the next.
    One task at a time may read. The connection stays its owner's to close.

    Args:
        conn: the connection to read from.
        limit: the longest line, in bytes, that `readline` and `readuntil` take.
    """

    def __init__(self, conn: Conn, limit: int = DATAGRAM) -> None:
        if limit <= 0:
            raise ValueError("limit cannot be zero or negative")
        self._conn = conn
        self._limit = limit
        self._buffer = ReadBuffer()
        self._ended = False

    async def _fill(self) -> bool:
        """Read once more; False at the end of the stream."""
        data = await self._conn.read(DATAGRAM)
        self._buffer += data
        self._ended = not data
        return bool(data)

    def detach(self) -> Conn:
        """Return the connection, which has all that was read ahead and not asked for: a conversation can go
        on there in another way (STARTTLS). The reader is of no use afterwards.

        Raises `ValueError` if there is such data and the connection, one of your own, takes none back.
        """
        if self._buffer:
            unread = getattr(self._conn, "_unread", None)
            if unread is None:
                raise ValueError("bytes were read ahead, and this connection takes none back")
            unread(self._buffer.take(len(self._buffer)))
        return self._conn

    def _unread(self, data: bytes) -> None:
        """Have the next reads return `data` first."""
        self._buffer[:0] = data

    def at_eof(self) -> bool:
        """Whether the stream has ended and all of it was read."""
        return self._ended and not self._buffer

    async def read(self, n: int = -1) -> bytes:
        """Up to `n` bytes as soon as any are there, `b""` at the end of the stream; -1 reads to the end.

        Raises `OpError` as `Conn.read`.
        """
        if n < 0:
            while await self._fill():
                continue
            return self._buffer.take(len(self._buffer))
        if n and not self._buffer:
            await self._fill()
        return self._buffer.take(n)

    async def readexactly(self, n: int) -> bytes:
        """`n` bytes.

        Raises `asyncio.IncompleteReadError`, with what there was, if the stream ends before; `ValueError`
        for a negative `n`; `OpError` as `Conn.read`.
        """
        if n < 0:
            raise ValueError("readexactly size can not be less than zero")
        while len(self._buffer) < n:
            if not await self._fill():
                raise IncompleteReadError(self._buffer.take(n), n)
        return self._buffer.take(n)

    async def readline(self) -> bytes:
        """A line with its end; at the end of the stream what is left of it, perhaps `b""`.

        Raises `ValueError` for a line longer than the limit, which is then dropped as far as it has come;
        `OpError` as `Conn.read`.
        """
        try:
            return await self.readuntil(b"\n")
        except IncompleteReadError as err:
            return err.partial
        except LimitOverrunError as err:
            del self._buffer[: err.consumed + (1 if self._buffer.startswith(b"\n", err.consumed) else 0)]
            raise ValueError(str(err)) from err

    async def readuntil(self, separator: bytes = b"\n") -> bytes:
        """What comes up to and with `separator`.

        Raises `asyncio.IncompleteReadError`, with what there was, if the stream ends before;
        `asyncio.LimitOverrunError`, with the data left in the buffer, if there are more bytes than the limit
        before it; `ValueError` for an empty separator; `OpError` as `Conn.read`.
        """
        if not separator:
            raise ValueError("Separator should be at least one-byte string")
        searched = 0
        while True:
            end = self._buffer.end_of(separator, searched)
            if end >= 0:
                if end - len(separator) > self._limit:
                    raise LimitOverrunError(
                        "Separator is found, but chunk is longer than limit", end - len(separator)
                    )
                return self._buffer.take(end)
            searched = len(self._buffer)
            if searched - len(separator) + 1 > self._limit:
                raise LimitOverrunError(
                    "Separator is not found, and chunk exceed the limit", searched - len(separator) + 1
                )
            if not await self._fill():
                raise IncompleteReadError(self._buffer.take(searched), None)

    def __aiter__(self) -> BufferedReader:
        return self

    async def __anext__(self) -> Any:
        line = await self.readline()
        if not line:
            raise StopAsyncIteration
        return line
