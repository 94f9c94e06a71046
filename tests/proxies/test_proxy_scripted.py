"""Proxies that do as they are told: what a dial makes of it, over sockets and under every host."""

from __future__ import annotations

import asyncio
import errno
import socket
import time
from typing import Any

import pytest

import dialnet as net
from tests import hosts
from tests.interop import traffic
from tests.proxies.peers import BOUND, SUCCESS, Peer, greeting, request, scripted

OK = b"HTTP/1.1 200 OK\r\nVia: 1.1 script\r\n\r\n"


def socks(answer: bytes) -> Any:
    """A SOCKS5 proxy that says this when it is asked to connect, and then waits for the end."""

    def script(peer: Peer) -> None:
        greeting(peer)
        request(peer)
        peer.send(answer)
        peer.gone()

    return script


def http(answer: bytes) -> Any:
    def script(peer: Peer) -> None:
        peer.head()
        try:
            peer.send(answer)
        except (ConnectionResetError, BrokenPipeError):
            return  # closed before all of it was sent
        peer.gone()

    return script


def test_names_are_the_proxys(host_name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are passed on as they are, .onion too; a service's name is a number by then."""
    seen: list[Any] = []

    def script(peer: Peer) -> None:
        greeting(peer)
        seen.append(request(peer)[5:])
        peer.send(SUCCESS)
        peer.gone()

    def web(peer: Peer) -> None:
        seen.append(peer.head()[0])
        peer.send(OK)
        peer.gone()

    def asked(*_: Any) -> Any:
        raise AssertionError("a name was looked up here")

    async def body(host: hosts.Host) -> None:
        seen.clear()
        monkeypatch.setattr(socket, "getaddrinfo", asked)
        with scripted(script) as five, scripted(web) as one:
            for target in ("only-it-knows.example:https", "abc.onion:80", "bücher.example:1", "a_b.:65535"):
                for through in (host.proxy.socks5(five.address), host.proxy.http_connect(one.address)):
                    (await through.dial("tcp", target)).close()
            assert seen == [
                b"only-it-knows.example\1\xbb",
                "CONNECT only-it-knows.example:443 HTTP/1.1",
                b"abc.onion\0\x50",
                "CONNECT abc.onion:80 HTTP/1.1",
                b"xn--bcher-kva.example\0\1",
                "CONNECT xn--bcher-kva.example:1 HTTP/1.1",
                b"a_b.\xff\xff",
                "CONNECT a_b.:65535 HTTP/1.1",
            ]

    hosts.run(host_name, body)


@pytest.mark.parametrize("drip", [False, True])
def test_what_comes_right_behind(host_name: str, drip: bool) -> None:
    """Data in the same segment as the answer is read first, by every way to read; byte by byte, too."""
    data = b"first line\nsecond\n"

    def sent(peer: Peer, answer: bytes) -> None:
        if drip:
            for place in range(len(answer)):
                peer.send(answer[place : place + 1])
                time.sleep(0.001)
        else:
            peer.send(answer)

    def five(peer: Peer) -> None:
        greeting(peer)
        request(peer)
        sent(peer, SUCCESS + data)
        peer.gone()

    def one(peer: Peer) -> None:
        peer.head()
        sent(peer, OK + data)
        peer.gone()

    async def body(host: hosts.Host) -> None:
        with scripted(five) as socks_proxy, scripted(one) as http_proxy:
            for through in (
                host.proxy.socks5(socks_proxy.address),
                host.proxy.http_connect(http_proxy.address),
            ):
                async with through.dial("tcp", "www.example.com:80") as conn:
                    conn.set_deadline(traffic.LIMIT)
                    got = b""
                    while len(got) < len(data):
                        got += await conn.read(5)
                    assert got == data
                async with through.dial("tcp", "www.example.com:80") as conn:
                    # A duplicate knows nothing of what a connection has in store: there must be nothing.
                    with conn.file() as duplicate:
                        duplicate.settimeout(hosts.PATIENCE)
                        got = b""
                        while len(got) < len(data):
                            got += duplicate.recv(100)
                        assert got == data

    hosts.run(host_name, body)


def test_deadlines_are_unset(host_name: str) -> None:
    """What the dial had to end by does not end the connection."""

    def script(peer: Peer) -> None:
        greeting(peer)
        request(peer)
        peer.send(SUCCESS)
        assert peer.take(4) == b"ping"
        time.sleep(2.05)
        peer.send(b"pong")
        peer.gone()

    async def body(host: hosts.Host) -> None:
        with scripted(script) as proxy:
            through = host.proxy.socks5(proxy.address, forward=host.net.Dialer(timeout=2))
            async with through.dial("tcp", "www.example.com:80") as conn:
                await conn.write(b"ping")
                assert await conn.read(4) == b"pong"

    hosts.run(host_name, body)


async def fails(host: hosts.Host, kind: str, script: Any, **options: Any) -> Any:
    """The error of a dial through a proxy with this script, without the part that is always the same."""
    with scripted(script) as proxy:
        through = getattr(host.proxy, kind)(proxy.address, **options)
        with pytest.raises(net.OpError) as caught:
            await through.dial("tcp", "www.example.com:80")
        err: Any = caught.value
        assert proxy.count == 1
        assert (err.op, err.net, err.source) == ("dial", "tcp", None)
        assert str(err.addr) == "www.example.com:80"
        start = f"dial tcp www.example.com:80: {kind} {proxy.address}: "
        assert str(err).startswith(start)
        return err, str(err).removeprefix(start)


def test_replies_become_errors(host_name: str) -> None:
    """Of a kind that a program expects; and the connection is closed, whatever else the proxy sends."""

    async def body(host: hosts.Host) -> None:
        for reply, kind, number, why in (
            (1, ConnectionAbortedError, errno.ECONNABORTED, "general SOCKS server failure"),
            (2, PermissionError, errno.EACCES, "connection not allowed by ruleset"),
            (3, OSError, errno.ENETUNREACH, "network unreachable"),
            (4, OSError, errno.EHOSTUNREACH, "host unreachable"),
            (5, ConnectionRefusedError, errno.ECONNREFUSED, "connection refused"),
            (6, TimeoutError, errno.ETIMEDOUT, "TTL expired"),
        ):
            err, text = await fails(host, "socks5", socks(b"\5" + bytes([reply]) + BOUND + b"more"))
            assert isinstance(err, kind)
            assert (err.errno, text) == (number, why)
            assert err.timeout == (reply == 6)
            assert err.local_addr.port
            assert 0 < err.duration < hosts.PATIENCE
        for status, kind in (
            (b"407 Proxy Authentication Required", PermissionError),
            (b"403 Forbidden", PermissionError),
            (b"504 Gateway Timeout", TimeoutError),
            (b"503 Service Unavailable", ConnectionAbortedError),
        ):
            answer = b"HTTP/1.1 " + status + b"\r\nContent-Length: 100000\r\n\r\n" + b"sorry " * 10_000
            err, text = await fails(host, "http_connect", http(answer))
            assert isinstance(err, kind)
            assert text == status.decode()

    hosts.run(host_name, body)


def test_nonsense(host_name: str) -> None:
    """Something else listens there, or the answer stops in the middle: an error, and at once."""

    def closes(peer: Peer) -> None:
        peer.take(3)

    def closes_midway(peer: Peer) -> None:
        greeting(peer)
        request(peer)
        peer.send(SUCCESS[:-1])

    def resets(peer: Peer) -> None:
        peer.take(1)
        peer.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    def talks(text: bytes) -> Any:
        def script(peer: Peer) -> None:
            try:
                peer.send(text)
                while peer.sock.recv(1000):
                    pass
            except (ConnectionResetError, BrokenPipeError):
                pass  # closed, with something unread

        return script

    async def body(host: hosts.Host) -> None:
        for script in (closes, closes_midway):
            err, text = await fails(host, "socks5", script)
            assert isinstance(err, ConnectionAbortedError)
            assert text == "connection closed before the answer was complete"
        for kind in ("socks5", "http_connect"):
            err, text = await fails(host, kind, resets)
            assert isinstance(err, ConnectionResetError)
            assert text == err.strerror.partition(": ")[2]
        err, text = await fails(host, "socks5", talks(b"SSH-2.0-OpenSSH_9.2\r\n"))
        assert (err.errno, text) == (errno.EPROTO, "not a SOCKS5 proxy's answer: b'SS'")
        err, text = await fails(host, "http_connect", talks(b"SSH-2.0-OpenSSH_9.2\r\n"))
        assert (err.errno, text) == (errno.EPROTO, "not an HTTP proxy's answer: b'SSH-2.0-OpenSS'")
        err, text = await fails(host, "http_connect", talks(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 20_000))
        assert (err.errno, text) == (errno.EPROTO, "an answer whose head has more than 16384 bytes")
        err, _ = await fails(host, "http_connect", http(b"HTTP/1.1 200 OK\r\n"[:-1] + b"\0" * 100_000))
        assert err.errno == errno.EPROTO

    hosts.run(host_name, body)


def test_secrets_stay_secret(host_name: str) -> None:
    """A password is in no error, traceback note or `repr`."""

    async def body(host: hosts.Host) -> None:
        for kind, script in (("socks5", socks(b"\5\2")), ("http_connect", http(b"HTTP/1.1 403 No\r\n\r\n"))):
            err, _ = await fails(host, kind, script, auth=("ursula", "s3cret"))
            assert "s3cret" not in str(err) + repr(err) + "".join(getattr(err, "__notes__", []))
            through = getattr(host.proxy, kind)("127.0.0.1:1", auth=("ursula", "s3cret"))
            assert repr(through) == f"<ProxyDialer {kind} 127.0.0.1:1>"

    hosts.run(host_name, body)


def test_before_anything_is_dialed(host_name: str) -> None:
    """What a proxy cannot be asked for: no connection is made."""

    class Nothing:
        def dial(self, *_: Any, **__: Any) -> Any:
            raise AssertionError("dialed")

    async def body(host: hosts.Host) -> None:
        for make in (host.proxy.socks5, host.proxy.http_connect):
            through = make("127.0.0.1:1", forward=Nothing())
            for network, address, kind, text in (
                ("udp", "127.0.0.1:1", net.UnknownNetworkError, "dial udp: unknown network udp"),
                ("unix", "/tmp/x", net.UnknownNetworkError, "dial unix: unknown network unix"),
                ("tpc", "127.0.0.1:1", net.UnknownNetworkError, "dial tpc: unknown network tpc"),
                ("tcp", "", net.MissingAddressError, "dial tcp: missing address"),
                ("tcp", "a.example", net.AddrError, "dial tcp: address a.example: missing port in address"),
                ("tcp", "a.example:65536", net.AddrError, "dial tcp: address 65536: invalid port"),
                ("tcp", ":80", net.AddrError, "dial tcp: address :80: missing host in address"),
                (
                    "tcp",
                    "[fe80::1%1]:80",
                    net.AddrError,
                    "dial tcp: address [fe80::1%1]:80: zone in address for a proxy",
                ),
                (
                    "tcp4",
                    "[::1]:80",
                    net.NoSuitableAddressError,
                    "dial tcp4: address ::1: no suitable address found",
                ),
                (
                    "tcp6",
                    "127.0.0.1:80",
                    net.NoSuitableAddressError,
                    "dial tcp6: address 127.0.0.1: no suitable address found",
                ),
                ("tcp", "a b:80", net.DNSError, "dial tcp: lookup a b: no such host"),
                ("tcp", "-a.example:80", net.DNSError, "dial tcp: lookup -a.example: no such host"),
                ("tcp", "a" * 64 + ":80", net.DNSError, f"dial tcp: lookup {'a' * 64}: no such host"),
            ):
                with pytest.raises(kind) as caught:
                    await through.dial(network, address)
                assert str(caught.value) == text
            # Nothing of it can get into a request.
            with pytest.raises(net.DNSError):
                await through.dial("tcp", "a.example\r\nX=y\r\n:80")
            for arguments in ((1, "a.example:80"), ("tcp", b"a.example:80"), ("tcp", None)):
                with pytest.raises(TypeError):
                    await through.dial(*arguments)

    hosts.run(host_name, body)


def test_a_dialer_of_ones_own(host_name: str) -> None:
    """`forward` is anything with a `dial`."""

    class Counting:
        def __init__(self, host: hosts.Host) -> None:
            self.dialer = getattr(host.net.Dialer(), "seen", None) or host.net.Dialer()
            self.calls: list[Any] = []

        def dial(self, network: str, address: str, *, cancel: Any = None) -> Any:
            self.calls.append((network, address, cancel))
            return self.dialer.dial(network, address, cancel=cancel)

    async def body(host: hosts.Host) -> None:
        forward, token = Counting(host), host.net.CancelToken()
        with scripted(socks(SUCCESS)) as proxy:
            through = host.proxy.socks5(proxy.address, forward=forward)
            (await through.dial("tcp6", "www.example.com:80", cancel=token)).close()
            assert forward.calls == [("tcp", proxy.address, token)]

    hosts.run(host_name, body)


def test_in_a_task(task_host_name: str) -> None:
    """What `dial` returns is awaited, entered, or made a task of."""

    async def body(host: hosts.Host) -> None:
        with scripted(socks(SUCCESS)) as proxy:
            through = host.proxy.socks5(proxy.address)
            async with through.dial("tcp", "www.example.com:80") as conn:
                assert isinstance(conn, net.aio.TCPConn)
            assert conn.closed
            conn = await through.dial("tcp", "www.example.com:80")
            conn.close()
            if task_host_name != "trio":
                conn = await asyncio.create_task(through.dial("tcp", "www.example.com:80"))
                conn.close()

    hosts.run(task_host_name, body)
