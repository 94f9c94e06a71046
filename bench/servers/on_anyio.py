"""anyio's streams on the stock asyncio loop."""

from __future__ import annotations

import socket
from collections.abc import Callable

import anyio
from anyio.abc import SocketAttribute, SocketStream

from . import BACKLOG, CHUNK, HOST


async def echo(stream: SocketStream) -> None:
    """Serve one connection."""
    async with stream:
        stream.extra(SocketAttribute.raw_socket).setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            while True:
                await stream.send(await stream.receive(CHUNK))
        except (anyio.EndOfStream, anyio.BrokenResourceError):
            pass


async def _serve(ready: Callable[[int], None]) -> None:
    listener = await anyio.create_tcp_listener(local_host=HOST, local_port=0, backlog=BACKLOG)
    ready(listener.extra(SocketAttribute.local_port))
    await listener.serve(echo)


def serve(variant: str, ready: Callable[[int], None]) -> None:
    """There is one variant."""
    anyio.run(_serve, ready, backend="asyncio")
