"""socat at the other end of TCP and Unix connections."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests import hosts
from tests.interop import links, programs, traffic
from tests.interop.links import Link

STREAMS = [links.TCP4, links.TCP6, links.UNIX, links.ABSTRACT]


@pytest.mark.parametrize("link", [*STREAMS, links.SEQPACKET], ids=lambda link: link.name)
def test_socat_dials_and_is_echoed(host_name: str, folder: Path, link: Link) -> None:
    link = link.at(folder)

    async def body(host: hosts.Host) -> None:
        async with traffic.listening(host, link.network, link.here) as ln:
            argv = ("socat", "-t30", "-", link.to(ln.addr))
            with programs.start(folder, *argv, stdin=traffic.PAYLOAD) as socat:
                async with traffic.accepted(ln) as conn:
                    await traffic.echo(conn)
                    assert await socat.end(host) == traffic.PAYLOAD

    hosts.run(host_name, body)


@pytest.mark.parametrize("link", STREAMS, ids=lambda link: link.name)
def test_socat_listens_and_echoes(host_name: str, folder: Path, link: Link) -> None:
    link = link.at(folder)

    async def body(host: hosts.Host) -> None:
        with programs.start(folder, "socat", "-d", "-d", "-t30", link.listen, "EXEC:cat") as socat:
            async with traffic.dialed(host, link.network, link.dial(socat)) as conn:
                await traffic.is_echoed(host, conn, traffic.PAYLOAD)
            await socat.end(host)

    hosts.run(host_name, body)


def test_socat_listens_and_echoes_packets(host_name: str, folder: Path) -> None:
    """Of a connection of messages, each message is one, and the connection has an end."""
    link = links.SEQPACKET.at(folder)

    async def body(host: hosts.Host) -> None:
        with programs.start(folder, "socat", "-d", "-d", "-t30", link.listen, "PIPE") as socat:
            async with traffic.dialed(host, link.network, link.dial(socat)) as conn:
                await traffic.are_echoed(conn, traffic.MESSAGES)
                conn.close_write()
                assert await conn.read(100) == b""
            await socat.end(host)

    hosts.run(host_name, body)


def test_socat_dials_again_and_again(host_name: str, folder: Path) -> None:
    """One listener, a connection after the other, and several at the same time."""
    link = links.TCP4.at(folder)

    async def body(host: hosts.Host) -> None:
        async def serve(ln: Any) -> int:
            count = 0
            jobs = []
            async for conn in ln:
                conn.set_deadline(traffic.LIMIT)
                jobs.append(host.start(handle, conn))
                count += 1
            for job in jobs:
                await job
            return count

        async def handle(conn: Any) -> None:
            async with conn:
                await traffic.echo(conn)

        async with traffic.listening(host, link.network, link.here) as ln:
            serving = host.start(serve, ln)
            argv = ("socat", "-t30", "-", link.to(ln.addr))
            with (
                programs.start(folder, *argv, stdin=b"one") as one,
                programs.start(folder, *argv, stdin=b"two") as two,
            ):
                assert await one.end(host) == b"one"
                assert await two.end(host) == b"two"
            with programs.start(folder, *argv, stdin=b"three") as three:
                assert await three.end(host) == b"three"
            ln.close()
            assert await serving == 3

    hosts.run(host_name, body)
