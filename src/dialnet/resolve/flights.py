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
from ..poll.waits import now_and_here, wait

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Hashable
    from typing import Any, TypeVar

    T = TypeVar("T")

__all__ = ["Flights"]


class _Flight:
    """`outcome` is, when it is over, the value, the error, or nothing if the leader has left; `parts` is what
    has been told so far.

    Mostly nobody follows, so `over`, which fires at the end, and `news`, which fires when there is another
    part, are made by who needs them. The leader begins and ends without the lock of the `Flights`: it first
    says that it is `done` and then looks for an `over`; who follows first sees to it that there is one and
    then looks whether it is done.
    """

    __slots__ = ("_heard", "_lock", "done", "leader", "news", "outcome", "over", "parts")

    def __init__(self, leader: Hashable, lock: threading.RLock, heard: Callable[[Any], None] | None) -> None:
        self._lock = lock
        self._heard = heard
        self.leader = leader
        self.done = False
        self.outcome: tuple[Any, DNSError | None] | None = None
        self.parts: list[Any] = []
        self.over: Signal | None = None
        self.news: Signal | None = None

    def tell(self, part: Any) -> None:
        """Another part of the outcome is there."""
        with self._lock:
            self.parts.append(part)
            news, self.news = self.news, None
        if news is not None:
            news.set()
        if self._heard is not None:
            self._heard(part)


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
        work: Callable[[Callable[[Any], None], float | None], Coroutine[Any, Any, list[T]]],
        heard: Callable[[Any], None] | None = None,
    ) -> list[T]:
        """What `work(tell, time)` gives, done by this caller or by another; a list of one's own in either
        case.

        What the work tells before its end is passed to `heard`, whoever does it. `time` is what time it is,
        None where that would have to be asked.

        Raises `DNSError` (one of one's own as well), and what else `work` raises, to its leader alone.
        """
        time: float | None
        time, who = await now_and_here()
        is_thread = isinstance(who, int)
        key = ("threads" if is_thread else who, key)
        mine = _Flight(who, self._lock, heard)
        # `setdefault` cannot be interrupted: none of what is compared has an `__eq__` written in Python.
        while (flight := self._flights.setdefault(key, mine)) is not mine:
            if is_thread and flight.leader == who:
                return await work(heard or _unheard, time)
            await self._follow(flight, heard)
            time = None
            if flight.outcome is not None:
                value, error = flight.outcome
                if error is not None:
                    raise error._again()
                return list(value)

        try:
            value = await work(mine.tell, time)
            mine.outcome = (list(value), None)
            return value
        except DNSError as err:
            mine.outcome = (None, err)
            raise
        finally:
            if self._flights.get(key) is mine:
                del self._flights[key]
            mine.done = True
            if mine.over is not None:
                mine.over.set()

    async def _follow(self, flight: _Flight, heard: Callable[[Any], None] | None) -> None:
        """Until it is over, passing on what is told on the way."""
        with self._lock:
            over = flight.over = flight.over or Signal()
        if heard is None:
            if not flight.done:
                await wait(over)
            return
        passed = 0
        while True:
            # Before the parts are taken, so that none comes after them.
            done = flight.done
            with self._lock:
                # Taken with the parts, so that nothing told in between is missed.
                news = flight.news = flight.news or Signal()
                parts = flight.parts[passed:]
            passed += len(parts)
            for part in parts:
                heard(part)
            if done:
                return
            if not flight.done:
                await wait(over, news)


def _unheard(part: Any) -> None:
    """Nobody wants it before the end."""


_living: weakref.WeakSet[Flights] = weakref.WeakSet()


def _after_fork() -> None:
    # Their leaders are other threads of the parent's.
    for flights in list(_living):
        flights._forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
