"""The errors that are a plain fact or name a text: what they say, what they also are, and their copies."""

from __future__ import annotations

import traceback
from typing import Any

import pytest

import dialnet as net
from dialnet import aio
from tests.errors.copies import twins

# The error, its text, what it also is, whether it is a timeout.
ERRORS: list[tuple[net.Error, str, tuple[type, ...], bool]] = [
    (net.DeadlineExceededError(), "i/o timeout", (TimeoutError,), True),
    (net.ClosedError(), "use of closed network connection", (), False),
    (net.CanceledError(), "operation was canceled", (), False),
    (net.ClosedPipeError(), "io: read/write on closed pipe", (net.ClosedError, BrokenPipeError), False),
    (net.WriteToConnectedError(), "use of WriteTo with pre-connected connection", (), False),
    (net.MissingAddressError(), "missing address", (), False),
    (net.NoSuitableAddressError(), "no suitable address found", (net.AddrError, ValueError), False),
    (
        net.NoSuitableAddressError("192.0.2.1"),
        "address 192.0.2.1: no suitable address found",
        (net.AddrError, ValueError),
        False,
    ),
    (
        net.AddrError("missing port in address", "x"),
        "address x: missing port in address",
        (ValueError,),
        False,
    ),
    (net.AddrError("invalid port", ""), "invalid port", (ValueError,), False),
    (net.ParseError("CIDR address", "10.0.0"), "invalid CIDR address: 10.0.0", (ValueError,), False),
    (net.ParseError("IP address", ""), "invalid IP address: ", (ValueError,), False),
    (net.UnknownNetworkError("tpc"), "unknown network tpc", (ValueError,), False),
    (net.InvalidAddrError("NUL byte in path"), "NUL byte in path", (ValueError,), False),
    (net.DNSConfigError(OSError(13, "Permission denied")), "error reading DNS config: ", (), False),
]
IDS = [type(err).__name__ for err, *_ in ERRORS]


@pytest.mark.parametrize(("err", "text", "also", "timeout"), ERRORS, ids=IDS)
def test_text_and_kind(err: net.Error, text: str, also: tuple[type, ...], timeout: bool) -> None:
    if isinstance(err, net.DNSConfigError):
        assert str(err) == text + str(err.err)
        assert err.__cause__ is err.err
    else:
        assert str(err) == text
    assert isinstance(err, net.Error)
    assert isinstance(err, OSError)
    for kind in also:
        assert isinstance(err, kind)
    assert err.timeout is timeout
    assert err.temporary is timeout
    assert err.errno is None


@pytest.mark.parametrize(("err", "text", "also", "timeout"), ERRORS, ids=IDS)
def test_copies(err: net.Error, text: str, also: tuple[type, ...], timeout: bool) -> None:
    err.add_note("seen on a Monday")
    for twin in twins(err):
        assert twin.__notes__ == ["seen on a Monday"]
        for kind in also:
            assert isinstance(twin, kind)
        for name in ("err", "addr", "type", "text", "name"):
            assert repr(getattr(twin, name, None)) == repr(getattr(err, name, None))
    del err.__notes__


@pytest.mark.parametrize(("err", "text", "also", "timeout"), ERRORS, ids=IDS)
def test_repr_can_be_read_back(err: net.Error, text: str, also: tuple[type, ...], timeout: bool) -> None:
    """It is a call, and equal errors have equal ones."""
    again = eval(repr(err), {**vars(net), "PermissionError": PermissionError})
    assert repr(again) == repr(err)
    assert str(again) == str(err)
    assert type(again) is type(err)


@pytest.mark.parametrize(("err", "text", "also", "timeout"), ERRORS, ids=IDS)
def test_a_traceback_shows_the_importable_name(
    err: net.Error, text: str, also: tuple[type, ...], timeout: bool
) -> None:
    [line] = traceback.format_exception_only(err)
    assert line.startswith(f"dialnet.{type(err).__name__}: ")
    assert getattr(net, type(err).__name__) is type(err)


def test_fields() -> None:
    addr = net.AddrError("missing port in address", "localhost")
    assert (addr.err, addr.addr) == ("missing port in address", "localhost")
    unsuitable = net.NoSuitableAddressError("localhost")
    assert (unsuitable.err, unsuitable.addr) == ("no suitable address found", "localhost")
    parse = net.ParseError("MAC address", "zz")
    assert (parse.type, parse.text) == ("MAC address", "zz")
    assert net.UnknownNetworkError("x").name == "x"
    assert net.InvalidAddrError("why").text == "why"


@pytest.mark.parametrize("name", [name for name in net.__all__ if name.endswith("Error")])
def test_both_faces_raise_the_same_classes(name: str) -> None:
    assert getattr(aio, name) is getattr(net, name)
    assert issubclass(getattr(net, name), net.Error)


@pytest.mark.parametrize(
    ("call", "caught"),
    [
        (lambda: net.split_host_port("localhost"), net.AddrError),
        (lambda: net.parse_ip("localhost"), net.ParseError),
        (lambda: net.UnixAddr("x", "tcp"), net.UnknownNetworkError),
        (lambda: net.dial("tcp", "localhost"), net.AddrError),
        (lambda: net.dial("tpc", "localhost:1"), net.UnknownNetworkError),
    ],
)
def test_bad_text_is_a_value_error(call: Any, caught: type[Exception]) -> None:
    """One that says what is wrong, whichever class it is caught by."""
    for kind in (caught, ValueError, net.Error, OSError):
        with pytest.raises(kind):
            call()
