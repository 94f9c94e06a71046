"""services and protocols: the files, and what is known without them."""

from __future__ import annotations

import socket
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialnet.resolve.config.services import Protocols, Services, parse_protocols, parse_services

DATA = Path(__file__).parent / "testdata" / "services"


@pytest.mark.parametrize(
    ("network", "service", "port"),
    [
        ("tcp", "http", 8080),
        ("tcp", "HTTP", 8080),
        ("tcp", "www", 8080),
        ("tcp4", "www", 8080),
        ("tcp6", "www", 8080),
        ("udp", "www", None),
        # Known without the file.
        ("tcp", "https", 443),
        ("tcp", "domain", 53),
        ("udp", "domain", 5353),
        # The earlier line holds.
        ("udp", "game", 27015),
        ("udp", "play", 27015),
        ("tcp", "game", None),
        # Asked for in lower case, and there in capitals.
        ("tcp", "Loud", None),
        # Either: TCP first.
        ("ip", "two", 7001),
        ("ip", "game", 27015),
        ("ip", "nothing", None),
        ("udp4", "two", 7002),
        *[("tcp", name, None) for name in ("bad", "bad2", "bad3", "bad4", "bad5", "bad6", "bad7", "bad8")],
        ("tcp", "last", 65535),
        ("sctp", "sctp-only", None),
        ("tcp", "sctp-only", None),
        ("tcp", "service", None),
        ("tcp", "80/tcp", None),
        ("tcp", "", None),
        ("", "http", None),
        ("unix", "http", None),
        ("ip4", "http", None),
    ],
)
def test_services(network: str, service: str, port: int | None) -> None:
    assert Services(str(DATA / "usual")).lookup_port(network, service) == port


@pytest.mark.parametrize(
    ("network", "service", "port"),
    [
        ("udp", "domain", 53),
        ("tcp", "domain", None),
        ("ip", "domain", 53),
        ("tcp", "ftp", 21),
        ("tcp", "ftps", 990),
        ("tcp", "gopher", 70),
        ("tcp", "http", 80),
        ("tcp", "https", 443),
        ("tcp", "imap2", 143),
        ("tcp", "imap3", 220),
        ("tcp", "imaps", 993),
        ("tcp", "pop3", 110),
        ("tcp", "pop3s", 995),
        ("tcp", "smtp", 25),
        ("tcp", "submissions", 465),
        ("tcp", "ssh", 22),
        ("tcp", "telnet", 23),
        ("udp", "http", None),
        ("tcp", "blob", None),
    ],
)
@pytest.mark.parametrize("missing", ["nowhere", "."])
def test_without_a_file(missing: str, network: str, service: str, port: int | None) -> None:
    assert Services(str(DATA / missing)).lookup_port(network, service) == port


def test_junk_around_a_service() -> None:
    assert Services(str(DATA / "junk")).lookup_port("tcp", "blob") == 1234


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("ip", 0),
        ("tcp", 6),
        ("TCP", 6),
        ("tee", 99),
        ("udp", 17),
        ("icmp", 1),
        ("igmp", 2),
        ("ipv6-icmp", 58),
        # The earlier line holds.
        ("first", 200),
        ("alias1", 200),
        ("alias2", 200),
        ("other", 202),
        ("ESP", 50),
        ("ipsec-esp", None),
        ("mptcp", 262),
        ("bad", None),
        ("bad2", None),
        ("bad3", None),
        ("large", None),
        ("", None),
    ],
)
def test_protocols(name: str, number: int | None) -> None:
    assert Protocols(str(DATA / "protocols")).lookup_protocol(name) == number


def test_protocols_without_a_file() -> None:
    known = Protocols(str(DATA / "nowhere"))
    names = ("icmp", "igmp", "tcp", "udp", "ipv6-icmp", "esp")
    assert [known.lookup_protocol(name) for name in names] == [1, 2, 6, 17, 58, None]


def test_the_files_are_read_when_needed_and_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    known, numbers = Services(str(path)), Protocols(str(path))
    path.write_bytes(b"one 1/tcp\nproto 99\n")
    assert known.lookup_port("tcp", "one") == 1
    assert numbers.lookup_protocol("proto") == 99
    path.unlink()
    monkeypatch.setattr("dialnet.resolve.config.watched.monotonic", lambda: time.monotonic() + 1e9)
    assert known.lookup_port("tcp", "one") == 1
    assert numbers.lookup_protocol("proto") == 99


def test_this_machines_files() -> None:
    """What its own C library says of them."""
    try:
        lines = Path("/etc/services").read_text().splitlines()
    except FileNotFoundError:
        pytest.skip("no /etc/services")
    known = Services()
    names = {line.split()[0] for line in lines if line.strip() and not line.startswith("#")}
    compared = 0
    for name in sorted(names):
        for network in ("tcp", "udp"):
            try:
                port = socket.getservbyname(name, network)
            except OSError:
                continue
            if name == name.lower():
                assert known.lookup_port(network, name) == port
                compared += 1
    assert compared


PIECES = st.sampled_from(
    [b" ", b"\n", b"\t", b"#", b"/", b"/tcp", b"/udp", b"80", b"a", b"99999999999", b"\xff"]
)
ANY = st.binary() | st.lists(PIECES | st.binary(max_size=5), max_size=60).map(b"".join)


@given(ANY)
def test_any_bytes(data: bytes) -> None:
    ports = parse_services(data)
    assert set(ports) == {"tcp", "udp"}
    for known in ports.values():
        assert all(0 < port <= 65535 for port in known.values())
    numbers = parse_protocols(data)
    assert numbers["tcp"] == 6
    assert all(0 <= number <= 65535 for number in numbers.values())


@given(st.lists(st.binary().filter(lambda junk: b"good" not in junk), min_size=2, max_size=4))
def test_lines_around_junk_count(junk: list[bytes]) -> None:
    assert parse_services(b"\ngood 4321/tcp\n".join(junk))["tcp"]["good"] == 4321
    assert parse_protocols(b"\ngood 99\n".join(junk))["good"] == 99


@pytest.mark.parametrize("error", [FileNotFoundError(2, "no"), PermissionError(13, "no"), OSError(5, "io")])
def test_any_error(error: OSError) -> None:
    assert parse_services(error)["tcp"]["http"] == 80
    assert parse_protocols(error)["udp"] == 17


@pytest.mark.parametrize(
    "data",
    [
        b"\n" * (1 << 20),
        b"a 1/tcp" + b" a" * (1 << 19),
        b"a " + b"9" * (1 << 20) + b"/tcp",
        b"a " + b"0" * (1 << 20) + b"1/tcp",
        b"a 1/tcp\n" * (1 << 17),
        b"\0" * (1 << 20),
        b" " * (1 << 20),
    ],
    ids=lambda data: repr(data[:12]),
)
def test_the_largest_files_take_no_time(data: bytes) -> None:
    before = time.process_time()
    parse_services(data[: 1 << 20])
    parse_protocols(data[: 1 << 20])
    # A second or less; what is quadratic would take hours.
    assert time.process_time() - before < 20


def test_a_huge_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"one 1/tcp\n" + b"x" * (2 << 20) + b"\ntwo 2/tcp\n")
    known = Services(str(path))
    assert (known.lookup_port("tcp", "one"), known.lookup_port("tcp", "two")) == (1, None)


def test_the_default_paths() -> None:
    assert Services()._file.path == "/etc/services"
    assert Protocols()._file.path == "/etc/protocols"
