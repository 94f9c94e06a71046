"""Windows' way, against stand-ins for its libraries: the records of DNS."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from dialnet import IPAddr
from dialnet.resolve.records import MX, NS, SRV
from dialnet.resolve.ways.windows import WindowsWay
from tests.resolve import windows_dll as win
from tests.resolve.driving import drive, facts, failed
from tests.resolve.windows_dll import ADDITIONAL, AUTHORITY, DLL, NULL, QUESTION, ManyTexts, Rec

NAME = "example.org"


@pytest.fixture
def dll() -> Iterator[DLL]:
    with win.loaded() as dll:
        yield dll


@pytest.fixture
def way(dll: DLL) -> WindowsWay:
    return WindowsWay(dll, dll)


def test_every_kind(dll: DLL, way: WindowsWay) -> None:
    dll.answers[NAME, win.MX] = (
        0,
        [
            Rec(NAME, win.MX, 20, "b.example.org"),
            Rec(NAME, win.MX, 65535, "A.example.org."),
            Rec(NAME, win.MX, 0, "."),
            Rec(NAME, win.MX, 0, ""),
        ],
    )
    assert drive(way.lookup_mx(NAME)) == [
        MX("b.example.org.", 20),
        MX("A.example.org.", 65535),
        MX(".", 0),
        MX(".", 0),
    ]
    dll.answers[NAME, win.NS] = (0, [Rec(NAME, win.NS, "ns1.example.org"), Rec(NAME, win.NS, "ns2")])
    assert drive(way.lookup_ns(NAME)) == [NS("ns1.example.org."), NS("ns2.")]
    dll.answers["_sip._tcp.example.org", win.SRV] = (
        0,
        [
            Rec("_sip._tcp.example.org", win.SRV, 1, 20, 5060, "a.example.org"),
            Rec("_sip._tcp.example.org", win.SRV, 2, 0, 65535, "."),
        ],
    )
    assert drive(way.lookup_srv("_sip._tcp.example.org")) == (
        "_sip._tcp.example.org.",
        [SRV("a.example.org.", 5060, priority=1, weight=20), SRV(".", 65535, priority=2, weight=0)],
    )
    texts = [("v=spf1 ", "-all"), ("",), ("x" * 255,) * 20, ("grün \ud800 😀", "\r\n\t"), ()]
    dll.answers[NAME, win.TXT] = (0, [Rec(NAME, win.TXT, *text) for text in texts])
    assert drive(way.lookup_txt(NAME)) == ["".join(text) for text in texts]
    assert dll.asked == [
        (NAME, win.MX),
        (NAME, win.NS),
        ("_sip._tcp.example.org", win.SRV),
        (NAME, win.TXT),
    ]
    assert len(dll.memory.taken_back) == 4


def test_the_root(dll: DLL, way: WindowsWay) -> None:
    dll.answers["", win.NS] = (
        0,
        [Rec(".", win.NS, "a.root-servers.net"), Rec("", win.NS, "b.root-servers.net")],
    )
    assert drive(way.lookup_ns(".")) == [NS("a.root-servers.net."), NS("b.root-servers.net.")]


def test_names_of_addresses(dll: DLL, way: WindowsWay) -> None:
    v4, v6 = "1.2.0.192.in-addr.arpa", "1" + ".0" * 23 + ".8.b.d.0.1.0.0.2.ip6.arpa"
    dll.answers[v4, win.PTR] = (0, [Rec(v4, win.PTR, "a.example.org"), Rec(v4, win.PTR, "b.example.org.")])
    # What the machine knows of itself.
    dll.answers[v6, win.PTR] = (0, [Rec(v6 + ".", win.PTR, "me", section=QUESTION)])
    assert drive(way.lookup_addr(IPAddr("192.0.2.1"))) == ["a.example.org.", "b.example.org."]
    assert drive(way.lookup_addr(IPAddr("2001:db8::1"))) == ["me."]
    assert dll.asked == [(v4 + ".", win.PTR), (v6 + ".", win.PTR)]
    err = failed(way.lookup_addr(IPAddr("fe80::9")))
    assert (str(err), err.is_not_found) == ("lookup fe80::9: no such host", True)
    assert str(failed(way.lookup_addr(IPAddr("fe80::9", "eth0")))) == (
        "lookup fe80::9%eth0: unrecognized address"
    )
    assert str(failed(way.lookup_addr(IPAddr()))) == "lookup : unrecognized address"


INVALID = "lookup {}: DNS response contained records which contain invalid names"


def test_names_that_are_none(dll: DLL, way: WindowsWay) -> None:
    """They are left out, and the error that says so has the others."""
    bad = "$(reboot).example"
    dll.answers[NAME, win.MX] = (
        0,
        [Rec(NAME, win.MX, 1, "a"), Rec(NAME, win.MX, 2, bad), Rec(NAME, win.MX, 3, "192.0.2.1")],
    )
    err = failed(way.lookup_mx(NAME))
    assert (str(err), err.records) == (INVALID.format(NAME), (MX("a.", 1), MX("192.0.2.1.", 3)))
    dll.answers[NAME, win.NS] = (0, [Rec(NAME, win.NS, bad), Rec(NAME, win.NS, "a")])
    err = failed(way.lookup_ns(NAME))
    assert (str(err), err.records) == (INVALID.format(NAME), (NS("a."),))
    dll.answers[NAME, win.SRV] = (
        0,
        [Rec(NAME, win.SRV, 1, 2, 3, bad), Rec(NAME, win.SRV, 1, 2, 3, "a")],
    )
    err = failed(way.lookup_srv(NAME))
    assert (str(err), err.records) == (INVALID.format(NAME), (SRV("a.", 3, priority=1, weight=2),))
    dll.answers[NAME, win.SRV] = (0, [Rec(NAME, win.CNAME, bad), Rec(bad, win.SRV, 1, 2, 3, "a")])
    assert str(failed(way.lookup_srv(NAME))) == f"lookup {NAME}: SRV header name is invalid"
    dll.answers["1.2.0.192.in-addr.arpa", win.PTR] = (
        0,
        [Rec("1.2.0.192.in-addr.arpa", win.PTR, bad), Rec("1.2.0.192.in-addr.arpa", win.PTR, "a")],
    )
    err = failed(way.lookup_addr(IPAddr("192.0.2.1")))
    assert (str(err), err.records) == (INVALID.format("192.0.2.1"), ("a.",))
    dll.answers[NAME, win.CNAME] = (0, [Rec(NAME, win.CNAME, bad)])
    assert str(failed(way.lookup_cname(NAME))) == INVALID.format(NAME)


def test_only_what_answers(dll: DLL, way: WindowsWay) -> None:
    dll.answers[NAME, win.MX] = (
        0,
        [
            Rec(NAME, win.MX, 1, "of.the.authority", section=AUTHORITY),
            Rec(NAME, win.MX, 2, "additional", section=ADDITIONAL),
            Rec("other.example", win.MX, 3, "of.another"),
            Rec(NAME, win.NS, "of.another.type"),
            Rec(NAME, win.A, b"\xc0\0\2\1"),
            Rec(NAME, win.SOA, b"\xff" * 40),
            Rec(NULL, win.MX, 4, "of.nobody"),
            Rec("EXAMPLE.org.", win.MX, 5, "right"),
        ],
    )
    assert drive(way.lookup_mx(NAME)) == [MX("right.", 5)]
    assert drive(way.lookup_mx(NAME + ".")) == [MX("right.", 5)]


@pytest.mark.parametrize(
    "records",
    [
        [],
        [Rec(NULL, win.MX, 1, "a")],
        [Rec("other.example", win.MX, 1, "a")],
        [Rec(NAME, win.MX, 1, "a", section=AUTHORITY)],
        [Rec(NAME, win.CNAME, "b.example"), Rec("b.example", win.CNAME, NAME)],
        [Rec(NAME, win.CNAME, "b.example"), Rec(NAME, win.MX, 1, "a")],
    ],
    ids=["empty", "null owner", "other owner", "other section", "loop", "beside the alias"],
)
def test_an_answer_with_nothing_in_it(dll: DLL, way: WindowsWay, records: list[Rec]) -> None:
    dll.answers[NAME, win.MX] = (0, records)
    err = failed(way.lookup_mx(NAME))
    assert (str(err), err.is_not_found) == ("lookup example.org: no such host", True)


@pytest.mark.parametrize(
    "bad",
    [
        Rec(NAME, win.MX, 1, NULL),
        Rec(NAME, win.MX, 1, "x" * 70000),
        Rec(NAME, win.CNAME, NULL),
        Rec(NAME, win.SRV, 1, 1, 1, NULL),
        Rec(NAME, win.NS, NULL),
        Rec(NAME, win.TXT, "a", NULL),
        ManyTexts(NAME, 65536, 65536),
        ManyTexts(NAME, 0xFFFFFFFF, 1),
    ],
    ids=["mx", "endless", "cname", "srv", "ns", "txt", "many", "too many"],
)
def test_records_that_make_no_sense(dll: DLL, way: WindowsWay, bad: Rec) -> None:
    kind = win.MX if bad.kind == win.CNAME else bad.kind
    dll.answers[NAME, kind] = (0, [Rec(NAME, win.A, b"\0\0\0\0"), bad])
    lookups = {
        win.MX: way.lookup_mx,
        win.SRV: way.lookup_srv,
        win.NS: way.lookup_ns,
        win.TXT: way.lookup_txt,
    }
    err = failed(lookups[kind](NAME))
    assert str(err) == "lookup example.org: cannot unmarshal DNS message"
    assert facts(err) == (False, False, False)
    assert len(dll.memory.taken_back) == 1


def test_suffixes(dll: DLL, way: WindowsWay) -> None:
    """Windows puts its suffixes to a name that is not rooted, and answers under the whole name."""
    records = [Rec("mail.corp.example", win.CNAME, "m1.example"), Rec("m1.example", win.TXT, "found")]
    dll.answers["mail", win.TXT] = (0, records)
    assert drive(way.lookup_txt("mail")) == ["found"]
    assert failed(way.lookup_txt("mail.")).is_not_found
    dll.answers["mail", win.CNAME] = (0, records[:1])
    dll.answers["m1.example", win.CNAME] = (9501, [])
    assert drive(way.lookup_cname("mail")) == "m1.example."
    dll.answers["mai", win.TXT] = (0, records)
    assert failed(way.lookup_txt("mai")).is_not_found


CHAIN = [
    Rec("c.example", win.CNAME, "D.example"),
    Rec(NAME, win.CNAME, "b.example"),
    Rec("B.example.", win.CNAME, "c.example."),
    Rec(NAME, win.CNAME, "second.example"),
]


def test_aliases_in_an_answer(dll: DLL, way: WindowsWay) -> None:
    srv = Rec("d.example", win.SRV, 1, 2, 3, "t.example")
    dll.answers[NAME, win.SRV] = (0, [*CHAIN, srv, Rec(NAME, win.SRV, 9, 9, 9, "wrong")])
    assert drive(way.lookup_srv(NAME)) == ("d.example.", [SRV("t.example.", 3, priority=1, weight=2)])


def test_the_end_of_the_aliases(dll: DLL, way: WindowsWay) -> None:
    dll.answers[NAME, win.CNAME] = (0, CHAIN)
    dll.answers["D.example", win.CNAME] = (0, [Rec("d.example", win.CNAME, "e.example")])
    dll.answers["e.example", win.CNAME] = (9501, [Rec("example", win.SOA, b"\0" * 40, section=AUTHORITY)])
    assert drive(way.lookup_cname(NAME)) == "e.example."
    assert drive(way.lookup_cname("e.example")) == "e.example."
    dll.answers["e.example", win.CNAME] = (0, [Rec("e.example", win.A, b"\0" * 4)])
    assert drive(way.lookup_cname("e.example.")) == "e.example."


def test_odd_aliases(dll: DLL, way: WindowsWay) -> None:
    dll.answers["dangling.example", win.CNAME] = (0, [Rec("dangling.example", win.CNAME, "missing.example")])
    assert drive(way.lookup_cname("dangling.example")) == "missing.example."
    assert failed(way.lookup_cname("missing.example")).is_not_found
    # A loop in one answer, and one over two.
    dll.answers["a.example", win.CNAME] = (
        0,
        [Rec("a.example", win.CNAME, "b.example"), Rec("b.example", win.CNAME, "a.example")],
    )
    assert drive(way.lookup_cname("a.example")) == "a.example."
    dll.answers["x.example", win.CNAME] = (0, [Rec("x.example", win.CNAME, "Y.example")])
    dll.answers["Y.example", win.CNAME] = (0, [Rec("y.example", win.CNAME, "X.example")])
    assert drive(way.lookup_cname("x.example")) == "X.example."
    dll.answers["s.example", win.CNAME] = (0, [Rec("s.example", win.CNAME, "S.example")])
    assert drive(way.lookup_cname("s.example")) == "s.example."
    dll.answers["half.example", win.CNAME] = (0, [Rec("half.example", win.CNAME, "ill.example")])
    dll.answers["ill.example", win.CNAME] = (9002, [])
    err = failed(way.lookup_cname("half.example"))
    assert (str(err), err.is_temporary) == ("lookup half.example: server misbehaving", True)
    for i in range(11):
        dll.answers[f"n{i}.example", win.CNAME] = (
            0,
            [Rec(f"n{i}.example", win.CNAME, f"n{i + 1}.example")],
        )
    dll.answers["n11.example", win.CNAME] = (9501, [])
    assert drive(way.lookup_cname("n1.example")) == "n11.example."
    assert str(failed(way.lookup_cname("n0.example"))) == "lookup n0.example: server misbehaving"


KINDS = ["addr", "cname", "mx", "ns", "srv", "txt"]
TYPES = dict(zip(KINDS, [win.PTR, win.CNAME, win.MX, win.NS, win.SRV, win.TXT]))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("code", "text", "expected"),
    [
        (9003, "no such host", (True, False, False)),
        (9501, "no such host", (True, False, False)),
        (123, "no such host", (True, False, False)),
        (9560, "no such host", (True, False, False)),
        (9002, "server misbehaving", (False, True, False)),
        (9001, "server misbehaving", (False, False, False)),
        (9004, "server misbehaving", (False, False, False)),
        (9005, "server misbehaving", (False, False, False)),
        (1460, "i/o timeout", (False, False, True)),
        (9502, "cannot unmarshal DNS message", (False, False, False)),
        (9852, "dnsquery: error 9852", (False, False, False)),
    ],
)
def test_failed_queries(
    dll: DLL, way: WindowsWay, kind: str, code: int, text: str, expected: tuple[bool, ...]
) -> None:
    asked: Any = IPAddr("192.0.2.1") if kind == "addr" else NAME
    name = "1.2.0.192.in-addr.arpa" if kind == "addr" else NAME
    # A failed query may bring records, too.
    dll.answers[name, TYPES[kind]] = (code, [Rec("example", win.SOA, b"\0" * 40, section=AUTHORITY)])
    lookup = getattr(way, f"lookup_{kind}")(asked)
    if (kind, code) == ("cname", 9501):
        # The name is there, and is no alias.
        assert drive(lookup) == "example.org."
    else:
        err = failed(lookup)
        assert (str(err), facts(err)) == (f"lookup {asked}: {text}", expected)
        assert err.__cause__ is not None
    assert len(dll.memory.taken_back) == 1


@pytest.mark.parametrize(
    "name", ["a b", "a!b", "bücher.example", "-a", "a..b", ".a", "x" * 64, "a." * 130, "192.0.2.1"]
)
def test_names_that_are_never_asked_for(dll: DLL, way: WindowsWay, name: str) -> None:
    for kind in KINDS[1:]:
        assert failed(getattr(way, f"lookup_{kind}")(name)).is_not_found
    assert dll.asked == []
