"""Instants at which waiters are resumed, many of them cheaply.

Nearly every wait that has a time limit ends before it. An event loop's own timer costs such a wait several
microseconds; here a limit is an entry in a heap, and the loop has a timer for the earliest alone. Entries
that nobody wants any more stay until their time comes, or until they make up most of the heap.
"""

from __future__ import annotations

import functools
import heapq
import itertools
import math
from collections.abc import Callable
from time import monotonic
from typing import Any

from .tasks import TaskWaiter

__all__ = ["Alarm", "Alarms"]

# So many entries that nobody wants are not worth the work of taking them out.
_FEW = 512

# The instant, a number that no other has, and who is to be resumed (None: nobody any more).
Alarm = list[Any]


class Alarms:
    """`call_at(instant, call)` is the loop's timer, which may be early.

    A timer is never taken back, only overtaken by an earlier one: its handle, if it were kept here, would
    keep the loop from being collected.
    """

    def __init__(self, call_at: Callable[[float, Callable[[], None]], object]) -> None:
        self._call_at = call_at
        self._heap: list[Alarm] = []
        self._numbers = itertools.count()
        self._unwanted = 0
        self._next = math.inf

    def set(self, instant: float, waiter: TaskWaiter) -> Alarm:
        """Have the waiter resumed at that instant. The result is for `drop`."""
        alarm: Alarm = [instant, next(self._numbers), waiter]
        heapq.heappush(self._heap, alarm)
        if instant < self._next:
            self._start(instant)
        return alarm

    def drop(self, alarm: Alarm) -> None:
        """It is not wanted any more. No harm if it has gone off."""
        if alarm[2] is not None:
            alarm[2] = None
            self._unwanted += 1
            if self._unwanted > _FEW and self._unwanted > len(self._heap) // 2:
                self._heap = [each for each in self._heap if each[2] is not None]
                heapq.heapify(self._heap)
                self._unwanted = 0

    def _start(self, instant: float) -> None:
        self._next = instant
        self._call_at(instant, functools.partial(self._ring, instant))

    def _ring(self, instant: float) -> None:
        if instant == self._next:
            self._next = math.inf
        heap, now = self._heap, monotonic()
        due: list[TaskWaiter] = []
        while heap and (heap[0][2] is None or heap[0][0] <= now):
            alarm = heapq.heappop(heap)
            if alarm[2] is None:
                self._unwanted -= 1
            else:
                due.append(alarm[2])
                alarm[2] = None
        if heap and heap[0][0] < self._next:
            self._start(heap[0][0])
        due.reverse()
        try:
            while due:
                due.pop().resume()
        finally:
            # One of them has raised KeyboardInterrupt: the others' time has come as well.
            for waiter in due:
                waiter.wake()
