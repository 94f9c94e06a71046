"""Files that are not what their descriptor says, sources that have something now and more later."""

from __future__ import annotations

import asyncio
import bz2
import errno
import gzip
import io
import lzma
import os
import random
import signal
import tempfile
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import dialnet as net
from dialnet import system
from dialnet.connections import zerocopy
from tests import hosts
from tests.conformance.kinds import accepted
from tests.copying.test_copy import copy

DATA = random.Random(3).randbytes(2_000_000)


async def received(host: hosts.Host, send: Any, *args: Any) -> bytes:
    """What arrives of what `send(conn, *args)` sends."""
    async with accepted(host, "tcp", "127.0.0.1:0") as (client, server):

        async def work() -> int:
            sent = await send(client, *args)
            client.close_write()
            assert isinstance(sent, int)
            return sent

        job = host.start(work)
        data = await server.read()
        assert await job == len(data)
        assert isinstance(data, bytes)
        return data


def both_calls(host: hosts.Host) -> list[Any]:
    return [lambda conn, file: conn.sendfile(file), lambda conn, file: copy(host, conn, file)]


@pytest.mark.parametrize("packer", [gzip, bz2, lzma], ids=lambda packer: packer.__name__)
def test_compressed(host_name: str, packer: Any, tmp_path: Path) -> None:
    """They have the descriptor of the packed file; what is sent is what they read."""
    with packer.open(tmp_path / "packed", "wb") as file:
        file.write(b"unpacked" * 1000)

    async def body(host: hosts.Host) -> None:
        for send in both_calls(host):
            with packer.open(tmp_path / "packed", "rb") as file:
                assert await received(host, send, file) == b"unpacked" * 1000

    hosts.run(host_name, body)


def test_derived(host_name: str, tmp_path: Path) -> None:
    class Loud(io.FileIO):
        def read(self, n: int = -1, /) -> bytes:
            return (super().read(n) or b"").upper()

    (tmp_path / "data").write_bytes(b"quiet")

    async def body(host: hosts.Host) -> None:
        with Loud(str(tmp_path / "data")) as file:
            assert await received(host, lambda conn, file: conn.sendfile(file), file) == b"QUIET"

    hosts.run(host_name, body)


@pytest.mark.skipif(not Path("/proc/self/limits").exists(), reason="no /proc")
def test_made_up_by_the_kernel(host_name: str) -> None:
    """It says 0 bytes of what is in /proc, and a page of what is in /sys."""

    async def body(host: hosts.Host) -> None:
        for name in ("/proc/self/limits", "/sys/kernel/mm/transparent_hugepage/enabled"):
            path = Path(name)
            if path.exists():
                for send in both_calls(host):
                    with path.open("rb") as file:
                        assert await received(host, send, file) == path.read_bytes()
                        assert file.read() == b""

    hosts.run(host_name, body)


def test_written_and_not_flushed(host_name: str, tmp_path: Path) -> None:
    async def body(host: hosts.Host) -> None:
        for file in ((tmp_path / "data").open("w+b"), tempfile.NamedTemporaryFile()):
            with file:
                file.write(b"written")
                assert await received(host, lambda conn, file: conn.sendfile(file, 2), file) == b"itten"

    hosts.run(host_name, body)


def test_what_cannot_be_read(host_name: str, tmp_path: Path) -> None:
    async def body(host: hosts.Host) -> None:
        async with accepted(host, "tcp", "127.0.0.1:0") as (client, _):
            for buffering in (-1, 0):
                with (tmp_path / "data").open("wb", buffering) as file:
                    with pytest.raises(io.UnsupportedOperation):
                        await client.sendfile(file)
            client.close()
            with pytest.raises(net.ClosedError):
                await client.sendfile(io.BytesIO())

    hosts.run(host_name, body)


@pytest.mark.skipif(system.sendfile is None, reason="no sendfile")
def test_a_file_that_the_kernel_does_not_send(host_name: str, monkeypatch: Any, tmp_path: Path) -> None:
    """Some file systems have none of it; the file stands behind what was sent then too."""

    def unsuited(*_: object) -> int:
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))

    monkeypatch.setattr(system, "sendfile", unsuited)
    (tmp_path / "data").write_bytes(b"0123456789")

    async def body(host: hosts.Host) -> None:
        with (tmp_path / "data").open("rb") as file:
            assert await received(host, lambda conn, file: conn.sendfile(file, 2, 3), file) == b"234"
            assert file.tell() == 5

    hosts.run(host_name, body)


