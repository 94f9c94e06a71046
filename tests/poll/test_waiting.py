"""Waiting: many waiters, turns, cancellation, and calls from elsewhere."""

from __future__ import annotations

import asyncio
import threading
import time
from pathlib import Path
from typing import Any

import pytest

import dialnet as net
import dialnet.aio as aio
from tests.conformance.checks import read_exactly
from tests.conformance.deadlines import fill
from tests.conformance.kinds import KINDS, accepted
from tests.hosts import PATIENCE, Host, run

TCP = KINDS[0]


def test_close_releases_a_thousand_threads() -> None:
    """A thousand threads, half of them on connections of their own, half on one."""
    with net.listen("tcp", "127.0.0.1:0") as ln:
        clients = [net.dial("tcp", str(ln.addr)) for _ in range(100)]
        servers = [ln.accept() for _ in clients]
    errors: list[BaseException] = []

    def reader(conn: net.Conn) -> None:
        try:
            conn.read(1)
        except net.ClosedError as err:
            errors.append(err)

    readers = [clients[i % 100 if i < 500 else 0] for i in range(1000)]
    threads = [threading.Thread(target=reader, args=(conn,)) for conn in readers]
    for thread in threads:
        thread.start()
    end = time.monotonic() + PATIENCE
    while sum(len(conn._fd.reading.waiters()) for conn in clients) < 1000:  # type: ignore[attr-defined]
        assert time.monotonic() < end
        threading.Event().wait(0.01)
    for conn in clients:
        conn.close()
    for thread in threads:
        thread.join(PATIENCE)
    assert len(errors) == 1000
    for conn in servers:
        conn.close()


def test_close_releases_ten_thousand_tasks(task_host_name: str) -> None:
    """Ten thousand tasks on five hundred connections."""

    async def body(host: Host) -> None:
        async with host.net.listen("tcp", "127.0.0.1:0") as ln:
            clients, servers = [], []
            for _ in range(500):
                clients.append(await host.net.dial("tcp", str(ln.addr)))
                servers.append(await ln.accept())
        released = []

        async def reader(conn: Any) -> None:
            with pytest.raises(net.ClosedError):
                await conn.read(1)
            released.append(1)

        jobs = [host.start(reader, conn) for conn in clients for _ in range(20)]
        for conn in clients:
            await host.blocked(conn, waiters=20)
        for conn in clients:
            conn.close()
        for job in jobs:
            await job
        assert len(released) == 10_000
        for conn in servers:
            conn.close()

    run(task_host_name, body)


def test_first_come_first_served(host_name: str) -> None:
    """Readers are served in the order in which they began to wait."""

    async def body(host: Host) -> None:
        async with accepted(host, "tcp", "127.0.0.1:0") as (one, two):
            order: list[int] = []

            async def reader(number: int) -> None:
                await one.read(1)
                order.append(number)

            jobs = []
            for number in range(5):
                jobs.append(host.start(reader, number))
                await host.blocked(one, waiters=number + 1)
            for number in range(5):
                await two.write(b"x")
                await host.until(lambda n=number: len(order) == n + 1)
            for job in jobs:
                await job
            assert order == list(range(5))

    run(host_name, body)


def test_a_cancelled_read_loses_nothing(task_host_name: str) -> None:
    """Readers are cancelled again and again while bytes arrive; every byte is read, once."""

    async def body(host: Host) -> None:
        async with accepted(host, "tcp", "127.0.0.1:0") as (one, two):
            total = 2000
            got: list[bytes] = []

            async def reader() -> None:
                while True:
                    got.append(await one.read(3))

            async def writer() -> None:
                for i in range(total):
                    await two.write(bytes([i % 251]))
                    if i % 50 == 0:
                        await host.pause(0.001)

            writing = host.start(writer)
            while sum(map(len, got)) < total:
                jobs = [host.start(reader) for _ in range(3)]
                await host.pause(0.002)
                for job in jobs:
                    job.cancel()
                for job in jobs:
                    with pytest.raises(asyncio.CancelledError):
                        await job
            await writing
            assert not one._fd.reading.waiters()
            assert sorted(b"".join(got)) == sorted(i % 251 for i in range(total))

    run(task_host_name, body)


