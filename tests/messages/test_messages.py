"""`read_msg` and `write_msg`: data together with control data."""

from __future__ import annotations

import errno
import os
import socket
import time
from pathlib import Path
from typing import Any

import pytest

import dialnet as net
from dialnet.system import control
from tests import hosts
from tests.messages.pairs import UNIX, closed_by_exec, numbers, pair, rights, same

# linux/in.h, linux/in6.h
IP_TOS, IP_TTL, IP_PKTINFO, IPV6_RECVPKTINFO, IPV6_PKTINFO = 1, 2, 8, 49, 50
# recvmsg(2)'s flag, in the answer as well.
CMSG_CLOEXEC = socket.MSG_CMSG_CLOEXEC


def ask(conn: Any, level: int, option: int, value: int = 1) -> None:
    """Set an option on the socket itself."""
    with conn.file() as sock:
        sock.setsockopt(level, option, value)


@pytest.mark.parametrize("network", ["udp4", "udp6"])
def test_udp(host_name: str, network: str) -> None:
    """Where a datagram was sent to comes as control data; and going out, they say where it comes from."""

    async def body(host: hosts.Host) -> None:
        wild = "[::]:0" if network == "udp6" else "0.0.0.0:0"
        loopback = "::1" if network == "udp6" else "127.0.0.7"
        async with (
            host.net.listen_packet(network, wild) as server,
            host.net.listen_packet(network, wild) as client,
        ):
            if network == "udp6":
                ask(server, socket.IPPROTO_IPV6, IPV6_RECVPKTINFO)
            else:
                ask(server, socket.IPPROTO_IP, IP_PKTINFO)
            there = net.UDPAddr(loopback, server.local_addr.port)
            assert await client.write_msg(b"where?", b"", there) == 6
            message = await server.read_msg(100, 100)
            data, oob, flags, addr = message
            assert (data, flags) == (b"where?", 0)
            assert addr.port == client.local_addr.port
            ((level, kind, info),) = message.ancdata
            packed = there.ip.packed
            if network == "udp6":
                assert (level, kind) == (socket.IPPROTO_IPV6, IPV6_PKTINFO)
                assert info[:16] == packed
            else:
                assert (level, kind) == (socket.IPPROTO_IP, IP_PKTINFO)
                assert info[8:] == packed
                # The same control data has the answer come from that address.
                assert await server.write_msg(bytearray(b"there"), oob, addr) == 5
                assert await client.read_from() == (b"there", there)
                # As a list, too.
                assert await server.write_msg(b"again", message.ancdata, addr) == 5
                assert (await client.read_msg(100, 0)).addr == there

    hosts.run(host_name, body)


def test_flags(host_name: str) -> None:
    """What does not fit is cut off, and the flags say so."""

    async def body(host: hosts.Host) -> None:
        async with pair(host, "udp4") as (client, server):
            ask(server, socket.IPPROTO_IP, IP_PKTINFO)
            for n, oob_n, want in (
                (5, 100, (b"abcde", 0)),
                (3, 100, (b"abc", socket.MSG_TRUNC)),
                (0, 100, (b"", socket.MSG_TRUNC)),
                (5, 0, (b"abcde", socket.MSG_CTRUNC)),
                (5, 10, (b"abcde", socket.MSG_CTRUNC)),
                (5, 20, (b"abcde", socket.MSG_CTRUNC)),
                (1, 1, (b"a", socket.MSG_TRUNC | socket.MSG_CTRUNC)),
            ):
                await client.write_msg(b"abcde", b"", None)
                message = await server.read_msg(n, oob_n)
                assert (message.data, message.flags) == want
                assert message.addr == client.local_addr
                assert len(message.oob) <= oob_n + 8
                if message.flags & socket.MSG_CTRUNC:
                    assert len(message.ancdata) <= 1
            # An empty one is one.
            await client.write_msg(b"", None, None)
            assert await server.read_msg(5, 0) == (b"", b"", socket.MSG_CTRUNC, client.local_addr)

    hosts.run(host_name, body)


