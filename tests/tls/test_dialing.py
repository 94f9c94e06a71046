"""`tls.dial` and its kin: names, arguments, options, proxies, the system's trust, what lies below."""

from __future__ import annotations

import contextlib
import os
import ssl
import subprocess
import sys
import types
from pathlib import Path
from typing import Any

import pytest

import dialnet
import dialnet.aio
from dialnet.secure import context
from tests import hosts
from tests.certificates import NAME, authority, client_context, server_context
from tests.proxies.real import microsocks
from tests.tls import authorities
from tests.tls.support import LIMIT, plain_pair, talk


async def serve_one(ln: Any) -> dialnet.tls.ConnectionState:
    async with await ln.accept() as conn:
        conn.set_deadline(LIMIT)
        await talk(conn)
        state: dialnet.tls.ConnectionState = conn.connection_state
        return state


def test_names(host_name: str) -> None:
    """The name comes from the address if it is not given; TLS has it without the dot, in A-labels."""
    theirs = authorities.with_leaf(
        authorities.leaf(authority(), "localhost", "127.0.0.1", "::1", "xn--bcher-kva.example", NAME)
    )

    async def body(host: hosts.Host) -> None:
        cases = [
            ("tcp4", "127.0.0.1:0", "localhost", None, "localhost"),
            ("tcp4", "127.0.0.1:0", "127.0.0.1", None, ""),
            ("tcp6", "[::1]:0", "[::1]", None, ""),
            ("tcp6", "[::1]:0", "[::1%lo]", None, ""),
            ("tcp4", "127.0.0.1:0", "127.0.0.1", "bücher.example", "xn--bcher-kva.example"),
            ("tcp4", "127.0.0.1:0", "127.0.0.1", NAME + ".", NAME),
            ("tcp4", "127.0.0.1:0", "127.0.0.1", "::1", ""),
            ("unix", "", None, NAME, NAME),
        ]
        for network, listen, where, name, asked in cases:
            async with host.tls.listen(network, listen, theirs) as ln:
                ln.set_deadline(LIMIT)
                address = f"{where}:{ln.addr.port}" if where else str(ln.addr)
                job = host.start(serve_one, ln)
                ours = client_context()
                async with host.tls.dial(network, address, ours, server_name=name, timeout=30) as conn:
                    await talk(conn)
                assert (await job).server_name == asked

    hosts.run(host_name, body)


def test_bad_arguments(host_name: str) -> None:
    """At once: nothing is dialed, and nothing is left open."""

    async def body(host: hosts.Host) -> None:
        ours, theirs = client_context(), server_context()
        other_face = dialnet.aio.Dialer() if host.is_threads else dialnet.Dialer()
        cases: list[tuple[type[Exception], tuple[Any, ...], dict[str, Any]]] = [
            (ValueError, ("unix", "/none"), {}),
            (ValueError, ("tcp", ":443"), {}),
            (ValueError, ("tcp", "127.0.0.1:1", theirs), {}),
            (TypeError, ("tcp", "127.0.0.1:1", "context"), {}),
            (TypeError, ("tcp", "127.0.0.1:1", ours), {"server_name": b"x"}),
            (TypeError, ("tcp", "127.0.0.1:1", ours), {"dialer": object()}),
            (TypeError, ("tcp", "127.0.0.1:1", ours), {"sessions": {}}),
            (TypeError, ("tcp", "127.0.0.1:1", ours), {"dialer": other_face}),
            (dialnet.UnknownNetworkError, ("udp", "127.0.0.1:1", ours), {}),
            (dialnet.UnknownNetworkError, ("unixpacket", "/none", ours), {"server_name": NAME}),
            (dialnet.AddrError, ("tcp", "127.0.0.1", ours), {}),
            (dialnet.DeadlineExceededError, ("tcp", "127.0.0.1:1", ours), {"timeout": 0}),
        ]
        for error, args, options in cases:
            with pytest.raises(error):
                await host.tls.dial(*args, **options)
        for error, args in [
            (TypeError, ("tcp", "127.0.0.1:0", None)),
            (ValueError, ("tcp", "127.0.0.1:0", ours)),
            (dialnet.UnknownNetworkError, ("udp", "127.0.0.1:0", theirs)),
        ]:
            with pytest.raises(error):
                await host.tls.listen(*args)
        async with plain_pair(host) as (one, _):
            for error, call, args in [
                (ValueError, host.tls.client, (one, ours)),
                (ValueError, host.tls.client, (one, ours, "")),
                (ValueError, host.tls.client, (one, theirs, NAME)),
                (ValueError, host.tls.server, (one, ours)),
                (TypeError, host.tls.server, (one, None)),
                (TypeError, host.tls.client, (object(), ours, NAME)),
                (TypeError, host.tls.server, (object(), theirs)),
            ]:
                with pytest.raises(error):
                    call(*args)
            # It is still its owner's.
            assert not one.closed

    hosts.run(host_name, body)


