"""TLS begins in the middle of a conversation, and over connections of anybody's."""

from __future__ import annotations

import datetime
import os
import threading
import time
from typing import Any

import pytest

import dialnet
import dialnet.aio
from tests import hosts
from tests.certificates import NAME, client_context, server_context
from tests.hosts import bare
from tests.tls.support import LIMIT, plain_pair, talk, talking_pair


def test_starttls(host_name: str) -> None:
    """A plain conversation first. What was read too early of what follows is given back, and not lost."""

    async def body(host: hosts.Host) -> None:
        async with plain_pair(host) as (one, two):

            async def serve() -> None:
                await two.write(b"220 ready\r\n")
                data = b""
                while b"\r\n" not in data:
                    data += await two.read(65536)
                line, _, early = data.partition(b"\r\n")
                assert line == b"STARTTLS"
                bare((two,))[0]._unread(early)
                async with host.tls.server(two, server_context()) as conn:
                    await talk(conn)
                    assert await conn.read() == b"the rest"

            serving = host.start(serve)
            assert await one.read(100) == b"220 ready\r\n"
            # Pipelined: the server may find the beginning of the handshake behind the line.
            await one.write(b"STARTTLS\r\n")
            async with host.tls.client(one, client_context(), NAME) as conn:
                assert bare((conn.net_conn,)) == bare((one,))
                await talk(conn)
                await conn.write(b"the rest")
            await serving
            assert one.closed
            assert two.closed

    hosts.run(host_name, body)


def test_no_room_for_the_first_word(host_name: str) -> None:
    """The system's buffer is full of what was said before, and the peer reads that first."""

    async def body(host: hosts.Host) -> None:
        async with plain_pair(host) as (one, two):
            one.set_write_deadline(datetime.timedelta(seconds=0.1))
            with pytest.raises(dialnet.DeadlineExceededError) as caught:
                await one.write(bytes(64 << 20))
            assert isinstance(caught.value, dialnet.OpError)
            left = caught.value.bytes_written
            one.set_write_deadline(LIMIT)
            client = host.tls.client(one, client_context(), NAME)
            shaking = host.start(talk, client)
            while left:
                left -= len(await two.read(left))
            async with client, host.tls.server(two, server_context()) as server:
                await talk(server)
                await shaking

    hosts.run(host_name, body)


def test_everything_came_early(host_name: str) -> None:
    """The whole first flight was read with the line."""

    async def body(host: hosts.Host) -> None:
        async with plain_pair(host) as (one, two):
            client = host.tls.client(one, client_context(), NAME)
            shaking = host.start(talk, client)
            early = b""
            while len(early) < 200:
                early += await two.read(65536)
            bare((two,))[0]._unread(early)
            server = host.tls.server(two, server_context())
            await talk(server)
            await shaking
            assert server.connection_state.server_name == NAME
            client.close()
            server.close()

    hosts.run(host_name, body)


def test_unread_of_ours(host_name: str) -> None:
    """What is given back to a TLS connection comes first again, also in front of an end."""

    async def body(host: hosts.Host) -> None:
        async with talking_pair(host) as (client, server):
            await server.write(b"world")
            server.close_write()
            assert await client.read(5) == b"world"
            bare((client,))[0]._unread(b"world")
            assert await client.read(2) == b"wo"
            assert await client.read() == b"rld"

    hosts.run(host_name, body)


def of_open(name: str) -> property:
    """What a connection knows until it is closed."""

    def get(own: Any) -> Any:
        if own.below.closed:
            raise dialnet.ClosedError
        return getattr(own.below, name)

    return property(get)


class OwnForThreads(dialnet.Conn):
    """A connection of a user's: only what there has to be."""

    def __init__(self, below: Any) -> None:
        self.below = below
        self.log: list[str] = []

    def read(self, n: int | None = -1) -> bytes:
        self.log.append("read")
        return self.below.read(min(n or 0, 100))  # type: ignore[no-any-return]

    def readinto(self, buffer: Any) -> int:
        raise NotImplementedError

    def write(self, data: Any) -> int:
        self.log.append("write")
        return self.below.write(data)  # type: ignore[no-any-return]

    def close(self) -> None:
        self.below.close()

    @property
    def closed(self) -> bool:
        return self.below.closed  # type: ignore[no-any-return]

    local_addr = of_open("local_addr")
    remote_addr = of_open("remote_addr")

    def set_deadline(self, when: Any) -> None:
        self.below.set_deadline(when)

    def set_read_deadline(self, when: Any) -> None:
        self.below.set_read_deadline(when)

    def set_write_deadline(self, when: Any) -> None:
        self.below.set_write_deadline(when)


