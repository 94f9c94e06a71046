"""Windows' way, against stand-ins for its libraries: addresses, ports, and calls that do not return."""

from __future__ import annotations

import asyncio
import ctypes
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from dialnet import DNSError, IPAddr
from dialnet.poll import task_host, waits
from dialnet.resolve.records import MX
from dialnet.resolve.ways.dnsapi import _Record
from dialnet.resolve.ways.windows import WindowsWay
from tests.hosts import Host, run
from tests.resolve import windows_dll as win
from tests.resolve.driving import drive, driven, facts, failed
from tests.resolve.windows_dll import DLL, Addr, Rec

UNSPEC, V4, V6 = socket.AF_UNSPEC, socket.AF_INET, socket.AF_INET6
NAME = "example.org"


@pytest.fixture
def dll() -> Iterator[DLL]:
    with win.loaded() as dll:
        yield dll


@pytest.fixture
def way(dll: DLL) -> WindowsWay:
    return WindowsWay(dll, dll)


# Addresses.


@pytest.mark.parametrize(("family", "number"), [(UNSPEC, 0), (V4, 2), (V6, 23)])
def test_addresses(dll: DLL, way: WindowsWay, family: int, number: int) -> None:
    found = [Addr("192.0.2.1"), Addr("2001:db8::1"), Addr("192.0.2.1"), Addr("192.0.2.2")]
    dll.addresses[NAME, None] = (0, found)
    assert drive(way.lookup_ip_addr(NAME, family)) == [
        IPAddr("192.0.2.1"),
        IPAddr("2001:db8::1"),
        IPAddr("192.0.2.2"),
    ]
    assert dll.asked == [(NAME, None, number, 1, 0)]
    assert len(dll.memory.taken_back) == 1


def test_zones(dll: DLL, way: WindowsWay) -> None:
    index, name = socket.if_nameindex()[0]
    dll.addresses[NAME, None] = (
        0,
        [Addr("fe80::1", scope=index), Addr("fe80::1", scope=4294967295), Addr("fe80::1")],
    )
    assert [str(addr) for addr in drive(way.lookup_ip_addr(NAME, UNSPEC))] == [
        f"fe80::1%{name}",
        "fe80::1%4294967295",
        "fe80::1",
    ]


def test_other_addresses(dll: DLL, way: WindowsWay) -> None:
    dll.addresses[NAME, None] = (
        0,
        [Addr("::ffff:192.0.2.9", scope=3), Addr("192.0.2.1", family=win.AF_NETBIOS)],
    )
    assert drive(way.lookup_ip_addr(NAME, UNSPEC)) == [IPAddr("192.0.2.9")]


@pytest.mark.parametrize("found", [[], [Addr("192.0.2.1", family=win.AF_NETBIOS)]])
def test_no_address(dll: DLL, way: WindowsWay, found: list[Addr]) -> None:
    dll.addresses[NAME, None] = (0, found)
    err = failed(way.lookup_ip_addr(NAME, UNSPEC))
    assert str(err) == "lookup example.org: no such host"
    assert facts(err) == (True, False, False)


@pytest.mark.parametrize(
    "found",
    [
        Addr(None, length=16),
        Addr(None, length=28, family=win.AF_INET6),
        Addr("192.0.2.1", length=15),
        Addr("::1", length=27),
    ],
)
def test_results_that_make_no_sense(dll: DLL, way: WindowsWay, found: Addr) -> None:
    dll.addresses[NAME, None] = (0, [Addr("192.0.2.1"), found])
    assert str(failed(way.lookup_ip_addr(NAME, UNSPEC))) == "lookup example.org: cannot unmarshal DNS message"
    assert len(dll.memory.taken_back) == 1


def test_results_without_end(dll: DLL, way: WindowsWay) -> None:
    dll.circular = True
    dll.addresses[NAME, None] = (0, [Addr("192.0.2.1"), Addr("192.0.2.2")])
    assert failed(way.lookup_ip_addr(NAME, UNSPEC)).err == "cannot unmarshal DNS message"
    dll.answers[NAME, win.TXT] = (0, [Rec(NAME, win.TXT, "a"), Rec(NAME, win.TXT, "b")])
    assert failed(way.lookup_txt(NAME)).err == "cannot unmarshal DNS message"


