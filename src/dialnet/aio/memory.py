"""A network in memory, for tasks: test a server without a socket.

::

    from dialnet.aio import memory

    async with memory.listen("server") as ln:
        tasks.create_task(serve_forever(ln))
        async with memory.dial("server", timeout=5) as conn:
            await conn.write(b"hello")

See `dialnet.memory`; it is the same network.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from ..addresses import Addr
from ..connections.gather import as_view
from ..connections.limits import DATAGRAM
from ..inmemory import network
from ..inmemory.addr import MemoryAddr
from ..inmemory.ends import writable_view
from ..inmemory.kinds import ListeningMemory, PacketMemory, StreamMemory
from ..poll.signal import CancelToken
from ..poll.task_host import drive
from ..poll.task_turns import take_turn
from .conn import Conn
from .lines import LineConn
from .listener import Listener
from .opening import Opening
from .packet import PacketConn

__all__ = [
    "MemoryAddr",
    "MemoryConn",
    "MemoryListener",
    "MemoryPacketConn",
    "dial",
    "dial_packet",
    "listen",
    "listen_packet",
]


class MemoryConn(StreamMemory, LineConn):
    """A stream in memory. Writing waits while 64 KiB were not read yet."""


class MemoryPacketConn(PacketMemory, PacketConn, Conn):
    """Datagrams in memory: dialed, with one peer (`read`, `write`), or listening (`read_from`, `write_to`).

    A datagram has up to 65,536 bytes. None is lost: sending waits while the receiver's queue is full (64
    KiB); where there is no receiver it raises `ConnectionRefusedError`.
    """

    async def read_from(self, n: int = DATAGRAM) -> tuple[bytes, Addr | None]:
        if n < 0:
            raise ValueError("cannot read a negative number of bytes")
        try:
            return await take_turn(self._fd.reading, self._fd.take, n)
        except OSError as err:
            raise self._failed("read", err) from err

    async def read_from_into(self, buffer: Any) -> tuple[int, Addr | None]:
        view = writable_view(buffer)
        data, sender = await self.read_from(len(view))
        view[: len(data)] = data
        return len(data), sender

    async def read(self, n: int | None = -1) -> bytes:
        if n == 0:
            self._check_open("read")
            return b""
        data, _ = await self.read_from(DATAGRAM if n is None or n < 0 else n)
        return data

    async def readinto(self, buffer: Any) -> int:
        view = writable_view(buffer)
        data = await self.read(len(view))
        view[: len(data)] = data
        return len(data)

    async def write_to(self, data: Any, addr: Addr) -> int:
        message = bytes(as_view(data))
        what = (message, self._destination(addr))
        try:
            return await take_turn(self._fd.writing, self._fd.send, what)
        except OSError as err:
            raise self._failed_to(addr, err) from err

    async def write(self, data: Any) -> int:
        return await self._write("write", bytes(as_view(data)))

    async def writelines(self, buffers: Iterable[Any]) -> int:
        """Send the buffers as one datagram. Its length in bytes. Raises as `write`, with op `writev`."""
        return await self._write("writev", b"".join(as_view(buffer) for buffer in buffers))

    async def _write(self, op: str, message: bytes) -> int:
        what = (message, self._peer(op))
        try:
            return await take_turn(self._fd.writing, self._fd.send, what)
        except OSError as err:
            raise self._failed(op, err) from err


class MemoryListener(ListeningMemory, Listener):
    """Accepts connections to a name in memory."""

    async def accept(self, *, cancel: CancelToken | None = None) -> MemoryConn:
        try:
            dialing = await take_turn(self._fd.reading, self._fd.take, None, cancel)
        except OSError as err:
            raise self._failed("accept", err) from err
        return MemoryConn(dialing.server, self._fd.addr, dialing.addr)


async def _listener(name: str, backlog: int) -> MemoryListener:
    return MemoryListener(network.listen(name, backlog))


async def _connection(name: str, timeout: float | timedelta | None) -> MemoryConn:
    return MemoryConn.dialed(await drive(network.connect(name, timeout)))


async def _packets(name: str) -> MemoryPacketConn:
    return MemoryPacketConn(network.open_mailbox(name))


async def _packets_with(name: str, local_name: str) -> MemoryPacketConn:
    return MemoryPacketConn(network.open_mailbox(local_name, MemoryAddr(name)))


def listen(name: str, *, backlog: int = 128) -> Opening[MemoryListener]:
    """Listen for connections by a name; `""` is a new one that nobody has, which `addr` then tells.

    Args:
        backlog: how many that were not accepted yet it holds; further dials wait.

    Raises `OpError` with EADDRINUSE if somebody listens by that name.
    """
    return Opening(_listener(name, backlog))


def dial(name: str, *, timeout: float | timedelta | None = None) -> Opening[MemoryConn]:
    """Connect to the listener of that name, within `timeout` seconds if given. A dial waits while the backlog
    is full; else, as TCP's, it is through before it is accepted.

    Raises `OpError`: `ConnectionRefusedError` where nobody listens, `DeadlineExceededError`,
    `MissingAddressError`.
    """
    return Opening(_connection(name, timeout))


def listen_packet(name: str) -> Opening[MemoryPacketConn]:
    """Receive datagrams by a name; `""` is a new one that nobody has. To send one to there, `write_to` any
    packet connection's `local_addr`, or `MemoryAddr(name)`.

    Raises `OpError` with EADDRINUSE if somebody has that name.
    """
    return Opening(_packets(name))


def dial_packet(name: str, *, local_name: str = "") -> Opening[MemoryPacketConn]:
    """A packet connection whose one peer has that name, now or later; it hears nobody else.

    Args:
        local_name: the name of this end; `""` is a new one that nobody has.

    Raises `OpError`: EADDRINUSE if somebody has the local name, `MissingAddressError`.
    """
    return Opening(_packets_with(name, local_name))
