"""Real proxies: microsocks for SOCKS5, tinyproxy for HTTP CONNECT, alone and one behind the other."""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import dialnet as net
from tests import hosts
from tests.dialing.support import nobody
from tests.interop import traffic
from tests.proxies.peers import echoing
from tests.proxies.real import microsocks, tinyproxy

KINDS = ["socks5", "http_connect"]


@contextlib.contextmanager
def proxy(kind: str, folder: Path, auth: tuple[str, str] | None = None, **options: str) -> Iterator[str]:
    if kind == "socks5":
        given = () if auth is None else ("-u", auth[0], "-P", auth[1])
        with microsocks(folder, *given, **options) as address:
            yield address
    else:
        given = () if auth is None else (f"BasicAuth {auth[0]} {auth[1]}",)
        with tinyproxy(folder, *given, **options) as address:
            yield address


def dialer(host: hosts.Host, kind: str, address: str, **options: Any) -> Any:
    return getattr(host.proxy, kind)(address, **options)


async def echoes(host: hosts.Host, conn: Any, data: bytes = traffic.PAYLOAD) -> None:
    """All of it comes back while it is still being sent. (No half close: microsocks would end both ways.)"""
    conn.set_deadline(traffic.LIMIT)
    sending = host.start(send, conn, data)
    got = bytearray()
    while len(got) < len(data):
        more = await conn.read(65536)
        assert more, f"the end after {len(got)} bytes"
        got += more
    await sending
    assert got == data


async def send(conn: Any, data: bytes) -> None:
    assert await conn.write(data) == len(data)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_address(host_name: str, folder: Path, kind: str) -> None:
    """Literals of both families and a name, to a proxy at either family; a MiB there and back."""

    async def body(host: hosts.Host) -> None:
        for at in ("127.0.0.1", "::1"):
            with proxy(kind, folder, address=at) as address, echoing() as four, echoing("::1") as six:
                through = dialer(host, kind, address)
                for network, target in (
                    ("tcp", four.address),
                    ("tcp4", four.address),
                    ("tcp", six.address),
                    ("tcp6", six.address),
                    ("tcp", f"localhost:{four.port}"),
                ):
                    async with through.dial(network, target) as conn:
                        assert str(conn.remote_addr) == address
                        assert conn.remote_addr.network == "tcp"
                        # All that a TCP connection can do it still can.
                        conn.set_no_delay(True)
                        with conn.file() as duplicate:
                            assert duplicate.getpeername()[1] == conn.remote_addr.port
                        await echoes(host, conn)

    hosts.run(host_name, body)


@pytest.mark.parametrize("kind", KINDS)
def test_authentication(host_name: str, folder: Path, kind: str) -> None:
    auth = ("ursula", "correct-horse")

    async def body(host: hosts.Host) -> None:
        with proxy(kind, folder, auth) as address, echoing() as target:
            async with dialer(host, kind, address, auth=auth).dial("tcp", target.address) as conn:
                await echoes(host, conn, b"let in")
            for wrong in (None, ("ursula", "wrong"), ("nobody", "correct-horse")):
                with pytest.raises(PermissionError) as caught:
                    await dialer(host, kind, address, auth=wrong).dial("tcp", target.address)
                err = caught.value
                assert isinstance(err, net.OpError)
                assert err.op == "dial"
                assert str(err.addr) == target.address
                assert str(err).startswith(f"dial tcp {target.address}: {kind} {address}: ")
                assert "wrong" not in str(err)
                assert err.local_addr is not None
                assert err.duration is not None
            assert target.count == 1

    hosts.run(host_name, body)


def test_socks5_refused(host_name: str, folder: Path) -> None:
    async def body(host: hosts.Host) -> None:
        with microsocks(folder) as address, nobody() as port:
            with pytest.raises(ConnectionRefusedError) as caught:
                await host.proxy.socks5(address).dial("tcp", f"127.0.0.1:{port}")
            err: Any = caught.value
            assert str(err) == f"dial tcp 127.0.0.1:{port}: socks5 {address}: connection refused"
            assert err.addr == net.TCPAddr("127.0.0.1", port)
            assert err.errno == errno.ECONNREFUSED
            # A name that nobody has: it is the proxy who finds out.
            with pytest.raises(OSError) as other:
                await host.proxy.socks5(address).dial("tcp", "no-such-host.invalid:80")
            assert isinstance(other.value, net.OpError)
            assert not isinstance(other.value, net.DNSError)
            assert str(other.value).startswith(f"dial tcp no-such-host.invalid:80: socks5 {address}: ")

    hosts.run(host_name, body)


def test_http_refused(host_name: str, folder: Path) -> None:
    """A target nobody listens at, and one the proxy does not let through."""

    async def body(host: hosts.Host) -> None:
        with tinyproxy(folder, "ConnectPort 443") as address, nobody() as port:
            with pytest.raises(PermissionError) as denied:
                await host.proxy.http_connect(address).dial("tcp", f"127.0.0.1:{port}")
            start = f"dial tcp 127.0.0.1:{port}: http_connect {address}: "
            assert str(denied.value).startswith(f"{start}403 ")
        with tinyproxy(folder) as address, nobody() as port:
            with pytest.raises(ConnectionAbortedError) as caught:
                await host.proxy.http_connect(address).dial("tcp", f"127.0.0.1:{port}")
            start = f"dial tcp 127.0.0.1:{port}: http_connect {address}: 5"
            assert str(caught.value).startswith(start)

    hosts.run(host_name, body)


