"""Tasks that are cancelled in a handshake, a read or a write; dials that are cancelled from elsewhere."""

from __future__ import annotations

import asyncio
import ssl

import pytest

import dialnet
from dialnet.tls import BrokenRecordError
from tests import hosts
from tests.certificates import client_context, server_context
from tests.tls.relay import Stall, relayed
from tests.tls.support import talk, talking_pair

V12, V13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


@pytest.mark.parametrize("version", [V12, V13], ids=["1.2", "1.3"])
@pytest.mark.parametrize("side", ["client", "server"])
def test_handshake(task_host_name: str, version: ssl.TLSVersion, side: str) -> None:
    """The next call goes on with it."""

    async def body(host: hosts.Host) -> None:
        for records in range(3):
            place = Stall(records, 0.5)
            async with relayed(host, version=version, **{f"to_{side}": place}) as ends:
                end, other = ends if side == "client" else reversed(ends)
                job = host.start(talk, other)
                for call, argument in [(end.read, 1), (end.write, b"x"), (end.read, 1)]:
                    waiting = host.start(call, argument)
                    await host.until(lambda place=place: place.reached)
                    await host.blocked(end, "reading")
                    waiting.cancel()
                    with pytest.raises(asyncio.CancelledError):
                        await waiting
                place.released = True
                await talk(end)
                await job

    hosts.run(task_host_name, body)


def test_read(task_host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        async with talking_pair(host) as (client, server):
            for number in range(3):
                jobs = [host.start(client.read, 10) for _ in range(3)]
                await host.blocked(client, "reading", 3)
                for job in jobs[:2]:
                    job.cancel()
                await server.write(b"%d" % number)
                assert await jobs[2] == b"%d" % number
                for job in jobs[:2]:
                    with pytest.raises(asyncio.CancelledError):
                        await job

    hosts.run(task_host_name, body)


def test_write(task_host_name: str) -> None:
    """Nobody knows how much has gone: nothing can come after it. One that waited behind it has done no
    harm."""

    async def body(host: hosts.Host) -> None:
        async with talking_pair(host) as (client, server):
            first = host.start(client.write, bytes(64 << 20))
            await host.blocked(client, "writing")
            second = host.start(client.write, b"second")
            await host.blocked(client, "writing", 2)
            second.cancel()
            with pytest.raises(asyncio.CancelledError):
                await second
            third = host.start(client.write, b"third")
            await host.blocked(client, "writing", 2)
            first.cancel()
            with pytest.raises(asyncio.CancelledError):
                await first
            with pytest.raises(BrokenRecordError):
                await third
            await server.write(b"still readable")
            assert await client.read(100) == b"still readable"

    hosts.run(task_host_name, body)


def test_dial(host_name: str) -> None:
    """In the handshake, with a server that says nothing; before everything; and too late."""

    async def body(host: hosts.Host) -> None:
        async with host.net.listen("tcp", "127.0.0.1:0") as ln:
            address = str(ln.addr)
            token = dialnet.CancelToken()

            async def dial() -> None:
                (await host.tls.dial("tcp", address, client_context(), cancel=token)).close()

            job = host.start(dial)
            async with await ln.accept() as conn:
                assert (await conn.read(5))[:1] == b"\x16"
                token.cancel()
                with pytest.raises(dialnet.OpError) as caught:
                    await job
                assert isinstance(caught.value, dialnet.CanceledError)
                assert caught.value.op == "handshake"
                assert caught.value.addr == ln.addr
                # It is closed.
                with pytest.raises((EOFError, ConnectionResetError)):
                    while await conn.read(1000):
                        pass
                    raise EOFError
            with pytest.raises(dialnet.CanceledError):
                await dial()
        token = dialnet.CancelToken()
        async with host.tls.listen("tcp", "127.0.0.1:0", server_context()) as ln:

            async def serve() -> None:
                async with await ln.accept() as conn:
                    await talk(conn)

            serving = host.start(serve)
            async with host.tls.dial("tcp", str(ln.addr), client_context(), cancel=token) as conn:
                token.cancel()
                await talk(conn)
            await serving

    hosts.run(host_name, body)
