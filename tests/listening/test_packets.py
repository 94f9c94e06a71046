"""Datagrams: where they may be sent, who they come from, and how long they are."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import dialnet as net
from tests import hosts

INVALID = os.strerror(errno.EINVAL)


def test_connected(host_name: str, tmp_path: Path) -> None:
    """A dialed socket has its one destination; what is no address of its kind is seen before that (Go)."""

    async def body(host: hosts.Host) -> None:
        gram, stream = str(tmp_path / "gram"), str(tmp_path / "stream")
        async with (
            host.net.listen_packet("udp", "127.0.0.1:0") as udp,
            host.net.listen_packet("unixgram", gram),
            host.net.listen("unix", stream),
        ):
            for network, address, right in (
                ("udp", str(udp.local_addr), udp.local_addr),
                ("unixgram", gram, net.UnixAddr(gram, "unixgram")),
                ("unix", stream, net.UnixAddr(stream)),
            ):
                async with host.net.dial(network, address) as conn:
                    with pytest.raises(net.WriteToConnectedError) as caught:
                        await conn.write_to(b"x", right)
                    source = conn.local_addr
                    assert str(caught.value) == (
                        f"write {network} {source}->{right}: use of WriteTo with pre-connected connection"
                    )
                    assert caught.value.addr == right
                    assert isinstance(caught.value, net.OpError)
                    await refuses_what_is_wrong(conn, network, source, net.TCPAddr("127.0.0.1", 1))
                    # `read_from` is allowed.
                    if network == "udp":
                        await udp.write_to(b"from", source)
                        assert await conn.read_from() == (b"from", right)

    hosts.run(host_name, body)


async def refuses_what_is_wrong(conn: Any, network: str, source: net.Addr, other: net.Addr) -> None:
    """An address of another network and none at all are EINVAL; what is no address is a TypeError."""
    for wrong in (other, net.IPAddr("127.0.0.1"), None):
        with pytest.raises(OSError) as caught:
            await conn.write_to(b"x", wrong)
        assert isinstance(caught.value, net.OpError)
        assert not isinstance(caught.value, net.WriteToConnectedError)
        assert caught.value.errno == errno.EINVAL
        target = "" if wrong is None else f"->{wrong}"
        assert str(caught.value) == f"write {network} {source}{target}: {INVALID}"
    for worse in ("127.0.0.1:1", ("127.0.0.1", 1), 5, b"/x"):
        with pytest.raises(TypeError):
            await conn.write_to(b"x", worse)


def test_wrong_addresses(host_name: str, tmp_path: Path) -> None:
    async def body(host: hosts.Host) -> None:
        async with host.net.listen_packet("udp", "127.0.0.1:0") as udp:
            await refuses_what_is_wrong(udp, "udp", udp.local_addr, net.TCPAddr("127.0.0.1", 1))
            await refuses_what_is_wrong(udp, "udp", udp.local_addr, net.UnixAddr("/x", "unixgram"))
            with pytest.raises(net.AddrError, match=r"address ::1: non-IPv4 address$"):
                await udp.write_to(b"x", net.UDPAddr("::1", 1))
        async with host.net.listen_packet("unixgram", f"{tmp_path}/s") as gram:
            await refuses_what_is_wrong(gram, "unixgram", gram.local_addr, net.UDPAddr("127.0.0.1", 1))
            for other in ("unix", "unixpacket"):
                with pytest.raises(OSError) as caught:
                    await gram.write_to(b"x", net.UnixAddr("@x", other))
                assert caught.value.errno == errno.EAFNOSUPPORT
                assert str(caught.value) == (
                    f"write unixgram {tmp_path}/s->@x: {os.strerror(errno.EAFNOSUPPORT)}"
                )
            with pytest.raises(FileNotFoundError) as missing:
                await gram.write_to(b"x", net.UnixAddr(f"{tmp_path}/t", "unixgram"))
            assert str(missing.value) == (
                f"write unixgram {tmp_path}/s->{tmp_path}/t: sendto: {os.strerror(errno.ENOENT)}"
            )
            with pytest.raises(net.InvalidAddrError):
                await gram.write_to(b"x", net.UnixAddr("a\0b", "unixgram"))

    hosts.run(host_name, body)


def test_unconnected(host_name: str, tmp_path: Path) -> None:
    """A plain write needs a destination that it has not got."""

    async def body(host: hosts.Host) -> None:
        for network, address in (("udp", "127.0.0.1:0"), ("unixgram", f"{tmp_path}/s")):
            async with host.net.listen_packet(network, address) as conn:
                assert conn.remote_addr is None
                with pytest.raises(OSError) as caught:
                    await conn.write(b"x")
                assert caught.value.errno in (errno.EDESTADDRREQ, errno.ENOTCONN)
                assert str(caught.value).startswith(f"write {network} {conn.local_addr}: write: ")

    hosts.run(host_name, body)


def test_dual_stack(host_name: str) -> None:
    """One socket for both families; an IPv4 peer's address is an IPv4 address."""

    async def body(host: hosts.Host) -> None:
        async with host.net.listen_packet("udp", ":0") as conn:
            port = conn.local_addr.port
            for ip in ("127.0.0.1", "::1"):
                peer = await host.net.dial("udp", net.join_host_port(ip, port))
                await peer.write(b"ping")
                data, sender = await conn.read_from()
                assert (data, sender) == (b"ping", peer.local_addr)
                assert str(sender) == net.join_host_port(ip, peer.local_addr.port)
                assert str(sender.ip) == ip
                # It can be answered as it is, and as made anew from its text.
                await conn.write_to(b"pong", sender)
                assert await peer.read(10) == b"pong"
                await conn.write_to(b"again", await host.net.resolve_udp_addr("udp", str(sender)))
                assert await peer.read(10) == b"again"
                peer.close()
        async with host.net.listen_packet("udp6", ":0") as conn:
            with pytest.raises(OSError) as caught:
                await conn.write_to(b"x", net.UDPAddr("127.0.0.1", port))
            assert caught.value.errno == errno.ENETUNREACH

    hosts.run(host_name, body)


