"""The threads in which calls that cannot be interrupted are made, and how many there may be."""

from __future__ import annotations

from .. import system
from ..poll.pool import Pool

__all__ = ["pool", "thread_limit"]


def thread_limit(descriptors: int | None) -> int:
    """How many threads may be stuck in the C library at one time, as Go counts them: each may have a
    descriptor open, of which the process has so many (RLIMIT_NOFILE; None: unknown)."""
    if descriptors is None or descriptors > 500:
        return 500
    return descriptors - 30 if descriptors > 30 else max(descriptors, 1)


pool = Pool(thread_limit(system.max_descriptors()))
