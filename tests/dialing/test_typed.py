"""`dial_tcp`, `dial_udp`, `dial_unix`: addresses that are known already."""

from __future__ import annotations

import errno
import os
import socket
from pathlib import Path

import pytest

import dialnet as net
from tests import hosts
from tests.dialing.support import nobody

INVALID = os.strerror(errno.EINVAL)


def test_addresses_of_other_networks(host_name: str) -> None:
    """They are EINVAL, each named in the text."""

    async def body(host: hosts.Host) -> None:
        tcp, udp, unix = net.TCPAddr("127.0.0.1", 1), net.UDPAddr("127.0.0.1", 1), net.UnixAddr("/x")
        ip = net.IPAddr("127.0.0.1")
        for dial, network, good, wrong in (
            (host.net.dial_tcp, "tcp", tcp, udp),
            (host.net.dial_tcp, "tcp4", tcp, unix),
            (host.net.dial_udp, "udp", udp, tcp),
            (host.net.dial_udp, "udp6", udp, ip),
            (host.net.dial_unix, "unix", unix, tcp),
            (host.net.dial_unix, "unixpacket", unix, ip),
        ):
            for local, remote in ((None, wrong), (wrong, good), (wrong, None)):
                with pytest.raises(OSError) as caught:
                    await dial(network, local, remote)
                err = caught.value
                assert isinstance(err, net.OpError)
                assert err.errno == errno.EINVAL
                assert (err.source, err.addr) == (local, remote)
                ends = "->".join(str(addr) for addr in (local, remote) if addr is not None)
                assert str(err) == f"dial {network} {ends}: {INVALID}"

    hosts.run(host_name, body)


