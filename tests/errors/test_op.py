"""`OpError`: its text, its fields, what is a timeout and what is temporary, attempts and notes."""

from __future__ import annotations

import errno
import os
import traceback
from typing import Any

import pytest

import dialnet as net
from tests.errors.copies import twins

LOCAL, PEER = net.TCPAddr("192.0.2.1", 25), net.TCPAddr("2001:db8::1", 80)
REFUSED = os.strerror(errno.ECONNREFUSED)


def system_error(number: int) -> OSError:
    return OSError(number, os.strerror(number))


@pytest.mark.parametrize(
    ("source", "addr", "err", "syscall", "text"),
    [
        (None, None, net.ClosedError(), "", "dial tcp: use of closed network connection"),
        (None, PEER, net.ClosedError(), "", "dial tcp [2001:db8::1]:80: use of closed network connection"),
        (LOCAL, None, net.ClosedError(), "", "dial tcp 192.0.2.1:25: use of closed network connection"),
        (
            LOCAL,
            PEER,
            net.DeadlineExceededError(),
            "",
            "dial tcp 192.0.2.1:25->[2001:db8::1]:80: i/o timeout",
        ),
        (
            None,
            PEER,
            system_error(errno.ECONNREFUSED),
            "connect",
            f"dial tcp [2001:db8::1]:80: connect: {REFUSED}",
        ),
        (None, PEER, system_error(errno.ECONNREFUSED), "", f"dial tcp [2001:db8::1]:80: {REFUSED}"),
        (None, None, OSError(errno.EPERM, "not today"), "socket", "dial tcp: socket: not today"),
        (None, None, ValueError("from a hook"), "", "dial tcp: from a hook"),
        (None, None, ValueError(), "", "dial tcp: ValueError"),
        (
            None,
            None,
            net.AddrError("missing port in address", "x"),
            "",
            "dial tcp: address x: missing port in address",
        ),
    ],
)
def test_text(
    source: net.Addr | None, addr: net.Addr | None, err: Exception, syscall: str, text: str
) -> None:
    op = net.OpError("dial", "tcp", source, addr, err, syscall=syscall)
    assert str(op) == text
    assert (op.op, op.net, op.source, op.addr) == ("dial", "tcp", source, addr)
    assert op.err is op.__cause__ is err
    assert op.syscall == syscall
    assert op.bytes_written == 0
    assert op.attempts == ()


@pytest.mark.parametrize(
    ("number", "timeout", "temporary", "when_accepting"),
    [
        (errno.EAGAIN, True, True, True),
        (errno.ETIMEDOUT, True, True, True),
        (errno.EINTR, False, True, True),
        (errno.EMFILE, False, True, True),
        (errno.ENFILE, False, True, True),
        (errno.ECONNABORTED, False, False, True),
        (errno.ECONNRESET, False, False, True),
        (errno.ECONNREFUSED, False, False, False),
        (errno.ENOMEM, False, False, False),
        (errno.EINVAL, False, False, False),
    ],
)
def test_timeout_and_temporary(number: int, timeout: bool, temporary: bool, when_accepting: bool) -> None:
    for op in ("dial", "read", "write", "listen", "set"):
        err = net.OpError(op, "tcp", LOCAL, PEER, system_error(number))
        assert (err.timeout, err.temporary) == (timeout, temporary)
        assert err.errno == number
        assert err.strerror == os.strerror(number)
    accepting = net.OpError("accept", "tcp", None, LOCAL, system_error(number))
    assert (accepting.timeout, accepting.temporary) == (timeout, when_accepting)


def test_any_timeout_error_is_a_timeout() -> None:
    err = net.OpError("dial", "tcp", None, None, _HookTimeout("slow"))
    assert err.timeout
    assert err.temporary
    assert isinstance(err, TimeoutError)


class _HookTimeout(TimeoutError):
    """Without an errno."""


def test_a_closed_connection_is_neither() -> None:
    for cause in (net.ClosedError(), net.CanceledError(), net.MissingAddressError()):
        err = net.OpError("read", "tcp", LOCAL, PEER, cause)
        assert (err.timeout, err.temporary) == (False, False)


def full() -> net.OpError:
    """One with everything in it."""
    err = net.OpError(
        "write", "tcp", LOCAL, PEER, system_error(errno.EPIPE), syscall="write", bytes_written=1 << 40
    )
    first = net.OpError("dial", "tcp", None, PEER, system_error(errno.ECONNREFUSED), syscall="connect")
    second = net.OpError("dial", "tcp", None, PEER, net.DeadlineExceededError())
    err.attempts = (first, second)
    for attempt in err.attempts:
        err.add_note(str(attempt))
    return err


def test_copies() -> None:
    err = full()
    for twin in twins(err):
        assert isinstance(twin, BrokenPipeError)
        assert twin.bytes_written == 1 << 40
        assert twin.syscall == "write"
        assert (twin.source, twin.addr) == (LOCAL, PEER)
        assert [str(attempt) for attempt in twin.attempts] == [str(attempt) for attempt in err.attempts]
        assert isinstance(twin.attempts[0], ConnectionRefusedError)
        assert isinstance(twin.attempts[1], net.DeadlineExceededError)
        assert twin.__notes__ == err.__notes__
        assert twin.__cause__ is twin.err
        assert twin.__suppress_context__


def test_repr() -> None:
    err = full()
    assert repr(err) == (
        f"OpError('write', 'tcp', TCPAddr('192.0.2.1', 25), TCPAddr('2001:db8::1', 80), {err.err!r})"
    )


def test_a_traceback_shows_the_notes() -> None:
    err = full()
    lines = "".join(traceback.format_exception_only(err)).splitlines()
    assert lines[0] == f"dialnet.OpError: {err}"
    assert lines[1:] == [str(attempt) for attempt in err.attempts]
    for kind in (net.ClosedError(), ValueError("x"), net.DNSError("x", "y", is_timeout=True)):
        shown = net.OpError("dial", "tcp", None, None, kind)
        assert traceback.format_exception_only(shown)[0].startswith("dialnet.OpError: dial tcp: ")


def test_it_may_be_raised_from_something_else() -> None:
    """`from` gives another cause; `err` stays what failed."""
    err = net.OpError("dial", "tcp", None, None, net.ClosedError())
    other = KeyError("context")

    def fail() -> Any:
        raise err from other

    with pytest.raises(net.ClosedError) as caught:
        fail()
    assert caught.value.__cause__ is other
    assert isinstance(caught.value.err, net.ClosedError)
    err.__cause__ = err.err
