"""Which address is dialed when: RFC 8305's race, as far from sockets as it can be.

Connecting begins with the first answer of the lookup, not when all of them are there. The families take
turns: each turn comes `delay` after the one before, so that a dead family costs one delay and not one for
each address. The first connection wins; the others are closed. Three rules beyond that:

- When an attempt fails, the next of its family begins at once, and so does a family with nothing under way.
- An address that comes late and is better than all that were tried does not wait for its turn.
- Beginning the address whose turn it is, for whatever reason, is the turn.

Go races two families, each of them address by address, and waits for both answers before it begins. With
these rules no address begins later here than there: each of Go's chains is a part of what is done here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Coroutine, Sequence

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
    """The addresses that a lookup has found so far, each of them once, and which of them to dial next.

    `add` is called as answers come; `rank` puts what was found into the order of preference.
    """

    def __init__(self, rank: Sort) -> None:
        self._rank = rank
        self._ranked: list[Addr] = []
        self._waiting: list[Addr] = []
        self._last_turn: int | None = None
        self.news = Signal()

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def add(self, addrs: Sequence[Addr]) -> None:
        known = set(self._ranked)
        fresh = [addr for addr in dict.fromkeys(addrs) if addr not in known]
        if fresh:
            taken = known.difference(self._waiting)
            self._ranked = list(self._rank([*self._ranked, *fresh]))
            self._waiting = [addr for addr in self._ranked if addr not in taken]
            news, self.news = self.news, Signal()
            news.set()

    def has_preferred(self) -> bool:
        """Whether IPv6 is among what has been found."""
        return any(_version(addr) != 4 for addr in self._ranked)

    def late_best(self) -> list[Addr]:
        """The best of all, if it is still to be tried."""
        return self._waiting[:1] if self._waiting[:1] == self._ranked[:1] else []

    def turn(self) -> Addr:
        """The best of the family that did not have the last turn, if there is one."""
        for addr in self._waiting:
            if _version(addr) != self._last_turn:
                return addr
        return self._waiting[0]

    def followers(self, failed: Addr, under_way: Collection[Addr]) -> list[Addr]:
        """What to try when `failed` has failed: of its family, and of one with nothing under way, the best.

        If there is none of these, the best of all.
        """
        busy = {_version(addr) for addr in under_way} - {_version(failed)}
        firsts: dict[int | None, Addr] = {}
        for addr in self._waiting:
            firsts.setdefault(_version(addr), addr)
        return [addr for version, addr in firsts.items() if version not in busy] or self._waiting[:1]

    def take(self, addr: Addr) -> bool:
        """It is tried now. Whether it was its turn."""
        is_turn = addr == self.turn()
        if is_turn:
            self._last_turn = _version(addr)
        self._waiting.remove(addr)
        return is_turn


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
    under_way: dict[Child, Addr] = {}
    failed: dict[Child, OpError] = {}
    latest_failure: Addr | None = None
    lookup_error: BaseException | None = None
    looking: Child | None = crowd.add(lookup)
    next_turn = math.inf
    grace: float | None = None
    try:
        while True:
            time = await now()
            over = (cancel is not None and cancel.cancelled) or (
                until is not None and time >= until and bool(order)
            )
            ready = bool(found) and len(order) < MOST_ATTEMPTS and not over
            due: list[Addr] = []
            if not ready:
                if not under_way and (looking is None or len(order) == MOST_ATTEMPTS):
                    break
            elif not order:
                if grace is None:
                    grace = time + RESOLUTION_DELAY
                next_turn = grace
                if time >= grace or looking is None or found.has_preferred():
                    due = [found.turn()]
            elif latest_failure is not None:
                due = found.followers(latest_failure, under_way.values())
            else:
                due = found.late_best()
                if not due and (time >= next_turn or not under_way):
                    due = [found.turn()]
            latest_failure = None
            for addr in due[: MOST_ATTEMPTS - len(order)]:
                child = crowd.add(attempt(addr, until))
                order.append(child)
                under_way[child] = addr
                if found.take(addr):
                    next_turn = time + delay
            if due:
                continue
            ended = await crowd.next(found.news, until=next_turn if ready else None)
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
                latest_failure = under_way.pop(ended)
            else:
                raise ended.error
    finally:
        for child in crowd.close():
            if child in order and child.error is None:
                child.value.fd.close()
    if not order and lookup_error is not None:
        raise lookup_error
    return [failed[child] for child in order]
