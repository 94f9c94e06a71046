"""`file_conn` and its kin: connections and listeners from what somebody else has opened."""

from __future__ import annotations

import errno
import os
import socket
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import dialnet as net
from tests import hosts


def forms(sock: socket.socket) -> list[Any]:
    """All that a socket can be given as."""

    class File:
        def fileno(self) -> int:
            return sock.fileno()

    return [sock, sock.fileno(), File()]


def shown(made: Any) -> Any:
    return hosts.view(made)


def test_a_connection(host_name: str) -> None:
    """Both are open independently of each other, and it is a connection like any other."""

    async def body(host: hosts.Host) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            with socket.create_connection(server.getsockname()) as given, server.accept()[0] as peer:
                peer.settimeout(hosts.PATIENCE)
                for form in forms(given):
                    async with shown(host.net.file_conn(form)) as conn:
                        assert isinstance(getattr(conn, "seen", conn), (net.TCPConn, net.aio.TCPConn))
                        assert conn.fileno() != given.fileno()
                        assert not os.get_inheritable(conn.fileno())
                        assert str(conn.remote_addr) == net.join_host_port(*map(str, given.getpeername()))
                        assert str(conn.local_addr) == net.join_host_port(*map(str, given.getsockname()))
                        await conn.write(b"hello")
                        assert peer.recv(100) == b"hello"
                        reading = host.start(conn.read, 100)
                        await host.blocked(conn)
                        peer.sendall(b"hello back")
                        assert await reading == b"hello back"
                    given.setblocking(True)
                    given.sendall(b"still open")
                    assert peer.recv(100) == b"still open"
                # And the other way round.
                conn = shown(host.net.file_conn(given))
                given.close()
                await conn.write(b"lives on")
                assert peer.recv(100) == b"lives on"
                conn.close()
                assert peer.recv(100) == b""

    hosts.run(host_name, body)


def test_the_kinds(host_name: str, tmp_path: Path) -> None:
    async def body(host: hosts.Host) -> None:
        where = str(tmp_path / "socket")
        for family, kind, address, network, what in (
            (socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0), "udp", "UDPConn"),
            (socket.AF_INET6, socket.SOCK_DGRAM, ("::1", 0), "udp", "UDPConn"),
            (socket.AF_UNIX, socket.SOCK_DGRAM, where, "unixgram", "UnixConn"),
        ):
            with socket.socket(family, kind) as given:
                given.bind(address)
                for call in (host.net.file_conn, host.net.file_packet_conn):
                    async with shown(call(given)) as conn:
                        assert type(getattr(conn, "seen", conn)).__name__ == what
                        assert conn.local_addr.network == network
                        assert conn.remote_addr is None
                        with socket.socket(family, kind) as sender:
                            sender.sendto(b"datagram", given.getsockname())
                        assert (await conn.read_from())[0] == b"datagram"
                with pytest.raises(OSError) as caught:
                    host.net.file_listener(given)
                assert caught.value.errno == errno.EINVAL
        one, two = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with one, two:
            async with shown(host.net.file_conn(one)) as conn:
                assert conn.local_addr.network == "unixpacket"
                await conn.write(b"message")
                assert two.recv(100) == b"message"

    hosts.run(host_name, body)


def test_listeners(host_name: str, tmp_path: Path) -> None:
    async def body(host: hosts.Host) -> None:
        where = tmp_path / "socket"
        for family, address, network in (
            (socket.AF_INET, ("127.0.0.1", 0), "tcp"),
            (socket.AF_INET6, ("::1", 0), "tcp"),
            (socket.AF_UNIX, str(where), "unix"),
        ):
            with socket.socket(family) as given:
                given.bind(address)
                given.listen()
                for form in forms(given):
                    async with shown(host.net.file_listener(form)) as ln:
                        assert ln.addr.network == network
                        accepting = host.start(ln.accept)
                        async with host.net.dial(network, str(ln.addr)) as conn:
                            async with await accepting as peer:
                                await peer.write(b"welcome")
                            assert await conn.read() == b"welcome"
                # What listens is no connection, and the other way round.
                with pytest.raises(OSError) as caught:
                    host.net.file_conn(given)
                assert caught.value.errno == errno.EINVAL
        assert where.exists()
        with socket.socket() as idle, pytest.raises(OSError) as caught:
            host.net.file_listener(idle)
        assert caught.value.errno == errno.EINVAL

    hosts.run(host_name, body)


