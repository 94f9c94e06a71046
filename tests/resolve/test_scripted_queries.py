"""What a resolver sends to a scripted server, and what it does not."""

from __future__ import annotations

import itertools
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterable
from typing import Any

import dns.flags
import pytest
from dns.message import Message

import dialnet
from tests import hosts
from tests.resolve import answers, scripted
from tests.resolve.answers import reply
from tests.resolve.scripted import Scripted
from tests.resolve.support import KINDS, NAME, calling, check, failing, ip4, resolver

pytestmark = pytest.mark.usefixtures("machine")

RIGHT = "192.0.2.1"


def right(query: Message, *_: Any) -> list[scripted.Step]:
    return [reply(query, f"{query.question[0].name} A {RIGHT}")]


def test_questions(host_name: str) -> None:
    """Which names and types each kind asks for, and nothing else."""
    types = {
        "lookup_host": {"A", "AAAA"},
        "lookup_ip": {"A", "AAAA"},
        "lookup_ip_addr": {"A", "AAAA"},
        "lookup_cname": {"A", "AAAA", "CNAME"},
        "lookup_mx": {"MX"},
        "lookup_ns": {"NS"},
        "lookup_txt": {"TXT"},
        "lookup_srv": {"SRV"},
        "lookup_addr": {"PTR"},
    }

    async def body(host: hosts.Host) -> None:
        with Scripted(lambda q, *_: [answers.no_data(q)]) as server:
            r = resolver(host, server)
            for kind, arguments, name in KINDS:
                server.received.clear()
                await failing(calling(r, kind, arguments))
                assert {received.type for received in server.received} == types[kind]
                assert len(server.received) == len(types[kind])
                assert {received.name for received in server.received} == {name}
            for network, asked in (("ip4", ["A"]), ("ip6", ["AAAA"])):
                server.received.clear()
                await failing(lambda network=network: r.lookup_ip(NAME, network))
                assert [received.type for received in server.received] == asked

    hosts.run(host_name, body)


def test_form(host_name: str) -> None:
    """One question, recursion desired, an OPT record that allows 1232 bytes, and nothing else."""

    async def body(host: hosts.Host) -> None:
        with Scripted(right) as server:
            await resolver(host, server).lookup_host(NAME)
            truncating = Scripted(lambda q, t, _: right(q) if t == "tcp" else [answers.truncated(reply(q))])
            with truncating as second:
                await ip4(resolver(host, second))
            for received in server.received + second.received:
                check_form(received, edns=True)

    hosts.run(host_name, body)


def check_form(received: scripted.Received, edns: bool) -> None:
    query = received.query
    # No AD: no resolv.conf says trust-ad.
    assert query.flags == dns.flags.RD
    assert query.opcode() == 0
    assert [question.rdclass for question in query.question] == [1]
    assert (query.answer, query.authority, query.additional) == ([], [], [])
    if edns:
        assert (query.edns, query.payload, query.ednsflags, query.options) == (0, 1232, 0, ())
    else:
        assert query.edns == -1


PROGRAM = """
import asyncio, sys
import dialnet, dialnet.aio
server, name = sys.argv[1:]
for net in (dialnet, dialnet.aio):
    found = net.Resolver(prefer_python=True, servers=[server], timeout=30).lookup_ip(name, "ip4")
    print(*(found if net is dialnet else asyncio.run(found)))
"""


def test_without_edns() -> None:
    """`DIALNETDEBUG=netedns0=0`, for servers that choke on it."""
    with Scripted(right) as server:
        for setting, edns in (("netedns0=0", False), ("netedns0=1", True), ("netdns=1,netedns0=0", False)):
            server.received.clear()
            done = subprocess.run(
                [sys.executable, "-c", PROGRAM, server.address, NAME],
                env={**os.environ, "DIALNETDEBUG": setting},
                capture_output=True,
                text=True,
                timeout=hosts.PATIENCE,
                check=False,
            )
            assert done.returncode == 0, done.stderr
            assert done.stdout.split() == [RIGHT, RIGHT]
            assert len(server.received) == 2
            for received in server.received:
                check_form(received, edns)


def test_unpredictable(host_name: str) -> None:
    """Ids and source ports: hardly ever the same twice, without a step between them, of all bits."""

    async def body(host: hosts.Host) -> None:
        with Scripted(right) as server:
            r = resolver(host, server)
            for _ in range(64):
                await ip4(r)
            # Of 64 numbers out of 65536 a pair is the same in one run of 30, five pairs in none.
            ids = [received.id for received in server.received]
            assert len(set(ids)) >= 60
            check_no_step(ids)
            # All 64 having (or lacking) one certain bit: never.
            assert all(0 < sum(number >> bit & 1 for number in ids) < 64 for bit in range(16))
            ports = [received.source[1] for received in server.received]
            assert len(set(ports)) >= 50
            check_no_step(ports)

    hosts.run(host_name, body)


def check_no_step(numbers: list[int]) -> None:
    steps = [b - a for a, b in itertools.pairwise(numbers)]
    assert max(map(steps.count, steps)) <= 4
    assert sum(abs(step) <= 16 for step in steps) <= 8


