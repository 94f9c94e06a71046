"""Multicast between two machines, with socat on the other one."""

from __future__ import annotations

import errno
import time
from pathlib import Path
from typing import Any

import pytest

import dialnet as net
from tests import hosts
from tests.interop import programs
from tests.multicast.lab import Lab

FOUR, SIX, LINK = "239.1.2.3", "ff15::1234", "ff12::1234"


def limit() -> float:
    return time.monotonic() + hosts.PATIENCE


def socat_sends(far: list[str], folder: Path, group: str, port: int, data: bytes, cable: int) -> Any:
    """socat on the far machine sends this to a group by that cable."""
    if ":" in group:
        to = f"UDP6-DATAGRAM:[{group}]:{port},so-bindtodevice=far{cable}"
    else:
        source = ("192.0.2.2", "198.51.100.2")[cable - 1]
        to = f"UDP4-DATAGRAM:{group}:{port},ip-multicast-if={source}"
    return programs.start(folder, *far, "socat", "-u", "-", to, stdin=data)


async def hears(host: hosts.Host, far: list[str], folder: Path, group: str, interface: Any) -> None:
    network = "udp6" if ":" in group else "udp4"
    async with host.net.listen_multicast_udp(network, interface, net.UDPAddr(group, 0)) as conn:
        conn.set_deadline(limit())
        port = conn.local_addr.port
        assert conn.local_addr.ip.is_unspecified
        reading = host.start(conn.read_packet)
        await host.blocked(conn)
        cable = 2 if interface in ("two",) else 1
        with socat_sends(far, folder, group, port, b"from afar", cable) as socat:
            packet = await reading
            await socat.end(host)
        assert packet.data == b"from afar"
        assert packet.interface == ("two" if cable == 2 else "one")
        zone = packet.interface if group == LINK else ""
        assert packet.dst == net.UDPAddr(group, port, zone)
        assert packet.ttl == 1
        # By the other cable it is not heard, since it was not joined there.
        other = 3 - cable
        with socat_sends(far, folder, group, port, b"by the other", other) as socat:
            await socat.end(host)
        with socat_sends(far, folder, group, port, b"by this one", cable) as socat:
            await socat.end(host)
        assert (await conn.read_packet()).data == b"by this one"


@pytest.mark.parametrize("interface", [None, "two"])
@pytest.mark.parametrize("group", [FOUR, SIX, LINK])
def test_hears(lab: Lab, host_name: str, group: str, interface: str | None) -> None:
    lab.run(host_name, hears, group, interface)


async def sends(host: hosts.Host, far: list[str], folder: Path, group: str) -> None:
    """By the interface that was chosen, with that many hops, and not to ourselves unless asked for."""
    network = "udp6" if ":" in group else "udp4"
    there = f"[{group}]" if ":" in group else group
    join = "ipv6-join-group" if ":" in group else "ip-add-membership"
    listen = f"UDP{network[3:]}-RECV:0,{join}={there}:far2"
    async with host.net.listen_multicast_udp(network, "two", net.UDPAddr(group, 0)) as conn:
        conn.set_deadline(limit())
        port = conn.local_addr.port
        argv = ("socat", "-d", "-d", "-u", listen.replace(":0,", f":{port},"), "-")
        with programs.start(folder, *far, *argv) as socat:
            socat.ready("starting data transfer loop")
            group_addr = net.UDPAddr(group, port)
            assert await conn.write_to(b"hello, ", group_addr) == 7
            await socat.wrote(host, b"hello, ")
            conn.set_multicast_ttl(7)
            conn.set_multicast_loopback(True)
            assert await conn.write_batch([(b"far ", group_addr), (b"away", group_addr)]) == 2
            await socat.wrote(host, b"hello, far away")
        # Now we hear ourselves, but not what was sent before.
        packets = await conn.read_batch(10)
        packets += await conn.read_batch(10) if len(packets) < 2 else []
        assert [packet.data for packet in packets] == [b"far ", b"away"]
        conn.set_multicast_loopback(False)
        await conn.write_to(b"unheard", group_addr)
        conn.set_multicast_loopback(True)
        await conn.write_to(b"heard", group_addr)
        packet = await conn.read_packet()
        assert (packet.data, packet.ttl, packet.interface) == (b"heard", 7, "two")