def test_lengths(host_name: str, tmp_path: Path) -> None:
    """None at all, the longest, one too long; cut without a word where the buffer is short."""

    async def body(host: hosts.Host) -> None:
        async with (
            host.net.listen_packet("udp", "127.0.0.1:0") as one,
            host.net.listen_packet("udp", "127.0.0.1:0") as two,
        ):
            here, there = one.local_addr, two.local_addr
            for size in (0, 1, 1500, 9000, 65507):
                data = os.urandom(size)
                assert await one.write_to(data, there) == size
                assert await two.read_from() == (data, here)
                assert await one.write_to(memoryview(data), there) == size
                buffer = bytearray(70_000)
                assert await two.read_from_into(buffer) == (size, here)
                assert buffer[:size] == data
            with pytest.raises(OSError) as caught:
                await one.write_to(bytes(65508), there)
            assert caught.value.errno == errno.EMSGSIZE
            assert str(caught.value) == (f"write udp {here}->{there}: sendto: {os.strerror(errno.EMSGSIZE)}")
            assert caught.value.bytes_written == 0
            for n in (0, 3):
                await one.write_to(b"abcdef", there)
                assert await two.read_from(n) == (b"abcdef"[:n], here)
                await one.write_to(b"abcdef", there)
                buffer = bytearray(n)
                assert await two.read_from_into(buffer) == (n, here)
                assert bytes(buffer) == b"abcdef"[:n]
            async with host.net.dial("udp", str(there)) as conn:
                assert await conn.write(b"") == 0
                assert await two.read_from() == (b"", conn.local_addr)
                with pytest.raises(OSError) as caught:
                    await conn.write(bytes(65508))
                assert str(caught.value).endswith(f"->{there}: write: {os.strerror(errno.EMSGSIZE)}")
            with pytest.raises(ValueError, match="negative"):
                await two.read_from(-1)
            for wrong in ("text", 5, None):
                with pytest.raises(TypeError):
                    await one.write_to(wrong, there)
            with pytest.raises(TypeError):
                await two.read_from_into(b"read-only")

    hosts.run(host_name, body)


def test_unnamed_sender(host_name: str, tmp_path: Path) -> None:
    """A Unix socket that was never bound has no address."""

    async def body(host: hosts.Host) -> None:
        path = str(tmp_path / "s")
        async with host.net.listen_packet("unixgram", path) as conn:
            async with host.net.dial("unixgram", path) as sender:
                assert str(sender.local_addr) == "@"
                await sender.write(b"who am I")
                assert await conn.read_from() == (b"who am I", None)
                await sender.write(b"")
                assert await conn.read_from_into(bytearray(4)) == (0, None)
            name = net.UnixAddr(f"@{tmp_path}", "unixgram")
            async with host.net.dial_unix("unixgram", name, conn.local_addr) as sender:
                await sender.write(b"me")
                assert await conn.read_from() == (b"me", name)

    hosts.run(host_name, body)


def test_closed(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        conn = await host.net.listen_packet("udp", "127.0.0.1:0")
        addr = conn.local_addr
        waiting = host.start(conn.read_from)
        await host.blocked(conn)
        conn.close()
        with pytest.raises(net.ClosedError) as caught:
            await waiting
        assert str(caught.value) == f"read udp {addr}: use of closed network connection"
        calls: list[Callable[[], Any]] = [
            conn.read_from,
            lambda: conn.read_from_into(bytearray(5)),
            lambda: conn.write_to(b"x", addr),
        ]
        for call in calls:
            with pytest.raises(net.ClosedError):
                await call()

    hosts.run(host_name, body)


def test_broadcast_and_multicast(host_name: str) -> None:
    """Sending to everybody is allowed from the start, and the listeners of a group share its port."""

    async def body(host: hosts.Host) -> None:
        async with host.net.listen_packet("udp4", "224.0.0.254:0") as one:
            assert str(one.local_addr.ip) == "0.0.0.0"
            with one.file() as sock:
                assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST)
            async with host.net.listen_packet("udp4", f"224.0.0.254:{one.local_addr.port}") as two:
                assert two.local_addr == one.local_addr

    hosts.run(host_name, body)