def test_sent_with_a_time_to_live(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        async with pair(host, "udp4") as (client, server):
            oob = control.join(
                [(0, IP_TTL, (9).to_bytes(4, "little")), (0, IP_TOS, (0x2E << 2).to_bytes(4, "little"))]
            )
            await server.write_msg(b"x", oob, client.local_addr)
            packet = await client.read_packet()
            assert packet.data == b"x"
            ask(client, 0, 12)
            ask(client, 0, 13)
            await server.write_msg(b"x", oob, client.local_addr)
            message = await client.read_msg(10, 200)
            told = {kind: int.from_bytes(data[:4], "little") for _, kind, data in message.ancdata}
            assert (told[IP_TTL], told[IP_TOS]) == (9, 0x2E << 2)

    hosts.run(host_name, body)


@pytest.mark.parametrize("network", UNIX)
def test_descriptors(host_name: str, network: str, tmp_path: Path) -> None:
    """As control data by hand; what comes is closed by exec."""

    async def body(host: hosts.Host) -> None:
        async with pair(host, network) as (client, server):
            with open(tmp_path / "file", "wb") as file:
                if network == "unixgram":
                    # Go's rule: a dialed one takes no control data this way; `send_fds` is for that.
                    with pytest.raises(net.WriteToConnectedError):
                        await client.write_msg(b"x", rights(file.fileno()), None)
                    there = server.local_addr
                    client.close()
                    client = await host.net.listen_packet(network, str(tmp_path / "client"))
                else:
                    there = None
                assert await client.write_msg(b"take it", rights(file.fileno()), there) == 7
                message = await server.read_msg(100, 100)
                assert (message.data, message.flags) == (b"take it", CMSG_CLOEXEC)
                (got,) = numbers(message.oob)
                assert same(got, file.fileno())
                assert closed_by_exec(got)
                os.close(got)
                # Without room for them they are closed by the kernel, and it says so.
                assert await client.write_msg(b"take it", rights(file.fileno()), there) == 7
                message = await server.read_msg(100, 0)
                assert message == (b"take it", b"", CMSG_CLOEXEC | socket.MSG_CTRUNC, message.addr)
                if network == "unixgram":
                    assert message.addr == client.local_addr
                    client.close()
                else:
                    assert message.addr is None or str(message.addr) == "@"

    hosts.run(host_name, body)


@pytest.mark.parametrize("network", ["unix", "unixpacket"])
def test_the_zero_byte(host_name: str, network: str) -> None:
    """Control data without data: a byte carries it, which a read gives that wants control data only."""

    async def body(host: hosts.Host) -> None:
        async with pair(host, network) as (client, server):
            assert await client.write_msg(b"", rights(1), None) == 0
            message = await server.read_msg(0, 100)
            assert message.data == b"\0"
            os.close(*numbers(message.oob))
            # Nothing asked, nothing read; nothing to send, nothing sent.
            await client.write(b"data")
            assert await server.read_msg(0, 0) == (b"", b"", 0, None)
            assert await server.recv_fds(0, 0) == (b"", [])
            if network == "unix":
                assert await client.write_msg(b"", b"", None) == 0
            assert (await server.read_msg(4, 100)).data == b"data"
            client.close()
            assert (await server.read_msg(4, 100))[:2] == (b"", b"")
            assert (await server.read_msg(0, 100))[:2] == (b"", b"")

    hosts.run(host_name, body)


def test_a_stream_gets_all_of_it(host_name: str) -> None:
    """Longer than a buffer: the descriptors go with the first part, and the rest follows."""

    async def body(host: hosts.Host) -> None:
        async with pair(host, "unix") as (client, server):
            data = os.urandom(3_000_000)
            writing = host.start(client.write_msg, data, rights(1), None)
            await host.blocked(client, "writing")
            first = await server.read_msg(100_000, 100)
            (got,) = numbers(first.oob)
            assert same(got, 1)
            os.close(got)
            rest = bytearray(first.data)
            while len(rest) < len(data):
                message = await server.read_msg(1_000_000, 100)
                assert message.oob == b""
                rest += message.data
            assert rest == data
            assert await writing == len(data)

    hosts.run(host_name, body)


def test_where_it_goes(host_name: str, tmp_path: Path) -> None:
    """Go's rules: one that has a peer takes no address, one that has none needs one."""

    async def body(host: hosts.Host) -> None:
        async with pair(host, "udp4") as (client, server):
            with pytest.raises(net.WriteToConnectedError) as caught:
                await client.write_msg(b"x", b"", server.local_addr)
            assert str(caught.value) == (
                f"write udp4 {client.local_addr}->{server.local_addr}: "
                "use of WriteTo with pre-connected connection"
            )
            with pytest.raises(net.MissingAddressError) as missing:
                await server.write_msg(b"x", b"", None)
            assert str(missing.value) == f"write udp4 {server.local_addr}: missing address"
            for wrong in (net.TCPAddr("127.0.0.1", 1), net.UnixAddr("/x"), net.UDPAddr("::1", 1)):
                with pytest.raises(OSError) as refused:
                    await server.write_msg(b"x", b"", wrong)
                assert isinstance(refused.value, net.OpError)
                assert refused.value.addr == wrong
            for worse in ("127.0.0.1:1", 5):
                with pytest.raises(TypeError):
                    await server.write_msg(b"x", b"", worse)
        async with pair(host, "unix") as (client, server):
            # The kernel says what a stream thinks of an address.
            with pytest.raises(OSError) as is_connected:
                await client.write_msg(b"x", b"", net.UnixAddr(str(tmp_path / "x")))
            assert is_connected.value.errno == errno.EISCONN
            with pytest.raises(OSError) as other:
                await client.write_msg(b"x", b"", net.UnixAddr("/x", "unixgram"))
            assert other.value.errno == errno.EAFNOSUPPORT
        async with pair(host, "unixpacket") as (client, server):
            assert await client.write_msg(b"x", b"", net.UnixAddr("/x", "unixpacket")) == 1
            assert (await server.read_msg(10, 0)).data == b"x"
        async with host.net.listen_packet("unixgram", str(tmp_path / "s")) as gram:
            with pytest.raises(OSError) as nobody:
                await gram.write_msg(b"x", b"", None)
            assert nobody.value.errno in (errno.ENOTCONN, errno.EDESTADDRREQ)

    hosts.run(host_name, body)


def test_bad_input(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        for network in ("udp4", "unix"):
            async with pair(host, network) as (client, server):
                for n, oob_n in ((-1, 0), (0, -1), (-5, -5)):
                    with pytest.raises(ValueError):
                        await server.read_msg(n, oob_n)
                for n, oob_n in ((1.5, 0), ("1", 0), (1, None), (True, 1)):
                    with pytest.raises(TypeError):
                        await server.read_msg(n, oob_n)
                for malformed in (b"x", bytes(20), rights(1)[:18]):
                    with pytest.raises(OSError, match="malformed control message") as caught:
                        await client.write_msg(b"x", malformed, None)
                    assert isinstance(caught.value, net.OpError)
                    assert caught.value.errno == errno.EINVAL
                for wrong in (5, "x", [5], [("a", 1, b"")]):
                    with pytest.raises(TypeError):
                        await client.write_msg(b"x", wrong, None)
                with pytest.raises(TypeError):
                    await client.write_msg("text", b"", None)
                # The kernel refuses a message it does not know.
                with pytest.raises(OSError) as unknown:
                    await client.write_msg(b"x", [(socket.SOL_SOCKET, 12345, b"1234")], None)
                assert unknown.value.errno == errno.EINVAL
                # After all that it works.
                await client.write_msg(b"fine", [], None)
                assert (await server.read_msg(10, 0)).data == b"fine"

    hosts.run(host_name, body)


@pytest.mark.parametrize("network", ["udp4", "unix", "unixpacket", "unixgram"])
def test_waits_like_a_read(host_name: str, network: str) -> None:
    """Data, a deadline and a close end the wait."""

    async def body(host: hosts.Host) -> None:
        async with pair(host, network) as (client, server):
            for read in (
                lambda: server.read_msg(10, 10),
                *((lambda: server.recv_fds(10, 1),) if network.startswith("unix") else ()),
            ):
                reading = host.start(read)
                await host.blocked(server)
                await client.write(b"here")
                assert (await reading)[0] == b"here"
                server.set_read_deadline(time.monotonic() + 0.02)
                with pytest.raises(net.DeadlineExceededError) as late:
                    await read()
                assert late.value.op == "read"
                server.set_read_deadline(None)
            reading = host.start(read)
            await host.blocked(server)
            server.close()
            with pytest.raises(net.ClosedError):
                await reading
            for call in (
                read,
                lambda: server.read_msg(0, 0),
                lambda: server.write_msg(b"", b"", None if network != "udp4" else client.local_addr),
            ):
                with pytest.raises((net.ClosedError, net.WriteToConnectedError)):
                    await call()

    hosts.run(host_name, body)


def test_what_a_failed_read_had(host_name: str) -> None:
    """`read(-1)` that failed halfway has collected something; the next message has it first."""

    async def body(host: hosts.Host) -> None:
        async with pair(host, "unix") as (client, server):
            for read in (lambda: server.read_msg(3, 50), lambda: server.recv_fds(3, 5)):
                await client.write(b"collected")
                server.set_read_deadline(time.monotonic() + 0.02)
                with pytest.raises(net.DeadlineExceededError):
                    await server.read()
                server.set_read_deadline(None)
                await client.write_msg(b", and more", rights(1), None)
                data = b""
                got: list[int] = []
                while len(data) < 19:
                    message = await read()
                    data += message[0]
                    oob = message[1]
                    got += oob if isinstance(oob, list) else numbers(oob) if oob else []
                assert data == b"collected, and more"
                assert len(got) == 1
                os.close(*got)

    hosts.run(host_name, body)


def test_a_message_is_a_tuple() -> None:
    message = net.Message(b"x", b"", 0, None)
    assert message == (b"x", b"", 0, None)
    assert repr(message) == "Message(data=b'x', oob=b'', flags=0, addr=None)"
    assert message.ancdata == []
    with pytest.raises(ValueError, match="malformed"):
        _ = net.Message(b"x", b"x", 0, None).ancdata
