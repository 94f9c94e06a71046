"""A scripted server answers, rightly in the end: what is taken for the answer, and what is passed over."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable
from typing import Any

import dns.message
import dns.rcode
import pytest
from dns.message import Message

import dialnet as net
from tests import hosts
from tests.resolve import answers, scripted
from tests.resolve.answers import reply, wire
from tests.resolve.scripted import Script, Scripted
from tests.resolve.support import KINDS, NAME, EmptyMachine, failing, ip4, resolver

pytestmark = pytest.mark.usefixtures("machine")

RIGHT, WRONG = "192.0.2.1", "192.0.2.66"

ZONE: answers.Zone = {
    "a.example.": {
        "A": ["192.0.2.1", "192.0.2.2"],
        "AAAA": "2001:db8::1",
        "MX": ["20 second.example.", "10 first.example.", "30 192.0.2.7."],
        "NS": ["ns2.example.", "ns1.example."],
        "TXT": ['"one" " string"', '"caf\\195\\169"', '"\\255\\000"', '""'],
    },
    "_sip._tcp.a.example.": {"SRV": ["2 0 5061 b.example.", "1 0 5060 a.example."]},
    "_x._udp.alias.example.": {"CNAME": "_sip._tcp.a.example."},
    "b.example.": {"CNAME": "c.example."},
    "c.example.": {"CNAME": "a.example."},
    "only6.example.": {"AAAA": "2001:db8::6"},
    "end.example.": {"CNAME": "nowhere.example."},
    "nowhere.example.": {"TXT": '"no address"'},
    "1.2.0.192.in-addr.arpa.": {"PTR": ["a.example.", "other.example."]},
    KINDS[-1][2]: {"PTR": "a.example."},
}


def test_every_kind(host_name: str) -> None:
    """Servers of both families, and every kind of record."""

    async def body(host: hosts.Host) -> None:
        for family in (socket.AF_INET, socket.AF_INET6):
            with Scripted(answers.zone(ZONE), family=family) as server:
                r = resolver(host, server)
                addresses = ["192.0.2.1", "192.0.2.2", "2001:db8::1"]
                assert sorted(await r.lookup_host(NAME)) == addresses
                assert sorted(await r.lookup_host("b.example.")) == addresses
                assert sorted(map(str, await r.lookup_ip(NAME))) == addresses
                assert await ip4(r) == addresses[:2]
                assert list(map(str, await r.lookup_ip(NAME, "ip6"))) == addresses[2:]
                assert {str(found.ip) for found in await r.lookup_ip_addr(NAME)} == set(addresses)
                assert all(isinstance(found, net.IPAddr) for found in await r.lookup_ip_addr(NAME))
                assert list(map(str, await r.lookup_ip("only6.example."))) == ["2001:db8::6"]
                assert await r.lookup_cname(NAME) == NAME
                assert await r.lookup_cname("b.example.") == NAME
                assert await r.lookup_cname("end.example.") == "nowhere.example."
                found = await r.lookup_mx(NAME)
                assert [(mx.pref, mx.host) for mx in found] == [
                    (10, "first.example."),
                    (20, "second.example."),
                    (30, "192.0.2.7."),
                ]
                assert sorted(ns.host for ns in await r.lookup_ns(NAME)) == ["ns1.example.", "ns2.example."]
                assert sorted(await r.lookup_txt(NAME)) == ["", "café", "one string", "\udcff\0"]
                services = [net.SRV("a.example.", 5060, 1, 0), net.SRV("b.example.", 5061, 2, 0)]
                assert await r.lookup_srv("sip", "tcp", NAME) == ("_sip._tcp.a.example.", services)
                assert await r.lookup_srv("", "", "_sip._tcp.a.example.") == (
                    "_sip._tcp.a.example.",
                    services,
                )
                assert (await r.lookup_srv("x", "udp", "alias.example."))[1] == services
                assert sorted(await r.lookup_addr("192.0.2.1")) == ["a.example.", "other.example."]
                assert await r.lookup_addr("2001:db8::1") == ["a.example."]
                assert {received.transport for received in server.received} == {"udp"}

    hosts.run(host_name, body)


# What is not the answer to the query is passed over, and the answer that follows it taken.

NOT_AN_ANSWER: dict[str, Callable[[Message], scripted.Step]] = {
    "garbage": lambda _: answers.garbage(),
    "nothing": lambda _: b"",
    "short": lambda q: wire(wrongly(q))[:11],
    "only-header": lambda q: wire(wrongly(q))[:12],
    "half-question": lambda q: wire(wrongly(q))[:20],
    "wrong-id": lambda q: answers.wrong_id(wrongly(q)),
    "query": lambda q: answers.a_query(wrongly(q)),
    "wrong-name": lambda q: answers.wrong_name(wrongly(q)),
    "longer-name": lambda q: answers.longer_name(wrongly(q)),
    "wrong-type": lambda q: answers.wrong_type(wrongly(q)),
    "wrong-class": lambda q: answers.wrong_class(wrongly(q)),
    "no-question": lambda q: answers.no_question(wrongly(q)),
    "extra-question": lambda q: answers.extra_question(wrongly(q)),
    "other-port": lambda q: scripted.from_elsewhere(wrongly(q)),
    "other-host": lambda q: scripted.from_elsewhere(wrongly(q), "127.0.0.2"),
    # An error, too, has to be an answer to be believed.
    "wrong-id-refusal": lambda q: answers.wrong_id(answers.nxdomain(q)),
    "other-port-refusal": lambda q: scripted.from_elsewhere(answers.nxdomain(q)),
}


def wrongly(query: Message) -> Message:
    return reply(query, f"{query.question[0].name} A {WRONG}")


def rightly(query: Message) -> Message:
    return reply(query, f"{query.question[0].name} A {RIGHT}")


def test_passed_over(host_name: str) -> None:
    def script(query: Message, transport: str, nth: int) -> Iterable[scripted.Step]:
        spoil = NOT_AN_ANSWER[query.question[0].name.labels[0].decode()]
        return [spoil(query), spoil(query), rightly(query)]

    async def body(host: hosts.Host) -> None:
        with Scripted(script) as server:
            r = resolver(host, server)
            for case in NOT_AN_ANSWER:
                assert await ip4(r, f"{case}.example.") == [RIGHT], case
                # It waited for the answer; it did not ask again.
                assert len(server.received) == 1, case
                server.received.clear()

    hosts.run(host_name, body)


# What is unusual, but the answer.


def test_taken(host_name: str) -> None:
    def bare(query: Message) -> Message:
        return reply(query, f"{NAME} A {RIGHT}")

    def of_others(query: Message) -> Message:
        """Records of other kinds and owners among those that were asked for."""
        return reply(
            query,
            f"{NAME} TXT x",
            f"{NAME} TYPE65280 \\# 3 010203",
            f"other.example. CNAME {NAME}",
            f"{NAME} A {RIGHT}",
            f"{NAME} HTTPS 1 . alpn=h2",
            authority=["example. NS ns.example."],
            additional=[f"ns.example. A {WRONG}"],
        )

    cases: dict[str, Callable[[Message], scripted.Step]] = {
        "case": lambda q: answers.swapped_case(bare(q)),
        "with EDNS": lambda q: reply(q, f"{NAME} A {RIGHT}", edns=True),
        "authoritative": lambda q: reply(q, f"{NAME} A {RIGHT}", recursive=False, authoritative=True),
        "neither": lambda q: reply(q, f"{NAME} A {RIGHT}", recursive=False),
        "another owner": lambda q: reply(q, f"{NAME} CNAME elsewhere.test.", f"elsewhere.test. A {RIGHT}"),
        "others": of_others,
        "trailing bytes": lambda q: wire(bare(q)) + b"\0" * 8,
    }

    async def body(host: hosts.Host) -> None:
        for case, make in cases.items():
            with Scripted(lambda q, *_, make=make: [make(q)]) as server:
                assert await ip4(resolver(host, server)) == [RIGHT], case
                assert len(server.received) == 1

    hosts.run(host_name, body)


def test_one_family(host_name: str) -> None:
    """One family's addresses are a result, whatever became of the other; unless errors are to be strict."""

    def script(other: Callable[[Message], Iterable[scripted.Step]]) -> Script:
        return lambda q, *_: [rightly(q)] if q.question[0].rdtype == dns.rdatatype.A else other(q)

    others: list[tuple[Callable[[Message], Iterable[scripted.Step]], bool]] = [
        (lambda q: [answers.no_data(q)], False),
        (lambda q: [answers.nxdomain(q)], False),
        (lambda q: [answers.refused(q)], False),
        (lambda q: [answers.servfail(q)], True),
    ]

    async def body(host: hosts.Host) -> None:
        for other, temporary in others:
            with Scripted(script(other)) as server:
                assert await resolver(host, server).lookup_host(NAME) == [RIGHT]
                strict = resolver(host, server, strict_errors=True)
                if temporary:
                    err = await failing(lambda strict=strict: strict.lookup_host(NAME))
                    assert err.is_temporary
                else:
                    assert await strict.lookup_host(NAME) == [RIGHT]

    hosts.run(host_name, body)


