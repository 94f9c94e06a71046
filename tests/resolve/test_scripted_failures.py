"""A scripted server fails: which error a lookup ends with and when, and when the next server is asked."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from dns.message import Message

import dialnet as net
from tests import hosts
from tests.resolve import answers, scripted
from tests.resolve.answers import reply
from tests.resolve.scripted import Scripted
from tests.resolve.support import (
    KINDS,
    NAME,
    EmptyMachine,
    calling,
    check,
    check_flag,
    failing,
    ip4,
    resolver,
)

pytestmark = pytest.mark.usefixtures("machine")

RIGHT = "192.0.2.1"


def right(query: Message, *_: Any) -> list[scripted.Step]:
    return [reply(query, f"{NAME} A {RIGHT}")]


def silent(*_: Any) -> list[scripted.Step]:
    return []


def saying(make: Callable[[Message], scripted.Step]) -> scripted.Script:
    return lambda query, *_: [make(query)]


@contextmanager
def nobody() -> Iterator[str]:
    """The address of a port at which nobody listens, and which nobody can take meanwhile."""
    udp, tcp = scripted.bound(socket.AF_INET, ("127.0.0.1", 0))
    with udp, tcp:
        # Connected to itself it takes no others' datagrams: the kernel refuses them. TCP's does not listen.
        udp.connect(udp.getsockname())
        yield "{}:{}".format(*udp.getsockname())


# The server says no.

FAILURES: list[tuple[Callable[[Message], scripted.Step], str, str]] = [
    (answers.servfail, "server misbehaving", "temporary"),
    (answers.refused, "server misbehaving", ""),
    (lambda q: reply(q, rcode=1), "server misbehaving", ""),
    (lambda q: reply(q, rcode=4), "server misbehaving", ""),
    (lambda q: reply(q, rcode=16), "server misbehaving", ""),
    (answers.lame, "lame referral", ""),
]
# Definite: the name, or its record of this kind, is not there.
DEFINITE: list[Callable[[Message], scripted.Step]] = [
    answers.nxdomain,
    answers.no_data,
    # A server of the zone's own, which does not recurse.
    lambda q: reply(q, authoritative=True, recursive=False),
    # Records, but of another kind.
    lambda q: reply(q, f"{NAME} HINFO a b"),
    # An additional record makes it no lame referral.
    lambda q: reply(q, recursive=False, edns=True),
]
# Sent in vain over TCP after a truncated answer.
BROKEN_TCP: list[tuple[Callable[[Message], scripted.Step], str]] = [
    (lambda q: answers.wrong_id(reply(q, f"{NAME} A {RIGHT}")), "invalid DNS response"),
    (lambda q: answers.wrong_name(reply(q, f"{NAME} A {RIGHT}")), "invalid DNS response"),
    (lambda q: answers.extra_question(reply(q, f"{NAME} A {RIGHT}")), "invalid DNS response"),
    (lambda q: b"\0\1", "cannot unmarshal DNS message"),
    (lambda q: b"", "cannot unmarshal DNS message"),
    (lambda q: scripted.half(reply(q, f"{NAME} A {RIGHT}")), ""),
    (lambda q: scripted.hang_up, ""),
    (lambda q: scripted.reset, "Connection reset by peer"),
]


def test_next_server(host_name: str) -> None:
    """A server that fails is asked, and then the next one answers."""

    async def body(host: hosts.Host) -> None:
        with Scripted(right) as good:
            for make, _, _ in FAILURES:
                with Scripted(saying(make)) as bad:
                    assert await ip4(resolver(host, bad, good)) == [RIGHT]
                    assert len(bad.received) == len(good.received) == 1
                    good.received.clear()
            for step, _ in BROKEN_TCP:
                with Scripted(truncating(step)) as bad:
                    assert await ip4(resolver(host, bad, good)) == [RIGHT]
                    assert [received.transport for received in bad.received] == ["udp", "tcp"]
                    good.received.clear()
            with nobody() as address:
                assert await ip4(resolver(host, address, good)) == [RIGHT]

    hosts.run(host_name, body)


def truncating(step: Callable[[Message], scripted.Step]) -> scripted.Script:
    def script(query: Message, transport: str, _: int) -> Iterable[scripted.Step]:
        return [answers.truncated(reply(query)) if transport == "udp" else step(query)]

    return script


def test_same_server_again(host_name: str) -> None:
    """Where there is one server, a failure is not the last word: it is asked again."""

    async def body(host: hosts.Host) -> None:
        for make, _, _ in FAILURES:

            def script(query: Message, _: str, nth: int, make: Any = make) -> Iterable[scripted.Step]:
                return right(query) if nth else [make(query)]

            with Scripted(script) as server:
                assert await ip4(resolver(host, server)) == [RIGHT]

    hosts.run(host_name, body)


def test_all_fail(host_name: str) -> None:
    """The error names the last server, and says what it is."""

    async def body(host: hosts.Host) -> None:
        for make, text, flag in FAILURES:
            with Scripted(saying(make)) as first, Scripted(saying(make)) as server:
                r = resolver(host, first, server)
                check(await failing(lambda r=r: ip4(r)), text, server, flag=flag)
                assert first.received
                assert server.received
                for kind, arguments, name in KINDS:
                    err = await failing(calling(r, kind, arguments))
                    assert err.err == text, kind
                    assert err.server == server.address
                    assert err.name == name
                    check_flag(err, flag)
        for step, text in BROKEN_TCP:
            with Scripted(truncating(step)) as server:
                err = await failing(lambda server=server: ip4(resolver(host, server)))
                assert err.err.endswith(text)
                assert err.server == server.address
                assert not err.is_not_found

    hosts.run(host_name, body)


def test_definite(host_name: str) -> None:
    """What is not there is not asked for a second time or of another server."""

    async def body(host: hosts.Host) -> None:
        with Scripted(right) as other:
            for make in DEFINITE:
                with Scripted(saying(make)) as server:
                    r = resolver(host, server, other)
                    check(await failing(lambda r=r: ip4(r)), "no such host", server, flag="not found")
                    assert len(server.received) == 1
                    for kind, arguments, name in KINDS:
                        err = await failing(calling(r, kind, arguments))
                        check(err, "no such host", server, name, flag="not found")
            assert other.received == []

    hosts.run(host_name, body)


# The answer cannot be read.


def test_unreadable(host_name: str) -> None:
    """Pointers that run in circles, and an answer that ends too early."""

    async def body(host: hosts.Host) -> None:
        for make in (answers.self_pointing, answers.looping, answers.cut_short):
            with Scripted(saying(make)) as server:
                for kind in ("lookup_host", "lookup_cname", "lookup_txt", "lookup_ip_addr"):
                    r = resolver(host, server)
                    err = await failing(lambda r=r, kind=kind: getattr(r, kind)(NAME))
                    check(err, "cannot unmarshal DNS message", server)

    hosts.run(host_name, body)


def test_cname_loops(host_name: str) -> None:
    """Aliases that lead back to themselves lead nowhere, and the lookup ends."""
    loops = [[f"{NAME} CNAME {NAME}"], [f"{NAME} CNAME b.example.", f"b.example. CNAME {NAME}"]]

    async def body(host: hosts.Host) -> None:
        for loop in loops:
            with Scripted(lambda q, *_, loop=loop: [reply(q, *loop)]) as server:
                r = resolver(host, server)
                for call in (r.lookup_host, r.lookup_ip_addr, r.lookup_mx, r.lookup_txt):
                    err = await failing(lambda call=call: call(NAME))
                    check(err, "no such host", server, flag="not found")
                # A loop has no end; what is said of it is one of its names.
                assert await r.lookup_cname(NAME) in (NAME, "b.example.")

    hosts.run(host_name, body)


BAD_NAMES = "DNS response contained records which contain invalid names"


def test_invalid_names(host_name: str) -> None:
    """They are left out; the error that says so has what is good."""
    zone: answers.Zone = {
        NAME: {
            "MX": ["20 b.example.", "5 bad\\032name.example.", "10 a.example.", "30 192.0.2.7."],
            "NS": ["-bad.example.", "ns.example."],
        },
        f"_sip._tcp.{NAME}": {"SRV": ["2 0 2 b.example.", "1 0 1 a.example.", "1 0 1 bad-.example."]},
        "1.2.0.192.in-addr.arpa.": {"PTR": ["a.example.", "b\\.ad.example.", "<script>.example."]},
        "all.example.": {"NS": ["b\\@d.example."], "MX": ["1 b\\000d.example."]},
        "alias.example.": {"CNAME": "bad\\032name.example."},
        "bad\\032name.example.": {"A": RIGHT},
    }
    cases = [
        (
            "lookup_mx",
            (NAME,),
            (net.MX("a.example.", 10), net.MX("b.example.", 20), net.MX("192.0.2.7.", 30)),
        ),
        ("lookup_ns", (NAME,), (net.NS("ns.example."),)),
        (
            "lookup_srv",
            ("sip", "tcp", NAME),
            (net.SRV("a.example.", 1, 1, 0), net.SRV("b.example.", 2, 2, 0)),
        ),
        ("lookup_addr", ("192.0.2.1",), ("a.example.",)),
        ("lookup_ns", ("all.example.",), ()),
        ("lookup_mx", ("all.example.",), ()),
    ]

    async def body(host: hosts.Host) -> None:
        with Scripted(answers.zone(zone)) as server:
            r = resolver(host, server)
            for kind, arguments, good in cases:
                err = await failing(calling(r, kind, arguments))
                assert err.err == BAD_NAMES
                assert tuple(err.records) == good
                check_flag(err, "")
            err = await failing(lambda: r.lookup_cname("alias.example."))
            assert err.err == BAD_NAMES

    hosts.run(host_name, body)


# No answer.


def test_silence(host_name: str, machine: EmptyMachine) -> None:
    """The tries run out, for every kind."""

    async def body(host: hosts.Host) -> None:
        machine.each_try = 0.1
        with Scripted(silent) as server:
            start = time.monotonic()
            jobs = [
                host.start(failing, calling(resolver(host, server), kind, arguments))
                for kind, arguments, _ in KINDS
            ]
            for (kind, _, name), job in zip(KINDS, jobs, strict=True):
                err = await job
                assert err.err.endswith("i/o timeout"), kind
                assert (err.name, err.server) == (name, server.address)
                check_flag(err, "timeout")
            # Two tries, as everywhere unless resolv.conf says otherwise.
            assert time.monotonic() - start >= 0.2
            asked = Counter((received.name, received.type) for received in server.received)
            # Four kinds ask for addresses.
            assert asked.pop((NAME, "A")) == asked.pop((NAME, "AAAA")) == 8
            assert set(asked.values()) == {2}

    hosts.run(host_name, body)


def test_only_what_is_no_answer(host_name: str, machine: EmptyMachine) -> None:
    """What is passed over does not put off the end of the try."""

    async def flood(exchange: scripted.Exchange) -> None:
        while True:
            await exchange.send(answers.wrong_id(reply(exchange.received.query, f"{NAME} A {RIGHT}")))
            await asyncio.sleep(0.01)

    async def body(host: hosts.Host) -> None:
        machine.each_try = 0.1
        with Scripted(lambda *_: [flood]) as server:
            err = await failing(lambda: ip4(resolver(host, server)))
            assert err.err.endswith("i/o timeout")
            check_flag(err, "timeout")

    hosts.run(host_name, body)


def test_drip(host_name: str, machine: EmptyMachine) -> None:
    """An answer that comes byte by byte is too late as a whole: for its try, and for the lookup."""
    script = truncating(lambda q: scripted.drip(reply(q, f"{NAME} A {RIGHT}"), 2.0))

    async def body(host: hosts.Host) -> None:
        with Scripted(script) as server:
            for each_try, call in (
                (0.05, lambda: ip4(resolver(host, server))),
                (1000, lambda: ip4(resolver(host, server), timeout=0.1)),
                (1000, lambda: resolver(host, server, timeout=0.1).lookup_txt(NAME)),
            ):
                machine.each_try = each_try
                err = await failing(call)
                assert err.err.endswith("i/o timeout")
                check_flag(err, "timeout")
            assert server.asked("A", "tcp")

    hosts.run(host_name, body)


def test_refused_port(host_name: str) -> None:
    """The kernel says that nobody is there (ICMP), which ends the try at once."""

    async def body(host: hosts.Host) -> None:
        with nobody() as address:
            err = await failing(lambda: ip4(resolver(host, address)))
            assert err.err.endswith("Connection refused")
            assert err.server == address
            check_flag(err, "temporary")

    hosts.run(host_name, body)


# The lookup's own end.


def test_timeout(host_name: str) -> None:
    """A lookup's time is up whatever its tries may still do; no time at all means no query."""

    async def body(host: hosts.Host) -> None:
        with Scripted(silent) as server:
            r, start = resolver(host, server, timeout=1000), time.monotonic()
            lookups = [calling(r, kind, arguments, timeout=0.1) for kind, arguments, _ in KINDS]
            for job in [host.start(failing, lookup) for lookup in lookups]:
                err = await job
                assert err.err.endswith("i/o timeout")
                check_flag(err, "timeout")
            assert time.monotonic() - start >= 0.1
            server.catch_up()
            server.received.clear()
            for kind, arguments, _ in KINDS:
                err = await failing(calling(r, kind, arguments, timeout=0))
                check_flag(err, "timeout")
            server.catch_up()
            assert server.received == []

    hosts.run(host_name, body)