@pytest.mark.parametrize(
    ("code", "text", "expected"),
    [
        (11001, "no such host", (True, False, False)),
        (11004, "no such host", (True, False, False)),
        (11003, "server misbehaving", (False, False, False)),
        (10060, "i/o timeout", (False, False, True)),
        (1460, "i/o timeout", (False, False, True)),
        (10047, "getaddrinfow: error 10047", (False, False, False)),
        (10022, "getaddrinfow: error 10022", (False, False, False)),
    ],
)
def test_failures(dll: DLL, way: WindowsWay, code: int, text: str, expected: tuple[bool, ...]) -> None:
    dll.addresses[NAME, None] = (code, [])
    err = failed(way.lookup_ip_addr(NAME, UNSPEC))
    assert str(err) == f"lookup example.org: {text}"
    assert facts(err) == expected
    assert isinstance(err, TimeoutError) is err.is_timeout
    assert len(dll.asked) == 1


def test_once_more(dll: DLL, way: WindowsWay) -> None:
    dll.addresses[NAME, None] = [(11002, []), (0, [Addr("192.0.2.1")])]
    assert drive(way.lookup_ip_addr(NAME, UNSPEC)) == [IPAddr("192.0.2.1")]
    dll.asked.clear()
    dll.addresses[NAME, None] = (11002, [])
    err = failed(way.lookup_ip_addr(NAME, UNSPEC))
    assert str(err) == "lookup example.org: server misbehaving"
    assert facts(err) == (False, True, False)
    assert len(dll.asked) == 2


def test_the_systems_own_words(dll: DLL, way: WindowsWay, monkeypatch: pytest.MonkeyPatch) -> None:
    words = {10047: "An address incompatible with the requested protocol was used.\r\n"}
    monkeypatch.setattr(ctypes, "FormatError", words.get, raising=False)
    dll.addresses[NAME, None] = (10047, [])
    assert failed(way.lookup_ip_addr(NAME, UNSPEC)).err == f"getaddrinfow: {words[10047].strip()}"


def test_names_are_wide(dll: DLL, way: WindowsWay) -> None:
    name = "bücher.例え.😀"
    dll.addresses[name, None] = (0, [Addr("192.0.2.1")])
    assert drive(way.lookup_ip_addr(name, V4)) == [IPAddr("192.0.2.1")]


@pytest.mark.parametrize("name", ["", "a\0b", "\0", "\ud800", "a\udfffb"])
def test_names_that_windows_would_not_see_whole(dll: DLL, way: WindowsWay, name: str) -> None:
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
    assert dll.asked == []


@pytest.mark.parametrize("name", ["1", "127.1", "0x7f.1", "017700000001"])
def test_old_ways_to_write_an_address(dll: DLL, way: WindowsWay, name: str) -> None:
    dll.addresses[name, None] = (0, [Addr("127.0.0.1")])
    assert failed(way.lookup_ip_addr(name, UNSPEC)).is_not_found


# Ports.


@pytest.mark.parametrize(
    ("network", "hints"),
    [
        ("tcp", (0, 1, 6)),
        ("tcp4", (2, 1, 6)),
        ("tcp6", (23, 1, 6)),
        ("udp", (0, 2, 17)),
        ("udp4", (2, 2, 17)),
        ("udp6", (23, 2, 17)),
        ("ip", (0, 0, 0)),
    ],
)
def test_ports(dll: DLL, way: WindowsWay, network: str, hints: tuple[int, ...]) -> None:
    dll.addresses[None, "http"] = (0, [Addr("::", 80), Addr("0.0.0.0", 81)])
    assert drive(way.lookup_port(network, "http")) == 80
    assert dll.asked == [(None, "http", *hints)]


@pytest.mark.parametrize(
    ("code", "text", "expected"),
    [
        (10109, "unknown port", (True, False, False)),
        (11001, "unknown port", (True, False, False)),
        (0, "unknown port", (True, False, False)),
        (11002, "server misbehaving", (False, True, False)),
        (10047, "getaddrinfow: error 10047", (False, False, False)),
    ],
)
def test_unknown_ports(dll: DLL, way: WindowsWay, code: int, text: str, expected: tuple[bool, ...]) -> None:
    dll.addresses[None, "nothing"] = (code, [])
    err = failed(way.lookup_port("tcp", "nothing"))
    assert (str(err), facts(err)) == (f"lookup tcp/nothing: {text}", expected)


def test_unknown_networks(dll: DLL, way: WindowsWay) -> None:
    assert str(failed(way.lookup_port("icmp", "http"))) == "lookup icmp/http: unknown network"
    assert dll.asked == []


# Libraries.


