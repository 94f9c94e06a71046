"""An echo server, a task a connection: `python examples/echo_asyncio.py tcp localhost:7000`."""

import asyncio
import sys
from contextlib import suppress

from dialnet import aio as net


async def echo(conn: net.Conn) -> None:
    """Send back what comes until the peer has ended its stream."""
    async with conn:
        with suppress(net.Error):
            while data := await conn.read(65536):
                await conn.write(data)


async def serve(listener: net.Listener) -> None:
    """Serve every connection; the loop ends when the listener is closed."""
    async with asyncio.TaskGroup() as tasks:
        async for conn in listener:
            tasks.create_task(echo(conn))


async def main() -> None:
    """Listen where the command line says."""
    async with net.listen(*sys.argv[1:3]) as listener:
        print("listening on", listener.addr, flush=True)
        await serve(listener)


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(main())
