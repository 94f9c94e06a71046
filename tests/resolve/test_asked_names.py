"""Which names are asked for in which order, which error is kept, and where a chain of aliases ends."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from dns.message import Message as Built

import dialnet
from dialnet.resolve.options import ResolverOptions
from dialnet.resolve.search import names
from tests.resolve import answers
from tests.resolve.virtual_net import (
    ADDRESSES,
    NAME,
    Reply,
    VirtualMachine,
    VirtualNet,
    after,
    check,
    right,
)

# Which names.


@pytest.mark.parametrize(
    ("name", "ndots", "expected"),
    [
        ("a", 1, ["a.one.", "a.two.example.", "a."]),
        ("a", 0, ["a.", "a.one.", "a.two.example."]),
        ("a.b", 1, ["a.b.", "a.b.one.", "a.b.two.example."]),
        ("a.b", 2, ["a.b.one.", "a.b.two.example.", "a.b."]),
        ("a.b.c", 2, ["a.b.c.", "a.b.c.one.", "a.b.c.two.example."]),
        ("a.", 5, ["a."]),
        ("a.b.", 1, ["a.b."]),
        ("a", 15, ["a.one.", "a.two.example.", "a."]),
    ],
)
def test_names(net: VirtualNet, name: str, ndots: int, expected: list[str]) -> None:
    """One after the other, in every kind of lookup; and in that order."""
    net.conf(search=["one.", "two.example."], ndots=ndots)
    net.script = lambda asked: after(1.0, answers.nxdomain)
    for kind in ("host", "cname", "txt", "mx", "ns"):
        net.asked.clear()
        start = net.host.time
        err = net.failing(kind, name)
        assert net.names() == expected
        assert sorted({asked.at - start for asked in net.asked}) == [float(i) for i in range(len(expected))]
        check(err, "no such host", "A", "not found", name=name)


def test_the_search_ends_with_an_answer(net: VirtualNet) -> None:
    net.conf(search=["one.", "two."])
    net.script = lambda asked: right(asked, 1.0) if asked.name == "a.two." else after(1.0, answers.nxdomain)
    for kind in ("txt", "host"):
        net.asked.clear()
        start = net.host.time
        net.lookup(kind, "a")
        assert net.names() == ["a.one.", "a.two."]
        assert net.host.time == start + 2.0


def test_the_search_goes_on_after_failures(net: VirtualNet) -> None:
    """With strict errors it ends at the first that may be over the next time."""
    net.conf(search=["one.", "two."], servers=[ADDRESSES["A"]], attempts=1)
    failures = {
        "silence": (None, 5.0, True),
        "SERVFAIL": (after(1.0, answers.servfail), 1.0, True),
        "REFUSED": (after(1.0, answers.refused), 1.0, False),
        "NXDOMAIN": (after(1.0, answers.nxdomain), 1.0, False),
    }
    for failure, length, temporary in failures.values():
        net.script = lambda asked, failure=failure: failure if asked.name == "a.one." else right(asked)
        for kind in ("txt", "host"):
            net.asked.clear()
            start = net.host.time
            net.lookup(kind, "a")
            assert net.names() == ["a.one.", "a.two."]
            assert net.host.time == start + length
            strict = ResolverOptions(prefer_python=True, strict_errors=True)
            if temporary:
                net.asked.clear()
                err = net.failing(kind, "a", resolver=strict)
                assert net.names() == ["a.one."]
                assert err.temporary
                assert err.name == "a"
            else:
                net.lookup(kind, "a", resolver=strict)


def test_long_names() -> None:
    """254 characters with the final dot are the most that fits into a message."""
    conf = VirtualMachine.conf.with_(search=["example.", "x."])
    label = "a" * 49 + "."
    longest = label * 5 + "b" * 3
    assert len(longest) == 253
    assert names(longest + ".", conf) == [longest + "."]
    assert names(longest, conf) == [longest + "."]
    assert names(longest + "b.", conf) == []
    assert names(longest + "b", conf) == []
    # What a suffix makes too long is left out.
    short = longest[:-1]
    assert names(short, conf) == [short + "."]
    short = longest[:-2]
    assert names(short, conf) == [short + ".", short + ".x."]


@pytest.mark.parametrize(
    "name",
    [
        "x" * 64 + ".example.",
        "a." * 127 + "bc",
        "a..example.",
        ".a",
        "..",
        "-a.example.",
        "a-.example.",
        "a b.example.",
        "a/b.example.",
        "1.2.3",
        "127.1",
        "12345",
        "a\0.example.",
        "",
    ],
)
def test_what_is_no_name_is_not_asked_for(net: VirtualNet, name: str) -> None:
    net.conf(search=["one."])
    for kind in ("host", "cname", "txt", "mx", "ns"):
        check(net.failing(kind, name), "no such host", "", "not found", name=name)
    assert net.asked == []
    assert net.host.time == 0.0


@pytest.mark.parametrize("name", ["a.onion", "A.Onion", "a.b.ONION.", "a.onion."])
def test_onion_is_not_asked_for(net: VirtualNet, name: str) -> None:
    """Nor with a suffix, which would tell as much (RFC 7686). Otherwise than in Go it is an error."""
    net.conf(search=["one."])
    for kind in ("host", "ip_addr", "cname", "txt", "mx", "ns"):
        check(net.failing(kind, name), "no such host", "", "not found", name=name)
    assert net.asked == []


def test_onion_as_a_suffix_is_left_out(net: VirtualNet) -> None:
    net.conf(search=["onion.", "x.onion.", "one."])
    net.script = lambda asked: after(0.0, answers.nxdomain)
    net.failing("txt", "a")
    assert net.names() == ["a.one.", "a."]
    net.asked.clear()
    net.failing("txt", "onion.example")
    assert net.names() == ["onion.example.", "onion.example.one."]


# Which error is kept.


def by_name(**replies: Reply | None) -> Any:
    """By the first letter behind the name's first dot."""
    return lambda asked: replies[asked.name.partition(".")[2][:1] or "bare"]