def test_a_cancelled_waiter_passes_the_turn_on(task_host_name: str) -> None:
    """Whoever queues behind a cancelled reader or writer is served next."""

    async def body(host: Host) -> None:
        async with accepted(host, "tcp", "127.0.0.1:0") as (one, two):
            for cancel_first in (True, False):
                first = host.start(one.read, 1)
                await host.blocked(one, waiters=1)
                second = host.start(one.read, 1)
                await host.blocked(one, waiters=2)
                leaves, stays = (first, second) if cancel_first else (second, first)
                leaves.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await leaves
                await two.write(b"x")
                assert await stays == b"x"
            await fill(host, TCP, one)
            writing = host.start(one.write, b"a" * (32 << 20))
            await host.blocked(one, "writing")
            behind = host.start(one.write, b"b")
            await host.blocked(one, "writing", waiters=2)
            writing.cancel()
            with pytest.raises(asyncio.CancelledError):
                await writing

            async def drain() -> bytes:
                last = b""
                while not last.endswith(b"b"):
                    last = await two.read(1 << 20)
                return last

            assert (await drain()).endswith(b"b")
            assert await behind == 1

    run(task_host_name, body)


def test_cancelled_by_a_timeout_scope() -> None:
    """asyncio's own time limits work on every wait."""

    async def main() -> None:
        async with aio.listen("tcp", "127.0.0.1:0") as ln, aio.dial("tcp", str(ln.addr)) as one:
            two = await ln.accept()
            for wait in (one.read, lambda: one.read(5), ln.accept):
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(0.02):
                        await wait()
            await two.write(b"hello")
            assert await one.read(5) == b"hello"
            two.close()

    asyncio.run(main())


def test_a_busy_task_lets_others_run(task_host_name: str) -> None:
    """A task whose calls never have to wait does not keep the loop to itself."""

    async def body(host: Host) -> None:
        async with accepted(host, "tcp", "127.0.0.1:0") as (one, two):
            await two.write(b"x" * 100_000)
            await host.until(lambda: True)
            turns = 0
            stop = False

            async def other() -> None:
                nonlocal turns
                while not stop:
                    turns += 1
                    await host.pause(0)

            job = host.start(other)
            for _ in range(10_000):
                assert await one.read(1) == b"x"
            stop = True
            await job
            assert turns >= 10_000 // 64 // 2

    run(task_host_name, body)


def test_closed_from_another_thread(task_host_name: str) -> None:
    """A task's read ends when some thread closes the connection, and the descriptor goes with it."""

    async def body(host: Host) -> None:
        async with accepted(host, "tcp", "127.0.0.1:0") as (one, two):
            reading = host.start(one.read, 1)
            await host.blocked(one)
            thread = threading.Thread(target=one.close)
            thread.start()
            with pytest.raises(net.ClosedError):
                await reading
            thread.join(PATIENCE)
            assert await two.read(1) == b""

    run(task_host_name, body)


def test_a_connection_can_move_to_another_loop() -> None:
    """What one event loop opened another can use, after the first has ended."""

    async def open_pair() -> tuple[Any, Any]:
        async with aio.listen("tcp", "127.0.0.1:0") as ln:
            client = await aio.dial("tcp", str(ln.addr))
            server = await ln.accept()
        reading = asyncio.create_task(client.read(1))
        await asyncio.sleep(0.01)
        await server.write(b"1")
        assert await reading == b"1"
        return client, server

    async def use(client: Any, server: Any) -> None:
        reading = asyncio.create_task(read_exactly(client, 5))
        await asyncio.sleep(0.01)
        await server.write(b"hello")
        assert await reading == b"hello"

    client, server = asyncio.run(open_pair())
    asyncio.run(use(client, server))
    run("trio", lambda host: use_in_trio(host, client, server))
    client.close()
    server.close()


async def use_in_trio(host: Host, client: Any, server: Any) -> None:
    reading = host.start(read_exactly, client, 5)
    await host.blocked(client)
    await server.write(b"hello")
    assert await reading == b"hello"


def test_no_loop() -> None:
    """Outside any event loop the calls of `dialnet.aio` say so."""
    opening = aio.dial("tcp", "127.0.0.1:1")
    with pytest.raises(RuntimeError, match="no running event loop"):
        opening.send(None)


def test_closed_after_the_loop_has_ended() -> None:
    """A connection that outlives its loop can still be closed, and leaves nothing behind."""

    async def open_pair() -> list[Any]:
        async with aio.listen("tcp", "127.0.0.1:0") as ln:
            client = await aio.dial("tcp", str(ln.addr))
            server = await ln.accept()
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(client.read(1), 0.01)
        return [client, server]

    for conn in asyncio.run(open_pair()):
        conn.close()
    loop = asyncio.new_event_loop()
    ends = loop.run_until_complete(open_pair())
    for conn in ends:
        conn.close()  # The loop is not running, and not closed.
        assert conn.fileno() == -1
    loop.close()


