"""The race, in exact virtual time: which address is dialed when, who wins, and what is closed."""

from __future__ import annotations

import errno
import os
from typing import Any

import pytest

import dialnet as net
from dialnet.poll import waits
from dialnet.poll.virtual import VirtualHost
from dialnet.sockets.race import MOST_ATTEMPTS, Found, race

REFUSED = os.strerror(errno.ECONNREFUSED)
DELAY = 0.25


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
    """What each address does, how long it takes, and when it was tried."""

    def __init__(self, **does: Any) -> None:
        self.does: dict[Any, tuple[str, float]] = {}
        self.tried: list[tuple[float, Any]] = []
        self.given_up: list[tuple[float, Any]] = []
        self.made: list[Made] = []
        self.host = VirtualHost(100.0)

    def on(self, addr: Any, what: str, after: float = 0.0) -> None:
        self.does[addr] = (what, after)

    async def attempt(self, addr: Any, until: float | None) -> Any:
        began = await waits.now()
        self.tried.append((round(began - 100, 9), addr))
        what, after = self.does[addr]
        try:
            if what == "hangs":
                await waits.wait(until=until)
                raise net.OpError("dial", "tcp", None, addr, net.DeadlineExceededError())
            await waits.until(began + after)
        except GeneratorExit:
            self.given_up.append((round(self.host.time - 100, 9), addr))
            raise
        if what == "refuses":
            raise net.OpError("dial", "tcp", None, addr, ConnectionRefusedError(errno.ECONNREFUSED, REFUSED))
        made = Made(addr)
        self.made.append(made)
        return made

    def run(
        self, *answers: tuple[float, list[Any]], ends: float | None = None, fails: Any = None, **limits: Any
    ) -> Any:
        """Each answer comes after so many seconds; the lookup ends with the last, or at `ends`."""
        # The order they are given in is the order of preference.
        rank = {addr: place for place, addr in enumerate(self.does)}
        found = Found(lambda addrs: sorted(addrs, key=lambda addr: rank[addr]))

        async def lookup() -> Any:
            every: list[Any] = []
            for after, addrs in answers:
                await waits.until(100.0 + after)
                found.add(addrs)
                every += addrs
            if ends is not None:
                await waits.until(100.0 + ends)
            if fails is not None:
                raise fails
            return every

        return self.host.run(race(lookup(), found, self.attempt, DELAY, **limits))

    @property
    def took(self) -> float:
        return round(self.host.time - 100, 9)


def test_the_best_answers() -> None:
    script = Script()
    script.on(v6(1), "answers", 0.1)
    script.on(v4(1), "answers", 0.001)
    assert script.run((0.02, [v4(1), v6(1)])).addr == v6(1)
    assert script.tried == [(0.02, v6(1))]
    assert script.took == 0.12


def test_a_dead_family_costs_one_delay() -> None:
    script = Script()
    for n in range(1, 5):
        script.on(v6(n), "hangs")
    for n in range(1, 5):
        script.on(v4(n), "answers", 0.03)
    made = script.run((0.0, [*map(v6, range(1, 5)), *map(v4, range(1, 5))]))
    assert made.addr == v4(1)
    assert script.tried == [(0.0, v6(1)), (0.25, v4(1))]
    assert script.given_up == [(0.28, v6(1))]
    assert script.took == 0.28


def test_families_take_turns() -> None:
    script = Script()
    for n in range(1, 4):
        script.on(v6(n), "hangs")
    for n in range(1, 3):
        script.on(v4(n), "hangs")
    script.on(v4(3), "answers", 0.01)
    made = script.run((0.0, [*map(v6, range(1, 4)), *map(v4, range(1, 4))]))
    assert made.addr == v4(3)
    assert [addr for _, addr in script.tried] == [v6(1), v4(1), v6(2), v4(2), v6(3), v4(3)]
    assert [time for time, _ in script.tried] == [0.0, 0.25, 0.5, 0.75, 1.0, 1.25]
    assert len(script.given_up) == 5


def test_a_failure_is_followed_at_once() -> None:
    script = Script()
    script.on(v6(1), "refuses", 0.01)
    script.on(v6(2), "refuses", 0.02)
    script.on(v4(1), "answers", 0.03)
    assert script.run((0.0, [v6(1), v6(2), v4(1)])).addr == v4(1)
    assert script.tried == [(0.0, v6(1)), (0.01, v4(1))]
    script = Script()
    for n in range(1, 10):
        script.on(v4(n), "refuses", 0.001)
    script.on(v4(10), "answers", 0.01)
    assert script.run((0.0, list(map(v4, range(1, 11))))).addr == v4(10)
    assert script.took == 0.019


def test_one_family_races_too() -> None:
    script = Script()
    for n in range(1, 10):
        script.on(v4(n), "hangs")
    script.on(v4(10), "answers", 0.02)
    assert script.run((0.0, list(map(v4, range(1, 11))))).addr == v4(10)
    assert script.took == 9 * DELAY + 0.02


def test_the_slower_of_two_is_overtaken() -> None:
    """An attempt goes on when the next begins, and may still win."""
    script = Script()
    script.on(v6(1), "answers", 0.4)
    script.on(v4(1), "answers", 0.3)
    assert script.run((0.0, [v6(1), v4(1)])).addr == v6(1)
    assert script.took == 0.4
    assert script.given_up == [(0.4, v4(1))]


