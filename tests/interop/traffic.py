"""What goes over the connections, and the bodies that send and take it."""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import random
from collections.abc import AsyncIterator, Iterator
from typing import Any

from tests.hosts import PATIENCE, Host

# Nothing waits longer: a test that hangs fails by itself.
LIMIT = datetime.timedelta(seconds=PATIENCE)
MIB = 1 << 20


def random_bytes(size: int, seed: int = 1) -> bytes:
    """The same bytes every time, every value among them."""
    return random.Random(seed).randbytes(size)


PAYLOAD = random_bytes(MIB + 1)
MESSAGES = [random_bytes(size, size) for size in (1, 100, 1472, 8000)]

_POOL = random_bytes(MIB + 1024)


def blocks(total: int) -> Iterator[memoryview]:
    """`total` bytes in pieces of a MiB, no two alike, out of one that is shared."""
    view = memoryview(_POOL)
    for number in range(total // MIB):
        yield view[number : number + MIB]


def hash_of_blocks(total: int) -> str:
    digest = hashlib.sha256()
    for block in blocks(total):
        digest.update(block)
    return digest.hexdigest()


@contextlib.asynccontextmanager
async def listening(host: Host, network: str, address: str) -> AsyncIterator[Any]:
    async with host.net.listen(network, address) as ln:
        ln.set_deadline(LIMIT)
        yield ln


@contextlib.asynccontextmanager
async def accepted(ln: Any) -> AsyncIterator[Any]:
    async with await ln.accept() as conn:
        conn.set_deadline(LIMIT)
        yield conn


@contextlib.asynccontextmanager
async def dialed(host: Host, network: str, address: str) -> AsyncIterator[Any]:
    async with host.net.dial(network, address) as conn:
        conn.set_deadline(LIMIT)
        yield conn


@contextlib.asynccontextmanager
async def listening_packets(host: Host, network: str, address: str) -> AsyncIterator[Any]:
    async with host.net.listen_packet(network, address) as conn:
        conn.set_deadline(LIMIT)
        yield conn


async def echo(conn: Any) -> None:
    """Send everything back, to its end and ours."""
    while data := await conn.read(65536):
        assert await conn.write(data) == len(data)
    conn.close_write()


async def send_all(conn: Any, data: bytes) -> None:
    assert await conn.write(data) == len(data)
    conn.close_write()


async def is_echoed(host: Host, conn: Any, data: bytes) -> None:
    """All of it comes back while it is still being sent, and then the end."""
    sending = host.start(send_all, conn, data)
    got = await conn.read()
    await sending
    assert got == data


async def are_echoed(conn: Any, messages: list[bytes]) -> None:
    """Each message comes back, alone and whole."""
    for message in messages:
        assert await conn.write(message) == len(message)
        assert await conn.read(65536) == message
