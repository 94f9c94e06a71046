"""dnspython's two stub resolvers, for asyncio and for threads, without a cache."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import dns.asyncresolver
import dns.resolver

from . import ADDRESS, HOST, TIMEOUT
from .meter import Meter, Task


def _set_up(resolver: Any, task: Task) -> None:
    resolver.nameservers = [HOST]
    resolver.port = task.port
    resolver.lifetime = TIMEOUT
    resolver.cache = None


def _check(answer: dns.resolver.Answer) -> None:
    if [record.address for record in answer] != [ADDRESS]:
        raise RuntimeError("a wrong address")


async def look_up(resolver: dns.asyncresolver.Resolver, meter: Meter) -> None:
    """Look one name up after another."""
    while name := meter.name():
        _check(await resolver.resolve(name, "A"))


async def _in_tasks(task: Task, meter: Meter) -> None:
    resolver = dns.asyncresolver.Resolver(configure=False)
    _set_up(resolver, task)
    async with asyncio.TaskGroup() as tasks:
        for _ in range(task.concurrent):
            tasks.create_task(look_up(resolver, meter))


def _in_threads(task: Task, meter: Meter) -> None:
    resolver = dns.resolver.Resolver(configure=False)
    _set_up(resolver, task)

    def look_up() -> None:
        while name := meter.name():
            _check(resolver.resolve(name, "A"))

    with ThreadPoolExecutor(task.concurrent) as threads:
        for done in [threads.submit(look_up) for _ in range(task.concurrent)]:
            done.result()


def run(variant: str, task: Task, meter: Meter) -> None:
    """`variant` is `asyncio` or `threads`."""
    if variant == "threads":
        _in_threads(task, meter)
    else:
        asyncio.run(_in_tasks(task, meter))
