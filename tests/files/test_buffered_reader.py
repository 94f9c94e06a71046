"""`aio.BufferedReader`: lines and exact counts from a connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

import dialnet as net
from dialnet import aio
from tests import hosts
from tests.files.support import LATER, soon


@asynccontextmanager
async def ends(network: str = "tcp") -> AsyncIterator[tuple[Any, Any]]:
    """A connection to read from, and its peer."""
    async with aio.listen(network, "127.0.0.1:0" if network == "tcp" else "") as ln:
        conn = await aio.dial(network, str(ln.addr))
        peer = await ln.accept()
    for end in (conn, peer):
        end.set_deadline(LATER)
    try:
        yield conn, peer
    finally:
        conn.close()
        peer.close()


def test_reading(task_host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        for network in ("tcp", "unix"):
            async with ends(network) as (conn, peer):
                reader = aio.BufferedReader(conn)
                await peer.write(b"one\ntwo;three four\n12345")
                assert await reader.readline() == b"one\n"
                assert await reader.readuntil(b";") == b"two;"
                assert await reader.readexactly(6) == b"three "
                assert await reader.read(2) == b"fo"
                assert await reader.read(0) == b""
                assert await reader.readexactly(0) == b""
                assert await reader.readuntil() == b"ur\n"
                # As much as is there, and no more.
                assert await reader.read(100) == b"12345"
                assert not reader.at_eof()
                await peer.write(b"the rest")
                peer.close_write()
                assert await reader.read() == b"the rest"
                assert reader.at_eof()
                assert await reader.read(5) == await reader.read() == await reader.readline() == b""
                assert await reader.readexactly(0) == b""

    hosts.run(task_host_name, body)


def test_it_does_not_own_the_connection(task_host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        async with ends() as (conn, peer):
            reader = aio.BufferedReader(conn)
            await peer.write(b"line\nrest")
            assert await reader.readline() == b"line\n"
            del reader
            await conn.write(b"still open")
            assert await peer.read(100) == b"still open"
            conn.close()
            with pytest.raises(net.ClosedError):
                await aio.BufferedReader(conn).read(1)

    hosts.run(task_host_name, body)


def test_iteration(task_host_name: str) -> None:
    """By line, the last one with or without its end."""

    async def body(host: hosts.Host) -> None:
        for last in (b"last", b"last\n", b""):
            async with ends() as (conn, peer):
                lines = [b"one\n", b"\n", b"x" * 60_000 + b"\n", *([last] if last else [])]
                writing = host.start(peer.writelines, lines)
                got = []
                async for line in aio.BufferedReader(conn):
                    got.append(line)
                    if len(got) == 3:
                        await writing
                        peer.close_write()
                assert got == lines

    hosts.run(task_host_name, body)


def test_the_end_too_soon(task_host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        async with ends() as (conn, peer):
            reader = aio.BufferedReader(conn)
            await peer.write(b"abc")
            peer.close_write()
            with pytest.raises(asyncio.IncompleteReadError) as caught:
                await reader.readexactly(5)
            assert (caught.value.partial, caught.value.expected) == (b"abc", 5)
            assert isinstance(caught.value, EOFError)
            with pytest.raises(asyncio.IncompleteReadError) as caught:
                await reader.readexactly(1)
            assert (caught.value.partial, caught.value.expected) == (b"", 1)
        async with ends() as (conn, peer):
            reader = aio.BufferedReader(conn)
            await peer.write(b"no end")
            peer.close_write()
            with pytest.raises(asyncio.IncompleteReadError) as caught:
                await reader.readuntil(b";")
            assert (caught.value.partial, caught.value.expected) == (b"no end", None)
            assert await reader.readline() == b""

    hosts.run(task_host_name, body)


def test_limit(task_host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        async with ends() as (conn, peer):
            reader = aio.BufferedReader(conn, limit=10)
            await peer.write(b"0123456789\n" + b"0123456789+\n" + b"next\n")
            assert await reader.readuntil() == b"0123456789\n"
            with pytest.raises(asyncio.LimitOverrunError) as caught:
                await reader.readuntil()
            assert caught.value.consumed == 11
            # It left the data where it was.
            assert await reader.readexactly(12) == b"0123456789+\n"
            assert await reader.readline() == b"next\n"
            await peer.write(b"much too long\nnext\n")
            with pytest.raises(ValueError, match="limit"):
                await reader.readline()
            assert await reader.readline() == b"next\n"
            # A limit is for lines, not for counts.
            await peer.write(b"x" * 1000)
            assert await reader.readexactly(1000) == b"x" * 1000
            for wrong in (0, -1):
                with pytest.raises(ValueError, match="limit"):
                    aio.BufferedReader(conn, wrong)
            with pytest.raises(ValueError):
                await reader.readexactly(-1)
            with pytest.raises(ValueError, match=r"[Ss]eparator"):
                await reader.readuntil(b"")
        async with ends() as (conn, peer):
            reader = aio.BufferedReader(conn, limit=10)
            # Longer than it may be, without an end in sight.
            await peer.write(b"x" * 20)
            with pytest.raises(asyncio.LimitOverrunError):
                await reader.readuntil(b"; ")
            assert await reader.readexactly(20) == b"x" * 20

    hosts.run(task_host_name, body)


# Each way to read, half of the data, the other half, and what it gives in the end.
INTERRUPTED = [
    ("readline", (), b"a lo", b"ng line\nrest", b"a long line\n"),
    ("readuntil", (b"--",), b"some-", b"-rest", b"some--"),
    ("readexactly", (10,), b"01234", b"56789rest", b"0123456789"),
    ("read", (), b"all ", b"of itrest", b"all of itrest"),
    ("read", (5,), b"", b"12345rest", b"12345"),
]


def test_cancelled(task_host_name: str) -> None:
    """A cancelled call loses nothing, however often."""

    async def body(host: hosts.Host) -> None:
        for name, arguments, first, second, expected in INTERRUPTED:
            async with ends() as (conn, peer):
                reader = aio.BufferedReader(conn)
                pieces = [first[i : i + 1] for i in range(len(first))] or [b""]
                had = 0
                for piece in pieces:
                    await peer.write(piece)
                    had += len(piece)
                    job = host.start(getattr(reader, name), *arguments)
                    # It has taken what there is, and waits for more.
                    await host.until(lambda had=had, reader=reader: len(reader._buffer) == had)
                    await host.blocked(conn)
                    job.cancel()
                    with pytest.raises(asyncio.CancelledError):
                        await job
                await peer.write(second)
                peer.close_write()
                assert await getattr(reader, name)(*arguments) == expected
                assert await reader.read() == (first + second)[len(expected) :]

    hosts.run(task_host_name, body)


def test_deadlines(task_host_name: str) -> None:
    """So does one that a deadline has ended; the error is the connection's."""

    async def body(host: hosts.Host) -> None:
        for name, arguments, first, second, expected in INTERRUPTED:
            async with ends() as (conn, peer):
                reader = aio.BufferedReader(conn)
                await peer.write(first)
                for _ in range(2):
                    conn.set_read_deadline(soon())
                    with pytest.raises(net.DeadlineExceededError) as caught:
                        await getattr(reader, name)(*arguments)
                    assert caught.value.op == "read"
                    assert caught.value.source == conn.local_addr
                conn.set_read_deadline(LATER)
                await peer.write(second)
                peer.close_write()
                assert await getattr(reader, name)(*arguments) == expected
                assert await reader.read() == (first + second)[len(expected) :]

    hosts.run(task_host_name, body)


def test_closed_while_reading(task_host_name: str) -> None:
    """What had come is there; then it says that the connection is closed."""

    async def body(host: hosts.Host) -> None:
        async with ends() as (conn, peer):
            reader = aio.BufferedReader(conn)
            await peer.write(b"half a line")
            job = host.start(reader.readline)
            await host.until(lambda: len(reader._buffer) == 11)
            await host.blocked(conn)
            conn.close()
            with pytest.raises(net.ClosedError):
                await job
            assert await reader.read(100) == b"half a line"
            with pytest.raises(net.ClosedError):
                await reader.read(100)

    hosts.run(task_host_name, body)


def test_messages(task_host_name: str) -> None:
    """Of messages, each is a piece of the stream."""

    async def body(host: hosts.Host) -> None:
        async with ends("unixpacket") as (conn, peer):
            reader = aio.BufferedReader(conn)
            await peer.write(b"one mes")
            await peer.write(b"sage\nand")
            assert await reader.readline() == b"one message\n"
            peer.close()
            assert await reader.read() == b"and"

    hosts.run(task_host_name, body)
