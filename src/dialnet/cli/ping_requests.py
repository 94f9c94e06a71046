"""Who of the requests of a ping has been answered, and what can be said of all of them. No I/O, no clock.

Times are seconds on whatever clock the caller has.
"""

from __future__ import annotations

import math

__all__ = ["ANSWERED", "DUPLICATE", "FAILED", "LATE", "WAITING", "Requests"]

# What became of a request. Each number may come up again once 65,536 have gone out.
WAITING, ANSWERED, LOST, FAILED = "waiting", "answered", "lost", "failed"
# What an answer is, beside `ANSWERED`: to a request that had one, or that was given up.
DUPLICATE, LATE = "duplicate", "late"

_NUMBERS = 1 << 16


class Requests:
    """Requests that have gone out. `timeout` is how long an answer to each is waited for."""

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._state: dict[int, str] = {}
        self._went: dict[int, float] = {}
        self._waiting: dict[int, None] = {}  # in the order they went
        self.sent = self.received = self.duplicates = self.late = self.errors = 0
        self.shortest, self.longest = math.inf, 0.0
        self._total = self._squares = 0.0

    def next(self) -> int:
        """The number of the next request."""
        return (self.sent + 1) % _NUMBERS

    def went(self, at: float) -> None:
        """The next request went out."""
        number = self.next()
        self.sent += 1
        self._waiting.pop(number, None)
        self._state[number], self._went[number] = WAITING, at
        self._waiting[number] = None

    def answered(self, number: int, at: float) -> tuple[str, float] | None:
        """An answer came: what it is, and how long it took. None if there was no such request."""
        state = self._state.get(number)
        if state is None:
            return None
        took = max(at - self._went[number], 0.0)
        if state == WAITING:
            self._settle(number, ANSWERED)
            self.received += 1
            self._note(took)
            return ANSWERED, took
        if state == ANSWERED:
            self.duplicates += 1
            return DUPLICATE, took
        self._state[number] = ANSWERED
        self.late += 1
        return LATE, took

    def failed(self, number: int) -> bool:
        """An error came for a request; whether there was such a request."""
        state = self._state.get(number)
        if state is None:
            return False
        if state == WAITING:
            self._settle(number, FAILED)
        self.errors += 1
        return True

    def give_up(self, at: float) -> list[int]:
        """The requests whose time is over, which count as lost from now on."""
        lost = []
        for number in self._waiting:
            if self._went[number] + self._timeout > at:
                break
            lost.append(number)
        for number in lost:
            self._settle(number, LOST)
        return lost

    def next_end(self) -> float | None:
        """When the time of the next request is over; None if none is waited for."""
        for number in self._waiting:
            return self._went[number] + self._timeout
        return None

    def _settle(self, number: int, state: str) -> None:
        self._state[number] = state
        del self._waiting[number]

    def _note(self, took: float) -> None:
        self.shortest, self.longest = min(self.shortest, took), max(self.longest, took)
        self._total += took
        self._squares += took * took

    @property
    def loss(self) -> float:
        """The share of requests without an answer in time."""
        return 1 - self.received / self.sent if self.sent else 0.0

    @property
    def average(self) -> float:
        return self._total / self.received

    @property
    def deviation(self) -> float:
        """The standard deviation of the times (what ping(8) calls mdev)."""
        return math.sqrt(max(self._squares / self.received - self.average**2, 0.0))
