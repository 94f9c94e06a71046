"""What a user's own connection below TLS answers: less than all, nothing, and what is not quite bytes."""

from __future__ import annotations

import errno
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

import dialnet
from tests import hosts
from tests.certificates import NAME, client_context, server_context
from tests.tls.support import LIMIT, plain_pair, talk
from tests.tls.test_below import OwnForTasks, OwnForThreads

RECORD = 16_384


class OddForThreads(OwnForThreads):
    """Its reads give what is in `first` and then what was read, as a `kind`; `written` says how much of so
    many bytes a write sends, and what it answers."""

    kind: Any = bytes
    written: Any = None

    def __init__(self, below: Any) -> None:
        super().__init__(below)
        self.first: list[Any] = []

    def read(self, n: int | None = -1) -> Any:
        return self.first.pop() if self.first else self.kind(super().read(n))

    def write(self, data: Any) -> Any:
        if self.written is None:
            return super().write(data)
        size, answer = self.written(len(data))
        super().write(data[:size])
        return answer


class OddForTasks(OwnForTasks):
    kind: Any = bytes
    written: Any = None

    def __init__(self, below: Any) -> None:
        super().__init__(below)
        self.first: list[Any] = []

    async def read(self, n: int | None = -1) -> Any:
        return self.first.pop() if self.first else self.kind(await super().read(n))

    async def write(self, data: Any) -> Any:
        if self.written is None:
            return await super().write(data)
        size, answer = self.written(len(data))
        await super().write(data[:size])
        return answer


@asynccontextmanager
async def odd_pair(host: hosts.Host) -> AsyncIterator[tuple[Any, Any, Any]]:
    """The connection below, the client over it, and the server."""
    async with plain_pair(host) as (one, two):
        odd = OddForThreads(one.seen) if host.is_threads else OddForTasks(one)
        client = host.tls.client(odd, client_context(), NAME)
        server = host.tls.server(two, server_context())
        client.set_deadline(LIMIT)
        server.set_deadline(LIMIT)
        try:
            yield odd, client, server
        finally:
            client.close()
            server.close()


async def both_talk(host: hosts.Host, client: Any, server: Any) -> None:
    talking = host.start(talk, server)
    await talk(client)
    await talking


def test_a_short_write(host_name: str) -> None:
    """It is no success: what follows would be taken for the rest of the record."""

    async def body(host: hosts.Host) -> None:
        for gone, whole in [(0, 0), (100, 0), (20_000, RECORD), (-1, 0)]:
            async with odd_pair(host) as (odd, client, server):
                await both_talk(host, client, server)
                odd.written = lambda size, gone=gone: (max(0, gone), gone)
                with pytest.raises(dialnet.OpError, match="short write") as caught:
                    await client.write(b"x" * 40_000)
                assert (caught.value.op, caught.value.errno) == ("write", errno.EIO)
                assert caught.value.bytes_written == whole
                odd.written = None
                with pytest.raises(dialnet.tls.BrokenRecordError):
                    await client.write(b"y")
                # Reads go on.
                await server.write(b"z")
                assert await client.read(1) == b"z"

    hosts.run(host_name, body)


def test_a_short_write_in_the_handshake(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        async with odd_pair(host) as (odd, client, _):
            odd.written = lambda size: (size - 1, size - 1)
            with pytest.raises(dialnet.OpError, match="short write") as caught:
                await client.handshake()
            assert (caught.value.op, caught.value.errno) == ("handshake", errno.EIO)

    hosts.run(host_name, body)


def test_a_write_that_says_nothing(host_name: str) -> None:
    """None is all of it; what is no number is an error."""

    async def body(host: hosts.Host) -> None:
        async with odd_pair(host) as (odd, client, server):
            odd.written = lambda size: (size, None)
            await both_talk(host, client, server)
            assert await client.write(b"x" * 100) == 100
            assert await server.read(100) == b"x" * 100
            odd.written = lambda size: (size, "all")
            with pytest.raises(TypeError, match="write of the connection below returned str, not int"):
                await client.write(b"x")

    hosts.run(host_name, body)


@pytest.mark.parametrize("answer", [None, "text", 5])
def test_a_read_that_gives_no_bytes(host_name: str, answer: Any) -> None:
    """It is said at once, in the handshake and later, and is not taken for the end of the stream."""
    text = f"returned {'None' if answer is None else type(answer).__name__}, not bytes"

    async def body(host: hosts.Host) -> None:
        async with odd_pair(host) as (odd, client, server):
            # In front of what comes, once each time.
            odd.first = [answer]
            talking = host.start(talk, server)
            with pytest.raises(TypeError, match=text):
                await client.handshake()
            await talk(client)
            await talking
            odd.first = [answer]
            with pytest.raises(TypeError, match=text):
                await client.read(1)
            await server.write(b"z")
            assert await client.read(1) == b"z"

    hosts.run(host_name, body)


@pytest.mark.parametrize("kind", [memoryview, bytearray])
def test_a_read_that_gives_what_is_like_bytes(host_name: str, kind: Any) -> None:
    async def body(host: hosts.Host) -> None:
        async with odd_pair(host) as (odd, client, server):
            odd.kind = kind
            await both_talk(host, client, server)
            writing = host.start(server.write, b"x" * 100_000)
            got = b""
            while len(got) < 100_000:
                got += await client.read(65_536)
            await writing
            server.close_write()
            assert await client.read() == b""

    hosts.run(host_name, body)
