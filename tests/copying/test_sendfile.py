"""`sendfile`: any file, any part of it, over sockets that can and cannot."""

from __future__ import annotations

import errno
import io
import os
import random
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import dialnet as net
from dialnet import system
from tests import hosts
from tests.conformance.kinds import accepted

DATA = random.Random(1).randbytes(2_000_000)
NETWORKS = [("tcp", "127.0.0.1:0"), ("unix", "")]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "data"
    made.write_bytes(DATA)
    return made


async def read_exactly(conn: Any, n: int) -> bytes:
    data = b""
    while len(data) < n:
        chunk = await conn.read(n - len(data))
        assert chunk
        data += chunk
    return data


@pytest.mark.parametrize(("network", "address"), NETWORKS)
@pytest.mark.parametrize("way", ["kernel", "memory"])
def test_parts(host_name: str, network: str, address: str, way: str, path: Path, monkeypatch: Any) -> None:
    if way == "memory":
        monkeypatch.setattr(system, "sendfile", None)

    async def body(host: hosts.Host) -> None:
        async with accepted(host, network, address) as (client, server):
            with path.open("rb") as file:
                for offset, count, expected in (
                    (None, None, DATA),
                    (0, None, DATA),
                    (1000, None, DATA[1000:]),
                    (1000, 500_001, DATA[1000:501_001]),
                    (0, 0, b""),
                    (len(DATA), None, b""),
                    (len(DATA) + 5, 10, b""),
                    (len(DATA) - 10, 1000, DATA[-10:]),
                ):
                    sending = host.start(client.sendfile, file, offset, count)
                    assert await read_exactly(server, len(expected)) == expected
                    assert await sending == len(expected)
                    if offset is None or offset <= len(DATA):
                        assert file.tell() == (offset or 0) + len(expected)
                # From where it stands, and on from there.
                file.seek(100)
                sending = host.start(client.sendfile, file, None, 50)
                assert await read_exactly(server, 50) == DATA[100:150]
                assert await sending == 50
                assert file.read(10) == DATA[150:160]

    hosts.run(host_name, body)


