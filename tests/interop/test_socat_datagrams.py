"""socat at the other end of UDP and Unix datagram sockets."""

from __future__ import annotations

from pathlib import Path

import pytest

from dialnet import UDPAddr, UnixAddr
from tests import hosts
from tests.interop import links, programs, traffic
from tests.interop.links import Link
from tests.interop.traffic import MESSAGES

UDP = [links.UDP4, links.UDP6]


@pytest.mark.parametrize("link", UDP, ids=lambda link: link.name)
def test_socat_sends_udp(host_name: str, folder: Path, link: Link) -> None:
    link = link.at(folder)

    async def body(host: hosts.Host) -> None:
        async with traffic.listening_packets(host, link.network, link.here) as conn:
            argv = ("socat", "-t30", "-", link.to(conn.local_addr))
            with programs.start(folder, *argv, stdin=MESSAGES[-1]) as socat:
                data, addr = await conn.read_from()
                assert data == MESSAGES[-1]
                assert isinstance(addr, UDPAddr)
                assert addr.ip == conn.local_addr.ip
                for message in MESSAGES:
                    assert await conn.write_to(message, addr) == len(message)
                await socat.wrote(host, b"".join(MESSAGES))

    hosts.run(host_name, body)


@pytest.mark.parametrize("link", UDP, ids=lambda link: link.name)
def test_socat_echoes_udp(host_name: str, folder: Path, link: Link) -> None:
    link = link.at(folder)

    async def body(host: hosts.Host) -> None:
        with programs.start(folder, "socat", "-d", "-d", link.listen, "PIPE") as socat:
            async with traffic.dialed(host, link.network, link.dial(socat)) as conn:
                await traffic.are_echoed(conn, MESSAGES)

    hosts.run(host_name, body)


def test_socat_sends_unixgram(host_name: str, folder: Path) -> None:
    ours, theirs = str(folder / "ours"), UnixAddr(str(folder / "theirs"), "unixgram")

    async def body(host: hosts.Host) -> None:
        async with traffic.listening_packets(host, "unixgram", ours) as conn:
            argv = ("socat", "-t30", "-", f"UNIX-SENDTO:{ours},bind={theirs}")
            with programs.start(folder, *argv, stdin=MESSAGES[-1]) as socat:
                assert await conn.read_from() == (MESSAGES[-1], theirs)
                for message in MESSAGES:
                    assert await conn.write_to(message, theirs) == len(message)
                await socat.wrote(host, b"".join(MESSAGES))

    hosts.run(host_name, body)


def test_socat_echoes_unixgram(host_name: str, folder: Path) -> None:
    """Our socket is connected to socat's, and has a name that socat sends to."""
    ours, theirs = (UnixAddr(str(folder / name), "unixgram") for name in ("ours", "theirs"))

    async def body(host: hosts.Host) -> None:
        argv = ("socat", "-d", "-d", f"UNIX-SENDTO:{ours},bind={theirs}", "PIPE")
        with programs.start(folder, *argv) as socat:
            socat.ready("starting data transfer loop")
            async with host.net.dial_unix("unixgram", ours, theirs) as conn:
                conn.set_deadline(traffic.LIMIT)
                await traffic.are_echoed(conn, MESSAGES)

    hosts.run(host_name, body)


@pytest.mark.parametrize("kind", ["path", "abstract"])
def test_socat_answers_unixgram(host_name: str, folder: Path, kind: str) -> None:
    """Our socket is not connected: the answer comes with the address the question went to."""
    ours, theirs = str(folder / "ours"), UnixAddr(str(folder / "theirs"), "unixgram")
    listen = f"UNIX-RECVFROM:{theirs}"
    if kind == "abstract":
        # Abstract names are any, also those of another folder's socket.
        ours, theirs = f"@{ours}", UnixAddr(f"@{theirs}", "unixgram")
        listen = f"ABSTRACT-RECVFROM:{theirs.name[1:]}"

    async def body(host: hosts.Host) -> None:
        with programs.start(folder, "socat", "-d", "-d", "-t30", listen, "PIPE") as socat:
            socat.ready("receiving on")
            async with traffic.listening_packets(host, "unixgram", ours) as conn:
                assert await conn.write_to(MESSAGES[-1], theirs) == len(MESSAGES[-1])
                assert await conn.read_from() == (MESSAGES[-1], theirs)
            await socat.end(host)

    hosts.run(host_name, body)
