"""Hard names dialed over a network that delays and loses, by real sockets, in every host.

All cases of `cases.py` are dialed at once, once in each host, and each test looks at one outcome. Their exact
times are in `test_go_race.py`; here a time is at least what it must be, and otherwise compared with another
time of the same run.
"""

from __future__ import annotations

import errno
import os
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest

import dialnet as net
from tests import hosts
from tests.dialing import measure
from tests.dialing.cases import BY_NAME, CASES, DELAY, Case
from tests.dialing.measure import Outcome
from tests.dialing.network import Network, Unavailable, started

# The network is to be that punctual while it is measured. One turn is not taken for the next then.
LATE = 0.05
TRIES = 20
# Timers of the kernel's, of the event loops' and of the measurement are of different clocks.
SLACK = 0.002

Get = Callable[[str], Outcome]


@pytest.fixture(scope="module")
def network() -> Iterator[Network]:
    try:
        with started() as network:
            yield network
    except Unavailable as err:
        # In CI all that it takes is to be there.
        if os.environ.get("CI") == "true":
            pytest.fail(str(err))
        pytest.skip(str(err))


@pytest.fixture(scope="module", params=hosts.HOSTS)
def outcome(network: Network, request: pytest.FixtureRequest) -> Get:
    """The outcome of a case, by its name, in each host."""
    if not hosts.has(request.param):
        pytest.skip(f"no {request.param} for this interpreter")
    for _ in range(TRIES):
        network.late()
        outcomes, left = network.run(request.param, measure.dial_all, [case.name for case in CASES])
        late = network.late()
        if late < LATE:
            break
    else:
        pytest.fail(f"the machine is too busy: the network was late {TRIES} times, last by {late:.3f} s")
    assert left == 0, "sockets are left open"
    return lambda name: outcomes[name]


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_told(outcome: Get, case: Case) -> None:
    """One lookup; every attempt begins and ends once; of these one is a connection, and all others failed."""
    seen = outcome(case.name)
    # A race may be won while the lookup still goes on, which ends then.
    assert seen.lookups == ["start", "CanceledError" if case.name in ("slow-aaaa", "slow-a") else "done"]
    assert Counter(addr for _, addr in seen.tried) == Counter(addr for _, addr, _ in seen.done)
    assert [addr for _, addr, how in seen.done if how == "connected"] == ([seen.won] if seen.won else [])
    begun = {addr: time for time, addr in seen.tried}
    for time, addr, how in seen.done:
        assert begun[addr] <= time <= seen.seconds
        target = case.targets()[case.ip(addr)]
        if how == "ConnectionRefusedError":
            assert target.does == "refuses"
        elif how == "connected":
            assert target.does == "answers"
        else:
            assert how == ("CanceledError" if seen.won else "DeadlineExceededError")


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_won(outcome: Get, case: Case) -> None:
    seen = outcome(case.name)
    if case.name == "v6-lossy":
        # A packet may get through, and it may not.
        assert seen.won in ("6.1", "4.1")
        assert [addr for _, addr in seen.tried] == ["6.1", "4.1"][: 1 + (seen.won == "4.1")]
    else:
        assert seen.won == case.wins
    assert (seen.error is None) == (seen.won is not None)


TRIED = {
    "healthy": ["6.1"],
    "v6-dead": ["6.1", "4.1"],
    "v6-slow-100": ["6.1"],
    "v6-slow-500": ["6.1", "4.1"],
    "v6-refuses": ["6.1", "6.2", "4.1"],
    "v6-half": ["6.1", "6.2", "4.1"],
    "ten-dead": ["6.1", "4.1", "6.2", "4.2", "6.3", "4.3", "6.4", "4.4", "6.5", "4.5"],
    "ten-v4": [f"4.{n}" for n in range(1, 11)],
    "slow-aaaa": ["4.1"],
    "late-v6": ["4.1", "6.1"],
    "slow-a": ["6.1"],
    "dead": ["6.1", "4.1"],
}


@pytest.mark.parametrize("name", TRIED)
def test_tried(outcome: Get, name: str) -> None:
    assert [addr for _, addr in outcome(name).tried] == TRIED[name]


