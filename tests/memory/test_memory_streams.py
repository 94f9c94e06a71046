"""`memory`: who listens, who dials, and how much fits in between. What holds for every connection is in
`tests/conformance`."""

from __future__ import annotations

import asyncio
import copy
import datetime
import errno
import gc
import io
import pickle
import time
import warnings
from typing import Any

import pytest

import dialnet as net
from dialnet import memory
from dialnet.aio import memory as aio_memory
from dialnet.inmemory import network as inside
from tests import hosts


@pytest.fixture(autouse=True)
def _names_are_given_back() -> Any:
    yield
    gc.collect()
    assert inside._network.backlogs == {}
    assert inside._network.mailboxes == {}


async def accepted(host: hosts.Host) -> tuple[Any, Any]:
    async with host.memory.listen("") as ln:
        return await host.memory.dial(str(ln.addr)), await ln.accept()


def test_an_echo_server(host_name: str) -> None:
    """As a user would test one: the same code as with a socket."""

    async def body(host: hosts.Host) -> None:
        async def serve(ln: Any) -> int:
            count = 0
            async for conn in ln:
                async with conn:
                    while data := await conn.read(1000):
                        await conn.write(data.upper())
                count += 1
            return count

        ln = await host.memory.listen("server")
        serving = host.start(serve, ln)
        for _ in range(3):
            async with host.memory.dial("server", timeout=hosts.PATIENCE) as conn:
                await conn.write(b"hello")
                conn.close_write()
                assert await conn.read() == b"HELLO"
        ln.close()
        assert await serving == 3

    hosts.run(host_name, body)


