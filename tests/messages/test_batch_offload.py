"""Datagrams that go to the kernel, or come from it, several as one; and calls in the middle of calls."""

from __future__ import annotations

import errno
import os
import socket
import time
from typing import Any

import pytest

import dialnet as net
from dialnet.system import mmsg
from tests import hosts
from tests.messages.pairs import pair
from tests.messages.ways import one_by_one, plainly, read_all

UDP_GRO = 104


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
                # Once this one is over, and not before: on a busy machine they would pile up.
                signal.setitimer(signal.ITIMER_REAL, pause)

            pause = 0.0007
            before = signal.signal(signal.SIGALRM, handler)
            signal.setitimer(signal.ITIMER_REAL, pause)
            try:
                for turn in range(300):
                    data = [b"%d %d" % (turn, each) for each in range(30)]
                    client.write_batch([(each, None) for each in data])
                    seen.extend(packet.data for packet in server.read_batch(30))
            finally:
                pause = 0
                signal.setitimer(signal.ITIMER_REAL, 0)
                signal.signal(signal.SIGALRM, before)
            client.write(b"the end")
            while b"the end" not in seen:
                seen.extend(packet.data for packet in server.read_batch(100))
            ours = [data for data in seen if data[:1].isdigit()]
            assert sorted(ours) == sorted(
                b"%d %d" % (turn, each) for turn in range(300) for each in range(30)
            )


def test_a_call_in_the_middle_of_another() -> None:
    """As a signal handler's, at the worst moment: while what the kernel wrote is being looked at."""
    with net.listen_udp("udp4", net.UDPAddr("127.0.0.1")) as server:
        with net.dial_udp("udp4", None, server.local_addr) as client:
            with pytest.MonkeyPatch.context() as patch:
                one_by_one(patch)
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

    plainly(monkeypatch)
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
