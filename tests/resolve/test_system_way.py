"""The C library's answers and failures: what becomes of them."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Callable
from typing import Any

import pytest

from dialnet import IPAddr
from dialnet.resolve.ways.system import SystemWay
from tests.resolve.driving import drive, facts, failed

NAME = "a.example"
NOT_FOUND, TEMPORARY, NEITHER = (True, False, False), (False, True, False), (False, False, False)


def entry(family: int, sockaddr: tuple[Any, ...], canonical: str = "") -> tuple[Any, ...]:
    return family, socket.SOCK_STREAM, 6, canonical, sockaddr


def v4(text: str, canonical: str = "") -> tuple[Any, ...]:
    return entry(socket.AF_INET, (text, 0), canonical)


def v6(text: str, scope: int = 0) -> tuple[Any, ...]:
    return entry(socket.AF_INET6, (text, 0, 0, scope))


Answering = Callable[..., list[tuple[Any, ...]]]


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> Answering:
    """Has `getaddrinfo` give these, or raise; the list that comes back has what it was called with."""

    def answering(*found: Any) -> list[tuple[Any, ...]]:
        calls: list[tuple[Any, ...]] = []

        def getaddrinfo(*given: Any, **_: Any) -> list[Any]:
            calls.append(given)
            if found and isinstance(found[0], Exception):
                raise found[0]
            return list(found)

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
        return calls

    return answering


def test_addresses(library: Answering) -> None:
    """In the library's order, each once; of no other families than IP's."""
    calls = library(v6("2001:db8::1"), v4("192.0.2.2"), v4("192.0.2.1"), v4("192.0.2.2"), entry(1, ("x",)))
    found = drive(SystemWay().lookup_ip_addr(NAME, socket.AF_UNSPEC))
    assert found == [IPAddr("2001:db8::1"), IPAddr("192.0.2.2"), IPAddr("192.0.2.1")]
    drive(SystemWay().lookup_ip_addr(NAME, socket.AF_INET6))
    assert calls == [
        (NAME, None, socket.AF_UNSPEC, socket.SOCK_STREAM, 0, 0),
        (NAME, None, socket.AF_INET6, socket.SOCK_STREAM, 0, 0),
    ]


def test_zones(library: Answering) -> None:
    """As text or as a number, which may be of an interface that has gone."""
    index, name = socket.if_nameindex()[0]
    library(v6("fe80::1", index), v6("fe80::2%eth7", 3), v6("fe80::3", 0x7FFFFFFF), v6("fe80::4"))
    found = drive(SystemWay().lookup_ip_addr(NAME, socket.AF_UNSPEC))
    assert list(map(str, found)) == [f"fe80::1%{name}", "fe80::2%eth7", "fe80::3%2147483647", "fe80::4"]


def test_mapped_addresses_are_ipv4(library: Answering) -> None:
    library(v6("::ffff:192.0.2.1"), v4("192.0.2.1"))
    assert drive(SystemWay().lookup_ip_addr(NAME, socket.AF_UNSPEC)) == [IPAddr("192.0.2.1")]


def test_no_addresses(library: Answering) -> None:
    for found in ((), (entry(1, ("x",)),)):
        library(*found)
        err = failed(SystemWay().lookup_ip_addr(NAME, socket.AF_UNSPEC))
        assert str(err) == "lookup a.example: no such host"
        assert facts(err) == NOT_FOUND


@pytest.mark.parametrize(
    ("raised", "text", "kind"),
    [
        (socket.gaierror(socket.EAI_NONAME, "not known"), "no such host", NOT_FOUND),
        (socket.gaierror(socket.EAI_NODATA, "no address"), "no such host", NOT_FOUND),
        (socket.gaierror(socket.EAI_ADDRFAMILY, "no such family"), "no such host", NOT_FOUND),
        (socket.gaierror(socket.EAI_AGAIN, "try again"), "try again", TEMPORARY),
        (socket.gaierror(socket.EAI_FAIL, "it failed"), "it failed", NEITHER),
        (socket.gaierror(socket.EAI_MEMORY, "no memory"), "no memory", NEITHER),
        (OSError(errno.EMFILE, "too many"), os.strerror(errno.EMFILE), TEMPORARY),
        (OSError(errno.ECONNREFUSED, "no"), os.strerror(errno.ECONNREFUSED), TEMPORARY),
        # EAI_SYSTEM without an error number: some libraries forget it when descriptors run out.
        (OSError(0, "Error"), os.strerror(errno.EMFILE), TEMPORARY),
        (UnicodeError("label too long"), "no such host", NOT_FOUND),
    ],
)
def test_failures(library: Answering, raised: Exception, text: str, kind: tuple[bool, ...]) -> None:
    library(raised)
    for lookup in (SystemWay().lookup_ip_addr(NAME, socket.AF_UNSPEC), SystemWay().lookup_cname(NAME)):
        err = failed(lookup)
        assert str(err) == f"lookup a.example: {text}"
        assert facts(err) == kind
        assert err.__cause__ is raised
    library(raised)
    err = failed(SystemWay().lookup_addr(IPAddr("192.0.2.1")))
    assert (str(err), facts(err)) == (f"lookup 192.0.2.1: {text}", kind)


@pytest.mark.parametrize("name", ["127.1", "0x7f.1", "1.2.3", "bücher.example", "a\0.example"])
def test_what_the_library_is_not_asked(library: Answering, name: str) -> None:
    calls = library(v4("192.0.2.1"))
    for lookup in (SystemWay().lookup_ip_addr(name, socket.AF_UNSPEC), SystemWay().lookup_cname(name)):
        assert facts(failed(lookup)) == NOT_FOUND
    assert calls == []


def test_the_real_library_and_names_it_cannot_take() -> None:
    for name in ("x" * 64 + ".example", "a..example", ".example", "x." * 200):
        assert facts(failed(SystemWay().lookup_ip_addr(name, socket.AF_UNSPEC))) == NOT_FOUND, name


@pytest.mark.parametrize(
    ("canonical", "expected"),
    [("b.example", "b.example."), ("b.example.", "b.example."), ("host", "host.")],
)
def test_canonical_names(library: Answering, canonical: str, expected: str) -> None:
    calls = library(v4("192.0.2.1", canonical), v4("192.0.2.2"))
    assert drive(SystemWay().lookup_cname(NAME)) == expected
    assert calls == [(NAME, None, socket.AF_UNSPEC, socket.SOCK_STREAM, 0, socket.AI_CANONNAME)]


def test_no_canonical_name(library: Answering) -> None:
    library(v4("192.0.2.1"))
    assert facts(failed(SystemWay().lookup_cname(NAME))) == NOT_FOUND


@pytest.mark.parametrize(
    ("name", "expected"), [("b.example", "b.example."), ("b.example.", "b.example."), ("host", "host")]
)
def test_names_of_addresses(monkeypatch: pytest.MonkeyPatch, name: str, expected: str) -> None:
    """One name, which is rooted if it has a dot: others are of this machine's files."""
    calls = []

    def getnameinfo(*given: Any) -> tuple[str, str]:
        calls.append(given)
        return name, "0"

    monkeypatch.setattr(socket, "getnameinfo", getnameinfo)
    assert drive(SystemWay().lookup_addr(IPAddr("192.0.2.1"))) == [expected]
    assert drive(SystemWay().lookup_addr(IPAddr("2001:db8::1"))) == [expected]
    assert [sockaddr[0] for sockaddr, _ in calls] == ["192.0.2.1", "2001:db8::1"]
    assert {flags for _, flags in calls} == {socket.NI_NAMEREQD}


