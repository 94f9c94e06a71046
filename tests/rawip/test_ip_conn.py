"""Raw IP connections: what is sent, what is received, whose addresses they have, and what they refuse."""

from __future__ import annotations

import errno
import os
import socket
import struct
from collections.abc import Callable
from typing import Any

import pytest

import dialnet as net
from tests import hosts
from tests.rawip.network import LINK_ONE, LINK_TWO, ONE, TWO, own_network, somewhere

pytestmark = pytest.mark.usefixtures("raw")

INVALID = os.strerror(errno.EINVAL)


def header(packet: bytes) -> tuple[int, str, str]:
    """Protocol, source and destination that an IPv4 header names."""
    assert packet[0] == 0x45
    assert struct.unpack_from("!H", packet, 2)[0] == len(packet)
    return packet[9], socket.inet_ntoa(packet[12:16]), socket.inet_ntoa(packet[16:20])


def test_ipv4(host_name: str) -> None:
    """`read_from` gives what was sent; `read` has the header in front (Go's rules)."""

    async def body(host: hosts.Host) -> None:
        here, there = somewhere(), somewhere()
        async with (
            host.net.listen_packet("ip4:253", here) as one,
            host.net.listen_packet("ip:253", there) as two,
        ):
            assert repr(one) == f"<IPConn ip4 {here}>"
            assert one.local_addr == net.IPAddr(here)
            assert one.remote_addr is None
            for size in (0, 1, 19, 20, 59, 60, 1480, 40_000, 65_515):
                data = os.urandom(size)
                assert await one.write_to(data, two.local_addr) == size
                assert await two.read_from() == (data, one.local_addr)
                assert await one.write_to(memoryview(data), net.IPAddr(there)) == size
                buffer = bytearray(70_000)
                assert await two.read_from_into(buffer) == (size, net.IPAddr(here))
                assert buffer[:size] == data
                assert await one.write_to(data, two.local_addr) == size
                packet = await two.read()
                assert header(packet) == (253, here, there)
                assert packet[20:] == data
                assert await one.write_to(data, two.local_addr) == size
                assert await two.readinto(buffer) == size + 20
                assert buffer[20 : size + 20] == data

    hosts.run(host_name, body)


def test_ipv6(host_name: str) -> None:
    """There is never a header."""

    async def body(host: hosts.Host) -> None:
        one, two = net.IPAddr(ONE), net.IPAddr(TWO)
        with own_network():
            listening = await host.net.listen_packet("ip6:253", TWO)
            other = await host.net.listen_ip("ip:253", one)
        async with listening, other:
            # The first bits are those of an IPv4 header with a length that is one.
            for data in (b"", b"data", bytes([0x45]) + bytes(40), os.urandom(1400)):
                assert await other.write_to(data, two) == len(data)
                assert await listening.read_from() == (data, one)
                assert await other.write_to(data, two) == len(data)
                assert await listening.read() == data
                assert await other.write_to(data, two) == len(data)
                buffer = bytearray(1500)
                assert await listening.read_from_into(buffer) == (len(data), one)
                assert buffer[: len(data)] == data

    hosts.run(host_name, body)


def test_dialed(host_name: str) -> None:
    """A dialed connection has one peer, whose packets alone it gets."""

    async def body(host: hosts.Host) -> None:
        here, there, elsewhere = somewhere(), somewhere(), somewhere()
        async with (
            host.net.listen_packet("ip4:253", there) as server,
            host.net.listen_packet("ip4:253", elsewhere) as stranger,
            host.net.Dialer(local_addr=net.IPAddr(here)).dial("ip4:253", there) as conn,
        ):
            assert (conn.local_addr, conn.remote_addr) == (net.IPAddr(here), net.IPAddr(there))
            assert repr(conn) == f"<IPConn ip4 {here}->{there}>"
            assert await conn.write(b"question") == 8
            assert await server.read_from() == (b"question", net.IPAddr(here))
            await stranger.write_to(b"noise", conn.local_addr)
            await server.write_to(b"answer", conn.local_addr)
            assert await conn.read_from() == (b"answer", net.IPAddr(there))
            assert await conn.writelines([b"in ", b"pieces"]) == 9
            assert await server.read_from() == (b"in pieces", net.IPAddr(here))
            await server.write_to(b"again", conn.local_addr)
            assert (await conn.read(100))[20:] == b"again"

    hosts.run(host_name, body)


