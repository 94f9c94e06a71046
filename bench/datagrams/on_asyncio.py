"""asyncio's own: a DatagramProtocol, and `sendto` of its transport."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any

from ..servers.on_asyncio import run
from . import AHEAD, ANSWER, BUFFER, HOST, PATIENCE, WINDOW
from .meter import Meter, Task


class _Receiver(asyncio.DatagramProtocol):
    count = 0

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self.count += 1
        if not self.count % WINDOW:
            self.transport.sendto(ANSWER, addr)


class _Sender(asyncio.DatagramProtocol):
    def __init__(self, task: Task, meter: Meter) -> None:
        self.there, self.data, self.meter = (HOST, task.port), bytes(task.size), meter
        self.ended = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        for _ in range(AHEAD):
            self.window()

    def window(self) -> None:
        for _ in range(WINDOW):
            self.transport.sendto(self.data, self.there)

    def datagram_received(self, data: bytes, addr: Any) -> None:
        if self.meter.answered():
            self.window()
        elif not self.ended.done():
            self.ended.set_result(None)


async def _open(make: Callable[[], asyncio.DatagramProtocol]) -> tuple[Any, Any]:
    transport, protocol = await asyncio.get_running_loop().create_datagram_endpoint(make, (HOST, 0))
    sock = transport.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER)
    return transport, protocol


async def _receive(ready: Callable[[int], None]) -> None:
    transport, _ = await _open(_Receiver)
    ready(transport.get_extra_info("sockname")[1])
    await asyncio.get_running_loop().create_future()


async def _send(task: Task, meter: Meter) -> None:
    transport, protocol = await _open(lambda: _Sender(task, meter))
    async with asyncio.timeout(PATIENCE + task.warm_up + task.seconds):
        await protocol.ended
    transport.close()


def receive(variant: str, ready: Callable[[int], None]) -> None:
    """`variant` is the loop: `asyncio` or `uvloop`."""
    run(_receive(ready), uvloop=variant == "uvloop")


def send(variant: str, task: Task, meter: Meter) -> None:
    """Send until the meter has enough."""
    run(_send(task, meter), uvloop=variant == "uvloop")
