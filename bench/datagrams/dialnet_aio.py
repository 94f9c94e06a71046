"""dialnet's face for tasks, on the three loops it runs under: datagrams one by one and in batches."""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine
from typing import Any

from dialnet import aio as net

from ..servers.on_asyncio import run as run_asyncio
from . import AHEAD, ANSWER, BUFFER, HOST, LARGEST, PATIENCE, WINDOW
from .meter import Meter, Task


async def _conn() -> net.UDPConn:
    conn = await net.listen_udp("udp4", net.UDPAddr(HOST))
    conn.set_read_buffer(BUFFER)
    conn.set_write_buffer(BUFFER)
    return conn


async def _receive(batches: bool, ready: Callable[[int], None]) -> None:
    async with await _conn() as conn:
        addr = conn.local_addr
        assert isinstance(addr, net.UDPAddr)
        ready(addr.port)
        count = 0
        while True:
            if batches:
                packets = await conn.read_batch(WINDOW, LARGEST)
                before, count = count, count + len(packets)
                sender: net.Addr | None = packets[-1].addr
            else:
                sender = (await conn.read_from(LARGEST))[1]
                before, count = count, count + 1
            if before // WINDOW != count // WINDOW and sender is not None:
                await conn.write_to(ANSWER, sender)


async def _send(batches: bool, task: Task, meter: Meter) -> None:
    there, data = net.UDPAddr(HOST, task.port), bytes(task.size)
    batch = [(data, there)] * WINDOW
    async with await _conn() as conn:
        ahead = 0
        while True:
            if batches:
                await conn.write_batch(batch)
            else:
                for _ in range(WINDOW):
                    await conn.write_to(data, there)
            ahead += 1
            if ahead == AHEAD:
                conn.set_read_deadline(time.monotonic() + PATIENCE)
                await conn.read_from(LARGEST)
                ahead -= 1
                if not meter.answered():
                    return


def _run(loop: str, main: Callable[..., Coroutine[Any, Any, None]], *args: Any) -> None:
    if loop == "trio":
        import trio

        trio.run(main, *args)
    else:
        run_asyncio(main(*args), uvloop=loop == "uvloop")


def receive(variant: str, ready: Callable[[int], None]) -> None:
    """`variant` is the loop, and `batch` if it is to be batches."""
    loop, _, way = variant.partition(" ")
    _run(loop, _receive, bool(way), ready)


def send(variant: str, task: Task, meter: Meter) -> None:
    """Send until the meter has enough."""
    loop, _, way = variant.partition(" ")
    _run(loop, _send, bool(way), task, meter)