@pytest.mark.parametrize("group", [FOUR, SIX])
def test_sends(lab: Lab, host_name: str, group: str) -> None:
    lab.run(host_name, sends, group)


async def joins_and_leaves(host: hosts.Host, far: list[str], folder: Path, group: str) -> None:
    """One socket, several groups on several interfaces; by name, index, object and zone."""
    network = "udp6" if ":" in group else "udp4"
    wild = "[::]:0" if ":" in group else "0.0.0.0:0"
    async with host.net.listen_packet(network, wild) as conn:
        conn.set_deadline(limit())
        port = conn.local_addr.port

        async def heard(cable: int, to: str = group) -> bool:
            """Whether it comes; what is sent to the machine itself comes after it in any case."""
            data = b"%d %s" % (cable, to.encode())
            with socat_sends(far, folder, to, port, data, cable) as socat:
                await socat.end(host)
            end = "[fd00:1::1]" if network == "udp6" else "192.0.2.1"
            argv = ("socat", "-u", "-", f"UDP{network[3:]}:{end}:{port}")
            with programs.start(folder, *far, *argv, stdin=b"end") as socat:
                await socat.end(host)
            found = False
            while (packet := await conn.read_packet()).data != b"end":
                assert packet.data == data
                found = True
            return found

        class Interface:
            index = net_index("two")

        other = "ff15::9" if network == "udp6" else "239.9.9.9"
        assert not await heard(1)
        conn.join_group(group, "one")
        assert await heard(1)
        assert not await heard(2)
        conn.join_group(group, Interface())
        assert await heard(1)
        assert await heard(2)
        assert not await heard(2, other)
        with pytest.raises(OSError) as twice:
            conn.join_group(group, net_index("one"))
        assert twice.value.errno == errno.EADDRINUSE
        conn.join_group(net.UDPAddr(other, 12345), 0 or net_index("two"))
        assert await heard(2, other)
        conn.leave_group(group, net_index("one"))
        assert not await heard(1)
        assert await heard(2)
        with pytest.raises(OSError) as never:
            conn.leave_group(group, "one")
        assert never.value.errno == errno.EADDRNOTAVAIL
        conn.leave_group(group, "two")
        assert not await heard(2)
        if network == "udp6":
            conn.join_group(net.UDPAddr(LINK, 0, "two"))
            assert await heard(2, LINK)
            assert not await heard(1, LINK)
            conn.leave_group(f"{LINK}%two")
            assert not await heard(2, LINK)


def net_index(name: str) -> int:
    import socket

    return socket.if_nametoindex(name)


@pytest.mark.parametrize("group", [FOUR, SIX])
def test_joins_and_leaves(lab: Lab, host_name: str, group: str) -> None:
    lab.run(host_name, joins_and_leaves, group)


async def hears_no_others(host: hosts.Host, far: list[str], folder: Path, group: str) -> None:
    """A group that another socket of this machine has joined, at the same port, is not ours."""
    network = "udp6" if ":" in group else "udp4"
    other = "ff15::9" if network == "udp6" else "239.9.9.9"
    async with host.net.listen_multicast_udp(network, "one", net.UDPAddr(group, 0)) as ours:
        ours.set_deadline(limit())
        port = ours.local_addr.port
        async with host.net.listen_multicast_udp(network, "one", net.UDPAddr(other, port)) as theirs:
            theirs.set_deadline(limit())
            for to, data in ((other, b"theirs"), (group, b"ours")):
                with socat_sends(far, folder, to, port, data, 1) as socat:
                    await socat.end(host)
            assert (await ours.read_from())[0] == b"ours"
            assert (await theirs.read_from())[0] == b"theirs"
            # Two of one group both hear it.
            async with host.net.listen_multicast_udp(network, "one", net.UDPAddr(group, port)) as third:
                third.set_deadline(limit())
                with socat_sends(far, folder, group, port, b"for all", 1) as socat:
                    await socat.end(host)
                assert (await ours.read_from())[0] == (await third.read_from())[0] == b"for all"


