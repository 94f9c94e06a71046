"""Plan 9's way, against a served tree: the records of DNS."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dialnet import IPAddr
from dialnet.resolve.records import MX, NS, SRV
from dialnet.resolve.ways.plan9 import Plan9Way
from tests.resolve import plan9_tree
from tests.resolve.driving import drive, failed
from tests.resolve.plan9_tree import FAILURE, NO_RECORD, Tree


@pytest.fixture
def tree() -> Iterator[Tree]:
    with plan9_tree.served() as tree:
        yield tree


@pytest.fixture
def way(tree: Tree) -> Plan9Way:
    return Plan9Way(tree.root, tree.open)


def test_names_of_addresses(tree: Tree, way: Plan9Way) -> None:
    v6 = "1" + ".0" * 23 + ".8.b.d.0.1.0.0.2.ip6.arpa"
    tree.records["1.2.0.192.in-addr.arpa", "ptr"] = ["a.example.org", "b.example.org."]
    tree.records[v6, "ptr"] = ["c.example.org"]
    assert drive(way.lookup_addr(IPAddr("192.0.2.1"))) == ["a.example.org.", "b.example.org."]
    assert drive(way.lookup_addr(IPAddr("2001:db8::1"))) == ["c.example.org."]
    err = failed(way.lookup_addr(IPAddr("192.0.2.9")))
    assert (str(err), err.is_not_found) == ("lookup 192.0.2.9: no such host", True)
    assert str(failed(way.lookup_addr(IPAddr()))) == "lookup : unrecognized address"
    assert str(failed(way.lookup_addr(IPAddr("fe80::1", "net0")))) == (
        "lookup fe80::1%net0: unrecognized address"
    )


def test_the_end_of_the_aliases(tree: Tree, way: Plan9Way) -> None:
    tree.records["www.example.org", "cname"] = ["web.example.org"]
    tree.records["web.example.org", "cname"] = ["host.example.net"]
    tree.records["host.example.net", "ip"] = ["192.0.2.1"]
    assert drive(way.lookup_cname("www.example.org")) == "host.example.net."
    assert drive(way.lookup_cname("host.example.net")) == "host.example.net."
    assert drive(way.lookup_cname("host.example.net.")) == "host.example.net."


def test_no_alias_by_servers_that_call_it_a_failure(tree: Tree, way: Plan9Way) -> None:
    tree.records["example.org", "cname"] = FAILURE
    assert drive(way.lookup_cname("example.org")) == "example.org."
    tree.records["example.org", "cname"] = NO_RECORD.removesuffix(" 0")
    assert drive(way.lookup_cname("example.org")) == "example.org."


def test_odd_aliases(tree: Tree, way: Plan9Way) -> None:
    tree.records["dangling.example", "cname"] = ["missing.example"]
    assert drive(way.lookup_cname("dangling.example")) == "missing.example."
    tree.records["one.example", "cname"] = ["Two.example"]
    tree.records["two.example", "cname"] = ["ONE.example"]
    assert drive(way.lookup_cname("one.example")) == "ONE.example."
    for i in range(11):
        tree.records[f"n{i}.example", "cname"] = [f"n{i + 1}.example"]
    tree.records["n11.example", "ip"] = ["192.0.2.1"]
    assert drive(way.lookup_cname("n1.example")) == "n11.example."
    assert str(failed(way.lookup_cname("n0.example"))) == "lookup n0.example: server misbehaving"
    tree.records["half.example", "cname"] = ["ill.example"]
    tree.records["ill.example", "cname"] = "resource does not exist; negrcode 5"
    err = failed(way.lookup_cname("half.example"))
    assert str(err) == "lookup half.example: dns: resource does not exist; negrcode 5"
    assert (err.is_temporary, err.is_not_found) == (True, False)
    assert failed(way.lookup_cname("missing.example")).is_not_found


def test_mail_exchangers(tree: Tree, way: Plan9Way) -> None:
    tree.records["example.org", "mx"] = ["20 b.example.org", "10 a.example.org", "65535 c"]
    assert drive(way.lookup_mx("example.org")) == [
        MX("b.example.org.", 20),
        MX("a.example.org.", 10),
        MX("c.", 65535),
    ]
    # RFC 7505: no mail. The server writes the root as nothing.
    tree.records["nomail.example", "mx"] = ["0 "]
    assert drive(way.lookup_mx("nomail.example")) == [MX(".", 0)]


def test_records_that_cannot_be_read(tree: Tree, way: Plan9Way) -> None:
    bad = [
        "",
        "x y",
        "-1 a",
        "65536 a",
        "1_0 a",
        "٣ a",
        b"",
        b"example.org",
        b"example.org ip\t10 a",
        b"\t\t",
        b"\xff",
    ]
    tree.records["example.org", "mx"] = [
        b"example.org mx 10 a",
        b"\xff\xfe",
        b"example.org ip\t10 a",
        b"example.org mx\t7 good",
    ]
    assert drive(way.lookup_mx("example.org")) == [MX("good.", 7)]
    for data in bad:
        tree.records["example.org", "mx"] = [data]
        tree.records["example.org", "srv"] = [data]
        assert str(failed(way.lookup_mx("example.org"))) == "lookup example.org: bad response from ndb/dns"
        assert str(failed(way.lookup_srv("example.org"))) == "lookup example.org: bad response from ndb/dns"


def test_name_servers(tree: Tree, way: Plan9Way) -> None:
    tree.records["example.org", "ns"] = ["ns1.example.org", "ns2.example.org"]
    assert drive(way.lookup_ns("example.org")) == [NS("ns1.example.org."), NS("ns2.example.org.")]
    tree.records["", "ns"] = ["a.root-servers.net"]
    assert drive(way.lookup_ns(".")) == [NS("a.root-servers.net.")]


def test_services(tree: Tree, way: Plan9Way) -> None:
    tree.records["_sip._tcp.example.org", "srv"] = ["1 20 5060 a.example.org", "2 0 5061 "]
    cname, found = drive(way.lookup_srv("_sip._tcp.Example.org"))
    assert cname == "_sip._tcp.example.org."
    assert found == [
        SRV("a.example.org.", 5060, priority=1, weight=20),
        SRV(".", 5061, priority=2, weight=0),
    ]


def test_texts(tree: Tree, way: Plan9Way) -> None:
    texts = ["v=spf1 -all", "tab\there", "two\nlines", "", "x" * 5000, "grün", "\udcff\udcfe"]
    tree.records["example.org", "txt"] = texts
    assert drive(way.lookup_txt("example.org")) == texts


INVALID = "lookup {}: DNS response contained records which contain invalid names"


def test_names_that_are_none(tree: Tree, way: Plan9Way) -> None:
    """They are left out, and the error that says so has the others."""
    bad = "$(reboot).example"
    tree.records["example.org", "mx"] = ["1 a", f"2 {bad}", "3 192.0.2.1"]
    err = failed(way.lookup_mx("example.org"))
    assert (str(err), err.records) == (INVALID.format("example.org"), (MX("a.", 1), MX("192.0.2.1.", 3)))
    tree.records["example.org", "ns"] = [bad, "a"]
    err = failed(way.lookup_ns("example.org"))
    assert (str(err), err.records) == (INVALID.format("example.org"), (NS("a."),))
    tree.records["example.org", "srv"] = [f"1 2 3 {bad}", "1 2 3 a"]
    err = failed(way.lookup_srv("example.org"))
    expected = (SRV("a.", 3, priority=1, weight=2),)
    assert (str(err), err.records) == (INVALID.format("example.org"), expected)
    tree.records["example.org", "srv"] = [f"{bad} srv\t1 2 3 a".encode()]
    assert str(failed(way.lookup_srv("example.org"))) == "lookup example.org: SRV header name is invalid"
    tree.records["1.2.0.192.in-addr.arpa", "ptr"] = [bad, "a"]
    err = failed(way.lookup_addr(IPAddr("192.0.2.1")))
    assert (str(err), err.records) == (INVALID.format("192.0.2.1"), ("a.",))
    tree.records["example.org", "cname"] = [bad]
    assert str(failed(way.lookup_cname("example.org"))) == INVALID.format("example.org")


def test_as_many_records_as_the_server_keeps(tree: Tree, way: Plan9Way) -> None:
    tree.records["example.org", "ns"] = [f"ns{i}.example.org" for i in range(31)]
    assert drive(way.lookup_ns("example.org")) == [NS(f"ns{i}.example.org.") for i in range(31)]


@pytest.mark.parametrize(
    ("said", "text", "not_found"),
    [
        ("name does not exist", "no such host", True),
        (NO_RECORD, "no such host", True),
        (FAILURE, "no such host", True),
        ("resource does not exist; negrcode 5", "dns: resource does not exist; negrcode 5", False),
        ("too much activity", "dns: too much activity", False),
    ],
)
def test_refused_records(tree: Tree, way: Plan9Way, said: str, text: str, not_found: bool) -> None:
    for kind in ("mx", "ns", "srv", "txt"):
        tree.records["example.org", kind] = said
        err = failed(getattr(way, f"lookup_{kind}")("example.org"))
        assert str(err) == f"lookup example.org: {text}"
        assert (err.is_not_found, err.is_temporary) == (not_found, not not_found)
        assert err.__cause__ is not None
