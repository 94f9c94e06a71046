"""The race, in exact virtual time: which address is dialed when, who wins, and what is closed."""

from __future__ import annotations

from collections import Counter

import pytest

import dialnet as net
from dialnet.sockets.race import MOST_ATTEMPTS
from tests.dialing.racing import DELAY, Script, v4, v6


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
    """By the next of its family, and by the other family if that has nothing under way."""
    script = Script()
    script.on(v6(1), "refuses", 0.01)
    script.on(v6(2), "refuses", 0.01)
    script.on(v6(3), "refuses", 0.01)
    script.on(v4(1), "answers", 0.03)
    script.on(v4(2), "answers", 0.03)
    assert script.run((0.0, [*map(v6, range(1, 4)), v4(1), v4(2)])).addr == v4(1)
    assert script.tried == [(0.0, v6(1)), (0.01, v6(2)), (0.01, v4(1)), (0.02, v6(3)), (0.03, v4(2))]
    assert script.took == 0.04
    script = Script()
    for n in range(1, 10):
        script.on(v4(n), "refuses", 0.001)
    script.on(v4(10), "answers", 0.01)
    assert script.run((0.0, list(map(v4, range(1, 11))))).addr == v4(10)
    assert script.took == 0.019


def test_a_failure_does_not_put_off_the_other_family() -> None:
    """However often one family fails, the other has its turns."""
    script = Script()
    for n in range(1, 4):
        script.on(v6(n), "hangs")
    for n in range(1, 10):
        script.on(v4(n), "refuses", 0.2)
    script.on(v6(4), "answers", 0.01)
    script.run((0.0, [*map(v6, range(1, 5)), *map(v4, range(1, 10))]))
    times = {version: [at for at, addr in script.tried if addr.ip.version == version] for version in (6, 4)}
    assert times == {6: [0.0, 0.5, 0.9, 1.3], 4: [0.25, 0.45, 0.65, 0.85, 1.05, 1.25]}


def test_the_turn_after_a_failure() -> None:
    """Whoever has been begun by it has had its turn, so they do not come in a bunch."""
    script = Script()
    script.on(v6(1), "refuses", 0.24)
    for addr in (v6(2), v6(3), v4(1)):
        script.on(addr, "hangs")
    script.on(v4(2), "answers", 0.01)
    assert script.run((0.0, [v6(1), v6(2), v6(3), v4(1), v4(2)])).addr == v4(2)
    assert script.tried == [(0.0, v6(1)), (0.24, v6(2)), (0.24, v4(1)), (0.49, v6(3)), (0.74, v4(2))]


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
    # Later it is begun when it comes, and the others have their turns.
    script = Script()
    script.on(v6(1), "hangs")
    script.on(v6(2), "answers", 0.1)
    script.on(v4(1), "answers", 1.0)
    script.on(v4(2), "hangs")
    assert script.run((0.01, [v4(1), v4(2)]), (0.2, [v6(1), v6(2)])).addr == v6(2)
    assert script.tried == [(0.06, v4(1)), (0.2, v6(1)), (0.45, v4(2)), (0.7, v6(2))]
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


def test_a_better_one_does_not_wait_for_its_turn() -> None:
    """Here it is IPv4 that the machine prefers, and IPv6's answer that is first."""
    script = Script()
    script.on(v4(1), "answers", 0.02)
    script.on(v6(1), "hangs")
    script.on(v6(2), "hangs")
    assert script.run((0.01, [v6(1), v6(2)]), (0.1, [v4(1)])).addr == v4(1)
    assert script.tried == [(0.01, v6(1)), (0.1, v4(1))]
    # One that is not better than all that were tried waits.
    script = Script()
    script.on(v6(1), "hangs")
    script.on(v4(1), "answers", 0.02)
    assert script.run((0.01, [v6(1)]), (0.1, [v4(1)])).addr == v4(1)
    assert script.tried == [(0.01, v6(1)), (0.26, v4(1))]


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
    # Both families have their part of it, and nobody waits for more answers then.
    script = Script()
    for n in range(1, 100):
        script.on(v6(n), "refuses", 0.001)
        script.on(v4(n), "refuses", 0.001)
    numbers = range(1, 100)
    failures = script.run((0.0, [*map(v6, numbers), *map(v4, numbers)]), ends=1000.0)
    assert Counter(failure.addr.ip.version for failure in failures) == {4: 16, 6: 16}
    assert script.took < 1


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
