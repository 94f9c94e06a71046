"""A peer that does not speak TLS, or stops speaking it."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from typing import Any

import pytest

import dialnet
from dialnet.tls import RecordHeaderError
from tests import hosts
from tests.certificates import NAME, client_context, server_context
from tests.tls.relay import Change, relayed
from tests.tls.support import LIMIT, plain_pair, talk

V12, V13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3

NO_TLS = {
    "an HTTP answer": (b"HTTP/1.1 400 Bad Request\r\n\r\n", b"HTTP/", True),
    "an HTTP request": (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"GET /", True),
    "a greeting": (b"220 mail.example ESMTP\r\n", b"220 m", False),
    "one byte": (b"\x00", b"\x00", False),
    "two bytes": (b"\x16\x02", b"\x16\x02", False),
    "application data first": (b"\x17\x03\x03\x00\x05hello", b"\x17\x03\x03\x00\x05", False),
    "SSLv2": (b"\x80\x2e\x01\x00\x02\x00\x15", b"\x80\x2e\x01\x00\x02", False),
}


def an_end(host: hosts.Host, below: Any, side: str) -> Any:
    if side == "client":
        end = host.tls.client(below, client_context(), NAME)
    else:
        end = host.tls.server(below, server_context())
    end.set_deadline(LIMIT)
    return end


@pytest.mark.parametrize("kind", NO_TLS)
@pytest.mark.parametrize("side", ["client", "server"])
def test_no_tls_at_all(host_name: str, kind: str, side: str) -> None:
    said, header, is_http = NO_TLS[kind]

    async def body(host: hosts.Host) -> None:
        async with plain_pair(host) as (one, two):
            end = an_end(host, one, side)
            await two.write(said)
            for _ in range(2):
                with pytest.raises(dialnet.OpError) as caught:
                    await end.read(10)
                err = caught.value
                assert isinstance(err, RecordHeaderError)
                assert isinstance(err, ssl.SSLError)
                assert isinstance(err.err, RecordHeaderError)
                assert err.err.record_header == header
                assert err.op == "handshake"
                assert err.addr == end.remote_addr
                assert "first record does not look like a TLS handshake" in str(err)
                assert ("looks like HTTP" in str(err)) is is_http
            end.close()

    hosts.run(host_name, body)


@pytest.mark.parametrize("side", ["client", "server"])
def test_a_handshake_without_sense(host_name: str, side: str) -> None:
    """Records well-formed from outside."""

    async def body(host: hosts.Host) -> None:
        for said in (
            b"\x16\x03\x01\x00\x04\x63\x00\x00\x00",
            b"\x16\x03\x01\x00\x00" * 40,
            b"\x16\x03\x01\xff\xff" + bytes(65535),
            b"\x15\x03\x01\x00\x02\x02\x28",
            b"\x16\x03\x01\x40\x00" + b"\x01\xff\xff\xff" + bytes(16380),
        ):
            async with plain_pair(host) as (one, two):
                end = an_end(host, one, side)
                await two.write(said)
                with pytest.raises(dialnet.OpError) as caught:
                    await end.handshake()
                assert isinstance(caught.value, ssl.SSLError), said[:10]
                assert not caught.value.timeout
                assert "_ssl.c" not in str(caught.value)
                end.close()

    hosts.run(host_name, body)


def flipped(rest: bytes) -> bytes:
    return rest[:-1] + bytes([rest[-1] ^ 1])


def oversized(rest: bytes) -> bytes:
    return b"\x17\x03\x03\xff\xff" + bytes(65535)


def slightly_oversized(rest: bytes) -> bytes:
    """One byte more than any version allows."""
    return b"\x17\x03\x03" + (16384 + 2048 + 1).to_bytes(2, "big") + bytes(16384 + 2048 + 1)


def of_another_version(rest: bytes) -> bytes:
    return b"\x17\x05\x00" + rest[3:]


def of_no_type(rest: bytes) -> bytes:
    return b"\x63" + rest[1:]


def plain_text(rest: bytes) -> bytes:
    return b"HTTP/1.1 500 Internal Server Error\r\n\r\n"


BROKEN: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "flipped": (flipped, "decryption failed or bad record mac"),
    "oversized": (oversized, "length too long"),
    "slightly oversized": (slightly_oversized, "length too long"),
    "another version": (of_another_version, "wrong version number"),
    "no type": (of_no_type, ""),
    "plain text": (plain_text, ""),
}


@pytest.mark.parametrize("version", [V12, V13], ids=["1.2", "1.3"])
@pytest.mark.parametrize("kind", BROKEN)
@pytest.mark.parametrize("side", ["client", "server"])
def test_a_record_is_broken(host_name: str, kind: str, side: str, version: ssl.TLSVersion) -> None:
    """What came before is read, then there is an error, again and again, and the peer is told."""
    change, why = BROKEN[kind]

    async def body(host: hosts.Host) -> None:
        place = Change(change)
        async with relayed(host, version=version, **{f"to_{side}": place}) as (client, server):
            job = host.start(talk, server)
            await talk(client)
            await job
            reader, writer = (client, server) if side == "client" else (server, client)
            place.records = place.passed + 1
            await writer.write(b"good")
            await writer.write(b"bad" * 100)
            with pytest.raises(dialnet.OpError) as caught:
                await reader.read()
            got = bytearray()
            while len(got) < 4:
                got += await reader.read(100)
            assert got == b"good"
            for _ in range(3):
                err = caught.value
                assert isinstance(err, ssl.SSLError)
                assert err.op == "read"
                assert why in str(err), str(err)
                assert not err.timeout
                with pytest.raises(dialnet.OpError) as caught:
                    await reader.read(100)
            with pytest.raises(ssl.SSLError, match="remote error"):
                await writer.read(100)

    hosts.run(host_name, body)
