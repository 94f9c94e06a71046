"""TLS 1.2: the peer renegotiates (RFC 5246, 7.4.1.1 and 7.4.1.2), while nobody writes or nobody reads."""

from __future__ import annotations

import hashlib
import ssl

import pytest

from tests import hosts
from tests.certificates import authority
from tests.tls import authorities
from tests.tls.against import V12, against, read_exactly
from tests.tls.forcing import Peer

SIDES = pytest.mark.parametrize("client_side", [True, False], ids=["client", "server"])


def allowing(client_side: bool) -> ssl.SSLContext | None:
    """For servers: clients may renegotiate, which OpenSSL 3 refuses by default."""
    if client_side:
        return None
    context = authorities.with_leaf(authorities.leaf(authority()), V12)
    context.options |= 1 << 8  # SSL_OP_ALLOW_CLIENT_RENEGOTIATION
    return context


@SIDES
def test_a_reader_alone(host_name: str, client_side: bool) -> None:
    async def body(host: hosts.Host) -> None:
        def script(peer: Peer) -> int:
            for number in range(10):
                peer.renegotiate()
                peer.write(b"%4d" % number)
                if client_side:
                    # It goes on with it by reading only.
                    assert peer.read(1) == b"."
            return peer.renegotiations

        async with against(host, V12, script, client_side, allowing(client_side)) as (conn, beside):
            for number in range(10):
                assert await read_exactly(conn, 4) == b"%4d" % number
                if client_side:
                    await conn.write(b".")
            assert await beside.end(host) == 10

    hosts.run(host_name, body)


@SIDES
def test_a_writer_alone(host_name: str, client_side: bool) -> None:
    """A server hears of it only when it reads, and its writes go on without. A client that has read of it has
    the rest of the handshake read by its write."""

    async def body(host: hosts.Host) -> None:
        def script(peer: Peer) -> str:
            digest = hashlib.sha256()
            for _ in range(8):
                peer.renegotiate()
                if client_side:
                    peer.write(b".")
                digest.update(peer.read(200_000))
            return digest.hexdigest()

        async with against(host, V12, script, client_side, allowing(client_side)) as (conn, beside):
            digest = hashlib.sha256()
            for number in range(8):
                if client_side:
                    assert await conn.read(1) == b"."
                data = bytes([number]) * 200_000
                digest.update(data)
                await conn.write(data)
            assert await beside.end(host) == digest.hexdigest()

    hosts.run(host_name, body)


@pytest.mark.parametrize("size", [5, 6, 1000])
def test_data_behind_the_request(host_name: str, size: int) -> None:
    """Data that the peer wrote before it saw our part of the renegotiation is in the way of whoever writes
    next. `size` is how much is read before."""

    async def body(host: hosts.Host) -> None:
        def script(peer: Peer) -> bytes:
            peer.write(b"first")
            peer.renegotiate()
            for _ in range(100):
                peer.write(b"second")
            got = peer.read(8)
            peer.write(b"third")
            return got

        async with against(host, V12, script) as (conn, beside):
            expected = b"first" + b"second" * 100 + b"third"
            begin = await conn.read(size)
            await conn.write(b"answered")
            assert begin + await read_exactly(conn, len(expected) - len(begin)) == expected
            assert await beside.end(host) == b"answered"

    hosts.run(host_name, body)


def test_much_behind_the_request(host_name: str) -> None:
    """As much as buffers on the way may hold."""
    size = 3 << 20

    async def body(host: hosts.Host) -> None:
        def script(peer: Peer) -> bytes:
            peer.renegotiate()
            peer.write(b"." * size)
            return peer.read(8)

        async with against(host, V12, script) as (conn, beside):
            assert await conn.read(1) == b"."
            await conn.write(b"answered")
            assert await read_exactly(conn, size - 1) == b"." * (size - 1)
            assert await beside.end(host) == b"answered"

    hosts.run(host_name, body)


def test_more_than_can_be_held(host_name: str) -> None:
    """A peer that sends without end instead of its part of the handshake does not fill the memory."""

    async def body(host: hosts.Host) -> None:
        def script(peer: Peer) -> None:
            peer.renegotiate()
            try:
                for _ in range(512):
                    peer.write(bytes(65536))
                raise RuntimeError("all of it was taken")
            except AssertionError:
                pass  # it was cut off

        async with against(host, V12, script) as (conn, beside):
            await conn.read(1)
            with pytest.raises(OSError, match="renegotiates"):
                await conn.write(b"no way through")
            conn.close()
            await beside.end(host)

    hosts.run(host_name, body)


def test_close_write_in_between(host_name: str) -> None:
    """The close_notify that cannot be made meanwhile is made afterwards."""

    async def body(host: hosts.Host) -> None:
        def script(peer: Peer) -> None:
            peer.renegotiate()
            peer.write(b".")
            peer.read_end()
            peer.write(b"bye")
            peer.end()

        async with against(host, V12, script) as (conn, beside):
            assert await conn.read(1) == b"."
            conn.close_write()
            assert await conn.read() == b"bye"
            await beside.end(host)

    hosts.run(host_name, body)


def test_refused(host_name: str) -> None:
    """A server whose context does not allow it, as none does by default, says so; OpenSSL's client takes that
    for the end."""

    async def body(host: hosts.Host) -> None:
        def script(peer: Peer) -> str:
            peer.write(b"shall we?")
            peer.renegotiate()
            with pytest.raises(AssertionError) as caught:
                peer.read(6)
            return str(caught.value)

        async with against(host, V12, script, client_side=False) as (conn, beside):
            assert await conn.read(100) == b"shall we?"
            with pytest.raises(ssl.SSLError, match="remote error: handshake failure"):
                await conn.read(100)
            assert "no renegotiation" in await beside.end(host)

    hosts.run(host_name, body)
