"""The scripted server does what its scripts say: seen with plain sockets and dnspython."""

from __future__ import annotations

import socket
import threading
import time
from typing import Any

import dns.flags
import dns.message
import dns.query
import dns.rcode
import pytest

from tests.hosts import PATIENCE
from tests.resolve import answers, scripted
from tests.resolve.answers import reply
from tests.resolve.scripted import Scripted

FAMILIES = pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6], ids=["v4", "v6"])
ZONE: answers.Zone = {
    "a.example.": {"A": ["192.0.2.1", "192.0.2.2"], "AAAA": "2001:db8::1"},
    "b.example.": {"CNAME": "c.example."},
    "c.example.": {"CNAME": "a.example."},
    "lost.example.": {"CNAME": "nothing.example."},
    "many.example.": {"A": [f"192.0.2.{n}" for n in range(250)]},
}


def query(name: str = "a.example.", kind: str = "A", **kwargs: Any) -> dns.message.Message:
    return dns.message.make_query(name, kind, **kwargs)


def ask(server: Scripted, q: dns.message.Message | None = None, **kwargs: Any) -> dns.message.Message:
    host = server.address.rpartition(":")[0].strip("[]")
    return dns.query.udp(q or query(), host, PATIENCE, server.port, **kwargs)


def ask_tcp(server: Scripted, q: dns.message.Message | None = None) -> dns.message.Message:
    host = server.address.rpartition(":")[0].strip("[]")
    return dns.query.tcp(q or query(), host, PATIENCE, server.port)


def datagrams(server: Scripted, count: int) -> list[tuple[bytes, Any]]:
    """What comes back for one query, and from where."""
    with socket.socket(server._family, socket.SOCK_DGRAM) as sock:
        sock.settimeout(PATIENCE)
        sock.sendto(query().to_wire(), (server.address.rpartition(":")[0].strip("[]"), server.port))
        return [sock.recvfrom(65536) for _ in range(count)]


def stream(server: Scripted) -> bytes:
    """All that comes back over TCP for one query, to the end."""
    with socket.create_connection(("127.0.0.1", server.port), PATIENCE) as sock:
        data = query().to_wire()
        sock.sendall(len(data).to_bytes(2) + data)
        got = b""
        while more := sock.recv(65536):
            got += more
        return got


@FAMILIES
def test_zone(family: socket.AddressFamily) -> None:
    with Scripted(answers.zone(ZONE), family=family) as server:
        for asking in (ask, ask_tcp):
            got = asking(server, query())
            assert [item.address for item in got.answer[0]] == ["192.0.2.1", "192.0.2.2"]
            got = asking(server, query("B.example."))
            assert [rrset.rdtype.name for rrset in got.answer] == ["CNAME", "CNAME", "A"]
            assert got.answer[2].name.to_text() == "a.example."
            assert asking(server, query("lost.example.")).rcode() == dns.rcode.NXDOMAIN
            assert asking(server, query("d.example.")).rcode() == dns.rcode.NXDOMAIN
            got = asking(server, query("a.example.", "MX"))
            assert (got.rcode(), got.answer) == (dns.rcode.NOERROR, [])
        for size, fits in ((512, False), (1232, False), (4096, True)):
            got = ask(server, query("many.example.", use_edns=0, payload=size))
            assert bool(got.flags & dns.flags.TC) is not fits
        assert ask(server, query("many.example.")).flags & dns.flags.TC
        assert len(answers.addresses_in(ask_tcp(server, query("many.example.")).to_wire())) == 250


def test_what_it_records() -> None:
    with Scripted(answers.zone(ZONE)) as server:
        q = query(use_edns=0, payload=1232)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.bind(("127.0.0.1", 0))
            ask(server, q, sock=sock)
            source = sock.getsockname()
        ask_tcp(server, query("a.example.", "AAAA"))
        first, second = server.received
        assert (first.id, first.name, first.type, first.transport) == (q.id, "a.example.", "A", "udp")
        assert first.flags == dns.flags.RD
        assert first.source == source
        assert first.query.payload == 1232
        assert first.data == q.to_wire()
        assert (second.type, second.transport) == ("AAAA", "tcp")
        assert first.at < second.at
        assert server.asked("A") == server.asked("A", "udp") == [first]
        assert server.asked("A", "tcp") == []


def test_counting() -> None:
    """How often a question has come is counted by question and transport."""
    seen = []

    def script(q: dns.message.Message, transport: str, nth: int) -> Any:
        seen.append((transport, nth))
        return [reply(q)]

    with Scripted(script) as server:
        for asking in (ask, ask, ask_tcp, ask):
            asking(server)
        ask(server, query("a.example.", "AAAA"))
    assert seen == [("udp", 0), ("udp", 1), ("tcp", 0), ("udp", 2), ("udp", 0)]


