"""The vocabulary that multi-step work is written in.

Dialing and resolving need several descriptors and instants at once. They are `async def` functions that
await only what is here, and a host answers: `thread_host` with one `poll`, `task_host` through the event
loop, `virtual` with a clock that jumps. So each is one text, the same in both faces, and in tests every
timing is exact.

A coroutine yields a `Wait` (any of these events, or this instant) and is sent what fired. Three questions
are answered at once: `NOW` is sent the time, `HERE` who the host is (`NOW_AND_HERE` both), `Start` an
event for a call of the user's that has begun beside the work. `race`, `gather` and `bounded` are combinators:
they step other coroutines, yield what these wait for, and hand out the answers; no host knows them. A
coroutine that is not needed any more is closed, so whatever it opened is closed in its `finally` blocks, in
which nothing can be awaited.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Coroutine, Generator, Hashable, Sequence

from ..errors import CanceledError, DeadlineExceededError
from .deadline import earliest, timeout_instant
from .fd import FD, Side

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import timedelta
    from typing import Any, TypeVar

    from .pool import Pool
    from .protocols import Event, Waiter, Work
    from .signal import CancelToken
    from .tasks import TaskPoller

    T = TypeVar("T")

__all__ = [
    "HERE",
    "Child",
    "NOW",
    "NOW_AND_HERE",
    "Ready",
    "Start",
    "Wait",
    "bounded",
    "gather",
    "here",
    "now",
    "now_and_here",
    "race",
    "readable",
    "start",
    "until",
    "wait",
    "writable",
]


class Ready:
    """A descriptor that nobody else uses yet, ready in one direction, or closed."""

    __slots__ = ("side",)

    def __init__(self, side: Side) -> None:
        self.side = side

    def fired(self) -> bool:
        return self.side.ready or self.side.closed

    def attach(self, waiter: Waiter) -> None:
        self.side.enter(waiter)

    def detach(self, waiter: Waiter) -> None:
        self.side.leave(waiter)

    def enlist(self, poller: TaskPoller, waiter: Waiter) -> None:
        """As `attach`; and readiness is reported to this poller, which the waiter is of."""
        self.attach(waiter)
        side = self.side
        fd = side.fd()
        if not side.closed and (fd.poller is not poller or not fd.interest & side.bit):
            poller.adopt(fd, side)


class Wait:
    """A request to the host: any of `events`, or the instant `until` (None: no such instant).

    A combinator that it passes through may make it narrower.
    """

    __slots__ = ("events", "until")

    def __init__(self, events: Sequence[Event], until: float | None) -> None:
        self.events = events
        self.until = until


class _Question:
    """What a host answers without waiting."""


NOW = _Question()
HERE = _Question()
# Both at once, as a pair.
NOW_AND_HERE = _Question()


class Start(_Question):
    """A request to have `call` made beside the work: by a thread of `pool`, or, in tasks, by a new one."""

    __slots__ = ("call", "pool")

    def __init__(self, call: Callable[[], Any], pool: Pool) -> None:
        self.call = call
        self.pool = pool


Request = Wait | _Question


@types.coroutine
def now() -> Generator[Request, Any, float]:
    """The time on the host's clock: `time.monotonic()`'s, except in tests."""
    return (yield NOW)  # type: ignore[no-any-return]


@types.coroutine
def here() -> Generator[Request, Any, Hashable]:
    """Who drives this work: a number for a thread (its own), an object for an event loop."""
    return (yield HERE)  # type: ignore[no-any-return]


@types.coroutine
def now_and_here() -> Generator[Request, Any, tuple[float, Hashable]]:
    """Both, at the price of one."""
    return (yield NOW_AND_HERE)  # type: ignore[no-any-return]


@types.coroutine
def start(call: Callable[[], Any], pool: Pool) -> Generator[Request, Any, Work]:
    """Begin a call of the user's, which may wait in the host's own manner: a plain function for threads, one
    whose result can be awaited for tasks. It is an event that fires when it is done; who does not want it any
    more must `abandon` it."""
    return (yield Start(call, pool))  # type: ignore[no-any-return]


@types.coroutine
def wait(*events: Event, until: float | None = None) -> Generator[Request, Any, Sequence[Event]]:
    """Until one of `events` fires or `until` has come; which have fired (none: it was the time)."""
    return (yield Wait(events, until))  # type: ignore[no-any-return]


async def readable(fd: FD, until: float | None = None) -> bool:
    """Until `fd` can be read from (True), or the instant (False)."""
    return bool(await wait(Ready(fd.reading), until=until))


async def writable(fd: FD, until: float | None = None) -> bool:
    """Until `fd` can be written to (True), or the instant (False)."""
    return bool(await wait(Ready(fd.writing), until=until))


async def until(instant: float) -> None:
    """Until the instant has come."""
    while await now() < instant:
        await wait(until=instant)


class Child:
    """One of several coroutines that are stepped together, and what it waits for."""

    __slots__ = ("coroutine", "done", "error", "request", "value")

    def __init__(self, coroutine: Coroutine[Any, Any, Any]) -> None:
        self.coroutine = coroutine
        self.done = False
        self.value: Any = None
        self.error: BaseException | None = None
        self.request: Wait = Wait((), None)

    def step(self, answer: Any) -> Generator[Request, Any, None]:
        """Run it on to its next wait or its end; questions are passed on to the host."""
        try:
            request = self.coroutine.send(answer)
            while not isinstance(request, Wait):
                request = self.coroutine.send((yield request))
        except StopIteration as stop:
            self.done, self.value = True, stop.value
        except Exception as err:
            self.done, self.error = True, err
        else:
            self.request = request

    def answer(self, fired: Sequence[Event], time: float) -> Sequence[Event] | None:
        """What to send it, or None if what it waits for has not come."""
        mine = [event for event in self.request.events if event in fired]
        if mine or (self.request.until is not None and time >= self.request.until):
            return mine
        return None


@types.coroutine
def _step_together(
    coroutines: Sequence[Coroutine[Any, Any, Any]], first_only: bool
) -> Generator[Request, Any, list[Child]]:
    children = [Child(coroutine) for coroutine in coroutines]
    try:
        for child in children:
            yield from child.step(None)
            if child.done and (first_only or child.error is not None):
                return children
        while True:
            waiting = [child for child in children if not child.done]
            if not waiting:
                return children
            instants = [child.request.until for child in waiting if child.request.until is not None]
            events = [event for child in waiting for event in child.request.events]
            fired = yield Wait(events, min(instants, default=None))
            time = yield NOW
            for child in waiting:
                answer = child.answer(fired, time)
                if answer is not None:
                    yield from child.step(answer)
                    if child.done and (first_only or child.error is not None):
                        return children
    finally:
        for child in children:
            child.coroutine.close()


async def race(*coroutines: Coroutine[Any, Any, T]) -> tuple[int, T]:
    """The first to end: its place and its value, or its exception. The others are closed.

    Those that end in the same instant are taken in the order given.
    """
    for place, child in enumerate(await _step_together(coroutines, True)):
        if child.done:
            if child.error is not None:
                raise child.error
            return place, child.value
    raise ValueError("race needs a coroutine")


async def gather(*coroutines: Coroutine[Any, Any, T]) -> list[T]:
    """The values of all, in order. The first exception closes the others and is raised."""
    children = await _step_together(coroutines, False)
    for child in children:
        if child.error is not None:
            raise child.error
    return [child.value for child in children]


@types.coroutine
def _bounded(
    coroutine: Coroutine[Any, Any, T],
    limit: float | None = None,
    cancel: CancelToken | None = None,
    *,
    timeout: float | timedelta | None = None,
    instead: Callable[[Exception], Exception] | None = None,
) -> Generator[Request, Any, T]:
    """The coroutine's value, if it has one within `timeout`, before the instant `limit` and before `cancel`
    is cancelled.

    Raises what it raises, `DeadlineExceededError`, `CanceledError`; the coroutine is closed then, whatever
    it was doing. These two, whoever raised them, can be replaced by what `instead` makes of them.
    """
    send = coroutine.send
    # What the work asks as well, and mostly first of all. It need not ask the host: not for who that is, and
    # not for the time until something has been waited for.
    time: float | None
    try:
        time, place = yield NOW_AND_HERE
        if timeout is not None:
            end = timeout_instant(timeout, time)
            limit = end if limit is None else earliest(limit, end)
        if cancel is not None and cancel.cancelled:
            raise CanceledError
        if limit is not None and time >= limit:  # type: ignore[operator]
            raise DeadlineExceededError
        answer: Any = None
        while True:
            try:
                request = send(answer)
            except StopIteration as stop:
                return stop.value  # type: ignore[no-any-return]
            if not isinstance(request, Wait):
                if request is NOW_AND_HERE and time is not None:
                    answer = time, place
                elif request is NOW and time is not None:
                    answer = time
                elif request is HERE:
                    answer = place
                else:
                    answer = yield request
                continue
            time = None
            bound = limit is not None and (request.until is None or limit <= request.until)
            if bound:
                request.until = limit
            if cancel is not None:
                request.events = (*request.events, cancel)
            answer = yield request
            if cancel is not None and cancel.cancelled:
                raise CanceledError
            if bound and not answer:
                raise DeadlineExceededError
    except (DeadlineExceededError, CanceledError) as err:
        error = err if instead is None else instead(err)
        if error is err:
            raise
        raise error from err
    finally:
        coroutine.close()


# As the coroutine that it is; a function around it would take as long as a question to the host.
bounded: Callable[..., Coroutine[Any, Any, Any]] = _bounded