def test_the_end_and_data_in_one_report(task_host_name: str) -> None:
    """A short read after which no further edge comes: the end lay behind the data already."""

    async def body(host: Host) -> None:
        for _ in range(50):
            async with accepted(host, "tcp", "127.0.0.1:0") as (one, two):
                reading = host.start(one.read, 100)
                await host.blocked(one)
                with two.file() as raw:
                    # Both before the loop looks: one report for data and end.
                    raw.send(b"last")
                    raw.shutdown(1)
                assert await reading == b"last"
                assert await one.read(100) == b""

    run(task_host_name, body)


def test_urgent_data_does_not_hide_what_follows(task_host_name: str) -> None:
    """A read stops at TCP's urgent mark though more lies behind it, and no further edge comes."""

    async def body(host: Host) -> None:
        async with accepted(host, "tcp", "127.0.0.1:0") as (one, two):
            reading = host.start(one.read, 100)
            await host.blocked(one)
            with two.file() as raw:
                raw.send(b"before")
                raw.send(b"!", 1)  # MSG_OOB
                raw.send(b"after")
            assert await reading == b"before"
            assert await one.read(100) == b"after"

    run(task_host_name, body)


def test_descriptors_passed_do_not_hide_what_follows(host_name: str) -> None:
    """A read of a Unix stream stops behind a message with descriptors, though more is there."""
    import array
    import os
    import socket

    async def body(host: Host) -> None:
        async with accepted(host, "unix", "") as (one, two):
            reading = host.start(one.read, 100)
            await host.blocked(one)
            with two.file() as raw, open(os.devnull) as file:
                rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [file.fileno()]))
                raw.sendmsg([b"with"], [rights])
                raw.send(b"without")
            got = await reading
            while len(got) < len(b"withwithout"):
                got += await one.read(100)
            assert got == b"withwithout"

    run(host_name, body)


def test_a_full_receiver_of_datagrams(host_name: str, tmp_path: Path) -> None:
    """Sending to a Unix datagram socket whose queue is full waits, without spinning, until there is room:
    the kernel calls the sender writable all along."""

    async def body(host: Host) -> None:
        there = net.UnixAddr(str(tmp_path / "there"), "unixgram")
        here = net.UnixAddr(str(tmp_path / "here"), "unixgram")
        async with host.net.listen_unixgram("unixgram", there) as receiver:
            async with host.net.listen_unixgram("unixgram", here) as sender:
                sender.set_write_deadline(time.monotonic() + 0.3)
                count = 0
                with pytest.raises(net.DeadlineExceededError):
                    while True:
                        await sender.write_to(b"%d" % count, there)
                        count += 1
                sender.set_write_deadline(None)
                used = time.process_time()
                sending = host.start(sender.write_to, b"last", there)
                await host.blocked(sender, "writing")
                await host.pause(0.5)
                assert time.process_time() - used < 0.25
                for i in range(count):
                    assert await receiver.read_from() == (b"%d" % i, here)
                assert await sending == 4
                assert await receiver.read_from() == (b"last", here)

    run(host_name, body)


def test_closed_means_closed(host_name: str) -> None:
    """When `close` returns nobody keeps the socket: the port is free and the peer sees the end, though
    another call was waiting on it."""

    async def body(host: Host) -> None:
        for _ in range(50):
            async with host.net.listen("tcp", "127.0.0.1:0") as ln:
                address = str(ln.addr)
                client = await host.net.dial("tcp", address)
                server = await ln.accept()
                accepting = host.start(ln.accept)
                reading = host.start(client.read, 1)
                await host.until(lambda ln=ln, c=client: ln._fd.reading.turn and c._fd.reading.turn)
                client.close()
                server.set_read_deadline(time.monotonic() + PATIENCE)
                with server.file() as raw:
                    assert raw.recv(1) == b""  # non-blocking: it is there already
                ln.close()
            with pytest.raises(ConnectionRefusedError):
                await host.net.dial("tcp", address)
            for job in (accepting, reading):
                with pytest.raises(net.ClosedError):
                    await job
            server.close()

    run(host_name, body)