def test_two_families_after_a_refusal(outcome: Get) -> None:
    """Each goes from address to address, and no turn of 250 ms is waited for."""
    seen = outcome("ten-refuse")
    for version in "64":
        places = [addr for _, addr in seen.tried if addr[0] == version]
        assert places == [f"{version}.{n}" for n in range(1, 6)]
    assert seen.tried[0][1] == "6.1"
    assert {addr for _, addr in seen.tried[1:3]} == {"6.2", "4.1"}
    assert seen.seconds < 9 * DELAY


@pytest.mark.parametrize("name", ["v6-dead", "v6-slow-500", "ten-dead", "ten-v4", "dead"])
def test_turns(outcome: Get, name: str) -> None:
    """Between attempts there is the delay, but for what the first of two is late by."""
    times = [time for time, _ in outcome(name).tried]
    assert all(later - earlier >= DELAY / 2 for earlier, later in pairwise(times))


@pytest.mark.parametrize("case", [c for c in CASES if c.wins], ids=lambda case: case.name)
def test_round_trips(outcome: Get, case: Case) -> None:
    """The network delays as it should: nothing is quicker than it can be."""
    seen = outcome(case.name)
    begun = {addr: time for time, addr in seen.tried}
    for time, addr, how in seen.done:
        if how in ("connected", "ConnectionRefusedError"):
            assert time - begun[addr] >= case.targets()[case.ip(addr)].round_trip - SLACK
    ideal = case.ideal()
    assert ideal is not None
    assert seen.seconds >= ideal - SLACK


def test_order_of_the_cases(outcome: Get) -> None:
    """What takes longer than what. All of them were dialed at once, so a slow machine is slow for each."""
    seconds = {case.name: outcome(case.name).seconds for case in CASES}
    for quicker, slower in (
        ("healthy", "v6-slow-100"),
        ("v6-slow-100", "v6-dead"),
        ("v6-slow-100", "v6-slow-500"),
        ("v6-refuses", "v6-dead"),
        ("v6-half", "v6-dead"),
        ("late-v6", "v6-dead"),
        ("slow-aaaa", "v6-dead"),
        ("slow-a", "v6-dead"),
        ("v6-dead", "dead"),
        ("dead", "ten-dead"),
        ("dead", "ten-v4"),
    ):
        assert seconds[quicker] < seconds[slower], (quicker, slower, seconds)
    # Nine delays instead of one.
    assert seconds["ten-dead"] > 4 * seconds["v6-dead"]


def test_both_dead(outcome: Get) -> None:
    """At its deadline the dial ends, with all that it had tried."""
    case, seen = BY_NAME["dead"], outcome("dead")
    err = seen.error
    assert isinstance(err, net.DeadlineExceededError)
    assert case.timeout <= seen.seconds < 4 * case.timeout
    assert [case.which(str(each.addr.ip)) for each in err.attempts] == ["6.1", "4.1"]
    assert err.addr == err.attempts[0].addr
    assert str(err) == f"dial tcp [{case.ip('6.1')}]:80: i/o timeout"
    for each, (began, _) in zip(err.attempts, seen.tried):
        assert isinstance(each, net.DeadlineExceededError)
        assert each.duration == pytest.approx(case.timeout - began, abs=case.timeout / 2)


def test_literal(network: Network) -> None:
    """No lookup, no race."""
    ip = BY_NAME["v6-refuses"].ip("6.2")
    err = network.run("threads", refused, ip)
    assert err.errno == errno.ECONNREFUSED
    assert err.attempts == ()


async def refused(host: hosts.Host, ip: str) -> BaseException:
    with pytest.raises(ConnectionRefusedError) as caught:
        await host.net.dial("tcp", f"[{ip}]:80", timeout=10)
    return caught.value


@pytest.fixture(scope="module")
def go(network: Network) -> Outcome:
    return network.call(measure.go, "slow-aaaa")


def test_go_waits_for_both_answers(go: Outcome, outcome: Get) -> None:
    """The same over the same network with Go's algorithm, where the difference is largest."""
    assert go.won == "6.1"
    assert outcome("slow-aaaa").seconds * 2 < go.seconds