def test_the_bare_names_error_counts(net: VirtualNet) -> None:
    """Of an address lookup; else the first."""
    net.conf(search=["one.", "two."], servers=[ADDRESSES["A"]], attempts=1)
    fail, refuse, missing = (after(1.0, made) for made in (answers.servfail, answers.lame, answers.nxdomain))
    net.script = by_name(o=fail, t=missing, bare=refuse)
    check(net.failing("host", "a"), "lame referral", "A", name="a")
    net.script = by_name(o=fail, t=refuse, bare=missing)
    check(net.failing("host", "a"), "no such host", "A", "not found", name="a")
    net.conf(ndots=0)
    net.script = by_name(bare=fail, o=missing, t=refuse)
    check(net.failing("host", "a"), "server misbehaving", "A", "temporary", name="a")


def test_a_single_types_last_error_counts(net: VirtualNet) -> None:
    net.conf(search=["one.", "two."], servers=[ADDRESSES["A"]], attempts=1)
    fail, lame, missing = (after(1.0, made) for made in (answers.servfail, answers.lame, answers.nxdomain))
    for kind in ("txt", "mx", "ns"):
        net.script = by_name(o=fail, t=missing, bare=lame)
        check(net.failing(kind, "a"), "lame referral", "A", name="a")
        net.conf(ndots=0)
        net.script = by_name(bare=fail, o=missing, t=lame)
        check(net.failing(kind, "a"), "lame referral", "A", name="a")
        net.conf(ndots=1)


def test_the_last_server_is_named(net: VirtualNet) -> None:
    """Each try's failure takes the place of the one before."""
    net.conf(attempts=1)
    replies = {
        "A": after(0.5, answers.servfail),
        "B": after(0.5, answers.refused),
        "C": after(0.5, answers.lame),
    }
    net.script = lambda asked: replies[asked.server]
    check(net.failing("txt", NAME), "lame referral", "C")


