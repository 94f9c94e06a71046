"""Blocking calls of the C library, in a bounded number of daemon threads.

`getaddrinfo` can be neither timed out nor cancelled. So it runs in a thread that nobody waits for longer
than they want to: who gives up leaves the job behind, and a job that was given up before a thread took it
is never run. The threads are daemons, since one that is stuck must not hold up the program's exit, and end
as soon as there is nothing to do.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable

from ..system.starting import start
from .signal import Signal
from .waits import wait

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeVar

    T = TypeVar("T")

__all__ = ["Job", "Pool", "blocking"]


class Job(Signal):
    """A call that a thread will make. It fires when it is done, with `value` or `error`."""

    __slots__ = ("abandoned", "call", "error", "value")

    def __init__(self, call: Callable[[], Any]) -> None:
        super().__init__()
        self.call = call
        self.value: Any = None
        self.error: BaseException | None = None
        self.abandoned = False

    def abandon(self) -> None:
        """Nobody waits for it any more: not made if no thread has taken it yet, unheard if one has."""
        self.abandoned = True

    def run(self) -> None:
        try:
            self.value = self.call()
        except BaseException as err:
            # It is the waiting caller's, who raises it; the thread has other calls to make.
            self.error = err
        self.set()


class Pool:
    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._reset()
        if hasattr(os, "register_at_fork"):
            # The threads stay behind in the parent, and with them the jobs they have.
            os.register_at_fork(after_in_child=self._reset)

    def _reset(self) -> None:
        self._lock = threading.Lock()
        self._jobs: deque[Job] = deque()
        self._threads = 0

    def submit(self, call: Callable[[], Any]) -> Job:
        """Have `call` made as soon as a thread is free. Never waits."""
        job = Job(call)
        with self._lock:
            self._jobs.append(job)
            if self._threads == self._limit:
                return job
            self._threads += 1

        def otherwise(err: BaseException) -> None:
            with self._lock:
                self._threads -= 1
                if self._threads == 0:
                    # No thread can be had at all, now or from one that is about to be free.
                    self._jobs.remove(job)
                    raise err

        start(self._work, "dialnet lookup", otherwise)
        return job

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._jobs:
                    self._threads -= 1
                    return
                job = self._jobs.popleft()
            if not job.abandoned:
                job.run()


async def blocking(pool: Pool, call: Callable[[], T]) -> T:
    """`call()` in a thread of the pool: its value, or what it raises.

    Who closes this coroutine leaves the call behind.
    """
    job = pool.submit(call)
    try:
        await wait(job)
    finally:
        job.abandon()
    if job.error is not None:
        raise job.error
    return job.value  # type: ignore[no-any-return]
