"""Loops that watch no descriptors for others: the fallback host, and `select`-based readiness."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

import dialnet as net
import dialnet.aio as aio
from dialnet.poll import asyncio_host, fallback, tasks
from dialnet.system.select_readiness import SelectReadiness
from tests.conformance.deadlines import fill
from tests.conformance.kinds import KINDS
from tests.hosts import _AsyncioHost


class BareLoop(asyncio.SelectorEventLoop):
    """As Windows' Proactor: `add_reader` and its kin are not offered."""

    def add_reader(self, *args: Any) -> None:
        raise NotImplementedError

    add_writer = add_reader

    def remove_reader(self, *args: Any) -> bool:
        raise NotImplementedError

    remove_writer = remove_reader


@pytest.fixture(params=["own readiness", "select"])
def runner(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[asyncio.Runner]:
    if request.param == "select":
        monkeypatch.setattr(tasks.system, "Readiness", SelectReadiness)
    with asyncio.Runner(loop_factory=BareLoop) as runner:
        yield runner


async def scenario() -> None:
    host = _AsyncioHost("asyncio")
    async with aio.listen("tcp", "127.0.0.1:0") as ln:
        accepting = asyncio.create_task(ln.accept())
        one = await aio.dial("tcp", str(ln.addr))
        two = await accepting
        assert isinstance(asyncio_host.poller(), fallback.FallbackPoller)
        for i in range(100):
            reading = asyncio.create_task(two.read(100))
            await asyncio.sleep(0)
            await one.write(b"%d" % i)
            assert await reading == b"%d" % i
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(one.read(1), 0.02)
        await two.write(b"kept")
        assert await one.read(10) == b"kept"
        await fill(host, KINDS[0], one)
        writing = asyncio.create_task(one.write(b"end"))
        await host.blocked(one, "writing")
        got = b""
        while not got.endswith(b"end"):
            got = (got + await two.read(1 << 20))[-10:]
        assert await writing == 3
        reading = asyncio.create_task(one.read(1))
        await host.blocked(one)
        one.close()
        with pytest.raises(net.ClosedError):
            await reading
        assert await two.read(1) == b""
        two.close()
        with pytest.raises(ConnectionRefusedError):
            await aio.dial("tcp", "127.0.0.1:1")


def test_everything_works(runner: asyncio.Runner) -> None:
    runner.run(scenario())
    assert any(t.name == "dialnet poller" for t in threading.enumerate())
    runner.close()
    assert not any(t.name == "dialnet poller" for t in threading.enumerate())


def test_many_connections(runner: asyncio.Runner) -> None:
    async def echo(conn: Any) -> None:
        async with conn:
            while data := await conn.read(100):
                await conn.write(data)

    async def serve(ln: Any) -> None:
        async with asyncio.TaskGroup() as group:
            async for conn in ln:
                group.create_task(echo(conn))

    async def client(address: str, number: int) -> None:
        async with aio.dial("tcp", address) as conn:
            for _ in range(5):
                await conn.write(b"%d" % number)
                assert await conn.read(100) == b"%d" % number

    async def main() -> None:
        async with aio.listen("tcp", "127.0.0.1:0") as ln:
            serving = asyncio.create_task(serve(ln))
            await asyncio.gather(*(client(str(ln.addr), i) for i in range(100)))
        await serving

    runner.run(main())


def test_a_loop_closed_without_being_shut_down() -> None:
    """Its thread ends at the next thing that happens."""
    loop = BareLoop()
    one, two = loop.run_until_complete(pair())
    loop.close()
    two.close()
    one.close()
    thread = next((t for t in threading.enumerate() if t.name == "dialnet poller"), None)
    if thread is not None:
        thread.join(10)
        assert not thread.is_alive()


async def pair() -> tuple[Any, Any]:
    async with aio.listen("tcp", "127.0.0.1:0") as ln:
        one = await aio.dial("tcp", str(ln.addr))
        two = await ln.accept()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(one.read(1), 0.01)
    return one, two


def test_select_readiness() -> None:
    """Reports once for each time it is asked, and survives a descriptor that was closed under it."""
    one, two = socket.socketpair()
    wake, woken = socket.socketpair()
    readiness = SelectReadiness()
    with one, two, wake, woken:
        readiness.register(one.fileno(), 1)
        two.send(b"x")
        readiness.wait(woken.fileno())
        assert readiness.poll() == [(one.fileno(), 1)]
        assert readiness.poll() == []
        readiness.register(one.fileno(), 3)
        readiness.wait(woken.fileno())
        assert dict(readiness.poll()) == {one.fileno(): 3}
        number = two.fileno()
        readiness.register(number, 1)
        two.close()
        readiness.wait(woken.fileno())
        assert [n for n, _ in readiness.poll()] == [number]
        wake.send(b"x")
        readiness.register(one.fileno(), 1)
        readiness.unregister(one.fileno())
        readiness.wait(woken.fileno())
        assert readiness.poll() == []
    readiness.close()