def test_the_peer_is_the_one_given(host_name: str) -> None:
    """The kernel does not know it (GO_NET 2.14)."""

    async def body(host: hosts.Host) -> None:
        for network, address, given in (
            ("ip4:253", "127.0.0.9", net.IPAddr("127.0.0.9")),
            ("ip4:253", "0.0.0.0", net.IPAddr("0.0.0.0")),
            ("ip:253", "::ffff:127.0.0.9", net.IPAddr("127.0.0.9")),
            ("ip6:253", "::1", net.IPAddr("::1")),
            ("ip6:253", "::1%lo", net.IPAddr("::1", "lo")),
            ("ip6:253", "::1%1", net.IPAddr("::1", "1")),
        ):
            async with host.net.dial(network, address) as conn:
                assert conn.remote_addr == given
                assert str(conn.remote_addr) == str(given)
        for given in (net.IPAddr(), net.IPAddr("127.0.0.9")):
            async with host.net.dial_ip("ip4:253", None, given) as conn:
                assert conn.remote_addr is given
                assert isinstance(conn.local_addr, net.IPAddr)

    hosts.run(host_name, body)


def test_the_unspecified_address_is_this_machine(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        async with host.net.dial("ip4:254", "0.0.0.0") as conn:
            assert conn.local_addr == net.IPAddr("127.0.0.1")
        async with host.net.dial("ip6:254", "::") as conn:
            assert conn.local_addr == net.IPAddr("::1")

    hosts.run(host_name, body)


def test_zones(host_name: str) -> None:
    """A link-local address says by which link."""

    async def body(host: hosts.Host) -> None:
        here, there = net.IPAddr(LINK_ONE, "lo"), net.IPAddr(LINK_TWO, "lo")
        with own_network():
            one = await host.net.listen_packet("ip6:253", str(here))
            two = await host.net.dial_ip("ip6:253", there, net.IPAddr(LINK_ONE, "1"))
        async with one, two:
            assert (one.local_addr, two.local_addr) == (here, there)
            # As it was given: a zone has a name and a number.
            assert str(two.remote_addr) == f"{LINK_ONE}%1"
            assert await one.write_to(b"by lo", there) == 5
            assert await two.read_from() == (b"by lo", here)
            assert await one.write_to(b"by 1", net.IPAddr(LINK_TWO, "1")) == 4
            assert await two.read_from() == (b"by 1", here)
            assert await two.write(b"back") == 4
            assert await one.read_from() == (b"back", there)

    hosts.run(host_name, body)


def test_short_buffers(host_name: str) -> None:
    """The header takes nothing of what was asked for; what is longer is cut without a word."""

    async def body(host: hosts.Host) -> None:
        async with (
            host.net.listen_packet("ip4:253", somewhere()) as one,
            host.net.listen_packet("ip4:253", somewhere()) as two,
        ):
            there, sender = two.local_addr, one.local_addr
            for n in (0, 1, 5, 6, 7):
                await one.write_to(b"abcdef", there)
                assert await two.read_from(n) == (b"abcdef"[:n], sender)
                await one.write_to(b"abcdef", there)
                buffer = bytearray(n)
                assert await two.read_from_into(buffer) == (min(n, 6), sender)
                assert bytes(buffer[:6]) == b"abcdef"[:n]
            # Of the packet itself, header and all.
            await one.write_to(b"abcdef", there)
            assert len(await two.read(23)) == 23
            with pytest.raises(ValueError, match="negative"):
                await two.read_from(-1)
            for wrong in ("text", 5, None):
                with pytest.raises(TypeError):
                    await one.write_to(wrong, there)
            await one.write_to(b"kept", there)
            for wrong in (b"read-only", "text", None, memoryview(bytearray(9)).toreadonly()):
                with pytest.raises(TypeError):
                    await two.read_from_into(wrong)
            # Whoever brings a wrong buffer loses nothing.
            assert await two.read_from() == (b"kept", sender)

    hosts.run(host_name, body)


def test_too_long(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        async with host.net.listen_packet("ip4:253", somewhere()) as conn:
            here = conn.local_addr
            with pytest.raises(OSError) as caught:
                await conn.write_to(bytes(65_516), here)
            assert caught.value.errno == errno.EMSGSIZE
            assert str(caught.value) == f"write ip4 {here}->{here}: sendto: {os.strerror(errno.EMSGSIZE)}"

    hosts.run(host_name, body)


def test_one_packet_for_all(host_name: str) -> None:
    """Every socket of the protocol at that address gets a copy, and none of another protocol."""

    async def body(host: hosts.Host) -> None:
        here = somewhere()
        async with (
            host.net.listen_packet("ip4:253", here) as one,
            host.net.listen_packet("ip4:253", here) as two,
            host.net.listen_packet("ip4:254", here) as other,
        ):
            await one.write_to(b"for 253", net.IPAddr(here))
            await other.write_to(b"for 254", net.IPAddr(here))
            for conn in (one, two):
                assert await conn.read_from() == (b"for 253", net.IPAddr(here))
            assert await other.read_from() == (b"for 254", net.IPAddr(here))

    hosts.run(host_name, body)


async def refuses(conn: Any, network: str, wrong: Any, number: int = errno.EINVAL) -> None:
    with pytest.raises(OSError) as caught:
        await conn.write_to(b"x", wrong)
    assert isinstance(caught.value, net.OpError)
    assert not isinstance(caught.value, net.WriteToConnectedError)
    assert caught.value.errno == number
    target = "" if wrong is None else f"->{wrong}"
    assert str(caught.value) == f"write {network} {conn.local_addr}{target}: {os.strerror(number)}"


def test_wrong_destinations(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        v4, v6 = net.IPAddr("127.0.0.1"), net.IPAddr("::1")
        wrong = [net.UDPAddr("127.0.0.1", 1), net.TCPAddr("::1", 1), net.UnixAddr("/x"), None]
        async with (
            host.net.listen_packet("ip4:253", somewhere()) as four,
            host.net.listen_packet("ip6:253", "::1") as six,
            host.net.dial("ip4:253", "127.0.0.1") as dialed,
        ):
            for conn, network in ((four, "ip4"), (six, "ip6")):
                for addr in wrong:
                    await refuses(conn, network, addr)
            for worse in ("127.0.0.1", ("127.0.0.1", 0), 5, v4.ip):
                with pytest.raises(TypeError):
                    await four.write_to(b"x", worse)
            with pytest.raises(net.AddrError, match=r"->::1: address ::1: non-IPv4 address$"):
                await four.write_to(b"x", v6)
            # Linux would take the mapped address, and nothing would arrive anywhere.
            with pytest.raises(net.AddrError, match=r"->127.0.0.1: address 127.0.0.1: non-IPv6 address$"):
                await six.write_to(b"x", v4)
            for addr in wrong:
                with pytest.raises(OSError) as caught:
                    await dialed.write_to(b"x", addr)
                assert caught.value.errno == errno.EINVAL
            with pytest.raises(net.WriteToConnectedError) as connected:
                await dialed.write_to(b"x", v4)
            assert str(connected.value) == (
                f"write ip4 {dialed.local_addr}->127.0.0.1: use of WriteTo with pre-connected connection"
            )
            with pytest.raises(OSError) as caught:
                await four.write(b"x")
            assert caught.value.errno == errno.EDESTADDRREQ

    hosts.run(host_name, body)


def test_closed(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        conn = await host.net.listen_packet("ip4:253", somewhere())
        addr = conn.local_addr
        waiting = host.start(conn.read_from)
        await host.blocked(conn)
        conn.close()
        with pytest.raises(net.ClosedError) as caught:
            await waiting
        assert str(caught.value) == f"read ip4 {addr}: use of closed network connection"
        calls: list[Callable[[], Any]] = [
            conn.read_from,
            lambda: conn.read_from(0),
            lambda: conn.read_from_into(bytearray(5)),
            lambda: conn.read_from_into(bytearray()),
            lambda: conn.write_to(b"x", addr),
            conn.read,
        ]
        for call in calls:
            with pytest.raises(net.ClosedError):
                await call()

    hosts.run(host_name, body)


def test_deadlines(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        async with host.net.listen_packet("ip4:253", somewhere()) as conn:
            addr = conn.local_addr
            await conn.write_to(b"there already", addr)
            conn.set_read_deadline(0.0)
            for call in (conn.read_from, lambda: conn.read_from_into(bytearray(50)), conn.read):
                with pytest.raises(net.DeadlineExceededError) as caught:
                    await call()
                assert str(caught.value) == f"read ip4 {addr}: i/o timeout"
            conn.set_read_deadline(None)
            assert await conn.read_from() == (b"there already", addr)

    hosts.run(host_name, body)


def test_options(host_name: str) -> None:
    """Sending to everybody is allowed from the start, as over UDP; buffers can be set."""

    async def body(host: hosts.Host) -> None:
        async with host.net.listen_packet("ip4:253", somewhere()) as conn:
            conn.set_read_buffer(30_000)
            conn.set_write_buffer(20_000)
            with conn.file() as sock:
                assert (sock.family, sock.type, sock.proto) == (socket.AF_INET, socket.SOCK_RAW, 253)
                assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST)
                assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) == 60_000
                assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) == 40_000
                assert sock.gettimeout() == 0.0

    hosts.run(host_name, body)


def test_adopted(host_name: str) -> None:
    """A duplicate of a raw socket, made into a connection again."""

    async def body(host: hosts.Host) -> None:
        async with host.net.listen_packet("ip4:253", somewhere()) as conn:
            with conn.file() as sock:
                again = host.net.file_packet_conn(sock)
            assert again.local_addr == conn.local_addr
            assert repr(again) == f"<IPConn ip {conn.local_addr}>"
            conn.close()
            again = hosts.view(again) if host.is_threads else again
            assert await again.write_to(b"to itself", again.local_addr) == 9
            assert await again.read_from() == (b"to itself", again.local_addr)
            again.close()

    hosts.run(host_name, body)
