"""`ListenConfig`: the hook, shared ports, the backlog."""

from __future__ import annotations

import errno
import os
import select
import socket
from pathlib import Path
from typing import Any

import pytest

import dialnet as net
from tests import hosts

IN_USE = os.strerror(errno.EADDRINUSE)


def test_control(host_name: str, tmp_path: Path) -> None:
    """Called once, with the network spelt out and the address as text."""

    async def body(host: hosts.Host) -> None:
        seen: list[tuple[str, str]] = []
        config = host.net.ListenConfig(control=lambda network, address, _: seen.append((network, address)))
        for call, network, address, expected in (
            (config.listen, "tcp", "127.0.0.1:0", ("tcp4", "127.0.0.1:0")),
            (config.listen, "tcp", "[::1]:0", ("tcp6", "[::1]:0")),
            (config.listen, "tcp", ":0", ("tcp6", ":0")),
            (config.listen, "tcp4", ":0", ("tcp4", ":0")),
            (config.listen, "tcp6", "[::]:0", ("tcp6", "[::]:0")),
            (config.listen, "tcp4", "localhost:0", ("tcp4", "127.0.0.1:0")),
            (config.listen, "unix", f"{tmp_path}/s", ("unix", f"{tmp_path}/s")),
            (config.listen, "unixpacket", "", ("unixpacket", "")),
            (config.listen_packet, "udp", "127.0.0.1:0", ("udp4", "127.0.0.1:0")),
            (config.listen_packet, "udp6", ":0", ("udp6", ":0")),
            (config.listen_packet, "unixgram", "", ("unixgram", "")),
        ):
            made = await call(network, address)
            made.close()
            assert seen == [expected]
            seen.clear()

    hosts.run(host_name, body)


def test_control_is_before_the_bind(host_name: str) -> None:
    """And after dialnet's own options; what it sets holds, for accepted connections too."""

    async def body(host: hosts.Host) -> None:
        found: list[Any] = []

        def hook(network: str, address: str, raw: Any) -> None:
            def look(descriptor: int) -> None:
                with socket.socket(fileno=os.dup(descriptor)) as sock:
                    reuse = sock.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR)
                    found.append((sock.getsockname()[1], bool(reuse), descriptor))
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 20_000)

            raw.control(look)

        config = host.net.ListenConfig(control=hook)
        async with config.listen("tcp", "127.0.0.1:0") as ln:
            assert found == [(0, True, ln.fileno())]
            conn = await host.net.dial("tcp", str(ln.addr))
            peer = await ln.accept()
            with peer.file() as sock:
                assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) == 40_000
            conn.close()
            peer.close()
        found.clear()
        # Two plain sockets at one UDP address would only take each other's datagrams.
        async with config.listen_packet("udp", "127.0.0.1:0"):
            assert found[0][:2] == (0, False)

    hosts.run(host_name, body)


def test_control_fails(host_name: str, tmp_path: Path) -> None:
    """What it raises is the cause, nothing stays open, and no file was made."""

    async def body(host: hosts.Host) -> None:
        raws: list[Any] = []

        def hook(network: str, address: str, raw: Any) -> None:
            raws.append(raw)
            raise failure

        config = host.net.ListenConfig(control=hook)
        for failure in (ValueError("no"), OSError(errno.EPERM, os.strerror(errno.EPERM)), KeyError("k")):
            for call, network, address, shown in (
                (config.listen, "tcp", "127.0.0.1:0", "127.0.0.1:0"),
                (config.listen, "unix", f"{tmp_path}/s", f"{tmp_path}/s"),
                (config.listen_packet, "udp", ":0", ":0"),
            ):
                with pytest.raises(type(failure)) as caught:
                    await call(network, address)
                assert isinstance(caught.value, net.OpError)
                assert caught.value.__cause__ is caught.value.err is failure
                why = failure.strerror if isinstance(failure, OSError) else failure
                assert str(caught.value) == f"listen {network} {shown}: {why}"
            failure.__traceback__ = None
        assert len(raws) == 9
        assert all(raw._fd.closed for raw in raws)
        assert os.listdir(tmp_path) == []

    hosts.run(host_name, body)


