"""Reading and writing: what arrives, in which order, and whose."""

from __future__ import annotations

import hashlib
import io
import os
from typing import Any

import pytest

import dialnet as net
from tests.conformance.kinds import Kind
from tests.hosts import Host


async def read_exactly(conn: Any, n: int) -> bytes:
    data = b""
    while len(data) < n:
        got = await conn.read(n - len(data))
        assert got, f"the stream ended after {len(data)} of {n} bytes"
        data += got
    return data


async def basic_io(host: Host, kind: Kind, one: Any, two: Any) -> None:
    """What is written is what is read, both ways, by every method."""
    for size in (1, 2, 1000, 1024 if not kind.stream else 200_000):
        data = os.urandom(size)
        for source, target in ((one, two), (two, one)):
            writing = host.start(source.write, data)
            assert await read_exactly(target, size) == data
            assert await writing == size
    buffer = bytearray(100)
    writing = host.start(one.writelines, [b"ab", b"", memoryview(b"cde"), bytearray(b"f")])
    assert await two.readinto(buffer) == 6
    assert bytes(buffer[:6]) == b"abcdef"
    assert await writing == 6
    writing = host.start(two.write, memoryview(b"abcdef")[::2])
    assert await one.read(100) == b"ace"
    assert await writing == 3


async def ping_pong(host: Host, kind: Kind, one: Any, two: Any) -> None:
    """A number goes to and fro, one more each time."""

    async def player(conn: Any, serves: bool) -> int:
        count = 0
        if serves:
            await conn.write((0).to_bytes(8, "big"))
        while count < 200:
            count = int.from_bytes(await read_exactly(conn, 8), "big") + 1
            if count <= 200:  # nobody would read it
                await conn.write(count.to_bytes(8, "big"))
        return count

    other = host.start(player, two, False)
    assert {await player(one, True), await other} == {200, 201}


async def racing_reads_and_writes(host: Host, kind: Kind, one: Any, two: Any) -> None:
    """Writes of several writers are each whole; several readers get everything, once."""
    size, each, writers = (50_000, 10, 4) if kind.stream else (500, 10, 4)
    total = size * each * writers
    received: dict[int, int] = {}
    taken = 0

    async def writer(letter: int) -> None:
        for _ in range(each):
            assert await one.write(bytes([letter]) * size) == size

    async def whole_reader() -> None:
        """One reader, which sees the order."""
        while sum(received.values()) < total:
            data = await (read_exactly(two, size) if kind.stream else two.read(size))
            assert len(data) == size
            assert data.count(data[0]) == size, "two writes ran into each other"
            received[data[0]] = received.get(data[0], 0) + size

    if kind.reliable:
        jobs = [host.start(writer, letter) for letter in range(1, writers + 1)]
        await whole_reader()
        for job in jobs:
            await job
        assert received == dict.fromkeys(range(1, writers + 1), size * each)

    async def reader() -> int:
        return len(await two.read(7))

    jobs = [host.start(reader) for _ in range(3)]
    await host.blocked(two, waiters=3)
    for letter in (b"a", b"b", b"c"):
        await one.write(letter)
        # Datagrams and single bytes: one for each reader, none goes without.
        if kind.stream:
            await host.until(lambda n=letter[0] - 96: len(two._fd.reading.waiters()) <= 3 - n)
    for job in jobs:
        taken += await job
    assert taken == 3


