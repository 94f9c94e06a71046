"""`read_packet`: what the kernel knows of a datagram, as fields."""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path
from typing import Any

import pytest

import dialnet as net
from dialnet.system import facts
from tests import hosts
from tests.interop import programs
from tests.messages.pairs import pair

IPV6_UNICAST_HOPS, IPV6_TCLASS = 16, 67


@pytest.fixture(autouse=True)
def _some_time_is_stamped() -> Any:
    """The kernel stamps datagrams from some time after the first socket that asks for it was made."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setsockopt(*facts.TIME, 1)
        yield


def plain(family: int, **options: int) -> socket.socket:
    """A socket of the standard library's, with a time to live and a type of service."""
    sock = socket.socket(family, socket.SOCK_DGRAM)
    for name, value in options.items():
        if family == socket.AF_INET:
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_TTL if name == "ttl" else socket.IP_TOS, value)
        else:
            sock.setsockopt(socket.IPPROTO_IPV6, IPV6_UNICAST_HOPS if name == "ttl" else IPV6_TCLASS, value)
    return sock


@pytest.mark.parametrize(
    ("network", "listening", "there"),
    [
        ("udp4", "0.0.0.0", "127.0.0.9"),
        ("udp6", "::", "::1"),
        ("udp", "", "127.0.0.9"),
        ("udp", "", "::1"),
        ("udp4", "127.0.0.1", "127.0.0.1"),
        ("udp6", "::1", "::1"),
    ],
)
def test_fields(host_name: str, network: str, listening: str, there: str) -> None:
    async def body(host: hosts.Host) -> None:
        async with host.net.listen_packet(network, net.join_host_port(listening, "0")) as conn:
            reading = host.start(conn.read_packet)
            await host.blocked(conn)
            port = conn.local_addr.port
            with plain(socket.AF_INET6 if ":" in there else socket.AF_INET, ttl=33, tos=0xB9) as peer:
                peer.settimeout(hosts.PATIENCE)
                peer.bind(("::1" if ":" in there else "127.0.0.1", 0))
                begin = time.time()
                peer.sendto(b"data", (there, port))
                packet = await reading
                assert packet == net.Packet(
                    data=b"data",
                    addr=net.UDPAddr(*peer.getsockname()[:2]),
                    dst=net.UDPAddr(there, port),
                    interface="lo",
                    ttl=33,
                    tos=0xB9,
                    timestamp=packet.timestamp,
                    truncated=False,
                )
                assert type(packet.timestamp) is float
                assert begin - 1 <= packet.timestamp <= time.time() + 1
                assert type(packet.truncated) is bool
                # It answers where it came from.
                await conn.write_to(b"answer", packet.addr)
                assert peer.recv(100) == b"answer"

    hosts.run(host_name, body)


def test_time(host_name: str) -> None:
    """It is the kernel's, not the reader's."""

    async def body(host: hosts.Host) -> None:
        async with pair(host, "udp4") as (client, server):
            await client.write(b"first")
            await server.read_packet()
            for _ in range(20):
                begin = time.time()
                await client.write(b"sent")
                end = time.time()
                await host.pause(0.3)
                packet = await server.read_packet()
                # The clock may be set meanwhile, by little. The kernel begins to take down times a moment
                # after it was asked to; until then it gives the reader's.
                if begin - 0.1 <= packet.timestamp <= end + 0.1:
                    break
            else:
                raise AssertionError("it is not the time it came at")

    hosts.run(host_name, body)


def test_what_was_there_before(host_name: str) -> None:
    """Nothing is switched on until somebody asks; what came before is read all the same."""

    async def body(host: hosts.Host) -> None:
        async with pair(host, "udp4") as (client, server):
            with server.file() as sock:
                asked = [option for option in facts.ASKED[socket.AF_INET] if sock.getsockopt(*option)]
                assert not asked
                await client.write(b"early")
                packet = await server.read_packet()
                assert packet.data == b"early"
                assert packet.dst == server.local_addr
                assert packet.interface is None
                for option in facts.ASKED[socket.AF_INET]:
                    assert sock.getsockopt(*option)
            await client.write(b"later")
            assert (await server.read_packet()).interface == "lo"

    hosts.run(host_name, body)


