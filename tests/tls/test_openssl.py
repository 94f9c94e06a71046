"""`openssl` at the other end: bulk data, client certificates, ALPN, and what its keyboard makes it do."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import pytest

import dialnet
from tests import hosts
from tests.certificates import NAME, authority, client_context, server_context
from tests.interop import programs, traffic
from tests.tls import authorities
from tests.tls.against import read_exactly
from tests.tls.openssl import VERSIONS, address_of, client_options, files, server_options, typed

PAYLOAD = traffic.PAYLOAD
BOTH = pytest.mark.parametrize("version", VERSIONS)


def known_client(version: str) -> ssl.SSLContext:
    context = authorities.trusting(version=VERSIONS[version])
    cert = authorities.leaf(authority(), "client.example")
    authorities.load(context, cert.private_key_and_cert_chain_pem.bytes())
    return context


@BOTH
def test_client_sends_and_is_echoed(host_name: str, folder: Path, version: str) -> None:
    async def body(host: hosts.Host) -> None:
        async with host.tls.listen("tcp", "127.0.0.1:0", server_context()) as ln:
            ln.set_deadline(traffic.LIMIT)
            argv = client_options(folder, version, str(ln.addr), "-quiet")
            with programs.start(folder, "openssl", *argv, stdin=PAYLOAD) as openssl:
                async with traffic.accepted(ln) as conn:
                    got = await read_exactly(conn, len(PAYLOAD))
                    assert got == PAYLOAD
                    assert conn.connection_state.server_name == NAME
                    await conn.write(got)
                assert await openssl.end(host) == PAYLOAD

    hosts.run(host_name, body)


@BOTH
def test_server_sends_and_takes(host_name: str, folder: Path, version: str) -> None:
    """One after the other: it does not live on after the end of its own input."""

    async def body(host: hosts.Host) -> None:
        argv = server_options(folder, version, "-quiet", "-naccept", "1")
        with programs.start(folder, "openssl", *argv, stdin=PAYLOAD) as openssl:
            async with host.tls.dial("tcp", address_of(openssl), client_context()) as conn:
                conn.set_deadline(traffic.LIMIT)
                # It may look at the socket first, and then waits there.
                await conn.write(b".")
                assert await read_exactly(conn, len(PAYLOAD)) == PAYLOAD
        with typed(folder, *argv) as server:
            async with host.tls.dial("tcp", address_of(server.program), client_context()) as conn:
                conn.set_deadline(traffic.LIMIT)
                await conn.write(PAYLOAD)
                conn.close_write()
                # It ends when we do, and says so.
                assert await conn.read() == b""
            assert await server.program.end(host) == PAYLOAD

    hosts.run(host_name, body)


@BOTH
def test_certificates_both_ways(host_name: str, folder: Path, version: str) -> None:
    async def body(host: hosts.Host) -> None:
        made = files(folder)
        server = authorities.asking(authorities.with_leaf(authorities.leaf(authority())))
        server.set_alpn_protocols(["y/1", "x/1"])
        async with host.tls.listen("tcp", "127.0.0.1:0", server) as ln:
            ln.set_deadline(traffic.LIMIT)
            more = ("-cert", made["client"], "-key", made["client"], "-alpn", "x/1,z/1", "-quiet")
            argv = client_options(folder, version, str(ln.addr), *more)
            with programs.start(folder, "openssl", *argv, stdin=b"hello") as openssl:
                async with traffic.accepted(ln) as conn:
                    assert await conn.read(5) == b"hello"
                    state = conn.connection_state
                    assert state.alpn == "x/1"
                    assert state.peer_certificates
                await openssl.end(host)
        more = ("-CAfile", made["ca"], "-Verify", "1", "-verify_return_error", "-alpn", "x/1", "-quiet")
        ours = known_client(version)
        ours.set_alpn_protocols(["z/1", "x/1"])
        argv = server_options(folder, version, *more, "-naccept", "1")
        with programs.start(folder, "openssl", *argv, stdin=b"hello") as openssl:
            async with host.tls.dial("tcp", address_of(openssl), ours) as conn:
                conn.set_deadline(traffic.LIMIT)
                assert await conn.read(5) == b"hello"
                assert conn.connection_state.alpn == "x/1"
            await openssl.end(host)

    hosts.run(host_name, body)


@BOTH
def test_client_without_certificate(host_name: str, folder: Path, version: str) -> None:
    """openssl refuses ours."""

    async def body(host: hosts.Host) -> None:
        more = ("-CAfile", files(folder)["ca"], "-Verify", "1", "-verify_return_error")
        with typed(folder, *server_options(folder, version, *more)) as openssl:
            with pytest.raises(ssl.SSLError, match=r"remote error: (handshake failure|certificate required)"):
                async with host.tls.dial("tcp", address_of(openssl.program), client_context()) as conn:
                    conn.set_deadline(traffic.LIMIT)
                    await conn.read(5)

    hosts.run(host_name, body)


COMMANDS = {"1.2": [b"r\n", b"R\n"], "1.3": [b"k\n", b"K\n", b"c\n"]}


@BOTH
@pytest.mark.parametrize("reading", [True, False], ids=["read", "written only"])
def test_commands_at_the_server(host_name: str, folder: Path, version: str, reading: bool) -> None:
    """New keys, renegotiation with and without our certificate, a certificate after the handshake."""

    async def body(host: hosts.Host) -> None:
        ours = known_client(version)
        ours.post_handshake_auth = True
        more = ("-CAfile", files(folder)["ca"], "-verify", "1")
        with typed(folder, *server_options(folder, version, *more)) as openssl:
            async with host.tls.dial("tcp", address_of(openssl.program), ours) as conn:
                conn.set_deadline(traffic.LIMIT)
                await conn.write(b"line 0\n")
                await openssl.shows(host, "line 0")
                reader = host.start(conn.read) if reading else None
                number = 1
                for command in COMMANDS[version] * 3:
                    openssl.type(command)
                    # It looks at its keyboard first, so what it shows then it has got after the command.
                    for _ in range(2):
                        await conn.write(b"line %d\n" % number)
                        await openssl.shows(host, f"line {number}\n")
                        number += 1
                conn.close()
                if reader is not None:
                    with pytest.raises(dialnet.ClosedError):
                        await reader

    hosts.run(host_name, body)


@BOTH
def test_commands_at_the_client(host_name: str, folder: Path, version: str) -> None:
    """The same from the other side, with lines both ways in between."""
    server = authorities.with_leaf(authorities.leaf(authority()), VERSIONS[version])
    server.options |= 1 << 8  # SSL_OP_ALLOW_CLIENT_RENEGOTIATION

    async def body(host: hosts.Host) -> None:
        async with host.tls.listen("tcp", "127.0.0.1:0", server) as ln:
            ln.set_deadline(traffic.LIMIT)
            argv = client_options(folder, version, str(ln.addr))
            with typed(folder, *argv) as openssl:
                async with traffic.accepted(ln) as conn:
                    await conn.handshake()
                    await talk(host, conn, openssl)

    async def talk(host: hosts.Host, conn: Any, openssl: Any) -> None:
        # Not before: what is typed then is no command.
        await openssl.shows(host, "Verify return code: 0 (ok)")
        said = {b"R\n": "RENEGOTIATING", b"k\n": "KEYUPDATE", b"K\n": "KEYUPDATE"}
        for number, command in enumerate([b"R\n"] * 4 if version == "1.2" else [b"k\n", b"K\n"] * 3):
            openssl.type(command)
            await openssl.shows(host, said[command], number + 1)
            openssl.type(b"line %d\n" % number)
            assert await read_exactly(conn, 7) == b"line %d\n" % number
            await conn.write(b"answer %d\n" % number)
            await openssl.shows(host, f"answer {number}\n")
        openssl.type(b"Q\n")
        assert await conn.read() == b""

    hosts.run(host_name, body)
