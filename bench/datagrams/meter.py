"""Counting windows of datagrams in a stretch of time, on the sender's side."""

from __future__ import annotations

import time
from dataclasses import dataclass

from ..processes import cpu_clock
from . import WINDOW


@dataclass(frozen=True)
class Task:
    """What to measure: the receiver's port and process, how long a datagram is, for how long."""

    port: int
    pid: int
    size: int
    seconds: float
    warm_up: float


@dataclass(frozen=True)
class Result:
    """Datagrams that were answered in `seconds`, and the CPU seconds both processes spent on them."""

    datagrams: int
    seconds: float
    sender_cpu: float
    receiver_cpu: float | None


class Meter:
    """Told of every answer; the stretch begins with the first after the warm-up, and ends likewise."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._clock = cpu_clock(task.pid)
        self._windows = 0
        self._next = time.perf_counter() + task.warm_up
        self._marks: list[tuple[int, float, float, float]] = []

    def answered(self) -> bool:
        """Count a window; whether to go on."""
        self._windows += 1
        now = time.perf_counter()
        if now >= self._next:
            theirs = 0.0 if self._clock is None else time.clock_gettime(self._clock)
            self._marks.append((self._windows, now, time.process_time(), theirs))
            self._next = now + self._task.seconds
        return len(self._marks) < 2

    def result(self) -> Result:
        """Return what was counted; after the end."""
        (first, start, ours, theirs), (last, end, ours_end, theirs_end) = self._marks
        return Result(
            (last - first) * WINDOW,
            end - start,
            ours_end - ours,
            None if self._clock is None else theirs_end - theirs,
        )
