"""The host for threads: answers waits with one `poll` over all that is waited for."""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from contextvars import copy_context
from functools import partial
from threading import get_ident
from time import monotonic

from .. import system
from ..system.masks import POLL_READ, POLL_WRITE
from .fd import FD
from .threads import ThreadWaiter, give_back, milliseconds, take_waiter
from .waits import HERE, NOW, NOW_AND_HERE, Ready, Start, Wait

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeVar

    from .protocols import Event

    T = TypeVar("T")

__all__ = ["drive"]


def drive(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run multi-step work to its end in the calling thread."""
    send = coroutine.send
    waiter: ThreadWaiter | None = None
    answer: Any = None
    try:
        while True:
            try:
                request = send(answer)
            except StopIteration as stop:
                return stop.value  # type: ignore[no-any-return]
            if request is NOW_AND_HERE:
                answer = monotonic(), get_ident()
            elif isinstance(request, Wait):
                if waiter is None:
                    waiter = take_waiter()
                events = request.events
                alone = len(events) == 1 and isinstance(events[0], Ready)
                answer = (_wait_for_one if alone else _wait)(waiter, request)
            elif request is NOW:
                answer = monotonic()
            else:
                answer = _answer(request)
    except BaseException:
        # Not where it has ended: what a signal handler raised here would lose what it has come to.
        coroutine.close()
        raise
    finally:
        if waiter is not None:
            give_back(waiter)
            # An error's traceback keeps this frame; it should not keep a dead thread's descriptor.
            waiter = None


def _answer(request: Any) -> Any:
    if request is HERE:
        return get_ident()
    assert isinstance(request, Start)
    return request.pool.submit(partial(copy_context().run, request.call))


def _wait_for_one(waiter: ThreadWaiter, request: Wait) -> Sequence[Event]:
    """A single descriptor, which is what most waits are for: with the `poll` that the thread has anyway."""
    ready, until = request.events[0], request.until
    assert isinstance(ready, Ready)
    side = ready.side
    timeout: float | None = None
    try:
        ready.attach(waiter)
        while not ready.fired():
            if until is not None:
                timeout = milliseconds(until)
                if timeout <= 0.0:
                    return ()
            if waiter.wait(side.number, side.poll_mask, timeout):
                side.ready = True
        return request.events
    finally:
        ready.detach(waiter)


def _wait(waiter: ThreadWaiter, request: Wait) -> Sequence[Event]:
    events = request.events
    try:
        for event in events:
            event.attach(waiter)
        poll = system.ThreadPoll()
        poll.register(waiter.descriptor.fileno(), POLL_READ)
        masks: dict[int, int] = {}
        fds: dict[int, FD] = {}
        for event in events:
            if isinstance(event, Ready):
                fd = event.side.fd()
                fds[fd.number] = fd
                masks[fd.number] = masks.get(fd.number, 0) | event.side.poll_mask
        for number, mask in masks.items():
            poll.register(number, mask)
        while True:
            fired = [event for event in events if event.fired()]
            if fired or (request.until is not None and monotonic() >= request.until):
                return fired
            for number, got in poll.poll(None if request.until is None else milliseconds(request.until)):
                if number in fds:
                    for side in (fds[number].reading, fds[number].writing):
                        # Errors and hang-ups count for both directions.
                        if got & side.poll_mask or got & ~_ORDINARY:
                            side.ready = True
                else:
                    waiter.descriptor.drain()
    finally:
        for event in events:
            event.detach(waiter)


_ORDINARY = POLL_READ | POLL_WRITE
