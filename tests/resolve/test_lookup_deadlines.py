"""Deadlines and cancel tokens cut into a lookup at their instant, in exact virtual time."""

from __future__ import annotations

from typing import Any

import pytest

import dialnet
from dialnet.errors import CanceledError, DeadlineExceededError, DNSError
from dialnet.poll import waits
from dialnet.poll.virtual import VirtualHost
from dialnet.resolve.limits import limited
from dialnet.resolve.options import ResolverOptions
from tests.resolve.virtual_net import NAME, VirtualNet, after, answered_truncated, check, right, silent

# Deadline and cancellation.


@pytest.mark.parametrize("kind", ["host", "cname", "txt"])
@pytest.mark.parametrize("timeout", [0.125, 4.5, 5.0, 7.5, 29.0])
def test_a_deadline_cuts_in_at_its_instant(net: VirtualNet, kind: str, timeout: float) -> None:
    net.script = silent
    err = net.failing(kind, NAME, timeout=timeout)
    assert net.host.time == timeout
    check(err, "i/o timeout", "", "timeout")
    assert isinstance(err, TimeoutError)
    assert isinstance(err.__cause__, DeadlineExceededError)
    # What was going on has ended with it, and nothing began at the last moment.
    assert len(net.ended) == len(net.asked)
    assert max(net.ended) == timeout
    assert max(asked.at for asked in net.asked) < timeout


def test_a_deadline_cuts_into_tcp(net: VirtualNet) -> None:
    net.script = lambda asked: after(3.0, answered_truncated) if asked.network == "udp" else None
    check(net.failing("txt", NAME, timeout=6.0), "i/o timeout", "", "timeout")
    assert net.host.time == 6.0
    assert net.ended == [3.0, 6.0]


def test_an_answer_before_the_deadline(net: VirtualNet) -> None:
    net.script = lambda asked: right(asked, 4.0)
    assert net.lookup("txt", NAME, timeout=4.25) == ["x"]
    assert net.host.time == 4.0


@pytest.mark.parametrize("timeout", [0, -1.0])
def test_a_deadline_that_has_passed(net: VirtualNet, timeout: float) -> None:
    for kind in ("host", "txt", "cname"):
        check(net.failing(kind, NAME, timeout=timeout), "i/o timeout", "", "timeout")
    assert net.asked == []


def test_the_resolvers_own_timeout(net: VirtualNet) -> None:
    """Unless the call has one."""
    net.script = silent
    resolver = ResolverOptions(prefer_python=True, timeout=2.0)
    net.failing("txt", NAME, resolver=resolver)
    assert net.host.time == 2.0
    net.failing("txt", NAME, resolver=resolver, timeout=3.0)
    assert net.host.time == 5.0
    net.failing("txt", NAME, resolver=resolver, timeout=float("inf"))
    assert net.host.time == 35.0


@pytest.mark.parametrize("kind", ["host", "cname", "txt"])
@pytest.mark.parametrize("instant", [0.5, 5.0, 12.75])
def test_a_cancel_token_cuts_in_at_its_instant(net: VirtualNet, kind: str, instant: float) -> None:
    net.script = silent
    token = dialnet.CancelToken()
    net.host.at(instant, token.cancel)
    err = net.failing(kind, NAME, cancel=token)
    assert net.host.time == instant
    check(err, "operation was canceled", "")
    assert isinstance(err, CanceledError)
    assert isinstance(err.__cause__, CanceledError)
    assert len(net.ended) == len(net.asked)
    assert max(net.ended) == instant


def test_a_token_that_was_cancelled_before(net: VirtualNet) -> None:
    token = dialnet.CancelToken()
    token.cancel()
    assert isinstance(net.failing("host", NAME, cancel=token), CanceledError)
    assert net.asked == []


def test_whichever_comes_first(net: VirtualNet) -> None:
    net.script = silent
    token = dialnet.CancelToken()
    net.host.at(3.0, token.cancel)
    assert net.failing("txt", NAME, cancel=token, timeout=2.0).is_timeout
    assert net.host.time == 2.0
    assert isinstance(net.failing("txt", NAME, cancel=token, timeout=2.0), CanceledError)
    assert net.host.time == 3.0


# `limited` itself.


async def sleep(length: float, value: Any = None) -> Any:
    await waits.until(await waits.now() + length)
    if isinstance(value, Exception):
        raise value
    return value


@pytest.mark.parametrize(
    ("timeout", "until", "ends"),
    [
        (None, None, 9.0),
        (4.0, None, 4.0),
        (None, 3.0, 3.0),
        (4.0, 3.0, 3.0),
        (3.0, 4.0, 3.0),
        (10.0, 11.0, 9.0),
    ],
)
def test_limited(timeout: float | None, until: float | None, ends: float) -> None:
    host = VirtualHost()
    lookup = limited(sleep(9.0, "found"), "a", timeout=timeout, until=until)
    if ends == 9.0:
        assert host.run(lookup) == "found"
    else:
        with pytest.raises(DNSError) as caught:
            host.run(lookup)
        check(caught.value, "i/o timeout", "", "timeout", name="a")
    assert host.time == ends


def test_limited_leaves_other_errors() -> None:
    own = DNSError("i/o timeout", "b", "s", is_timeout=True)
    for err in (own, KeyError("k"), OSError("x")):
        with pytest.raises(type(err)) as caught:
            VirtualHost().run(limited(sleep(1.0, err), "a", timeout=2.0))
        assert caught.value is err
