"""Multicast on this machine alone, and what is refused."""

from __future__ import annotations

import errno
import os
import socket
import time
from typing import Any

import pytest

import dialnet as net
from tests import hosts
from tests.conftest import descriptors

GROUP = "239.1.2.3"


@pytest.mark.parametrize("network", ["udp", "udp4"])
def test_over_loopback(host_name: str, network: str) -> None:
    async def body(host: hosts.Host) -> None:
        async with host.net.listen_multicast_udp(network, "lo", net.UDPAddr(GROUP)) as one:
            there = net.UDPAddr(GROUP, one.local_addr.port)
            assert one.local_addr.ip.is_unspecified
            assert isinstance(
                getattr(one, "seen", one), host.net.UDPConn if not host.is_threads else net.UDPConn
            )
            # The port is shared.
            async with host.net.listen_multicast_udp(network, "lo", there) as two:
                for conn in (one, two):
                    conn.set_deadline(time.monotonic() + hosts.PATIENCE)
                    with conn.file() as sock:
                        assert sock.getsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP) == 0
                        assert sock.getsockopt(socket.IPPROTO_IP, 49) == 0  # IP_MULTICAST_ALL
                one.set_multicast_loopback(True)
                reading = host.start(two.read_packet)
                await host.blocked(two)
                await one.write_to(b"hello", there)
                packet = await reading
                assert (packet.data, packet.dst, packet.interface) == (b"hello", there, "lo")
                assert await one.read_from() == (b"hello", packet.addr)

    hosts.run(host_name, body)


def test_options(host_name: str) -> None:
    """As the kernel has them afterwards."""

    async def body(host: hosts.Host) -> None:
        for network, address in (("udp4", "127.0.0.1:0"), ("udp6", "[::1]:0"), ("udp", ":0")):
            async with host.net.listen_packet(network, address) as conn:
                with conn.file() as sock:
                    options = []
                    if network != "udp4":
                        options.append((socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS,
                                        socket.IPV6_MULTICAST_LOOP))  # fmt: skip
                    if network != "udp6":
                        options.append((socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, socket.IP_MULTICAST_LOOP))
                    for level, hops, loop in options:
                        assert sock.getsockopt(level, loop) == 1
                        for value in (0, 1, 2, 128, 255):
                            conn.set_multicast_ttl(value)
                            assert sock.getsockopt(level, hops) == value
                        conn.set_multicast_loopback(False)
                        assert sock.getsockopt(level, loop) == 0
                        conn.set_multicast_loopback(True)
                        assert sock.getsockopt(level, loop) == 1
                    if network != "udp4":
                        for interface, index in (("lo", 1), (1, 1), (Numbered(1), 1), (None, 0)):
                            conn.set_multicast_interface(interface)
                            assert sock.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF) == index
                    else:
                        for interface in ("lo", None):
                            conn.set_multicast_interface(interface)

    hosts.run(host_name, body)


class Numbered:
    def __init__(self, index: Any) -> None:
        self.index = index


