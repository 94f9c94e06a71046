"""`copy`: by splice, by sendfile and by memory, and what is left when it ends early."""

from __future__ import annotations

import asyncio
import hashlib
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

DATA = random.Random(2).randbytes(2_000_000)
NETWORKS = [("tcp", "127.0.0.1:0"), ("unix", "")]


def bare(end: Any) -> Any:
    return getattr(end, "seen", end)


async def copy(host: hosts.Host, dst: Any, src: Any) -> int:
    made = host.net.copy(bare(dst), bare(src))
    return made if isinstance(made, int) else await made


async def digest(conn: Any) -> tuple[int, str]:
    seen, total = hashlib.sha256(), 0
    while data := await conn.read(300_000):
        seen.update(data)
        total += len(data)
    return total, seen.hexdigest()


EXPECTED = len(DATA), hashlib.sha256(DATA).hexdigest()


@pytest.fixture(params=["kernel", "memory"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """With the system's calls, and without."""
    if request.param == "memory":
        monkeypatch.setattr(system, "make_pipe", None)
        monkeypatch.setattr(system, "sendfile", None)
    return request.param


@pytest.mark.parametrize("there", NETWORKS)
@pytest.mark.parametrize("here", NETWORKS)
def test_between_connections(host_name: str, here: Any, there: Any, way: str) -> None:
    """A proxy's one direction: in from one, out to the other."""

    async def body(host: hosts.Host) -> None:
        async with accepted(host, *here) as (source, inside), accepted(host, *there) as (outside, sink):

            async def write() -> None:
                await source.write(DATA)
                source.close_write()

            async def relay() -> int:
                moved = await copy(host, outside, inside)
                outside.close_write()
                return moved

            writing, relaying = host.start(write), host.start(relay)
            assert await digest(sink) == EXPECTED
            await writing
            assert await relaying == len(DATA)

    hosts.run(host_name, body)


def test_files(host_name: str, way: str, tmp_path: Path) -> None:
    """From a file to a connection, and on into a file."""

    async def body(host: hosts.Host) -> None:
        (tmp_path / "from").write_bytes(DATA)
        async with accepted(host, "tcp", "127.0.0.1:0") as (client, server):
            with (tmp_path / "from").open("rb") as source, (tmp_path / "to").open("wb") as sink:

                async def send() -> int:
                    moved = await copy(host, client, source)
                    client.close_write()
                    return moved

                sending = host.start(send)
                assert await copy(host, sink, server) == len(DATA)
                assert await sending == len(DATA)
        assert (tmp_path / "to").read_bytes() == DATA
        assert await copy(host, io.BytesIO(), io.BytesIO(b"just files")) == 10

    hosts.run(host_name, body)


def test_raw_files_that_take_a_part(host_name: str) -> None:
    class Slow(io.RawIOBase):
        def __init__(self) -> None:
            self.got = b""

        def writable(self) -> bool:
            return True

        def write(self, data: Any) -> int:
            self.got += bytes(data[:3])
            return min(3, len(data))

    async def body(host: hosts.Host) -> None:
        slow = Slow()
        assert await copy(host, slow, io.BytesIO(b"0123456789")) == 10
        assert slow.got == b"0123456789"

    hosts.run(host_name, body)


def test_deadline_of_either(host_name: str, way: str) -> None:
    """Nothing is lost: what did not get out is read again."""

    async def body(host: hosts.Host) -> None:
        async with (
            accepted(host, "tcp", "127.0.0.1:0") as (source, inside),
            accepted(host, "tcp", "127.0.0.1:0") as (outside, sink),
        ):
            await source.write(b"some of it")
            inside.set_read_deadline(timedelta(seconds=0.1))
            with pytest.raises(net.DeadlineExceededError) as late:
                await copy(host, outside, inside)
            assert (late.value.op, late.value.bytes_written) == ("read", 10)
            assert await sink.read(100) == b"some of it"
            inside.set_read_deadline(None)
            for end in (source, inside, outside, sink):
                end.set_read_buffer(50_000)
                end.set_write_buffer(50_000)

            async def write() -> None:
                await source.write(DATA)
                source.close_write()

            writing = host.start(write)
            outside.set_write_deadline(timedelta(seconds=0.2))
            with pytest.raises(net.DeadlineExceededError) as late:
                await copy(host, outside, inside)
            assert late.value.op == "write"
            moved = late.value.bytes_written
            assert 0 < moved < len(DATA)
            outside.set_write_deadline(None)

            async def relay() -> int:
                moved = await copy(host, outside, inside)
                outside.close_write()
                return moved

            relaying = host.start(relay)
            assert await digest(sink) == EXPECTED
            await writing
            assert await relaying == len(DATA) - moved

    hosts.run(host_name, body)


@pytest.mark.skipif(system.make_pipe is None, reason="no splice")
def test_cancelled_loses_nothing(task_host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        async with (
            accepted(host, "tcp", "127.0.0.1:0") as (source, inside),
            accepted(host, "tcp", "127.0.0.1:0") as (outside, sink),
        ):
            for end in (source, inside, outside, sink):
                end.set_read_buffer(50_000)
                end.set_write_buffer(50_000)

            async def write() -> None:
                await source.write(DATA)
                source.close_write()

            writing = host.start(write)
            job = host.start(copy, host, outside, inside)
            await host.blocked(outside, "writing")
            job.cancel()
            with pytest.raises(asyncio.CancelledError):
                await job

            async def relay() -> None:
                await copy(host, outside, inside)
                outside.close_write()

            relaying = host.start(relay)
            assert await digest(sink) == EXPECTED
            await writing
            await relaying

    hosts.run(task_host_name, body)


def test_the_destination_goes(host_name: str, way: str) -> None:
    async def body(host: hosts.Host) -> None:
        async with (
            accepted(host, "tcp", "127.0.0.1:0") as (source, inside),
            accepted(host, "tcp", "127.0.0.1:0") as (outside, sink),
        ):
            sink.set_linger(0)
            sink.close()
            await source.write(b"x" * 100)

            async def fail() -> Any:
                with pytest.raises(net.OpError) as caught:
                    await copy(host, outside, inside)
                return caught.value

            job = host.start(fail)
            while not is_done(job):
                await source.write(b"x" * 100)
                await host.pause(0.002)
            assert (await job).op == "write"

    hosts.run(host_name, body)


def is_done(job: Any) -> bool:
    thread = getattr(job, "_thread", None)
    return not thread.is_alive() if thread is not None else job.done()


def test_without_descriptors_for_a_pipe(host_name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def none_left() -> Any:
        raise OSError(24, os.strerror(24))

    monkeypatch.setattr(system, "make_pipe", none_left)

    async def body(host: hosts.Host) -> None:
        async with (
            accepted(host, "tcp", "127.0.0.1:0") as (source, inside),
            accepted(host, "tcp", "127.0.0.1:0") as (outside, sink),
        ):
            await source.write(b"all the same")
            source.close_write()
            assert await copy(host, outside, inside) == 12
            assert await sink.read(100) == b"all the same"

    hosts.run(host_name, body)


def test_both_ways_at_once(host_name: str) -> None:
    """A whole proxy: each direction ends by itself."""

    async def body(host: hosts.Host) -> None:
        async with (
            accepted(host, "tcp", "127.0.0.1:0") as (client, inside),
            accepted(host, "tcp", "127.0.0.1:0") as (outside, server),
        ):

            async def half(dst: Any, src: Any) -> int:
                moved = await copy(host, dst, src)
                dst.close_write()
                return moved

            async def write(conn: Any) -> None:
                await conn.write(DATA)
                conn.close_write()

            jobs = [host.start(half, outside, inside), host.start(half, inside, outside)]
            writers = [host.start(write, client), host.start(write, server)]
            there = host.start(digest, server)
            assert await digest(client) == EXPECTED
            assert await there == EXPECTED
            for job in writers:
                await job
            assert [await job for job in jobs] == [len(DATA), len(DATA)]

    hosts.run(host_name, body)


def test_bad_input(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        async with accepted(host, "tcp", "127.0.0.1:0") as (client, server):
            for dst, src in ((client, None), (None, client), (client, b"bytes"), ("x", "y")):
                with pytest.raises(TypeError):
                    await copy(host, dst, src)
            server.close()
            with pytest.raises(net.ClosedError):
                await copy(host, client, server)

    hosts.run(host_name, body)