def test_actions_over_udp() -> None:
    """Drop and delay, an answer the test holds back, answers from elsewhere."""
    event = threading.Event()

    def script(q: dns.message.Message, _: str, nth: int) -> Any:
        answer = reply(q, "a.example. A 192.0.2.1")
        other = scripted.from_elsewhere(answer)
        return [[], [scripted.delay(0.1), answer], [scripted.until(event), answer], [b"raw", other, answer]][
            nth
        ]

    with Scripted(script) as server:
        with pytest.raises(dns.exception.Timeout):
            dns.query.udp(query(), "127.0.0.1", 0.05, server.port)
        start = time.monotonic()
        ask(server)
        assert time.monotonic() - start >= 0.1
        thread = threading.Thread(target=ask, args=(server,))
        thread.start()
        thread.join(0.05)
        assert thread.is_alive()
        event.set()
        thread.join(PATIENCE)
        assert not thread.is_alive()
        (garbage, from_where), (_, elsewhere), (answer, again) = datagrams(server, 3)
        assert garbage == b"raw"
        assert from_where == again == ("127.0.0.1", server.port)
        assert elsewhere[0] == "127.0.0.1"
        assert elsewhere[1] != server.port
        assert dns.message.from_wire(answer).answer


def test_another_host() -> None:
    def script(q: dns.message.Message, _: str, __: int) -> Any:
        return [scripted.from_elsewhere(reply(q), "127.0.0.2")]

    with Scripted(script) as server:
        ((_, where),) = datagrams(server, 1)
        assert where == ("127.0.0.2", server.port)


def test_actions_over_tcp() -> None:
    """Ends of many kinds, and bytes one by one."""

    def script(q: dns.message.Message, _: str, nth: int) -> Any:
        answer = reply(q, "a.example. A 192.0.2.1")
        return [
            [scripted.drip(answer, 0.001), scripted.hang_up],
            [scripted.half(answer)],
            [scripted.raw(b"x"), scripted.hang_up],
            [scripted.reset],
            [answer, answer, scripted.hang_up],
        ][nth]

    with Scripted(script) as server:
        whole = stream(server)
        size = len(whole)
        assert int.from_bytes(whole[:2]) == len(whole) - 2
        assert dns.message.from_wire(whole[2:]).answer
        cut = stream(server)
        assert (cut[:2], len(cut)) == (whole[:2], 2 + (size - 2) // 2)
        assert stream(server) == b"x"
        with pytest.raises(ConnectionResetError):
            stream(server)
        assert len(stream(server)) == 2 * size


def test_what_is_wrong_is_wrong() -> None:
    """Each spoilt message is spoilt in one place."""
    q = query("a.example.", "AAAA")

    def good() -> dns.message.Message:
        return dns.message.from_wire(reply(q, "a.example. AAAA 2001:db8::1").to_wire())

    def seen(message: dns.message.Message) -> dns.message.Message:
        return dns.message.from_wire(message.to_wire())

    assert q.is_response(seen(good()))
    for spoil in (
        answers.wrong_id,
        answers.a_query,
        answers.wrong_name,
        answers.longer_name,
        answers.wrong_type,
        answers.wrong_class,
        answers.extra_question,
    ):
        assert not q.is_response(seen(spoil(good()))), spoil
    assert len(seen(answers.extra_question(good())).question) == 2
    assert seen(answers.no_question(good())).question == []
    swapped = seen(answers.swapped_case(good()))
    assert q.is_response(swapped)
    assert str(swapped.question[0].name) == "A.EXAMPLE."
    assert seen(answers.truncated(good())).flags & dns.flags.TC
    for broken in (answers.self_pointing, answers.looping, answers.cut_short):
        with pytest.raises(dns.exception.DNSException):
            dns.message.from_wire(broken(q))
    full = answers.of_size(query(), 65535)
    assert len(full) == 65535
    assert len(set(answers.addresses_in(full))) > 4000
    assert dns.message.from_wire(reply(q, rcode=dns.rcode.BADVERS).to_wire()).rcode() == dns.rcode.BADVERS
    assert seen(answers.lame(q)).flags & (dns.flags.AA | dns.flags.RA) == 0


def test_a_script_that_fails() -> None:
    def script(*_: Any) -> Any:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), Scripted(script) as server:
        with pytest.raises(dns.exception.Timeout):
            dns.query.udp(query(), "127.0.0.1", 0.1, server.port)
    with pytest.raises(dns.exception.DNSException), Scripted(script) as server:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.sendto(b"no query", ("127.0.0.1", server.port))
            end = time.monotonic() + PATIENCE
            while not server._failures and time.monotonic() < end:
                time.sleep(0.002)
