"""Dials that succeed: names, services, no host, zones, and where they come from."""

from __future__ import annotations

import socket
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import dialnet as net
from tests import hosts
from tests.dialing.support import Seen


async def meet(host: hosts.Host, ln: Any, dialing: Any) -> tuple[Any, Any]:
    """The two ends of a connection, given the listener and the dial."""
    accepting = host.start(ln.accept)
    conn = await dialing
    return conn, await accepting


async def met(host: hosts.Host, ln: Any, dialing: Any) -> tuple[Any, Any]:
    """The addresses that the dialing end then has."""
    conn, peer = await meet(host, ln, dialing)
    with_ends = (conn.local_addr, conn.remote_addr)
    assert (peer.remote_addr, peer.local_addr) == with_ends
    peer.close()
    conn.close()
    return with_ends


def test_hosts(host_name: str) -> None:
    """By name, by either literal, and this machine by no host at all or the unspecified one."""

    async def body(host: hosts.Host) -> None:
        async with host.net.listen("tcp", ":0") as ln:
            port = ln.addr.port
            for network, name, reached in (
                ("tcp", "localhost", ("127.0.0.1", "::1")),
                ("tcp4", "localhost", ("127.0.0.1",)),
                ("tcp", "LocalHost", ("127.0.0.1", "::1")),
                ("tcp", "127.0.0.1", ("127.0.0.1",)),
                ("tcp4", "127.0.0.1", ("127.0.0.1",)),
                ("tcp", "[::1]", ("::1",)),
                ("tcp6", "[::1]", ("::1",)),
                ("tcp", "[::ffff:127.0.0.1]", ("127.0.0.1",)),
                ("tcp", "[127.0.0.1]", ("127.0.0.1",)),
                ("tcp", "", ("127.0.0.1",)),
                ("tcp4", "", ("127.0.0.1",)),
                ("tcp6", "", ("::1",)),
                ("tcp", "0.0.0.0", ("127.0.0.1",)),
                ("tcp", "[::]", ("::1",)),
                ("tcp6", "[::]", ("::1",)),
                ("tcp6", "[::1%lo]", ("::1",)),
            ):
                local, remote = await met(host, ln, host.net.dial(network, f"{name}:{port}"))
                assert str(remote.ip) in reached, name
                assert local.ip == remote.ip
                assert remote.port == port
                # An address's own text is an address.
                assert (await met(host, ln, host.net.dial(network, str(remote))))[1] == remote

    hosts.run(host_name, body)


def test_ports(host_name: str) -> None:
    """A sign and zeros are allowed, as Go; names of services are looked up, in any case of letters."""

    async def body(host: hosts.Host) -> None:
        async with host.net.listen("tcp", "127.0.0.1:0") as ln:
            port = ln.addr.port
            for spelt in (f"{port}", f"+{port}", f"000{port}", "0" * 5000 + f"{port}"):
                assert (await met(host, ln, host.net.dial("tcp", f"127.0.0.1:{spelt}")))[1] == ln.addr

    hosts.run(host_name, body)


def test_services(host_name: str) -> None:
    try:
        socket.getservbyname("http", "tcp")
    except OSError:
        pytest.skip("this machine knows no services")

    async def body(host: hosts.Host) -> None:
        for network, address, seen in (
            ("tcp", "127.0.0.1:http", ("tcp4", "127.0.0.1:80")),
            ("tcp", "[::1]:HTTP", ("tcp6", "[::1]:80")),
            ("tcp6", "[::1]:https", ("tcp6", "[::1]:443")),
            ("udp", "127.0.0.1:domain", ("udp4", "127.0.0.1:53")),
            ("tcp", ":http", ("tcp4", ":80")),
        ):
            called: list[tuple[str, str]] = []

            def hook(*args: Any, called: Any = called) -> None:
                called.append(args[:2])
                raise KeyError("that is all")

            with pytest.raises(KeyError):
                await host.net.Dialer(control=hook).dial(network, address)
            assert called == [seen]

    hosts.run(host_name, body)


def test_link_local_zone(host_name: str) -> None:
    """An address that means something on one link only is dialed through the interface it names."""
    found = link_local()
    if found is None:
        pytest.skip("no interface has a link-local address")
    ip, zone = found

    async def body(host: hosts.Host) -> None:
        async with host.net.listen("tcp", f"[{ip}%{zone}]:0") as ln:
            assert ln.addr.zone == zone
            assert str(ln.addr) == f"[{ip}%{zone}]:{ln.addr.port}"
            for spelt in (zone, str(socket.if_nametoindex(zone))):
                address = f"[{ip}%{spelt}]:{ln.addr.port}"
                local, remote = await met(host, ln, host.net.dial("tcp", address))
                assert local.zone == remote.zone == zone
                assert remote == ln.addr
            with pytest.raises(OSError) as caught:
                await host.net.dial("tcp", f"[{ip}]:{ln.addr.port}")
            assert caught.value.syscall == "connect"
            with pytest.raises(OSError, match=rf"^dial tcp \[{ip}%no-such\]:1: connect: "):
                await host.net.dial("tcp", f"[{ip}%no-such]:1")

    hosts.run(host_name, body)