async def much_data(host: Host, kind: Kind, one: Any, two: Any) -> None:
    """More than any buffer holds, compared by hash."""
    total, piece = (8 << 20, 1 << 20) if kind.stream else (2 << 20, 1 << 10)
    blocks = [os.urandom(piece) for _ in range(4)]
    sent, got = hashlib.sha256(), hashlib.sha256()

    async def writer() -> None:
        for i in range(total // piece):
            sent.update(blocks[i % 4])
            assert await one.write(blocks[i % 4]) == piece

    job = host.start(writer)
    left = total
    while left:
        data = await two.read(65536)
        got.update(data)
        left -= len(data)
    await job
    assert sent.digest() == got.digest()


much_data.unfit = lambda kind: not kind.reliable  # type: ignore[attr-defined]


async def zero_length(host: Host, kind: Kind, one: Any, two: Any) -> None:
    """Reading nothing returns at once; writing nothing is allowed, and is a message where there are such."""
    assert await one.read(0) == b""
    assert await one.readinto(bytearray()) == 0
    if not kind.buffered:
        reading = host.start(two.read, 10)
    elif not kind.stream and not kind.ends:
        assert await one.write(b"") == 0
        assert await two.read(10) == b""
    if kind.stream:
        assert await one.write(b"") == 0
        assert await one.writelines([]) == 0
        assert await one.writelines([b"", b""]) == 0
    await one.write(b"after")
    assert await (two.read(10) if kind.buffered else reading) == b"after"
    one.close()
    for call in (lambda: one.read(0), lambda: one.readinto(bytearray())):
        with pytest.raises(net.ClosedError):
            await call()


async def short_buffers(host: Host, kind: Kind, one: Any, two: Any) -> None:
    """A stream keeps what was not asked for; a message is cut."""
    first = host.start(one.write, b"abcdef")
    assert await two.read(2) == b"ab"
    if kind.buffered:
        await first
    second = host.start(one.write, b"xyz")
    buffer = bytearray(1)
    assert await two.readinto(buffer) == 1
    assert bytes(buffer) == (b"c" if kind.stream else b"x")
    if not kind.buffered:
        assert await read_exactly(two, 6) == b"defxyz"
        await first
    await second


async def concurrent_calls(host: Host, kind: Kind, one: Any, two: Any) -> None:
    """Every method at the same time, again and again, while data flows."""
    rounds = 30

    async def turn(call: Any) -> None:
        for _ in range(rounds):
            await call()
            await host.pause(0)

    async def properties() -> None:
        assert str(one.local_addr) is not None
        assert repr(one).startswith("<")
        assert one.closed is False
        if kind.socket:
            assert one.fileno() >= 0
            one.file().close()

    async def options() -> None:
        one.set_deadline(None)
        one.set_read_deadline(None)
        one.set_write_deadline(None)
        if kind.buffered and kind.sized:
            one.set_read_buffer(65536)
            one.set_write_buffer(65536)

    async def echo() -> None:
        while (data := await two.read(1000)) != b"end":
            await two.write(data)

    async def talk() -> None:
        await one.write(b"x")
        assert await one.read(1) == b"x"

    echoing = host.start(echo)
    jobs = [host.start(turn, call) for call in (properties, options, talk, properties)]
    for job in jobs:
        await job
    await one.write(b"end")
    await echoing


async def addresses(host: Host, kind: Kind, one: Any, two: Any) -> None:
    """Each end's local address is the other's remote one, and nothing changes them."""
    assert one.local_addr == two.remote_addr
    assert two.local_addr == one.remote_addr
    assert one.local_addr is one.local_addr
    before = (one.local_addr, one.remote_addr)
    one.close()
    assert (one.local_addr, one.remote_addr) == before
    assert str(one.local_addr) in repr(one)


async def arguments(host: Host, kind: Kind, one: Any, two: Any) -> None:
    """What cannot be written or read is a TypeError or ValueError, at once, and nothing is lost."""
    for wrong in ("text", 5, None, [1]):
        with pytest.raises(TypeError):
            await one.write(wrong)
    with pytest.raises(TypeError):
        await one.writelines(["text"])
    with pytest.raises(TypeError):
        await one.readinto(b"read-only")
    for wrong in ("soon", True, [1.0]):
        with pytest.raises(TypeError):
            one.set_deadline(wrong)
    if kind.buffered and kind.sized:
        with pytest.raises(ValueError, match="negative"):
            one.set_read_buffer(-1)
    writing = host.start(one.write, b"still here")
    assert await two.read(100) == b"still here"
    await writing


async def no_descriptor(host: Host, kind: Kind, one: Any, two: Any) -> None:
    """What is in memory says so when it is asked for a descriptor, open or closed."""
    for _ in range(2):
        for ask in (one.fileno, one.file, one.syscall_conn):
            with pytest.raises(io.UnsupportedOperation) as caught:
                ask()
            assert isinstance(caught.value, net.OpError)
            assert "no descriptor" in str(caught.value)
        one.close()


no_descriptor.unfit = lambda kind: kind.socket  # type: ignore[attr-defined]


CHECKS = [
    basic_io,
    ping_pong,
    racing_reads_and_writes,
    much_data,
    zero_length,
    short_buffers,
    concurrent_calls,
    addresses,
    arguments,
    no_descriptor,
]
