"""`read_batch` and `write_batch`: many datagrams by one call, and every way there is to do that."""

from __future__ import annotations

import errno
import os
import time
from typing import Any

import pytest

import dialnet as net
from tests import hosts
from tests.messages.pairs import pair
from tests.messages.ways import WAYS, read_all


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    WAYS[request.param](monkeypatch)
    return request.param


# All of them fit into a buffer of the usual largest size.
SIZES = [1200] * 20 + [700] + [0, 0] + [64] * 70 + [65_507, 1] + [5, 4, 5, 5, 6] + [9000] * 3 + [0]


@pytest.mark.parametrize("network", ["udp4", "udp6"])
def test_there_they_are(host_name: str, way: str, network: str) -> None:
    """All of them, as they were, in order, each with what the kernel knows."""

    async def body(host: hosts.Host) -> None:
        data = [os.urandom(size) for size in SIZES]
        async with pair(host, network) as (client, server):
            server.set_read_buffer(4 << 20)
            with pytest.raises(net.DeadlineExceededError):
                # Asks the kernel to tell.
                server.set_read_deadline(time.monotonic() + 0.01)
                await server.read_batch(1)
            server.set_read_deadline(None)
            sent = await client.write_batch([(each, None) for each in data])
            assert sent == len(data)
            packets = await read_all(server, len(data))
            assert [packet.data for packet in packets] == data
            for packet in packets:
                assert packet.addr == client.local_addr
                assert packet.dst == server.local_addr
                assert (packet.interface, packet.ttl, packet.tos) == ("lo", 64, 0)
                assert abs(packet.timestamp - time.time()) < 100
                assert not packet.truncated
            # And there are no more.
            server.set_read_deadline(time.monotonic() + 0.02)
            with pytest.raises(net.DeadlineExceededError):
                await server.read_batch(10)

    hosts.run(host_name, body)


def test_to_several_addresses(host_name: str, way: str) -> None:
    """Each to its own, on a socket of both families too."""

    async def body(host: hosts.Host) -> None:
        async with (
            host.net.listen_packet("udp", ":0") as sender,
            host.net.listen_packet("udp4", "127.0.0.1:0") as one,
            host.net.listen_packet("udp6", "[::1]:0") as two,
        ):
            batch = [(b"%d" % number, (one if number % 5 < 3 else two).local_addr) for number in range(100)]
            assert await sender.write_batch(iter(batch)) == 100
            for conn in (one, two):
                expected = [data for data, addr in batch if addr == conn.local_addr]
                packets = await read_all(conn, len(expected))
                assert [packet.data for packet in packets] == expected
                assert {packet.addr.port for packet in packets} == {sender.local_addr.port}
            # An answer to every one of them.
            assert await one.write_batch((packet.data, packet.addr) for packet in packets[:0]) == 0
            assert await two.write_batch([(packet.data, packet.addr) for packet in packets]) == len(packets)
            answers = await read_all(sender, len(packets))
            assert [answer.data for answer in answers] == [packet.data for packet in packets]
            assert {answer.addr for answer in answers} == {two.local_addr}

    hosts.run(host_name, body)


def test_any_bytes_like(host_name: str, way: str) -> None:
    async def body(host: hosts.Host) -> None:
        import array

        async with pair(host, "udp4") as (client, server):
            given = [b"ab", bytearray(b"cd"), memoryview(b"xefx")[1:3], memoryview(b"g_h_")[::2]]
            given += [array.array("H", b"ij")]
            assert await client.write_batch([(data, None) for data in given]) == 5
            assert [packet.data for packet in await read_all(server, 5)] == [
                b"ab", b"cd", b"ef", b"gh", b"ij"
            ]  # fmt: skip

    hosts.run(host_name, body)


def test_cut(host_name: str, way: str) -> None:
    """Each at `n` bytes, and that is told."""

    async def body(host: hosts.Host) -> None:
        async with pair(host, "udp4") as (client, server):
            data = [b"abcd", b"efgh", b"ij", b"", b"klm"]
            for n in (0, 1, 2, 3, 4, 5, 100_000):
                await client.write_batch([(each, None) for each in data])
                packets = await read_all(server, len(data), n=n)
                assert [packet.data for packet in packets] == [each[:n] for each in data]
                assert [packet.truncated for packet in packets] == [len(each) > n for each in data]

    hosts.run(host_name, body)


