"""Several buffers sent as one: `writelines`, through sendmsg(2)."""

from __future__ import annotations

import os
import socket
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["Gathered", "as_view", "sender"]


def _most_pieces() -> int:
    try:
        return max(16, int(getattr(os, "sysconf")("SC_IOV_MAX")))  # noqa: B009 (not on Windows)
    except (AttributeError, ValueError, OSError):
        return 16  # POSIX's least (_XOPEN_IOV_MAX), where the system does not say.


IOV_MAX = _most_pieces()


def as_view(data: Any) -> memoryview:
    """Any bytes-like object as a row of bytes. Raises `TypeError` for what is none."""
    view = memoryview(data)
    return view.cast("B") if view.c_contiguous else memoryview(view.tobytes())


class Gathered:
    """Buffers in a row, which have a length and whose rest can be had without copying, as a memoryview's."""

    __slots__ = ("_ends", "pieces")

    def __init__(self, pieces: Sequence[memoryview]) -> None:
        self.pieces = pieces
        self._ends = list(accumulate(len(piece) for piece in pieces))

    @classmethod
    def of(cls, buffers: Iterable[Any]) -> Gathered:
        views = (as_view(buffer) for buffer in buffers)
        return cls([view for view in views if len(view)])

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def __getitem__(self, rest: slice) -> Sequence[memoryview]:
        """The first `IOV_MAX` pieces of what is left from `rest.start` on."""
        start = rest.start
        at = bisect_right(self._ends, start)
        pieces = self.pieces[at : at + IOV_MAX]
        before = self._ends[at - 1] if at else 0
        if start > before:
            pieces = [pieces[0][start - before :], *pieces[1:]]
        return pieces

    def joined(self) -> bytes:
        return b"".join(self.pieces)


def sender(sock: socket.socket) -> Callable[[Any], int]:
    """A function that sends as much as it can of a `Gathered`, or of what slicing one gave."""
    sendmsg = getattr(sock, "sendmsg", None)

    def send(data: Any) -> int:
        pieces = data[0:] if isinstance(data, Gathered) else data
        if sendmsg is None:  # Windows
            return sock.send(b"".join(pieces))
        return int(sendmsg(pieces))

    return send
