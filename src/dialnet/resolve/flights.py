"""One lookup for all who want the same at the same time.

A thousand connections to one name that are dialed at once ask for it once. Whoever comes first leads: it
does the work, in its own thread or task; the others wait for its outcome. A leader that leaves early (its
deadline, its cancellation) has no outcome, and the first of the others to wake takes over, with the time it
has left.

Threads wait for threads, and tasks for tasks of the same loop: a task must never wait for a thread that may
be the one its loop runs in. A signal handler that looks up what its own thread is about to learn does not
wait either.
"""

from __future__ import annotations

import os
import threading
import weakref

from ..errors import DNSError
from ..poll.signal import Signal
from ..poll.waits import here, wait

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Hashable
    from typing import Any, TypeVar

    T = TypeVar("T")

__all__ = ["Flights"]


class _Flight(Signal):
    """Fires when it is over; `outcome` is then the value, the error, or nothing if the leader has left.

    `parts` is what has been told so far, and `news` fires when there is more of it.
    """

    __slots__ = ("leader", "news", "outcome", "parts")

    def __init__(self, leader: Hashable) -> None:
        super().__init__()
        self.leader = leader
        self.outcome: tuple[Any, DNSError | None] | None = None
        self.parts: list[Any] = []
        self.news: Signal | None = None

    def tell(self, part: Any) -> None:
        with self._lock:
            self.parts.append(part)
            news, self.news = self.news, None
        if news is not None:
            news.set()

    def heard(self, passed: int) -> tuple[list[Any], Signal]:
        """What was told after so many parts, and what fires when there is more."""
        with self._lock:
            if self.news is None:
                self.news = Signal()
            return self.parts[passed:], self.news


class Flights:
    """The lookups of one resolver that are under way."""

    def __init__(self) -> None:
        self._forget()
        _living.add(self)

    def _forget(self) -> None:
        # Re-entrant: a signal handler may look up while its own thread is in here.
        self._lock = threading.RLock()
        self._flights: dict[Hashable, _Flight] = {}

    async def share(
        self,
        key: Hashable,
        work: Callable[[Callable[[Any], None]], Coroutine[Any, Any, list[T]]],
        heard: Callable[[Any], None] | None = None,
    ) -> list[T]:
        """What `work(tell)` gives, done by this caller or by another; a list of one's own in either case.

        What the work tells before its end is passed to `heard`, whoever does it.

        Raises `DNSError` (one of one's own as well), and what else `work` raises, to its leader alone.
        """
        who = await here()
        is_thread = isinstance(who, int)
        key = ("threads" if is_thread else who, key)
        while True:
            with self._lock:
                flight = self._flights.get(key)
                if flight is None:
                    mine = self._flights[key] = _Flight(who)
                    break
            if is_thread and flight.leader == who:
                return await work(heard or _unheard)
            await _follow(flight, heard)
            if flight.outcome is not None:
                value, error = flight.outcome
                if error is not None:
                    raise error._again()
                return list(value)

        def tell(part: Any) -> None:
            mine.tell(part)
            if heard is not None:
                heard(part)

        try:
            value = await work(tell)
            mine.outcome = (list(value), None)
            return value
        except DNSError as err:
            mine.outcome = (None, err)
            raise
        finally:
            with self._lock:
                if self._flights.get(key) is mine:
                    del self._flights[key]
            mine.set()


def _unheard(part: Any) -> None:
    """Nobody wants it before the end."""


async def _follow(flight: _Flight, heard: Callable[[Any], None] | None) -> None:
    """Until it is over, passing on what is told on the way."""
    passed = 0
    while True:
        parts, news = flight.heard(passed)
        passed += len(parts)
        if heard is not None:
            for part in parts:
                heard(part)
        if flight.fired():
            return
        await (wait(flight) if heard is None else wait(flight, news))


_living: weakref.WeakSet[Flights] = weakref.WeakSet()


def _after_fork() -> None:
    # Their leaders are other threads of the parent's.
    for flights in list(_living):
        flights._forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
