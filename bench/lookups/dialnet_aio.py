"""dialnet's async face on the three loops it runs under; only the start of a task differs."""

from __future__ import annotations

import asyncio
from ipaddress import IPv4Address

from dialnet import aio as net

from ..servers.on_asyncio import run as run_asyncio
from . import ADDRESS, HOST, TIMEOUT
from .meter import Meter, Task


async def look_up(resolver: net.Resolver, meter: Meter) -> None:
    """Look one name up after another."""
    expected = [IPv4Address(ADDRESS)]
    while name := meter.name():
        if await resolver.lookup_ip(name, "ip4") != expected:
            raise RuntimeError("a wrong address")


async def _on_asyncio(task: Task, meter: Meter) -> None:
    resolver = _resolver(task)
    async with asyncio.TaskGroup() as tasks:
        for _ in range(task.concurrent):
            tasks.create_task(look_up(resolver, meter))


async def _on_trio(task: Task, meter: Meter) -> None:
    import trio

    resolver = _resolver(task)
    async with trio.open_nursery() as tasks:
        for _ in range(task.concurrent):
            tasks.start_soon(look_up, resolver, meter)


def _resolver(task: Task) -> net.Resolver:
    return net.Resolver(servers=[f"{HOST}:{task.port}"], timeout=TIMEOUT)


def run(variant: str, task: Task, meter: Meter) -> None:
    """`variant` is the loop: `asyncio`, `uvloop` or `trio`."""
    if variant == "trio":
        import trio

        trio.run(_on_trio, task, meter)
    else:
        run_asyncio(_on_asyncio(task, meter), uvloop=variant == "uvloop")
