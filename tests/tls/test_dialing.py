"""`tls.dial` and its kin: names, arguments, options, proxies, the system's trust, what lies below."""

from __future__ import annotations

import contextlib
import os
import ssl
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import dialnet
import dialnet.aio
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
                for context in (ours, careless):
                    with pytest.raises(dialnet.DNSError) as caught:
                        host.tls.client(one, context, name)
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
{hide}
import ssl
from dialnet import tls
try:
    with tls.dial("tcp", sys.argv[1], server_name=sys.argv[2], timeout=30) as conn:
        print("connected", type(__import__("dialnet.secure.context").secure.context._default).__module__)
except ssl.SSLCertVerificationError as err:
    print("refused", type(err).__name__)
"""


@pytest.mark.parametrize("library", ["truststore", "ssl"])
def test_the_systems_trust(tmp_path: Path, library: str) -> None:
    """`SSL_CERT_FILE` is the system's trust here; the name is verified too."""
    if library == "truststore":
        pytest.importorskip("truststore")
    (tmp_path / "ca.pem").write_bytes(authority().cert_pem.bytes())
    hide = "sys.modules['truststore'] = None" if library == "ssl" else ""

    def ask(name: str, **env: str) -> str:
        with dialnet.tls.listen("tcp", "127.0.0.1:0", server_context()) as ln:
            argv = [sys.executable, "-c", TRUST.format(hide=hide), str(ln.addr), name]
            with subprocess.Popen(
                argv, env={**os.environ, **env}, stdout=subprocess.PIPE, text=True
            ) as child:
                with ln.accept() as conn:
                    conn.set_deadline(LIMIT)
                    with contextlib.suppress(ssl.SSLError):
                        conn.handshake()
                out, _ = child.communicate(timeout=hosts.PATIENCE)
        return out.strip()

    ours = str(tmp_path / "ca.pem")
    assert ask(NAME, SSL_CERT_FILE=ours) == f"connected {library if library == 'ssl' else 'truststore._api'}"
    assert ask("127.0.0.1", SSL_CERT_FILE=ours).startswith("connected")
    assert ask("other.example", SSL_CERT_FILE=ours).startswith("refused")
    assert ask(NAME, SSL_CERT_FILE=os.devnull).startswith("refused")
