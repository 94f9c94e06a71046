"""An `OpError` is also an instance of what caused it, as far as Python lets it."""

from __future__ import annotations

import abc
import asyncio
import errno
import io
import json
import os
import ssl
import subprocess
import zipfile
from typing import Any

import pytest

import dialnet as net
from tests.errors.copies import twins


class Slotted(Exception):
    """With a memory layout of its own."""

    __slots__ = ("place",)


class Keyed(KeyError, RuntimeError):
    """Of two families."""


class Counted(ValueError):
    """Made with arguments that are not its `args`."""

    def __init__(self, count: int, *, unit: str) -> None:
        super().__init__(f"{count} {unit}")
        self.count = count
        self.unit = unit

    def __reduce__(self) -> Any:
        return _counted, (self.count, self.unit)


def _counted(count: int, unit: str) -> Counted:
    return Counted(count, unit=unit)


class Meta(abc.ABCMeta):
    pass


class Abstract(RuntimeError, metaclass=Meta):
    """With a class of class of its own."""


class Numbered(OSError):
    """A system error of one's own."""


class Refusing(ConnectionRefusedError):
    def __init_subclass__(cls, *, purpose: str, **kwargs: Any) -> None:
        """Cannot be derived from just so."""
        super().__init_subclass__(**kwargs)


def test_every_system_error() -> None:
    """`except ConnectionRefusedError` and all its like."""
    for number, name in errno.errorcode.items():
        cause = OSError(number, os.strerror(number))
        err = net.OpError("read", "tcp", None, None, cause, syscall="read")
        assert isinstance(err, type(cause)), name
        assert err.errno == number
        assert str(err) == f"read tcp: read: {os.strerror(number)}"


# A cause, and the nearest class of it that an OSError can also be.
CAUSES: list[tuple[Exception, type[BaseException]]] = [
    (ValueError("x"), ValueError),
    (KeyError("x"), KeyError),
    (TypeError("x"), TypeError),
    (ZeroDivisionError("x"), ZeroDivisionError),
    (EOFError("x"), EOFError),
    (asyncio.IncompleteReadError(b"x", 2), asyncio.IncompleteReadError),
    (json.JSONDecodeError("x", "doc", 1), json.JSONDecodeError),
    (io.UnsupportedOperation("x"), io.UnsupportedOperation),
    (ssl.SSLError(1, "x"), ssl.SSLError),
    (ssl.SSLCertVerificationError(1, "x"), ssl.SSLCertVerificationError),
    (subprocess.TimeoutExpired(["x"], 1), subprocess.TimeoutExpired),
    (subprocess.CalledProcessError(1, ["x"]), subprocess.CalledProcessError),
    (zipfile.BadZipFile("x"), zipfile.BadZipFile),
    (Keyed("x"), Keyed),
    (Counted(3, unit="ells"), Counted),
    (Abstract("x"), Abstract),
    (Numbered(errno.EPIPE, "x"), Numbered),
    (FileNotFoundError(errno.ENOENT, "x", "/some/file"), FileNotFoundError),
    (BlockingIOError(errno.EAGAIN, "x", 5), BlockingIOError),
    # Those whose layout no OSError can share: the nearest ancestor.
    (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"), UnicodeError),
    (UnicodeEncodeError("ascii", "é", 0, 1, "ordinal not in range"), UnicodeError),
    (StopIteration(5), Exception),
    (StopAsyncIteration(), StopAsyncIteration),
    (AttributeError("x", name="y", obj=None), Exception),
    (ImportError("x", name="y"), Exception),
    (SyntaxError("x"), Exception),
    (ExceptionGroup("x", [ValueError("y")]), Exception),
    (Slotted("x"), Exception),
    (Refusing(errno.ECONNREFUSED, "x"), ConnectionRefusedError),
]


@pytest.mark.parametrize(("cause", "nearest"), CAUSES, ids=lambda given: type(given).__name__)
def test_causes(cause: Exception, nearest: type[BaseException]) -> None:
    err = net.OpError("dial", "tcp", None, None, cause)
    assert isinstance(err, nearest)
    assert isinstance(err, net.OpError)
    assert isinstance(err, OSError)
    assert err.err is err.__cause__ is cause
    assert err.errno == getattr(cause, "errno", None)
    assert str(err).startswith("dial tcp: ")
    assert type(err).__name__ == "OpError"
    # The same kind of cause gives the same class: `except` and pickles depend on it.
    assert type(net.OpError("dial", "tcp", None, None, cause)) is type(err)
    for twin in twins(err):
        assert isinstance(twin, nearest)
        assert type(twin.err) is type(cause)


def test_what_the_cause_knows() -> None:
    """Its fields can be read from the `OpError`, whose own have the precedence."""
    err = net.OpError("dial", "tcp", None, None, Counted(3, unit="ells"))
    assert (err.count, err.unit) == (3, "ells")
    cause = ValueError("x")
    cause.op, cause.timeout, cause.attempts, cause.lucky = "theirs", 30, 5, 7  # type: ignore[attr-defined]
    err = net.OpError("dial", "tcp", None, None, cause)
    assert (err.op, err.timeout, err.attempts) == ("dial", False, ())
    assert err.lucky == 7
    addr = net.TCPAddr("192.0.2.1", 1)
    err = net.OpError("dial", "tcp", None, addr, net.AddrError("invalid port", "99999"))
    assert err.addr is addr
    assert isinstance(err.err, net.AddrError)


def test_notes_of_the_cause_stay_there() -> None:
    cause = ValueError("x")
    cause.add_note("theirs")
    err = net.OpError("dial", "tcp", None, None, cause)
    err.add_note("ours")
    assert err.__notes__ == ["ours"]
    assert cause.__notes__ == ["theirs"]


def test_only_of_its_own_cause() -> None:
    """No `OpError` is something that another one's cause was."""
    refused = net.OpError("dial", "tcp", None, None, OSError(errno.ECONNREFUSED, "x"))
    timeout = net.OpError("dial", "tcp", None, None, net.DeadlineExceededError())
    assert not isinstance(refused, (TimeoutError, net.ClosedError, ValueError))
    assert not isinstance(timeout, (ConnectionError, net.ClosedError, ValueError))
    for kind in (ConnectionRefusedError, ConnectionError, OSError, net.Error, net.OpError):
        assert isinstance(refused, kind)
