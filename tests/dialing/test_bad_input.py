"""What cannot be dialed, and the error it gives: Go's, with Go's text, in both faces."""

from __future__ import annotations

import errno
import os
import socket
from typing import Any

import pytest

import dialnet as net
from dialnet import aio
from tests import hosts
from tests.dialing.support import nobody

REFUSED = os.strerror(errno.ECONNREFUSED)

# Network, address, class, and how the text ends.
TEXTS: list[tuple[str, str, type[Exception], str]] = [
    ("bogus", "x", net.UnknownNetworkError, "dial bogus: unknown network bogus"),
    ("TCP", "127.0.0.1:1", net.UnknownNetworkError, "dial TCP: unknown network TCP"),
    ("tcp5", "127.0.0.1:1", net.UnknownNetworkError, "dial tcp5: unknown network tcp5"),
    ("tcp:6", "127.0.0.1", net.UnknownNetworkError, "dial tcp:6: unknown network tcp:6"),
    ("ip", "127.0.0.1", net.UnknownNetworkError, "dial ip: unknown network ip"),
    ("tcp", "", net.MissingAddressError, "dial tcp: missing address"),
    ("udp6", "", net.MissingAddressError, "dial udp6: missing address"),
    ("unix", "", net.MissingAddressError, "dial unix: missing address"),
    ("unixgram", "", net.MissingAddressError, "dial unixgram: missing address"),
    ("tcp", "127.0.0.1", net.AddrError, "dial tcp: address 127.0.0.1: missing port in address"),
    ("tcp", "[::1]", net.AddrError, "dial tcp: address [::1]: missing port in address"),
    ("tcp", "[::1]80", net.AddrError, "dial tcp: address [::1]80: missing port in address"),
    ("tcp", "::1:80", net.AddrError, "dial tcp: address ::1:80: too many colons in address"),
    ("udp", "[::1]:80:0", net.AddrError, "dial udp: address [::1]:80:0: too many colons in address"),
    ("tcp", "[::1:80", net.AddrError, "dial tcp: address [::1:80: missing ']' in address"),
    ("tcp", "a[b:80", net.AddrError, "dial tcp: address a[b:80: unexpected '[' in address"),
    ("tcp", "[[::1]:80", net.AddrError, "dial tcp: address [[::1]:80: unexpected '[' in address"),
    ("tcp", "a]b:80", net.AddrError, "dial tcp: address a]b:80: unexpected ']' in address"),
    ("tcp", "127.0.0.1:65536", net.AddrError, "dial tcp: address 65536: invalid port"),
    ("tcp", "127.0.0.1:-1", net.AddrError, "dial tcp: address -1: invalid port"),
    ("udp4", "127.0.0.1:4294967376", net.AddrError, "dial udp4: address 4294967376: invalid port"),
    ("tcp", "127.0.0.1:" + "9" * 6000, net.AddrError, f"dial tcp: address {'9' * 6000}: invalid port"),
    ("tcp", "127.0.0.1:no-such", net.DNSError, "dial tcp: lookup tcp/no-such: unknown port"),
    ("udp", "127.0.0.1:no-such", net.DNSError, "dial udp: lookup udp/no-such: unknown port"),
    ("tcp", "127.0.0.1:\u0663", net.DNSError, "dial tcp: lookup tcp/\u0663: unknown port"),
    ("tcp", "127.0.0.1:8 0", net.DNSError, "dial tcp: lookup tcp/8 0: unknown port"),
    ("tcp", "127.0.0.1:a\0b", net.DNSError, "dial tcp: lookup tcp/a\0b: unknown port"),
    ("tcp", "a\0b:80", net.DNSError, "dial tcp: lookup a\0b: no such host"),
    ("tcp", "\ud800:80", net.DNSError, "dial tcp: lookup \ud800: no such host"),
    ("tcp", "127.0.0.1%lo:80", net.DNSError, "dial tcp: lookup 127.0.0.1%lo: no such host"),
    ("tcp", "a" * 300 + ":80", net.DNSError, f"dial tcp: lookup {'a' * 300}: no such host"),
    ("tcp6", "127.0.0.1:80", net.NoSuitableAddressError, "address 127.0.0.1: no suitable address found"),
    ("tcp4", "[::1]:80", net.NoSuitableAddressError, "address ::1: no suitable address found"),
    ("udp6", "127.0.0.1:80", net.NoSuitableAddressError, "address 127.0.0.1: no suitable address found"),
    ("udp4", "[::1%lo]:80", net.NoSuitableAddressError, "address ::1%lo: no suitable address found"),
    ("tcp6", "[::ffff:127.0.0.1]:80", net.NoSuitableAddressError, "no suitable address found"),
]  # fmt: skip


