"""Counting lookups in a window of time, by whoever asks for the next name to look up."""

from __future__ import annotations

import itertools
import threading
import time
from dataclasses import dataclass

from . import NAME, server


@dataclass(frozen=True)
class Task:
    """What to measure: the server's port, how many lookups at once, for how long."""

    port: int
    concurrent: int
    seconds: float
    warm_up: float


@dataclass(frozen=True)
class Result:
    """Lookups that ended in `seconds`, the CPU seconds this process and the server worked for them, and the
    queries that the server answered meanwhile (more than lookups: some were asked twice)."""

    lookups: int
    seconds: float
    cpu: float
    server_cpu: float
    queries: int


class Meter:
    """Gives out names, each only once. Threads may share it.

    The window begins with the first name that is asked for after the warm-up, and ends likewise. Whoever asks
    has ended the lookup before, so names given out in between are lookups done; those that were half done at
    its beginning make up for those at its end.
    """

    def __init__(self, task: Task) -> None:
        self.task = task
        self._numbers = itertools.count()
        self._lock = threading.Lock()
        self._next = time.perf_counter() + task.warm_up
        self._marks: list[tuple[int, float, float, server.Counters]] = []

    def name(self) -> str:
        """Return a name that nobody has asked for yet; empty when the time is over."""
        number = next(self._numbers)
        if time.perf_counter() >= self._next and self._over(number):
            return ""
        return NAME.format(number)

    def _over(self, number: int) -> bool:
        with self._lock:
            if len(self._marks) < 2 and time.perf_counter() >= self._next:
                said = server.ask(self.task.port)
                now = time.perf_counter()
                self._marks.append((number, now, time.process_time(), said))
                self._next = now + self.task.seconds if len(self._marks) < 2 else 0.0
            return len(self._marks) == 2

    def result(self) -> Result:
        """Return what was counted; after the end."""
        (first, start, cpu, before), (last, end, cpu_end, after) = self._marks
        return Result(
            last - first,
            end - start,
            cpu_end - cpu,
            max(0.0, after.worked - before.worked),
            after.answered - before.answered,
        )