def test_sizes(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        async with pair(host, "udp4") as (client, server):
            for data, n, want in (
                (b"abc", 3, (b"abc", False)),
                (b"abc", 2, (b"ab", True)),
                (b"abc", 0, (b"", True)),
                (b"", 0, (b"", False)),
                (b"", 10, (b"", False)),
                (b"abc", 1 << 17, (b"abc", False)),
                (bytes(65_507), 65_536, (bytes(65_507), False)),
            ):
                await client.write(data)
                packet = await server.read_packet(n)
                assert (packet.data, packet.truncated) == want
            for wrong in (-1, -(1 << 40)):
                with pytest.raises(ValueError):
                    await server.read_packet(wrong)
            for worse in (1.5, "1", None, True):
                with pytest.raises(TypeError):
                    await server.read_packet(worse)
            await client.write(b"not lost")
            assert (await server.read_packet()).data == b"not lost"

    hosts.run(host_name, body)


def test_on_a_dialed_connection(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        async with pair(host, "udp6") as (client, server):
            await server.write_to(b"x", client.local_addr)
            packet = await client.read_packet()
            assert (packet.addr, packet.dst) == (server.local_addr, client.local_addr)
            # A refusal is the peer's error, as of any read.
            server.close()
            await client.write(b"x")
            with pytest.raises(ConnectionRefusedError) as caught:
                await client.read_packet()
            assert caught.value.op == "read"

    hosts.run(host_name, body)


def test_waits_like_a_read(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        async with pair(host, "udp4") as (_, server):
            for read in (server.read_packet, lambda: server.read_batch(5)):
                server.set_read_deadline(time.monotonic() + 0.02)
                with pytest.raises(net.DeadlineExceededError):
                    await read()
                server.set_read_deadline(None)
            reading = [host.start(server.read_packet), host.start(server.read_batch, 3)]
            await host.blocked(server, waiters=2)
            server.close()
            for each in reading:
                with pytest.raises(net.ClosedError):
                    await each
            with pytest.raises(net.ClosedError):
                await server.read_packet()
        async with host.net.listen_packet("udp", "127.0.0.1:0") as fresh:
            fresh.close()
            for read in (fresh.read_packet, lambda: fresh.read_batch(5)):
                with pytest.raises(net.ClosedError) as closed:
                    await read()
                assert closed.value.op == "read"

    hosts.run(host_name, body)


def test_told_by_a_kernel_that_tells_nothing(host_name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Options that it does not know, and none at all."""
    asked = dict.fromkeys(facts.ASKED, ((socket.IPPROTO_IP, 7777), (99, 1)))
    monkeypatch.setattr("dialnet.connections.incoming.ASKED", asked)

    async def body(host: hosts.Host) -> None:
        async with pair(host, "udp4") as (client, server):
            for read in (server.read_packet, lambda: first(server.read_batch(1))):
                await client.write(b"x")
                assert await read() == (b"x", client.local_addr, None, None, None, None, None, False)

    hosts.run(host_name, body)


async def first(reading: Any) -> Any:
    return (await reading)[0]


def test_control_messages_of_others(host_name: str) -> None:
    """What the program itself has switched on does not get in the way."""

    async def body(host: hosts.Host) -> None:
        async with pair(host, "udp4") as (client, server):
            with server.file() as sock:
                for option in (29, 40):  # SO_TIMESTAMP, which takes SO_TIMESTAMPNS' place, and SO_RXQ_OVFL
                    sock.setsockopt(socket.SOL_SOCKET, option, 1)
            for read in (server.read_packet, lambda: first(server.read_batch(1))):
                await client.write(b"x")
                packet = await read()
                assert packet.data == b"x"
                assert (packet.ttl, packet.dst) == (64, server.local_addr)

    hosts.run(host_name, body)


def test_from_socat(host_name: str, tmp_path: Path) -> None:
    async def body(host: hosts.Host) -> None:
        async with host.net.listen_packet("udp4", "127.0.0.1:0") as conn:
            conn.set_deadline(time.monotonic() + hosts.PATIENCE)
            reading = host.start(conn.read_packet)
            await host.blocked(conn)
            argv = ("socat", "-u", "-", f"UDP4-SENDTO:{conn.local_addr},ttl=17,tos=184")
            with programs.start(tmp_path, *argv, stdin=b"from socat") as socat:
                packet = await reading
                assert (packet.data, packet.ttl, packet.tos) == (b"from socat", 17, 184)
                assert packet.interface == "lo"
                await socat.end(host)

    hosts.run(host_name, body)


def test_an_interface_that_is_renamed() -> None:
    """The name is at most a second old; here it is a matter of what is remembered."""
    from dialnet.connections.packet import Meaning

    names = iter(["one", "two"])
    meaning = Meaning(5)
    with pytest.MonkeyPatch.context() as patch:
        now = [100.0]
        patch.setattr("dialnet.connections.packet.monotonic", lambda: now[0])
        patch.setattr("dialnet.connections.packet.zone_of", lambda index: next(names))
        info = (7).to_bytes(4, "little") + bytes(4) + bytes((192, 0, 2, 1))
        items = [(0, 8, info)]
        for when, want in ((100.0, "one"), (100.9, "one"), (101.5, "two"), (102.0, "two")):
            now[0] = when
            meaning.refresh()
            assert meaning.of_items(items) == ((net.UDPAddr("192.0.2.1", 5), want, None, None), None, 0)


def test_link_local_destinations_have_a_zone() -> None:
    from dialnet.connections.packet import Meaning

    meaning = Meaning(5)
    for ip, zone in (
        ("fe80::1", "lo"),
        ("ff02::1", "lo"),
        ("ff11::1", "lo"),
        ("ff05::1", ""),
        ("ff0e::1", ""),
        ("2001:db8::1", ""),
    ):
        info = socket.inet_pton(socket.AF_INET6, ip) + (1).to_bytes(4, "little")
        (dst, interface, _, _), _, _ = meaning.of_items([(41, 50, info)])
        assert dst == net.UDPAddr(ip, 5, zone)
        assert interface == "lo"


def test_cut_off_control_messages() -> None:
    """They say nothing."""
    nothing = ((None, None, None, None), None, 0)
    from dialnet.connections.packet import Meaning

    meaning = Meaning(5)
    for items in ([(0, 8, b"\1\0\0")], [(1, 35, b"12345678")], [(41, 50, b"")], [(5, 5, os.urandom(9))]):
        assert meaning.of_items(items) == nothing
