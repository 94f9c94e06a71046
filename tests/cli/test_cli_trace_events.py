"""Steps from what a dial tells: also what real sockets do too rarely to be waited for."""

from __future__ import annotations

import errno
import os
import socket
from typing import Any

import pytest

import dialnet as net
from dialnet.cli.trace_events import Events
from dialnet.cli.trace_model import (
    CONNECTED,
    FAILED,
    FOUND,
    GIVEN_UP,
    REFUSED,
    TIMED_OUT,
    UNKNOWN,
    UNREACHABLE,
)

ONE, TWO = net.TCPAddr("192.0.2.1", 80), net.TCPAddr("192.0.2.2", 80)


def of(err: OSError) -> net.OpError:
    return net.OpError("dial", "tcp", None, ONE, err)


def system(number: int) -> OSError:
    return OSError(number, os.strerror(number))


@pytest.fixture
def events() -> Events:
    made = Events()
    made.began = 100.0
    return made


def test_times_count_from_the_beginning(events: Events) -> None:
    tell: Any = events.trace()
    tell.dns_start("a.example", 100.5)
    tell.dns_done("a.example", [net.IPAddr("192.0.2.1")], None, 101.0)
    tell.connect_start("tcp", ONE, 101.25)
    tell.connect_done("tcp", ONE, None, 102.0)
    lookup, connect = events.waterfall("tcp", "a.example:80", 102.5, ONE, None).steps
    assert (lookup.start, lookup.end, lookup.outcome, lookup.addresses) == (0.5, 1.0, FOUND, ("192.0.2.1",))
    assert (connect.start, connect.end, connect.outcome, connect.what) == (1.25, 2.0, CONNECTED, str(ONE))


def test_a_lookup_without_an_end(events: Events) -> None:
    """The first answer's address was connected to before the other answer came."""
    tell: Any = events.trace()
    tell.dns_start("a.example", 100.0)
    tell.connect_start("tcp", ONE, 101.0)
    tell.connect_done("tcp", ONE, None, 102.0)
    lookup, connect = events.waterfall("tcp", "a.example:80", 103.0, ONE, None).steps
    assert (lookup.outcome, lookup.end, connect.outcome) == (GIVEN_UP, 3.0, CONNECTED)


@pytest.mark.parametrize(("winner", "place"), [(ONE, 0), (TWO, 1)])
def test_one_winner(events: Events, winner: net.Addr, place: int) -> None:
    """Two may be connected in the same moment, and one of them is closed."""
    tell: Any = events.trace()
    for addr in (ONE, TWO):
        tell.connect_start("tcp", addr, 101.0)
    for addr in (TWO, ONE):
        tell.connect_done("tcp", addr, None, 102.0)
    waterfall = events.waterfall("tcp", "a.example:80", 103.0, winner, None)
    outcomes = [step.outcome for step in waterfall.steps]
    assert outcomes == [CONNECTED if n == place else GIVEN_UP for n in range(2)]
    assert waterfall.winner is waterfall.steps[place]


def test_a_winner_by_another_name(events: Events) -> None:
    """The unspecified address is this machine's, and that is what is connected to."""
    tell: Any = events.trace()
    unspecified = net.TCPAddr(None, 80)
    tell.connect_start("tcp", unspecified, 101.0)
    tell.connect_done("tcp", unspecified, None, 102.0)
    waterfall = events.waterfall("tcp", ":80", 103.0, net.TCPAddr("127.0.0.1", 80), None)
    assert waterfall.winner is waterfall.steps[0]
    assert waterfall.headline == "dial tcp :80: connected in 3000.0 ms"


def test_the_same_address_twice(events: Events) -> None:
    tell: Any = events.trace()
    for at in (101.0, 103.0):
        tell.connect_start("tcp", ONE, at)
        tell.connect_done("tcp", ONE, of(system(errno.ECONNREFUSED)), at + 1)
    steps = events.waterfall("tcp", "a.example:80", 104.0, None, of(system(errno.ECONNREFUSED))).steps
    assert [(step.start, step.end) for step in steps] == [(1.0, 2.0), (3.0, 4.0)]


def test_interrupted(events: Events) -> None:
    tell: Any = events.trace()
    tell.connect_start("tcp", ONE, 101.0)
    waterfall = events.waterfall("tcp", "192.0.2.1:80", 103.0, None, KeyboardInterrupt())
    assert (waterfall.error, waterfall.winner) == ("interrupted", None)
    assert waterfall.steps[0].outcome == GIVEN_UP


@pytest.mark.parametrize(
    ("err", "outcome", "ending"),
    [
        (of(net.CanceledError()), GIVEN_UP, "given up"),
        (of(system(errno.ECONNREFUSED)), REFUSED, "refused"),
        (of(net.DeadlineExceededError()), TIMED_OUT, "timed out"),
        (of(system(errno.ETIMEDOUT)), TIMED_OUT, "timed out"),
        (of(system(errno.ENETUNREACH)), UNREACHABLE, "unreachable"),
        (of(system(errno.EHOSTUNREACH)), UNREACHABLE, "unreachable"),
        # Of a Unix socket with a full queue; Go calls it a timeout, but no time has run out.
        (of(system(errno.EAGAIN)), FAILED, os.strerror(errno.EAGAIN)),
        (of(system(errno.EACCES)), FAILED, os.strerror(errno.EACCES)),
        (of(net.AddrError("mismatched local address type", "x")), FAILED,
         "address x: mismatched local address type"),
    ],
)  # fmt: skip
def test_how_an_attempt_ends(events: Events, err: OSError, outcome: str, ending: str) -> None:
    tell: Any = events.trace()
    tell.connect_start("tcp", ONE, 101.0)
    tell.connect_done("tcp", ONE, err, 102.0)
    step = events.waterfall("tcp", "a.example:80", 103.0, None, err).steps[0]
    assert (step.outcome, step.ending, step.error) == (outcome, ending, str(err))


@pytest.mark.parametrize(
    ("err", "outcome", "ending"),
    [
        (net.DNSError("no such host", "a.example", is_not_found=True), UNKNOWN, "no such host"),
        (net.DNSError("i/o timeout", "a.example", is_timeout=True), TIMED_OUT, "timed out"),
        (net.DNSError("operation was canceled", "a.example", canceled=True), GIVEN_UP, "given up"),
        (net.DNSError("server misbehaving", "a.example"), FAILED, "server misbehaving"),
        (net.NoSuitableAddressError("a.example"), FAILED, str(net.NoSuitableAddressError("a.example"))),
        # Of a resolver that is not ours.
        (socket.gaierror(socket.EAI_AGAIN, "try again"), FAILED, "try again"),
    ],
)
def test_how_a_lookup_ends(events: Events, err: OSError, outcome: str, ending: str) -> None:
    tell: Any = events.trace()
    tell.dns_start("a.example", 101.0)
    tell.dns_done("a.example", [], err, 102.0)
    step = events.waterfall("tcp", "a.example:80", 103.0, None, err).steps[0]
    assert (step.outcome, step.ending, step.error) == (outcome, ending, str(err))
