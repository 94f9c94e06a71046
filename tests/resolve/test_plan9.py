"""Plan 9's way, against a served tree: addresses, ports, and a server that does not answer."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator

import pytest

from dialnet import DNSError, IPAddr
from dialnet.poll import task_host, waits
from dialnet.resolve.records import MX
from dialnet.resolve.ways.plan9 import Plan9Way
from tests.hosts import Host, run
from tests.resolve import plan9_tree
from tests.resolve.driving import drive, driven, failed
from tests.resolve.plan9_tree import Tree

UNSPEC, V4, V6 = socket.AF_UNSPEC, socket.AF_INET, socket.AF_INET6


@pytest.fixture
def tree() -> Iterator[Tree]:
    with plan9_tree.served() as tree:
        yield tree


@pytest.fixture
def way(tree: Tree) -> Plan9Way:
    return Plan9Way(tree.root, tree.open)


def addrs(*texts: str) -> list[IPAddr]:
    return [IPAddr(text) for text in texts]


# Addresses.


@pytest.mark.parametrize(
    ("family", "found"),
    [
        (UNSPEC, ["192.0.2.1", "192.0.2.2", "2001:db8::1"]),
        (V4, ["192.0.2.1", "192.0.2.2"]),
        (V6, ["2001:db8::1"]),
    ],
)
def test_addresses(tree: Tree, way: Plan9Way, family: int, found: list[str]) -> None:
    tree.records["example.org", "ip"] = ["192.0.2.1", "192.0.2.2", "192.0.2.1"]
    tree.records["example.org", "ipv6"] = ["2001:db8::1"]
    assert drive(way.lookup_ip_addr("example.org", family)) == addrs(*found)
    assert tree.questions[0] == ("cs", "net!example.org!1")


def test_names_of_the_local_network(tree: Tree, way: Plan9Way) -> None:
    tree.local["fileserver"] = ["192.0.2.7"]
    assert drive(way.lookup_ip_addr("fileserver", UNSPEC)) == addrs("192.0.2.7")
    assert tree.questions == [("cs", "net!fileserver!1")]


def test_a_rooted_name(tree: Tree, way: Plan9Way) -> None:
    tree.records["example.org", "ip"] = ["192.0.2.1"]
    assert drive(way.lookup_ip_addr("example.org.", UNSPEC)) == addrs("192.0.2.1")


def test_what_is_no_address_is_passed_over(tree: Tree, way: Plan9Way) -> None:
    tree.local["odd"] = ["*", "kremvax", "", "192.0.2.1", "::ffff:192.0.2.3", "fe80::1"]
    assert drive(way.lookup_ip_addr("odd", UNSPEC)) == addrs("192.0.2.1", "192.0.2.3", "fe80::1")
    tree.local["none"] = ["*"]
    assert failed(way.lookup_ip_addr("none", UNSPEC)).is_not_found


def test_no_address_of_the_family(tree: Tree, way: Plan9Way) -> None:
    tree.records["example.org", "ip"] = ["192.0.2.1"]
    err = failed(way.lookup_ip_addr("example.org", V6))
    assert (str(err), err.is_not_found) == ("lookup example.org: no such host", True)


@pytest.mark.parametrize(
    "text",
    [
        "can't translate address",
        "can't translate address: dns: name does not exist",
        "can't translate address: dns: resource does not exist; negrcode 0",  # cut off
        "temporary problem: dns: dns failure",
    ],
)
def test_no_such_host(tree: Tree, way: Plan9Way, text: str) -> None:
    tree.refusals["net!missing.example!1"] = text
    err = failed(way.lookup_ip_addr("missing.example", UNSPEC))
    assert str(err) == "lookup missing.example: no such host"
    assert (err.is_not_found, err.is_temporary, err.is_timeout) == (True, False, False)


@pytest.mark.parametrize("text", ["too much activity", "can't translate address: dns: resource; negrcode 5"])
def test_failing_server(tree: Tree, way: Plan9Way, text: str) -> None:
    tree.refusals["net!example.org!1"] = text
    err = failed(way.lookup_ip_addr("example.org", UNSPEC))
    assert str(err) == f"lookup example.org: cs: {text}"
    assert (err.is_not_found, err.is_temporary) == (False, True)


def test_a_name_too_long_for_cs(tree: Tree, way: Plan9Way) -> None:
    name = "a." * 60 + "org"
    tree.records[name, "ip"] = ["192.0.2.1"]
    assert drive(way.lookup_ip_addr(name, UNSPEC)) == addrs("192.0.2.1")
    assert tree.questions == [("dns", f"{name} ip"), ("dns", f"{name} ipv6")]
    assert failed(way.lookup_ip_addr(name, V6)).is_not_found
    assert failed(way.lookup_ip_addr("b" + name, UNSPEC)).is_not_found
    tree.records[name, "ipv6"] = "refused"
    assert failed(way.lookup_ip_addr(name, UNSPEC)).is_temporary


def test_the_longest_name_for_cs(tree: Tree, way: Plan9Way) -> None:
    name = "a." * 59 + "org"
    tree.local[name] = ["192.0.2.1"]
    assert len(f"net!{name}!1") == 127
    assert drive(way.lookup_ip_addr(name, UNSPEC)) == addrs("192.0.2.1")


HOSTILE = [
    "",
    " ",
    "a b",
    "a!b",
    "!protocol=tcp",
    "a\n",
    "\0",
    "a\0b",
    "a\tb",
    "refresh\r",
    "\udc80",
    "x" * 5000,
]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_is_never_another_question(tree: Tree, way: Plan9Way, name: str) -> None:
    for lookup in (
        way.lookup_ip_addr(name, UNSPEC),
        way.lookup_cname(name),
        way.lookup_mx(name),
        way.lookup_ns(name),
        way.lookup_srv(name),
        way.lookup_txt(name),
        way.lookup_port("tcp", name),
    ):
        assert failed(lookup).is_not_found
    assert tree.questions == []


def test_a_name_is_never_a_command(tree: Tree, way: Plan9Way) -> None:
    tree.records["target", "txt"] = ["a name like others"]
    assert drive(way.lookup_txt("target")) == ["a name like others"]
    assert tree.commands == []


# Ports.


@pytest.mark.parametrize(
    ("network", "service", "port", "questions"),
    [
        ("tcp", "http", 80, ["tcp!127.0.0.1!http"]),
        ("tcp6", "HTTP", 80, ["tcp!127.0.0.1!http"]),
        ("udp4", "domain", 53, ["udp!127.0.0.1!domain"]),
        ("ip", "http", 80, ["tcp!127.0.0.1!http"]),
        ("ip", "tftp", 69, ["tcp!127.0.0.1!tftp", "udp!127.0.0.1!tftp"]),
        ("tcp", "smtp", 25, ["tcp!127.0.0.1!smtp"]),
    ],
)
def test_ports(
    tree: Tree, way: Plan9Way, network: str, service: str, port: int, questions: list[str]
) -> None:
    tree.services |= {
        ("tcp", "http"): "80",
        ("tcp", "smtp"): "25!r",
        ("udp", "domain"): "53",
        ("udp", "tftp"): "69",
    }
    assert drive(way.lookup_port(network, service)) == port
    assert tree.questions == [("cs", question) for question in questions]


@pytest.mark.parametrize("said", ["", "x", "-1", "65536", "99999999999", "٨٠"])
def test_a_port_that_is_none(tree: Tree, way: Plan9Way, said: str) -> None:
    tree.services["tcp", "odd"] = said
    err = failed(way.lookup_port("tcp", "odd"))
    assert (str(err), err.is_not_found) == ("lookup tcp/odd: unknown port", True)


def test_unknown_ports(tree: Tree, way: Plan9Way) -> None:
    for network in ("tcp", "udp6", "ip"):
        err = failed(way.lookup_port(network, "nothing"))
        assert (str(err), err.is_not_found) == (f"lookup {network}/nothing: unknown port", True)
    assert str(failed(way.lookup_port("icmp", "http"))) == "lookup icmp/http: unknown network"
    tree.refusals["tcp!127.0.0.1!http"] = "too much activity"
    err = failed(way.lookup_port("ip", "http"))
    assert (str(err), err.is_temporary) == ("lookup ip/http: cs: too much activity", True)


# Hosts.


def test_every_host(host_name: str, tree: Tree, way: Plan9Way) -> None:
    tree.records["example.org", "ip"] = ["192.0.2.1"]
    tree.records["example.org", "mx"] = ["10 mail"]

    async def body(host: Host) -> None:
        assert await driven(host, way.lookup_ip_addr("example.org", V4)) == addrs("192.0.2.1")
        both = waits.gather(way.lookup_mx("example.org"), way.lookup_cname("example.org"))
        assert await driven(host, both) == [[MX("mail.", 10)], "example.org."]
        with pytest.raises(DNSError, match="no such host"):
            await driven(host, way.lookup_txt("missing.example"))

    run(host_name, body)


def test_a_server_that_does_not_answer(host_name: str, tree: Tree, way: Plan9Way) -> None:
    """Who gives up returns at once; the call it leaves behind closes its file when the server answers."""
    tree.answering.clear()

    async def give_up() -> str:
        while not tree.questions:
            await waits.until(await waits.now() + 0.002)
        return "gave up"

    async def body(host: Host) -> None:
        for lookup in (way.lookup_ip_addr("example.org", UNSPEC), way.lookup_cname("example.org")):
            tree.questions.clear()
            assert await driven(host, waits.race(lookup, give_up())) == (1, "gave up")

    run(host_name, body)
    assert tree.closed == []
    tree.answering.set()


def test_cancelling_a_task(tree: Tree, way: Plan9Way) -> None:
    tree.answering.clear()

    async def main() -> None:
        task = asyncio.create_task(task_host.drive(way.lookup_txt("example.org")))
        while not tree.questions:
            await asyncio.sleep(0.002)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert tree.closed == []
    tree.answering.set()
