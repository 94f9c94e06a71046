"""The `control` hook of a `Dialer`: when it is called, with what, and what comes of it."""

from __future__ import annotations

import errno
import os
import socket
from pathlib import Path
from typing import Any

import pytest

import dialnet as net
from tests import hosts
from tests.dialing.support import Seen, nobody


def test_arguments(host_name: str, tmp_path: Path) -> None:
    """Once per socket, with the network spelt out and the address as text."""

    async def body(host: hosts.Host) -> None:
        unix = str(tmp_path / "s")
        async with (
            host.net.listen("tcp", ":0") as ln,
            host.net.listen("unix", unix),
            host.net.listen("unixpacket", unix + "p"),
            host.net.listen_packet("unixgram", unix + "g"),
        ):
            port = ln.addr.port
            for network, address, seen_network, seen_address in (
                ("tcp", f"127.0.0.1:{port}", "tcp4", None),
                ("tcp", f"[::1]:{port}", "tcp6", None),
                ("tcp4", f"127.0.0.1:{port}", "tcp4", None),
                ("tcp6", f"[::1]:{port}", "tcp6", None),
                ("tcp4", f"localhost:{port}", "tcp4", f"127.0.0.1:{port}"),
                ("tcp", f":{port}", "tcp4", None),
                ("tcp6", f":{port}", "tcp6", None),
                ("udp", f"127.0.0.1:{port}", "udp4", None),
                ("udp", f"[::1]:{port}", "udp6", None),
                ("udp6", f"[::1]:{port}", "udp6", None),
                ("unix", unix, "unix", None),
                ("unixpacket", unix + "p", "unixpacket", None),
                ("unixgram", unix + "g", "unixgram", None),
            ):
                seen = Seen()
                conn = await host.net.Dialer(control=seen).dial(network, address)
                conn.close()
                assert seen.calls == [(seen_network, address if seen_address is None else seen_address)]
            seen = Seen()
            conn = await host.net.Dialer(control=seen).dial_tcp("tcp", None, net.TCPAddr("::1", port))
            conn.close()
            # Without a peer, the address is one's own.
            mine = net.UnixAddr(f"{tmp_path}/mine", "unixgram")
            conn = await host.net.Dialer(control=seen).dial_unix("unixgram", mine, None)
            conn.close()
            assert seen.calls == [("tcp6", f"[::1]:{port}"), ("unixgram", mine.name)]

    hosts.run(host_name, body)


def test_when(host_name: str) -> None:
    """The socket is there, non-blocking and not inherited; it is neither bound nor connected yet."""
    found: list[Any] = []

    def look(network: str, address: str, raw: Any) -> str:
        def at(descriptor: int) -> str:
            with socket.socket(fileno=os.dup(descriptor)) as sock:
                found.append((sock.family, sock.type, sock.getsockname()[1]))
                with pytest.raises(OSError) as caught:
                    sock.getpeername()
                assert caught.value.errno == errno.ENOTCONN
                assert not os.get_blocking(descriptor)
                assert not os.get_inheritable(descriptor)
            return "its value"

        assert raw.control(at) == "its value"
        return "of no use"

    async def body(host: hosts.Host) -> None:
        async with host.net.listen("tcp", ":0") as ln:
            local = net.TCPAddr("127.0.0.1")
            conn = await host.net.Dialer(control=look, local_addr=local).dial(
                "tcp", f"127.0.0.1:{ln.addr.port}"
            )
            conn.close()
        assert found == [(socket.AF_INET, socket.SOCK_STREAM, 0)]

    hosts.run(host_name, body)


