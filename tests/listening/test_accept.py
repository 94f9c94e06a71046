"""`accept`: what ends it, and what becomes of connections when the listener closes."""

from __future__ import annotations

import asyncio
import threading
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import dialnet as net
from tests import hosts


@pytest.fixture(params=["tcp", "unix", "unixpacket"])
def network(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def listen(host: hosts.Host, network: str) -> Any:
    return host.net.listen(network, "127.0.0.1:0" if network == "tcp" else "")


def test_deadline(host_name: str, network: str) -> None:
    """Past, to come, moved nearer and moved away; it wins over a connection that is there, which is kept."""

    async def body(host: hosts.Host) -> None:
        async with listen(host, network) as ln:
            conn = await host.net.dial(network, str(ln.addr))
            for when in (0.0, time.monotonic(), timedelta(-1)):
                ln.set_deadline(when)
                with pytest.raises(net.DeadlineExceededError) as caught:
                    await ln.accept()
                assert str(caught.value) == f"accept {network} {ln.addr}: i/o timeout"
                assert isinstance(caught.value, TimeoutError)
                assert caught.value.timeout
                assert (caught.value.op, caught.value.source, caught.value.addr) == ("accept", None, ln.addr)
            ln.set_deadline(None)
            (await ln.accept()).close()
            conn.close()
            start = time.monotonic()
            ln.set_deadline(timedelta(seconds=0.05))
            with pytest.raises(net.DeadlineExceededError):
                await ln.accept()
            assert time.monotonic() - start >= 0.04
            ln.set_deadline(timedelta(seconds=0.05))
            waiting = host.start(ln.accept)
            await host.blocked(ln)
            ln.set_deadline(timedelta(days=1))
            await host.pause(0.1)
            conn = await host.net.dial(network, str(ln.addr))
            (await waiting).close()
            conn.close()
            waiting = host.start(ln.accept)
            await host.blocked(ln)
            ln.set_deadline(0.0)
            with pytest.raises(net.DeadlineExceededError):
                await waiting
            for wrong in ("soon", True, [1]):
                with pytest.raises(TypeError):
                    ln.set_deadline(wrong)
            with pytest.raises(ValueError, match="clock"):
                ln.set_deadline(time.time())

    hosts.run(host_name, body)


def test_close_wakes_all(host_name: str, network: str) -> None:
    async def body(host: hosts.Host) -> None:
        ln = await listen(host, network)
        waiting = [host.start(ln.accept) for _ in range(5)]
        await host.blocked(ln, waiters=5)
        ln.close()
        for job in waiting:
            with pytest.raises(net.ClosedError) as caught:
                await job
            assert str(caught.value) == f"accept {network} {ln.addr}: use of closed network connection"
            assert (caught.value.timeout, caught.value.temporary) == (False, False)
        ln.close()
        with pytest.raises(net.ClosedError):
            await ln.accept()
        for act in (lambda: ln.set_deadline(None), ln.file):
            with pytest.raises(net.ClosedError) as caught:
                act()
            assert caught.value.op in ("set", "file")
            assert caught.value.addr == ln.addr
        assert "closed" in repr(ln)
        assert str(ln.addr) in repr(ln)

    hosts.run(host_name, body)


def test_close_from_a_thread(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        ln = await listen(host, "tcp")
        waiting = host.start(ln.accept)
        await host.blocked(ln)
        thread = threading.Thread(target=ln.close)
        thread.start()
        with pytest.raises(net.ClosedError):
            await waiting
        thread.join()

    hosts.run(host_name, body)


def test_several_accepters(host_name: str, network: str) -> None:
    """Each connection goes to one, and no one waits while there is another."""

    async def body(host: hosts.Host) -> None:
        async with listen(host, network) as ln:
            jobs = [host.start(ln.accept) for _ in range(4)]
            await host.blocked(ln, waiters=4)
            conns = [await host.net.dial(network, str(ln.addr)) for _ in range(4)]
            peers = [await job for job in jobs]
            for i, conn in enumerate(conns):
                await conn.write(b"%d" % i)
            assert sorted([await peer.read(10) for peer in peers]) == [b"0", b"1", b"2", b"3"]
            for end in (*conns, *peers):
                end.close()

    hosts.run(host_name, body)


def test_cancel_token(host_name: str) -> None:
    """It ends those it was given to, before and while they wait, and the next connection is not lost."""

    async def body(host: hosts.Host) -> None:
        async with listen(host, "tcp") as ln:
            token = host.net.CancelToken()

            async def accept() -> Any:
                with pytest.raises(net.CanceledError) as caught:
                    await ln.accept(cancel=token)
                return caught.value

            jobs = [host.start(accept) for _ in range(3)]
            other = host.start(ln.accept)
            await host.blocked(ln, waiters=4)
            token.cancel()
            for job in jobs:
                err = await job
                assert str(err) == f"accept tcp {ln.addr}: operation was canceled"
                assert isinstance(err, net.OpError)
            conn = await host.net.dial("tcp", str(ln.addr))
            (await other).close()
            conn.close()
            conn = await host.net.dial("tcp", str(ln.addr))
            await accept()
            peer = await ln.accept(cancel=host.net.CancelToken())
            peer.close()
            conn.close()
            # Cancelled from a thread.
            token = host.net.CancelToken()
            job = host.start(accept)
            await host.blocked(ln)
            thread = threading.Thread(target=token.cancel)
            thread.start()
            await job
            thread.join()

    hosts.run(host_name, body)


def test_cancelled_task(task_host_name: str, network: str) -> None:
    async def body(host: hosts.Host) -> None:
        async with listen(host, network) as ln:
            first, second = host.start(ln.accept), host.start(ln.accept)
            await host.blocked(ln, waiters=2)
            first.cancel()
            with pytest.raises(asyncio.CancelledError):
                await first
            conn = await host.net.dial(network, str(ln.addr))
            (await second).close()
            conn.close()

    hosts.run(task_host_name, body)


def test_iteration(host_name: str, network: str) -> None:
    """It gives connections, and ends when the listener is closed; other errors come through."""

    async def body(host: hosts.Host) -> None:
        async with listen(host, network) as ln:

            async def serve() -> int:
                count = 0
                async for conn in ln:
                    count += 1
                    await conn.write(b"%d" % count)
                    conn.close()
                return count

            job = host.start(serve)
            for i in range(3):
                async with host.net.dial(network, str(ln.addr)) as conn:
                    assert await conn.read(10) == b"%d" % (i + 1)
            await host.blocked(ln)
            ln.set_deadline(0.0)
            with pytest.raises(net.DeadlineExceededError):
                await job
            ln.set_deadline(None)
            job = host.start(serve)
            await host.blocked(ln)
            ln.close()
            assert await job == 0
            async for _ in ln:
                raise AssertionError("it is closed")

    hosts.run(host_name, body)


def test_accepted_connections_live_on(host_name: str, tmp_path: Path) -> None:
    async def body(host: hosts.Host) -> None:
        for network, address in (("tcp", "127.0.0.1:0"), ("unix", str(tmp_path / "s")), ("unixpacket", "")):
            async with host.net.listen(network, address) as ln:
                conn = await host.net.dial(network, str(ln.addr))
                peer = await ln.accept()
                assert type(getattr(peer, "seen", peer)) is type(getattr(conn, "seen", conn))
            with pytest.raises(OSError):
                await host.net.dial(network, str(ln.addr))
            for one, two in ((conn, peer), (peer, conn)):
                await one.write(b"still here")
                assert await two.read(100) == b"still here"
            conn.close()
            assert await peer.read() == b""
            peer.close()

    hosts.run(host_name, body)


def test_who_never_was_accepted(host_name: str) -> None:
    """Closing the listener ends the connections in its queue."""

    async def body(host: hosts.Host) -> None:
        ln = await listen(host, "tcp")
        conn = await host.net.dial("tcp", str(ln.addr))
        ln.close()
        with pytest.raises(ConnectionResetError):
            await conn.read(1)
        conn.close()

    hosts.run(host_name, body)


def test_gone_before_it_was_accepted(host_name: str) -> None:
    """A connection that its peer has reset in the queue is passed on or passed over, never raised."""

    async def body(host: hosts.Host) -> None:
        async with listen(host, "tcp") as ln:
            conn = await host.net.dial("tcp", str(ln.addr))
            conn.set_linger(0)
            conn.close()
            conn = await host.net.dial("tcp", str(ln.addr))
            peer = await ln.accept()
            if peer.remote_addr != conn.local_addr:
                with pytest.raises(ConnectionResetError):
                    await peer.read(1)
                peer.close()
                peer = await ln.accept()
            assert peer.remote_addr == conn.local_addr
            peer.close()
            conn.close()

    hosts.run(host_name, body)


def test_descriptor(host_name: str, tmp_path: Path) -> None:
    """`file()` is a duplicate that listens on by itself; closing either leaves the other open."""

    async def body(host: hosts.Host) -> None:
        ln = await host.net.listen("tcp", "127.0.0.1:0")
        with ln.file() as sock:
            assert sock.getsockname() == ("127.0.0.1", ln.addr.port)
            assert ln.fileno() not in (-1, sock.fileno())
            ln.close()
            assert ln.fileno() == -1
            conn = await host.net.dial("tcp", str(ln.addr))
            accepted, _ = sock.accept()
            accepted.close()
            conn.close()

    hosts.run(host_name, body)
