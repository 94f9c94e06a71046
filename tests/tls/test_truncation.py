"""A stream that is cut off, wherever it is, is never an end."""

from __future__ import annotations

import ssl
from typing import Any

import pytest

import dialnet
from dialnet.tls import UnexpectedEOFError
from tests import hosts
from tests.tls.relay import Cut, Place, relayed
from tests.tls.support import talk

V12, V13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
VERSIONS = pytest.mark.parametrize("version", [V12, V13], ids=["1.2", "1.3"])

# Before a record, in its head, behind that, in its body, a byte before its end.
PORTIONS = [0, 1, 5, 0.5, 1 << 20]
# How many records each direction has before the handshake is over.
RECORDS = {("client", V12): 7, ("server", V12): 4, ("client", V13): 6, ("server", V13): 3}


def check_cut(err: dialnet.OpError, op: str) -> None:
    assert isinstance(err, UnexpectedEOFError)
    assert isinstance(err, ssl.SSLEOFError)
    assert isinstance(err, dialnet.Error)
    assert err.op == op
    assert err.source is not None
    assert err.addr is not None
    assert str(err).endswith(": unexpected EOF")


def towards(side: str, place: Place) -> dict[str, Place]:
    return {f"to_{side}": place}


@VERSIONS
@pytest.mark.parametrize("side", ["client", "server"])
def test_in_the_handshake(host_name: str, version: ssl.TLSVersion, side: str) -> None:
    async def body(host: hosts.Host) -> None:
        for records in range(RECORDS[side, version]):
            for portion in PORTIONS:
                place = Cut(records, portion)
                async with relayed(host, version=version, **towards(side, place)) as ends:
                    await cut_off(host, *(ends if side == "client" else reversed(ends)))
                assert place.reached, records

    async def cut_off(host: hosts.Host, end: Any, other: Any) -> None:
        async def beside() -> None:
            try:
                await talk(other)
            except dialnet.OpError:
                pass  # its own story

        job = host.start(beside)
        with pytest.raises(dialnet.OpError) as caught:
            await talk(end)
        # A client of TLS 1.3 is done with its handshake before the server's tickets and data.
        check_cut(caught.value, caught.value.op)
        assert caught.value.op in ("handshake", "read")
        # And again: an end of the handshake's is for good.
        with pytest.raises(UnexpectedEOFError):
            await end.read(1)
        end.close()
        other.close()
        await job

    hosts.run(host_name, body)


@VERSIONS
@pytest.mark.parametrize("portion", PORTIONS)
@pytest.mark.parametrize("side", ["client", "server"])
def test_in_the_data(host_name: str, version: ssl.TLSVersion, side: str, portion: float) -> None:
    """What came whole is read first; `read()` to the end fails, and loses nothing either."""

    async def body(host: hosts.Host) -> None:
        place = Cut(portion=portion)
        async with relayed(host, version=version, **towards(side, place)) as (client, server):
            job = host.start(talk, server)
            await talk(client)
            await job
            place.records = place.passed + 3
            reader, writer = (client, server) if side == "client" else (server, client)
            for letter in b"abcdef":
                await writer.write(bytes([letter]) * 1000)
            with pytest.raises(dialnet.OpError) as caught:
                await reader.read()
            check_cut(caught.value, "read")
            data = bytearray()
            while len(data) < 3000:
                data += await reader.read(65536)
            assert data == b"a" * 1000 + b"b" * 1000 + b"c" * 1000
            for _ in range(2):
                with pytest.raises(dialnet.OpError) as caught:
                    await reader.read(10)
                check_cut(caught.value, "read")
            with pytest.raises(UnexpectedEOFError):
                await reader.readinto(bytearray(10))
            # The other direction is as it was.
            await reader.write(b"still here")
            assert await writer.read(100) == b"still here"

    hosts.run(host_name, body)


@VERSIONS
def test_closed_below(host_name: str, version: ssl.TLSVersion) -> None:
    """The peer's connection ends without a close_notify, after everything has gone."""

    async def body(host: hosts.Host) -> None:
        async with relayed(host, version=version) as (client, server):
            job = host.start(talk, server)
            await talk(client)
            await job
            await server.write(b"all")
            server.net_conn.close_write()
            assert await client.read(3) == b"all"
            with pytest.raises(dialnet.OpError) as caught:
                await client.read(3)
            check_cut(caught.value, "read")

    hosts.run(host_name, body)
