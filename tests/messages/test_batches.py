"""`read_batch` and `write_batch`: many datagrams by one call, and every way there is to do that."""

from __future__ import annotations

import errno
import os
import socket
import time
from typing import Any

import pytest

import dialnet as net
from dialnet import system
from dialnet.system import mmsg
from tests import hosts
from tests.messages.pairs import pair

UDP_SEGMENT, UDP_GRO = 103, 104


def _plainly(patch: pytest.MonkeyPatch) -> None:
    """As on a system that has neither call."""
    patch.setattr(system, "batches", lambda: None)


def _one_by_one(patch: pytest.MonkeyPatch) -> None:
    """A kernel that neither cuts up nor coalesces."""
    patch.setattr(mmsg, "can_segment", lambda sock: False)
    patch.setattr("dialnet.connections.incoming.COALESCED", None)


def _cut_up(patch: pytest.MonkeyPatch) -> None:
    """It cuts up, and does not coalesce."""
    patch.setattr("dialnet.connections.incoming.COALESCED", None)


def _offloaded(patch: pytest.MonkeyPatch) -> None:
    """All that this kernel can."""


WAYS = {"plainly": _plainly, "one by one": _one_by_one, "cut up": _cut_up, "offloaded": _offloaded}


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    WAYS[request.param](monkeypatch)
    return request.param


async def read_all(conn: Any, count: int, most: int = 1000, n: int = 65_536) -> list[net.Packet]:
    """So many datagrams, in as few calls as it takes."""
    packets: list[net.Packet] = []
    while len(packets) < count:
        got = await conn.read_batch(min(most, count - len(packets)), n)
        assert 0 < len(got) <= min(most, count - len(packets))
        packets += got
    return packets


SIZES = [1200] * 40 + [700] + [0, 0] + [64] * 100 + [65_507, 1] + [5, 4, 5, 5, 6] + [9000] * 10 + [0]


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


def test_other_reads_know_of_coalescing(host_name: str) -> None:
    """Cut to size, with their sender and flags, and control data that say nothing of it."""

    async def body(host: hosts.Host) -> None:
        async with pair(host, "udp4") as (client, server):
            await client.write(b"start")
            await server.read_batch(1)
            sent = [(b"abc", None), (b"def", None), (b"ghi", None), (b"jkl", None), (b"m", None)]
            assert await client.write_batch(sent) == 5
            message = await server.read_msg(2, 200)
            assert (message.data, message.flags, message.addr) == (b"ab", socket.MSG_TRUNC, client.local_addr)
            assert {kind for _, kind, _ in message.ancdata} == {35, 8, 2, 1}
            message = await server.read_msg(3, 40)
            assert (message.data, message.flags) == (b"def", socket.MSG_CTRUNC)
            assert [kind for _, kind, _ in message.ancdata] == [35]
            assert await server.read_from(2) == (b"gh", client.local_addr)
            assert await server.read(2) == b"jk"
            packet = await server.read_packet()
            assert (packet.data, packet.interface, packet.truncated) == (b"m", "lo", False)

    hosts.run(host_name, body)


@pytest.mark.parametrize("begun", [True, False])
def test_waiting_readers_share_a_train(host_name: str, begun: bool) -> None:
    """What one call leaves over wakes the next that waits; also who has been waiting since before the first
    batch was asked for gets one datagram."""

    async def body(host: hosts.Host) -> None:
        async with pair(host, "udp4") as (client, server):
            if begun:
                await client.write(b"start")
                await server.read_batch(1)
            readers = [host.start(server.read_batch, 1)]
            await host.blocked(server, waiters=1)
            readers += [host.start(server.read, 100), host.start(server.read_from)]
            readers += [host.start(server.read_msg, 9, 0), host.start(server.read_batch, 5)]
            await host.blocked(server, waiters=5)
            # One by one, or the first would take too many.
            await client.write_batch([(b"%d" % number, None) for number in range(9)])
            got: list[bytes] = []
            for reader in readers:
                value = await reader
                if isinstance(value, bytes):
                    got.append(value)
                else:
                    got += [each[0] for each in value] if isinstance(value, list) else [value[0]]
            assert sorted(got) == [b"%d" % number for number in range(9)]

    hosts.run(host_name, body)