def test_layout() -> None:
    """As windns.h has it, where a pointer has four bytes too."""
    pointer = ctypes.sizeof(ctypes.c_void_p)
    record: Any = _Record
    assert (record.pName.offset, record.wType.offset) == (pointer, 2 * pointer)
    assert (record.wDataLength.offset, record.Flags.offset) == (2 * pointer + 2, 2 * pointer + 4)
    assert (record.dwTtl.offset, record.dwReserved.offset) == (2 * pointer + 8, 2 * pointer + 12)
    assert record.Data.offset == 2 * pointer + 16


@pytest.mark.skipif(hasattr(ctypes, "WinDLL"), reason="there are such libraries here")
def test_no_libraries() -> None:
    way = WindowsWay()
    err = failed(way.lookup_mx(NAME))
    assert (str(err), facts(err)) == (
        "lookup example.org: dnsapi.dll is found on Windows only",
        (False, False, False),
    )
    assert failed(way.lookup_ip_addr(NAME, UNSPEC)).err == "ws2_32.dll is found on Windows only"
    assert failed(way.lookup_port("tcp", "http")).err == "ws2_32.dll is found on Windows only"


def test_the_systems_libraries(dll: DLL, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = []

    def load(name: str, winmode: int) -> DLL:
        loaded.append((name, winmode))
        return dll

    monkeypatch.setattr(ctypes, "WinDLL", load, raising=False)
    dll.answers[NAME, win.TXT] = (0, [Rec(NAME, win.TXT, "a")])
    dll.addresses[NAME, None] = (0, [Addr("192.0.2.1")])
    way = WindowsWay()
    for _ in range(2):
        assert drive(way.lookup_txt(NAME)) == ["a"]
        assert drive(way.lookup_ip_addr(NAME, V4)) == [IPAddr("192.0.2.1")]
    # From the system's folder only, and once.
    assert loaded == [("dnsapi.dll", 0x800), ("ws2_32.dll", 0x800)]


# Hosts.


def test_every_host(host_name: str, dll: DLL, way: WindowsWay) -> None:
    dll.addresses[NAME, None] = (0, [Addr("192.0.2.1")])
    dll.answers[NAME, win.MX] = (0, [Rec(NAME, win.MX, 10, "mail")])
    dll.answers[NAME, win.CNAME] = (9501, [])

    async def body(host: Host) -> None:
        assert await driven(host, way.lookup_ip_addr(NAME, V4)) == [IPAddr("192.0.2.1")]
        both = waits.gather(way.lookup_mx(NAME), way.lookup_cname(NAME))
        assert await driven(host, both) == [[MX("mail.", 10)], "example.org."]
        with pytest.raises(DNSError, match="no such host"):
            await driven(host, way.lookup_txt("missing.example"))

    run(host_name, body)


def test_a_call_that_does_not_return(host_name: str, dll: DLL, way: WindowsWay) -> None:
    """Who gives up returns at once; the call it leaves behind gives back what it then gets."""
    dll.answers[NAME, win.TXT] = (0, [Rec(NAME, win.TXT, "a")])
    dll.addresses[NAME, None] = (0, [Addr("192.0.2.1")])
    dll.returning.clear()

    async def give_up() -> str:
        while not dll.calling.is_set():
            await waits.until(await waits.now() + 0.002)
        return "gave up"

    async def body(host: Host) -> None:
        for lookup in (way.lookup_txt(NAME), way.lookup_ip_addr(NAME, UNSPEC)):
            dll.calling.clear()
            assert await driven(host, waits.race(lookup, give_up())) == (1, "gave up")

    run(host_name, body)
    assert dll.memory.taken_back == []
    dll.returning.set()
    for _ in range(5000):
        if len(dll.memory.taken_back) == 2:
            return
        waited = asyncio.sleep(0.002)
        asyncio.run(waited)
    raise AssertionError("not given back")


def test_cancelling_a_task(dll: DLL, way: WindowsWay) -> None:
    dll.answers[NAME, win.TXT] = (0, [Rec(NAME, win.TXT, "a")])
    dll.returning.clear()

    async def main() -> None:
        task = asyncio.create_task(task_host.drive(way.lookup_txt(NAME)))
        while not dll.calling.is_set():
            await asyncio.sleep(0.002)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert dll.memory.taken_back == []
    dll.returning.set()


def test_several_at_once(dll: DLL, way: WindowsWay) -> None:
    names = [f"n{i}.example" for i in range(50)]
    for name in names:
        dll.answers[name, win.TXT] = (0, [Rec(name, win.TXT, name, "!")])
    assert drive(waits.gather(*map(way.lookup_txt, names))) == [[name + "!"] for name in names]
    assert len(dll.memory.taken_back) == 50
