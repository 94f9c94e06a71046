"""What `ping` makes of the answers it gets, without a network and without a clock."""

from __future__ import annotations

import math
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialnet.cli.ping_requests import ANSWERED, DUPLICATE, LATE, Requests
from dialnet.cli.ping_text import answer, heading, no_answer, summary, trouble


def test_answered() -> None:
    requests = Requests(timeout=1.0)
    assert requests.next_end() is None
    assert requests.next() == 1
    requests.went(10.0)
    assert requests.next() == 2
    requests.went(10.5)
    assert requests.next_end() == 11.0
    assert requests.answered(2, 10.75) == (ANSWERED, 0.25)
    assert requests.next_end() == 11.0
    assert requests.answered(1, 10.8) == (ANSWERED, pytest.approx(0.8))
    assert requests.next_end() is None
    assert requests.answered(2, 10.9) == (DUPLICATE, pytest.approx(0.4))
    assert requests.answered(3, 10.9) is None
    assert requests.answered(0, 10.9) is None
    assert (requests.sent, requests.received, requests.duplicates, requests.late) == (2, 2, 1, 0)
    assert requests.loss == 0.0


def test_lost_and_late() -> None:
    requests = Requests(timeout=1.0)
    for at in (0.0, 0.5, 2.0):
        requests.went(at)
    assert requests.give_up(0.9) == []
    assert requests.give_up(1.5) == [1, 2]
    assert requests.give_up(1.5) == []
    assert requests.next_end() == 3.0
    assert requests.answered(1, 1.75) == (LATE, 1.75)
    assert requests.answered(1, 1.8) == (DUPLICATE, 1.8)
    assert (requests.received, requests.late, requests.duplicates) == (0, 1, 1)
    assert requests.loss == 1.0
    assert requests.answered(3, 2.0) == (ANSWERED, 0.0)
    assert requests.loss == pytest.approx(2 / 3)


def test_failed() -> None:
    requests = Requests(timeout=1.0)
    requests.went(0.0)
    requests.went(0.0)
    assert requests.failed(1)
    assert requests.next_end() == 1.0
    # An error may come for one that was given up, or twice, or for nobody.
    assert requests.give_up(1.0) == [2]
    assert requests.failed(2)
    assert requests.failed(1)
    assert not requests.failed(3)
    assert requests.errors == 3
    assert requests.next_end() is None
    # Whoever answers after all is late.
    assert requests.answered(1, 2.0) == (LATE, 2.0)


def test_numbers_begin_anew() -> None:
    """They have 16 bits; the memory of them is bounded, and an old request with a number makes way."""
    requests = Requests(timeout=1e9)
    for turn in range(65_536 + 3):
        assert requests.next() == (turn + 1) % 65_536
        requests.went(float(turn))
    assert requests.sent == 65_539
    # Number 3 is the last one now.
    assert requests.answered(3, 65_538.5) == (ANSWERED, 0.5)
    assert requests.next_end() == 3.0 + 1e9
    assert requests.answered(4, 65_539.0) == (ANSWERED, 65_536.0)
    assert len(requests._state) == len(requests._went) == 65_536


@given(st.lists(st.floats(0.0, 100.0), min_size=1, max_size=50))
def test_statistics(times: list[float]) -> None:
    requests = Requests(timeout=1000.0)
    for took in times:
        number = requests.next()
        requests.went(0.0)
        assert requests.answered(number, took) == (ANSWERED, took)
    assert requests.shortest == min(times)
    assert requests.longest == max(times)
    assert requests.average == pytest.approx(statistics.fmean(times))
    assert requests.deviation == pytest.approx(statistics.pstdev(times), abs=1e-5)


def test_lines() -> None:
    assert heading("a.example", "192.0.2.1", 56) == "PING a.example (192.0.2.1): 56 data bytes"
    for took, shown in (
        (0.0000456, "0.046"),
        (0.00123, "1.23"),
        (0.0123, "12.3"),
        (0.1234, "123"),
        (12.0, "12000"),
    ):
        assert answer(64, "192.0.2.1", 7, 64, ANSWERED, took) == (
            f"64 bytes from 192.0.2.1: icmp_seq=7 ttl=64 time={shown} ms"
        )
    assert answer(8, "::1", 7, None, DUPLICATE, 0.5) == "8 bytes from ::1: icmp_seq=7 time=500 ms (DUP!)"
    assert answer(8, "::1", 7, None, LATE, 2.0) == "8 bytes from ::1: icmp_seq=7 time=2000 ms (late)"
    assert no_answer(3, 0.25) == "no answer to icmp_seq=3 in 0.25 s"
    assert trouble(4, "192.0.2.1", 3, 3, 1) == "From 192.0.2.1: icmp_seq=3 Destination Host Unreachable"
    assert trouble(6, "::1", 3, 3, 0) == "From ::1: icmp_seq=3 Time exceeded: Hop limit"
    assert trouble(6, "::1", 3, 1, 77) == "From ::1: icmp_seq=3 ICMP type 1, code 77"


def test_summary() -> None:
    requests = Requests(timeout=1.0)
    assert summary("h", requests, 0.0)[2] == "0 packets transmitted, 0 received, 0% packet loss, time 0ms"
    for _ in range(3):
        requests.went(0.0)
    requests.answered(1, 0.25)
    requests.answered(2, 0.5)
    requests.answered(2, 0.5)
    requests.failed(3)
    assert summary("h", requests, 2.0021) == [
        "",
        "--- h ping statistics ---",
        "3 packets transmitted, 2 received, +1 duplicates, +1 errors, 33.3333% packet loss, time 2002ms",
        "rtt min/avg/max/mdev = 250.000/375.000/500.000/125.000 ms",
    ]
    assert math.isclose(requests.deviation, 0.125)