def test_the_first_answer_is_enough() -> None:
    """IPv6's answer first: connecting begins with it."""
    script = Script()
    script.on(v6(1), "answers", 0.1)
    script.on(v4(1), "answers", 0.1)
    assert script.run((0.01, [v6(1)]), (0.02, [v4(1)])).addr == v6(1)
    assert script.tried == [(0.01, v6(1))]


def test_grace_for_ipv6() -> None:
    """IPv4's answer first: IPv6's has 50 ms more."""
    script = Script()
    script.on(v6(1), "answers", 0.1)
    script.on(v4(1), "answers", 0.1)
    assert script.run((0.01, [v4(1)]), (0.05, [v6(1)])).addr == v6(1)
    assert script.tried == [(0.05, v6(1))]
    # Later it joins the queue.
    script = Script()
    script.on(v6(1), "answers", 0.1)
    script.on(v4(1), "answers", 1.0)
    assert script.run((0.01, [v4(1)]), (0.2, [v6(1)])).addr == v6(1)
    assert script.tried == [(0.06, v4(1)), (0.31, v6(1))]
    # It has nothing: no reason to wait on.
    script = Script()
    script.on(v4(1), "answers", 0.1)
    assert script.run((0.01, [v4(1)]), ends=0.03).addr == v4(1)
    assert script.tried == [(0.03, v4(1))]
    # It never comes.
    script = Script()
    script.on(v4(1), "answers", 0.1)
    assert script.run((0.01, [v4(1)]), ends=10.0).addr == v4(1)
    assert script.took == 0.16


def test_a_late_answer_after_failures_is_tried_at_once() -> None:
    script = Script()
    script.on(v6(1), "answers", 0.1)
    script.on(v4(1), "refuses", 0.01)
    assert script.run((0.0, [v4(1)]), (3.0, [v6(1)])).addr == v6(1)
    assert script.tried == [(0.05, v4(1)), (3.0, v6(1))]


def test_all_fail() -> None:
    """In the order they were tried in, not in which they failed."""
    script = Script()
    script.on(v6(1), "refuses", 0.7)
    script.on(v4(1), "refuses", 0.1)
    failures = script.run((0.0, [v6(1), v4(1)]))
    assert [failure.addr for failure in failures] == [v6(1), v4(1)]
    assert script.took == 0.7


def test_lookup_fails() -> None:
    script = Script()
    error = net.DNSError("no such host", "x")
    with pytest.raises(net.DNSError) as caught:
        script.run(ends=0.5, fails=error)
    assert caught.value is error
    # What it had found before counts.
    script = Script()
    script.on(v4(1), "answers", 1.0)
    assert script.run((0.0, [v4(1)]), ends=0.1, fails=error).addr == v4(1)
    script = Script()
    script.on(v4(1), "refuses", 1.0)
    assert [failure.addr for failure in script.run((0.0, [v4(1)]), ends=0.1, fails=error)] == [v4(1)]


def test_the_deadline_ends_it() -> None:
    script = Script()
    for n in range(1, 5):
        script.on(v4(n), "hangs")
    failures = script.run((0.0, list(map(v4, range(1, 5)))), until=100.6)
    assert script.took == 0.6
    assert [failure.addr for failure in failures] == [v4(1), v4(2), v4(3)]
    assert all(isinstance(failure, net.DeadlineExceededError) for failure in failures)


def test_cancel_ends_it() -> None:
    """The attempts end themselves; nothing new is begun."""
    token = net.CancelToken()
    script = Script()
    script.on(v4(1), "refuses", 0.3)
    script.on(v4(2), "refuses", 0.3)
    script.on(v4(3), "answers", 0.3)
    script.host.at(100.1, token.cancel)
    failures = script.run((0.0, [v4(1), v4(2), v4(3)]), cancel=token)
    assert [failure.addr for failure in failures] == [v4(1)]


def test_a_name_with_very_many_addresses() -> None:
    script = Script()
    many = [net.TCPAddr(f"192.0.2.{n // 250}", n) for n in range(500)]
    for addr in many:
        script.on(addr, "refuses", 0.001)
    assert len(script.run((0.0, many))) == MOST_ATTEMPTS
    assert len(script.tried) == MOST_ATTEMPTS


def test_two_that_answer_at_the_same_instant() -> None:
    """One is taken, the other closed."""
    script = Script()
    script.on(v6(1), "answers", 0.35)
    script.on(v4(1), "answers", 0.10)
    won = script.run((0.0, [v6(1), v4(1)]))
    assert len(script.made) == 2
    assert [made.closed for made in script.made if made is not won] == [True]
    assert not won.closed


def test_the_same_address_twice() -> None:
    script = Script()
    script.on(v4(1), "refuses", 0.1)
    assert len(script.run((0.0, [v4(1), v4(1)]), (0.05, [v4(1)]))) == 1


def test_a_mistake_in_an_attempt_is_no_failure_of_the_network() -> None:
    script = Script()
    script.on(v4(1), "hangs")
    script.does[v4(2)] = ("answers",)  # type: ignore[assignment]
    with pytest.raises(ValueError):
        script.run((0.0, [v4(1), v4(2)]))
    assert len(script.given_up) == 1
