"""How a thread waits for what somebody else in this process does: it sleeps until it is woken.

The other half is `task_turns.py`.
"""

from __future__ import annotations

from collections.abc import Callable

from ..errors import CanceledError
from .threads import ThreadWaiter, give_back, milliseconds, take_waiter
from .turns import MemorySide

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeVar

    from .signal import CancelToken

    A = TypeVar("A")
    T = TypeVar("T")

__all__ = ["take_turn"]


def take_turn(
    side: MemorySide, call: Callable[[A], T | None], argument: A, cancel: CancelToken | None = None
) -> T:
    """What `call(argument)` returns as soon as that is not None. It is called with the side's lock held, and
    only by the one whose turn it is: first come, first served.

    Raises `ClosedError`, `DeadlineExceededError`, `CanceledError`, and what `call` raises.
    """
    waiter: ThreadWaiter | None = None
    entered = True
    try:
        with side.lock:
            side.check()
            if cancel is not None and cancel.cancelled:
                raise CanceledError
            if side.turn is None:
                result = call(argument)
                if result is not None:
                    return result
            # Under the same hold of the lock, so that no news are missed.
            waiter = take_waiter()
            side.enter(waiter)
        side.guard.ring()
        if cancel is not None:
            cancel.attach(waiter)
        while True:
            deadline = side.deadline
            waiter.wait(-1, 0, None if deadline is None else milliseconds(deadline))
            with side.lock:
                side.check()
                if cancel is not None and cancel.cancelled:
                    raise CanceledError
                if side.has_turn(waiter):
                    result = call(argument)
                    if result is not None:
                        # `hold` has changed hands; else it is given up here, with no step in which a signal
                        # handler could raise and leave it behind.
                        if side.turn is waiter and not side.queue:
                            side.turn = None
                        entered = side.turn is waiter
                        return result
            side.guard.ring()
    finally:
        if side.guard.woken:
            side.guard.ring()
        if waiter is not None:
            if entered:
                side.leave(waiter)
            if cancel is not None:
                cancel.detach(waiter)
            give_back(waiter)
            # An error's traceback keeps this frame; it should not keep a dead thread's descriptor.
            waiter = None