class OwnForTasks(dialnet.aio.Conn):
    def __init__(self, below: Any) -> None:
        self.below = below
        self.log: list[str] = []

    async def read(self, n: int | None = -1) -> bytes:
        self.log.append("read")
        return await self.below.read(min(n or 0, 100))  # type: ignore[no-any-return]

    async def write(self, data: Any) -> int:
        self.log.append("write")
        return await self.below.write(data)  # type: ignore[no-any-return]

    async def readinto(self, buffer: Any) -> int:
        raise NotImplementedError

    close = OwnForThreads.close
    closed = OwnForThreads.closed
    local_addr = OwnForThreads.local_addr
    remote_addr = OwnForThreads.remote_addr
    set_deadline = OwnForThreads.set_deadline
    set_read_deadline = OwnForThreads.set_read_deadline
    set_write_deadline = OwnForThreads.set_write_deadline


def test_a_users_own(host_name: str) -> None:
    """It need not have more than every connection has; nothing goes past it."""

    async def body(host: hosts.Host) -> None:
        async with plain_pair(host) as (one, two):
            own: Any = OwnForThreads(one.seen) if host.is_threads else OwnForTasks(one)
            client = host.tls.client(own, client_context(), NAME)
            server = host.tls.server(two, server_context())
            serving = host.start(talk, server)
            await talk(client)
            await serving
            writing = host.start(server.write, b"x" * 100_000)
            got = b""
            while len(got) < 100_000:
                got += await client.read(65536)
            await writing
            client.close_write()
            assert await server.read() == b""
            client.close()
            with pytest.raises(dialnet.ClosedError):
                await client.read(1)
            server.close()
            assert own.log.count("write") >= 3
            await host.until(lambda: own.closed)
            with pytest.raises(dialnet.OpError) as caught:
                await client.read(1)
            # It is kept whose it was.
            assert isinstance(caught.value.err, dialnet.ClosedError)
            assert (caught.value.net, caught.value.addr) == (client.remote_addr.network, client.remote_addr)

    hosts.run(host_name, body)


class Late(OwnForThreads):
    """Comes to its close only when its reader has had the answer to what was written before."""

    def __init__(self, below: Any) -> None:
        super().__init__(below)
        self.answered = threading.Event()
        self.closing = False

    def read(self, n: int | None = -1) -> bytes:
        data = super().read(n)
        if self.closing:
            self.answered.set()
        return data

    def set_read_deadline(self, when: Any) -> None:
        """The reader is not to be quicker than the peer."""

    def close(self) -> None:
        assert self.answered.wait(hosts.PATIENCE)
        super().close()


def test_the_answer_to_close_comes_first() -> None:
    """A read that `close` ends says so, also where the peer's close_notify gets there before."""

    async def body(host: hosts.Host) -> None:
        async with plain_pair(host) as (one, two):
            late = Late(one.seen)
            client = host.tls.client(late, client_context(), NAME)
            server = host.tls.server(two, server_context())
            serving = host.start(talk, server)
            await talk(client)
            await serving
            reading = host.start(client.read, 1)
            await host.blocked(client, "reading")
            late.closing = True
            answering = host.start(server.read)
            client.close()
            assert await answering == b""
            server.close()
            with pytest.raises(dialnet.ClosedError):
                await reading
            await host.until(lambda: one.closed)

    hosts.run("threads", body)


def test_fork() -> None:
    """A child goes on with the connection, though another thread of the parent's was reading it."""

    async def body(host: hosts.Host) -> None:
        async with talking_pair(host) as (client, server):
            reading = host.start(client.read, 5)
            await host.blocked(client, "reading")
            child = os.fork()
            if child == 0:
                try:
                    client.seen.write(b"from the child")
                    os._exit(0 if client.seen.read(5) == b"hello" else 1)
                finally:
                    os._exit(2)
            assert await server.read(100) == b"from the child"
            # Only one of the two can get it, and this has to be the child.
            client.net_conn.set_read_deadline(time.monotonic())
            with pytest.raises(dialnet.DeadlineExceededError):
                await reading
            await server.write(b"hello")
            _, status = os.waitpid(child, 0)
            assert os.waitstatus_to_exitcode(status) == 0

    hosts.run("threads", body)
