"""When which server is asked, in exact virtual time: tries, turns, families, UDP and TCP, failures."""

from __future__ import annotations

import errno
from typing import Any

import dns.flags
import pytest
from dns.message import Message as Built

from dialnet.errors import DeadlineExceededError, OpError
from dialnet.resolve.options import ResolverOptions
from dialnet.resolve.talk import BadAnswerError
from tests.resolve import answers
from tests.resolve.virtual_net import (
    NAME,
    SERVERS,
    Asked,
    Reply,
    VirtualNet,
    after,
    answered_truncated,
    check,
    op_error,
    rcode,
    right,
    silent,
)

# Tries.


def test_every_server_every_round(net: VirtualNet) -> None:
    """Servers in their order, and from the first again; each has the whole timeout. Then it is over."""
    net.script = silent
    net.conf(attempts=3, timeout=5.0)
    err = net.failing("txt", NAME)
    assert net.when() == [(5.0 * i, "ABCABCABC"[i]) for i in range(9)]
    assert net.ended == [5.0 * i for i in range(1, 10)]
    assert net.host.time == 45.0
    check(err, "read udp 192.0.2.3:53: i/o timeout", "C", "timeout")
    assert isinstance(err, TimeoutError)
    assert isinstance(err.__cause__, OpError)


@pytest.mark.parametrize(
    ("attempts", "servers", "timeout"), [(1, 1, 1.0), (2, 1, 0.5), (1, 3, 2.0), (4, 2, 7.0)]
)
def test_how_long_silence_lasts(net: VirtualNet, attempts: int, servers: int, timeout: float) -> None:
    net.script = silent
    net.conf(attempts=attempts, servers=list(SERVERS)[:servers], timeout=timeout)
    net.failing("txt", NAME)
    assert net.host.time == attempts * servers * timeout
    assert len(net.asked) == attempts * servers


def test_the_default(net: VirtualNet) -> None:
    """resolv.conf(5): two attempts of five seconds."""
    net.machine.conf = type(net.machine.conf)(servers=["192.0.2.1:53"])
    net.script = silent
    net.failing("txt", NAME)
    assert net.when() == [(0.0, "A"), (5.0, "A")]
    assert net.host.time == 10.0


def test_the_worst_case(net: VirtualNet) -> None:
    """Names × attempts × servers × timeout, and all that twice where TCP is asked after UDP: no more."""
    net.conf(search=["one.example.", "two.example."], attempts=2, timeout=4.0)
    net.script = lambda asked: after(4.0 - 2**-10, answered_truncated) if asked.network == "udp" else None
    err = net.failing("host", "a")
    each = 8.0 - 2**-10
    assert net.host.time == 3 * 2 * 3 * each
    assert len(net.asked) == 2 * 2 * 3 * 2 * 3
    assert net.names() == ["a.one.example.", "a.two.example.", "a."]
    check(err, "read tcp 192.0.2.3:53: i/o timeout", "C", "timeout", name="a")


def test_an_answer_ends_it_at_once(net: VirtualNet) -> None:
    net.script = lambda asked: right(asked, 0.25) if asked.at >= 10.0 else None
    assert net.lookup("txt", NAME) == ["x"]
    assert net.when() == [(0.0, "A"), (5.0, "B"), (10.0, "C")]
    assert net.host.time == 10.25


def test_an_answer_in_the_last_moment(net: VirtualNet) -> None:
    net.script = lambda asked: right(asked, 5.0 - 2**-20)
    assert net.lookup("txt", NAME) == ["x"]
    assert len(net.asked) == 1


# Whose turn it is.


def test_without_rotation_the_first_comes_first(net: VirtualNet) -> None:
    for _ in range(3):
        net.lookup("txt", NAME)
    assert [asked.server for asked in net.asked] == ["A", "A", "A"]


def test_rotation(net: VirtualNet) -> None:
    """Each query begins with another server and goes round from there."""
    net.conf(rotate=True)
    for _ in range(5):
        net.lookup("txt", NAME)
    assert [asked.server for asked in net.asked] == list("ABCAB")
    net.asked.clear()
    net.script = silent
    net.failing("txt", NAME)
    assert [asked.server for asked in net.asked] == list("CABCAB")
    # Two queries, two turns.
    net.asked.clear()
    net.failing("host", NAME)
    by_type = {kind: [a.server for a in net.asked if a.type == kind] for kind in ("A", "AAAA")}
    assert by_type == {"A": list("ABCABC"), "AAAA": list("BCABCA")}