def test_ids_of_one_lookup(host_name: str) -> None:
    """The queries for both families have ids and ports of their own; so has each further try."""

    def script(query: Message, _: str, nth: int) -> Iterable[scripted.Step]:
        return right(query) if nth else [answers.servfail(query)]

    async def body(host: hosts.Host) -> None:
        with Scripted(script) as server:
            for _ in range(4):
                server._counts.clear()
                await resolver(host, server).lookup_host(NAME)
            assert len(server.received) == 16
            assert len({received.id for received in server.received}) >= 13
            assert len({received.source for received in server.received}) >= 13

    hosts.run(host_name, body)


# One answer for several.

MANY = 10


def test_one_flight(host_name: str) -> None:
    """Lookups of the same name at the same time ask once, and each has a result of its own."""
    goes_on = threading.Event()

    def script(query: Message, *_: Any) -> Iterable[scripted.Step]:
        return [scripted.until(goes_on), *right(query)]

    async def body(host: hosts.Host) -> None:
        goes_on.clear()
        begun: list[int] = []

        async def lookup(number: int) -> Any:
            begun.append(number)
            return await r.lookup_ip_addr(NAME)

        with Scripted(script) as server:
            r = resolver(host, server)
            jobs = [host.start(lookup, number) for number in range(MANY)]
            await host.until(lambda: len(begun) == MANY and len(server.received) >= 2)
            # A thread may have said that it begins and not have begun.
            await host.pause(0.2)
            goes_on.set()
            results = [await job for job in jobs]
            assert [[str(found.ip) for found in result] for result in results] == [[RIGHT]] * MANY
            assert len({id(result) for result in results}) == MANY
            assert len(server.asked("A")) <= (3 if host.is_threads else 1)
            assert len(server.asked("AAAA")) <= (3 if host.is_threads else 1)
            # It is no cache: the next one asks.
            server.received.clear()
            await r.lookup_ip_addr(NAME)
            assert len(server.asked("A")) == 1

    hosts.run(host_name, body)


def test_one_flight_goes_on(host_name: str) -> None:
    """Who began it leaves, by token or time-out, and the others have their answer; then all leave."""
    goes_on = threading.Event()

    def script(query: Message, *_: Any) -> Iterable[scripted.Step]:
        return [scripted.until(goes_on), *right(query)]

    async def body(host: hosts.Host) -> None:
        goes_on.clear()
        token = host.net.CancelToken()

        async def leaving(**options: Any) -> dialnet.DNSError:
            return await failing(lambda: r.lookup_ip_addr(NAME, **options))

        async def staying() -> Any:
            return await r.lookup_ip_addr(NAME)

        with Scripted(script) as server:
            r = resolver(host, server)
            first = host.start(lambda: leaving(cancel=token))
            await host.until(lambda: len(server.received) == 2)
            second, third = host.start(staying), host.start(lambda: leaving(timeout=0.1))
            assert (await third).is_timeout
            token.cancel()
            assert isinstance(await first, dialnet.CanceledError)
            goes_on.set()
            assert [str(found.ip) for found in await second] == [RIGHT]

    hosts.run(host_name, body)


def test_different_lookups_do_not_share(host_name: str) -> None:
    """Another name, another family, another resolver: each asks for itself."""
    goes_on = threading.Event()

    def script(query: Message, *_: Any) -> Iterable[scripted.Step]:
        name = query.question[0].name
        kind = "A 192.0.2.1" if query.question[0].rdtype == 1 else "AAAA 2001:db8::1"
        return [scripted.until(goes_on), reply(query, f"{name} {kind}")]

    async def body(host: hosts.Host) -> None:
        goes_on.clear()
        with Scripted(script) as server:
            r, other = resolver(host, server), resolver(host, server)
            jobs = [
                host.start(r.lookup_ip, NAME, "ip4"),
                host.start(r.lookup_ip, NAME, "ip6"),
                host.start(r.lookup_ip, "b.example.", "ip4"),
                host.start(other.lookup_ip, NAME, "ip4"),
            ]
            await host.until(lambda: len(server.received) == 4)
            goes_on.set()
            results = [[str(ip) for ip in await job] for job in jobs]
            assert results == [["192.0.2.1"], ["2001:db8::1"], ["192.0.2.1"], ["192.0.2.1"]]

    hosts.run(host_name, body)


# What is not asked at all.