@pytest.mark.parametrize("kind", KINDS)
def test_nobody_is_the_proxy(host_name: str, kind: str) -> None:
    """The way to the proxy fails: the error is about that way, and says where it was to lead."""

    async def body(host: hosts.Host) -> None:
        with nobody() as port:
            address = f"127.0.0.1:{port}"
            with pytest.raises(ConnectionRefusedError) as caught:
                await dialer(host, kind, address).dial("tcp", "www.example.com:80")
            err: Any = caught.value
            assert str(err.addr) == address
            assert str(err) == f"dial tcp {address}: connect: {err.strerror}"
            assert err.__notes__ == [f"on the way to www.example.com:80 by {kind} {address}"]

    hosts.run(host_name, body)


@pytest.mark.parametrize("second", KINDS)
@pytest.mark.parametrize("first", KINDS)
def test_chain(host_name: str, folder: Path, first: str, second: str) -> None:
    auth = ("one", "1")

    async def body(host: hosts.Host) -> None:
        with proxy(first, folder, auth) as near, proxy(second, folder) as far, echoing() as target:
            forward = dialer(host, first, near, auth=auth, forward=host.net.Dialer(timeout=hosts.PATIENCE))
            through = dialer(host, second, far, forward=forward)
            async with through.dial("tcp", f"localhost:{target.port}") as conn:
                # The socket's own peer: the first of them.
                assert str(conn.remote_addr) == near
                await echoes(host, conn)
            with pytest.raises(PermissionError) as caught:
                forward = dialer(host, first, near, auth=("one", "2"))
                await dialer(host, second, far, forward=forward).dial("tcp", target.address)
            err: Any = caught.value
            # It is the first that refuses, on the way to the second.
            assert str(err).startswith(f"dial tcp {far}: {first} {near}: ")
            assert err.__notes__ == [f"on the way to {target.address} by {second} {far}"]

    hosts.run(host_name, body)


@pytest.mark.parametrize("kind", KINDS)
def test_environment(host_name: str, folder: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """`ALL_PROXY` with a password that is escaped, and `NO_PROXY`."""
    auth = ("ursula", "pass-word")
    scheme = {"socks5": "socks5h", "http_connect": "http"}[kind]

    async def body(host: hosts.Host) -> None:
        with proxy(kind, folder, auth) as address, echoing() as target, echoing("::1") as direct:
            monkeypatch.setenv("ALL_PROXY", f"{scheme}://ursula:pa%73s%2Dword@{address}")
            monkeypatch.setenv("NO_PROXY", "example.com, ::1")
            from_environment = host.proxy.from_environment()
            monkeypatch.delenv("ALL_PROXY")
            async with from_environment.dial("tcp", target.address) as conn:
                assert str(conn.remote_addr) == address
                await echoes(host, conn)
            async with from_environment.dial("tcp", direct.address) as conn:
                assert str(conn.remote_addr) == direct.address
                await echoes(host, conn)
            # None is named any more.
            async with host.proxy.from_environment().dial("tcp", target.address) as conn:
                assert str(conn.remote_addr) == target.address

    hosts.run(host_name, body)


@pytest.mark.parametrize("kind", KINDS)
def test_many_at_once(host_name: str, folder: Path, kind: str) -> None:
    """One dialer is everybody's."""

    async def body(host: hosts.Host) -> None:
        async def one(number: int) -> None:
            async with through.dial("tcp", target.address) as conn:
                await echoes(host, conn, b"%d" % number)

        with proxy(kind, folder) as address, echoing() as target:
            through = dialer(host, kind, address)
            for job in [host.start(one, number) for number in range(40)]:
                await job
            assert target.count == 40

    hosts.run(host_name, body)


def test_the_other_side_speaks_first(host_name: str, folder: Path) -> None:
    """Servers that greet: what comes right behind the proxy's answer is the first that is read."""

    async def body(host: hosts.Host) -> None:
        async def greet() -> None:
            for _ in KINDS:
                async with await ln.accept() as conn:
                    await conn.write(b"220 ready\r\n")
                    conn.close_write()
                    await conn.read()

        async with host.net.listen("tcp", "127.0.0.1:0") as ln:
            job = host.start(greet)
            with microsocks(folder) as socks, tinyproxy(folder) as http:
                for kind, address in (("socks5", socks), ("http_connect", http)):
                    async with dialer(host, kind, address).dial("tcp", str(ln.addr)) as conn:
                        conn.set_deadline(traffic.LIMIT)
                        assert await conn.read() == b"220 ready\r\n"
                        conn.close_write()
            await job

    hosts.run(host_name, body)
