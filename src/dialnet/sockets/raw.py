"""The bare descriptor, for options that dialnet has no method for."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable

from ..addresses import Addr
from ..errors import ClosedError, Error, OpError
from ..poll.fd import FD

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeVar

    T = TypeVar("T")

__all__ = ["RawControl", "RawEnd"]


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


class _Call:
    """A caller's function as the pollers call a system call: it would block, or it is done.

    What it raises itself is kept apart from what the waiting does.
    """

    __slots__ = ("_fd", "_fn", "raised")

    def __init__(self, fd: FD, fn: Callable[[int], object]) -> None:
        self._fd = fd
        self._fn = fn
        self.raised: BaseException | None = None

    def __call__(self, _: None) -> bool:
        try:
            done = self._fn(self._fd.number)
        except BaseException as err:
            self.raised = err
            raise
        if not done:
            raise BlockingIOError
        return True


class RawEnd(RawControl):
    """What both faces' `RawConn` is."""

    __slots__ = ("_listens", "_local", "_remote")

    def __init__(
        self, fd: FD, network: str, local: Addr | None, remote: Addr | None, *, listens: bool = False
    ) -> None:
        super().__init__(fd, network)
        self._local = local
        self._remote = remote
        self._listens = listens

    def _checked(self, op: str, fn: Callable[[int], object]) -> _Call:
        if self._listens:
            # What it waits for is `accept`'s (and Go says the same).
            raise OpError(
                op, self._network, None, self._local, OSError(errno.EINVAL, os.strerror(errno.EINVAL))
            )
        return _Call(self._fd, fn)

    def _failure(self, op: str, call: _Call, err: OSError) -> OSError:
        """What the caller made fail is the caller's own error."""
        if call.raised is err and not isinstance(err, Error):
            return err
        return OpError(op, self._network, self._local, self._remote, err)
