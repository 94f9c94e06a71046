"""Several pieces of work side by side, to which more may be added while they run.

`waits.gather` and `waits.race` know from the start what they step together; a dial does not: it begins with
a lookup, and an attempt for each address comes when its time has come.
"""

from __future__ import annotations

import types
from collections.abc import Coroutine, Generator

from .waits import NOW, Child, Wait

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .protocols import Event
    from .waits import Request

__all__ = ["Crowd"]


class Crowd:
    """Members are stepped only inside `next`, by whoever awaits that. `close` ends those that are left."""

    __slots__ = ("_fresh", "_running")

    def __init__(self) -> None:
        self._running: list[Child] = []
        self._fresh: list[Child] = []

    def add(self, coroutine: Coroutine[Any, Any, Any]) -> Child:
        """A new member, which begins at the next `next`."""
        child = Child(coroutine)
        self._fresh.append(child)
        return child

    def __len__(self) -> int:
        return len(self._running) + len(self._fresh)

    @types.coroutine
    def next(self, *events: Event, until: float | None = None) -> Generator[Request, Any, Child | None]:
        """The next member that has ended, with its `value` or `error`; each is given out once.

        None if one of `events` has fired, or the instant `until` has come, and no member has ended.
        """
        while True:
            while self._fresh:
                child = self._fresh.pop(0)
                self._running.append(child)
                yield from child.step(None)
            for child in self._running:
                if child.done:
                    self._running.remove(child)
                    return child
            if any(event.fired() for event in events):
                return None
            time = yield NOW
            if until is not None and time >= until:
                return None
            instants = [child.request.until for child in self._running if child.request.until is not None]
            if until is not None:
                instants.append(until)
            awaited = [event for child in self._running for event in child.request.events]
            fired = yield Wait((*awaited, *events), min(instants, default=None))
            time = yield NOW
            for child in self._running:
                answer = child.answer(fired, time)
                if answer is not None:
                    yield from child.step(answer)

    def close(self) -> list[Child]:
        """End the members that still run. Those that had ended and were not given out yet, which may hold
        something that is to be closed as well, are the result."""
        members = self._running + self._fresh
        self._running, self._fresh = [], []
        for child in members:
            child.coroutine.close()
        return [child for child in members if child.done]
