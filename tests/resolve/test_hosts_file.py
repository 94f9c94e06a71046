"""The hosts file: names and addresses, what is no line of one, size, and following it."""

from __future__ import annotations

import ipaddress
import os
import socket
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dialnet
from dialnet.resolve.config.hosts import Hosts, hosts_file, parse_hosts

DATA = Path(__file__).parent / "testdata" / "hosts"
AGO = 1_000_000_000


def load(name: str) -> Hosts:
    return parse_hosts((DATA / name).read_bytes())


@pytest.mark.parametrize(
    ("file", "name", "addresses", "canonical"),
    [
        ("usual", "localhost", ["127.0.0.1", "::1"], "localhost"),
        ("usual", "LOCALHOST", ["127.0.0.1", "::1"], "localhost"),
        # Without another dot, a final one makes another name.
        ("usual", "localhost.", [], ""),
        ("usual", "ip6-loopback", ["::1"], "localhost"),
        ("usual", "web.example", ["192.0.2.10", "2001:db8::10"], "web.example."),
        ("usual", "WEB.EXAMPLE.", ["192.0.2.10", "2001:db8::10"], "web.example."),
        ("usual", "www", ["192.0.2.10"], "web.example."),
        ("usual", "mail.example", ["192.0.2.11"], "mail.example."),
        ("usual", "mail.example.", ["192.0.2.11"], "mail.example."),
        ("usual", "again.example", ["2001:db8::10"], "again.example."),
        ("usual", "indented.example", ["192.0.2.12"], "indented.example."),
        ("usual", "router", ["fe80::1%eth0"], "router"),
        ("usual", "two", [], ""),
        ("usual", "example", [], ""),
        ("usual", "", [], ""),
        ("usual", ".", [], ""),
        ("usual", " ", [], ""),
        ("usual", "127.0.0.1", [], ""),
        ("usual", "web.example\0", [], ""),
        ("usual", "\ud800", [], ""),
        ("dos", "dos.example", ["127.0.0.1"], "dos.example."),
        ("dos", "last-line.example", ["192.0.2.1"], "last-line.example."),
        ("mapped", "mapped.example", ["192.0.2.1"], "mapped.example."),
        ("mapped", "hex.example", ["192.0.2.1"], "hex.example."),
        ("junk", "one.example", ["192.0.2.1"], "one.example."),
        ("junk", "two.example", ["2001:db8::1"], "two.example."),
        ("junk", "na\udcefve.example", ["2001:db8::1"], "two.example."),
    ],
)
def test_names(file: str, name: str, addresses: list[str], canonical: str) -> None:
    assert load(file).lookup_host(name) == (addresses, canonical)


@pytest.mark.parametrize(
    ("file", "address", "names"),
    [
        ("usual", "127.0.0.1", ["localhost"]),
        ("usual", "::1", ["localhost", "ip6-localhost", "ip6-loopback"]),
        ("usual", "0:0:0:0:0:0:0:1", ["localhost", "ip6-localhost", "ip6-loopback"]),
        # In their own case, rooted.
        ("usual", "192.0.2.10", ["Web.Example.", "www"]),
        ("usual", "192.0.2.11", ["mail.example."]),
        ("usual", "2001:DB8::10", ["web.example.", "again.example."]),
        ("usual", "fe80::1%eth0", ["router"]),
        ("usual", "fe80::1", []),
        ("usual", "fe80::1%eth1", []),
        ("usual", "192.0.2.99", []),
        ("usual", "localhost", []),
        ("usual", "", []),
        ("usual", "\ud800", []),
        ("usual", "127.0.0.01", []),
        ("mapped", "192.0.2.1", ["mapped.example.", "hex.example.", "plain.example."]),
        ("mapped", "::ffff:192.0.2.1", ["mapped.example.", "hex.example.", "plain.example."]),
        ("junk", "2001:db8::1", ["two.example.", "na\udcefve.example."]),
    ],
)
def test_addresses(file: str, address: str, names: list[str]) -> None:
    hosts = load(file)
    assert hosts.lookup_addr(address) == names
    assert hosts.lookup_addr(address) == names


def test_every_file_is_tested() -> None:
    assert {"usual", "dos", "mapped", "junk", "not_addresses"} == set(os.listdir(DATA))