def test_reuse_port(host_name: str) -> None:
    """Several listeners at one address, if all say so; each connection goes to one of them."""

    async def body(host: hosts.Host) -> None:
        config = host.net.ListenConfig(reuse_port=True)
        async with config.listen("tcp", "127.0.0.1:0") as one:
            address = str(one.addr)
            async with config.listen("tcp", address) as two:
                assert one.addr == two.addr
                dialed = [await host.net.dial("tcp", address) for _ in range(8)]
                accepted = set()
                listeners = {ln.fileno(): ln for ln in (one, two)}
                while len(accepted) < len(dialed):
                    ready = select.select(list(listeners), [], [], hosts.PATIENCE)[0]
                    peer = await listeners[ready[0]].accept()
                    accepted.add(peer.remote_addr)
                    peer.close()
                assert accepted == {conn.local_addr for conn in dialed}
                for conn in dialed:
                    conn.close()
            for other in (host.net.ListenConfig(), host.net.ListenConfig(reuse_port=False)):
                with pytest.raises(OSError) as caught:
                    await other.listen("tcp", address)
                assert str(caught.value) == f"listen tcp {address}: bind: {IN_USE}"
        async with host.net.listen("tcp", "127.0.0.1:0") as ln:
            with pytest.raises(OSError) as caught:
                await config.listen("tcp", str(ln.addr))
            assert caught.value.errno == errno.EADDRINUSE
        async with config.listen_packet("udp", "127.0.0.1:0") as udp:
            async with config.listen_packet("udp", str(udp.local_addr)) as other_udp:
                assert udp.local_addr == other_udp.local_addr
            with pytest.raises(OSError) as caught:
                await host.net.listen_packet("udp", str(udp.local_addr))
            assert str(caught.value) == f"listen udp {udp.local_addr}: bind: {IN_USE}"

    hosts.run(host_name, body)


def test_backlog(host_name: str) -> None:
    """How many may wait to be accepted: with 0 there is room for one (Linux), by default for many."""

    async def body(host: hosts.Host) -> None:
        async with host.net.ListenConfig(backlog=0).listen("tcp", "127.0.0.1:0") as ln:
            first = await host.net.dial("tcp", str(ln.addr))
            assert select.select([ln.fileno()], [], [], hosts.PATIENCE)[0]
            with pytest.raises(net.DeadlineExceededError):
                await host.net.dial("tcp", str(ln.addr), timeout=0.1)
            (await ln.accept()).close()
            first.close()
        for config in (host.net.ListenConfig(), host.net.ListenConfig(backlog=64)):
            async with config.listen("tcp", "127.0.0.1:0") as ln:
                address = str(ln.addr)
                conns = [await host.net.dial("tcp", address, timeout=hosts.PATIENCE) for _ in range(40)]
                for conn in conns:
                    conn.close()
        async with host.net.ListenConfig(backlog=1).listen("unix", "") as ln:
            conns = []
            # A Unix listener whose queue is full refuses at once: no event would tell of its room.
            with pytest.raises(BlockingIOError) as caught:
                while len(conns) < 10:
                    conns.append(await host.net.dial("unix", str(ln.addr)))
            assert str(caught.value) == f"dial unix {ln.addr}: connect: {os.strerror(errno.EAGAIN)}"
            assert caught.value.temporary
            assert len(conns) == 2
            for conn in conns:
                conn.close()

    hosts.run(host_name, body)


def test_a_large_default_backlog(host_name: str) -> None:
    """The system's limit, not a number of dialnet's."""
    try:
        limit = int(Path("/proc/sys/net/core/somaxconn").read_text())
    except (OSError, ValueError):
        pytest.skip("the system does not say its limit")

    async def body(host: hosts.Host) -> None:
        async with host.net.listen("tcp", "127.0.0.1:0") as ln:
            with ln.file() as sock:
                # Of a listening socket tcp_info has the limit where others have unacked data: tcpi_sacked.
                info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104)
            assert int.from_bytes(info[28:32], "little") == limit

    hosts.run(host_name, body)
