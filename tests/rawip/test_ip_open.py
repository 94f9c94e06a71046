"""How raw IP sockets are opened: addresses, families, hooks, and every way in which it fails."""

from __future__ import annotations

import errno
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import dialnet as net
from tests import hosts
from tests.dialing.support import Seen
from tests.rawip.network import somewhere

ROOT = Path(__file__).parents[2]


def said(number: int) -> str:
    return os.strerror(number)


BAD_DIALS = [
    ("ip", "127.0.0.1", net.UnknownNetworkError, "dial ip: unknown network ip"),
    ("ip4", "127.0.0.1", net.UnknownNetworkError, "dial ip4: unknown network ip4"),
    ("tcp:6", "127.0.0.1", net.UnknownNetworkError, "dial tcp:6: unknown network tcp:6"),
    (
        "ip4:nosuch",
        "127.0.0.1",
        net.AddrError,
        "dial ip4:nosuch: address nosuch: unknown IP protocol specified",
    ),
    ("ip4:", "127.0.0.1", net.AddrError, "dial ip4:: unknown IP protocol specified"),
    ("ip4:icmp", "", net.MissingAddressError, "dial ip4:icmp: missing address"),
    ("ip4:icmp", "::1", net.NoSuitableAddressError, "dial ip4:icmp: address ::1: no suitable address found"),
    (
        "ip6:1",
        "127.0.0.1",
        net.NoSuitableAddressError,
        "dial ip6:1: address 127.0.0.1: no suitable address found",
    ),
    ("ip6:1", "[::1]", net.DNSError, "dial ip6:1: lookup [::1]: no such host"),
    ("ip4:1", "127.0.0.1:80", net.DNSError, "dial ip4:1: lookup 127.0.0.1:80: no such host"),
]


@pytest.mark.parametrize(("network", "address", "kind", "text"), BAD_DIALS)
def test_bad_dials(host_name: str, network: str, address: str, kind: type[net.Error], text: str) -> None:
    async def body(host: hosts.Host) -> None:
        with pytest.raises(kind) as caught:
            await host.net.dial(network, address)
        assert str(caught.value) == text
        assert isinstance(caught.value, net.OpError)
        assert caught.value.net == network

    hosts.run(host_name, body)


BAD_LISTENERS = [
    ("listen_packet", "ip", "127.0.0.1", "listen ip: unknown network ip"),
    (
        "listen_packet",
        "ip6:nosuch",
        "::1",
        "listen ip6:nosuch: address nosuch: unknown IP protocol specified",
    ),
    ("listen_packet", "ip4:1", "::1", "listen ip4:1: address ::1: no suitable address found"),
    ("listen", "ip4:1", "127.0.0.1", "listen ip4:1 127.0.0.1: address 127.0.0.1: unexpected address type"),
]


@pytest.mark.parametrize(("method", "network", "address", "text"), BAD_LISTENERS)
def test_bad_listeners(host_name: str, method: str, network: str, address: str, text: str) -> None:
    async def body(host: hosts.Host) -> None:
        with pytest.raises(net.Error) as caught:
            await getattr(host.net, method)(network, address)
        assert str(caught.value) == text

    hosts.run(host_name, body)


def test_typed_arguments(host_name: str) -> None:
    """As the other typed calls: EINVAL for an address of another network, a `TypeError` for none at all."""

    async def body(host: hosts.Host) -> None:
        ip, udp = net.IPAddr("127.0.0.1"), net.UDPAddr("127.0.0.1", 1)
        for local, remote in ((None, udp), (udp, ip), (udp, None)):
            with pytest.raises(OSError) as caught:
                await host.net.dial_ip("ip4:253", local, remote)
            assert caught.value.errno == errno.EINVAL
            assert (caught.value.source, caught.value.addr) == (local, remote)
        with pytest.raises(net.MissingAddressError, match=r"^dial ip4:253: missing address$"):
            await host.net.dial_ip("ip4:253", None, None)
        with pytest.raises(OSError) as caught:
            await host.net.listen_ip("ip4:253", udp)
        assert str(caught.value) == f"listen ip4:253 {udp}: {said(errno.EINVAL)}"
        for network in ("udp", "ip", "ip4", "icmp"):
            with pytest.raises(net.UnknownNetworkError):
                await host.net.dial_ip(network, None, ip)
            with pytest.raises(net.UnknownNetworkError):
                await host.net.listen_ip(network, ip)
        for call in (
            lambda: host.net.dial_ip("ip4:253", None, "127.0.0.1"),
            lambda: host.net.dial_ip("ip4:253", "127.0.0.1", ip),
            lambda: host.net.dial_ip(253, None, ip),
            lambda: host.net.listen_ip("ip4:253", ip.ip),
        ):
            with pytest.raises(TypeError):
                await call()
        # Their own networks know no raw addresses.
        with pytest.raises(OSError) as caught:
            await host.net.dial_udp("udp", None, ip)
        assert caught.value.errno == errno.EINVAL

    hosts.run(host_name, body)


