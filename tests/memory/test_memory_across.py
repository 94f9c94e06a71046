"""One process, two faces: threads talk to tasks by the same network in memory."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

import dialnet as net
from dialnet import memory
from dialnet.aio import memory as aio_memory
from tests import hosts
from tests.hosts import PATIENCE

DATA = os.urandom(1 << 20)
LATER = timedelta(seconds=PATIENCE)


def beside(work: Callable[[], Any]) -> Callable[[], Any]:
    """Run `work` in a thread; the result waits for it and gives its value, or raises its error."""
    result: list[Any] = []

    def run() -> None:
        try:
            result.append(work())
        except BaseException as err:
            result.append(err)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()

    def outcome() -> Any:
        thread.join(PATIENCE)
        assert result, "a thread that must end did not"
        if isinstance(result[0], BaseException):
            raise result[0]
        return result[0]

    return outcome


def talk() -> bytes:
    """A client in a thread."""
    with memory.dial("server", timeout=PATIENCE) as conn:
        conn.set_deadline(LATER)
        writer = beside(lambda: (conn.write(DATA), conn.close_write()))
        answer = conn.read()
        writer()
        return answer


def test_a_thread_dials_a_task(task_host_name: str) -> None:
    """The buffer goes full and empty again many times, each time waking somebody in the other world."""

    async def body(host: hosts.Host) -> None:
        async with host.memory.listen("server") as ln:
            answers = [beside(talk) for _ in range(3)]

            async def serve(conn: Any) -> None:
                async with conn:
                    while data := await conn.read(10_000):
                        await conn.write(data)

            jobs = [host.start(serve, await ln.accept()) for _ in answers]
            for job in jobs:
                await job
        for answer in answers:
            assert answer() == DATA

    hosts.run(task_host_name, body)


def test_a_task_dials_a_thread(task_host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        with memory.listen("server", backlog=1) as ln:

            def serve() -> None:
                for _ in range(3):
                    with ln.accept() as conn:
                        conn.set_deadline(LATER)
                        while data := conn.read(10_000):
                            conn.write(data)

            serving = beside(serve)

            async def client() -> None:
                async with host.memory.dial("server") as conn:

                    async def write() -> None:
                        await conn.write(DATA)
                        conn.close_write()

                    writing = host.start(write)
                    assert await conn.read() == DATA
                    await writing

            # Of three, one is served, one in the queue, and one waits in front of it.
            for job in [host.start(client) for _ in range(3)]:
                await job
            serving()

    hosts.run(task_host_name, body)


def test_closing_from_a_thread_wakes_tasks(task_host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        ln = await host.memory.listen("server")
        accepting = host.start(ln.accept)
        one = beside(lambda: memory.dial("server"))()
        two = await accepting
        reading = host.start(two.read, 1)
        accepting = host.start(ln.accept)
        await host.blocked(two)
        await host.blocked(ln)
        beside(one.close)()
        assert await reading == b""
        beside(ln.close)()
        with pytest.raises(net.ClosedError):
            await accepting
        two.close()

    hosts.run(task_host_name, body)


def test_packets(task_host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        count = 500
        async with host.memory.listen_packet("server") as server:

            def client() -> int:
                with memory.dial_packet("server") as conn:
                    conn.set_deadline(LATER)
                    for n in range(count):
                        conn.write(b"%d" % n * 100)
                    return sum(conn.read() == b"%d" % n for n in range(count))

            answers = beside(client)
            for n in range(count):
                data, addr = await server.read_from()
                assert data == b"%d" % n * 100
                await server.write_to(b"%d" % n, addr)
            assert answers() == count

    hosts.run(task_host_name, body)


def test_two_loops() -> None:
    """Each in a thread of its own."""

    def serve() -> None:
        async def main() -> None:
            async with aio_memory.listen("server") as ln:
                ready.set()
                async with await ln.accept() as conn:
                    while data := await conn.read(10_000):
                        await conn.write(data)

        asyncio.run(main())

    async def client() -> None:
        async with aio_memory.dial("server") as conn:

            async def write() -> None:
                await conn.write(DATA)
                conn.close_write()

            writing = asyncio.create_task(write())
            assert await conn.read() == DATA
            await writing

    ready = threading.Event()
    serving = beside(serve)
    assert ready.wait(PATIENCE)
    asyncio.run(client())
    serving()


def test_many_threads_on_one_pipe() -> None:
    """Every byte arrives once, every write whole."""
    one, two = net.pipe()
    got: list[bytes] = []

    def write(letter: int) -> None:
        for _ in range(100):
            assert one.write(bytes([letter]) * 10) == 10

    def read() -> None:
        while data := two.read(10):
            got.append(data)

    readers = [beside(read) for _ in range(3)]
    for writer in [beside(lambda letter=letter: write(letter)) for letter in b"abcdef"]:
        writer()
    one.close()
    for reader in readers:
        reader()
    two.close()
    assert sorted(got) == sorted(bytes([letter]) * 10 for letter in b"abcdef" for _ in range(100))


def test_deadlines_and_closes_under_fire() -> None:
    """Moved deadlines and closes meet reads and writes at every point: nobody hangs, nothing is counted
    wrong."""
    for _ in range(30):
        one, two = net.pipe()
        sent: list[int] = []
        taken: list[int] = []

        def write(one: net.Conn = one, sent: list[int] = sent) -> None:
            while True:
                try:
                    sent.append(one.write(b"x" * 50))
                except net.DeadlineExceededError as err:
                    sent.append(err.bytes_written)
                except net.ClosedPipeError as err:
                    sent.append(err.bytes_written)
                    return

        def read(two: net.Conn = two, taken: list[int] = taken) -> None:
            while True:
                try:
                    data = two.read(7)
                except net.DeadlineExceededError:
                    continue
                if not data:
                    return
                taken.append(len(data))

        jobs = [beside(write), beside(write), beside(read), beside(read)]
        for _ in range(50):
            one.set_write_deadline(0.0)
            two.set_read_deadline(0.0)
            one.set_write_deadline(None)
            two.set_read_deadline(None)
        one.close()
        for job in jobs:
            job()
        two.close()
        assert sum(sent) == sum(taken)