LONG = ".".join(["x" * 63] * 4)
NAMELESS = [
    "a..b",
    ".a",
    "..",
    "server.example..",
    "x" * 64 + ".example",
    "ü" * 60 + ".example",
    LONG,
    "a\0b",
]
NAMELESS += ["bücher..example", LONG[:252] + "..", LONG[2:] + "x"]


def test_no_names(host_name: str) -> None:
    """What no name can be is a host that there is not, at once, and nothing is dialed or taken over."""

    async def body(host: hosts.Host) -> None:
        dialed: list[str] = []

        class Dialer:
            def dial(self, network: str, address: str, *, cancel: Any = None) -> Any:
                dialed.append(address)
                raise OSError

        ours = client_context()
        careless = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        careless.check_hostname = False
        async with plain_pair(host) as (one, two):
            for name in NAMELESS:
                for address, options in [(f"{name}:443", {}), ("127.0.0.1:443", {"server_name": name})]:
                    with pytest.raises(dialnet.DNSError) as dialing:
                        await host.tls.dial("tcp", address, ours, dialer=Dialer(), **options)
                    assert isinstance(dialing.value, dialnet.OpError)
                    assert str(dialing.value) == f"dial tcp: lookup {name}: no such host"
                for chosen in (ours, careless):
                    with pytest.raises(dialnet.DNSError) as caught:
                        host.tls.client(one, chosen, name)
                    assert caught.value.is_not_found
                    assert caught.value.name == name
            assert dialed == []
            # It is its owner's, and works.
            await one.write(b"plain")
            assert await two.read(5) == b"plain"

    hosts.run(host_name, body)


def test_the_longest_names(host_name: str) -> None:
    """Up to 63 letters in a label and 253 in all, the dot at the end not counted."""

    async def body(host: hosts.Host) -> None:
        for name in ("x" * 63 + ".example", LONG[2:], "a_b.example", "1.2.3"):
            for written in (name, name + "."):
                one, two = host.pipe()
                conn = host.tls.client(one, client_context(), written)
                assert conn.connection_state.server_name == name
                conn.close()
                two.close()

    hosts.run(host_name, body)


def test_nobody_to_verify(host_name: str) -> None:
    """Who verifies nobody needs no name."""
    ours = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    ours.check_hostname = False
    ours.verify_mode = ssl.CERT_NONE

    async def body(host: hosts.Host) -> None:
        async with host.tls.listen("unix", "", server_context()) as ln:
            job = host.start(serve_one, ln)
            async with host.tls.dial("unix", str(ln.addr), ours) as conn:
                await talk(conn)
                assert conn.connection_state.peer_certificates
            await job

    hosts.run(host_name, body)