@pytest.mark.parametrize("slow", ["A", "AAAA"])
def test_both_families_fail(net: VirtualNet, slow: str) -> None:
    """Of a rooted name the first failure stays; of the bare name the last to come counts."""
    net.conf(servers=[ADDRESSES["A"]], attempts=1)
    net.script = lambda asked: (
        after(2.0, answers.servfail) if asked.type == slow else after(1.0, answers.refused)
    )
    err = net.failing("host", NAME)
    check(err, "server misbehaving", "A")
    err = net.failing("host", NAME.rstrip("."))
    check(err, "server misbehaving", "A", "temporary", name=NAME.rstrip("."))


# Canonical names: the end of the chain, whichever answer comes first.


@pytest.mark.parametrize("delays", [(0, 1, 2), (2, 1, 0), (1, 0, 2), (1, 2, 0), (0, 0, 0)])
@pytest.mark.parametrize("end", ["address", "no data", "NXDOMAIN"])
def test_the_end_of_a_chain(net: VirtualNet, delays: tuple[int, ...], end: str) -> None:
    """Who is asked for CNAME knows only the first link; the other two answers have them all."""
    chain = ["a.example. CNAME b.example.", "b.example. CNAME c.example."]

    def made(query: Built) -> Built:
        kind = query.question[0].rdtype
        if kind == 5:
            return answers.reply(query, chain[0])
        if end == "address" and kind == 1:
            return answers.reply(query, *chain, "c.example. A 192.0.2.9")
        return answers.reply(query, *chain, rcode=3 if end == "NXDOMAIN" else 0)

    by_type = dict(zip(("A", "AAAA", "CNAME"), delays))
    net.script = lambda asked: after(by_type[asked.type], made)
    assert net.lookup("cname", NAME) == "c.example."
    # An address lookup has no use for a chain that ends in nothing.
    if end == "address":
        assert net.lookup("host", NAME) == ["192.0.2.9"]
    else:
        check(net.failing("host", NAME), "no such host", "A", "not found")


def test_a_canonical_name_without_addresses_servers(net: VirtualNet) -> None:
    """A server that fails for addresses may still know the alias."""
    net.conf(attempts=1)
    net.script = lambda asked: right(asked) if asked.type == "CNAME" else after(0.5, answers.servfail)
    assert net.lookup("cname", NAME) == "c.example."
    strict = ResolverOptions(prefer_python=True, strict_errors=True)
    check(net.failing("cname", NAME, resolver=strict), "server misbehaving", "C", "temporary")


# The hosts file, and DNS.


@pytest.mark.parametrize(("order", "asked"), [("files dns", 0), ("dns files", 2), ("files", 0)])
def test_files_and_dns(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, order: str, asked: int) -> None:
    """nsswitch.conf's order; a hit in the file is final, and the file is asked when DNS has failed."""
    (tmp_path / "hosts").write_text("192.0.2.77 a.example b.example\n")
    (tmp_path / "nsswitch.conf").write_text(f"hosts: {order}\n")
    net = VirtualNet(monkeypatch, VirtualMachine(str(tmp_path)))
    net.conf(attempts=1, servers=[ADDRESSES["A"]])
    for made in (answers.nxdomain, answers.servfail):
        net.script = lambda _, made=made: after(1.0, made)
        net.asked.clear()
        assert net.lookup("host", NAME) == ["192.0.2.77"]
        assert len(net.asked) == asked
        # A family that the file does not have is not asked for elsewhere.
        with pytest.raises(dialnet.NoSuitableAddressError):
            net.lookup("ip", "ip6", NAME)
    net.script = right
    net.asked.clear()
    if order == "files":
        check(net.failing("host", "c.example."), "no such host", "", "not found", name="c.example.")
        assert net.asked == []
    else:
        assert len(net.lookup("host", "c.example.")) == 2
