"""Connections that are pipes or streams in memory, for tasks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..connections.gather import as_view
from ..inmemory.ends import LineEnd, PipeEnd, offered, writable_view
from ..inmemory.half import Offer
from ..poll.task_turns import take_turn
from .conn import Rereadable

__all__ = ["LineConn", "PipeConn"]


class LineConn(LineEnd, Rereadable):
    """What is read and written here goes by way of two lines."""

    async def read(self, n: int | None = -1) -> bytes:
        if n is None or n <= 0:
            return await self._read_all_or_nothing(n)
        half = self._fd
        try:
            data: bytes = await take_turn(half.reading, half.inbound.take, n)
            return data
        except OSError as err:
            raise self._failed("read", err) from err

    async def readinto(self, buffer: Any) -> int:
        view = writable_view(buffer)
        data = await self.read(len(view))
        view[: len(data)] = data
        return len(data)

    async def write(self, data: Any) -> int:
        return await self._write("write", offered(data))

    async def writelines(self, buffers: Iterable[Any]) -> int:
        """Write the buffers as one; the length of all, in bytes. Raises as `write`, with op `writev`."""
        return await self._write("writev", offered(b"".join(as_view(buffer) for buffer in buffers)))

    async def _write(self, op: str, offer: Offer) -> int:
        half = self._fd
        try:
            try:
                size: int = await take_turn(half.writing, half.outbound.put, offer)
                return size
            finally:
                half.outbound.withdraw(offer)
        except OSError as err:
            return self._unwritten(op, offer, err)
        except BaseException as err:
            err.bytes_written = offer.taken  # type: ignore[attr-defined]
            raise


class PipeConn(PipeEnd, LineConn):
    """An end of a pipe."""
