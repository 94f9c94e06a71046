"""What nobody closed is closed when it is collected, and said so by a ResourceWarning."""

from __future__ import annotations

import gc
import os
import warnings
from collections.abc import Callable
from typing import Any

import pytest

from tests import hosts


async def forget(host: hosts.Host, made: list[Any]) -> tuple[int, str]:
    """Let go of the one object in the list; its descriptor, and the warning that came."""
    descriptor, shown = made[0].fileno(), repr(made[0])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        made.clear()
        gc.collect()
        # A loop lets go of what it handed over when it runs on.
        await host.pause(0)
        gc.collect()
    assert [(warning.category, str(warning.message)) for warning in caught] == [
        (ResourceWarning, f"unclosed {shown}")
    ]
    return descriptor, shown


def is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


def test_connections(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        for network, address in (("tcp", "127.0.0.1:0"), ("unix", "")):
            async with host.net.listen(network, address) as ln:
                made = [await host.net.dial(network, str(ln.addr))]
                peer = await ln.accept()
                descriptor, shown = await forget(host, made)
                assert f"Conn {network} " in shown
                assert not is_open(descriptor)
                assert await peer.read() == b""
                peer.close()

    hosts.run(host_name, body)


def test_connections_that_waited(host_name: str) -> None:
    """One the loop's poller knows is not kept alive by it."""

    async def body(host: hosts.Host) -> None:
        async with host.net.listen("tcp", "127.0.0.1:0") as ln:
            made = [await host.net.dial("tcp", str(ln.addr))]
            peer = await ln.accept()
            await peer.write(b"x")
            assert await made[0].read(1) == b"x"
            reading = host.start(made[0].read, 1)
            await host.blocked(made[0])
            await peer.write(b"y")
            assert await reading == b"y"
            del reading
            descriptor, _ = await forget(host, made)
            assert not is_open(descriptor)
            peer.close()

    hosts.run(host_name, body)


def test_listeners_and_packets(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        makers: list[Callable[[], Any]] = [
            lambda: host.net.listen("tcp", "127.0.0.1:0"),
            lambda: host.net.listen("unix", ""),
            lambda: host.net.listen_packet("udp", "127.0.0.1:0"),
            lambda: host.net.dial("udp", "127.0.0.1:9"),
        ]
        for make in makers:
            descriptor, shown = await forget(host, [await make()])
            assert "Listener" in shown or "UDPConn" in shown
            assert not is_open(descriptor)

    hosts.run(host_name, body)


def test_closed_in_time(host_name: str) -> None:
    """No warning for what was closed, nor for a call that failed."""

    async def body(host: hosts.Host) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            ln = await host.net.listen("tcp", "127.0.0.1:0")
            conn = await host.net.dial("tcp", str(ln.addr))
            conn.close()
            ln.close()
            del conn
            with pytest.raises(ConnectionRefusedError):
                await host.net.dial("tcp", str(ln.addr))
            del ln
            gc.collect()

    hosts.run(host_name, body)