def test_a_group_that_cannot_be_joined(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        async with (
            host.net.listen_packet("udp4", "127.0.0.1:0") as four,
            host.net.listen_packet("udp6", "[::1]:0") as six,
        ):
            for conn, group, interface, error, text in (
                (four, "127.0.0.1", None, net.AddrError, "address 127.0.0.1: not a multicast address"),
                (four, "ff02::1", "lo", net.AddrError, "address ff02::1: non-IPv4 address"),
                (six, "fe80::1", None, net.AddrError, "address fe80::1: not a multicast address"),
                (four, "nonsense", None, net.ParseError, "invalid IP address: nonsense"),
                (four, GROUP, "nonsense", OSError, "no such network interface"),
                (four, GROUP, "a\0b", OSError, "no such network interface"),
                (four, net.UDPAddr(None, 5), None, net.MissingAddressError, "missing address"),
            ):
                for call in (conn.join_group, conn.leave_group):
                    with pytest.raises(error) as caught:
                        call(group, interface)
                    assert isinstance(caught.value, net.OpError)
                    assert caught.value.op == "set"
                    assert str(caught.value) == f"set {caught.value.net} {conn.local_addr}: {text}"
            for conn, group in ((four, GROUP), (six, "ff02::1")):
                with pytest.raises(OSError) as missing:
                    conn.join_group(group, 123_456)
                assert missing.value.errno == errno.ENODEV
            for group, interface, wrong in (
                (GROUP, 0, ValueError),
                (GROUP, -1, ValueError),
                (GROUP, 1 << 31, ValueError),
                (GROUP, Numbered(0), ValueError),
                (GROUP, Numbered("1"), TypeError),
                (GROUP, True, TypeError),
                (GROUP, 1.0, TypeError),
                (GROUP, b"lo", TypeError),
                (5, None, TypeError),
                (None, None, TypeError),
                (b"\xef\1\2\3", None, TypeError),
            ):
                with pytest.raises(wrong):
                    four.join_group(group, interface)
            for ttl, wrong in (
                (-1, ValueError),
                (256, ValueError),
                ("1", TypeError),
                (1.0, TypeError),
                (True, TypeError),
            ):
                with pytest.raises(wrong):
                    four.set_multicast_ttl(ttl)
            with pytest.raises(OSError, match="no such network interface"):
                four.set_multicast_interface("nonsense")
            four.close()
            for closed in (
                lambda: four.join_group(GROUP, "lo"),
                lambda: four.leave_group(GROUP, "lo"),
                lambda: four.set_multicast_ttl(1),
                lambda: four.set_multicast_loopback(True),
                lambda: four.set_multicast_interface("lo"),
            ):
                with pytest.raises(net.ClosedError) as ended:
                    closed()
                assert ended.value.op == "set"

    hosts.run(host_name, body)


MULTICAST = net.UDPAddr(GROUP)
FAILING: list[tuple[str, Any, Any, type[OSError], str]] = [
    ("udp", None, None, net.MissingAddressError, "missing address"),
    ("udp", None, net.UDPAddr(None, 5), net.MissingAddressError, "missing address"),
    ("tcp", None, MULTICAST, net.UnknownNetworkError, "unknown network tcp"),
    ("unixgram", None, MULTICAST, net.UnknownNetworkError, "unknown network unixgram"),
    ("udp6", None, MULTICAST, net.AddrError, f"address {GROUP}: non-IPv6 address"),
    ("udp4", None, net.UDPAddr("ff02::1", 5), net.AddrError, "address ff02::1: non-IPv4 address"),
    ("udp", None, net.UDPAddr("127.0.0.1", 5), net.AddrError, "address 127.0.0.1: not a multicast address"),
    ("udp", "nonsense", MULTICAST, OSError, "no such network interface"),
    ("udp", 123_456, MULTICAST, OSError, f"setsockopt: {os.strerror(errno.EADDRNOTAVAIL)}"),
    ("udp", 123_456, net.UDPAddr("ff02::1"), OSError, f"setsockopt: {os.strerror(errno.ENODEV)}"),
    ("udp", None, net.TCPAddr(GROUP, 5), OSError, os.strerror(errno.EINVAL)),
]


def test_listening_that_fails(host_name: str) -> None:
    """With a clear error, and nothing left open."""

    async def body(host: hosts.Host) -> None:
        listen = host.net.listen_multicast_udp
        group = net.UDPAddr(GROUP, 0)
        await await_closed(listen("udp4", "lo", group))
        before = descriptors()
        for network, interface, gaddr, error, text in FAILING:
            with pytest.raises(error) as caught:
                await listen(network, interface, gaddr)
            assert isinstance(caught.value, net.OpError)
            shown = "" if gaddr is None else f" {gaddr}"
            assert str(caught.value) == f"listen {network}{shown}: {text}"
        for network, interface, gaddr, wrong in (
            ("udp", None, GROUP, TypeError),
            ("udp", 1.5, group, TypeError),
            ("udp", 0, group, ValueError),
            (5, None, group, TypeError),
        ):
            with pytest.raises(wrong):
                await listen(network, interface, gaddr)
        # A port that is somebody's alone.
        async with host.net.listen_packet("udp4", "0.0.0.0:0") as alone:
            with pytest.raises(OSError) as taken:
                await listen("udp4", "lo", net.UDPAddr(GROUP, alone.local_addr.port))
            assert (taken.value.errno, taken.value.op) == (errno.EADDRINUSE, "listen")
        assert descriptors() == before

    hosts.run(host_name, body)


async def await_closed(opening: Any) -> None:
    """So that what a loop keeps is there."""
    conn = await opening
    conn.set_read_deadline(time.monotonic() + 0.01)
    with pytest.raises(net.DeadlineExceededError):
        await conn.read_from()
    conn.close()
