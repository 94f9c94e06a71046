"""The options of TCP connections, as the kernel has them."""

from __future__ import annotations

import errno
import os
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest

import dialnet as net
from tests import hosts

Config = net.KeepAliveConfig
ON = net.KeepAliveConfig()


def keep_alive(conn: Any) -> tuple[int, int, int, int]:
    """What is set on a connection or socket: on or off, idle, interval, count."""
    sock = conn if isinstance(conn, socket.socket) else conn.file()
    try:
        return (
            int(bool(sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE))),
            sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE),
            sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL),
            sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT),
        )
    finally:
        if sock is not conn:
            sock.close()


def system_defaults() -> tuple[int, int, int, int]:
    with socket.socket() as sock:
        return keep_alive(sock)


def option(conn: Any, level: int, name: int) -> int:
    with conn.file() as sock:
        return int(sock.getsockopt(level, name))


@asynccontextmanager
async def ends(
    host: hosts.Host, dialer: Any = None, config: Any = None, network: str = "tcp"
) -> AsyncIterator[tuple[Any, Any]]:
    """A connection's dialing end and accepted end."""
    async with (config or host.net.ListenConfig()).listen(network, "127.0.0.1:0") as ln:
        accepting = host.start(ln.accept)
        conn = await (dialer or host.net.Dialer()).dial(network, str(ln.addr))
        peer = await accepting
    try:
        yield conn, peer
    finally:
        conn.close()
        peer.close()


