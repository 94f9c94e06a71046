"""`send_fds` and `recv_fds`: descriptors over Unix sockets, of which none is ever left behind."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import dialnet as net
from tests import hosts
from tests.conftest import descriptors
from tests.messages.pairs import UNIX, closed_by_exec, free_descriptors, numbers, pair, same

MOST = 253  # SCM_MAX_FD
SO_PASSCRED, SO_PASSPIDFD = 16, 76


@pytest.mark.parametrize("network", UNIX)
def test_there_and_open(host_name: str, network: str, tmp_path: Path) -> None:
    async def body(host: hosts.Host) -> None:
        async with pair(host, network) as (client, server):
            with open(tmp_path / "one", "w+b") as one, socket.socket() as two:
                # Numbers and whatever has one; any number of them, none too; the sender's stay open.
                for fds in ([one.fileno(), two], (one,), iter([two, two, two]), [], [one] * MOST):
                    given = list(fds)
                    assert await client.send_fds(b"take these", iter(given)) == 10
                    data, got = await server.recv_fds(100, max(len(given), 1))
                    assert data == b"take these"
                    assert len(got) == len(given)
                    for number, each in zip(got, given, strict=True):
                        assert same(number, each if isinstance(each, int) else each.fileno())
                        assert closed_by_exec(number)
                        os.close(number)
                assert not one.closed
                assert two.fileno() >= 0

    hosts.run(host_name, body)


@pytest.mark.parametrize("network", UNIX)
def test_more_than_wanted(host_name: str, network: str) -> None:
    """All are closed, and the data is in the error."""

    async def body(host: hosts.Host) -> None:
        async with pair(host, network) as (client, server):
            before = descriptors()
            for sent, wanted in ((1, 0), (2, 1), (3, 2), (4, 1), (200, 1), (253, 0), (253, 252), (253, 20)):
                assert await client.send_fds(b"%d for %d" % (sent, wanted), [1] * sent)
                with pytest.raises(OSError, match=f"more than {wanted} descriptors came") as caught:
                    await server.recv_fds(100, wanted)
                assert isinstance(caught.value, net.OpError)
                assert (caught.value.op, caught.value.errno) == ("read", errno.EMSGSIZE)
                assert caught.value.data == b"%d for %d" % (sent, wanted)
                assert descriptors() == before
            # It goes on.
            await client.send_fds(b"fits", [1])
            data, (got,) = await server.recv_fds(100, 1)
            os.close(got)
            assert data == b"fits"

    hosts.run(host_name, body)


@pytest.mark.parametrize("network", UNIX)
def test_more_than_allowed(host_name: str, network: str) -> None:
    """The process may have some of them only, or none."""

    async def body(host: hosts.Host) -> None:
        async with pair(host, network) as (client, server):
            await client.write(b"x")
            await server.read(10)
            for free in (0, 1, 3):
                await client.send_fds(b"four", [1] * 4)
                with free_descriptors(free):
                    with pytest.raises(OSError) as caught:
                        await server.recv_fds(100, 4)
                    assert caught.value.errno == errno.EMFILE
                    assert caught.value.temporary
                    assert caught.value.data == b"four"
                    # Those that did come are closed: there is as much room as before.
                    for number in [os.dup(0) for _ in range(free)]:
                        os.close(number)
            await client.send_fds(b"four", [1] * 4)
            with free_descriptors(4):
                _, got = await server.recv_fds(100, 4)
                for number in got:
                    os.close(number)

    hosts.run(host_name, body)


def test_a_stream_merges_what_has_none(host_name: str) -> None:
    """A read ends behind the bytes that bring descriptors, and may begin before them."""

    async def body(host: hosts.Host) -> None:
        async with pair(host, "unix") as (client, server):
            await client.write(b"before ")
            await client.send_fds(b"with ", [1, 2])
            await client.write(b"after ")
            await client.send_fds(b"again ", [0])
            data, got = await server.recv_fds(1000, 10)
            assert data == b"before with "
            assert len(got) == 2
            more, others = await server.recv_fds(1000, 10)
            assert more == b"after again "
            for number in got + others:
                os.close(number)
            # A byte at a time: they come with the first.
            await client.send_fds(b"slowly", [1])
            data, (number,) = await server.recv_fds(1, 1)
            os.close(number)
            rest, none = await server.recv_fds(100, 1)
            assert (data + rest, none) == (b"slowly", [])

    hosts.run(host_name, body)


def test_the_other_reads_drop_them(host_name: str) -> None:
    """A plain read closes what it cannot return, and does not stall a task afterwards."""

    async def body(host: hosts.Host) -> None:
        async with pair(host, "unix") as (client, server):
            before = descriptors()
            for _ in range(3):
                await client.send_fds(b"one", [1])
                await client.send_fds(b"two", [1])
                assert await server.read(100) == b"one"
                assert await server.read(100) == b"two"
                reading = host.start(server.recv_fds, 10, 5)
                await host.blocked(server)
                await client.write(b"three")
                assert await reading == (b"three", [])
            assert descriptors() == before

    hosts.run(host_name, body)


@pytest.mark.parametrize("network", UNIX)
def test_without_data(host_name: str, network: str) -> None:
    """A stream carries them on a zero byte; a datagram may be empty."""

    async def body(host: hosts.Host) -> None:
        async with pair(host, network) as (client, server):
            assert await client.send_fds(b"", [1]) == 0
            data, (number,) = await server.recv_fds(10, 1)
            os.close(number)
            assert data == (b"" if network == "unixgram" else b"\0")

    hosts.run(host_name, body)


def test_the_end(host_name: str) -> None:
    """What was on its way is still there; then nothing."""

    async def body(host: hosts.Host) -> None:
        for network in ("unix", "unixpacket"):
            async with pair(host, network) as (client, server):
                await client.send_fds(b"last", [1])
                client.close()
                data, (number,) = await server.recv_fds(100, 1)
                os.close(number)
                assert data == b"last"
                for _ in range(2):
                    assert await server.recv_fds(100, 1) == (b"", [])
                with pytest.raises(net.ClosedError):
                    await client.send_fds(b"x", [1])
                with pytest.raises(net.ClosedError):
                    await client.recv_fds(1, 1)
                with pytest.raises(BrokenPipeError):
                    await server.send_fds(b"x", [1])

    hosts.run(host_name, body)


@pytest.mark.parametrize("network", UNIX)
def test_nobody_takes_them(host_name: str, network: str) -> None:
    """They go with the socket that they wait in."""

    async def body(host: hosts.Host) -> None:
        async with pair(host, network) as (client, server):
            reading, writing = os.pipe()
            await client.send_fds(b"a pipe", [writing])
            os.close(writing)
            server.close()
            # Had anybody a writing end, this would wait.
            assert os.read(reading, 1) == b""
            os.close(reading)

    hosts.run(host_name, body)


def test_bad_input(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        async with pair(host, "unix") as (client, server):
            closed = os.dup(0)
            os.close(closed)
            with pytest.raises(OSError) as bad:
                await client.send_fds(b"x", [1, closed])
            assert isinstance(bad.value, net.OpError)
            assert (bad.value.op, bad.value.errno, bad.value.bytes_written) == ("write", errno.EBADF, 0)
            for wrong, error in (
                (["1"], TypeError),
                ([None], TypeError),
                ([True], TypeError),
                ([1.0], TypeError),
                (5, TypeError),
                ([-1], ValueError),
                ([1 << 31], ValueError),
                ([1] * (MOST + 1), ValueError),
            ):
                with pytest.raises(error):
                    await client.send_fds(b"x", wrong)
            with pytest.raises(TypeError):
                await client.send_fds("text", [1])
            with open(os.devnull) as file:
                pass
            with pytest.raises(ValueError):
                await client.send_fds(b"x", [file])
            for n, most in ((-1, 1), (1, -1)):
                with pytest.raises(ValueError):
                    await server.recv_fds(n, most)
            for n, most in (("1", 1), (1, None), (1, 1.0)):
                with pytest.raises(TypeError):
                    await server.recv_fds(n, most)
            # Nothing of all that has gone.
            await client.write(b"fine")
            assert await server.recv_fds(10, 1 << 40) == (b"fine", [])

    hosts.run(host_name, body)


def test_a_deadline_and_a_close_while_sending(host_name: str) -> None:
    """What had gone is told, and the descriptors have gone with it once."""

    async def body(host: hosts.Host) -> None:
        async with pair(host, "unix") as (client, server):
            client.set_write_deadline(time.monotonic() + 0.05)
            with pytest.raises(net.DeadlineExceededError) as caught:
                await client.send_fds(bytes(5_000_000), [1])
            assert 0 < caught.value.bytes_written < 5_000_000
            client.set_write_deadline(None)
            sending = host.start(client.send_fds, bytes(5_000_000), [1])
            await host.blocked(client, "writing")
            client.close()
            with pytest.raises(net.ClosedError):
                await sending
            total, found = 0, []
            while True:
                data, got = await server.recv_fds(1_000_000, 10)
                if not data:
                    break
                total += len(data)
                found += got
            # The second call never had its turn: nothing of it went.
            assert total == caught.value.bytes_written
            assert len(found) == 1
            os.close(*found)

    hosts.run(host_name, body)


def test_other_control_data(host_name: str) -> None:
    """Credentials and a descriptor of the sender's process, if somebody asks for them, are not taken for what
    was sent, and not left open."""

    async def body(host: hosts.Host) -> None:
        async with pair(host, "unix") as (client, server):
            with server.file() as sock:
                sock.setsockopt(socket.SOL_SOCKET, SO_PASSCRED, 1)
                try:
                    sock.setsockopt(socket.SOL_SOCKET, SO_PASSPIDFD, 1)
                except OSError:
                    pass  # Before Linux 6.5
            before = descriptors()
            for count in (0, 1, MOST):
                await client.send_fds(b"x", [1] * count)
                data, got = await server.recv_fds(10, MOST)
                assert (data, len(got)) == (b"x", count)
                for number in got:
                    os.close(number)
                assert descriptors() == before

    hosts.run(host_name, body)


def test_another_process(host_name: str, tmp_path: Path) -> None:
    """`socket.send_fds` and `socket.recv_fds` in a plain Python are the other end."""

    async def body(host: hosts.Host) -> None:
        path = tmp_path / "s"
        async with host.net.listen("unix", str(path)) as ln:
            ln.set_deadline(time.monotonic() + hosts.PATIENCE)
            program = Path(__file__).with_name("fds_peer.py")
            with subprocess.Popen([sys.executable, "-I", str(program), str(path)]) as peer:
                async with await ln.accept() as conn:
                    conn.set_deadline(time.monotonic() + hosts.PATIENCE)
                    credentials = conn.peer_credentials()
                    assert credentials == (peer.pid, os.getuid(), os.getgid())
                    data, (reading,) = await conn.recv_fds(100, 5)
                    assert data == b"here is a pipe"
                    assert os.read(reading, 100) == b"through the pipe"
                    assert os.read(reading, 100) == b""
                    os.close(reading)
                    for count in (1, 2, MOST):
                        pipes = [os.pipe() for _ in range(count)]
                        await conn.send_fds(b"said by dialnet", [writing for _, writing in pipes])
                        assert await conn.read(100) == b"%d 0" % count
                        for reading, writing in pipes:
                            os.close(writing)
                            assert os.read(reading, 100) == b"said by dialnet"
                            os.close(reading)
                assert peer.wait(hosts.PATIENCE) == 0

    hosts.run(host_name, body)


def test_many_at_once(host_name: str) -> None:
    """Senders and receivers side by side: each message whole, with its own descriptor."""

    async def body(host: hosts.Host) -> None:
        count, each = 8, 25
        async with pair(host, "unixpacket") as (client, server):
            files = [os.memfd_create(f"{number}") for number in range(count)]
            for number, fd in enumerate(files):
                os.write(fd, b"%d" % number)
            seen: list[int] = []

            async def send(number: int) -> None:
                for _ in range(each):
                    await client.send_fds(b"%d" % number, [files[number]])

            async def receive() -> None:
                for _ in range(each):
                    data, (fd,) = await server.recv_fds(10, 1)
                    assert os.pread(fd, 10, 0) == data
                    seen.append(int(data))
                    os.close(fd)

            jobs: list[Any] = [host.start(receive) for _ in range(count)]
            jobs += [host.start(send, number) for number in range(count)]
            for job in jobs:
                await job
            assert sorted(seen) == sorted(list(range(count)) * each)
            for fd in files:
                os.close(fd)

    hosts.run(host_name, body)


def test_a_cancelled_wait_takes_none(task_host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        async with pair(host, "unix") as (client, server):
            for _ in range(20):
                reading = host.start(server.recv_fds, 10, 1)
                await host.blocked(server)
                reading.cancel()
                await client.send_fds(b"x", [1])
                with pytest.raises(asyncio.CancelledError):
                    await reading
                data, (number,) = await server.recv_fds(10, 1)
                os.close(number)
                assert data == b"x"

    hosts.run(task_host_name, body)


def test_a_system_without_the_flag(host_name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then they are made to be closed by exec one by one."""
    monkeypatch.setattr("dialnet.system.control.CLOSE_ON_EXEC", 0)

    async def body(host: hosts.Host) -> None:
        async with pair(host, "unix") as (client, server):
            await client.send_fds(b"x", [0, 1])
            _, got = await server.recv_fds(10, 2)
            await client.send_fds(b"x", [0, 1])
            got += numbers((await server.read_msg(10, 100)).oob)
            assert len(got) == 4
            for number in got:
                assert closed_by_exec(number)
                os.close(number)

    hosts.run(host_name, body)
