"""Readiness through `select`, for systems that have nothing better (Windows).

`select` is level-triggered and is told everything anew in each call, so an interest lasts for one
report only (`one_shot`): who waits again says so again. Waiting happens in a thread of the host's
(`wait`), since there is no one descriptor that would stand for all.
"""

from __future__ import annotations

import select
import threading

from .masks import READ, WRITE

__all__ = ["SelectReadiness"]


class SelectReadiness:
    one_shot = True
    once = 0
    READS = READ
    WRITES = WRITE
    HANGUPS = 0

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._interest: dict[int, int] = {}
        self._ready: dict[int, int] = {}

    def fileno(self) -> int:
        return -1

    def register(self, number: int, bits: int) -> None:
        with self._lock:
            self._interest[number] = self._interest.get(number, 0) | bits

    modify = register

    def unregister(self, number: int) -> None:
        with self._lock:
            self._interest.pop(number, None)
            self._ready.pop(number, None)

    def wait(self, wake: int) -> None:
        """Block until something is ready or the descriptor `wake` is readable."""
        with self._lock:
            readers = [n for n, bits in self._interest.items() if bits & READ]
            writers = [n for n, bits in self._interest.items() if bits & WRITE]
        try:
            # Windows reports a connect that failed in the third set only.
            got = select.select([*readers, wake], writers, writers)
        except (OSError, ValueError):
            # A descriptor was closed under us: find out which, so that only its owner is disturbed.
            got = ([], [], [])
            for number in {*readers, *writers}:
                try:
                    select.select([number], [], [], 0)
                except (OSError, ValueError):
                    self._note(number, READ | WRITE)
        for number in got[0]:
            if number != wake:
                self._note(number, READ)
        for number in {*got[1], *got[2]}:
            self._note(number, WRITE)

    def _note(self, number: int, bits: int) -> None:
        with self._lock:
            left = self._interest.get(number, 0) & ~bits
            if left:
                self._interest[number] = left
            else:
                self._interest.pop(number, None)
            self._ready[number] = self._ready.get(number, 0) | bits

    def poll(self) -> list[tuple[int, int]]:
        """What became ready since the last call; `READS`, `WRITES` and `HANGUPS` take it apart."""
        with self._lock:
            ready, self._ready = self._ready, {}
        return list(ready.items())

    def close(self) -> None:
        with self._lock:
            self._interest.clear()
            self._ready.clear()
