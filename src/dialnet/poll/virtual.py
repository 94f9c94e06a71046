"""The host for tests: a clock that jumps, and descriptors that follow a script.

`VirtualHost.run` answers waits from a list of things that happen at given times. Nothing really waits, so
the timing of a race is exact and a test of ten seconds takes none.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

from .waits import HERE, NOW_AND_HERE, Start, Wait

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .protocols import Event

__all__ = ["Deadlock", "VirtualFD", "VirtualHost"]

T = TypeVar("T")


class Deadlock(AssertionError):
    """The work waits for something that nothing in the script will bring about."""


class _VirtualSide:
    """As much of a `Side` as `Ready` looks at."""

    def __init__(self) -> None:
        self.ready = False
        self.closed = False

    def enter(self, waiter: object) -> None:
        pass

    def leave(self, waiter: object) -> None:
        pass


class VirtualFD:
    """A descriptor without a socket: it is ready when the script says so."""

    def __init__(self) -> None:
        self.reading = _VirtualSide()
        self.writing = _VirtualSide()
        self.closed = False

    def close(self) -> bool:
        was, self.closed = self.closed, True
        self.reading.closed = self.writing.closed = True
        return not was


class _NoWaiter:
    """Nobody sleeps here, so nobody is woken."""

    def wake(self) -> None:
        pass

    resume = left = wake


class VirtualHost:
    """A clock, a script, and `run`, which drives multi-step work along both."""

    def __init__(self, start: float = 0.0) -> None:
        self.time = start
        self._script: list[tuple[float, int, Callable[[], object]]] = []
        self._order = itertools.count()

    def at(self, instant: float, happens: Callable[[], object]) -> None:
        """Put a step into the script; steps of the same instant happen in the order they were put."""
        heapq.heappush(self._script, (instant, next(self._order), happens))

    def readable_at(self, instant: float, fd: VirtualFD) -> None:
        self.at(instant, lambda: setattr(fd.reading, "ready", True))

    def writable_at(self, instant: float, fd: VirtualFD) -> None:
        self.at(instant, lambda: setattr(fd.writing, "ready", True))

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Drive `coroutine` to its end. Raises `Deadlock` if it waits for what never comes."""
        answer: Any = None
        try:
            while True:
                try:
                    request = coroutine.send(answer)
                except StopIteration as stop:
                    return stop.value  # type: ignore[no-any-return]
                if isinstance(request, Wait):
                    answer = self._wait(request)
                elif isinstance(request, Start):
                    raise AssertionError("nothing is really run here")
                elif request is NOW_AND_HERE:
                    answer = self.time, self
                else:
                    answer = self if request is HERE else self.time
        finally:
            coroutine.close()

    def _wait(self, request: Wait) -> Sequence[Event]:
        waiter = _NoWaiter()
        for event in request.events:
            event.attach(waiter)
        try:
            while True:
                while self._script and self._script[0][0] <= self.time:
                    heapq.heappop(self._script)[2]()
                fired = [event for event in request.events if event.fired()]
                if fired or (request.until is not None and self.time >= request.until):
                    return fired
                coming = [self._script[0][0]] if self._script else []
                if request.until is not None:
                    coming.append(request.until)
                if not coming:
                    raise Deadlock(f"nothing left that could end the wait at {self.time}")
                self.time = max(self.time, min(coming))
        finally:
            for event in request.events:
                event.detach(waiter)