def test_others_get_what_was_sent(host_name: str) -> None:
    """Whoever has the descriptor itself is not given several datagrams as one."""

    async def body(host: hosts.Host) -> None:
        both = [(b"one", None), (b"two", None)]
        async with pair(host, "udp4") as (client, server):
            # Asked for before: it never begins.
            with server.file() as sock:
                await client.write(b"start")
                await server.read_batch(1)
                assert not sock.getsockopt(socket.IPPROTO_UDP, UDP_GRO)
                await client.write_batch(both)
                sock.setblocking(True)
                assert [sock.recv(100), sock.recv(100)] == [b"one", b"two"]
                sock.setblocking(False)
        async with pair(host, "udp4") as (client, server):
            await client.write(b"start")
            await server.read_batch(1)
            # Asked for afterwards: it ends.
            with server.file() as sock:
                assert not sock.getsockopt(socket.IPPROTO_UDP, UDP_GRO)
                await client.write_batch(both)
                assert [sock.recv(100), sock.recv(100)] == [b"one", b"two"]
                await client.write_batch(both)
                assert [packet.data for packet in await read_all(server, 2)] == [b"one", b"two"]
        async with pair(host, "udp4") as (client, server):
            await client.write(b"start")
            await server.read_batch(1)
            seen: list[bytes] = []

            def read(fd: int) -> bool:
                with socket.socket(fileno=os.dup(fd)) as sock:
                    seen.append(sock.recv(100))
                return True

            raw = hosts.view(server.syscall_conn())
            await client.write_batch(both)
            await raw.read(read)
            await raw.read(read)
            assert seen == [b"one", b"two"]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as given:
            given.bind(("127.0.0.1", 0))
            async with hosts.view(host.net.file_packet_conn(given)) as conn:
                given.sendto(b"start", given.getsockname())
                await conn.read_batch(1)
                assert not given.getsockopt(socket.IPPROTO_UDP, UDP_GRO)

    hosts.run(host_name, body)


def test_a_child_does_not_coalesce() -> None:
    """A forked child shares the socket with its parent, which may read from it in another way."""
    with net.listen_udp("udp4", net.UDPAddr("127.0.0.1")) as server:
        with net.dial_udp("udp4", None, server.local_addr) as client:
            client.write(b"start")
            child = os.fork()
            if not child:
                status = 1
                try:
                    status = int([packet.data for packet in server.read_batch(5)] != [b"start"])
                finally:
                    os._exit(status)
            assert os.waitpid(child, 0)[1] == 0
            client.write_batch([(b"one", None), (b"two", None)])
            assert [server.read(100), server.read(100)] == [b"one", b"two"]


def test_what_goes_over_the_link(host_name: str) -> None:
    """Datagrams of one length are handed over as one, and coalesced ones taken as one: seen at the socket's
    own calls."""

    async def body(host: hosts.Host) -> None:
        async with pair(host, "udp4") as (client, server):
            await client.write(b"start")
            await server.read_batch(1)
            calls: list[list[int]] = []

            class Watched(mmsg.Sender):
                def send(self, number: int, data: bytes, messages: Any) -> int:
                    calls.append([length for length, _, _ in messages])
                    return super().send(number, data, messages)

            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(mmsg, "Sender", Watched)
                await client.write_batch([(bytes(100), None)] * 130 + [(bytes(50), None)])
            assert calls == [[6400, 6400, 250]]
            with socket.socket(fileno=os.dup(server.fileno())) as sock:
                raw = sock.recvmsg(65_536, 500)
                assert len(raw[0]) == 6400
                assert (socket.IPPROTO_UDP, UDP_GRO) in [item[:2] for item in raw[1]]
            packets = await read_all(server, 67)
            assert [len(packet.data) for packet in packets] == [100] * 66 + [50]

    hosts.run(host_name, body)


def test_a_link_that_is_too_narrow(host_name: str) -> None:
    """What the kernel does not cut up it is given one by one, which it may then break into fragments."""

    async def body(host: hosts.Host) -> None:
        async with pair(host, "udp4") as (client, server):
            refused: list[int] = []
            send = mmsg.Sender.send

            for wrong in (errno.EINVAL, errno.EMSGSIZE, errno.EIO, errno.ENOPROTOOPT):

                class Narrow(mmsg.Sender):
                    says = wrong

                    def send(self, number: int, data: bytes, messages: Any) -> int:
                        # As the kernel: what comes before goes.
                        long = [place for place, each in enumerate(messages) if each[2] > 1472]
                        if long and not long[0]:
                            refused.append(messages[0][2])
                            raise OSError(self.says, "")
                        return send(self, number, data, messages[: long[0]] if long else messages)

                client.close()
                client = await host.net.dial_udp("udp4", None, server.local_addr)
                with pytest.MonkeyPatch.context() as patch:
                    patch.setattr(mmsg, "Sender", Narrow)
                    for known in (False, True):
                        refused.clear()
                        sizes = [100, 100, 2000, 2000, 2000, 1800, 1800, 100, 100]
                        batch = [(bytes(size), None) for size in sizes]
                        assert await client.write_batch(batch) == len(sizes)
                        packets = await read_all(server, len(sizes))
                        assert [len(packet.data) for packet in packets] == sizes
                        assert bool(refused) is not known
            client.close()

    hosts.run(host_name, body)