def test_a_pipe_as_it_comes(host_name: str) -> None:
    """A buffered pipe's `read` would wait for a quarter of a megabyte."""

    async def body(host: hosts.Host) -> None:
        for send in both_calls(host):
            there, here = os.pipe()
            async with accepted(host, "tcp", "127.0.0.1:0") as (client, server):
                with open(there, "rb") as pipe:
                    os.write(here, b"first")
                    job = None
                    if host.is_threads:
                        # The task hosts' loops would be held up by the pipe.
                        job = host.start(send, client, pipe)
                        server.set_read_deadline(timedelta(seconds=hosts.PATIENCE))
                        assert await server.read(100) == b"first"
                    os.write(here, b"last")
                    os.close(here)
                    assert await (job or send(client, pipe)) == 9

    hosts.run(host_name, body)


def test_a_pipe_that_has_nothing_now(host_name: str) -> None:
    """That is not its end."""

    async def body(host: hosts.Host) -> None:
        there, here = os.pipe()
        os.set_blocking(there, False)
        with open(there, "rb", buffering=0) as pipe:
            try:
                os.write(here, b"something")
                sink = io.BytesIO()
                with pytest.raises(BlockingIOError) as caught:
                    await copy(host, sink, pipe)
                assert (sink.getvalue(), caught.value.bytes_written) == (b"something", 9)  # type: ignore[attr-defined]
            finally:
                os.close(here)

    hosts.run(host_name, body)


class Narrow:
    """Takes three bytes at a time, and so many in all."""

    def __init__(self, room: int) -> None:
        self.got = b""
        self.room = room

    def write(self, data: Any) -> int:
        if len(self.got) >= self.room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self.got += bytes(data[:3])
        return len(data[:3])


def test_a_write_that_ends_in_the_middle(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        source, sink = io.BytesIO(b"0123456789"), Narrow(6)
        with pytest.raises(OSError) as caught:
            await copy(host, sink, source)
        assert (sink.got, caught.value.bytes_written, source.tell()) == (b"012345", 6, 6)  # type: ignore[attr-defined]
        buffers, sink = host.net.Buffers([b"01234", b"56789"]), Narrow(3)
        with pytest.raises(OSError):
            made = buffers.write_to(sink)
            assert await made
        assert (sink.got, buffers.read()) == (b"012", b"3456789")

    hosts.run(host_name, body)


def test_cancelled_says_how_much(task_host_name: str, tmp_path: Path) -> None:
    """And the rest can follow: of a file, of what goes through memory, of buffers."""
    (tmp_path / "data").write_bytes(DATA)

    async def body(host: hosts.Host) -> None:
        with (tmp_path / "data").open("rb") as file:
            memory, buffers = io.BytesIO(DATA), host.net.Buffers([DATA])
            for call in (
                lambda conn: conn.sendfile(file),
                lambda conn: copy(host, conn, memory),
                lambda conn: buffers.write_to(conn),
            ):
                for make in (lambda: accepted(host, "tcp", "127.0.0.1:0"), lambda: _piped(host)):
                    file.seek(0)
                    memory.seek(0)
                    buffers[:] = [DATA]
                    async with make() as (client, server):
                        assert await _in_two_parts(host, client, server, call) == DATA

    hosts.run(task_host_name, body)


async def _in_two_parts(host: hosts.Host, client: Any, server: Any, call: Any) -> bytes:
    told: list[int] = []

    async def work() -> None:
        try:
            await call(client)
        except BaseException as err:
            told.append(err.bytes_written)  # type: ignore[attr-defined]
            raise

    if hasattr(client, "set_write_buffer"):
        client.set_write_buffer(50_000)
        server.set_read_buffer(50_000)
    job = host.start(work)
    data = await server.read(1000)
    await host.blocked(client, "writing")
    job.cancel()
    with pytest.raises(asyncio.CancelledError):
        await job
    assert 1000 <= told[0] < len(DATA)
    job = host.start(call, client)
    while len(data) < len(DATA):
        data += await server.read(1_000_000)
    assert await job == len(DATA) - told[0]
    assert isinstance(data, bytes)
    return data


class _Interrupted(BaseException):
    pass


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="no signals")
def test_interrupted_says_how_much(tmp_path: Path) -> None:
    """As Ctrl-C does: what a signal handler raises in the main thread."""
    (tmp_path / "data").write_bytes(DATA)

    def interrupt(*_: object) -> None:
        raise _Interrupted

    async def body(host: hosts.Host) -> None:
        with (tmp_path / "data").open("rb") as file:
            memory = io.BytesIO(DATA)
            for call in (lambda conn: conn.sendfile(file), lambda conn: copy(host, conn, memory)):
                async with accepted(host, "tcp", "127.0.0.1:0") as (client, server):
                    client.set_write_buffer(50_000)
                    server.set_read_buffer(50_000)

                    async def shoot(client: Any = client) -> None:
                        await host.blocked(client, "writing")
                        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGUSR1)

                    job = host.start(shoot)
                    with pytest.raises(_Interrupted):
                        await call(client)
                    await job

                    async def send(call: Any = call, client: Any = client) -> None:
                        await call(client)
                        client.close_write()

                    job = host.start(send)
                    assert await server.read() == DATA
                    await job

    before = signal.signal(signal.SIGUSR1, interrupt)
    try:
        hosts.run("threads", body)
    finally:
        signal.signal(signal.SIGUSR1, before)


