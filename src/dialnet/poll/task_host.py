"""The host for tasks: answers waits through the event loop's poller."""

from __future__ import annotations

from collections.abc import Coroutine
from time import monotonic
from typing import Any, TypeVar

from .tasks import FAIR_SHARE, TaskWaiter, current_poller, give_way
from .waits import HERE, NOW, NOW_AND_HERE, Ready, Start, Wait

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .protocols import Event

__all__ = ["drive"]

T = TypeVar("T")


async def drive(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run multi-step work to its end in the running task. Its cancellation closes the coroutine.

    Work that never has to wait (a connection to this machine may be there at once) gives way after so many
    in a row: before it begins, when there is nothing that a cancellation could lose.
    """
    send = coroutine.send
    answer: Any = None
    waiter: TaskWaiter | None = None
    try:
        poller = current_poller()
        if poller.spins >= FAIR_SHARE:
            poller.spins = 0
            await give_way()
        while True:
            try:
                request = send(answer)
            except StopIteration as stop:
                if waiter is None:
                    poller.spins += 1
                return stop.value  # type: ignore[no-any-return]
            if request is NOW_AND_HERE:
                answer = monotonic(), poller
            elif isinstance(request, Wait):
                if waiter is None:
                    waiter = poller.waiter()
                    poller.spins = 0
                # In here and not in a coroutine of its own: each level of those costs a wait a microsecond.
                events, until = request.events, request.until
                fired: list[Event] = []
                try:
                    for event in events:
                        if isinstance(event, Ready):
                            event.enlist(poller, waiter)
                        else:
                            event.attach(waiter)
                    while True:
                        for event in events:
                            if event.fired():
                                fired.append(event)
                        if fired:
                            break
                        if until is not None:
                            if monotonic() >= until:
                                break
                            waiter.arm(until)
                        await waiter
                finally:
                    waiter.disarm()
                    for event in events:
                        event.detach(waiter)
                answer = fired
            elif request is NOW:
                answer = monotonic()
            elif request is HERE:
                answer = poller
            else:
                assert isinstance(request, Start)
                answer = poller.start(request.call)
    finally:
        coroutine.close()