def test_resolvers_take_turns_together(net: VirtualNet) -> None:
    """It is the machine's servers that share the load."""
    net.conf(rotate=True)
    for _ in range(3):
        net.lookup("txt", NAME, resolver=ResolverOptions(servers=list(SERVERS)))
    assert [asked.server for asked in net.asked] == list("ABC")


# A and AAAA.


def test_both_families_at_once(net: VirtualNet) -> None:
    """The slower one decides, not their sum."""
    net.script = lambda asked: right(asked, 2.0 if asked.type == "A" else 3.0)
    assert sorted(net.lookup("host", NAME)) == ["192.0.2.9", "2001:db8::9"]
    assert net.asked == [Asked(0.0, "udp", "A", NAME, "A"), Asked(0.0, "udp", "A", NAME, "AAAA")]
    assert net.ended == [2.0, 3.0]
    assert net.host.time == 3.0


def test_single_request(net: VirtualNet) -> None:
    net.conf(single_request=True)
    net.script = lambda asked: right(asked, 2.0 if asked.type == "A" else 3.0)
    assert sorted(net.lookup("host", NAME)) == ["192.0.2.9", "2001:db8::9"]
    assert net.asked == [Asked(0.0, "udp", "A", NAME, "A"), Asked(2.0, "udp", "A", NAME, "AAAA")]
    assert net.host.time == 5.0


def test_three_questions_for_a_canonical_name(net: VirtualNet) -> None:
    net.script = lambda asked: right(asked, 1.0)
    net.lookup("cname", NAME)
    assert [(asked.at, asked.type) for asked in net.asked] == [(0.0, "A"), (0.0, "AAAA"), (0.0, "CNAME")]
    net.conf(single_request=True)
    net.asked.clear()
    net.lookup("cname", NAME)
    assert [(asked.at, asked.type) for asked in net.asked] == [(1.0, "A"), (2.0, "AAAA"), (3.0, "CNAME")]


@pytest.mark.parametrize(("network", "kind"), [("ip4", "A"), ("ip6", "AAAA")])
def test_one_family_is_one_question(net: VirtualNet, network: str, kind: str) -> None:
    net.lookup("ip", network, NAME)
    assert [asked.type for asked in net.asked] == [kind]


def test_the_families_go_their_own_ways(net: VirtualNet) -> None:
    """Each has its own tries."""

    def script(asked: Asked) -> Reply | None:
        if asked.type == "A":
            return after(0.5, answers.servfail) if asked.server == "A" else right(asked, 0.5)
        return right(asked, 0.25) if asked.server == "C" else None

    net.script = script
    assert sorted(net.lookup("host", NAME)) == ["192.0.2.9", "2001:db8::9"]
    assert [(a.at, a.server) for a in net.asked if a.type == "A"] == [(0.0, "A"), (0.5, "B")]
    assert [(a.at, a.server) for a in net.asked if a.type == "AAAA"] == [(0.0, "A"), (5.0, "B"), (10.0, "C")]
    assert net.host.time == 10.25


FAILURES: dict[str, Any] = {
    "silence": None,
    "SERVFAIL": after(0.5, answers.servfail),
    "REFUSED": after(0.5, answers.refused),
    "NXDOMAIN": after(0.5, answers.nxdomain),
    "no data": after(0.5, answers.no_data),
    "lame": after(0.5, answers.lame),
    "socket": after(0.5, op_error("read", "udp", ConnectionRefusedError(errno.ECONNREFUSED, "no"))),
    "unreadable": after(0.5, BadAnswerError("cannot unmarshal DNS message", final=True)),
}


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("failing", ["A", "AAAA"])
@pytest.mark.parametrize("single", [False, True])
def test_one_family_fails(net: VirtualNet, failure: str, failing: str, single: bool) -> None:
    """The other's addresses do. With strict errors they do not, if the failure may be over the next time."""
    net.conf(single_request=single)
    net.script = lambda asked: FAILURES[failure] if asked.type == failing else right(asked, 0.1)
    other = ["2001:db8::9"] if failing == "A" else ["192.0.2.9"]
    assert net.lookup("host", NAME) == other
    strict = ResolverOptions(prefer_python=True, strict_errors=True)
    if failure in ("silence", "SERVFAIL", "socket"):
        err = net.failing("host", NAME, resolver=strict)
        assert err.temporary
        assert err.name == NAME
    else:
        assert net.lookup("host", NAME, resolver=strict) == other


