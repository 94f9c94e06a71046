"""The host for tasks: answers waits through the event loop's poller."""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from time import monotonic
from typing import Any, TypeVar

from .tasks import TaskPoller, TaskWaiter, current_poller
from .waits import HERE, NOW, Ready, Start, Wait

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .protocols import Event

__all__ = ["drive"]

T = TypeVar("T")


async def drive(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run multi-step work to its end in the running task. Its cancellation closes the coroutine."""
    answer: Any = None
    try:
        poller = current_poller()
        waiter = poller.waiter()
        while True:
            try:
                request = coroutine.send(answer)
            except StopIteration as stop:
                return stop.value  # type: ignore[no-any-return]
            if isinstance(request, Wait):
                answer = await _wait(poller, waiter, request)
            elif request is NOW:
                answer = monotonic()
            elif request is HERE:
                answer = poller
            else:
                assert isinstance(request, Start)
                answer = poller.start(request.call)
    finally:
        coroutine.close()


async def _wait(poller: TaskPoller, waiter: TaskWaiter, request: Wait) -> Sequence[Event]:
    events = request.events
    try:
        for event in events:
            event.attach(waiter)
            if isinstance(event, Ready):
                side = event.side
                if not side.closed and (side.fd.poller is not poller or not side.fd.interest & side.bit):
                    poller.adopt(side)
        while True:
            fired = [event for event in events if event.fired()]
            if fired or (request.until is not None and monotonic() >= request.until):
                return fired
            if request.until is not None:
                waiter.arm(request.until)
            await waiter
    finally:
        waiter.disarm()
        for event in events:
            event.detach(waiter)
