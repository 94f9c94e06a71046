"""dialnet's async face on the three loops it runs under; only the start of a task differs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

from dialnet import aio as net

from . import CHUNK, HOST
from .on_asyncio import run


async def echo(conn: net.Conn) -> None:
    """Serve one connection."""
    async with conn:
        try:
            while data := await conn.read(CHUNK):
                await conn.write(data)
        except net.Error:
            pass


async def _on_asyncio(ready: Callable[[int], None]) -> None:
    async with net.listen("tcp", f"{HOST}:0") as listener, asyncio.TaskGroup() as tasks:
        ready(int(net.split_host_port(str(listener.addr))[1]))
        async for conn in listener:
            tasks.create_task(echo(conn))


async def _on_trio(ready: Callable[[int], None]) -> None:
    import trio

    async with net.listen("tcp", f"{HOST}:0") as listener, trio.open_nursery() as tasks:
        ready(int(net.split_host_port(str(listener.addr))[1]))
        async for conn in listener:
            tasks.start_soon(echo, conn)


def serve(variant: str, ready: Callable[[int], None]) -> None:
    """`variant` is `asyncio`, `uvloop` or `trio`."""
    if variant == "trio":
        import trio

        trio.run(partial(_on_trio, ready))
    else:
        run(_on_asyncio(ready), uvloop=variant == "uvloop")
