"""What asyncio offers itself, streams and Protocol, on the stock loop and on uvloop's."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from . import BACKLOG, CHUNK, HOST


class Echo(asyncio.Protocol):
    """The callback way: no task, no await, and no back pressure either."""

    transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self.transport = transport  # type: ignore[assignment]  # uvloop's is no asyncio.Transport

    def data_received(self, data: bytes) -> None:
        """Write back what came."""
        self.transport.write(data)


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Serve one connection the way asyncio's own example does."""
    try:
        while data := await reader.read(CHUNK):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


async def _serve(variant: str, ready: Callable[[int], None]) -> None:
    if "streams" in variant:
        server = await asyncio.start_server(echo, HOST, 0, backlog=BACKLOG)
    else:
        server = await asyncio.get_running_loop().create_server(Echo, HOST, 0, backlog=BACKLOG)
    ready(server.sockets[0].getsockname()[1])
    await server.serve_forever()


def serve(variant: str, ready: Callable[[int], None]) -> None:
    """`variant` holds `streams` unless it is to be the Protocol, and `uvloop` for its loop."""
    run(_serve(variant, ready), uvloop="uvloop" in variant)


def run(main: Coroutine[Any, Any, None], *, uvloop: bool) -> None:
    """Run a coroutine on the stock loop or on uvloop's."""
    factory: Callable[[], asyncio.AbstractEventLoop] | None = None
    if uvloop:
        import uvloop as loops

        factory = loops.new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(main)