def test_options_and_trace(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        told: list[tuple[Any, ...]] = []
        trace = dialnet.Trace(
            connect_done=lambda *facts: told.append(("connected",)),
            tls_start=lambda *facts: told.append(("start", *facts)),
            tls_done=lambda *facts: told.append(("done", *facts)),
        )
        dialer = host.net.Dialer(timeout=hosts.PATIENCE, trace=trace)
        config = host.net.ListenConfig(backlog=4)
        async with host.tls.listen("tcp", "127.0.0.1:0", server_context(), config=config) as ln:
            address = f"localhost:{ln.addr.port}"
            job = host.start(serve_one, ln)
            async with host.tls.dial("tcp4", address, client_context(), dialer=dialer) as conn:
                # The dial's limit is over.
                await host.pause(0.01)
                await talk(conn)
                state = conn.connection_state
            await job
            assert [one[0] for one in told] == ["connected", "start", "done"]
            assert told[1][1] == "localhost"
            assert told[2][1] == state
            assert told[2][2] is None
            assert told[1][-1] <= told[2][-1]
            told.clear()
            job = host.start(refused, ln)
            with pytest.raises(ssl.SSLCertVerificationError):
                await host.tls.dial(
                    "tcp4", address, client_context(), server_name="other.example", dialer=dialer
                )
            await job
            assert told[2][1] is None
            assert isinstance(told[2][2], ssl.SSLCertVerificationError)
        # One limit for all of it: a server that says nothing.
        async with host.net.listen("tcp", "127.0.0.1:0") as silent:
            for options in ({"timeout": 0.1}, {"dialer": host.net.Dialer(timeout=0.1)}):
                with pytest.raises(dialnet.DeadlineExceededError) as caught:
                    await host.tls.dial("tcp", str(silent.addr), client_context(), **options)
                assert isinstance(caught.value, dialnet.OpError)
                assert caught.value.op == "handshake"

    async def refused(ln: Any) -> None:
        async with await ln.accept() as conn:
            with pytest.raises(ssl.SSLError):
                await conn.handshake()

    hosts.run(host_name, body)


def test_through_a_proxy(host_name: str, folder: Path) -> None:
    async def body(host: hosts.Host) -> None:
        with microsocks(folder) as proxy:
            dialer = host.proxy.socks5(proxy)
            async with host.tls.listen("tcp", "127.0.0.1:0", server_context()) as ln:
                ln.set_deadline(LIMIT)
                job = host.start(serve_one, ln)
                address = f"localhost:{ln.addr.port}"
                ours = client_context()
                async with host.tls.dial("tcp", address, ours, dialer=dialer, timeout=30) as conn:
                    await talk(conn)
                assert (await job).server_name == "localhost"

    hosts.run(host_name, body)


TRUST = """
import sys
{before}
import ssl
from dialnet import tls
try:
    with tls.dial("tcp", sys.argv[1], server_name=sys.argv[2], timeout=30) as conn:
        said = "connected"
except ssl.SSLCertVerificationError as err:
    said = "refused"
print(said, type(__import__("dialnet.secure.context").secure.context._default).__module__)
"""
HIDDEN = "sys.modules['truststore'] = None"


def ask(name: str, before: str = "", **env: str) -> str:
    """What another process says of a server whose authority is that of the tests, and by which library."""
    with dialnet.tls.listen("tcp", "127.0.0.1:0", server_context()) as ln:
        argv = [sys.executable, "-c", TRUST.format(before=before), str(ln.addr), name]
        with subprocess.Popen(argv, env={**os.environ, **env}, stdout=subprocess.PIPE, text=True) as child:
            with ln.accept() as conn:
                conn.set_deadline(LIMIT)
                with contextlib.suppress(ssl.SSLError):
                    conn.handshake()
            out, _ = child.communicate(timeout=hosts.PATIENCE)
    return out.strip()


@pytest.mark.parametrize("before", ["", HIDDEN], ids=["truststore", "ssl"])
def test_the_systems_trust(tmp_path: Path, before: str) -> None:
    """`SSL_CERT_FILE` is the system's trust here; the name is verified too. With truststore installed or not:
    where OpenSSL finds what it needs, that library would read the same for every connection anew."""
    ours = tmp_path / "ca.pem"
    ours.write_bytes(authority().cert_pem.bytes())
    assert ask(NAME, before, SSL_CERT_FILE=str(ours)) == "connected ssl"
    assert ask("127.0.0.1", before, SSL_CERT_FILE=str(ours)) == "connected ssl"
    assert ask("other.example", before, SSL_CERT_FILE=str(ours)) == "refused ssl"
    # Somebody who trusts nobody.
    assert ask(NAME, before, SSL_CERT_FILE=os.devnull) == "refused ssl"


def test_trust_in_other_places(tmp_path: Path) -> None:
    """Where OpenSSL has no authorities truststore may find some."""
    pytest.importorskip("truststore")
    ours, folder = tmp_path / "ca.pem", tmp_path / "certs"
    ours.write_bytes(authority().cert_pem.bytes())
    folder.mkdir()
    (folder / "README").touch()
    (folder / "ca-certificates.crt").touch()
    nowhere = {"SSL_CERT_FILE": str(tmp_path / "none"), "SSL_CERT_DIR": str(folder)}
    elsewhere = f"import truststore._openssl as t; t._CA_FILE_CANDIDATES = [{str(ours)!r}]"
    assert ask(NAME, elsewhere, **nowhere) == "connected truststore._api"
    assert ask("other.example", elsewhere, **nowhere) == "refused truststore._api"
    assert (
        ask(NAME, elsewhere, **nowhere | {"SSL_CERT_DIR": str(tmp_path / "none")})
        == "connected truststore._api"
    )
    assert ask(NAME, HIDDEN, **nowhere) == "refused ssl"
    # What OpenSSL looks for in such a folder.
    (folder / "0123abcd.0").touch()
    assert ask(NAME, elsewhere, **nowhere) == "refused ssl"


@pytest.mark.parametrize("platform", ["darwin", "windows", "linux", "freebsd"])
def test_whose_verdict(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, platform: str) -> None:
    """On two systems it is the system's own, whatever OpenSSL has."""
    made: list[Any] = []

    class Context:
        def __init__(self, protocol: Any) -> None:
            made.append(protocol)

    (tmp_path / "ca.pem").write_bytes(authority().cert_pem.bytes())
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    monkeypatch.setattr(context, "system", types.SimpleNamespace(NAME=platform))
    monkeypatch.setitem(sys.modules, "truststore", types.SimpleNamespace(SSLContext=Context))
    chosen = context.system_context()
    if platform in ("darwin", "windows"):
        assert isinstance(chosen, Context)
        assert made == [ssl.PROTOCOL_TLS_CLIENT]
        # And without that library by what there is.
        monkeypatch.setitem(sys.modules, "truststore", None)
        chosen = context.system_context()
        made.clear()
    assert type(chosen) is ssl.SSLContext
    assert chosen.check_hostname
    assert chosen.verify_mode is ssl.CERT_REQUIRED
    assert made == []