@pytest.mark.parametrize("most", [1, 2, 3, 7])
def test_a_few_at_a_time(host_name: str, way: str, most: int) -> None:
    """What is too much for one call is there for the next, whichever it is."""

    async def body(host: hosts.Host) -> None:
        async with pair(host, "udp4") as (client, server):
            await client.write(b"start")
            await server.read_batch(1)
            count = 60
            data = [b"%02d" % number for number in range(count)]
            assert await client.write_batch([(each, None) for each in data]) == count
            seen: list[bytes] = []
            buffer = bytearray(10)
            readers = (
                lambda: batch(server, most),
                lambda: only(server.read_packet()),
                lambda: only(server.read_from()),
                lambda: plain(server.read(10)),
                lambda: only(server.read_msg(10, 200)),
                lambda: into(server.readinto(buffer), buffer),
                lambda: into_from(server.read_from_into(buffer), buffer),
            )
            turn = 0
            while len(seen) < count:
                seen += await readers[turn % len(readers)]()
                turn += 1
            assert seen == data

    hosts.run(host_name, body)


async def batch(conn: Any, most: int) -> list[bytes]:
    packets = await conn.read_batch(most)
    assert 0 < len(packets) <= most
    return [packet.data for packet in packets]


async def only(reading: Any) -> list[bytes]:
    return [(await reading)[0]]


async def plain(reading: Any) -> list[bytes]:
    return [await reading]


async def into(reading: Any, buffer: bytearray) -> list[bytes]:
    return [bytes(buffer[: await reading])]


async def into_from(reading: Any, buffer: bytearray) -> list[bytes]:
    return [bytes(buffer[: (await reading)[0]])]


def test_an_error_in_the_middle(host_name: str, way: str) -> None:
    """What had gone is told, with the address that failed; the rest can be sent."""

    async def body(host: hosts.Host) -> None:
        async with (
            host.net.listen_packet("udp4", "127.0.0.1:0") as conn,
            host.net.listen_packet("udp4", "127.0.0.1:0") as peer,
        ):
            there = peer.local_addr
            bad = net.UDPAddr("127.0.0.1", 0)
            batch = [(b"12", there), (b"34", there), (b"5", there), (b"no", bad), (b"67", there)]
            with pytest.raises(OSError) as caught:
                await conn.write_batch(batch)
            err = caught.value
            assert isinstance(err, net.OpError)
            assert (err.errno, err.packets_written, err.bytes_written) == (errno.EINVAL, 3, 5)
            assert (err.op, err.addr) == ("write", bad)
            assert str(err) == f"write udp4 {conn.local_addr}->{bad}: sendmmsg: {os.strerror(errno.EINVAL)}"
            assert await conn.write_batch(batch[4:]) == 1
            assert [packet.data for packet in await read_all(peer, 4)] == [b"12", b"34", b"5", b"67"]
            # Too long for any datagram.
            batch = [(b"1", there), (bytes(65_508), there), (b"2", there)]
            with pytest.raises(OSError) as too_long:
                await conn.write_batch(batch)
            assert (too_long.value.errno, too_long.value.packets_written) == (errno.EMSGSIZE, 1)
            assert (await peer.read_packet()).data == b"1"

    hosts.run(host_name, body)


