"""Where a listener listens, and what it cannot listen at."""

from __future__ import annotations

import errno
import os
import re
import socket
from typing import Any

import pytest

import dialnet as net
from dialnet import aio
from tests import hosts
from tests.dialing.support import alone

IN_USE = os.strerror(errno.EADDRINUSE)


async def reaches(host: hosts.Host, ln: Any, network: str, address: str) -> bool:
    """Whether a dial to the address ends at this listener."""
    try:
        conn = await host.net.dial(network, address)
    except ConnectionRefusedError:
        return False
    peer = await ln.accept()
    try:
        assert peer.remote_addr == conn.local_addr
        assert peer.local_addr == conn.remote_addr
    finally:
        conn.close()
        peer.close()
    return True


def test_families(host_name: str) -> None:
    """No host is both families, a suffix is one; the address has the real port."""

    async def body(host: hosts.Host) -> None:
        for network, address, shown, v4, v6 in (
            ("tcp", ":0", "[::]", True, True),
            ("tcp", ":", "[::]", True, True),
            ("tcp", "", "[::]", True, True),
            ("tcp", "[::]:0", "[::]", True, True),
            ("tcp", "0.0.0.0:0", "[::]", True, True),
            ("tcp4", ":0", "0.0.0.0", True, False),
            ("tcp4", "", "0.0.0.0", True, False),
            ("tcp4", "0.0.0.0:0", "0.0.0.0", True, False),
            ("tcp6", ":0", "[::]", False, True),
            ("tcp6", "[::]:0", "[::]", False, True),
            ("tcp", "127.0.0.1:0", "127.0.0.1", True, False),
            ("tcp", "[::1]:0", "[::1]", False, True),
            ("tcp", "localhost:0", "127.0.0.1", True, False),
            ("tcp4", "localhost:0", "127.0.0.1", True, False),
            ("tcp", "[::ffff:127.0.0.1]:0", "127.0.0.1", True, False),
        ):
            async with alone(host, network, address, v4, v6) as ln:
                port = ln.addr.port
                assert port
                assert str(ln.addr) == f"{shown}:{port}", (network, address)
                assert ln.addr.network == "tcp"
                assert await reaches(host, ln, "tcp4", f"127.0.0.1:{port}") is v4
                assert await reaches(host, ln, "tcp6", f"[::1]:{port}") is v6

    hosts.run(host_name, body)


