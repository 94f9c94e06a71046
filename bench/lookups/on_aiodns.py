"""aiodns: c-ares, which does its I/O in a thread of its own (its default), and futures of the loop."""

from __future__ import annotations

import asyncio

import aiodns

from ..servers.on_asyncio import run as run_asyncio
from . import ADDRESS, HOST, TIMEOUT
from .meter import Meter, Task


async def look_up(resolver: aiodns.DNSResolver, meter: Meter) -> None:
    """Look one name up after another."""
    while name := meter.name():
        answer = (await resolver.query_dns(name, "A")).answer
        if [record.data.addr for record in answer] != [ADDRESS]:
            raise RuntimeError("a wrong address")


async def _main(task: Task, meter: Meter) -> None:
    resolver = aiodns.DNSResolver(nameservers=[f"{HOST}:{task.port}"], timeout=TIMEOUT)
    async with asyncio.TaskGroup() as tasks:
        for _ in range(task.concurrent):
            tasks.create_task(look_up(resolver, meter))
    await resolver.close()


def run(variant: str, task: Task, meter: Meter) -> None:
    """`variant` is the loop: `asyncio` or `uvloop`."""
    run_asyncio(_main(task, meter), uvloop=variant == "uvloop")
