"""Two ends of TLS over a connection, and what each says of how it went."""

from __future__ import annotations

import datetime
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import dialnet
from tests.certificates import NAME, client_context, server_context
from tests.hosts import PATIENCE, Host

# Nothing waits longer: a test that hangs fails by itself.
LIMIT = datetime.timedelta(seconds=PATIENCE)


@asynccontextmanager
async def plain_pair(host: Host, network: str = "tcp", address: str = "127.0.0.1:0") -> AsyncIterator[Any]:
    """Both ends of a connection, without TLS."""
    async with host.net.listen(network, address) as ln:
        client = await host.net.dial(network, str(ln.addr))
        server = await ln.accept()
    try:
        client.set_deadline(LIMIT)
        server.set_deadline(LIMIT)
        yield client, server
    finally:
        client.close()
        server.close()


@asynccontextmanager
async def secure_pair(
    host: Host,
    ours: Any = None,
    theirs: Any = None,
    name: str = NAME,
    **below: str,
) -> AsyncIterator[Any]:
    """The client's and the server's end; nothing has been said yet."""
    async with plain_pair(host, **below) as (one, two):
        client = host.tls.client(one, ours or client_context(), name)
        server = host.tls.server(two, theirs or server_context())
        client.set_deadline(LIMIT)
        server.set_deadline(LIMIT)
        try:
            yield client, server
        finally:
            client.close()
            server.close()


@asynccontextmanager
async def talking_pair(host: Host, *args: Any, **kwargs: Any) -> AsyncIterator[Any]:
    """As `secure_pair`, after the handshake and a word each way, tickets read."""
    async with secure_pair(host, *args, **kwargs) as (client, server):
        talking = host.start(talk, server)
        await talk(client)
        await talking
        yield client, server


async def over_a_pipe(host: Host) -> tuple[Any, Any, Any, Any]:
    """Which has no buffer: what one writes the other has to read."""
    one, two = host.pipe()
    client, server = host.tls.client(one, client_context(), NAME), host.tls.server(two, server_context())
    client.set_deadline(LIMIT)
    server.set_deadline(LIMIT)
    job = host.start(server.handshake)
    await client.handshake()
    await job
    job = host.start(server.write, b".")
    assert await client.read(1) == b"."
    await job
    return one, two, client, server


async def talk(conn: Any) -> None:
    await conn.handshake()
    await conn.write(b".")
    assert await conn.read(1) == b"."


async def failure(conn: Any) -> dialnet.OpError | None:
    """Why there can be no talk; None if there can. Closes it."""
    try:
        await talk(conn)
    except dialnet.OpError as err:
        return err
    finally:
        conn.close()
    return None


async def failures(host: Host, client: Any, server: Any) -> tuple[Any, Any]:
    """What the client and the server say."""
    serving = host.start(failure, server)
    ours = await failure(client)
    return ours, await serving