def test_cancel_token(host_name: str) -> None:
    """From another thread, for every kind, while it waits for UDP; and a token cancelled before."""

    async def body(host: hosts.Host) -> None:
        async def lookup(kind: str, arguments: tuple[str, ...], token: net.CancelToken) -> net.DNSError:
            return await failing(lambda: getattr(r, kind)(*arguments, cancel=token))

        with Scripted(silent) as server:
            r = resolver(host, server, timeout=1000)
            for kind, arguments, _ in KINDS:
                server.received.clear()
                token = host.net.CancelToken()
                job = host.start(lookup, kind, arguments, token)
                await host.until(lambda: server.received)
                thread = threading.Thread(target=token.cancel)
                thread.start()
                thread.join()
                check_cancelled(await job)
                server.catch_up()
                asked = len(server.received)
                check_cancelled(await lookup(kind, arguments, token))
                server.catch_up()
                assert len(server.received) == asked

    hosts.run(host_name, body)


def check_cancelled(err: net.DNSError) -> None:
    assert isinstance(err, net.CanceledError)
    assert err.err == "operation was canceled"
    assert not err.timeout


def test_cancel_token_over_tcp(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        async def lookup() -> net.DNSError:
            return await failing(lambda: r.lookup_host(NAME, cancel=token))

        with Scripted(truncating(lambda q: scripted.raw(b"\0"))) as server:
            r = resolver(host, server, timeout=1000)
            token = host.net.CancelToken()
            job = host.start(lookup)
            await host.until(lambda: server.asked("A", "tcp") and server.asked("AAAA", "tcp"))
            token.cancel()
            check_cancelled(await job)

    hosts.run(host_name, body)


def test_cancelled_task(task_host_name: str) -> None:
    """Nothing is left of it, and the loop goes on; that no descriptor stays is seen after every test."""

    async def body(host: hosts.Host) -> None:
        with Scripted(truncating(lambda q: scripted.raw(b"\0"))) as server, Scripted(silent) as other:
            for asked, transport in ((server, "tcp"), (other, "udp")):
                for kind, arguments, _ in KINDS:
                    asked.received.clear()
                    r = resolver(host, asked, timeout=1000)
                    job = host.start(getattr(r, kind), *arguments)
                    await host.until(lambda t=transport, a=asked: any(x.transport == t for x in a.received))
                    job.cancel()
                    with pytest.raises(asyncio.CancelledError):
                        await job

    hosts.run(task_host_name, body)


def test_late_answers_harm_nobody(host_name: str) -> None:
    """Answers to lookups that have ended go nowhere, and the next lookups get their own."""
    goes_on = threading.Event()

    def script(query: Message, _: str, __: int) -> Iterable[scripted.Step]:
        name = query.question[0].name
        if name.labels[0] == b"late":
            return [scripted.until(goes_on), reply(query, f"{name} A 192.0.2.66")]
        return [reply(query, f"{name} A {RIGHT}")]

    async def body(host: hosts.Host) -> None:
        goes_on.clear()
        with Scripted(script) as server:
            r = resolver(host, server)
            for _ in range(5):
                await failing(lambda: ip4(r, "late.example.", timeout=0.02))
            goes_on.set()
            for _ in range(20):
                assert await ip4(r) == [RIGHT]

    hosts.run(host_name, body)


def test_whole_messages(host_name: str) -> None:
    """The texts in full, as a programmer sees them."""

    async def body(host: hosts.Host) -> None:
        with Scripted(saying(answers.nxdomain)) as server:
            err = await failing(lambda: resolver(host, server).lookup_host(NAME))
            assert str(err) == f"lookup a.example. on {server.address}: no such host"
            assert isinstance(err, socket.gaierror)
            assert err.errno == socket.EAI_NONAME
            err = await failing(lambda: resolver(host, server).lookup_srv("sip", "tcp", NAME))
            assert str(err) == f"lookup _sip._tcp.a.example. on {server.address}: no such host"

    hosts.run(host_name, body)