def test_what_is_no_address() -> None:
    hosts = load("not_addresses")
    assert hosts.empty
    for line in (DATA / "not_addresses").read_text().splitlines():
        for word in line.replace("#", " ").split():
            assert hosts.lookup_host(word) == ([], "")
            assert hosts.lookup_addr(word) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # An address is there once.
        ("192.0.2.1 a\n192.0.2.1 a a\n", ["192.0.2.1"]),
        ("192.0.2.1 a a\n192.0.2.2 a\n192.0.2.1 a\n", ["192.0.2.1", "192.0.2.2"]),
        ("192.0.2.2 a\n192.0.2.1 a\n192.0.2.2 a\n192.0.2.1 a", ["192.0.2.2", "192.0.2.1"]),
        ("192.0.2.1 A\n192.0.2.2 a\n", ["192.0.2.1", "192.0.2.2"]),
        ("192.0.2.1 b#a\n", []),
        ("192.0.2.1\ta\t\tb\n", ["192.0.2.1"]),
        ("\n\n192.0.2.1 a\n\n\n192.0.2.2 a", ["192.0.2.1", "192.0.2.2"]),
        (":: a", ["::"]),
        ("0.0.0.0 a", ["0.0.0.0"]),
        ("FE80::1%Eth0 a", ["fe80::1%Eth0"]),
        ("fe80::1%a%b a", ["fe80::1%a%b"]),
        ("::1.2.3.4 a", ["::102:304"]),
    ],
)
def test_lines(text: str, expected: list[str]) -> None:
    assert parse_hosts(text.encode()).lookup_host("a")[0] == expected


def test_an_unreadable_file_says_nothing() -> None:
    err = IsADirectoryError(21, "Is a directory")
    hosts = parse_hosts(err)
    assert hosts.error is err
    assert hosts.empty
    assert hosts.lookup_host("localhost") == ([], "")
    assert hosts.lookup_addr("127.0.0.1") == []
    assert parse_hosts(b"").error is None


# Any bytes.

PIECES = st.sampled_from(
    [b" ", b"\n", b"\t", b"#", b"%", b".", b"::1", b"127.0.0.1", b"a", b"a.b", b"\xff", b"\r"]
)


@given(st.binary() | st.lists(PIECES | st.binary(max_size=5), max_size=60).map(b"".join), st.text())
def test_any_bytes(data: bytes, name: str) -> None:
    hosts = parse_hosts(data)
    hosts.lookup_addr(name)
    for asked in (name, "a", "a.b", "\udcff"):
        addresses, canonical = hosts.lookup_host(asked)
        assert bool(addresses) == bool(canonical)
        assert addresses == list(dict.fromkeys(addresses))
        for address in addresses:
            assert dialnet.IPAddr(address).ip is not None
            # And back.
            names = [found.lower() for found in hosts.lookup_addr(address)]
            assert {asked, f"{asked}."} & set(names)


@given(st.lists(st.binary(), min_size=2, max_size=4))
def test_lines_around_junk_count(junk: list[bytes]) -> None:
    hosts = parse_hosts(b"\n192.0.2.77 good.test\n".join(junk))
    assert hosts.lookup_host("good.test") == (["192.0.2.77"], "good.test.")
    assert "good.test." in hosts.lookup_addr("192.0.2.77")


LITERALS = st.text("0123456789abcF:.%", max_size=30) | st.ip_addresses().map(str)


@given(LITERALS)
def test_an_address_is_what_ipaddress_takes_for_one(text: str) -> None:
    literal, percent, zone = text.partition("%")
    try:
        ip = ipaddress.ip_address(literal)
    except ValueError:
        expected = []
    else:
        mapped = getattr(ip, "ipv4_mapped", None)
        if percent and (not zone or mapped or ip.version == 4):
            expected = []
        else:
            expected = [f"{mapped or ip}{percent}{zone}"]
    assert parse_hosts(text.encode() + b" a").lookup_host("a")[0] == expected


def test_an_inet_pton_that_takes_leading_zeros(monkeypatch: pytest.MonkeyPatch) -> None:
    """As some systems' does, and reads them as octal."""
    monkeypatch.setattr(socket, "inet_pton", lambda family, text: socket.inet_aton(text))
    hosts = parse_hosts(b"010.1.1.1 zeros\n127.1 short\n127.0.0.1 good\n")
    assert hosts.lookup_host("zeros") == hosts.lookup_host("short") == ([], "")
    assert hosts.lookup_host("good")[0] == ["127.0.0.1"]


# Size.


