"""`serve`: the limit, the pauses, the log, and every way to end."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import socket
import subprocess
import sys
import threading
from typing import Any

import pytest

import dialnet.aio
from tests import hosts


async def echo(conn: Any) -> None:
    while data := await conn.read(1000):
        await conn.write(data)


def handler(host: hosts.Host, body: Any) -> Any:
    """An async body as this face's handler."""
    if not host.is_threads:
        return body
    return lambda conn: hosts._drive(body(hosts.view(conn)))


def serving(host: hosts.Host, ln: Any, body: Any, **options: Any) -> Any:
    async def run() -> None:
        made = host.net.serve(getattr(ln, "seen", ln), handler(host, body), **options)
        if made is not None:
            await made

    return host.start(run)


def test_echo(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        for network, address in (("tcp", "127.0.0.1:0"), ("unix", "")):
            ln = await host.net.listen(network, address)
            job = serving(host, ln, echo)
            conns = [await host.net.dial(network, str(ln.addr)) for _ in range(20)]
            for n, conn in enumerate(conns):
                await conn.write(b"%d" % n)
            for n, conn in enumerate(conns):
                assert await conn.read(100) == b"%d" % n
                conn.close()
            ln.close()
            await job

    hosts.run(host_name, body)


def test_handlers_connection_is_closed_for_it(host_name: str, caplog: pytest.LogCaptureFixture) -> None:
    async def body(host: hosts.Host) -> None:
        seen: list[Any] = []

        async def fails(conn: Any) -> None:
            seen.append(conn)
            data = await conn.read(100)
            if data == b"fail":
                raise KeyError("what it did wrong")

        ln = await host.net.listen("tcp", "127.0.0.1:0")
        job = serving(host, ln, fails)
        for what in (b"fail", b"go"):
            async with host.net.dial("tcp", str(ln.addr)) as conn:
                local = conn.local_addr
                await conn.write(what)
                assert await conn.read() == b""
            if what == b"fail":
                failed = local
        ln.close()
        await job
        assert all(conn.closed for conn in seen)
        records = [record for record in caplog.records if record.name == "dialnet.serve"]
        assert len(records) == 1
        assert str(failed) in records[0].getMessage()
        assert records[0].exc_info[0] is KeyError

    hosts.run(host_name, body)


def test_limit(host_name: str) -> None:
    """No more at one time; the next is served when one is done."""

    async def body(host: hosts.Host) -> None:
        lock = threading.Lock()
        now = most = total = 0

        async def counted(conn: Any) -> None:
            nonlocal now, most, total
            with lock:
                now += 1
                total += 1
                most = max(most, now)
            try:
                await echo(conn)
            finally:
                with lock:
                    now -= 1

        ln = await host.net.listen("tcp", "127.0.0.1:0")
        job = serving(host, ln, counted, limit=3)
        conns = [await host.net.dial("tcp", str(ln.addr)) for _ in range(9)]
        for conn in conns:
            await conn.write(b"me")
        await host.until(lambda: total == 3)
        for n, conn in enumerate(conns):
            assert await conn.read(100) == b"me"
            conn.close()
            await host.until(lambda n=n: total >= min(9, n + 4))
        ln.close()
        await job
        assert (most, total) == (3, 9)

    hosts.run(host_name, body)


def test_closing_while_there_is_no_room(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        ln = await host.net.listen("tcp", "127.0.0.1:0")
        started: list[int] = []

        async def noted(conn: Any) -> None:
            started.append(1)
            await echo(conn)

        job = serving(host, ln, noted, limit=1, grace=0)
        async with host.net.dial("tcp", str(ln.addr)) as conn:
            await host.until(lambda: started)
            await host.pause(0.01)
            ln.close()
            await job
            assert await conn.read() == b""

    hosts.run(host_name, body)


def test_grace(host_name: str) -> None:
    """What is under way comes to its end; what does not in time is cut off, and is no news."""

    async def body(host: hosts.Host) -> None:
        for grace, finishes in ((None, True), (hosts.PATIENCE, True), (0.05, False), (0, False)):
            ln = await host.net.listen("tcp", "127.0.0.1:0")
            job = serving(host, ln, echo, grace=grace)
            async with host.net.dial("tcp", str(ln.addr)) as conn:
                await conn.write(b"before")
                assert await conn.read(100) == b"before"
                ln.close()
                if finishes:
                    await conn.write(b"after")
                    assert await conn.read(100) == b"after"
                    with pytest.raises(ConnectionRefusedError):
                        await host.net.dial("tcp", str(ln.addr))
                    conn.close_write()
                assert await conn.read() == b""
                await job

    hosts.run(host_name, body)


def test_cut_off_is_not_logged(host_name: str, caplog: pytest.LogCaptureFixture) -> None:
    test_grace(host_name)
    assert [record for record in caplog.records if record.name == "dialnet.serve"] == []


def test_accept_that_fails_for_now(host_name: str, caplog: pytest.LogCaptureFixture) -> None:
    async def body(host: hosts.Host) -> None:
        ln = await host.net.listen("tcp", "127.0.0.1:0")
        bare = getattr(ln, "seen", ln)
        failures = [errno.EMFILE, errno.EMFILE, errno.ECONNABORTED]
        accept_one = bare._accept_one

        def failing(argument: Any) -> Any:
            if failures:
                code = failures.pop(0)
                raise OSError(code, os.strerror(code))
            return accept_one(argument)

        bare._accept_one = failing
        job = serving(host, ln, echo)
        async with host.net.dial("tcp", str(ln.addr)) as conn:
            await conn.write(b"at last")
            assert await conn.read(100) == b"at last"
        ln.close()
        await job
        pauses = [record.args[1] for record in caplog.records if record.name == "dialnet.serve"]
        assert pauses == [0.005, 0.01, 0.02]

    hosts.run(host_name, body)


def test_accept_that_fails_for_good(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        ln = await host.net.listen("tcp", "127.0.0.1:0")
        bare = getattr(ln, "seen", ln)

        def failing(argument: Any) -> Any:
            raise OSError(errno.EPERM, os.strerror(errno.EPERM))

        bare._accept_one = failing
        with pytest.raises(PermissionError) as caught:
            made = host.net.serve(bare, handler(host, echo))
            if made is not None:
                await made
        assert caught.value.op == "accept"
        assert bare.closed

    hosts.run(host_name, body)


def regardless(host: hosts.Host) -> Any:
    """What is awaited in there a cancellation that has come does not end."""
    if host.name != "trio":
        return contextlib.nullcontext()
    import trio

    return trio.CancelScope(shield=True)


def test_a_cancelled_task(task_host_name: str) -> None:
    """Its handlers are cancelled with it, without grace, and have ended when it has."""

    async def body(host: hosts.Host) -> None:
        ln = await host.net.listen("tcp", "127.0.0.1:0")
        ended: list[str] = []

        async def noted(conn: Any) -> None:
            try:
                await conn.write(b"here")
                await host.pause(3600)
            finally:
                with regardless(host):
                    await host.pause(0.05)
                ended.append("handler")

        job = serving(host, ln, noted)
        async with host.net.dial("tcp", str(ln.addr)) as conn:
            assert await conn.read(4) == b"here"
            job.cancel()
            with pytest.raises(asyncio.CancelledError):
                await job
            assert ended == ["handler"]
            assert ln.closed
            assert await conn.read() == b""

    hosts.run(task_host_name, body)


@pytest.mark.parametrize("cancelled", [False, True], ids=["closed", "cancelled"])
def test_a_handler_that_stays(task_host_name: str, cancelled: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not waited for without a bound, once it was told to end."""
    monkeypatch.setitem(dialnet.aio.serve.__globals__, "_LAST_MOMENT", 0.1)

    async def body(host: hosts.Host) -> None:
        ln = await host.net.listen("tcp", "127.0.0.1:0")
        told: list[str] = []
        free: list[str] = []
        ended: list[str] = []

        async def staying(conn: Any) -> None:
            try:
                await conn.write(b"here")
                await host.pause(3600)
            finally:
                told.append("handler")
                with regardless(host):
                    await host.until(lambda: free)
                ended.append("handler")

        job = serving(host, ln, staying, grace=0)
        async with host.net.dial("tcp", str(ln.addr)) as conn:
            assert await conn.read(4) == b"here"
            if cancelled:
                job.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await job
            else:
                ln.close()
                await job
            assert (told, ended) == (["handler"], [])
            assert await conn.read() == b""
            free.append("go")
            await host.until(lambda: ended)

    hosts.run(task_host_name, body)


def test_closed_from_outside() -> None:
    """Where nothing can be awaited any more."""

    async def body(host: hosts.Host) -> None:
        ln = await host.net.listen("tcp", "127.0.0.1:0")
        serving = dialnet.aio.serve(ln, echo)
        serving.send(None)
        serving.close()
        assert ln.closed

    hosts.run("asyncio", body)


def test_bad_arguments(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        async with host.net.listen("tcp", "127.0.0.1:0") as ln:
            bare = getattr(ln, "seen", ln)
            for options, kind in (
                ({"limit": 0}, ValueError),
                ({"limit": -1}, ValueError),
                ({"limit": 1.5}, TypeError),
                ({"limit": True}, TypeError),
                ({"grace": "soon"}, TypeError),
            ):
                with pytest.raises(kind):
                    made = host.net.serve(bare, handler(host, echo), **options)
                    if made is not None:
                        await made
            with pytest.raises(TypeError):
                made = host.net.serve(bare, None)
                assert await made
            assert not ln.closed

    hosts.run(host_name, body)


NO_DESCRIPTORS = """
import os, resource, socket, sys, threading
import dialnet as net

ln = net.listen("tcp", "127.0.0.1:0")
threading.Thread(target=net.serve, args=(ln, lambda conn: conn.write(conn.read(10)))).start()
early = socket.create_connection(("127.0.0.1", ln.addr.port))
early.sendall(b"early")
assert early.recv(10) == b"early"  # It has accepted, and is about to wait.
early.recv(1)
late = socket.socket()
lowest = os.dup(0)
os.close(lowest)
before = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (lowest, before[1]))
late.connect(("127.0.0.1", ln.addr.port))
late.sendall(b"late")
sys.stdin.read(1)
resource.setrlimit(resource.RLIMIT_NOFILE, before)
print(late.recv(10), flush=True)
ln.close()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no such limit")
def test_no_descriptors_left_for_a_module_either() -> None:
    """A program of its own: here everything that a failed accept leads to has been loaded before."""
    with subprocess.Popen(
        [sys.executable, "-c", NO_DESCRIPTORS],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        assert process.stdin is not None
        assert "Too many open files" in process.stderr.readline()
        process.stdin.write("x")
        process.stdin.close()
        assert process.stdout is not None
        assert process.stdout.read() == "b'late'\n"
        assert process.wait(hosts.PATIENCE) == 0


CTRL_C = """
import socket, sys, threading, time
import dialnet as net

ln = net.listen("tcp", "127.0.0.1:0")
print(ln.addr.port, flush=True)

def handler(conn):
    conn.write(b"hello")
    while data := conn.read(100):
        conn.write(data)

try:
    net.serve(ln, handler)
except KeyboardInterrupt:
    print("interrupted", ln.closed, flush=True)
"""


def test_ctrl_c_is_graceful_too() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", CTRL_C], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        with socket.create_connection(("127.0.0.1", port), hosts.PATIENCE) as conn:
            assert conn.recv(100) == b"hello"
            process.send_signal(2)
            # Nobody new, but this one is served to its end.
            hosts._drive(hosts._Threads().until(lambda: refused(port)))
            conn.sendall(b"still here")
            assert conn.recv(100) == b"still here"
            assert process.poll() is None
        assert process.stdout.readline() == "interrupted True\n"
        assert process.wait(hosts.PATIENCE) == 0


def refused(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), hosts.PATIENCE).close()
    except ConnectionRefusedError:
        return True
    return False


def test_the_listener_is_a_connections_source_of_any_kind(host_name: str) -> None:
    """A listener of the user's own, without a socket of ours."""

    async def body(host: hosts.Host) -> None:
        inner = await host.net.listen("tcp", "127.0.0.1:0")
        bare = getattr(inner, "seen", inner)

        class Wrapped:
            addr = bare.addr

            def accept(self) -> Any:
                return bare.accept()

            def close(self) -> None:
                bare.close()

        job = serving(host, Wrapped(), echo, limit=2)
        async with host.net.dial("tcp", str(inner.addr)) as conn:
            await conn.write(b"through")
            assert await conn.read(100) == b"through"
        inner.close()
        await job

    hosts.run(host_name, body)
