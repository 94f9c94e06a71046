"""Programs nobody here wrote at the other end of raw sockets, or looking on: ping, socat, tcpdump."""

from __future__ import annotations

import os
import struct
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import dialnet as net
from dialnet.sockets.icmp import Reply, checksum, pack_request, parse, parse_request
from tests import hosts
from tests.interop import programs
from tests.rawip.network import somewhere

pytestmark = pytest.mark.usefixtures("raw")

MESSAGES = [b"x", os.urandom(100), os.urandom(1480), os.urandom(8000)]


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="dialnet-") as made:
        yield Path(made)


async def requests_with(conn: Any, version: int, pattern: bytes, count: int) -> list[tuple[int, int]]:
    """Identifier and number of the next echo requests with this in them; others' are passed over."""
    found: list[tuple[int, int]] = []
    while len(found) < count:
        message, _ = await conn.read_from()
        request = parse_request(version, message)
        if request is not None and message.endswith(pattern):
            assert version == 6 or checksum(message) == 0
            found.append(request)
    return found


@pytest.mark.parametrize("version", [4, 6])
def test_ping_is_heard(host_name: str, folder: Path, version: int) -> None:
    """A raw ICMP socket sees the requests that ping sends, and the kernel answers them all the same."""
    pattern = os.urandom(16)
    address = somewhere() if version == 4 else "::1"
    network = "ip4:icmp" if version == 4 else "ip6:ipv6-icmp"

    async def body(host: hosts.Host) -> None:
        async with host.net.listen_packet(network, address) as conn:
            argv = ("ping", "-c", "3", "-i", "0.05", "-s", "40", "-p", pattern.hex(), address)
            with programs.start(folder, *argv) as ping:
                # The pattern fills what is behind ping's own 16 bytes, and begins anew when it is over.
                found = await requests_with(conn, version, pattern[:8], 3)
                assert [number for _, number in found] == [1, 2, 3]
                assert len({identifier for identifier, _ in found}) == 1
                assert b"3 received" in await ping.end(host)

    hosts.run(host_name, body)


@pytest.mark.parametrize("version", [4, 6])
def test_the_kernel_answers(host_name: str, version: int) -> None:
    """An echo request of ours over a dialed connection."""
    data = os.urandom(56)
    network, address = ("ip4:1", somewhere()) if version == 4 else ("ip6:58", "::1")

    async def body(host: hosts.Host) -> None:
        async with host.net.dial(network, address) as conn:
            request = pack_request(version, 4711, 65_535, data)
            assert await conn.write(request) == len(request)
            while True:
                message, sender = await conn.read_from()
                assert sender == net.IPAddr(address)
                if (reply := parse(version, message)) == Reply(4711, 65_535, data):
                    break
                # Our own request comes by as well, and over IPv6 maybe somebody else's answer.
                assert reply is None or version == 6

    hosts.run(host_name, body)


def test_socat_receives(host_name: str, folder: Path) -> None:
    async def body(host: hosts.Host) -> None:
        address = somewhere()
        argv = ("socat", "-d", "-d", "-u", f"IP4-RECV:253,bind={address}", "-")
        with programs.start(folder, *argv) as socat:
            socat.ready("starting data transfer loop")
            async with host.net.dial("ip4:253", address) as conn:
                sent = b""
                for message in MESSAGES:
                    assert await conn.write(message) == len(message)
                    sent += message
                    await socat.wrote(host, sent)

    hosts.run(host_name, body)


def test_socat_sends(host_name: str, folder: Path) -> None:
    async def body(host: hosts.Host) -> None:
        async with host.net.listen_packet("ip4:253", somewhere()) as conn:
            theirs = net.IPAddr(somewhere())
            argv = ("socat", "-t30", "-", f"IP4-SENDTO:{conn.local_addr}:253,bind={theirs}")
            with programs.start(folder, *argv, stdin=MESSAGES[-1]) as socat:
                assert await conn.read_from() == (MESSAGES[-1], theirs)
                for message in MESSAGES:
                    assert await conn.write_to(message, theirs) == len(message)
                await socat.wrote(host, b"".join(MESSAGES))

    hosts.run(host_name, body)


@pytest.mark.parametrize("message", MESSAGES, ids=len)
def test_socat_echoes(host_name: str, folder: Path, message: bytes) -> None:
    async def body(host: hosts.Host) -> None:
        address = somewhere()
        argv = ("socat", "-d", "-d", f"IP4-RECVFROM:253,bind={address}", "PIPE")
        with programs.start(folder, *argv) as socat:
            socat.ready("receiving on")
            dialer = host.net.Dialer(local_addr=net.IPAddr(somewhere()))
            async with dialer.dial("ip4:253", address) as conn:
                assert await conn.write(message) == len(message)
                assert await conn.read_from() == (message, net.IPAddr(address))

    hosts.run(host_name, body)


def test_tcpdump_sees_the_same(host_name: str, folder: Path) -> None:
    """What it has captured, read back from its file."""
    capture = folder / "capture"

    async def body(host: hosts.Host) -> None:
        here, there = somewhere(), somewhere()
        # As root it would give up its rights, and could not write into our folder.
        argv = ("tcpdump", "-Z", "root", "-i", "lo", "-n", "-U", "-w", str(capture), f"host {there}")
        with programs.start(folder, *argv) as tcpdump:
            tcpdump.ready("listening on lo")
            async with (
                host.net.listen_packet("ip4:253", there) as two,
                host.net.listen_packet("ip4:253", here) as one,
            ):
                for message in MESSAGES:
                    await one.write_to(message, two.local_addr)
                    assert await two.read_from() == (message, one.local_addr)
            await host.until(lambda: len(packets(capture.read_bytes())) >= len(MESSAGES))
        seen = packets(capture.read_bytes())
        assert len(seen) == len(MESSAGES)
        for message, packet in zip(MESSAGES, seen):
            assert packet[9] == 253
            assert packet[12:20] == net.parse_ip(here).packed + net.parse_ip(there).packed
            assert packet[20:] == message
        with programs.start(folder, "tcpdump", "-n", "-t", "-r", str(capture)) as reader:
            lines = (await reader.end(host)).decode().splitlines()
        assert len(lines) == len(MESSAGES)
        for message, line in zip(MESSAGES, lines):
            assert line.startswith(f"IP {here} > {there}: ")
            assert line.endswith(f"253 {len(message)}")

    hosts.run(host_name, body)


def packets(capture: bytes) -> list[bytes]:
    """The IP packets of a capture file (draft-ietf-opsawg-pcap), as far as it has been written."""
    found: list[bytes] = []
    at = 24
    while len(capture) - at >= 16:
        length = struct.unpack_from("=I", capture, at + 8)[0]
        if at + 16 + length > len(capture):
            break
        # Loopback's frames have an Ethernet header.
        found.append(capture[at + 16 + 14 : at + 16 + length])
        at += 16 + length
    return found
