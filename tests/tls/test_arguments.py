"""What is no connection, no listener, or of the other face is refused at once, and says so."""

from __future__ import annotations

import ssl
from typing import Any

import pytest

import dialnet
import dialnet.aio
import dialnet.aio.tls
import dialnet.tls
from tests import hosts
from tests.certificates import NAME, client_context, server_context
from tests.tls.support import LIMIT, failure, plain_pair, secure_pair, talk
from tests.tls.test_below import OwnForTasks


@pytest.mark.parametrize("kind", ["tcp", "pipe"])
def test_a_connection_of_the_other_face(host_name: str, kind: str) -> None:
    async def body(host: hosts.Host) -> None:
        other = dialnet.aio.tls if host.is_threads else dialnet.tls
        right = "dialnet.tls is" if host.is_threads else "dialnet.aio.tls is"
        async with plain_pair(host) as (one, two):
            conn = hosts.bare(host.pipe() if kind == "pipe" else (one, two))[0]
            for make, args in [
                (other.client, (client_context(), NAME)),
                (other.server, (server_context(),)),
            ]:
                with pytest.raises(TypeError, match=right):
                    make(conn, *args)  # type: ignore[operator]
            # It is still its owner's.
            assert not conn.closed
            conn.close()

    hosts.run(host_name, body)


def test_a_listener(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        other: Any = dialnet.aio.tls if host.is_threads else dialnet.tls
        right = "dialnet.tls is" if host.is_threads else "dialnet.aio.tls is"
        async with host.net.listen("tcp", "127.0.0.1:0") as ln:
            with pytest.raises(TypeError, match=right):
                other.new_listener(hosts.bare((ln,))[0], server_context())
        with pytest.raises(TypeError, match="int has none"):
            host.tls.new_listener(5, server_context())

    hosts.run(host_name, body)


class Awaitables(OwnForTasks):
    """Its methods are plain, and what they give can be awaited."""

    def read(self, n: int | None = -1) -> Any:
        return super().read(n)

    def write(self, data: Any) -> Any:
        return super().write(data)


class Accepts:
    """A listener of the user's own, of the same sort."""

    def __init__(self, below: Any) -> None:
        self.accept = lambda cancel=None: below.accept(cancel=cancel)
        self.close = below.close


def test_what_gives_something_to_await(task_host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        async with host.net.listen("tcp", "127.0.0.1:0") as below:
            below.set_deadline(LIMIT)
            ln = host.tls.new_listener(Accepts(below), server_context())
            conn = await host.net.dial("tcp", str(below.addr))
            async with host.tls.client(Awaitables(conn), client_context(), NAME) as client:
                client.set_deadline(LIMIT)
                async with await ln.accept() as server:
                    talking = host.start(talk, server)
                    await talk(client)
                    await talking

    hosts.run(task_host_name, body)


def test_sessions(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        async with plain_pair(host) as (one, _), host.net.listen("tcp", "127.0.0.1:0") as ln:
            with pytest.raises(TypeError, match="sessions is a SessionCache or None, not int"):
                host.tls.client(one, client_context(), NAME, sessions=5)
            with pytest.raises(TypeError, match="sessions is a SessionCache or None, not int"):
                await host.tls.dial("tcp", str(ln.addr), client_context(), server_name=NAME, sessions=5)
            # Nothing was dialed.
            ln.set_deadline(0.0)
            with pytest.raises(dialnet.DeadlineExceededError):
                await ln.accept()

    hosts.run(host_name, body)


class Gives:
    """A dialer, for threads."""

    def __init__(self, given: Any) -> None:
        self.given = given

    def dial(self, network: str, address: str, *, cancel: Any = None) -> Any:
        return self.given


class GivesLater(Gives):
    async def dial(self, network: str, address: str, *, cancel: Any = None) -> Any:
        return self.given


def test_what_a_dialer_gives(host_name: str) -> None:
    """What is no connection, and what is a connection that will not do, which is closed then."""

    async def body(host: hosts.Host) -> None:
        kind = Gives if host.is_threads else GivesLater
        async with host.net.dial("udp", "127.0.0.1:9") as messages:
            udp = hosts.bare((messages,))[0]
            for given, text in [(5, "TLS needs a connection, not int"), (udp, "one of messages")]:
                with pytest.raises(TypeError, match=text):
                    await host.tls.dial(
                        "tcp", "127.0.0.1:1", client_context(), server_name=NAME, dialer=kind(given)
                    )
            assert udp.closed

    hosts.run(host_name, body)


def test_a_context_from_before(host_name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is called `ssl.SSLContext` by now is another class, as with `truststore.inject_into_ssl()`."""
    ours, theirs = client_context(), server_context()
    monkeypatch.setattr(ssl, "SSLContext", type("SSLContext", (ssl.SSLContext,), {}))

    async def body(host: hosts.Host) -> None:
        async with secure_pair(host, ours, theirs) as (client, server):
            serving = host.start(failure, server)
            assert await failure(client) is None
            assert await serving is None

    hosts.run(host_name, body)