def test_bad_input(host_name: str) -> None:
    """All is looked at before anything is sent."""

    async def body(host: hosts.Host) -> None:
        async with pair(host, "udp4") as (client, server):
            there = client.local_addr
            for conn, wrong, error in (
                (server, [(b"x", there), (b"x", None)], net.MissingAddressError),
                (server, [(b"x", there), (b"x", net.TCPAddr("127.0.0.1", 1))], net.OpError),
                (server, [(b"x", there), (b"x", net.UDPAddr("::1", 1))], net.AddrError),
                (server, [(b"x", there), (b"x", "127.0.0.1:1")], TypeError),
                (server, [(b"x", there), ("text", there)], TypeError),
                (server, [(b"x", there), (b"x",)], ValueError),
                (server, [(b"x", there), (b"x", there, 1)], ValueError),
                (server, [(b"x", there), 5], TypeError),
                (server, 5, TypeError),
                (client, [(b"x", None), (b"x", server.local_addr)], net.WriteToConnectedError),
            ):
                with pytest.raises(error) as caught:
                    await conn.write_batch(wrong)
                if isinstance(caught.value, net.OpError):
                    assert caught.value.packets_written == 0
            for most, n, kind in (
                (0, 5, ValueError),
                (-1, 5, ValueError),
                (5, -1, ValueError),
                (1.5, 5, TypeError),
                ("5", 5, TypeError),
                (5, "5", TypeError),
                (None, 5, TypeError),
            ):
                with pytest.raises(kind):
                    await server.read_batch(most, n)
            for conn in (client, server):
                assert await conn.write_batch([]) == 0
                conn.set_deadline(time.monotonic() + 0.02)
                with pytest.raises(net.DeadlineExceededError):
                    await conn.read_batch(1)
                for given in ([], [(b"x", None if conn is client else there)]):
                    with pytest.raises(net.DeadlineExceededError) as late:
                        await conn.write_batch(given)
                    assert late.value.packets_written == 0
                conn.close()
                for given in ([], [(b"x", None if conn is client else there)]):
                    with pytest.raises(net.ClosedError):
                        await conn.write_batch(given)

    hosts.run(host_name, body)


def test_refused(host_name: str, way: str) -> None:
    """An error that came in between is given once, and no datagram that had come is lost."""

    async def body(host: hosts.Host) -> None:
        async with pair(host, "udp4") as (client, server):
            await server.write_to(b"before", client.local_addr)
            await host.pause(0.01)
            server.close()
            await client.write(b"to nobody")
            seen: list[bytes] = []
            refused = 0
            while not (refused and seen):
                try:
                    seen += [packet.data for packet in await client.read_batch(5)]
                except ConnectionRefusedError:
                    refused += 1
            assert (seen, refused) == ([b"before"], 1)

    hosts.run(host_name, body)


def test_many_at_once(host_name: str) -> None:
    """Writers and readers of one connection side by side: every datagram once, and whole."""

    async def body(host: hosts.Host) -> None:
        async with pair(host, "udp4") as (client, server):
            writers, batches, size = 4, 20, 30
            seen: list[bytes] = []
            sent: list[int] = []

            async def write(number: int) -> None:
                for turn in range(batches):
                    data = [b"%d %d %d" % (number, turn, each) + bytes(80) for each in range(size)]
                    assert await client.write_batch([(each, None) for each in data]) == size
                    sent.append(size)
                    # No more than what a buffer of the usual size holds.
                    await host.until(lambda: sum(sent) - len(seen) < 3 * size)

            async def read() -> None:
                while True:
                    packets = await server.read_batch(50)
                    seen.extend(packet.data for packet in packets)
                    assert len(packets) <= 50

            readers = [host.start(read) for _ in range(3)]
            for job in [host.start(write, number) for number in range(writers)]:
                await job
            await host.until(lambda: len(seen) >= writers * batches * size)
            server.close()
            for reader in readers:
                with pytest.raises(net.ClosedError):
                    await reader
            assert len(set(seen)) == len(seen) == writers * batches * size

    hosts.run(host_name, body)


def test_a_task_that_only_sends_lets_others_run(task_host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        async with pair(host, "udp4") as (client, _):
            turns = 0

            async def count() -> None:
                nonlocal turns
                while turns < 10_000:
                    turns += 1
                    await host.pause(0)

            counting = host.start(count)
            await host.pause(0)
            begin = turns
            await client.write_batch([(b"x" * (1 + number % 2), None) for number in range(5000)])
            assert turns > begin + 5
            turns = 10_000
            await counting

    hosts.run(task_host_name, body)
