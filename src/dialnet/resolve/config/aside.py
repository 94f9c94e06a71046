"""Work on a long file, beside the lookups: a loop must not stand still for the seconds it may take."""

from __future__ import annotations

import os
import weakref

from ...poll.pool import Job
from ...poll.waits import wait
from ...system.starting import start

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["LONG", "Aside"]

# Beyond so many bytes. A hosts file of this size takes some 20 ms, about what a loop is used to.
LONG = 1 << 17


class Aside:
    """One call at a time, made by a daemon thread of its own.

    Not by one of those of `threads.py`, which may all be stuck in the C library. What it raises is not heard:
    who finds that there is still nothing makes the call himself.
    """

    __slots__ = ("__weakref__", "_under_way")

    def __init__(self) -> None:
        # Empty or with one job; `setdefault` needs no lock, which a loop might have to wait for.
        self._under_way: dict[None, Job] = {}
        _living.add(self)

    def begin(self, call: Callable[[], object]) -> Job:
        """Have `call` made, unless one is being made. Where no thread can be had it is made at once."""

        def made() -> None:
            try:
                call()
            finally:
                self._under_way.clear()

        mine = Job(made)
        job = self._under_way.setdefault(None, mine)
        if job is mine:
            start(job.run, "dialnet file", lambda err: job.run())
        return job

    async def made(self, call: Callable[[], object]) -> None:
        """Wait until it is made. Who closes this leaves it to the others."""
        await wait(self.begin(call))


_living: weakref.WeakSet[Aside] = weakref.WeakSet()


def _after_fork() -> None:
    # Their threads are the parent's.
    for aside in list(_living):
        aside._under_way.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