def test_networks_of_other_kinds(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        tcp, udp, unix = net.TCPAddr("127.0.0.1", 1), net.UDPAddr("127.0.0.1", 1), net.UnixAddr("/x")
        for dial, network, addr in (
            (host.net.dial_tcp, "udp", tcp),
            (host.net.dial_tcp, "unix", tcp),
            (host.net.dial_tcp, "tcp5", tcp),
            (host.net.dial_udp, "tcp", udp),
            (host.net.dial_unix, "tcp", unix),
        ):
            with pytest.raises(net.UnknownNetworkError) as caught:
                await dial(network, None, addr)
            assert str(caught.value) == f"dial {network} {addr}: unknown network {network}"
        with pytest.raises(TypeError):
            await host.net.dial_tcp(5, None, tcp)

    hosts.run(host_name, body)


def test_missing_address(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        for dial, network in (
            (host.net.dial_tcp, "tcp"),
            (host.net.dial_udp, "udp4"),
            (host.net.dial_unix, "unix"),
            (host.net.dial_unix, "unixpacket"),
            (host.net.dial_unix, "unixgram"),
        ):
            with pytest.raises(net.MissingAddressError) as caught:
                await dial(network, None, None)
            assert str(caught.value) == f"dial {network}: missing address"
        for network in ("unix", "unixpacket"):
            local = net.UnixAddr(f"@{os.getpid()}-missing", network)
            with pytest.raises(net.MissingAddressError):
                await host.net.dial_unix(network, local, None)
            with pytest.raises(net.MissingAddressError):
                await host.net.dial_unix(network, local, net.UnixAddr("", network))

    hosts.run(host_name, body)


def test_no_name_is_no_address(host_name: str) -> None:
    """A Unix address without a name counts as none, as Go: there is nothing to bind a datagram socket to."""

    async def body(host: hosts.Host) -> None:
        with pytest.raises(net.MissingAddressError):
            conn = await host.net.dial_unix("unixgram", net.UnixAddr("", "unixgram"), None)
            conn.close()

    hosts.run(host_name, body)


def test_other_family(host_name: str) -> None:
    """The family is not looked for as in `dial`; the system, or the conversion, says what is wrong."""

    async def body(host: hosts.Host) -> None:
        v4, v6 = net.TCPAddr("127.0.0.1", 1), net.TCPAddr("::1", 1)
        with pytest.raises(net.AddrError) as caught:
            await host.net.dial_tcp("tcp4", None, v6)
        assert str(caught.value) == "dial tcp4 [::1]:1: address ::1: non-IPv4 address"
        with pytest.raises(net.AddrError) as caught:
            await host.net.dial_tcp("tcp4", v6, v4)
        assert str(caught.value) == "dial tcp4 [::1]:1->127.0.0.1:1: address ::1: non-IPv4 address"
        with pytest.raises(OSError) as failed:
            await host.net.dial_tcp("tcp6", None, v4)
        assert failed.value.errno == errno.ENETUNREACH

    hosts.run(host_name, body)


def test_local_addresses(host_name: str) -> None:
    """With a port of its own, without one, without an address, and of either spelling of IPv4."""

    async def body(host: hosts.Host) -> None:
        async with host.net.listen_tcp("tcp4", net.TCPAddr("127.0.0.1")) as ln:
            with nobody() as port:
                mine = port
            for local, expected in (
                (None, "127.0.0.1"),
                (net.TCPAddr(), "127.0.0.1"),
                (net.TCPAddr("127.0.0.2"), "127.0.0.2"),
                (net.TCPAddr("::ffff:127.0.0.3"), "127.0.0.3"),
                (net.TCPAddr("127.0.0.4", mine), "127.0.0.4"),
                (net.TCPAddr(None, mine), "127.0.0.1"),
            ):
                accepting = host.start(ln.accept)
                async with host.net.dial_tcp("tcp", local, ln.addr) as conn:
                    peer = await accepting
                    # The one that is closed first keeps the port for a while: let it be the other's.
                    peer.close()
                    assert await conn.read() == b""
                    assert peer.remote_addr == conn.local_addr
                    assert str(conn.local_addr.ip) == expected
                    assert local is None or local.port in (0, conn.local_addr.port)
                    assert conn.remote_addr == ln.addr

    hosts.run(host_name, body)


def test_unix_local_names(host_name: str, tmp_path: Path) -> None:
    """What a dialed Unix socket is bound to is what the peer sees; its file stays."""

    async def body(host: hosts.Host) -> None:
        for network in ("unix", "unixpacket"):
            mine = net.UnixAddr(tmp_path / f"mine-{network}", network)
            async with host.net.listen_unix(network, net.UnixAddr(tmp_path / network, network)) as ln:
                accepting = host.start(ln.accept)
                async with host.net.dial_unix(network, mine, ln.addr) as conn:
                    peer = await accepting
                    assert peer.remote_addr == conn.local_addr == mine
                    assert conn.remote_addr == ln.addr
                    peer.close()
            assert os.path.exists(mine.name)
            with pytest.raises(OSError) as caught:
                await host.net.dial_unix(network, mine, ln.addr)
            assert caught.value.errno == errno.EADDRINUSE
            assert str(caught.value) == (
                f"dial {network} {mine}->{ln.addr}: bind: {os.strerror(errno.EADDRINUSE)}"
            )

    hosts.run(host_name, body)


def test_unixgram_bound_only(host_name: str, tmp_path: Path) -> None:
    """With a local address alone, a datagram socket is bound and can write to anybody."""

    async def body(host: hosts.Host) -> None:
        mine, other = (net.UnixAddr(tmp_path / name, "unixgram") for name in ("mine", "other"))
        async with host.net.dial_unix("unixgram", mine, None) as conn:
            assert conn.local_addr == mine
            assert conn.remote_addr is None
            async with host.net.listen_unixgram("unixgram", other) as peer:
                await conn.write_to(b"hello", other)
                assert await peer.read_from() == (b"hello", mine)
                await peer.write_to(b"you", mine)
                assert await conn.read_from() == (b"you", other)
            with pytest.raises(OSError) as caught:
                await conn.write(b"to nobody")
            assert caught.value.errno in (errno.ENOTCONN, errno.EDESTADDRREQ)

    hosts.run(host_name, body)


def test_udp(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        async with host.net.listen_udp("udp4", net.UDPAddr("127.0.0.1")) as peer:
            async with host.net.dial_udp("udp", net.UDPAddr("127.0.0.2"), peer.local_addr) as conn:
                await conn.write(b"ping")
                data, sender = await peer.read_from()
                assert (data, sender) == (b"ping", conn.local_addr)
                assert str(sender.ip) == "127.0.0.2"
                await peer.write_to(b"pong", sender)
                assert await conn.read(10) == b"pong"
        with nobody(kind=socket.SOCK_DGRAM) as port:
            kept = net.UDPAddr("127.0.0.1", port)
        async with host.net.dial_udp("udp", None, kept) as conn:
            # Nobody there: the write goes, and the answer to it is an error.
            await conn.write(b"hello?")
            with pytest.raises(ConnectionRefusedError) as caught:
                await conn.read(10)
            assert str(caught.value).startswith(f"read udp {conn.local_addr}->{kept}: ")

    hosts.run(host_name, body)
