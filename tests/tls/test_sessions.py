"""Sessions that are gone on with, and what the two ends know of each other."""

from __future__ import annotations

import socket
import ssl
from typing import Any

import pytest

import dialnet
from tests import hosts
from tests.certificates import NAME, authority, client_context, server_context
from tests.tls import authorities
from tests.tls.support import LIMIT, plain_pair, talk, talking_pair

V12, V13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
VERSIONS = pytest.mark.parametrize("version", [V12, V13], ids=["1.2", "1.3"])


async def meet(host: hosts.Host, cache: Any, ours: Any, theirs: Any, name: str = NAME) -> tuple[Any, Any]:
    """Both ends' state after a word each way."""
    async with plain_pair(host) as (one, two):
        client = host.tls.client(one, ours, name, sessions=cache)
        server = host.tls.server(two, theirs)
        try:
            job = host.start(talk, server)
            await talk(client)
            await job
            return client.connection_state, server.connection_state
        finally:
            client.close()
            server.close()


@VERSIONS
def test_resumed(host_name: str, version: ssl.TLSVersion) -> None:
    async def body(host: hosts.Host) -> None:
        cache = host.tls.SessionCache()
        ours, theirs = client_context(version), server_context(version)
        for number in range(4):
            for state in await meet(host, cache, ours, theirs):
                assert state.resumed is (number > 0)
                assert state.handshake_complete
            # The one that was used is gone, and the server has sent another.
            assert len(cache) == 1
        cache.clear()
        assert [state.resumed for state in await meet(host, cache, ours, theirs)] == [False, False]
        # Without the cache.
        assert [state.resumed for state in await meet(host, None, ours, theirs)] == [False, False]

    hosts.run(host_name, body)


@VERSIONS
def test_peers_are_known_again(host_name: str, version: ssl.TLSVersion) -> None:
    """No certificates are sent, and who the peer is is known from the session."""
    theirs = authorities.with_leaf(authorities.leaf(authorities.intermediate()), version)
    cert = authorities.leaf(authorities.intermediate(), "client.example")

    async def body(host: hosts.Host) -> None:
        required, optional, none = ssl.CERT_REQUIRED, ssl.CERT_OPTIONAL, ssl.CERT_NONE
        for mode, certified in [(required, True), (optional, False), (none, False)]:
            cache = host.tls.SessionCache()
            ours = authorities.trusting(version=version)
            if certified:
                authorities.load(ours, cert.private_key_and_cert_chain_pem.bytes())
            asking = authorities.asking(theirs, mode)
            first = await meet(host, cache, ours, asking)
            assert [len(state.peer_certificates) for state in first] == [2, 2 if certified else 0]
            for _ in range(2):
                again = await meet(host, cache, ours, asking)
                for state, before in zip(again, first):
                    assert state.resumed
                    # The rest of the chain is in no session.
                    assert state.peer_certificates == before.peer_certificates[:1]

    hosts.run(host_name, body)


@VERSIONS
def test_for_the_same_only(host_name: str, version: ssl.TLSVersion) -> None:
    """Another context may verify otherwise, another name is somebody else."""

    async def body(host: hosts.Host) -> None:
        cache = host.tls.SessionCache()
        ours, theirs = client_context(version), server_context(version)
        await meet(host, cache, ours, theirs)
        assert not (await meet(host, cache, ours, theirs, "localhost"))[0].resumed
        other = authorities.trusting(version=version)
        assert not (await meet(host, cache, other, theirs))[0].resumed
        assert len(cache) == 3
        for context, name in [(ours, NAME), (ours, "localhost"), (other, NAME)]:
            assert (await meet(host, cache, context, theirs, name))[0].resumed

    hosts.run(host_name, body)


@VERSIONS
def test_capacity(host_name: str, version: ssl.TLSVersion) -> None:
    async def body(host: hosts.Host) -> None:
        cache = host.tls.SessionCache(2)
        ours, theirs = client_context(version), server_context(version)
        for name in (NAME, "localhost", "127.0.0.1"):
            await meet(host, cache, ours, theirs, name)
        assert len(cache) == 2
        assert not (await meet(host, cache, ours, theirs, NAME))[0].resumed
        assert (await meet(host, cache, ours, theirs, "127.0.0.1"))[0].resumed

    hosts.run(host_name, body)


def test_server_forgot(host_name: str) -> None:
    """A session the server does not know is no obstacle."""

    async def body(host: hosts.Host) -> None:
        cache = host.tls.SessionCache()
        ours = authorities.trusting()
        await meet(host, cache, ours, authorities.with_leaf(authorities.leaf(authority())))
        states = await meet(host, cache, ours, authorities.with_leaf(authorities.leaf(authority())))
        assert [state.resumed for state in states] == [False, False]

    hosts.run(host_name, body)