def test_one_family_is_silent(host_name: str, machine: EmptyMachine) -> None:
    """The other's tries run out, and then the addresses that did come count."""

    def script(query: Message, *_: Any) -> Iterable[scripted.Step]:
        return [rightly(query)] if query.question[0].rdtype == dns.rdatatype.A else []

    async def body(host: hosts.Host) -> None:
        machine.each_try = 0.2
        with Scripted(script) as server:
            assert await resolver(host, server).lookup_host(NAME) == [RIGHT]
            assert len(server.asked("A")) == 1
            assert len(server.asked("AAAA")) == 2

    hosts.run(host_name, body)


# A second try.


def test_a_lost_answer(host_name: str, machine: EmptyMachine) -> None:
    """The first query gets none, or one that comes too late: the next try's answer counts."""

    def dropping(query: Message, _: str, nth: int) -> Iterable[scripted.Step]:
        return [rightly(query)] if nth else []

    def late(query: Message, _: str, nth: int) -> Iterable[scripted.Step]:
        return [scripted.delay(0.1), rightly(query)] if nth else [scripted.delay(0.45), wrongly(query)]

    async def body(host: hosts.Host) -> None:
        machine.each_try = 0.4
        with Scripted(dropping) as one, Scripted(late) as another:
            for job in [host.start(ip4, resolver(host, server)) for server in (one, another)]:
                assert await job == [RIGHT]
            for server in (one, another):
                first, second = server.received
                assert (first.id, first.source) != (second.id, second.source)

    hosts.run(host_name, body)