def test_bad_input(host_name: str, tmp_path: Path) -> None:
    async def body(host: hosts.Host) -> None:
        with socket.socket() as closed:
            pass
        reading, writing = os.pipe()
        try:
            with (tmp_path / "file").open("wb") as file:
                for call in (host.net.file_conn, host.net.file_listener, host.net.file_packet_conn):
                    for bad, code in (
                        (file, errno.ENOTSOCK),
                        (reading, errno.ENOTSOCK),
                        (closed, errno.EBADF),
                        (-1, errno.EBADF),
                        (10**6, errno.EBADF),
                    ):
                        with pytest.raises(net.OpError) as caught:
                            call(bad)
                        assert caught.value.errno == code
                        assert str(caught.value).startswith("file file+net: ")
                    for odd in ("7", 7.0, None, True, object()):
                        with pytest.raises(TypeError):
                            call(odd)
        finally:
            os.close(reading)
            os.close(writing)
        vsock = getattr(socket, "AF_NETLINK", None)
        if vsock is not None:
            with socket.socket(vsock, socket.SOCK_RAW) as other, pytest.raises(net.OpError) as caught:
                host.net.file_conn(other)
            assert caught.value.errno == errno.EPROTONOSUPPORT

    hosts.run(host_name, body)


def test_file_and_back(host_name: str) -> None:
    """The duplicate that `file` gives makes a connection again, and neither becomes blocking."""

    async def body(host: hosts.Host) -> None:
        async with host.net.listen("tcp", "127.0.0.1:0") as ln:
            async with host.net.dial("tcp", str(ln.addr)) as conn, await ln.accept() as peer:
                with conn.file() as duplicate:
                    async with shown(host.net.file_conn(duplicate)) as again:
                        assert again.local_addr == conn.local_addr
                        await again.write(b"1")
                        await conn.write(b"2")
                        assert await peer.read(1) + await peer.read(1) == b"12"
                        assert not os.get_blocking(conn.fileno())
                        assert not os.get_blocking(again.fileno())
                assert not os.get_blocking(conn.fileno())
                await conn.write(b"3")
                assert await peer.read(1) == b"3"
            with ln.file() as duplicate:
                async with shown(host.net.file_listener(duplicate)) as again:
                    accepting = host.start(again.accept)
                    async with host.net.dial("tcp", str(ln.addr)):
                        (await accepting).close()

    hosts.run(host_name, body)


def test_a_duplicate_that_is_told_to_block(host_name: str) -> None:
    """It does, and the original does not: its deadline holds, its close wakes."""

    async def body(host: hosts.Host) -> None:
        async with host.net.listen("tcp", "127.0.0.1:0") as ln:
            async with host.net.dial("tcp", str(ln.addr)) as conn, await ln.accept() as peer:
                for tell in (lambda sock: sock.setblocking(True), lambda sock: sock.settimeout(None)):
                    with conn.file() as duplicate, duplicate.dup() as another:
                        assert (duplicate.gettimeout(), duplicate.timeout) == (0.0, 0.0)
                        for sock in (duplicate, another):
                            tell(sock)
                            assert (sock.gettimeout(), sock.timeout, sock.getblocking()) == (None, None, True)
                        assert not os.get_blocking(conn.fileno())
                        conn.set_read_deadline(timedelta(seconds=0.02))
                        with pytest.raises(net.DeadlineExceededError):
                            await conn.read(1)
                        with pytest.raises(TimeoutError):
                            duplicate.settimeout(0.01)
                            duplicate.recv(1)
                        duplicate.setblocking(True)
                        with ThreadPoolExecutor(1) as pool:
                            waiting = pool.submit(duplicate.recv, 10)
                            await host.pause(0.01)
                            await peer.write(b"at last")
                            assert waiting.result(hosts.PATIENCE) == b"at last"
                        duplicate.setblocking(False)
                        with pytest.raises(BlockingIOError):
                            duplicate.recv(1)
            with ln.file() as duplicate:
                duplicate.setblocking(True)
                async with host.net.dial("tcp", str(ln.addr)) as conn:
                    accepted, _ = duplicate.accept()
                    with accepted:
                        assert os.get_blocking(accepted.fileno())
                        await conn.write(b"x")
                        assert accepted.recv(1) == b"x"

    hosts.run(host_name, body)