class _piped:
    def __init__(self, host: hosts.Host) -> None:
        self.ends = host.pipe()

    async def __aenter__(self) -> tuple[Any, Any]:
        return self.ends

    async def __aexit__(self, *_: object) -> None:
        for end in self.ends:
            end.close()


def test_readers_of_connections(host_name: str) -> None:
    """A proxy that has read the head by lines: the rest goes on as it comes, and none of it is lost."""

    async def body(host: hosts.Host) -> None:
        async with (
            accepted(host, "tcp", "127.0.0.1:0") as (source, inside),
            accepted(host, "tcp", "127.0.0.1:0") as (outside, sink),
        ):
            await source.write(b"head\nrest")
            if host.is_threads:
                reader = inside.makefile("rb")
                assert reader.readline() == b"head\n"
            else:
                reader = host.net.BufferedReader(inside)
                assert await reader.readline() == b"head\n"
            sink.set_read_deadline(timedelta(seconds=hosts.PATIENCE))
            job = host.start(copy, host, outside, reader)
            assert await sink.read(100) == b"rest"
            outside.set_write_deadline(timedelta(0))
            await source.write(b" of it")
            with pytest.raises(net.DeadlineExceededError) as caught:
                await job
            assert caught.value.bytes_written == 4
            source.close_write()
            outside.set_write_deadline(None)
            assert await copy(host, outside, reader) == 6
            assert await sink.read(100) == b" of it"

    hosts.run(host_name, body)


class Awaited:
    """A file whose every method is awaited, as trio's and anyio's."""

    def __init__(self, data: bytes) -> None:
        self.wrapped = io.BytesIO(data)

    async def read(self, n: int = -1) -> bytes:
        return self.wrapped.read(n)

    async def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return self.wrapped.seek(offset, whence)

    async def tell(self) -> int:
        return self.wrapped.tell()


def test_asynchronous_files(task_host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        for send in (*both_calls(host), lambda conn, file: conn.sendfile(file, 0)):
            assert await received(host, send, Awaited(b"0123456789")) == b"0123456789"
        file = Awaited(b"0123456789")
        with pytest.raises(OSError):
            await copy(host, Narrow(3), file)
        assert await file.tell() == 3

    hosts.run(task_host_name, body)


def test_the_rest_through_memory_is_counted_too(host_name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no pipe, and something had been put back."""

    def none_left() -> Any:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    monkeypatch.setattr(system, "make_pipe", none_left)
    monkeypatch.setattr(zerocopy, "COPY_CHUNK", 4)

    async def body(host: hosts.Host) -> None:
        async with (
            accepted(host, "tcp", "127.0.0.1:0") as (source, inside),
            accepted(host, "tcp", "127.0.0.1:0") as (outside, sink),
        ):
            inside._unread(b"held")
            await source.write(b"and more")
            inside.set_read_deadline(timedelta(seconds=0.1))
            with pytest.raises(net.DeadlineExceededError) as caught:
                await copy(host, outside, inside)
            assert caught.value.bytes_written == 12
            assert await sink.read(100) == b"heldand more"

    hosts.run(host_name, body)