def test_no_query(host_name: str) -> None:
    """Literals, loopback names, and names that are none."""

    async def body(host: hosts.Host) -> None:
        with Scripted(right) as server:
            r = resolver(host, server)
            for literal in ("192.0.2.9", "2001:db8::9", "fe80::1%lo"):
                assert await r.lookup_host(literal) == [literal]
            assert [str(ip) for ip in await r.lookup_ip("2001:db8::9")] == ["2001:db8::9"]
            assert await r.lookup_ip_addr("fe80::1%lo") == [dialnet.IPAddr("fe80::1", "lo")]
            for name in ("localhost", "localhost.", "LocalHost", "a.localhost", "a.b.LOCALHOST."):
                assert set(await r.lookup_host(name)) <= {"127.0.0.1", "::1"}, name
                assert await ip4(r, name) == ["127.0.0.1"]
            bad = [
                "",
                "a..example.",
                ".example.",
                "a b.example.",
                "-a.example.",
                "a-.example.",
                "\0",
                "a\n.example.",
            ]
            for name in [
                *bad,
                "x" * 64 + ".example.",
                "x." * 127 + "example.",
                "a.onion",
                "A.Onion.",
                "\udcff.example.",
            ]:
                for kind in (
                    "lookup_host",
                    "lookup_ip_addr",
                    "lookup_cname",
                    "lookup_mx",
                    "lookup_ns",
                    "lookup_txt",
                ):
                    err = await failing(lambda kind=kind, name=name: getattr(r, kind)(name))
                    check(err, "no such host", name=name, flag="not found")
            for text in ("a.example", "192.0.2", "", "::1%lo%lo"):
                err = await failing(lambda text=text: r.lookup_addr(text))
                assert err.err == "unrecognized address"
            assert server.received == []

    hosts.run(host_name, body)


def test_idna(host_name: str) -> None:
    """A name beyond ASCII goes out encoded (IDNA 2008)."""
    names = [
        ("bücher.example.", "xn--bcher-kva.example."),
        ("BÜCHER.example.", "xn--bcher-kva.example."),
        ("straße.example.", "xn--strae-oqa.example."),
        ("例え。テスト.", "xn--r8jz45g.xn--zckzah."),
    ]

    async def body(host: hosts.Host) -> None:
        with Scripted(right) as server:
            r = resolver(host, server)
            for name, encoded in names:
                server.received.clear()
                assert await ip4(r, name) == [RIGHT]
                assert [received.name for received in server.received] == [encoded]

    hosts.run(host_name, body)


# A dial function of one's own.


def test_dial(host_name: str) -> None:
    """It makes the connections: network and literal address are given, and a stream has framed messages."""

    async def body(host: hosts.Host) -> None:
        def script(query: Message, transport: str, _: int) -> Iterable[scripted.Step]:
            return right(query) if transport == "tcp" else [answers.truncated(reply(query))]

        with Scripted(script) as server:
            seen: list[tuple[str, str]] = []

            def noting(network: str, address: str) -> Any:
                seen.append((network, address))
                return host.net.dial(network, server.address)

            def stream(network: str, address: str) -> Any:
                seen.append((network, address))
                return host.net.dial("tcp", server.address)

            for dial, networks, transports in (
                (noting, ["udp", "tcp"], ["udp", "tcp"]),
                (stream, ["udp"], ["tcp"]),
            ):
                seen.clear()
                server.received.clear()
                # The thread face's dial returns the connection itself.
                given = blocking(dial) if host.is_threads else dial
                r = resolver(host, "192.0.2.53", dial=given)
                assert await ip4(r) == [RIGHT]
                assert seen == [(network, "192.0.2.53:53") for network in networks]
                assert [received.transport for received in server.received] == transports

    hosts.run(host_name, body)


def blocking(dial: Any) -> Any:
    return lambda network, address: dial(network, address).call()


def test_dial_fails(host_name: str) -> None:
    """Its errors are a try that failed."""

    async def body(host: hosts.Host) -> None:
        with Scripted(right) as server:

            def script(network: str, address: str) -> Any:
                if address == "192.0.2.53:53":
                    raise ConnectionRefusedError(111, "not today")
                return host.net.dial(network, server.address)

            given = blocking(script) if host.is_threads else script
            assert await ip4(resolver(host, "192.0.2.53", "[2001:db8::53]:5353", dial=given)) == [RIGHT]
            err = await failing(lambda: ip4(resolver(host, "192.0.2.53", dial=given)))
            assert err.server == "192.0.2.53:53"
            assert "not today" in err.err

    hosts.run(host_name, body)


def test_server_addresses(host_name: str) -> None:
    """With a port and without, of both families; what is no address is a mistake at once."""
    seen: list[str] = []

    async def body(host: hosts.Host) -> None:
        def dial(_: str, address: str) -> Any:
            seen.append(address)
            raise ConnectionRefusedError(111, "nobody")

        for server, address in (
            ("192.0.2.53", "192.0.2.53:53"),
            ("192.0.2.53:5353", "192.0.2.53:5353"),
            ("2001:db8::53", "[2001:db8::53]:53"),
            ("[2001:db8::53]", "[2001:db8::53]:53"),
            ("[2001:db8::53]:5353", "[2001:db8::53]:5353"),
            ("[fe80::53%lo]:5353", "[fe80::53%lo]:5353"),
        ):
            seen.clear()
            err = await failing(lambda server=server: ip4(resolver(host, server, dial=dial)))
            assert err.server == address
            assert set(seen) == {address}

    hosts.run(host_name, body)


def test_ipv6_server(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        with Scripted(right, family=socket.AF_INET6) as server:
            assert await ip4(resolver(host, server)) == [RIGHT]
            assert server.received[0].source[0] == "::1"

    hosts.run(host_name, body)
