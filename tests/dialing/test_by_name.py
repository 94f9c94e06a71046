"""Dialing names: connecting begins before the lookup is over, over real sockets and against a DNS server."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

import dialnet as net
from tests import hosts
from tests.dialing.support import nobody
from tests.resolve.answers import reply
from tests.resolve.scripted import Scripted


def only(kind: str, *addresses: str) -> Any:
    """Answers one type, and is silent about every other."""

    def script(query: Any, transport: str, nth: int) -> list[Any]:
        name = query.question[0].name.to_text()
        if query.question[0].rdtype.name == kind:
            return [reply(query, *(f"{name} {kind} {address}" for address in addresses))]
        return []

    return script


@pytest.mark.parametrize(("kind", "address"), [("A", "127.0.0.1"), ("AAAA", "::1")])
def test_one_answer_is_enough(host_name: str, kind: str, address: str) -> None:
    """The other family's server is silent, and nobody waits for it; nor do those who ask at the same time."""

    async def body(host: hosts.Host) -> None:
        with Scripted(only(kind, address)) as server:
            resolver = host.net.Resolver(servers=[server.address])
            dialer = host.net.Dialer(resolver=seen(resolver), timeout=hosts.PATIENCE)
            async with host.net.listen("tcp", net.join_host_port(address, "0")) as ln:
                began = time.monotonic()
                jobs = [host.start(dialer.dial, "tcp", f"one.example.:{ln.addr.port}") for _ in range(5)]
                for job in jobs:
                    conn = await job
                    assert conn.remote_addr == ln.addr
                    conn.close()
                # A server that is silent is asked twice for 5 s.
                assert time.monotonic() - began < 5

    hosts.run(host_name, body)


def seen(resolver: Any) -> Any:
    """The resolver itself, out of the view that the bodies for threads have of it."""
    return getattr(resolver, "seen", resolver)


def test_dead_addresses_of_a_name(host_name: str) -> None:
    """All but the last refuse; each attempt is in the error when that one does as well."""

    async def body(host: hosts.Host) -> None:
        last = "127.0.0.9"
        addresses = [f"127.0.0.{n}" for n in range(2, 9)] + [last]
        with Scripted(only("A", *addresses)) as server:
            resolver = seen(host.net.Resolver(servers=[server.address]))
            dialer = host.net.Dialer(resolver=resolver, timeout=hosts.PATIENCE)
            async with host.net.listen("tcp4", f"{last}:0") as ln:
                port = ln.addr.port
                async with dialer.dial("tcp4", f"many.example.:{port}") as conn:
                    assert conn.remote_addr == ln.addr
            with pytest.raises(ConnectionRefusedError) as caught:
                await dialer.dial("tcp4", f"many.example.:{port}")
            err = caught.value
            assert sorted(str(each.addr) for each in err.attempts) == [f"{ip}:{port}" for ip in addresses]
            assert err.addr == err.attempts[0].addr
            for each in err.attempts:
                assert isinstance(each, ConnectionRefusedError)
                assert each.duration is not None
                assert 0 <= each.duration < hosts.PATIENCE
                # Who it was that was refused, though nobody asked for this address.
                assert each.local_addr.network == "tcp"
                assert each.local_addr.ip.is_loopback
                assert each.source is None
            assert err.__notes__ == [str(each) for each in err.attempts]

    hosts.run(host_name, body)


def test_local_address_leaves_one_family(host_name: str) -> None:
    def script(query: Any, transport: str, nth: int) -> list[Any]:
        name, kind = query.question[0].name.to_text(), query.question[0].rdtype.name
        return [reply(query, f"{name} {kind} {'127.0.0.1' if kind == 'A' else '::1'}")]

    async def body(host: hosts.Host) -> None:
        with Scripted(script) as server, nobody() as port:
            resolver = seen(host.net.Resolver(servers=[server.address]))
            for local, family in (("127.0.0.1", 4), ("::1", 6)):
                dialer = host.net.Dialer(resolver=resolver, local_addr=net.TCPAddr(local))
                with pytest.raises(ConnectionRefusedError) as caught:
                    await dialer.dial("tcp", f"both.example.:{port}")
                assert caught.value.addr.ip.version == family
                assert caught.value.attempts == ()
                assert str(caught.value.source).rpartition(":")[0].strip("[]") == local
            dialer = host.net.Dialer(resolver=resolver, local_addr=net.TCPAddr("::1"))
            with pytest.raises(net.NoSuitableAddressError):
                await dialer.dial("tcp4", "both.example.:1")
            dialer = host.net.Dialer(resolver=resolver, local_addr=net.UDPAddr("::1"))
            with pytest.raises(net.AddrError, match="mismatched local address type"):
                await dialer.dial("tcp", "both.example.:1")

    hosts.run(host_name, body)


def test_timeout_says_what_it_was_doing(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        with Scripted(lambda *_: []) as server:
            resolver = seen(host.net.Resolver(servers=[server.address]))
            with pytest.raises(net.DNSError) as caught:
                await host.net.Dialer(resolver=resolver, timeout=0.1).dial("tcp", "silent.example.:80")
            assert str(caught.value) == "dial tcp: lookup silent.example.: i/o timeout"
            assert isinstance(caught.value, TimeoutError)

    hosts.run(host_name, body)


def test_cancel_while_looking_up(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        with Scripted(lambda *_: []) as server:
            resolver = seen(host.net.Resolver(servers=[server.address]))
            token = host.net.CancelToken()

            async def dial() -> Any:
                with pytest.raises(net.CanceledError) as caught:
                    await host.net.Dialer(resolver=resolver).dial("tcp", "silent.example.:80", cancel=token)
                return caught.value

            job = host.start(dial)
            await host.until(lambda: len(server.received) >= 2)
            threading.Thread(target=token.cancel).start()
            err = await job
            assert isinstance(err, net.DNSError)
            assert str(err) == "dial tcp: lookup silent.example.: operation was canceled"

    hosts.run(host_name, body)