def test_options_stick(host_name: str) -> None:
    """What is set there is set on the connection; what dialnet sets itself comes before or after it."""
    numbers: list[int] = []
    raws: list[Any] = []

    def mark(descriptor: int) -> None:
        numbers.append(descriptor)
        with socket.socket(fileno=os.dup(descriptor)) as sock:
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, 0x10)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 20_000)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 0)

    def control(network: str, address: str, raw: Any) -> None:
        raws.append(raw)
        raw.control(mark)

    async def body(host: hosts.Host) -> None:
        async with host.net.listen("tcp", "127.0.0.1:0") as ln:
            dialer = host.net.Dialer(control=control)
            conn = await dialer.dial("tcp", str(ln.addr))
            with conn.file() as sock:
                assert sock.getsockopt(socket.IPPROTO_IP, socket.IP_TOS) == 0x10
                assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) == 40_000
            assert numbers == [conn.fileno()]
            # The descriptor is lent as long as the connection lives.
            assert raws[0].control(lambda descriptor: descriptor) == conn.fileno()
            conn.close()
            with pytest.raises(net.ClosedError) as caught:
                raws[0].control(lambda descriptor: descriptor)
            assert caught.value.op == "raw-control"
            assert isinstance(caught.value, net.OpError)
            udp = await dialer.dial("udp", str(ln.addr))
            with udp.file() as sock:
                assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST) == 0
            udp.close()

    hosts.run(host_name, body)


class HookError(Exception):
    """Somebody's own."""


def test_failures(host_name: str) -> None:
    """What the hook raises is the cause; the socket is closed; nobody was called."""

    async def body(host: hosts.Host) -> None:
        async with host.net.listen("tcp", "127.0.0.1:0") as ln:
            addr = ln.addr
            for err in (
                ValueError("not this one"),
                HookError("mine"),
                OSError(errno.EPERM, os.strerror(errno.EPERM)),
                # The number by which the system says that another port should be tried.
                OSError(errno.EADDRNOTAVAIL, os.strerror(errno.EADDRNOTAVAIL)),
                TimeoutError(errno.ETIMEDOUT, "hook was slow"),
                KeyError("k"),
                net.AddrError("not allowed", "x"),
            ):
                seen = Seen()

                def hook(*args: Any, seen: Seen = seen, err: Exception = err) -> None:
                    seen(*args)
                    raise err

                dialer = host.net.Dialer(control=hook)
                for dial in (
                    lambda dialer=dialer: dialer.dial("tcp", str(addr)),
                    lambda dialer=dialer: dialer.dial_tcp("tcp", None, addr),
                ):
                    with pytest.raises(type(err)) as caught:
                        await dial()
                    failed = caught.value
                    assert isinstance(failed, net.OpError)
                    assert failed.err is failed.__cause__ is err
                    assert (failed.op, failed.net, failed.addr) == ("dial", "tcp", addr)
                    why = err.strerror if type(err) in (OSError, PermissionError, TimeoutError) else err
                    assert str(failed) == f"dial tcp {addr}: {why}"
                assert len(seen.calls) == 2
                assert seen.all_closed()
                err.__traceback__ = None
            ln.set_deadline(0.0)
            with pytest.raises(net.DeadlineExceededError):
                await ln.accept()

    hosts.run(host_name, body)


def test_interrupted(host_name: str) -> None:
    """What is no `Exception` comes through as it is, and leaves nothing open either."""

    class Stop(BaseException):
        pass

    async def body(host: hosts.Host) -> None:
        seen = Seen()

        def hook(*args: Any) -> None:
            seen(*args)
            raise Stop

        with nobody() as port, pytest.raises(Stop):
            await host.net.Dialer(control=hook).dial("tcp", f"127.0.0.1:{port}")
        assert seen.all_closed()

    hosts.run(host_name, body)


def test_one_address_refused_by_the_hook(host_name: str) -> None:
    """The others are tried all the same."""

    async def body(host: hosts.Host) -> None:
        def only_v4(network: str, address: str, raw: Any) -> None:
            if network == "tcp6":
                raise ValueError("no IPv6 here")

        async with host.net.listen("tcp", ":0") as ln:
            conn = await host.net.Dialer(control=only_v4).dial("tcp", f"[::]:{ln.addr.port}")
            assert str(conn.remote_addr.ip) == "127.0.0.1"
            conn.close()

    hosts.run(host_name, body)