def test_what_is_no_regular_file(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        async with accepted(host, "tcp", "127.0.0.1:0") as (client, server):
            assert await client.sendfile(io.BytesIO(b"from memory")) == 11
            assert await server.read(100) == b"from memory"
            memory = io.BytesIO(b"0123456789")
            assert await client.sendfile(memory, 2, 3) == 3
            assert await server.read(100) == b"234"
            assert memory.tell() == 5
            reading, writing = os.pipe()
            os.write(writing, b"through a pipe")
            os.close(writing)
            with open(reading, "rb") as pipe:
                assert await client.sendfile(pipe) == 14
            assert await server.read(100) == b"through a pipe"
            # One that has only a `read`.

            class Source:
                def __init__(self) -> None:
                    self.parts = [b"one", b"two", b""]

                def read(self, n: int) -> bytes:
                    return self.parts.pop(0)

            assert await client.sendfile(Source()) == 6
            assert await read_exactly(server, 6) == b"onetwo"

    hosts.run(host_name, body)


def test_datagrams(host_name: str, path: Path) -> None:
    """No stream, so through memory, in datagrams."""

    async def body(host: hosts.Host) -> None:
        async with await host.net.listen_packet("udp", "127.0.0.1:0") as server:
            async with host.net.dial("udp", str(server.local_addr)) as conn:
                with path.open("rb") as file:
                    assert await conn.sendfile(file, 0, 1000) == 1000
                assert (await server.read_from())[0] == DATA[:1000]

    hosts.run(host_name, body)


def test_deadline_says_how_much(host_name: str, path: Path) -> None:
    """And the rest can follow."""

    async def body(host: hosts.Host) -> None:
        async with accepted(host, "tcp", "127.0.0.1:0") as (client, server):
            client.set_write_buffer(50_000)
            server.set_read_buffer(50_000)
            client.set_write_deadline(timedelta(seconds=0.2))
            with path.open("rb") as file:
                with pytest.raises(net.DeadlineExceededError) as caught:
                    await client.sendfile(file)
                sent = caught.value.bytes_written
                assert 0 < sent < len(DATA)
                assert file.tell() == sent
                client.set_write_deadline(None)
                sending = host.start(client.sendfile, file)
                assert await read_exactly(server, len(DATA)) == DATA
                assert await sending == len(DATA) - sent

    hosts.run(host_name, body)


def test_close_ends_it(host_name: str, path: Path) -> None:
    async def body(host: hosts.Host) -> None:
        async with accepted(host, "tcp", "127.0.0.1:0") as (client, _):
            with path.open("rb") as file:

                async def send() -> Any:
                    with pytest.raises(net.ClosedError) as caught:
                        while True:
                            await client.sendfile(file, 0)
                    return caught.value

                job = host.start(send)
                await host.blocked(client, "writing")
                client.close()
                assert (await job).op == "write"
                with pytest.raises(net.ClosedError):
                    await client.sendfile(file, 0)

    hosts.run(host_name, body)


def test_nothing_gets_into_the_middle(host_name: str, path: Path) -> None:
    async def body(host: hosts.Host) -> None:
        async with accepted(host, "tcp", "127.0.0.1:0") as (client, server):
            client.set_write_buffer(50_000)
            server.set_read_buffer(50_000)
            with path.open("rb") as file:
                sending = host.start(client.sendfile, file)
                await host.blocked(client, "writing")
                writing = host.start(client.write, b"behind it")
                assert await read_exactly(server, len(DATA) + 9) == DATA + b"behind it"
                assert await sending == len(DATA)
                assert await writing == 9

    hosts.run(host_name, body)


@pytest.mark.skipif(system.sendfile is None, reason="no sendfile")
def test_a_file_that_shrinks(host_name: str, path: Path) -> None:
    async def body(host: hosts.Host) -> None:
        path.write_bytes(DATA)
        async with accepted(host, "tcp", "127.0.0.1:0") as (client, server):
            client.set_write_buffer(50_000)
            with path.open("r+b") as file:

                async def send() -> Any:
                    with pytest.raises(OSError) as caught:
                        await client.sendfile(file)
                    return caught.value

                job = host.start(send)
                await host.blocked(client, "writing")
                file.truncate(0)
                received = 0
                server.set_read_deadline(timedelta(seconds=hosts.PATIENCE))
                err = None
                while err is None or received < err.bytes_written:
                    received += len(await server.read(1_000_000))
                    if err is None:
                        await host.pause(0.005)
                        err = await job if is_done(job) else None
                assert isinstance(err, net.OpError)
                assert err.errno == errno.EIO
                assert "shorter" in str(err)
                assert received == err.bytes_written
                # The connection is none the worse.
                await client.write(b"and on")
                assert await server.read(100) == b"and on"

    hosts.run(host_name, body)


def is_done(job: Any) -> bool:
    thread = getattr(job, "_thread", None)
    return not thread.is_alive() if thread is not None else job.done()


def test_bad_input(host_name: str, path: Path) -> None:
    async def body(host: hosts.Host) -> None:
        async with accepted(host, "tcp", "127.0.0.1:0") as (client, server):
            with path.open() as text, pytest.raises(ValueError):
                await client.sendfile(text)
            with path.open("rb") as file:
                for offset, count in ((-1, None), (0, -1)):
                    with pytest.raises(ValueError):
                        await client.sendfile(file, offset, count)
                for offset, count in ((1.5, None), (0, "1"), (True, None)):
                    with pytest.raises(TypeError):
                        await client.sendfile(file, offset, count)
            for odd in (None, 7, b"bytes", object()):
                with pytest.raises(TypeError):
                    await client.sendfile(odd)
            with pytest.raises(ValueError):
                await client.sendfile(file)  # closed
            await client.write(b"fine")
            assert await server.read(100) == b"fine"

    hosts.run(host_name, body)