# UDP and TCP.


def test_truncation_is_asked_again_over_tcp(net: VirtualNet) -> None:
    """The same server, at once; and TCP has a timeout of its own."""
    net.script = lambda asked: after(3.0, answered_truncated) if asked.network == "udp" else right(asked, 4.0)
    assert net.lookup("txt", NAME) == ["x"]
    assert net.asked == [Asked(0.0, "udp", "A", NAME, "TXT"), Asked(3.0, "tcp", "A", NAME, "TXT")]
    assert net.host.time == 7.0


def test_truncation_and_silence_over_tcp(net: VirtualNet) -> None:
    """The next server begins with UDP again."""
    net.conf(attempts=1)
    net.script = lambda asked: after(3.0, answered_truncated) if asked.network == "udp" else None
    err = net.failing("txt", NAME)
    assert [(a.at, a.network, a.server) for a in net.asked] == [
        (0.0, "udp", "A"), (3.0, "tcp", "A"),
        (8.0, "udp", "B"), (11.0, "tcp", "B"),
        (16.0, "udp", "C"), (19.0, "tcp", "C"),
    ]  # fmt: skip
    assert net.host.time == 24.0
    check(err, "read tcp 192.0.2.3:53: i/o timeout", "C", "timeout")


def test_only_one_family_is_truncated(net: VirtualNet) -> None:
    net.script = lambda asked: (
        after(1.0, answered_truncated) if asked[1:] == ("udp", "A", NAME, "A") else right(asked, 1.0)
    )
    assert sorted(net.lookup("host", NAME)) == ["192.0.2.9", "2001:db8::9"]
    assert [(a.at, a.network, a.type) for a in net.asked] == [
        (0.0, "udp", "A"), (0.0, "udp", "AAAA"), (1.0, "tcp", "A"),
    ]  # fmt: skip
    assert net.host.time == 2.0


def test_truncated_over_tcp_is_what_there_is(net: VirtualNet) -> None:
    net.script = lambda asked: after(
        1.0, lambda query: answers.truncated(answers.reply(query, f'{NAME} TXT "half"'))
    )
    assert net.lookup("txt", NAME) == ["half"]
    assert [asked.network for asked in net.asked] == ["udp", "tcp"]


def test_use_vc(net: VirtualNet) -> None:
    """No UDP at all."""
    net.conf(use_tcp=True, attempts=1)
    net.lookup("host", NAME)
    assert [(asked.at, asked.network) for asked in net.asked] == [(0.0, "tcp"), (0.0, "tcp")]
    net.asked.clear()
    net.script = silent
    net.failing("txt", NAME)
    assert [(asked.at, asked.network) for asked in net.asked] == [(0.0, "tcp"), (5.0, "tcp"), (10.0, "tcp")]


# Failures of a server, and answers.

# What the first server does; what is said if all do; of what kind that is.
NEXT: dict[str, tuple[Reply, str, str]] = {
    "SERVFAIL": (after(0.5, answers.servfail), "server misbehaving", "temporary"),
    "REFUSED": (after(0.5, answers.refused), "server misbehaving", ""),
    "FORMERR": (after(0.5, rcode(1)), "server misbehaving", ""),
    "NOTIMP": (after(0.5, rcode(4)), "server misbehaving", ""),
    "BADVERS": (after(0.5, rcode(16)), "server misbehaving", ""),
    "lame": (after(0.5, answers.lame), "lame referral", ""),
    "refused": (
        after(0.5, op_error("read", "udp", ConnectionRefusedError(errno.ECONNREFUSED, "no"))),
        "read udp: no",
        "temporary",
    ),
    "no route": (
        after(0.5, op_error("dial", "udp", OSError(errno.ENETUNREACH, "no"))),
        "dial udp: no",
        "temporary",
    ),
    "an OSError of a dial": (after(0.5, OSError(errno.EPROTO, "not mine")), "[Errno 71] not mine", ""),
    "deadline of a dial": (after(0.5, DeadlineExceededError()), "i/o timeout", "timeout"),
    "hang up": (after(0.5, EOFError()), "EOF", ""),
    "invalid": (after(0.5, BadAnswerError("invalid DNS response")), "invalid DNS response", ""),
}


