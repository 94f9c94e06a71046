"""A thousand times open and closed, and what fails on the way: nothing is left. `conftest.py` counts."""

from __future__ import annotations

import gc
import os
import tempfile
from typing import Any

import pytest

import dialnet as net
from tests.conftest import descriptors
from tests.hosts import Host, bare, run


def test_open_and_close(host_name: str) -> None:
    """Connections, listeners, datagram sockets and failed dials, a thousand times."""

    async def one_round(host: Host, folder: str, ln: Any) -> None:
        client = await host.net.dial("tcp", str(ln.addr))
        server = await ln.accept()
        await client.write(b"x")
        assert await server.read(1) == b"x"
        client.close()
        assert await server.read(1) == b""
        server.close()
        with pytest.raises(ConnectionRefusedError):
            await host.net.dial("tcp", "127.0.0.1:1")
        path = os.path.join(folder, "s")
        with pytest.raises(FileNotFoundError):
            await host.net.dial("unix", path)
        async with host.net.listen("unix", path):
            with pytest.raises(net.OpError):
                await host.net.listen("unix", path)
        async with host.net.listen_packet("udp", "127.0.0.1:0") as packets:
            packets.set_deadline(0.0)
            with pytest.raises(net.DeadlineExceededError):
                await packets.read_from()

    async def body(host: Host) -> None:
        with tempfile.TemporaryDirectory() as folder:
            async with host.net.listen("tcp", "127.0.0.1:0") as ln:
                await one_round(host, folder, ln)
                before = len(descriptors())
                for _ in range(1000):
                    await one_round(host, folder, ln)
                gc.collect()
                assert len(descriptors()) == before
            assert os.listdir(folder) == []

    run(host_name, body)


def test_nothing_is_kept_of_what_is_closed(host_name: str) -> None:
    """No registry holds a closed connection or its waiters."""
    import weakref

    async def body(host: Host) -> None:
        async with host.net.listen("tcp", "127.0.0.1:0") as ln:
            client = await host.net.dial("tcp", str(ln.addr))
            server = await ln.accept()
            for conn in (client, server):
                conn.set_deadline(2.0**40)
            reading = host.start(client.read, 5)
            await host.blocked(client)
            await server.write(b"hello")
            assert await reading == b"hello"
            del reading
            kept = [weakref.ref(conn._fd) for conn in (client, server)]
            client.close()
            server.close()
            del client, server, conn
            await host.pause(0.01)
            gc.collect()
            assert [ref() for ref in kept] == [None, None]

    run(host_name, body)


def test_what_is_closed_needs_no_collector(host_name: str) -> None:
    """It goes with the last reference, TLS over it too."""
    import weakref

    from tests.tls.support import talking_pair

    async def kept(host: Host) -> list[weakref.ref[Any]]:
        async with talking_pair(host) as ends:
            below = [end._fd.conn for end in bare(ends)]
            return [weakref.ref(fd) for conn in below for fd in (conn, conn._fd)]

    async def body(host: Host) -> None:
        gc.collect()
        gc.disable()
        try:
            refs = await kept(host)
            await host.pause(0.01)
            assert [ref() for ref in refs] == [None] * 4
        finally:
            gc.enable()

    run(host_name, body)
