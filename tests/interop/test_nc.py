"""OpenBSD's nc at the other end, as client and as server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dialnet import UnixAddr
from tests import hosts
from tests.interop import programs, traffic
from tests.interop.traffic import PAYLOAD

REPLY = traffic.random_bytes(300_000, 2)
MESSAGE, ANSWER = traffic.random_bytes(1400, 3), traffic.random_bytes(1000, 4)

# network, our address, nc's flags
STREAMS = [("tcp4", "127.0.0.1:0", ""), ("tcp6", "[::1]:0", ""), ("unix", "{}/ours", "U")]
UDP = [("udp4", "127.0.0.1:0"), ("udp6", "[::1]:0")]


def arguments(addr: Any) -> list[str]:
    """An address as nc takes it."""
    return [addr.name] if isinstance(addr, UnixAddr) else [str(addr.ip), str(addr.port)]


def beside(address: str) -> list[str]:
    """Where nc is to listen: an address such as ours, for itself."""
    host, _, port = address.rpartition(":")
    return [host.strip("[]"), port] if host else [address.replace("ours", "theirs")]


def listened(nc: programs.Program, address: str) -> str:
    """The address that nc listens on, once it does."""
    # nc -u only binds, and says so; else it may say both.
    said = nc.ready(r"^Bound on .* (.+)$" if "-nvul" in nc.argv else r"^Listening on (?:.* )?(.+)$")
    host, _, _ = address.rpartition(":")
    return f"{host}:{said[1]}" if host else said[1]


async def exchange(host: hosts.Host, conn: Any) -> None:
    """Each side sends its bytes and ends, while it takes the other's."""
    sending = host.start(traffic.send_all, conn, PAYLOAD)
    got = await conn.read()
    await sending
    assert got == REPLY


@pytest.mark.parametrize(("network", "address", "flag"), STREAMS, ids=lambda value: value or "-")
def test_nc_dials(host_name: str, folder: Path, network: str, address: str, flag: str) -> None:
    async def body(host: hosts.Host) -> None:
        async with traffic.listening(host, network, address.format(folder)) as ln:
            with programs.start(folder, "nc", f"-nN{flag}", *arguments(ln.addr), stdin=REPLY) as nc:
                async with traffic.accepted(ln) as conn:
                    await exchange(host, conn)
                assert await nc.end(host) == PAYLOAD

    hosts.run(host_name, body)


@pytest.mark.parametrize(("network", "address", "flag"), STREAMS, ids=lambda value: value or "-")
def test_nc_listens(host_name: str, folder: Path, network: str, address: str, flag: str) -> None:
    address = address.format(folder)

    async def body(host: hosts.Host) -> None:
        with programs.start(folder, "nc", f"-nvNl{flag}", *beside(address), stdin=REPLY) as nc:
            async with traffic.dialed(host, network, listened(nc, address)) as conn:
                # A listening nc ends when its peer has, as soon as it has nothing in hand: whatever it
                # has not read of its input by then is dropped. So its end comes first here.
                sending = host.start(conn.write, PAYLOAD)
                assert await conn.read() == REPLY
                assert await sending == len(PAYLOAD)
                conn.close_write()
            assert await nc.end(host) == PAYLOAD

    hosts.run(host_name, body)


@pytest.mark.parametrize(("network", "address"), UDP)
def test_nc_sends_udp(host_name: str, folder: Path, network: str, address: str) -> None:
    async def body(host: hosts.Host) -> None:
        async with traffic.listening_packets(host, network, address) as conn:
            with programs.start(folder, "nc", "-nu", *arguments(conn.local_addr), stdin=MESSAGE) as nc:
                data, addr = await conn.read_from()
                assert data == MESSAGE
                assert await conn.write_to(ANSWER, addr) == len(ANSWER)
                assert await conn.write_to(MESSAGE, addr) == len(MESSAGE)
                await nc.wrote(host, ANSWER + MESSAGE)

    hosts.run(host_name, body)


@pytest.mark.parametrize(("network", "address"), UDP)
def test_nc_answers_udp(host_name: str, folder: Path, network: str, address: str) -> None:
    async def body(host: hosts.Host) -> None:
        with programs.start(folder, "nc", "-nvul", *beside(address), stdin=ANSWER) as nc:
            async with traffic.dialed(host, network, listened(nc, address)) as conn:
                assert await conn.write(MESSAGE) == len(MESSAGE)
                # Whom it answers it knows from the first datagram.
                assert await conn.read(65536) == ANSWER
                assert await conn.write(ANSWER) == len(ANSWER)
                await nc.wrote(host, MESSAGE + ANSWER)

    hosts.run(host_name, body)


def test_nc_sends_unixgram(host_name: str, folder: Path) -> None:
    ours, theirs = str(folder / "ours"), UnixAddr(str(folder / "theirs"), "unixgram")

    async def body(host: hosts.Host) -> None:
        async with traffic.listening_packets(host, "unixgram", ours) as conn:
            with programs.start(folder, "nc", "-uU", "-s", theirs.name, ours, stdin=MESSAGE) as nc:
                assert await conn.read_from() == (MESSAGE, theirs)
                assert await conn.write_to(ANSWER, theirs) == len(ANSWER)
                await nc.wrote(host, ANSWER)

    hosts.run(host_name, body)


def test_nc_answers_unixgram(host_name: str, folder: Path) -> None:
    ours, theirs = (UnixAddr(str(folder / name), "unixgram") for name in ("ours", "theirs"))

    async def body(host: hosts.Host) -> None:
        with programs.start(folder, "nc", "-vluU", theirs.name, stdin=ANSWER) as nc:
            nc.ready("^Bound on")
            async with host.net.dial_unix("unixgram", ours, theirs) as conn:
                conn.set_deadline(traffic.LIMIT)
                assert await conn.write(MESSAGE) == len(MESSAGE)
                assert await conn.read(65536) == ANSWER
                await nc.wrote(host, MESSAGE)

    hosts.run(host_name, body)
