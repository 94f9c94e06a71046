"""TLS 1.3: the peer forces new keys (RFC 8446, section 4.6.3) and asks for a certificate after the handshake
(4.6.2), while nobody writes or nobody reads."""

from __future__ import annotations

import datetime
import hashlib
import threading

import pytest

import dialnet
from tests import hosts
from tests.certificates import authority
from tests.tls import authorities
from tests.tls.against import V13, against, read_exactly
from tests.tls.forcing import Peer

SOON = datetime.timedelta(seconds=0.1)
SIDES = pytest.mark.parametrize("client_side", [True, False], ids=["client", "server"])


@SIDES
def test_a_reader_alone_answers(host_name: str, client_side: bool) -> None:
    """The peer asks for new keys and waits for them, though nobody writes here."""

    async def body(host: hosts.Host) -> None:
        done = threading.Event()

        def script(peer: Peer) -> None:
            for number in range(50):
                peer.update_keys(requested=True)
                peer.write(b"%4d" % number)
            done.wait(hosts.PATIENCE)
            # All fifty answers come before what is written here, or this cannot be read.
            assert peer.read(3) == b"end"

        async with against(host, V13, script, client_side) as (conn, beside):
            assert await read_exactly(conn, 200) == b"".join(b"%4d" % number for number in range(50))
            done.set()
            await conn.write(b"end")
            await beside.end(host)

    hosts.run(host_name, body)


@SIDES
def test_a_writer_alone_is_not_held_up_by_new_keys(host_name: str, client_side: bool) -> None:
    async def body(host: hosts.Host) -> None:
        def script(peer: Peer) -> str:
            digest = hashlib.sha256()
            for _ in range(64):
                peer.update_keys(requested=True)
                digest.update(peer.read(65536))
            return digest.hexdigest()

        async with against(host, V13, script, client_side) as (conn, beside):
            digest = hashlib.sha256()
            for number in range(64):
                data = bytes([number]) * 65536
                digest.update(data)
                await conn.write(data)
            assert await beside.end(host) == digest.hexdigest()

    hosts.run(host_name, body)


@pytest.mark.parametrize("reading", [True, False], ids=["read", "written only"])
def test_certificate_after_the_handshake(host_name: str, reading: bool) -> None:
    context = authorities.trusting(version=V13)
    cert = authorities.leaf(authority(), "client.example")
    authorities.load(context, cert.private_key_and_cert_chain_pem.bytes())
    context.post_handshake_auth = True

    async def body(host: hosts.Host) -> None:
        def script(peer: Peer) -> bool:
            assert not peer.has_certificate
            peer.ask_for_certificate()
            peer.write(b"who?")
            assert peer.read(2) == b"me"
            return peer.has_certificate

        async with against(host, V13, script, context=context) as (conn, beside):
            if reading:
                assert await conn.read(4) == b"who?"
            await conn.write(b"me")
            if not reading:
                # It was not looked at before it was written.
                assert await conn.read(4) == b"who?"
            assert await beside.end(host) is reading

    hosts.run(host_name, body)


def test_nothing_is_answered_behind_half_a_record(host_name: str) -> None:
    """Where a write was cut short, what the peer gets ends there, however much it asks for."""

    async def body(host: hosts.Host) -> None:
        sent, asked = threading.Event(), threading.Event()
        whole: list[int] = []

        def script(peer: Peer) -> None:
            assert sent.wait(hosts.PATIENCE)
            peer.read(whole[0])
            # The answers together are longer than what is missing of the record.
            for _ in range(1000):
                peer.update_keys(requested=True)
            peer.write(b"asked")
            assert asked.wait(hosts.PATIENCE)
            with pytest.raises(AssertionError, match="unexpected eof"):
                peer.read(16385)

        async with against(host, V13, script) as (conn, beside):
            conn.set_write_deadline(SOON)
            with pytest.raises(dialnet.DeadlineExceededError) as caught:
                await conn.write(bytes(64 << 20))
            conn.set_write_deadline(None)
            whole.append(caught.value.bytes_written)
            sent.set()
            assert await read_exactly(conn, 5) == b"asked"
            conn.close()
            asked.set()
            await beside.end(host)

    hosts.run(host_name, body)
