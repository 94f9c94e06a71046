"""`syscall_conn`: the bare descriptor, with the connection's waiting, deadlines and close."""

from __future__ import annotations

import errno
import os
import socket
from datetime import timedelta
from typing import Any

import pytest

import dialnet as net
from tests import hosts


def receiving(n: int, into: list[bytes]) -> Any:
    """What a user's function for `read` looks like."""

    def receive(fd: int) -> bool:
        try:
            into.append(os.read(fd, n))
        except BlockingIOError:
            return False
        return True

    return receive


async def pair(host: hosts.Host) -> Any:
    async with host.net.listen("tcp", "127.0.0.1:0") as ln:
        return await host.net.dial("tcp", str(ln.addr)), await ln.accept()


def raw(end: Any) -> Any:
    """The `RawConn`, as bodies for threads see one."""
    return hosts.view(getattr(end, "seen", end).syscall_conn())


def test_control(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        one, two = await pair(host)
        async with one, two:
            bare = raw(one)
            assert bare.control(lambda fd: fd) == one.fileno()
            with pytest.raises(KeyError):
                bare.control(lambda fd: {}[fd])
            bare.control(lambda fd: os.write(fd, b"by hand"))
            assert await two.read(100) == b"by hand"
        with pytest.raises(net.ClosedError) as caught:
            bare.control(lambda fd: fd)
        assert caught.value.op == "raw-control"
        with pytest.raises(net.ClosedError):
            raw(one)

    hosts.run(host_name, body)


def test_read_waits(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        one, two = await pair(host)
        async with one, two:
            got: list[bytes] = []
            job = host.start(raw(one).read, receiving(100, got))
            await host.blocked(one)
            await two.write(b"here it is")
            await job
            assert got == [b"here it is"]
            # The connection's own reads and these share one queue.
            await two.write(b"more")
            assert await one.read(2) == b"mo"
            await raw(one).read(receiving(100, got))
            assert got[1:] == [b"re"]

    hosts.run(host_name, body)


def test_a_function_that_raises_blocking_waits_too(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        one, two = await pair(host)
        async with one, two:
            got: list[bytes] = []

            def receive(fd: int) -> bool:
                got.append(os.read(fd, 100))
                return True

            job = host.start(raw(one).read, receive)
            await host.blocked(one)
            await two.write(b"x")
            await job
            assert got == [b"x"]

    hosts.run(host_name, body)


def test_write_waits(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        one, two = await pair(host)
        async with one, two:
            sent = 0

            def send(fd: int) -> bool:
                nonlocal sent
                try:
                    while True:
                        sent += os.write(fd, bytes(65536))
                except BlockingIOError:
                    return sent > 10 * 2**20

            job = host.start(raw(one).write, send)
            await host.blocked(one, "writing")
            received = 0
            while received < 10 * 2**20:
                received += len(await two.read(2**20))
            await job
            assert sent > 10 * 2**20

    hosts.run(host_name, body)


def test_deadline_and_close(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        one, two = await pair(host)
        async with one, two:
            never: list[bytes] = []
            one.set_read_deadline(timedelta(seconds=0.05))
            with pytest.raises(net.DeadlineExceededError) as late:
                await raw(one).read(receiving(1, never))
            assert late.value.op == "raw-read"
            assert (late.value.source, late.value.addr) == (one.local_addr, one.remote_addr)
            one.set_read_deadline(None)

            async def read() -> Any:
                with pytest.raises(net.ClosedError) as caught:
                    await raw(one).read(receiving(1, never))
                return caught.value

            job = host.start(read)
            await host.blocked(one)
            one.close()
            assert (await job).op == "raw-read"
            assert never == []

    hosts.run(host_name, body)


def test_what_the_function_raises_is_the_callers(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        one, two = await pair(host)
        async with one, two:
            mine = OSError(errno.EDOM, os.strerror(errno.EDOM))

            def fail(fd: int) -> bool:
                raise mine

            for call in (raw(one).read, raw(one).write):
                with pytest.raises(OSError) as caught:
                    await call(fail)
                assert caught.value is mine
            with pytest.raises(ZeroDivisionError):
                await raw(one).read(lambda fd: 1 // 0)
            # And nothing is stuck.
            await two.write(b"on")
            assert await one.read(10) == b"on"

    hosts.run(host_name, body)


def test_a_listeners(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        for network, address in (("tcp", "127.0.0.1:0"), ("unix", "")):
            async with host.net.listen(network, address) as ln:
                bare = raw(ln)
                assert bare.control(lambda fd: fd) == ln.fileno()
                for call, op in ((bare.read, "raw-read"), (bare.write, "raw-write")):
                    with pytest.raises(OSError) as caught:
                        await call(lambda fd: True)
                    assert (caught.value.errno, caught.value.op) == (errno.EINVAL, op)

    hosts.run(host_name, body)


def test_other_kinds(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        async with await host.net.listen_packet("udp", "127.0.0.1:0") as server:
            async with host.net.dial("udp", str(server.local_addr)) as conn:
                await conn.write(b"datagram")
                got: list[bytes] = []
                await raw(server).read(receiving(100, got))
                assert got == [b"datagram"]
                kind = raw(conn).control(kind_of)
                assert kind == socket.SOCK_DGRAM

    hosts.run(host_name, body)


def kind_of(fd: int) -> int:
    with socket.socket(fileno=os.dup(fd)) as sock:
        return sock.type