@pytest.mark.parametrize("group", [FOUR, SIX])
def test_hears_no_others(lab: Lab, host_name: str, group: str) -> None:
    lab.run(host_name, hears_no_others, group)


async def of_both_families(host: hosts.Host, far: list[str], folder: Path) -> None:
    """A socket for both hears groups of both, and sends to both by the interface that was chosen."""
    async with host.net.listen_packet("udp", ":0") as conn:
        conn.set_deadline(limit())
        port = conn.local_addr.port
        conn.set_multicast_interface("two")
        conn.set_multicast_ttl(3)
        for group in (FOUR, SIX):
            conn.join_group(group, "two")
            with socat_sends(far, folder, group, port, group.encode(), 2) as socat:
                await socat.end(host)
            packet = await conn.read_packet()
            assert packet.data == group.encode()
            assert packet.dst == net.UDPAddr(group, port)
            await conn.write_to(b"to all", net.UDPAddr(group, port))
            packet = await conn.read_packet()
            assert (packet.data, packet.ttl, packet.interface) == (b"to all", 3, "two")
            conn.leave_group(group, "two")


def test_of_both_families(lab: Lab, host_name: str) -> None:
    lab.run(host_name, of_both_families)


async def a_narrow_link(host: hosts.Host, far: list[str], folder: Path) -> None:
    """Over a link of 1,500 bytes the kernel itself refuses to cut up what is longer; it goes in fragments."""
    argv = ("socat", "-d", "-d", "-u", "-b70000", "UDP4-RECV:5005", "-")
    with programs.start(folder, *far, *argv) as socat:
        socat.ready("starting data transfer loop")
        there = net.UDPAddr("192.0.2.2", 5005)
        async with host.net.listen_packet("udp4", "192.0.2.1:0") as conn:
            sizes = [100] * 5 + [2000] * 6 + [1999] + [1472] * 7 + [3000] * 2 + [9]
            data = [bytes([65 + number]) * size for number, size in enumerate(sizes)]
            assert await conn.write_batch([(each, there) for each in data]) == len(sizes)
            await socat.wrote(host, b"".join(data))
            outgoing = getattr(conn, "seen", conn)._outgoing
            assert 1472 < outgoing._below <= 2000


def test_a_narrow_link(lab: Lab, host_name: str) -> None:
    lab.run(host_name, a_narrow_link)


async def a_slow_link(host: hosts.Host, far: list[str], folder: Path) -> None:
    """The buffer is full: the batch waits for room, and a deadline or a close tells how much had gone."""
    there = net.UDPAddr("198.51.100.2", 9)
    async with host.net.listen_packet("udp4", "198.51.100.1:0") as conn:
        conn.set_write_buffer(10_000)
        batch = [(bytes(1000), there)] * 400
        conn.set_write_deadline(time.monotonic() + 0.1)
        with pytest.raises(net.DeadlineExceededError) as late:
            await conn.write_batch(batch)
        sent = late.value.packets_written
        assert 0 < sent < 400
        assert late.value.bytes_written == sent * 1000
        conn.set_write_deadline(limit())
        # At 8 Mbit/s.
        assert await conn.write_batch(batch[:100]) == 100
        writing = host.start(conn.write_batch, batch * 5)
        await host.blocked(conn, "writing")
        conn.close()
        with pytest.raises(net.ClosedError) as closed:
            await writing
        assert 0 <= closed.value.packets_written < 2000


async def shape(host: hosts.Host, far: list[str], folder: Path, *arguments: str) -> None:
    with programs.start(folder, "tc", "qdisc", *arguments) as tc:
        await tc.end(host)


def test_a_slow_link(lab: Lab, host_name: str) -> None:
    programs.need("tc")
    rate = ("root", "tbf", "rate", "8mbit", "burst", "4kb", "limit", "2mb")
    lab.run("asyncio", shape, "add", "dev", "two", *rate)
    try:
        lab.run(host_name, a_slow_link)
    finally:
        lab.run("asyncio", shape, "del", "dev", "two", "root")