def test_texts(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        for network, address, kind, text in TEXTS:
            with pytest.raises(kind) as caught:
                await host.net.dial(network, address)
            err = caught.value
            assert isinstance(err, net.OpError)
            assert str(err).startswith(f"dial {network}".rstrip())
            assert str(err).endswith(text)
            assert (err.op, err.net, err.source, err.addr) == ("dial", network, None, None)
            assert not err.timeout
            assert isinstance(err, net.DNSError if kind is net.DNSError else net.Error)
            if kind is net.DNSError:
                assert err.is_not_found
                assert isinstance(err, socket.gaierror)

    hosts.run(host_name, body)


def test_no_network(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        for call in (host.net.dial, host.net.listen, host.net.listen_packet):
            with pytest.raises(net.UnknownNetworkError, match=r"^(dial|listen): unknown network $"):
                await call("", "127.0.0.1:1")

    hosts.run(host_name, body)


def test_unknown_host(host_name: str) -> None:
    """What the system says of a name that no resolver may know (RFC 6761) is a DNSError."""

    async def body(host: hosts.Host) -> None:
        for network in ("tcp", "tcp4", "udp6"):
            with pytest.raises(net.DNSError) as caught:
                await host.net.dial(network, "no-such-host.invalid:80", timeout=hosts.PATIENCE)
            err = caught.value
            assert isinstance(err, net.OpError)
            assert isinstance(err, socket.gaierror)
            assert str(err).startswith(f"dial {network}: lookup no-such-host.invalid")
            assert err.name == "no-such-host.invalid"
            assert isinstance(err.err, net.DNSError)
            assert (err.source, err.addr) == (None, None)

    hosts.run(host_name, body)


def test_wrong_types(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        addr = net.TCPAddr("127.0.0.1", 1)
        here: list[tuple[Any, ...]] = [
            (5, "127.0.0.1:1"), (None, "127.0.0.1:1"), (b"tcp", "127.0.0.1:1"), ("tcp", 5), ("tcp", None),
            ("tcp", b"127.0.0.1:1"), ("tcp", ("127.0.0.1", 1)), ("tcp", addr), ("unix", b"/x"), ("unix", 5),
        ]  # fmt: skip
        for arguments in here:
            with pytest.raises(TypeError):
                await host.net.dial(*arguments)
        for timeout in ("1", True, [1]):
            with pytest.raises(TypeError):
                await host.net.dial("tcp", "127.0.0.1:1", timeout=timeout)
        with pytest.raises(ValueError, match="NaN"):
            await host.net.dial("tcp", "127.0.0.1:1", timeout=float("nan"))
        for typed, fitting in ((host.net.dial_tcp, "tcp"), (host.net.dial_udp, "udp")):
            for wrong in ("127.0.0.1:1", 5, ("127.0.0.1", 1), b"x"):
                with pytest.raises(TypeError):
                    await typed(fitting, None, wrong)
                with pytest.raises(TypeError):
                    await typed(fitting, wrong, None)
        with pytest.raises(TypeError):
            await host.net.dial_unix("unix", None, "/x")

    hosts.run(host_name, body)


@pytest.mark.parametrize(
    "fields",
    [
        {"timeout": "1"},
        {"timeout": True},
        {"deadline": "soon"},
        {"local_addr": "127.0.0.1:0"},
        {"local_addr": ("127.0.0.1", 0)},
        {"keep_alive": True},
        {"keep_alive": None},
        {"control": 5},
    ],
    ids=str,
)
def test_wrong_fields(fields: dict[str, Any]) -> None:
    for face in (net, aio):
        with pytest.raises(TypeError):
            face.Dialer(**fields)


def test_dialers_are_frozen_values() -> None:
    for face in (net, aio):
        dialer = face.Dialer(timeout=5)
        assert dialer == face.Dialer(timeout=5) != face.Dialer(timeout=6)
        assert hash(dialer) == hash(face.Dialer(timeout=5))
        with pytest.raises(AttributeError):
            dialer.timeout = 6
        assert "timeout=5" in repr(dialer)
        with pytest.raises(ValueError, match="clock"):
            face.Dialer(deadline=1_800_000_000.0)


def test_local_address(host_name: str) -> None:
    """One of another network, of another family, taken, or not this machine's."""

    async def body(host: hosts.Host) -> None:
        mismatched = [
            ("tcp", net.UDPAddr("127.0.0.1"), "127.0.0.1:0"),
            ("udp", net.TCPAddr("127.0.0.1"), "127.0.0.1:0"),
            ("tcp", net.IPAddr("127.0.0.1"), "127.0.0.1"),
            ("tcp", net.UnixAddr("/x"), "/x"),
        ]
        for network, local, shown in mismatched:
            with pytest.raises(net.AddrError) as caught:
                await host.net.Dialer(local_addr=local).dial(network, "127.0.0.1:1")
            assert str(caught.value) == f"dial {network}: address {shown}: mismatched local address type"
        with pytest.raises(net.AddrError, match=r"^dial unix: address /x: mismatched local address type$"):
            await host.net.Dialer(local_addr=net.UnixAddr("/x", "unixgram")).dial("unix", "/y")
        for local, remote in (("::1", "127.0.0.1:1"), ("127.0.0.1", "[::1]:1")):
            addr = net.TCPAddr(local)
            with pytest.raises(net.NoSuitableAddressError) as caught:
                await host.net.Dialer(local_addr=addr).dial("tcp", remote)
            assert str(caught.value) == f"dial tcp: address {addr}: no suitable address found"
        with nobody() as port:
            used = net.TCPAddr("127.0.0.1", port)
            with pytest.raises(OSError) as caught:
                await host.net.Dialer(local_addr=used).dial("tcp", "127.0.0.1:1")
            assert str(caught.value) == (
                f"dial tcp {used}->127.0.0.1:1: bind: {os.strerror(errno.EADDRINUSE)}"
            )
            assert caught.value.errno == errno.EADDRINUSE
            assert caught.value.source == used
        foreign = net.TCPAddr("203.0.113.1")
        with pytest.raises(OSError) as caught:
            await host.net.Dialer(local_addr=foreign).dial("tcp", "127.0.0.1:1")
        assert caught.value.errno == errno.EADDRNOTAVAIL
        assert str(caught.value).endswith(f"->127.0.0.1:1: bind: {os.strerror(errno.EADDRNOTAVAIL)}")

    hosts.run(host_name, body)


def test_refused(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        for network, family, address in (
            ("tcp", socket.AF_INET, "127.0.0.1"),
            ("tcp4", socket.AF_INET, "127.0.0.1"),
            ("tcp6", socket.AF_INET6, "::1"),
        ):
            with nobody(family) as port:
                target = net.join_host_port(address, port)
                with pytest.raises(ConnectionRefusedError) as caught:
                    await host.net.dial(network, target)
                err = caught.value
                assert str(err) == f"dial {network} {target}: connect: {REFUSED}"
                assert err.errno == errno.ECONNREFUSED
                assert err.addr == net.TCPAddr(address, port)
                assert err.source is None
                assert err.attempts == ()
                assert isinstance(err, net.OpError)
                assert type(err.err) is ConnectionRefusedError
        with nobody() as port:
            local = net.TCPAddr("127.0.0.1")
            with pytest.raises(ConnectionRefusedError) as caught:
                await host.net.Dialer(local_addr=local).dial("tcp", f"127.0.0.1:{port}")
            assert str(caught.value) == f"dial tcp 127.0.0.1:0->127.0.0.1:{port}: connect: {REFUSED}"

    hosts.run(host_name, body)
