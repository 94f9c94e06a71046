"""Connections that are pipes or streams in memory, for threads."""

from __future__ import annotations

from collections.abc import Iterable

from ..connections.gather import as_view
from ..inmemory.ends import LineEnd, PipeEnd, offered, writable_view
from ..inmemory.half import Offer
from ..poll.thread_turns import take_turn
from .conn import Rereadable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["LineConn", "PipeConn"]


class LineConn(LineEnd, Rereadable):
    """What is read and written here goes by way of two lines."""

    def read(self, n: int | None = -1) -> bytes:
        if n is None or n <= 0:
            return self._read_all_or_nothing(n)
        half = self._fd
        try:
            data: bytes = take_turn(half.reading, half.inbound.take, n)
            return data
        except BaseException as err:
            # A signal handler may have raised between a change and the news of it.
            half.stir()
            if isinstance(err, OSError):
                raise self._failed("read", err) from err
            raise

    def readinto(self, buffer: Any) -> int:
        view = writable_view(buffer)
        data = self.read(len(view))
        view[: len(data)] = data
        return len(data)

    def write(self, data: Any) -> int:
        return self._write("write", offered(data))

    def writelines(self, buffers: Iterable[Any]) -> int:  # type: ignore[override]
        """Write the buffers as one; the length of all, in bytes. Raises as `write`, with op `writev`."""
        return self._write("writev", offered(b"".join(as_view(buffer) for buffer in buffers)))

    def _write(self, op: str, offer: Offer) -> int:
        half = self._fd
        try:
            try:
                size: int = take_turn(half.writing, half.outbound.put, offer)
                return size
            finally:
                half.outbound.withdraw(offer)
        except BaseException as err:
            half.stir()
            if isinstance(err, OSError):
                return self._unwritten(op, offer, err)
            err.bytes_written = offer.taken  # type: ignore[attr-defined]
            raise

    def __repr__(self) -> str:
        # Not io.RawIOBase's.
        return LineEnd.__repr__(self)


class PipeConn(PipeEnd, LineConn):
    """An end of a pipe."""