def test_a_slow_answer(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        with Scripted(lambda q, *_: [scripted.delay(0.1), rightly(q)]) as server:
            assert await ip4(resolver(host, server)) == [RIGHT]
            assert len(server.received) == 1

    hosts.run(host_name, body)


# TCP.


def test_truncated(host_name: str) -> None:
    """A truncated answer is asked for again over TCP, whatever is in it; over TCP it is taken as it is."""
    cuts: list[Callable[[Message], scripted.Step]] = [
        lambda q: answers.truncated(reply(q)),
        lambda q: answers.truncated(wrongly(q)),
        # Cut off in the middle of a record, as servers without EDNS do it.
        lambda q: wire(answers.truncated(wrongly(q)))[:-3],
    ]

    async def body(host: hosts.Host) -> None:
        for cut in cuts:
            with Scripted(
                lambda q, transport, _, cut=cut: [cut(q) if transport == "udp" else rightly(q)]
            ) as server:
                assert await ip4(resolver(host, server)) == [RIGHT]
                assert [received.transport for received in server.received] == ["udp", "tcp"]
        with Scripted(lambda q, *_: [answers.truncated(rightly(q))]) as server:
            assert await ip4(resolver(host, server)) == [RIGHT]
            assert [received.transport for received in server.received] == ["udp", "tcp"]

    hosts.run(host_name, body)


def over_tcp(*steps: Callable[[Message], scripted.Step]) -> Script:
    """Over UDP a truncated answer, over TCP these."""

    def script(query: Message, transport: str, _: int) -> Iterable[scripted.Step]:
        if transport == "udp":
            return [answers.truncated(reply(query))]
        return [step(query) for step in steps]

    return script


def test_300_records(host_name: str) -> None:
    many = [f"10.0.{n // 250}.{n % 250}" for n in range(300)]

    async def body(host: hosts.Host) -> None:
        with Scripted(answers.zone({NAME: {"A": many}})) as server:
            assert await ip4(resolver(host, server)) == sorted(many)
            assert len(await resolver(host, server).lookup_host(NAME)) == 300
            assert [received.transport for received in server.received[:2]] == ["udp", "tcp"]

    hosts.run(host_name, body)


def test_the_longest_answer(host_name: str) -> None:
    """65535 bytes, which come in pieces, the length's two bytes for themselves."""
    expected = answers.addresses_in(answers.of_size(dns.message.make_query(NAME, "A", id=0), 65535))

    def in_pieces(data: bytes) -> scripted.Action:
        async def act(exchange: scripted.Exchange) -> None:
            framed = len(data).to_bytes(2) + data
            for start, end in ((0, 1), (1, 2), (2, 14), (14, 30000), (30000, len(framed))):
                await exchange.send_raw(framed[start:end])
                await scripted.delay(0.005)(exchange)

        return act

    async def body(host: hosts.Host) -> None:
        with Scripted(over_tcp(lambda q: in_pieces(answers.of_size(q, 65535)))) as server:
            found = await ip4(resolver(host, server))
            assert len(found) > 4000
            assert found == expected

    hosts.run(host_name, body)


def test_an_oversized_datagram(host_name: str) -> None:
    """More than the query allowed, and not truncated: what is read of it counts, and is no error."""
    many = [f"10.0.{n // 250}.{n % 250}" for n in range(300)]

    async def body(host: hosts.Host) -> None:
        with Scripted(lambda q, *_: [reply(q, *[f"{NAME} A {ip}" for ip in many])]) as server:
            found = await ip4(resolver(host, server))
            assert len(found) >= 60
            assert set(found) <= set(many)
            assert len(server.received) == 1

    hosts.run(host_name, body)


def test_extended_rcode(host_name: str) -> None:
    """The upper bits of a code are in OPT: BADVERS (16) is not NOERROR, and the next server is asked."""

    async def body(host: hosts.Host) -> None:
        with Scripted(lambda q, *_: [reply(q, f"{NAME} A {WRONG}", rcode=dns.rcode.BADVERS)]) as first:
            with Scripted(lambda q, *_: [rightly(q)]) as second:
                assert await ip4(resolver(host, first, second)) == [RIGHT]

    hosts.run(host_name, body)