def test_defaults(host_name: str) -> None:
    """Keep-alive on at 15 s, 15 s, 9, and Nagle off, on both ends."""

    async def body(host: hosts.Host) -> None:
        async with ends(host) as both:
            for end in both:
                assert keep_alive(end) == (1, 15, 15, 9)
                assert option(end, socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1
        async with host.net.listen_tcp("tcp", None) as ln:
            addr = net.TCPAddr("127.0.0.1", ln.addr.port)
            async with host.net.dial_tcp("tcp", None, addr) as conn:
                assert keep_alive(conn) == (1, 15, 15, 9)
                assert option(conn, socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1

    hosts.run(host_name, body)


def test_keep_alive_configs(host_name: str) -> None:
    """Of a `Dialer`, of a `ListenConfig`, and set later: all mean the same."""
    _, idle, interval, count = system_defaults()
    cases = [
        (Config(idle=33, interval=7, count=4), (1, 33, 7, 4)),
        (Config(idle=0, interval=0, count=0), (1, 15, 15, 9)),
        (Config(idle=-1, interval=-1, count=-1), (1, idle, interval, count)),
        (Config(idle=40, interval=-1, count=-1), (1, 40, interval, count)),
        (Config(idle=0.2, interval=1.5), (1, 1, 2, 9)),
        (Config(idle=timedelta(minutes=2), interval=timedelta(milliseconds=1)), (1, 120, 1, 9)),
        (Config(enable=False), (0, idle, interval, count)),
        (Config(enable=False, idle=5), (0, idle, interval, count)),
    ]

    async def body(host: hosts.Host) -> None:
        off = Config(enable=False)
        for config, expected in cases:
            dialer, listening = host.net.Dialer(keep_alive=config), host.net.ListenConfig(keep_alive=config)
            async with ends(host, dialer, listening) as (conn, peer):
                assert keep_alive(conn) == expected
                assert keep_alive(peer) == expected
            async with ends(host, host.net.Dialer(keep_alive=off)) as (conn, peer):
                assert keep_alive(peer) == (1, 15, 15, 9)
                conn.set_keep_alive_config(config)
                assert keep_alive(conn) == expected

    hosts.run(host_name, body)


def test_keep_alive_is_for_tcp_alone(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        async with host.net.Dialer(keep_alive=ON).dial("udp", "127.0.0.1:9") as conn:
            assert option(conn, socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 0
            assert not hasattr(conn, "set_keep_alive")

    hosts.run(host_name, body)


def test_keep_alive_setters(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        async with ends(host) as (conn, _):
            conn.set_keep_alive(False)
            assert keep_alive(conn) == (0, 15, 15, 9)
            conn.set_keep_alive(True)
            for period, idle in (
                (20, 20),
                (0.5, 1),
                (timedelta(seconds=61.2), 62),
                # The default, and nothing.
                (0, 15),
                (-1, 15),
                (timedelta(seconds=-5), 15),
            ):
                conn.set_keep_alive_period(period)
                assert keep_alive(conn) == (1, idle, 15, 9)
            for wrong in (None, "5", True):
                with pytest.raises(TypeError):
                    conn.set_keep_alive_period(wrong)
            for wrong in (None, 15, True):
                with pytest.raises(TypeError):
                    conn.set_keep_alive_config(wrong)
            with pytest.raises(ValueError, match="NaN"):
                conn.set_keep_alive_period(float("nan"))
            for act in (
                lambda: conn.set_keep_alive_period(1_000_000),
                lambda: conn.set_keep_alive_config(Config(count=1000)),
            ):
                with pytest.raises(OSError) as caught:
                    act()
                assert isinstance(caught.value, net.OpError)
                assert caught.value.errno == errno.EINVAL
                text = f"set tcp {conn.local_addr}: setsockopt: {os.strerror(errno.EINVAL)}"
                assert str(caught.value) == text
            assert keep_alive(conn) == (1, 15, 15, 9)

    hosts.run(host_name, body)


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"idle": "5"}, TypeError),
        ({"idle": True}, TypeError),
        ({"interval": float("inf")}, ValueError),
        ({"idle": float("nan")}, ValueError),
        ({"count": 1.5}, TypeError),
        ({"count": True}, TypeError),
    ],
    ids=str,
)
def test_wrong_configs(fields: dict[str, Any], kind: type[Exception]) -> None:
    with pytest.raises(kind):
        Config(**fields)


def test_what_the_system_refuses_at_the_start_is_ignored(host_name: str) -> None:
    """A dial or accept does not fail for it, as Go."""

    async def body(host: hosts.Host) -> None:
        config = Config(idle=10**6, interval=5)
        dialer, listening = host.net.Dialer(keep_alive=config), host.net.ListenConfig(keep_alive=config)
        async with ends(host, dialer, listening) as (conn, peer):
            await conn.write(b"works")
            assert await peer.read(10) == b"works"
            assert keep_alive(conn)[0] == 1

    hosts.run(host_name, body)


def test_no_delay_and_buffers(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        async with ends(host) as (conn, _):
            for on in (False, True):
                conn.set_no_delay(on)
                assert bool(option(conn, socket.IPPROTO_TCP, socket.TCP_NODELAY)) is on
            conn.set_read_buffer(20_000)
            conn.set_write_buffer(30_000)
            # Linux has twice of what is asked for (socket(7)).
            assert option(conn, socket.SOL_SOCKET, socket.SO_RCVBUF) == 40_000
            assert option(conn, socket.SOL_SOCKET, socket.SO_SNDBUF) == 60_000
            for wrong in ("1", None):
                with pytest.raises(TypeError):
                    conn.set_read_buffer(wrong)
            for wrong in (-1, -(10**9)):
                with pytest.raises(ValueError, match="negative"):
                    conn.set_write_buffer(wrong)

    hosts.run(host_name, body)


def test_linger_zero_resets(host_name: str) -> None:
    """What is unsent is dropped, and the peer is told by a reset, not by an end."""

    async def body(host: hosts.Host) -> None:
        async with ends(host) as (conn, peer):
            conn.set_linger(0)
            reading = host.start(peer.read, 10)
            await host.blocked(peer)
            conn.close()
            with pytest.raises(ConnectionResetError) as caught:
                await reading
            assert caught.value.errno == errno.ECONNRESET
            assert str(caught.value).endswith(f": read: {os.strerror(errno.ECONNRESET)}")
        async with ends(host) as (conn, peer):
            conn.set_linger(0)
            conn.set_linger(-1)
            conn.close()
            assert await peer.read(10) == b""

    hosts.run(host_name, body)


def test_linger_does_not_wait(host_name: str) -> None:
    """With data unsent and a minute to linger, close returns at once, and the data still arrives."""

    async def body(host: hosts.Host) -> None:
        async with ends(host) as (conn, peer):
            conn.set_linger(60)
            conn.set_write_deadline(timedelta(seconds=0.1))
            with pytest.raises(net.DeadlineExceededError) as caught:
                await conn.write(b"x" * (64 << 20))
            start = time.monotonic()
            conn.close()
            assert time.monotonic() - start < hosts.PATIENCE
            got = 0
            while data := await peer.read(1 << 18):
                got += len(data)
            assert got == caught.value.bytes_written

    hosts.run(host_name, body)