@pytest.mark.parametrize("failure", NEXT)
def test_the_next_server(net: VirtualNet, failure: str) -> None:
    """It is asked at once."""
    reply, text, flag = NEXT[failure]
    net.script = lambda asked: reply if asked.server == "A" else right(asked, 0.25)
    assert net.lookup("txt", NAME) == ["x"]
    assert net.when() == [(0.0, "A"), (0.5, "B")]
    assert net.host.time == 0.75
    net.asked.clear()
    net.script = lambda asked: reply
    err = net.failing("txt", NAME)
    assert [asked.server for asked in net.asked] == list("ABCABC")
    assert net.host.time == 0.75 + 3.0
    check(err, text, "C", flag)


def empty(query: Built, *lines: str, **how: Any) -> Built:
    return answers.reply(query, *lines, **how)


# Answers that nobody else is asked after.
FINAL: dict[str, tuple[Any, str]] = {
    "NXDOMAIN": (answers.nxdomain, "not found"),
    "no data": (answers.no_data, "not found"),
    "nothing, from one who knows": (
        lambda q: empty(q, recursive=False, authoritative=True),
        "not found",
    ),
    "nothing, with something beside it": (
        lambda q: empty(q, recursive=False, additional=["ns.example. A 192.0.2.1"]),
        "not found",
    ),
    "nothing, with EDNS": (lambda q: empty(q, recursive=False, edns=True), "not found"),
    "only other records": (lambda q: empty(q, f"{NAME} HINFO x y"), "not found"),
}


@pytest.mark.parametrize("answer", FINAL)
@pytest.mark.parametrize("kind", ["txt", "host"])
def test_an_answer_is_an_answer(net: VirtualNet, answer: str, kind: str) -> None:
    made, flag = FINAL[answer]
    net.script = lambda asked: after(0.5, made)
    err = net.failing(kind, NAME)
    assert {asked.at for asked in net.asked} == {0.0}
    assert {asked.server for asked in net.asked} == {"A"}
    assert net.host.time == 0.5
    check(err, "no such host", "A", flag)


def test_unreadable_records_are_nobody_elses(net: VirtualNet) -> None:
    net.script = lambda asked: after(0.5, BadAnswerError("cannot unmarshal DNS message", final=True))
    err = net.failing("txt", NAME)
    assert net.when() == [(0.0, "A")]
    check(err, "cannot unmarshal DNS message", "A")


def test_what_is_no_failure_of_the_network_comes_through(net: VirtualNet) -> None:
    """A mistake in the caller's own `dial`, say."""
    net.script = lambda asked: after(0.5, ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        net.lookup("host", NAME)
    assert net.host.time == 0.5
    # The other question is not waited for, and nothing is left of the lookup.
    assert net.ended == [0.5, 0.5]
    net.script = right
    assert len(net.lookup("host", NAME)) == 2


# What the queries say.


def test_trust_ad_and_edns(net: VirtualNet, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the queries say."""
    seen: list[Built] = []

    def script(asked: Asked) -> Reply:
        def made(query: Built) -> Built:
            seen.append(query)
            return answers.reply(query, f'{NAME} TXT "x"')

        return Reply(0.0, made)

    net.script = script
    net.lookup("txt", NAME)
    net.conf(trust_ad=True)
    net.lookup("txt", NAME)
    monkeypatch.setenv("DIALNETDEBUG", "netedns0=0")
    net.lookup("txt", NAME)
    assert [bool(query.flags & dns.flags.AD) for query in seen] == [False, True, True]
    assert [query.edns for query in seen] == [0, 0, -1]
    assert [query.payload for query in seen[:2]] == [1232, 1232]