def test_typed(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        for network, addr, shown in (
            ("tcp", None, "[::]"),
            ("tcp4", None, "0.0.0.0"),
            ("tcp6", None, "[::]"),
            ("tcp", net.TCPAddr(), "[::]"),
            ("tcp", net.TCPAddr("127.0.0.1"), "127.0.0.1"),
            ("tcp", net.TCPAddr("::1"), "[::1]"),
        ):
            async with host.net.listen_tcp(network, addr) as ln:
                assert str(ln.addr) == f"{shown}:{ln.addr.port}"
        for network, local, shown in (
            ("udp", None, "[::]"),
            ("udp4", None, "0.0.0.0"),
            ("udp", net.UDPAddr("127.0.0.1"), "127.0.0.1"),
        ):
            async with host.net.listen_udp(network, local) as conn:
                assert str(conn.local_addr) == f"{shown}:{conn.local_addr.port}"
                assert conn.remote_addr is None
        for network, address in (("udp", ":0"), ("udp", ""), ("udp6", "[::1]:0"), ("udp4", "localhost:0")):
            async with host.net.listen_packet(network, address) as conn:
                assert conn.local_addr.port

    hosts.run(host_name, body)


def test_unix_names(host_name: str) -> None:
    """An abstract name, and one that the system chooses."""

    async def body(host: hosts.Host) -> None:
        for network in ("unix", "unixpacket"):
            name = f"@dialnet-{os.getpid()}-{host.name}"
            async with host.net.listen(network, name) as ln:
                assert ln.addr == net.UnixAddr(name, network)
                assert await reaches(host, ln, network, name)
                with pytest.raises(OSError) as caught:
                    await host.net.listen(network, name)
                assert str(caught.value) == f"listen {network} {name}: bind: {IN_USE}"
            async with (
                host.net.listen(network, "") as one,
                host.net.listen_unix(network, net.UnixAddr("", network)) as two,
            ):
                for ln in (one, two):
                    assert re.fullmatch("@[0-9a-f]{5}", str(ln.addr))
                    assert await reaches(host, ln, network, str(ln.addr))
                assert one.addr != two.addr
        async with host.net.listen_packet("unixgram", "") as conn:
            assert re.fullmatch("@[0-9a-f]{5}", str(conn.local_addr))

    hosts.run(host_name, body)


# What, network, address, class, text.
BAD: list[tuple[str, str, str, type[Exception], str]] = [
    ("listen", "bogus", "x", net.UnknownNetworkError, "listen bogus: unknown network bogus"),
    ("listen_packet", "udp5", ":0", net.UnknownNetworkError, "listen udp5: unknown network udp5"),
    ("listen", "udp", "127.0.0.1:0", net.AddrError,
     "listen udp 127.0.0.1:0: address 127.0.0.1:0: unexpected address type"),
    ("listen", "unixgram", "@x", net.AddrError,
     "listen unixgram @x: address @x: unexpected address type"),
    ("listen_packet", "tcp", "127.0.0.1:0", net.AddrError,
     "listen tcp 127.0.0.1:0: address 127.0.0.1:0: unexpected address type"),
    ("listen_packet", "unix", "@x", net.AddrError, "listen unix @x: address @x: unexpected address type"),
    ("listen_packet", "unixpacket", "@x", net.AddrError,
     "listen unixpacket @x: address @x: unexpected address type"),
    ("listen", "tcp", "127.0.0.1", net.AddrError, "listen tcp: address 127.0.0.1: missing port in address"),
    ("listen", "tcp", "::1:0", net.AddrError, "listen tcp: address ::1:0: too many colons in address"),
    ("listen", "tcp", ":65536", net.AddrError, "listen tcp: address 65536: invalid port"),
    ("listen_packet", "udp", ":4294967296", net.AddrError, "listen udp: address 4294967296: invalid port"),
    ("listen", "tcp", ":no-such", net.DNSError, "listen tcp: lookup tcp/no-such: unknown port"),
    ("listen", "tcp4", "[::1]:0", net.NoSuitableAddressError,
     "listen tcp4: address ::1: no suitable address found"),
    ("listen_packet", "udp6", "127.0.0.1:0", net.NoSuitableAddressError,
     "listen udp6: address 127.0.0.1: no suitable address found"),
    ("listen", "tcp", "203.0.113.1:0", OSError,
     f"listen tcp 203.0.113.1:0: bind: {os.strerror(errno.EADDRNOTAVAIL)}"),
    ("listen_packet", "udp", "203.0.113.1:0", OSError,
     f"listen udp 203.0.113.1:0: bind: {os.strerror(errno.EADDRNOTAVAIL)}"),
    ("listen", "unix", "/no/such/folder/s", FileNotFoundError,
     f"listen unix /no/such/folder/s: bind: {os.strerror(errno.ENOENT)}"),
]  # fmt: skip


def test_bad_input(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        for what, network, address, kind, text in BAD:
            with pytest.raises(kind) as caught:
                await getattr(host.net, what)(network, address)
            assert isinstance(caught.value, net.OpError)
            assert str(caught.value) == text
            assert caught.value.source is None
        with pytest.raises(net.DNSError, match=r"^listen tcp: lookup no-such-host\.invalid( on .*)?: "):
            await host.net.listen("tcp", "no-such-host.invalid:0")

    hosts.run(host_name, body)


def test_bad_typed_input(host_name: str) -> None:
    tcp, udp = net.TCPAddr("127.0.0.1"), net.UDPAddr("127.0.0.1")
    unix, gram = net.UnixAddr("@x"), net.UnixAddr("@x", "unixgram")

    async def body(host: hosts.Host) -> None:
        on = host.net
        for call, network, addr in (
            (on.listen_tcp, "tcp", udp),
            (on.listen_tcp, "tcp4", unix),
            (on.listen_udp, "udp", tcp),
            (on.listen_unix, "unix", tcp),
            (on.listen_unixgram, "unixgram", udp),
        ):
            with pytest.raises(OSError) as caught:
                await call(network, addr)
            assert caught.value.errno == errno.EINVAL
            assert str(caught.value) == f"listen {network} {addr}: {os.strerror(errno.EINVAL)}"
        for call, network, addr in (
            (on.listen_tcp, "udp", tcp),
            (on.listen_udp, "tcp", udp),
            (on.listen_unix, "unixgram", gram),
            (on.listen_unixgram, "unix", unix),
            (on.listen_unix, "tcp", unix),
        ):
            with pytest.raises(net.UnknownNetworkError) as unknown:
                await call(network, addr)
            assert str(unknown.value) == f"listen {network} {addr}: unknown network {network}"
        for call, network in (
            (on.listen_unix, "unix"),
            (on.listen_unix, "unixpacket"),
            (on.listen_unixgram, "unixgram"),
        ):
            with pytest.raises(net.MissingAddressError, match=f"^listen {network}: missing address$"):
                await call(network, None)
        with pytest.raises(net.AddrError, match="non-IPv4 address"):
            await on.listen_tcp("tcp4", net.TCPAddr("::1"))
        for call, network in ((on.listen_tcp, "tcp"), (on.listen_udp, "udp"), (on.listen_unix, "unix")):
            for wrong in ("127.0.0.1:0", 5, b"x", ("127.0.0.1", 0)):
                with pytest.raises(TypeError):
                    await call(network, wrong)
            with pytest.raises(TypeError):
                await call(5, None)
        for wrong_network, address in ((5, ":0"), (None, ":0"), ("tcp", 0), ("tcp", None), ("unix", b"x")):
            for call in (on.listen, on.listen_packet, on.ListenConfig().listen):
                with pytest.raises(TypeError):
                    await call(wrong_network, address)

    hosts.run(host_name, body)


def test_in_use(host_name: str) -> None:
    """By another listener, or by a UDP socket; an earlier connection to the same port is no hindrance."""

    async def body(host: hosts.Host) -> None:
        async with host.net.listen("tcp", "127.0.0.1:0") as ln:
            for network in ("tcp", "tcp4"):
                with pytest.raises(OSError) as caught:
                    await host.net.listen(network, str(ln.addr))
                assert str(caught.value) == f"listen {network} {ln.addr}: bind: {IN_USE}"
                assert caught.value.errno == errno.EADDRINUSE
                assert caught.value.addr == ln.addr
                assert not caught.value.temporary
            async with host.net.listen_packet("udp", str(ln.addr)) as udp:
                with pytest.raises(OSError) as caught:
                    await host.net.listen_packet("udp", str(udp.local_addr))
                assert str(caught.value) == f"listen udp {udp.local_addr}: bind: {IN_USE}"
            conn = await host.net.dial("tcp", str(ln.addr))
            peer = await ln.accept()
            peer.close()
            assert await conn.read() == b""
            conn.close()
        # The accepted end's port lingers on in TIME_WAIT.
        async with host.net.listen("tcp", str(ln.addr)) as again:
            assert again.addr == ln.addr

    hosts.run(host_name, body)


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"backlog": "5"}, TypeError),
        ({"backlog": True}, TypeError),
        ({"backlog": -1}, ValueError),
        ({"control": 5}, TypeError),
        ({"keep_alive": 15}, TypeError),
    ],
    ids=str,
)
def test_wrong_configs(fields: dict[str, Any], kind: type[Exception]) -> None:
    for face in (net, aio):
        with pytest.raises(kind):
            face.ListenConfig(**fields)


def test_nothing_is_left_of_a_failure(host_name: str) -> None:
    """(What would be left, the checks after each test find.)"""

    async def body(host: hosts.Host) -> None:
        async with host.net.listen("tcp", ":0") as ln:
            for _ in range(50):
                with pytest.raises(OSError):
                    await host.net.listen("tcp", f":{ln.addr.port}")
        with socket.socket() as sock:
            sock.bind(("127.0.0.1", ln.addr.port))

    hosts.run(host_name, body)
