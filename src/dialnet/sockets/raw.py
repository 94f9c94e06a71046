"""The bare descriptor, for options that dialnet has no method for."""

from __future__ import annotations

from collections.abc import Callable

from ..errors import ClosedError, OpError
from ..poll.fd import FD

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeVar

    T = TypeVar("T")

__all__ = ["RawControl"]


class RawControl:
    """What a `control` hook is given: the socket's descriptor, lent for the length of a call."""

    __slots__ = ("_fd", "_network")

    def __init__(self, fd: FD, network: str) -> None:
        self._fd = fd
        self._network = network

    def control(self, fn: Callable[[int], T]) -> T:
        """`fn(descriptor)`, during which the descriptor stays open; what `fn` returns.

        Raises `OpError` (`ClosedError`) if it has been closed, and what `fn` raises.
        """
        with self._fd.reading.lock, self._fd.writing.lock:
            if self._fd.closed:
                raise OpError("raw-control", self._network, None, None, ClosedError())
            return fn(self._fd.number)
