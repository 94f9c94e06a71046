"""`DNSError` in all its variants."""

from __future__ import annotations

import socket
import traceback
from typing import Any

import pytest

import dialnet as net
from tests.errors.copies import twins

VARIANTS: dict[str, dict[str, Any]] = {
    "plain": {},
    "not found": {"is_not_found": True},
    "temporary": {"is_temporary": True},
    "timeout": {"is_timeout": True},
    "timeout and temporary": {"is_timeout": True, "is_temporary": True},
    "canceled": {"canceled": True},
}


def error(variant: str, *args: str) -> net.DNSError:
    return net.DNSError(*(args or ("why", "example.org", "192.0.2.53:53")), **VARIANTS[variant])


@pytest.mark.parametrize(
    ("args", "text"),
    [
        (("no such host", "example.org"), "lookup example.org: no such host"),
        (("no such host", "example.org", ""), "lookup example.org: no such host"),
        (
            ("server misbehaving", "x.", "[2001:db8::53]:53"),
            "lookup x. on [2001:db8::53]:53: server misbehaving",
        ),
        (("no such host", ""), "lookup : no such host"),
    ],
)
def test_text(args: tuple[str, ...], text: str) -> None:
    assert str(net.DNSError(*args)) == text


@pytest.mark.parametrize("variant", VARIANTS)
def test_kinds(variant: str) -> None:
    err = error(variant)
    fields = VARIANTS[variant]
    assert type(err).__name__ == "DNSError"
    assert isinstance(err, net.DNSError)
    assert isinstance(err, socket.gaierror)
    assert isinstance(err, net.Error)
    assert isinstance(err, TimeoutError) is fields.get("is_timeout", False)
    assert isinstance(err, net.CanceledError) is fields.get("canceled", False)
    assert not isinstance(err, net.DeadlineExceededError)
    for name in ("is_timeout", "is_temporary", "is_not_found"):
        assert getattr(err, name) is fields.get(name, False)
    assert err.timeout is err.is_timeout
    assert err.temporary is (err.is_timeout or err.is_temporary)
    assert (err.err, err.name, err.server) == ("why", "example.org", "192.0.2.53:53")
    assert err.records == ()
    if err.is_not_found:
        assert err.errno == socket.EAI_NONAME
    elif err.temporary:
        assert err.errno == socket.EAI_AGAIN
    else:
        assert err.errno == socket.EAI_FAIL
    [line] = traceback.format_exception_only(err)
    assert line.startswith("dialnet.DNSError: lookup example.org on ")


@pytest.mark.parametrize("variant", VARIANTS)
def test_copies(variant: str) -> None:
    err = error(variant)
    err.records = (net.parse_ip("192.0.2.1"), "two")
    err.add_note("asked twice")
    for twin in twins(err):
        assert twin.records == err.records
        assert twin.__notes__ == ["asked twice"]
        for name in ("err", "name", "server", "is_timeout", "is_temporary", "is_not_found"):
            assert getattr(twin, name) == getattr(err, name)


@pytest.mark.parametrize("variant", VARIANTS)
def test_in_a_dial(variant: str) -> None:
    """The dial's error is all that the lookup's is, and knows what it knows."""
    lookup = error(variant, "why", "example.org")
    err = net.OpError("dial", "tcp", None, None, lookup)
    assert str(err) == "dial tcp: lookup example.org: why"
    assert err.err is err.__cause__ is lookup
    assert isinstance(err, net.DNSError)
    assert isinstance(err, socket.gaierror)
    assert isinstance(err, TimeoutError) is isinstance(lookup, TimeoutError)
    assert isinstance(err, net.CanceledError) is isinstance(lookup, net.CanceledError)
    assert (err.timeout, err.temporary, err.errno) == (lookup.timeout, lookup.temporary, lookup.errno)
    assert (err.name, err.server, err.is_not_found) == ("example.org", "", lookup.is_not_found)
    # Not the lookup's reason, but the error it was.
    assert isinstance(err.err, net.DNSError)
    for twin in twins(err):
        assert twin.name == "example.org"
        assert twin.is_not_found == lookup.is_not_found
        assert isinstance(twin.err, type(lookup))


def test_plain_os_errors_are_no_lookup_errors() -> None:
    assert not isinstance(net.OpError("dial", "tcp", None, None, OSError(111, "x")), socket.gaierror)
