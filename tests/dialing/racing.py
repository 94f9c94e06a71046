"""Races without a network: what each address does is in a script, and time is virtual.

script = Script()
script.on(v6(1), "hangs")
script.on(v4(1), "answers", 0.03)
assert script.run((0.01, [v6(1), v4(1)])).addr == v4(1)
assert script.tried == [(0.01, v6(1)), (0.26, v4(1))]
"""

from __future__ import annotations

import errno
import os
from typing import Any

import dialnet as net
from dialnet.poll import waits
from dialnet.poll.virtual import VirtualHost
from dialnet.sockets.race import Found, race
from tests.dialing.go_race import go_race

REFUSED = os.strerror(errno.ECONNREFUSED)
DELAY = 0.25
# The clock begins here, so that a time that is taken for a duration is noticed.
START = 100.0


def v6(n: int) -> net.TCPAddr:
    return net.TCPAddr(f"2001:db8::{n}", 80)


def v4(n: int) -> net.TCPAddr:
    return net.TCPAddr(f"192.0.2.{n}", 80)


class Made:
    """As much of an `Opened` as the race looks at."""

    def __init__(self, addr: Any) -> None:
        self.addr = addr
        self.fd = self
        self.closed = False

    def close(self) -> None:
        self.closed = True


class Script:
    """What each address does and how long that takes; and what was tried, given up and made, and when.

    The order in which the addresses are entered is the order of preference.
    """

    def __init__(self) -> None:
        self.does: dict[Any, tuple[str, float]] = {}
        self.tried: list[tuple[float, Any]] = []
        self.given_up: list[tuple[float, Any]] = []
        self.made: list[Made] = []
        self.most_under_way = 0
        self.host = VirtualHost(START)
        self._under_way = 0

    def on(self, addr: Any, what: str, after: float = 0.0) -> None:
        """`what`: answers, refuses, hangs."""
        self.does[addr] = (what, after)

    async def attempt(self, addr: Any, until: float | None) -> Any:
        began = await waits.now()
        self.tried.append((round(began - START, 9), addr))
        self._under_way += 1
        self.most_under_way = max(self.most_under_way, self._under_way)
        what, after = self.does[addr]
        try:
            if what == "hangs" or (until is not None and began + after > until):
                await waits.wait(until=until)
                raise net.OpError("dial", "tcp", None, addr, net.DeadlineExceededError())
            await waits.until(began + after)
        except GeneratorExit:
            self.given_up.append((self.took, addr))
            raise
        finally:
            self._under_way -= 1
        if what == "refuses":
            raise net.OpError("dial", "tcp", None, addr, ConnectionRefusedError(errno.ECONNREFUSED, REFUSED))
        made = Made(addr)
        self.made.append(made)
        return made

    def run(
        self, *answers: tuple[float, list[Any]], ends: float | None = None, fails: Any = None, **limits: Any
    ) -> Any:
        """Our race. Each answer comes after so many seconds; the lookup ends with the last, or at `ends`."""
        found = Found(self._ranked)
        lookup = self._lookup(answers, ends, fails, found.add)
        return self.host.run(race(lookup, found, self.attempt, DELAY, **limits))

    def run_go(self, *answers: tuple[float, list[Any]], ends: float | None = None, **limits: Any) -> Any:
        """Go's, over the same."""
        lookup = self._lookup(answers, ends, None, lambda _: None)
        return self.host.run(go_race(lookup, self.attempt, **limits))

    async def _lookup(self, answers: Any, ends: float | None, fails: Any, tell: Any) -> Any:
        every: list[Any] = []
        for after, addrs in answers:
            await waits.until(START + after)
            tell(addrs)
            every += addrs
        if ends is not None:
            await waits.until(START + ends)
        if fails is not None:
            raise fails
        return self._ranked(every)

    def _ranked(self, addrs: Any) -> list[Any]:
        places = {addr: place for place, addr in enumerate(self.does)}
        return sorted(addrs, key=lambda addr: places[addr])

    @property
    def took(self) -> float:
        return round(self.host.time - START, 9)