def test_ports(library: Answering) -> None:
    kinds = {
        "tcp": (socket.SOCK_STREAM, socket.IPPROTO_TCP),
        "udp": (socket.SOCK_DGRAM, socket.IPPROTO_UDP),
        "ip": (0, 0),
    }
    for network, kind in kinds.items():
        calls = library(entry(socket.AF_INET, ("127.0.0.1", 8042)))
        assert drive(SystemWay().lookup_port(network, "My-Service")) == 8042
        assert calls == [(None, "my-service", 0, *kind)]


@pytest.mark.parametrize("code", [socket.EAI_SERVICE, socket.EAI_NONAME])
def test_unknown_ports(library: Answering, code: int) -> None:
    library(socket.gaierror(code, "unknown"))
    err = failed(SystemWay().lookup_port("tcp", "nothing"))
    assert str(err) == "lookup tcp/nothing: unknown port"
    assert facts(err) == NOT_FOUND


def test_other_failures_of_ports(library: Answering) -> None:
    library(socket.gaierror(socket.EAI_AGAIN, "try again"))
    err = failed(SystemWay().lookup_port("tcp", "http"))
    assert (str(err), facts(err)) == ("lookup tcp/http: try again", TEMPORARY)
    calls = library()
    for service in ("ü", "a\0b"):
        assert str(failed(SystemWay().lookup_port("udp", service))) == f"lookup udp/{service}: unknown port"
    assert calls == []
