"""Packets in memory: whole, in order, none lost. What every connection must do is in `tests/conformance`."""

from __future__ import annotations

import errno
import time
from typing import Any

import pytest

import dialnet as net
from dialnet import memory
from tests import hosts


def test_to_and_fro(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        async with host.memory.listen_packet("server") as server, host.memory.listen_packet("") as client:
            for data in (b"hello", b"", b"x" * 65_536):
                assert await client.write_to(data, memory.MemoryAddr("server")) == len(data)
                got, sender = await server.read_from()
                assert (got, sender) == (data, client.local_addr)
                await server.write_to(memoryview(b"abcdef")[::2], sender)
                assert await client.read_from() == (b"ace", server.local_addr)
            assert server.remote_addr is None
            assert repr(server) == "<MemoryPacketConn memory server>"

    hosts.run(host_name, body)


def test_boundaries_and_cuts(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        async with host.memory.listen_packet("") as one, host.memory.dial_packet(str(one.local_addr)) as two:
            for n in range(10):
                await two.write(b"%d" % n * 10)
            await two.writelines([b"in ", b"", b"one"])
            assert await one.read_from(4) == (b"0000", two.local_addr)
            assert await one.read_from(0) == (b"", two.local_addr)
            assert await one.read(3) == b"222"
            buffer = bytearray(5)
            assert await one.read_from_into(buffer) == (5, two.local_addr)
            assert buffer == b"33333"
            assert await one.readinto(buffer) == 5
            assert await one.read(0) == b""
            assert await one.read() == b"5" * 10
            for n in (6, 7, 8, 9):
                assert (await one.read_from())[0] == b"%d" % n * 10
            assert await one.read() == b"in one"
            with pytest.raises(ValueError, match="negative"):
                await one.read_from(-1)
            with pytest.raises(TypeError):
                await one.read_from_into(b"read-only")

    hosts.run(host_name, body)


def test_dialed_ones_have_one_peer(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        # The peer may come later.
        client = await host.memory.dial_packet("server", local_name="client")
        with pytest.raises(ConnectionRefusedError) as refused:
            await client.write(b"too early")
        assert str(refused.value) == "write memory client->server: Connection refused"
        async with (
            client,
            host.memory.listen_packet("server") as server,
            host.memory.listen_packet("") as other,
        ):
            await client.write(b"hello")
            assert await server.read_from() == (b"hello", client.local_addr)
            with pytest.raises(ConnectionRefusedError):
                await other.write_to(b"not for you", client.local_addr)
            await server.write_to(b"answer", client.local_addr)
            assert await client.read_from() == (b"answer", server.local_addr)
            with pytest.raises(net.WriteToConnectedError) as caught:
                await client.write_to(b"x", server.local_addr)
            assert caught.value.addr == server.local_addr
            for write in (lambda: server.write(b"x"), lambda: server.writelines([b"x"])):
                with pytest.raises(net.OpError) as nowhere:
                    await write()
                assert nowhere.value.errno == errno.EDESTADDRREQ

    hosts.run(host_name, body)


def test_names(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        async with host.memory.listen_packet("taken"):
            with pytest.raises(net.OpError) as listening:
                await host.memory.listen_packet("taken")
            with pytest.raises(net.OpError) as dialing:
                await host.memory.dial_packet("server", local_name="taken")
        assert listening.value.errno == dialing.value.errno == errno.EADDRINUSE
        assert str(listening.value) == "listen memory taken: Address already in use"
        assert str(dialing.value) == "dial memory taken->server: Address already in use"
        with pytest.raises(net.MissingAddressError) as missing:
            await host.memory.dial_packet("")
        assert str(missing.value) == "dial memory: missing address"

    hosts.run(host_name, body)


def test_where_nothing_can_go(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        async with host.memory.listen_packet("here") as conn:
            for wrong in ("here", 5, ("here", 1)):
                with pytest.raises(TypeError):
                    await conn.write_to(b"x", wrong)
            for foreign in (None, net.UDPAddr("127.0.0.1", 1), net.UnixAddr("here", "unixgram")):
                with pytest.raises(net.OpError) as caught:
                    await conn.write_to(b"x", foreign)
                assert (caught.value.errno, caught.value.addr) == (errno.EINVAL, foreign)
            with pytest.raises(TypeError):
                await conn.write_to("text", conn.local_addr)
            with pytest.raises(net.OpError) as caught:
                await conn.write_to(b"x" * 65_537, conn.local_addr)
            assert caught.value.errno == errno.EMSGSIZE
            with pytest.raises(ConnectionRefusedError) as refused:
                await conn.write_to(b"x", memory.MemoryAddr("nobody"))
            assert str(refused.value) == "write memory here->nobody: Connection refused"
            # To oneself, why not.
            await conn.write_to(b"x", conn.local_addr)
            assert await conn.read_from() == (b"x", conn.local_addr)
        with pytest.raises(net.ClosedError):
            await conn.write_to(b"x", conn.local_addr)
        with pytest.raises(net.ClosedError):
            await conn.write(b"x")

    hosts.run(host_name, body)


async def full(conn: Any, addr: Any, size: int = 1000) -> int:
    """Send until there is no more room; how many went."""
    count = 0
    with pytest.raises(net.DeadlineExceededError):
        while True:
            conn.set_write_deadline(time.monotonic() + 0.1)
            await conn.write_to(b"x" * size, addr)
            count += 1
    conn.set_write_deadline(None)
    return count


def test_a_full_queue_has_senders_wait(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        async with host.memory.listen_packet("") as server:
            addr = server.local_addr
            senders = [await host.memory.listen_packet("") for _ in range(3)]
            count = await full(senders[0], addr)
            assert 50 < count < 70
            jobs = [host.start(sender.write_to, b"late", addr) for sender in senders]
            for sender in senders:
                await host.blocked(sender, "writing")
            for _ in range(count):
                assert await server.read_from() == (b"x" * 1000, senders[0].local_addr)
            late = {(await server.read_from())[1] for _ in jobs}
            assert late == {sender.local_addr for sender in senders}
            assert [await job for job in jobs] == [4, 4, 4]
            # Datagrams of nothing fill it too.
            assert 500 < await full(senders[0], addr, 0) < 2000
            job = host.start(senders[1].write_to, b"", addr)
            await host.blocked(senders[1], "writing")
            server.set_read_buffer(1_000_000)
            server.set_write_buffer(1)
            assert await job == 0
            for sender in senders:
                sender.close()

    hosts.run(host_name, body)


def test_a_queue_of_its_own_for_each(host_name: str) -> None:
    """One that is full holds nobody up who sends elsewhere."""

    async def body(host: hosts.Host) -> None:
        async with (
            host.memory.listen_packet("") as stuck,
            host.memory.listen_packet("") as free,
            host.memory.listen_packet("") as sender,
        ):
            await full(sender, stuck.local_addr)
            await sender.write_to(b"through", free.local_addr)
            assert await free.read(10) == b"through"

    hosts.run(host_name, body)


def test_close_of_the_receiver(host_name: str) -> None:
    """Those who wait for room are refused; what was in the queue is gone with it."""

    async def body(host: hosts.Host) -> None:
        async with host.memory.listen_packet("") as sender:
            receiver = await host.memory.listen_packet("receiver")
            addr = receiver.local_addr
            await full(sender, addr)
            jobs = [host.start(sender.write_to, b"late", addr) for _ in range(2)]
            await host.blocked(sender, "writing", waiters=2)
            receiver.close()
            receiver.close()
            for job in jobs:
                with pytest.raises(ConnectionRefusedError):
                    await job
            async with host.memory.listen_packet("receiver") as again:
                again.set_read_deadline(time.monotonic() + 0.02)
                with pytest.raises(net.DeadlineExceededError):
                    await again.read_from()

    hosts.run(host_name, body)


def test_close_wakes_who_waits(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        conn = await host.memory.listen_packet("")
        async with host.memory.listen_packet("") as other:
            await full(conn, other.local_addr)
            jobs = [
                host.start(conn.read_from),
                host.start(conn.read_from_into, bytearray(1)),
                host.start(conn.write_to, b"x", other.local_addr),
            ]
            await host.blocked(conn, waiters=2)
            await host.blocked(conn, "writing")
            conn.close()
            for job in jobs:
                with pytest.raises(net.ClosedError):
                    await job

    hosts.run(host_name, body)


def test_cancelled(task_host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        async with host.memory.listen_packet("") as one, host.memory.listen_packet("") as two:
            first, second = host.start(one.read_from), host.start(one.read_from)
            await host.blocked(one, waiters=2)
            first.cancel()
            await two.write_to(b"data", one.local_addr)
            assert (await second)[0] == b"data"
            await full(two, one.local_addr)
            sending = host.start(two.write_to, b"never", one.local_addr)
            await host.blocked(two, "writing")
            sending.cancel()
            await host.until(sending.done)
            one.set_read_deadline(time.monotonic() + 0.02)
            with pytest.raises(net.DeadlineExceededError):
                while True:
                    assert (await one.read_from())[0] != b"never"

    hosts.run(task_host_name, body)