@VERSIONS
def test_no_handshake_takes_none(host_name: str, version: ssl.TLSVersion) -> None:
    """A dial without a connection, and a client's end that says nothing, leave the session to others."""

    async def body(host: hosts.Host) -> None:
        cache = host.tls.SessionCache()
        ours, theirs = client_context(version), server_context(version)
        await meet(host, cache, ours, theirs)
        canceled = dialnet.CancelToken()
        canceled.cancel()
        with socket.socket() as nobody:
            nobody.bind(("127.0.0.1", 0))  # and does not listen
            address = f"127.0.0.1:{nobody.getsockname()[1]}"
            for error, options in [
                (ConnectionRefusedError, {}),
                (dialnet.CanceledError, {"cancel": canceled}),
                (dialnet.DeadlineExceededError, {"timeout": 0}),
            ]:
                with pytest.raises(error):
                    await host.tls.dial("tcp", address, ours, server_name=NAME, sessions=cache, **options)
                assert len(cache) == 1
        async with plain_pair(host) as (one, _):
            client = host.tls.client(one, ours, NAME, sessions=cache)
            client.set_deadline(0)
            with pytest.raises(dialnet.DeadlineExceededError):
                await client.handshake()
            client.close()
        assert len(cache) == 1
        assert (await meet(host, cache, ours, theirs))[0].resumed

    hosts.run(host_name, body)


@VERSIONS
def test_taken_when_it_begins(host_name: str, version: ssl.TLSVersion) -> None:
    """One of several ends has the session: whose handshake begins first, with the latest one there is."""

    async def body(host: hosts.Host) -> None:
        cache = host.tls.SessionCache()
        ours, theirs = client_context(version), server_context(version)
        async with plain_pair(host) as first, plain_pair(host) as second:
            clients = [host.tls.client(pair[0], ours, NAME, sessions=cache) for pair in (first, second)]
            servers = [host.tls.server(pair[1], theirs) for pair in (first, second)]
            # It comes after they were made.
            await meet(host, cache, ours, theirs)
            assert len(cache) == 1
            jobs = [host.start(client.handshake) for client in clients]
            # Both have begun before either is over, which brings the next session.
            for client in clients:
                await host.blocked(client.net_conn)
            assert len(cache) == 0
            jobs += [host.start(server.handshake) for server in servers]
            for job in jobs:
                await job
            states = [end.connection_state for end in (*clients, *servers)]
            for end in (*clients, *servers):
                end.close()
        assert sorted(state.resumed for state in states) == [False, False, True, True]

    hosts.run(host_name, body)


def test_wrong_capacity() -> None:
    for wrong in (0, -1):
        with pytest.raises(ValueError):
            dialnet.tls.SessionCache(wrong)
    for other in ("1", 1.0, True, None):
        with pytest.raises(TypeError):
            dialnet.tls.SessionCache(other)  # type: ignore[arg-type]


@VERSIONS
def test_state(host_name: str, version: ssl.TLSVersion) -> None:
    cert = authorities.leaf(authorities.intermediate())
    theirs = authorities.with_leaf(cert, version)
    theirs.set_alpn_protocols(["h2", "http/1.1"])
    ours = authorities.trusting()
    ours.set_alpn_protocols(["x/1", "http/1.1"])
    chain = tuple(ssl.PEM_cert_to_DER_cert(pem.bytes().decode()) for pem in cert.cert_chain_pems)

    async def body(host: hosts.Host) -> None:
        async with plain_pair(host) as (one, two):
            client, server = host.tls.client(one, ours, NAME + "."), host.tls.server(two, theirs)
            before = client.connection_state
            assert (before.handshake_complete, before.version, before.server_name) == (False, "", NAME)
            assert server.connection_state == dialnet.tls.ConnectionState()
            job = host.start(talk, server)
            await talk(client)
            await job
            seen, known = client.connection_state, server.connection_state
            client.close()
            server.close()
        for state in (seen, known):
            assert state.version == ("TLSv1.2" if version is V12 else "TLSv1.3")
            assert state.handshake_complete
            assert state.alpn == "http/1.1"
            assert state.server_name == NAME
            assert not state.resumed
        assert seen.cipher == known.cipher
        assert seen.peer_certificates == chain
        assert len(chain) == 2
        assert known.peer_certificates == ()

    hosts.run(host_name, body)


def test_no_protocol_in_common(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        theirs = authorities.with_leaf(authorities.leaf(authority()))
        theirs.set_alpn_protocols(["h2"])
        async with talking_pair(host, client_context(), theirs) as (client, server):
            assert client.connection_state.alpn is None
            assert server.connection_state.alpn is None

    hosts.run(host_name, body)


def test_name_decides(host_name: str) -> None:
    """The callback of the context takes another one for another name, or refuses it."""
    other = authorities.with_leaf(authorities.leaf(authority(), "other.example"))
    theirs = authorities.with_leaf(authorities.leaf(authority()))
    asked: list[str | None] = []

    def choose(made: ssl.SSLObject, name: str | None, _context: ssl.SSLContext) -> int | None:
        asked.append(name)
        if name == "nobody.example":
            return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
        if name == "other.example":
            made.context = other
        return None

    theirs.sni_callback = choose

    async def body(host: hosts.Host) -> None:
        asked.clear()
        for name in (NAME, "other.example"):
            async with talking_pair(host, client_context(), theirs, name) as (_, server):
                assert server.connection_state.server_name == name
        async with plain_pair(host) as (one, two):
            client = host.tls.client(one, client_context(), "nobody.example")
            server = host.tls.server(two, theirs)
            client.set_deadline(LIMIT)
            job = host.start(server.handshake)
            with pytest.raises(ssl.SSLError, match="remote error: unrecognized name"):
                await client.handshake()
            with pytest.raises(dialnet.OpError) as caught:
                await job
            assert caught.value.op == "handshake"
            assert isinstance(caught.value, ssl.SSLError)
            client.close()
            server.close()
        assert asked == [NAME, "other.example", "nobody.example"]

    hosts.run(host_name, body)
