"""`resolve_tcp_addr`, `resolve_udp_addr`, `resolve_unix_addr`, in both faces."""

from __future__ import annotations

import socket
from typing import Any

import pytest

import dialnet as net
from tests import hosts

PORTS = [
    ("tcp", "127.0.0.1:80", ("127.0.0.1", 80)),
    ("", "127.0.0.1:80", ("127.0.0.1", 80)),
    ("tcp4", "127.0.0.1:0", ("127.0.0.1", 0)),
    ("tcp", "127.0.0.1:", ("127.0.0.1", 0)),
    ("tcp", ":80", (None, 80)),
    ("tcp", "", (None, 0)),
    ("tcp", ":", (None, 0)),
    ("tcp", "[::1]:65535", ("::1", 65535)),
    ("tcp6", "[::1]:1", ("::1", 1)),
    ("tcp", "[::]:1", ("::", 1)),
    ("tcp", "0.0.0.0:1", ("0.0.0.0", 1)),
    ("tcp", "[::ffff:192.0.2.1]:1", ("192.0.2.1", 1)),
    ("tcp", "[fe80::1%lo]:1", ("fe80::1", 1, "lo")),
    ("tcp", "[fe80::1%7]:1", ("fe80::1", 1, "7")),
    ("tcp4", "localhost:1", ("127.0.0.1", 1)),
    ("tcp", "localhost:1", ("127.0.0.1", 1)),
]

BAD = [
    ("tpc", "127.0.0.1:1", net.UnknownNetworkError, "unknown network tpc"),
    ("unix", "127.0.0.1:1", net.UnknownNetworkError, "unknown network unix"),
    ("tcp", "127.0.0.1", net.AddrError, "address 127.0.0.1: missing port in address"),
    ("tcp", "127.0.0.1:65536", net.AddrError, "address 65536: invalid port"),
    ("tcp", "127.0.0.1:4294967376", net.AddrError, "address 4294967376: invalid port"),
    ("tcp", "127.0.0.1:no-such", net.DNSError, "lookup tcp/no-such: unknown port"),
    ("tcp6", "127.0.0.1:1", net.NoSuitableAddressError, "address 127.0.0.1: no suitable address found"),
    ("tcp4", "[::1]:1", net.NoSuitableAddressError, "address ::1: no suitable address found"),
]


def test_ports(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        for network, address, expected in PORTS:
            assert await host.net.resolve_tcp_addr(network, address) == net.TCPAddr(*expected)
            network = network.replace("tcp", "udp")
            assert await host.net.resolve_udp_addr(network, address) == net.UDPAddr(*expected)

    hosts.run(host_name, body)


def test_bad_input(host_name: str) -> None:
    """Bare errors: nothing was dialed."""

    async def body(host: hosts.Host) -> None:
        for network, address, kind, text in BAD:
            for resolve, base in ((host.net.resolve_tcp_addr, "tcp"), (host.net.resolve_udp_addr, "udp")):
                with pytest.raises(kind) as caught:
                    await resolve(network.replace("tcp", base), address)
                assert not isinstance(caught.value, net.OpError)
                assert str(caught.value) == text.replace("tcp", base)
        with pytest.raises(net.UnknownNetworkError):
            await host.net.resolve_tcp_addr("udp", "127.0.0.1:1")
        with pytest.raises(net.UnknownNetworkError):
            await host.net.resolve_udp_addr("tcp", "127.0.0.1:1")
        with pytest.raises(net.DNSError) as caught:
            await host.net.resolve_tcp_addr("tcp", "no-such-host.invalid:1")
        assert isinstance(caught.value, socket.gaierror)
        assert caught.value.name == "no-such-host.invalid"
        for arguments in ((5, "127.0.0.1:1"), ("tcp", 5), ("tcp", None), ("tcp", b"127.0.0.1:1")):
            with pytest.raises(TypeError):
                await host.net.resolve_tcp_addr(*arguments)

    hosts.run(host_name, body)


def test_services(host_name: str) -> None:
    try:
        socket.getservbyname("http", "tcp"), socket.getservbyname("domain", "udp")
    except OSError:
        pytest.skip("this machine knows no services")

    async def body(host: hosts.Host) -> None:
        assert await host.net.resolve_tcp_addr("tcp", ":http") == net.TCPAddr(None, 80)
        assert await host.net.resolve_tcp_addr("tcp6", "[::1]:HTTPS") == net.TCPAddr("::1", 443)
        assert await host.net.resolve_udp_addr("udp", "127.0.0.1:domain") == net.UDPAddr("127.0.0.1", 53)

    hosts.run(host_name, body)


def test_unix(host_name: str) -> None:
    """Nothing is looked up, nothing is looked at."""

    async def body(host: hosts.Host) -> None:
        for network in ("unix", "unixgram", "unixpacket"):
            for name in ("/no/such/file", "@abstract", "", "x" * 1000, "relative"):
                addr = await host.net.resolve_unix_addr(network, name)
                assert addr == net.UnixAddr(name, network)
        for network in ("tcp", "", "unixstream"):
            with pytest.raises(net.UnknownNetworkError, match=f"^unknown network {network}$"):
                await host.net.resolve_unix_addr(network, "/x")
        with pytest.raises(TypeError):
            await host.net.resolve_unix_addr("unix", 5)

    hosts.run(host_name, body)


def test_which_of_several(host_name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """IPv4 is preferred, unless brackets say that IPv6 is meant; a network may leave no choice."""
    v4 = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.1", 0))
    v6 = (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("2001:db8::1", 0, 0, 0))

    def getaddrinfo(_: str, __: Any, family: int, *___: Any) -> list[Any]:
        return [found for found in (v6, v4) if family in (socket.AF_UNSPEC, found[0])]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setenv("DIALNETDEBUG", "netdns=system")

    async def body(host: hosts.Host) -> None:
        for network, address, ip in (
            ("tcp", "two.example:1", "192.0.2.1"),
            ("tcp", "[two.example]:1", "2001:db8::1"),
            ("tcp4", "[two.example]:1", "192.0.2.1"),
            ("tcp6", "two.example:1", "2001:db8::1"),
        ):
            assert await host.net.resolve_tcp_addr(network, address) == net.TCPAddr(ip, 1)

    hosts.run(host_name, body)
