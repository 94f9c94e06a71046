"""How a task waits for what somebody else in this process does: it sleeps until it is resumed.

The other half is `thread_turns.py`. Here as there the state is looked at under its lock: who changes it may
be a task of this loop, of another one, or a thread.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from ..errors import CanceledError
from .tasks import FAIR_SHARE, TaskWaiter, current_poller, give_way
from .turns import MemorySide

if TYPE_CHECKING:
    from .signal import CancelToken

__all__ = ["take_turn"]

A = TypeVar("A")
T = TypeVar("T")


async def take_turn(
    side: MemorySide, call: Callable[[A], T | None], argument: A, cancel: CancelToken | None = None
) -> T:
    """See `thread_turns.take_turn`."""
    waiter: TaskWaiter | None = None
    if side.spins >= FAIR_SHARE:
        side.spins = 0
        await give_way()
    try:
        with side.lock:
            side.check()
            if cancel is not None and cancel.cancelled:
                raise CanceledError
            if side.turn is None:
                result = call(argument)
                if result is not None:
                    side.spins += 1
                    return result
            waiter = current_poller().waiter()
            side.enter(waiter)
        side.guard.ring()
        if cancel is not None:
            cancel.attach(waiter)
        while True:
            if side.deadline is not None:
                waiter.arm(side.deadline)
            await waiter
            side.spins = 0
            with side.lock:
                side.check()
                if cancel is not None and cancel.cancelled:
                    raise CanceledError
                if side.has_turn(waiter):
                    result = call(argument)
                    if result is not None:
                        return result
            side.guard.ring()
    finally:
        # First of all, for a signal handler may raise in the rest.
        if waiter is not None:
            side.leave(waiter)
        if side.guard.woken:
            side.guard.ring()
        if waiter is not None:
            waiter.disarm()
            if cancel is not None:
                cancel.detach(waiter)