def test_local_address_of_another_network(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        dialer = host.net.Dialer(local_addr=net.UDPAddr("127.0.0.1"))
        with pytest.raises(net.AddrError) as caught:
            await dialer.dial("ip4:253", "127.0.0.1")
        assert str(caught.value) == "dial ip4:253: address 127.0.0.1:0: mismatched local address type"
        dialer = host.net.Dialer(local_addr=net.IPAddr("::1"))
        with pytest.raises(net.NoSuitableAddressError) as caught:
            await dialer.dial("ip:253", "127.0.0.1")
        assert str(caught.value) == "dial ip:253: address ::1: no suitable address found"

    hosts.run(host_name, body)


@pytest.mark.usefixtures("raw")
def test_families(host_name: str) -> None:
    """A raw socket has one; it is the address's, or the network's, or IPv4 (where Go would take an IPv6
    socket, to which no IPv4 packet comes)."""

    async def body(host: hosts.Host) -> None:
        for network, address, local, family in (
            ("ip:253", "", "0.0.0.0", socket.AF_INET),
            ("ip:253", "0.0.0.0", "0.0.0.0", socket.AF_INET),
            ("ip:253", "::", "::", socket.AF_INET6),
            ("ip:253", "127.0.0.1", "127.0.0.1", socket.AF_INET),
            ("ip:253", "::1", "::1", socket.AF_INET6),
            ("ip4:253", "", "0.0.0.0", socket.AF_INET),
            ("ip6:253", "", "::", socket.AF_INET6),
            ("ip:ipv6-icmp", "::1", "::1", socket.AF_INET6),
        ):
            async with host.net.listen_packet(network, address) as conn:
                assert str(conn.local_addr) == local, (network, address)
                assert isinstance(conn.local_addr, net.IPAddr)
                with conn.file() as sock:
                    assert sock.family == family
        for network, laddr, family in (
            ("ip:253", None, socket.AF_INET),
            ("ip:253", net.IPAddr(), socket.AF_INET),
            ("ip6:253", None, socket.AF_INET6),
            ("ip6:253", net.IPAddr("0.0.0.0"), socket.AF_INET6),
        ):
            async with host.net.listen_ip(network, laddr) as conn:
                with conn.file() as sock:
                    assert sock.family == family

    hosts.run(host_name, body)


@pytest.mark.usefixtures("raw")
def test_what_the_system_refuses(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        for network, number in (("ip4:300", errno.EINVAL), ("ip4:0", errno.EPROTONOSUPPORT)):
            with pytest.raises(OSError) as caught:
                await host.net.dial(network, "127.0.0.1")
            assert caught.value.errno == number
            assert str(caught.value) == f"dial {network} 127.0.0.1: socket: {said(number)}"
            with pytest.raises(OSError) as caught:
                await host.net.listen_packet(network, "127.0.0.1")
            assert str(caught.value) == f"listen {network} 127.0.0.1: socket: {said(number)}"
        with pytest.raises(OSError) as caught:
            await host.net.listen_packet("ip4:253", "203.0.113.1")
        assert str(caught.value) == f"listen ip4:253 203.0.113.1: bind: {said(errno.EADDRNOTAVAIL)}"
        # Over IPv6 an IPv4 address is none, whoever has it (Linux would let that be dialed).
        four, six = net.IPAddr("127.0.0.1"), net.IPAddr("::1")
        with pytest.raises(net.AddrError, match=r"address 127.0.0.1: non-IPv6 address$"):
            await host.net.dial_ip("ip6:253", None, four)
        with pytest.raises(net.AddrError, match=r"address 127.0.0.1: non-IPv6 address$"):
            await host.net.dial_ip("ip6:253", four, six)
        with pytest.raises(net.AddrError, match=r"address 127.0.0.1: non-IPv6 address$"):
            await host.net.listen_ip("ip6:253", four)
        with pytest.raises(net.AddrError, match=r"address ::1: non-IPv4 address$"):
            await host.net.listen_ip("ip4:253", six)

    hosts.run(host_name, body)


@pytest.mark.usefixtures("raw")
def test_control(host_name: str) -> None:
    """The hook is told the network without the protocol, with the family (Go's rule), and may refuse."""

    async def body(host: hosts.Host) -> None:
        here = somewhere()
        for network, address, shown in (
            ("ip4:icmp", here, "ip4"),
            ("ip:253", here, "ip4"),
            ("ip6:58", "::1", "ip6"),
            ("ip:253", "::1", "ip6"),
        ):
            seen = Seen()
            async with host.net.Dialer(control=seen).dial(network, address):
                assert seen.calls == [(shown, address)]
            async with host.net.ListenConfig(control=seen).listen_packet(network, address):
                assert seen.calls == [(shown, address)] * 2
            with pytest.raises(net.ClosedError) as closed:
                seen.raws[0].control(lambda number: None)
            assert closed.value.net == network.partition(":")[0]

        def refuse(*_: Any) -> None:
            raise PermissionError(errno.EPERM, "not here")

        with pytest.raises(PermissionError, match=rf"^dial ip4:icmp {here}: not here$"):
            await host.net.Dialer(control=refuse).dial("ip4:icmp", here)
        with pytest.raises(PermissionError, match=rf"^listen ip4:icmp {here}: not here$"):
            await host.net.ListenConfig(control=refuse).listen_packet("ip4:icmp", here)

    hosts.run(host_name, body)


class Resolver:
    """One that knows one name."""

    def __init__(self, *addrs: str) -> None:
        self.asked: list[str] = []
        self._addrs = [net.IPAddr(addr) for addr in addrs]


@pytest.mark.usefixtures("raw")
def test_by_name(host_name: str) -> None:
    """A host's name is looked up, and the steps are told of."""

    async def body(host: hosts.Host) -> None:
        here = somewhere()

        class Plain(Resolver):
            def lookup_ip_addr(self, name: str) -> list[net.IPAddr]:
                self.asked.append(name)
                return self._addrs

        class Awaited(Resolver):
            async def lookup_ip_addr(self, name: str) -> list[net.IPAddr]:
                self.asked.append(name)
                return self._addrs

        resolver = (Plain if host.is_threads else Awaited)("::1", here)
        told: list[Any] = []
        trace = net.Trace(
            dns_start=lambda *facts: told.append(facts[:-1]),
            dns_done=lambda *facts: told.append(facts[:-1]),
            connect_start=lambda *facts: told.append(facts[:-1]),
        )
        dialer = host.net.Dialer(resolver=resolver, trace=trace)
        async with dialer.dial("ip4:253", "some.host.example") as conn:
            assert conn.remote_addr == net.IPAddr(here)
        assert resolver.asked == ["some.host.example"]
        assert told == [
            ("some.host.example",),
            ("some.host.example", [net.IPAddr(here)], None),
            ("ip4:253", net.IPAddr(here)),
        ]
        told.clear()
        async with dialer.dial("ip:253", here):
            assert told == [("ip:253", net.IPAddr(here))]

    hosts.run(host_name, body)


RESOLVED = [
    ("ip", "127.0.0.1", "127.0.0.1"),
    ("", "127.0.0.1", "127.0.0.1"),
    ("ip4", "127.0.0.1", "127.0.0.1"),
    ("ip4:icmp", "127.0.0.1", "127.0.0.1"),
    ("ip6:58", "::1", "::1"),
    ("ip", "fe80::1%lo", "fe80::1%lo"),
    ("ip", "::ffff:192.0.2.1", "192.0.2.1"),
    # The unspecified address is of either family, so the way it is written decides.
    ("ip", "::", "::"),
    ("ip:253", "::", "::"),
    ("ip4", "::", "0.0.0.0"),
    ("ip6", "::", "::"),
    ("ip", "", ""),
    ("ip", "localhost", "127.0.0.1"),
]


@pytest.mark.parametrize(("network", "address", "text"), RESOLVED)
def test_resolve(host_name: str, network: str, address: str, text: str) -> None:
    async def body(host: hosts.Host) -> None:
        addr = await host.net.resolve_ip_addr(network, address)
        assert type(addr) is net.IPAddr
        assert str(addr) == text

    hosts.run(host_name, body)


def test_bad_resolve(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        for network in ("tcp", "udp", "unix", "ip5", "icmp", "tcp:6"):
            with pytest.raises(net.UnknownNetworkError, match=f"^unknown network {network}$"):
                await host.net.resolve_ip_addr(network, "127.0.0.1")
        with pytest.raises(net.AddrError, match=r"^address x: unknown IP protocol specified$"):
            await host.net.resolve_ip_addr("ip:x", "127.0.0.1")
        with pytest.raises(net.NoSuitableAddressError, match=r"^address ::1: no suitable address found$"):
            await host.net.resolve_ip_addr("ip4", "::1")
        for args in (("ip", 5), (5, "127.0.0.1"), ("ip", None)):
            with pytest.raises(TypeError):
                await host.net.resolve_ip_addr(*args)

    hosts.run(host_name, body)


@pytest.mark.skipif(sys.platform == "win32", reason="privileges of other kinds")
def test_without_privileges(host_name: str) -> None:
    """It is a `PermissionError`, and says on what."""
    found = subprocess.run(
        [sys.executable, "-W", "error", "-m", "tests.rawip.unprivileged_raw", host_name],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=hosts.PATIENCE,
    )
    assert found.returncode == 0, found.stderr
    assert found.stdout == "refused\n"
