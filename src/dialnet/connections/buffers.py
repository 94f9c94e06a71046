"""A row of buffers that is used up as it is written: what both faces' `Buffers` are."""

from __future__ import annotations

from collections.abc import Iterable

from .gather import as_view

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["BufferList"]


class BufferList(list):  # type: ignore[type-arg]
    """Bytes-like objects in a row, for `Conn.writelines` and to be read from. A list, which may be changed.

    Raises `TypeError` for what is not bytes-like when it is used.
    """

    def __init__(self, iterable: Iterable[Any] = ()) -> None:
        super().__init__(iterable)

    def read(self, n: int = -1) -> bytes:
        """Take the first `n` bytes out (-1: all); `b""` when nothing is left. Never waits."""
        taken = []
        left = sum(len(as_view(piece)) for piece in self) if n is None or n < 0 else n
        while self and left > 0:
            view = as_view(self[0])
            taken.append(bytes(view[:left]))
            self._consume(len(taken[-1]))
            left -= len(taken[-1])
        self._consume(0)
        return b"".join(taken)

    def _consume(self, n: int) -> None:
        """Drop the first `n` bytes, and the empty pieces before what is left."""
        while self:
            view = as_view(self[0])
            if len(view) > n:
                if n:
                    self[0] = view[n:]
                return
            n -= len(view)
            del self[0]
