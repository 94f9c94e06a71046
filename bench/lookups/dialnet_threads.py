"""dialnet's face for threads: a thread for each lookup at a time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address

import dialnet as net

from . import ADDRESS, HOST, TIMEOUT
from .meter import Meter, Task


def look_up(resolver: net.Resolver, meter: Meter) -> None:
    """Look one name up after another."""
    expected = [IPv4Address(ADDRESS)]
    while name := meter.name():
        if resolver.lookup_ip(name, "ip4") != expected:
            raise RuntimeError("a wrong address")


def run(_: str, task: Task, meter: Meter) -> None:
    """There is only one way."""
    resolver = net.Resolver(servers=[f"{HOST}:{task.port}"], timeout=TIMEOUT)
    with ThreadPoolExecutor(task.concurrent) as threads:
        for done in [threads.submit(look_up, resolver, meter) for _ in range(task.concurrent)]:
            done.result()