def link_local() -> tuple[net.TCPAddr | Any, str] | None:
    """A link-local address of this machine that can be bound, and its interface."""
    try:
        with open("/proc/net/if_inet6") as table:
            rows = [line.split() for line in table]
    except OSError:
        return None
    for digits, *_, flags, name in rows:
        # Tentative (0x40) and failed (0x08) addresses cannot be bound.
        if digits.startswith("fe80") and not int(flags, 16) & 0x48:
            return net.parse_ip(socket.inet_ntop(socket.AF_INET6, bytes.fromhex(digits))), name
    return None


def test_local_addr(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        async with host.net.listen("tcp", ":0") as ln:
            address = f"127.0.0.1:{ln.addr.port}"
            for local in ("127.0.0.2", "0.0.0.0", None):
                dialer = host.net.Dialer(local_addr=net.TCPAddr(local))
                source, _ = await met(host, ln, dialer.dial("tcp", address))
                assert str(source.ip) == ("127.0.0.2" if local == "127.0.0.2" else "127.0.0.1")
                assert source.port
            with socket.socket() as sock:
                sock.bind(("127.0.0.2", 0))
                port = sock.getsockname()[1]
            dialer = host.net.Dialer(local_addr=net.TCPAddr("127.0.0.2", port))
            conn, peer = await meet(host, ln, dialer.dial("tcp", address))
            assert peer.remote_addr == conn.local_addr == net.TCPAddr("127.0.0.2", port)
            # Closed first, the peer is the one that keeps its port for a while.
            peer.close()
            assert await conn.read() == b""
            conn.close()
            # The family of the local address decides which of several candidates are tried.
            v4, v6 = (host.net.Dialer(local_addr=net.TCPAddr(ip)) for ip in ("127.0.0.1", "::1"))
            assert str((await met(host, ln, v4.dial("tcp", f":{ln.addr.port}")))[1].ip) == "127.0.0.1"
            assert str((await met(host, ln, v6.dial("tcp", f":{ln.addr.port}")))[1].ip) == "::1"

    hosts.run(host_name, body)


def test_in_time(host_name: str) -> None:
    """Time limits that are not reached change nothing, and none stays on the connection."""

    async def body(host: hosts.Host) -> None:
        async with host.net.listen("tcp", "127.0.0.1:0") as ln:
            long = hosts.PATIENCE
            for options in (
                {"timeout": long},
                {"timeout": timedelta(seconds=long)},
                {"timeout": float("inf")},
                {"deadline": time.monotonic() + long},
                {"deadline": datetime.now(UTC) + timedelta(seconds=long)},
                {"timeout": long, "deadline": timedelta(seconds=long)},
            ):
                conn, peer = await meet(host, ln, host.net.Dialer(**options).dial("tcp", str(ln.addr)))
                assert conn._fd.reading.deadline is conn._fd.writing.deadline is None
                conn.close()
                peer.close()
            # Soon over, but long enough for a busy machine to dial in.
            conn, peer = await meet(host, ln, host.net.dial("tcp", str(ln.addr), timeout=1))
            reading = host.start(conn.read, 10)
            await host.pause(1.05)
            await peer.write(b"later")
            assert await reading == b"later"
            conn.close()
            peer.close()

    hosts.run(host_name, body)


def test_context(host_name: str) -> None:
    """Entered, a dial gives the connection and closes it, whatever happens inside."""

    async def body(host: hosts.Host) -> None:
        async with host.net.listen("tcp", "127.0.0.1:0") as ln:
            with pytest.raises(KeyError):
                async with host.net.Dialer().dial("tcp", str(ln.addr)) as conn:
                    (await ln.accept()).close()
                    raise KeyError
            assert conn.closed
        with pytest.raises(ConnectionRefusedError):
            async with host.net.dial("tcp", str(ln.addr)):
                raise AssertionError("nobody is there")

    hosts.run(host_name, body)


def test_one_dialer_for_many(host_name: str) -> None:
    """It can be shared: it keeps nothing of a dial."""

    async def body(host: hosts.Host) -> None:
        seen = Seen()
        dialer = host.net.Dialer(timeout=hosts.PATIENCE, control=seen)

        async def dial(address: str) -> None:
            async with dialer.dial("tcp", address) as conn:
                assert await conn.read() == b""

        async with host.net.listen("tcp", "127.0.0.1:0") as ln:
            jobs = [host.start(dial, str(ln.addr)) for _ in range(20)]
            for _ in jobs:
                (await ln.accept()).close()
            for job in jobs:
                await job
        assert len(seen.calls) == 20

    hosts.run(host_name, body)


def test_dials_in_a_row_let_others_run(task_host_name: str) -> None:
    """A connection to this machine is there at once, so that a dial need not wait for it. All the same it
    does not have the loop for itself."""

    async def body(host: hosts.Host) -> None:
        turns = 0
        over = False

        async def others() -> None:
            nonlocal turns
            while not over:
                turns += 1
                await host.pause(0)

        async with host.net.listen("tcp", "127.0.0.1:0") as ln:
            job = host.start(others)
            await host.until(lambda: turns)
            before = turns
            for _ in range(300):
                (await host.net.dial("tcp", str(ln.addr))).close()
            assert turns - before >= 3
            over = True
            await job

    hosts.run(task_host_name, body)
