"""The shape that every error must have; `conftest.py` holds all errors of all tests against it."""

from __future__ import annotations

import copy
import pickle

import dialnet as net

OPS = {
    "dial", "listen", "accept", "read", "write", "writev", "close", "set", "get", "file", "raw-control",
    "raw-read", "raw-write", "route", "handshake",
}  # fmt: skip
NETWORKS = {
    "tcp",
    "tcp4",
    "tcp6",
    "udp",
    "udp4",
    "udp6",
    "ip",
    "ip4",
    "ip6",
    "unix",
    "unixgram",
    "unixpacket",
    "file+net",
    "ip+net",
    "pipe",
    "memory",
}


def check(err: net.OpError) -> None:
    """Assert everything that holds for an `OpError` whatever happened."""
    assert isinstance(err, net.Error)
    assert isinstance(err, OSError)
    assert err.op in OPS
    network = err.net
    if network.startswith("ip") and ":" in network:
        # Raw IP: the protocol is named where a socket was to be opened, and only there.
        network = network.rpartition(":")[0]
        assert err.op in ("dial", "listen"), err
    assert network in NETWORKS or isinstance(err.err, net.UnknownNetworkError), err.net
    for addr in (err.source, err.addr):
        assert addr is None or isinstance(addr, net.Addr), addr
        # Both ends are of the network the operation was on, unless that is the complaint.
        assert addr is None or network.rstrip("46") == addr.network or isinstance(err.err, OSError), err
    cause = err.err
    assert err.__cause__ is cause
    assert isinstance(cause, Exception)
    # An OpError inside an OpError says everything twice, unless it is a `control` hook's own.
    assert not isinstance(cause, net.OpError) or err.op in ("dial", "listen")
    assert isinstance(err, OSError if isinstance(cause, OSError) else Exception)
    if type(cause).__module__ == "builtins" and isinstance(cause, OSError):
        assert isinstance(err, type(cause))
        assert cause.errno is not None, "a system error without a number"
    if isinstance(cause, net.Error):
        assert isinstance(err, type(cause))
    assert err.errno == getattr(cause, "errno", None)
    assert isinstance(err.timeout, bool)
    assert isinstance(err.temporary, bool)
    assert isinstance(err.bytes_written, int)
    if err.timeout:
        assert err.temporary
    _check_text(err)
    _check_copies(err)
    for attempt in err.attempts:
        if attempt is not err:
            check(attempt)


def _check_text(err: net.OpError) -> None:
    text = str(err)
    assert text.startswith(f"{err.op} {err.net}" if err.net else f"{err.op}:")
    assert "[Errno" not in text, text
    assert "None" not in text.split(":")[0], text
    for addr in (err.source, err.addr):
        assert addr is None or str(addr) in text
    if err.source is not None and err.addr is not None:
        assert f"{err.source}->{err.addr}" in text
    reason = err.strerror if err.strerror and not isinstance(err.err, net.Error) else str(err.err)
    assert text.endswith(reason or type(err.err).__name__), text


def _check_copies(err: net.OpError) -> None:
    for twin in (copy.copy(err), pickle.loads(pickle.dumps(err))):
        assert type(twin) is type(err)
        assert repr(twin) == repr(err)
        assert str(twin) == str(err)
        assert (twin.errno, twin.timeout, twin.temporary) == (err.errno, err.timeout, err.temporary)
        assert (twin.bytes_written, len(twin.attempts)) == (err.bytes_written, len(err.attempts))
        assert twin.__cause__ is twin.err