def test_addresses(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        async with host.memory.listen("here") as ln:
            assert (str(ln.addr), ln.addr.network) == ("here", "memory")
            client = await host.memory.dial("here")
            server = await ln.accept()
            assert server.local_addr == client.remote_addr == memory.MemoryAddr("here")
            assert server.remote_addr == client.local_addr
            assert repr(client) == f"<MemoryConn memory {client.local_addr}->here>"
            async with host.memory.dial("here") as other:
                assert other.local_addr != client.local_addr
        assert repr(ln) == "<closed MemoryListener memory here>"
        client.close()
        server.close()

    hosts.run(host_name, body)


def test_address_values() -> None:
    addr = memory.MemoryAddr("name")
    assert addr.name == str(addr) == f"{addr}" == "name"
    assert addr == memory.MemoryAddr("name") != memory.MemoryAddr("other")
    assert addr != net.UnixAddr("name")
    assert len({addr, memory.MemoryAddr("name")}) == 1
    assert pickle.loads(pickle.dumps(addr)) == copy.copy(addr) == addr
    assert repr(addr) == "MemoryAddr('name')"
    with pytest.raises(TypeError):
        memory.MemoryAddr(b"name")  # type: ignore[arg-type]


def test_a_name_is_its_listeners(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        with pytest.raises(ConnectionRefusedError) as refused:
            await host.memory.dial("here")
        assert str(refused.value) == "dial memory here: Connection refused"
        first = await host.memory.listen("here")
        with pytest.raises(net.OpError) as used:
            await host.memory.listen("here")
        assert used.value.errno == errno.EADDRINUSE
        assert str(used.value) == "listen memory here: Address already in use"
        # Packets have names of their own, as UDP its ports.
        async with host.memory.listen_packet("here"):
            pass
        first.close()
        first.close()
        with pytest.raises(ConnectionRefusedError):
            await host.memory.dial("here")
        async with host.memory.listen("here"):
            pass

    hosts.run(host_name, body)


def test_no_name_is_a_new_one(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        number = int(str(inside._network.fresh())[1:])
        # The network passes over what somebody has chosen for himself.
        async with host.memory.listen(f"@{number + 1}"), host.memory.listen("") as one:
            async with host.memory.listen("") as two:
                assert str(one.addr) == f"@{number + 2}"
                assert str(two.addr) == f"@{number + 3}"
        with pytest.raises(net.MissingAddressError) as caught:
            await host.memory.dial("")
        assert str(caught.value) == "dial memory: missing address"

    hosts.run(host_name, body)


def test_bad_arguments(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        for wrong in (None, b"name", 5, net.UnixAddr("name")):
            for call in (
                host.memory.listen,
                host.memory.dial,
                host.memory.listen_packet,
                host.memory.dial_packet,
            ):
                with pytest.raises(TypeError):
                    await call(wrong)
        for backlog, error in ((0, ValueError), (-1, ValueError), ("1", TypeError), (True, TypeError)):
            with pytest.raises(error):
                await host.memory.listen("", backlog=backlog)
        async with host.memory.listen("here"):
            for timeout, error in (("1", TypeError), (float("nan"), ValueError)):
                with pytest.raises(error):
                    await host.memory.dial("here", timeout=timeout)
            for timeout in (0, -1, datetime.timedelta(0)):
                with pytest.raises(net.DeadlineExceededError) as caught:
                    await host.memory.dial("here", timeout=timeout)
                assert str(caught.value) == "dial memory here: i/o timeout"

    hosts.run(host_name, body)


def test_a_full_backlog_has_dials_wait(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        async with host.memory.listen("", backlog=2) as ln:
            name = str(ln.addr)
            conns = [await host.memory.dial(name) for _ in range(2)]
            with pytest.raises(net.DeadlineExceededError):
                await host.memory.dial(name, timeout=0.02)
            dials = [host.start(host.memory.dial, name) for _ in range(2)]
            await host.until(lambda: len(getattr(ln, "seen", ln)._fd._knocking) == 2)
            assert not any(dial.done() for dial in dials)
            for n in range(4):
                served = await ln.accept()
                # The one that gave up is not among them.
                await served.write(b"%d" % n)
                served.close()
            conns += [await dial for dial in dials]
            got = {await conn.read() for conn in conns}
            assert got == {b"0", b"1", b"2", b"3"}
            for conn in conns:
                conn.close()
            ln.set_deadline(time.monotonic() + 0.02)
            with pytest.raises(net.DeadlineExceededError) as caught:
                await ln.accept()
            assert str(caught.value) == f"accept memory {name}: i/o timeout"

    hosts.run(host_name, body)


def test_a_listeners_close(host_name: str) -> None:
    """Those who wait are refused, those in the queue reset, those accepted go on."""

    async def body(host: hosts.Host) -> None:
        ln = await host.memory.listen("", backlog=1)
        name = str(ln.addr)
        alive = await host.memory.dial(name)
        served = await ln.accept()
        queued = await host.memory.dial(name)
        assert await queued.write(b"into the void") == 13
        reading = host.start(queued.read, 1)
        waiting = host.start(host.memory.dial, name)
        await host.blocked(queued)
        await host.until(lambda: len(getattr(ln, "seen", ln)._fd._knocking) == 1)
        ln.close()
        with pytest.raises(ConnectionRefusedError):
            await waiting
        for call in (lambda: reading, lambda: queued.read(1), lambda: queued.write(b"x")):
            with pytest.raises(ConnectionResetError):
                await call()
        await alive.write(b"alive")
        assert await served.read(10) == b"alive"
        for conn in (alive, served, queued):
            conn.close()
        for call in (ln.accept, lambda: ln.accept(cancel=net.CancelToken())):
            with pytest.raises(net.ClosedError):
                await call()
        with pytest.raises(net.ClosedError) as caught:
            ln.set_deadline(None)
        assert (caught.value.op, caught.value.addr) == ("set", ln.addr)

    hosts.run(host_name, body)


def test_an_accept_that_waits(host_name: str) -> None:
    """Ended by close, by a deadline moved, by a token; and none of that loses a connection."""

    async def body(host: hosts.Host) -> None:
        async with host.memory.listen("here") as ln:
            token = net.CancelToken()
            accepting = host.start(lambda: ln.accept(cancel=token))
            await host.blocked(ln)
            token.cancel()
            with pytest.raises(net.CanceledError):
                await accepting
            with pytest.raises(net.CanceledError):
                await ln.accept(cancel=token)
            accepting = host.start(ln.accept)
            await host.blocked(ln)
            ln.set_deadline(time.monotonic() - 1)
            with pytest.raises(net.DeadlineExceededError):
                await accepting
            ln.set_deadline(None)
            first, second = host.start(ln.accept), host.start(ln.accept)
            await host.blocked(ln, waiters=2)
            async with host.memory.dial("here"), host.memory.dial("here"):
                (await first).close()
                (await second).close()
            closing = host.start(ln.accept)
            await host.blocked(ln)
            with pytest.raises(io.UnsupportedOperation):
                ln.file()
        with pytest.raises(net.ClosedError):
            await closing

    hosts.run(host_name, body)


def test_a_cancelled_accept(task_host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        async with host.memory.listen("here") as ln:
            first, second = host.start(ln.accept), host.start(ln.accept)
            await host.blocked(ln, waiters=2)
            first.cancel()
            await host.until(first.done)
            async with host.memory.dial("here"):
                (await second).close()

    hosts.run(task_host_name, body)


def test_a_cancelled_dial(task_host_name: str) -> None:
    """It leaves nothing behind, wherever it is."""

    async def body(host: hosts.Host) -> None:
        async with host.memory.listen("here", backlog=1) as ln:
            first = await host.memory.dial("here")
            waiting = host.start(host.memory.dial, "here")
            await host.until(lambda: ln._fd._knocking)
            waiting.cancel()
            await host.until(waiting.done)
            assert not ln._fd._knocking
            waiting = host.start(host.memory.dial, "here")
            await host.until(lambda: ln._fd._knocking)
            # Let in and cancelled in the same turn of the loop.
            (await ln.accept()).close()
            waiting.cancel()
            await host.until(waiting.done)
            ln.set_deadline(time.monotonic() + 1)
            served = await ln.accept()
            if waiting.cancelled():
                assert await served.read() == b""
            else:
                (await waiting).close()
            served.close()
            first.close()

    hosts.run(task_host_name, body)


def test_writing_waits_behind_the_buffer(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        one, two = await accepted(host)
        async with one, two:
            assert await one.write(b"x" * 65_536) == 65_536
            assert await one.write(b"") == 0
            writing = host.start(one.write, b"y" * 1000)
            await host.blocked(one, "writing")
            assert len(await two.read(100)) == 100
            await host.pause(0.01)
            assert not writing.done()
            # The other direction has a buffer of its own.
            assert await two.write(b"z" * 65_536) == 65_536
            two.set_read_buffer(70_000)
            assert await writing == 1000
            one.set_write_buffer(65_536)
            one.set_write_deadline(time.monotonic() + 0.02)
            with pytest.raises(net.DeadlineExceededError):
                await one.write(b"z")
            data = b""
            while len(data) < 65_536 + 900:
                data += await two.read(10_000)
            assert data == b"x" * 65_436 + b"y" * 1000
            for end in (one, two):
                end.set_read_buffer(0)
            one.set_deadline(None)
            writing = host.start(one.write, b"abc")
            assert [await two.read(10) for _ in range(3)] == [b"a", b"b", b"c"]
            assert await writing == 3

    hosts.run(host_name, body)


def test_writes_stay_whole_whatever_wakes_them(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        one, two = await accepted(host)
        async with one, two:
            jobs = [host.start(one.write, bytes([letter]) * 100_000) for letter in b"abc"]
            await host.blocked(one, "writing", waiters=3)
            data = b""
            while len(data) < 300_000:
                # All of them look; only one may go on.
                one.set_write_deadline(time.monotonic() + 1000)
                await host.pause(0)
                data += await two.read(10_000)
            assert [await job for job in jobs] == [100_000] * 3
            for start in range(0, 300_000, 100_000):
                assert data[start : start + 100_000] == data[start : start + 1] * 100_000

    hosts.run(host_name, body)


def test_close_lets_the_peer_read_on(host_name: str) -> None:
    """As a socket's: what was written is there, what is written now is refused, also what waits."""

    async def body(host: hosts.Host) -> None:
        one, two = await accepted(host)
        await one.write(b"last words")
        writing = host.start(two.write, b"x" * 100_000)
        await host.blocked(two, "writing")
        one.close()
        with pytest.raises(BrokenPipeError) as caught:
            await writing
        assert not isinstance(caught.value, net.ClosedError)
        assert caught.value.errno == errno.EPIPE
        assert caught.value.bytes_written == 65_536
        two.set_deadline(time.monotonic() + hosts.PATIENCE)
        assert await two.read() == b"last words"
        with pytest.raises(BrokenPipeError):
            await two.write(b"")
        two.close()

    hosts.run(host_name, body)


def test_half_closes(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        one, two = await accepted(host)
        async with one, two:
            await two.write(b"before")
            one.close_read()
            assert await one.read() == b"before"
            with pytest.raises(BrokenPipeError):
                await two.write(b"after")
            writing = host.start(one.write, b"x" * 70_000)
            await host.blocked(one, "writing")
            one.close_write()
            with pytest.raises(BrokenPipeError) as caught:
                await writing
            assert len(await two.read()) == caught.value.bytes_written == 65_536
        for shut in (one.close_read, one.close_write):
            with pytest.raises(net.ClosedError) as closed:
                shut()
            assert closed.value.op == "close"

    hosts.run(host_name, body)


def test_forgotten_ones_are_told_of(host_name: str) -> None:
    """As sockets: a server that leaks is found out."""

    async def body(host: hosts.Host) -> None:
        ends = list(await accepted(host))
        made: list[Any] = [
            ends.pop(),
            await host.memory.listen("here"),
            await host.memory.listen_packet("here"),
        ]
        shown = [repr(each) for each in made]
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            made.clear()
            gc.collect()
            await host.pause(0)
            gc.collect()
        assert sorted(str(each.message) for each in caught) == sorted(f"unclosed {each}" for each in shown)
        assert {each.category for each in caught} == {ResourceWarning}
        assert await ends[0].read() == b""
        ends[0].close()
        async with host.memory.listen("here"), host.memory.listen_packet("here"):
            pass

    hosts.run(host_name, body)


def test_served(host_name: str) -> None:
    """By `serve`, which ends with the listener."""

    async def body(host: hosts.Host) -> None:
        ln = await host.memory.listen("here")

        def plainly(conn: Any) -> None:
            conn.write(conn.read(100).upper())

        async def handler(conn: Any) -> None:
            await conn.write((await conn.read(100)).upper())

        async def serve() -> None:
            if host.is_threads:
                net.serve(ln.seen, plainly, limit=1)
            else:
                await host.net.serve(ln, handler, limit=1)

        serving = host.start(serve)
        for _ in range(3):
            async with host.memory.dial("here") as conn:
                await conn.write(b"hello")
                assert await conn.read() == b"HELLO"
        ln.close()
        await serving

    hosts.run(host_name, body)


def test_the_faces_have_the_same_names() -> None:
    assert memory.__all__ == aio_memory.__all__
    assert memory.MemoryAddr is aio_memory.MemoryAddr
    for name in memory.__all__:
        assert getattr(memory, name).__doc__


async def until_it_waits(end: Any) -> None:
    while not end._fd.reading.waiters():
        await asyncio.sleep(0)


def test_asyncio_run_ends_with_a_connection_left_open() -> None:
    """A connection is no loop's: it goes on in the next one."""
    ends: list[Any] = []

    async def first() -> None:
        async with aio_memory.listen("") as ln:
            ends.append(await aio_memory.dial(str(ln.addr)))
            ends.append(await ln.accept())
        reading = asyncio.create_task(ends[0].read(1))
        await until_it_waits(ends[0])
        reading.cancel()

    async def second() -> None:
        reading = asyncio.create_task(ends[0].read(10))
        await until_it_waits(ends[0])
        await ends[1].write(b"again")
        assert await reading == b"again"
        for end in ends:
            end.close()

    asyncio.run(first())
    asyncio.run(second())