def test_a_file_of_half_a_million_lines() -> None:
    line = b"10.%d.%d.%d host%d.example h%d\n"
    lines = (line % (i >> 16, i >> 8 & 255, i & 255, i, i) for i in range(500_000))
    data = b"".join(lines)[: 1 << 24]
    before = time.process_time()
    hosts = parse_hosts(data)
    taken = time.process_time() - before
    # 1.5 s here.
    assert taken < 20
    assert hosts.lookup_host("h400000")[0] == ["10.6.26.128"]
    assert hosts.lookup_addr("10.6.26.128") == ["host400000.example.", "h400000"]


@pytest.mark.parametrize(
    "data",
    [
        b"\n" * (1 << 24),
        b"#\n" * (1 << 23),
        b"1.1.1.1 " + b"a " * (1 << 23),
        b"1.1.1.1 " + b"a" * (1 << 24),
        b" " * (1 << 24),
        b"\0" * (1 << 24),
        b"1" * (1 << 24),
        b":" * (1 << 24) + b" a",
    ],
    ids=lambda data: repr(data[:12]),
)
def test_the_largest_lines_take_no_time(data: bytes) -> None:
    before = time.process_time()
    parse_hosts(data)
    assert time.process_time() - before < 20


def test_there_is_an_end_to_names_and_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dialnet.resolve.config.hosts._MAX_NAMES", 5)
    monkeypatch.setattr("dialnet.resolve.config.hosts._MAX_ADDRESSES", 2)
    hosts = parse_hosts(b"1.1.1.1 a b\n1.1.1.2 c d e f g\n1.1.1.3 h\n")
    assert [bool(hosts.lookup_host(name)[0]) for name in "abcdefgh"] == [True] * 5 + [False] * 3
    assert hosts.lookup_addr("1.1.1.2") == ["c", "d", "e"]
    hosts = parse_hosts(b"1.1.1.1 a\n1.1.1.2 a\n1.1.1.3 a\n1.1.1.4 a\n")
    assert hosts.lookup_host("a")[0] == ["1.1.1.1", "1.1.1.2", "1.1.1.3"]
    # One that is there again is not another.
    hosts = parse_hosts(b"1.1.1.1 a\n1.1.1.2 a\n1.1.1.2 a\n1.1.1.1 a\n1.1.1.3 a\n")
    assert hosts.lookup_host("a")[0] == ["1.1.1.1", "1.1.1.2", "1.1.1.3"]


def test_reverse_lookups_in_many_threads() -> None:
    hosts = parse_hosts(b"".join(b"192.0.2.1 n%d\n" % i for i in range(1000)))
    got: list[int] = []
    start = threading.Barrier(4)

    def look() -> None:
        start.wait()
        got.append(len(hosts.lookup_addr("192.0.2.1")))

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == [1000] * 4


# Following the file.


def put(path: Path, text: str, when: int) -> None:
    path.write_text(text)
    os.utime(path, (when, when))


def test_the_file_is_followed(tmp_path: Path) -> None:
    path = tmp_path / "hosts"
    put(path, "192.0.2.1 a\n", AGO)
    file = hosts_file(str(path))
    assert file.get(0.0).lookup_host("a")[0] == ["192.0.2.1"]
    put(path, "192.0.2.2 a\n", AGO + 1)
    assert file.get(4.9).lookup_host("a")[0] == ["192.0.2.1"]
    assert file.get(5.0).lookup_host("a")[0] == ["192.0.2.2"]
    # Missing: nothing. Something odd: what was there.
    path.unlink()
    path.mkdir()
    assert file.get(10.0).lookup_host("a")[0] == ["192.0.2.2"]
    path.rmdir()
    assert file.get(15.0).empty


def test_while_it_is_empty_it_is_looked_at_every_time(tmp_path: Path) -> None:
    path = tmp_path / "hosts"
    file = hosts_file(str(path))
    assert file.get(0.0).empty
    put(path, "# nothing\n127.0.0.1\n", AGO)
    assert file.get(0.0).empty
    put(path, "127.0.0.1 a\n", AGO + 1)
    assert not file.get(0.0).empty
    put(path, "127.0.0.2 a\n", AGO + 2)
    assert file.get(1.0).lookup_host("a")[0] == ["127.0.0.1"]


def test_a_huge_file(tmp_path: Path) -> None:
    path = tmp_path / "hosts"
    with path.open("wb") as huge:
        huge.write(b"192.0.2.1 a\n")
        huge.truncate(100 << 20)
        huge.seek(0, os.SEEK_END)
        huge.write(b"\n192.0.2.2 a\n")
    assert hosts_file(str(path)).get(0.0).lookup_host("a")[0] == ["192.0.2.1"]


def test_the_default_path() -> None:
    assert hosts_file().path == "/etc/hosts"