def test_an_error_that_is_not_about_that(host_name: str) -> None:
    """The datagram's own error comes, and offloading goes on."""

    async def body(host: hosts.Host) -> None:
        async with host.net.listen_packet("udp4", "127.0.0.1:0") as conn:
            nowhere = net.UDPAddr("127.0.0.1", 0)
            with pytest.raises(OSError) as caught:
                await conn.write_batch([(bytes(10), nowhere)] * 3)
            assert (caught.value.errno, caught.value.packets_written) == (errno.EINVAL, 0)
            assert conn._fd is not None
            outgoing = (conn.seen if host.is_threads else conn)._outgoing
            assert outgoing._below == 65_507

    hosts.run(host_name, body)


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
            server.set_read_buffer(8 << 20)
            writers, batches, size = 4, 20, 30
            seen: list[bytes] = []

            async def write(number: int) -> None:
                for turn in range(batches):
                    data = [b"%d %d %d" % (number, turn, each) + bytes(80) for each in range(size)]
                    assert await client.write_batch([(each, None) for each in data]) == size

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


def test_a_signal_handler_reads_too() -> None:
    """In the middle of a batch: the memory that the kernel writes to is not shared."""
    import signal

    with net.listen_udp("udp4", net.UDPAddr("127.0.0.1")) as server:
        server.set_read_buffer(8 << 20)
        with net.dial_udp("udp4", None, server.local_addr) as client:
            seen: list[bytes] = []
            server.set_read_deadline(time.monotonic() + hosts.PATIENCE)

            def handler(number: int, frame: Any) -> None:
                client.write_batch([(b"from the handler%d" % each, None) for each in range(5)])
                seen.extend(packet.data for packet in server.read_batch(3))

            before = signal.signal(signal.SIGALRM, handler)
            signal.setitimer(signal.ITIMER_REAL, 0.001, 0.0007)
            try:
                for turn in range(300):
                    data = [b"%d %d" % (turn, each) for each in range(40)]
                    client.write_batch([(each, None) for each in data])
                    seen.extend(packet.data for packet in server.read_batch(30))
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
                signal.signal(signal.SIGALRM, before)
            client.write(b"the end")
            while b"the end" not in seen:
                seen.extend(packet.data for packet in server.read_batch(100))
            ours = [data for data in seen if data[:1].isdigit()]
            assert sorted(ours) == sorted(
                b"%d %d" % (turn, each) for turn in range(300) for each in range(40)
            )


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


def test_a_call_in_the_middle_of_another() -> None:
    """As a signal handler's, at the worst moment: while what the kernel wrote is being looked at."""
    with net.listen_udp("udp4", net.UDPAddr("127.0.0.1")) as server:
        with net.dial_udp("udp4", None, server.local_addr) as client:
            with pytest.MonkeyPatch.context() as patch:
                _one_by_one(patch)
                # So that there is a memory that could be shared.
                client.write(b"start")
                server.read_batch(3)
                inner: list[bytes] = []
                sockaddr = mmsg._sockaddr

                def interrupted(raw: bytes) -> Any:
                    if not inner:
                        inner.append(b"")
                        inner.extend(packet.data for packet in server.read_batch(3))
                    return sockaddr(raw)

                patch.setattr(mmsg, "_sockaddr", interrupted)
                client.write_batch([(b"%d" % number, None) for number in range(6)])
                outer = [packet.data for packet in server.read_batch(3)]
                assert outer == [b"0", b"1", b"2"]
                assert inner[1:] == [b"3", b"4", b"5"]


def test_an_error_behind_datagrams(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no call for many: what has come is given out first, then the error, then the rest."""
    from dialnet.connections.incoming import Incoming

    _plainly(monkeypatch)
    peer = ("127.0.0.1", 5)
    script: list[Any] = [b"one", b"two", ConnectionRefusedError(errno.ECONNREFUSED, ""), b"three"]

    class Scripted:
        family = socket.AF_INET

        def setsockopt(self, *_: Any) -> None:
            pass

        def recvmsg(self, *_: Any) -> Any:
            if not script:
                raise BlockingIOError(errno.EAGAIN, "")
            said = script.pop(0)
            if isinstance(said, OSError):
                raise said
            return said, [], 0, peer

    incoming = Incoming(Scripted(), 5)  # type: ignore[arg-type]
    assert [packet.data for packet in incoming.packets((10, 10))] == [b"one", b"two"]
    with pytest.raises(ConnectionRefusedError):
        incoming.packet(10)
    assert [packet.data for packet in incoming.packets((10, 10))] == [b"three"]
    with pytest.raises(BlockingIOError):
        incoming.packets((10, 10))
