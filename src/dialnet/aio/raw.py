"""The bare descriptor, for tasks."""

from __future__ import annotations

from collections.abc import Callable

from ..poll.fd import Side
from ..poll.tasks import attempt, run_waiting
from ..sockets.raw import RawEnd

__all__ = ["RawConn"]


class RawConn(RawEnd):
    """A connection's or listener's descriptor, for what dialnet has no method for."""

    async def read(self, fn: Callable[[int], object]) -> None:
        """Call `fn(descriptor)` until it returns true, waiting before each further call until there may be
        something to read.

        `fn` makes its call without blocking and returns false where that would block (EAGAIN): an edge is
        what ends the wait, so it has to have seen the end of what was there. The read deadline holds.

        Raises `OpError` of op `raw-read`: `ClosedError`, `DeadlineExceededError`, EINVAL for a listener; and
        what `fn` raises.
        """
        await self._wait("raw-read", self._fd.reading, fn)

    async def write(self, fn: Callable[[int], object]) -> None:
        """As `read`, for writing."""
        await self._wait("raw-write", self._fd.writing, fn)

    async def _wait(self, op: str, side: Side, fn: Callable[[int], object]) -> None:
        call = self._checked(op, fn)
        try:
            if attempt(side, call, None) is None:
                await run_waiting(side, call, None)
        except OSError as err:
            raise self._failure(op, call, err) from err
