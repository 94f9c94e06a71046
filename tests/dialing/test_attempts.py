"""Several addresses, one after the other: whose turn, for how long, and whose error."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Callable
from typing import Any

import pytest

import dialnet as net
from dialnet.poll import waits
from dialnet.poll.virtual import VirtualHost
from dialnet.resolve.networks import parse_network
from dialnet.sockets import attempts as dialing
from dialnet.sockets.config import DialOptions
from dialnet.sockets.trace import Teller
from tests import hosts
from tests.dialing.support import Seen, alone, nobody, taken

REFUSED = os.strerror(errno.ECONNREFUSED)
NETWORK = parse_network("tcp")
FOUND = [net.TCPAddr(f"192.0.2.{i}", 80) for i in range(1, 6)]


class Script:
    """Stands in for `attempt`: what each address does, and when it was tried until when."""

    def __init__(self, *does: float | str) -> None:
        # After so many seconds it refuses; "hangs" until its time is up; "answers".
        self.does = dict(zip(FOUND, does))
        self.tried: list[tuple[float, float | None]] = []

    async def attempt(
        self,
        network: Any,
        local: Any,
        remote: Any,
        options: Any,
        until: float | None,
        cancel: Any,
        begun: Any,
    ) -> Any:
        self.tried.append((await waits.now(), until))
        does = self.does[remote]
        if does == "answers":
            return remote
        events = [] if cancel is None else [cancel]
        ends = until if does == "hangs" else await waits.now() + float(does)
        await waits.wait(*events, until=ends)
        cause: OSError = OSError(errno.ECONNREFUSED, REFUSED)
        if cancel is not None and cancel.cancelled:
            cause = net.CanceledError()
        elif does == "hangs":
            cause = net.DeadlineExceededError()
        raise net.OpError("dial", "tcp", None, remote, cause)


@pytest.fixture
def dial(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Dial along a script, in a time that begins at 100."""

    def dial(
        script: Script, until: float | None = None, cancel: Any = None, host: VirtualHost | None = None
    ) -> Any:
        monkeypatch.setattr(dialing, "attempt", script.attempt)
        found = list(script.does)
        each = dialing.Dialing(NETWORK, None, DialOptions(), until, cancel, Teller(None, None))
        work = dialing.one_by_one(each, found)
        return (host or VirtualHost(100.0)).run(work)

    return dial


def test_the_first_that_answers(dial: Any) -> None:
    script = Script(0.5, 1.5, "answers", "answers")
    assert dial(script) == FOUND[2]
    assert script.tried == [(100.0, None), (100.5, None), (102.0, None)]


@pytest.mark.parametrize(
    ("does", "until", "tried"),
    [
        # Each gets an equal share of what is left.
        (["hangs"] * 3, 112.0, [(100, 104), (104, 108), (108, 112)]),
        # What one leaves over is the others'.
        (["hangs", 1.0, "hangs"], 112.0, [(100, 104), (104, 108), (105, 112)]),
        ([0.0, "hangs", "hangs"], 112.0, [(100, 104), (100, 106), (106, 112)]),
        # No share is less than two seconds, so the last ones may get none.
        (["hangs"] * 3, 105.0, [(100, 102), (102, 104), (104, 105)]),
        (["hangs"] * 5, 104.0, [(100, 102), (102, 104)]),
        (["hangs"] * 3, 101.5, [(100, 101.5)]),
        (["hangs"] * 2, 104.0, [(100, 102), (102, 104)]),
        # The only one gets all of it.
        (["hangs"], 101.0, [(100, 101)]),
        # Time that ran out before the first is still the first one's error.
        (["hangs"] * 2, 99.0, [(100, 99)]),
    ],
)
def test_shares_of_the_deadline(
    dial: Any, does: list[Any], until: float, tried: list[tuple[float, float]]
) -> None:
    script = Script(*does)
    with pytest.raises(net.OpError):
        dial(script, until)
    assert script.tried == tried


def test_the_first_error_is_kept(dial: Any) -> None:
    script = Script(0.1, "hangs", 0.3)
    with pytest.raises(ConnectionRefusedError) as caught:
        dial(script, 130.0)
    err = caught.value
    assert str(err) == f"dial tcp 192.0.2.1:80: {REFUSED}"
    assert err.addr == FOUND[0]
    assert [str(attempt) for attempt in err.attempts] == [
        f"dial tcp 192.0.2.1:80: {REFUSED}",
        "dial tcp 192.0.2.2:80: i/o timeout",
        f"dial tcp 192.0.2.3:80: {REFUSED}",
    ]
    assert err.__notes__ == [str(attempt) for attempt in err.attempts]
    assert isinstance(err.attempts[1], net.DeadlineExceededError)
    assert isinstance(err.attempts[0], ConnectionRefusedError)
    assert all(attempt.attempts == () for attempt in err.attempts)
    script = Script("hangs", 0.1)
    with pytest.raises(net.DeadlineExceededError) as timeout:
        dial(script, 120.0)
    assert timeout.value.addr == FOUND[0]
    assert len(timeout.value.attempts) == 2


def test_one_attempt_is_no_list(dial: Any) -> None:
    with pytest.raises(ConnectionRefusedError) as caught:
        dial(Script(1.0))
    assert caught.value.attempts == ()
    assert not hasattr(caught.value, "__notes__")


def test_cancelled_in_between(dial: Any) -> None:
    """It says so, ends the list, and what had failed before is in `attempts`."""
    token, host = net.CancelToken(), VirtualHost(100.0)
    host.at(103.0, token.cancel)
    script = Script(1.0, 10.0, "answers")
    with pytest.raises(net.CanceledError) as caught:
        dial(script, 200.0, token, host)
    assert len(script.tried) == 2
    assert str(caught.value) == "dial tcp 192.0.2.2:80: operation was canceled"
    assert [type(attempt.err) for attempt in caught.value.attempts] == [
        ConnectionRefusedError,
        net.CanceledError,
    ]


def test_over_real_sockets(host_name: str) -> None:
    """`::` is both families' wildcard. Both refuse, or only one listens."""

    async def body(host: hosts.Host) -> None:
        with nobody(socket.AF_INET6) as port:
            for network in ("tcp", "udp"):
                seen = Seen()
                dialer = host.net.Dialer(control=seen)
                if network == "udp":
                    # Nothing is asked of the other side: the first is as good as any.
                    (await dialer.dial("udp", f"[::]:{port}")).close()
                    assert seen.calls == [("udp6", f"[::]:{port}")]
                    continue
                with pytest.raises(ConnectionRefusedError) as caught:
                    await dialer.dial("tcp", f"[::]:{port}")
                err = caught.value
                texts = [f"dial tcp {ip}:{port}: connect: {REFUSED}" for ip in ("[::]", "0.0.0.0")]
                assert str(err) == texts[0]
                assert [str(attempt) for attempt in err.attempts] == texts
                assert taken(err).splitlines() == [texts[0], *texts]
                assert seen.calls == [("tcp6", f"[::]:{port}"), ("tcp4", f"0.0.0.0:{port}")]
                assert seen.all_closed()
        async with alone(host, "tcp4", "127.0.0.1:0", True, False) as ln:
            seen = Seen()
            conn = await host.net.Dialer(control=seen, timeout=hosts.PATIENCE).dial(
                "tcp", f"[::]:{ln.addr.port}"
            )
            assert conn.remote_addr == ln.addr
            assert len(seen.calls) == 2
            assert [raw._fd.closed for raw in seen.raws] == [True, False]
            conn.close()

    hosts.run(host_name, body)
