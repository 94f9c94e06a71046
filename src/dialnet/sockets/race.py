"""Which address is dialed when: RFC 8305's race, as far from sockets as it can be.

Connecting begins with the first answer of the lookup, not when all of them are there, and each further
attempt begins `delay` after the one before, or at once when one fails. The first connection wins; the
others are closed. Families take turns, so that a dead one costs one delay and not one for each address.

Go races two families, each of them address by address, and waits for both answers before it begins.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Coroutine, Sequence

from ..addresses import Addr
from ..errors import OpError
from ..poll.crowd import Crowd
from ..poll.signal import Signal
from ..poll.waits import now
from .opened import Opened

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..poll.signal import CancelToken
    from ..poll.waits import Child

    Attempt = Callable[[Addr, float | None], Coroutine[Any, Any, Opened]]
    Sort = Callable[[Sequence[Addr]], Sequence[Addr]]

__all__ = ["MOST_ATTEMPTS", "RESOLUTION_DELAY", "Found", "race"]

# Section 3: how long the other family's answer is waited for when IPv4's is first.
RESOLUTION_DELAY = 0.05
# A name may have hundreds of addresses, and whoever controls it must not make us knock at them all.
MOST_ATTEMPTS = 32


class Found:
    """The addresses that a lookup has found so far, each of them once.

    `add` is called as answers come; `rank` puts what was found into the order of preference.
    """

    def __init__(self, rank: Sort) -> None:
        self._rank = rank
        self._waiting: list[Addr] = []
        self._seen: set[Addr] = set()
        self._last_version: int | None = None
        self.news = Signal()

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def add(self, addrs: Sequence[Addr]) -> None:
        fresh = [addr for addr in dict.fromkeys(addrs) if addr not in self._seen]
        if fresh:
            self._seen.update(fresh)
            self._waiting = list(self._rank([*self._waiting, *fresh]))
            news, self.news = self.news, Signal()
            news.set()

    def has_preferred(self) -> bool:
        """Whether IPv6 is among what has been found, or nothing is to be expected of it."""
        return any(_version(addr) != 4 for addr in self._seen)

    def take(self) -> Addr:
        """The next one to dial: the best of the family that did not have the last turn."""
        for addr in self._waiting:
            if _version(addr) != self._last_version:
                break
        else:
            addr = self._waiting[0]
        self._waiting.remove(addr)
        self._last_version = _version(addr)
        return addr


def _version(addr: Addr) -> int | None:
    ip = getattr(addr, "ip", None)
    return None if ip is None else int(ip.version)


async def race(
    lookup: Coroutine[Any, Any, Sequence[Addr]],
    found: Found,
    attempt: Attempt,
    delay: float,
    until: float | None = None,
    cancel: CancelToken | None = None,
) -> Opened | list[OpError]:
    """The connection that was there first, or, if there is none, why each attempt failed, in their order.

    `lookup` adds to `found` as answers come, and its value is all of them; where it fails, and nothing was
    found before, it is its exception that is raised. It and each attempt end by themselves at `until` and by
    `cancel`; then nothing new is begun.
    """
    crowd = Crowd()
    order: list[Child] = []
    failed: dict[Child, OpError] = {}
    lookup_error: BaseException | None = None
    looking: Child | None = crowd.add(lookup)
    next_at = grace = _AT_ONCE
    try:
        while True:
            time = await now()
            under_way = len(order) - len(failed)
            over = (cancel is not None and cancel.cancelled) or (
                until is not None and time >= until and bool(order)
            )
            ready = bool(found) and len(order) < MOST_ATTEMPTS and not over
            if ready and looking is not None and not order and not found.has_preferred():
                if grace == _AT_ONCE:
                    grace = time + RESOLUTION_DELAY
                next_at = grace
            elif not order:
                next_at = _AT_ONCE
            if ready and (time >= next_at or (order and not under_way)):
                order.append(crowd.add(attempt(found.take(), until)))
                next_at = time + delay
                continue
            if not under_way and looking is None and not ready:
                break
            ended = await crowd.next(found.news, until=next_at if ready else None)
            if ended is None:
                continue
            if ended is looking:
                looking, lookup_error = None, ended.error
                if ended.error is None:
                    found.add(ended.value)
            elif ended.error is None:
                opened: Opened = ended.value
                return opened
            elif isinstance(ended.error, OpError):
                failed[ended] = ended.error
                next_at = _AT_ONCE
            else:
                raise ended.error
    finally:
        for child in crowd.close():
            if child in order and child.error is None:
                child.value.fd.close()
    if not order and lookup_error is not None:
        raise lookup_error
    return [failed[child] for child in order]


_AT_ONCE = -math.inf
