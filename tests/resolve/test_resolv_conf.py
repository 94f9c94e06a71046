"""resolv.conf: every directive and option, what is wrong in one, and when it is looked at again."""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dialnet
from dialnet.resolve.config.resolv_conf import DEFAULT_SERVERS, ResolvConf, parse_resolv_conf, resolv_conf

DATA = Path(__file__).parent / "testdata" / "resolv_conf"
AGO = 1_000_000_000


def no_domain() -> str:
    return "machine"


def parse(data: bytes | OSError) -> ResolvConf:
    return parse_resolv_conf(data, no_domain)


ONE = {"servers": ["192.0.2.1:53"]}

FILES: dict[str, dict[str, Any]] = {
    "usual": {
        "servers": ["192.0.2.53:53", "[2001:db8::53]:53", "[fe80::1%eth0]:53"],
        "search": ["corp.example.", "example.org."],
        "ndots": 2,
        "timeout": 3.0,
        "attempts": 4,
        "rotate": True,
        "trust_ad": True,
    },
    "dos": {**ONE, "search": ["a.example.", "b.example."], "rotate": True, "timeout": 1.0},
    "last_one_wins": {**ONE, "search": ["last.example."]},
    "servers": {
        "servers": ["192.0.2.7:53", "[2001:DB8::7]:53", "[::ffff:192.0.2.9]:53"],
        "unknown_option": True,
    },
    "every_option": {
        **ONE,
        "ndots": 15,
        "timeout": 1.0,
        "attempts": 1,
        "single_request": True,
        "use_tcp": True,
        "no_reload": True,
        "trust_ad": True,
        "rotate": True,
        "lookup": ["file", "bind"],
    },
    "unknown": {**ONE, "unknown_option": True},
    "unknown_option": {**ONE, "unknown_option": True, "rotate": True},
    "no_search": ONE,
    "junk": {**ONE, "search": ["ok.example."], "unknown_option": True},
}


def test_every_file_is_in_the_table() -> None:
    assert set(FILES) == set(os.listdir(DATA))


@pytest.mark.parametrize("name", FILES)
def test_files(name: str) -> None:
    assert parse((DATA / name).read_bytes()) == ResolvConf(**FILES[name])


@pytest.mark.parametrize(
    ("option", "expected"),
    [
        ("ndots:0", {"ndots": 0}),
        ("ndots:1", {"ndots": 1}),
        ("ndots:15", {"ndots": 15}),
        ("ndots:16", {"ndots": 15}),
        ("ndots:" + "9" * 100_000, {"ndots": 15}),
        ("ndots:-1", {"ndots": 0}),
        ("ndots:x", {"ndots": 0}),
        ("ndots:", {"ndots": 0}),
        ("ndots:3x", {"ndots": 3}),
        ("timeout:7", {"timeout": 7.0}),
        ("timeout:1000", {"timeout": 1000.0}),
        ("timeout:0", {"timeout": 1.0}),
        ("timeout:-5", {"timeout": 1.0}),
        ("timeout:" + "0" * 100_000 + "30", {"timeout": 30.0}),
        ("timeout:" + "9" * 100_000, {"timeout": float(0xFFFFFF)}),
        ("attempts:3", {"attempts": 3}),
        ("attempts:0", {"attempts": 1}),
        ("attempts:x:3", {"attempts": 1}),
        ("rotate", {"rotate": True}),
        ("single-request", {"single_request": True}),
        ("single-request-reopen", {"single_request": True}),
        ("use-vc", {"use_tcp": True}),
        ("usevc", {"use_tcp": True}),
        ("tcp", {"use_tcp": True}),
        ("trust-ad", {"trust_ad": True}),
        ("no-reload", {"no_reload": True}),
        ("edns0", {}),
        ("rotate edns0 ndots:2", {"rotate": True, "ndots": 2}),
        ("ndots:2 ndots:4", {"ndots": 4}),
        ("", {}),
        # Not understood.
        ("ndots", {"unknown_option": True}),
        ("timeout", {"unknown_option": True}),
        ("rotate:1", {"unknown_option": True}),
        ("Rotate", {"unknown_option": True}),
        ("inet6", {"unknown_option": True}),
        ("no-aaaa", {"unknown_option": True}),
        ("\xff\0", {"unknown_option": True}),
        ("nonsense rotate", {"unknown_option": True, "rotate": True}),
    ],
)
def test_options(option: str, expected: dict[str, Any]) -> None:
    data = b"nameserver 192.0.2.1\noptions " + option.encode("latin-1")
    assert parse(data) == ResolvConf(**ONE, **expected)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("# nameserver 192.0.2.2", {}),
        (";nameserver 192.0.2.2", {}),
        # Only where the line begins.
        (" # comment", {"unknown_option": True}),
        ("rotate", {"unknown_option": True}),
        ("sortlist", {"unknown_option": True}),
        ("Search x.example", {"unknown_option": True}),
        ("\x0bsearch x.example", {"unknown_option": True}),
        ("domain", {}),
        ("domain .", {}),
        ("search", {}),
        ("search . x.example .", {"search": ["x.example."]}),
        ("search X.Example.", {"search": ["X.Example."]}),
        ("search localdomain _tcp.example", {"search": ["localdomain.", "_tcp.example."]}),
        # What no query could be made of.
        ("search ok.example .x.example x..example x.example..", {"search": ["ok.example."]}),
        ("search " + "x" * 64 + ".example ok.example", {"search": ["ok.example."]}),
        ("search " + "x." * 126 + "x", {"search": ["x." * 127]}),
        ("search " + "x." * 127 + "x", {}),
        ("search \xe9.example a\\.b c\x01d", {}),
        ("nameserver fe80::1%\x01", {}),
        ("nameserver fe80::1%\x7f", {}),
        ("nameserver 192.0.2.2\xa0", {}),
        ("lookup", {}),
        ("lookup bind file", {"lookup": ["bind", "file"]}),
        ("lookup bind\nlookup file", {"lookup": ["file"]}),
        ("search a.example\nsearch", {}),
        ("", {}),
        (" \t\r", {}),
    ],
)
def test_lines(line: str, expected: dict[str, Any]) -> None:
    data = b"nameserver 192.0.2.1\n" + line.encode("latin-1") + b"\n"
    assert parse(data) == ResolvConf(**ONE, **expected)


def test_a_long_search_list_is_kept() -> None:
    names = [f"n{i}.example" for i in range(1000)]
    assert parse(f"search {' '.join(names)}".encode()).search == tuple(f"{name}." for name in names)


def test_the_defaults() -> None:
    conf = parse(b"")
    assert conf == ResolvConf()
    assert conf.servers == DEFAULT_SERVERS == ("127.0.0.1:53", "[::1]:53")
    assert conf.default_servers
    shown = (conf.search, conf.ndots, conf.timeout, conf.attempts, conf.lookup, conf.error)
    assert shown == ((), 1, 5.0, 2, (), None)
    flags = (
        conf.rotate,
        conf.single_request,
        conf.use_tcp,
        conf.trust_ad,
        conf.no_reload,
        conf.unknown_option,
    )
    assert not any(flags)
    assert not parse(b"nameserver 127.0.0.1\nnameserver ::1").default_servers
    assert parse(b"nameserver ns.example").default_servers


def test_an_unreadable_file_is_the_defaults_and_the_error() -> None:
    err = IsADirectoryError(21, "Is a directory")
    conf = parse_resolv_conf(err, lambda: "machine.example")
    assert conf == ResolvConf(search=["example."], error=err)
    assert conf.default_servers


@pytest.mark.parametrize(
    ("name", "search"),
    [
        ("machine.corp.example", ("corp.example.",)),
        ("machine.example.", ("example.",)),
        ("machine", ()),
        ("machine.", ()),
        ("", ()),
        (".", ()),
        (".example", ("example.",)),
        ("machine..example", ()),
        ("machine.é", ()),
        ("machine.\udcff", ()),
        (OSError(5, "no name"), ()),
    ],
)
def test_the_machines_own_domain(name: str | OSError, search: tuple[str, ...]) -> None:
    asked = []

    def hostname() -> str:
        asked.append(1)
        if isinstance(name, OSError):
            raise name
        return name

    assert parse_resolv_conf(b"search .", hostname).search == search
    assert asked
    asked.clear()
    # It is asked for only where it is needed.
    assert parse_resolv_conf(b"search x.example", hostname).search == ("x.example.",)
    assert not asked


def test_the_machines_name_is_the_systems(monkeypatch: pytest.MonkeyPatch) -> None:
    suffix = socket.gethostname().partition(".")[2]
    assert parse_resolv_conf(b"").search == ((f"{suffix}.",) if suffix else ())


def test_with() -> None:
    conf = parse(b"options rotate")
    other = conf.with_(timeout=0.5, servers=["192.0.2.1:53"], search=["x."])
    assert other == ResolvConf(servers=("192.0.2.1:53",), search=("x.",), timeout=0.5, rotate=True)
    assert not other.default_servers
    assert conf == ResolvConf(rotate=True)
    assert conf.with_(timeout=1.0).default_servers
    with pytest.raises(TypeError):
        conf.with_(tiemout=1.0)
    with pytest.raises(AttributeError):
        conf.timeout = 1.0  # type: ignore[misc]


# Any bytes.

WORDS = st.sampled_from(
    [b"nameserver", b"search", b"domain", b"options", b"lookup", b"ndots:", b"timeout:", b"attempts:", b"::1"]
)
BLANKS = st.sampled_from([b" ", b"\t", b"\r", b"  ", b"\n", b"\n#", b"\0", b""])


@given(st.binary() | st.lists(WORDS | BLANKS | st.binary(max_size=20), max_size=40).map(b"".join))
def test_any_bytes(data: bytes) -> None:
    conf = parse(data)
    assert 1 <= len(conf.servers) <= 3
    for server in conf.servers:
        host, port = dialnet.split_host_port(server)
        assert port == "53"
        assert dialnet.IPAddr(host).ip is not None
    assert all(name.isascii() and name.endswith(".") and 2 <= len(name) <= 254 for name in conf.search)
    assert 0 <= conf.ndots <= 15
    assert conf.timeout >= 1
    assert conf.attempts >= 1


@given(st.lists(st.binary().filter(lambda junk: b"nameserver" not in junk), min_size=2, max_size=4))
def test_lines_around_junk_count(junk: list[bytes]) -> None:
    conf = parse(b"\nnameserver 192.0.2.1\n".join(junk))
    assert conf.servers == ("192.0.2.1:53",) * (len(junk) - 1)


@pytest.mark.parametrize(
    "data",
    [
        b"\n" * (1 << 20),
        b" " * (1 << 20),
        b"search " + b"a " * (1 << 19),
        b"search " + b"." * (1 << 20),
        b"options " + b"x " * (1 << 19),
        b"options ndots:" + b"1" * (1 << 20),
        b"nameserver " + b":" * (1 << 20),
        b"nameserver " + b"1." * (1 << 19),
        b"nameserver fe80::1%" + b"x" * (1 << 20),
        b"nameserver x\n" * (1 << 16),
        b"\0" * (1 << 20),
    ],
    ids=lambda data: repr(data[:12]),
)
def test_the_largest_files_take_no_time(data: bytes) -> None:
    before = time.process_time()
    parse(data[: 1 << 20])
    # A tenth of a second to one; what is quadratic would take hours.
    assert time.process_time() - before < 20


# Following the file.


def put(path: Path, text: str, when: int) -> None:
    path.write_text(text)
    os.utime(path, (when, when))


def test_the_file_is_followed(tmp_path: Path) -> None:
    path = tmp_path / "resolv.conf"
    put(path, "nameserver 192.0.2.1\n", AGO)
    file = resolv_conf(str(path), no_domain)
    assert file.get(0.0).servers == ("192.0.2.1:53",)
    put(path, "nameserver 192.0.2.2\n", AGO + 1)
    assert file.get(4.9).servers == ("192.0.2.1:53",)
    assert file.get(5.0).servers == ("192.0.2.2:53",)


def test_default_servers_are_given_up_at_once(tmp_path: Path) -> None:
    """The network may come up after the program."""
    path = tmp_path / "resolv.conf"
    file = resolv_conf(str(path), no_domain)
    conf = file.get(0.0)
    assert conf.default_servers
    assert isinstance(conf.error, FileNotFoundError)
    put(path, "# not yet\n", AGO)
    assert file.get(0.1) == ResolvConf()
    put(path, "nameserver 192.0.2.1\n", AGO)
    assert file.get(0.1).servers == ("192.0.2.1:53",)
    path.unlink()
    assert not file.get(5.0).default_servers
    assert file.get(5.2).default_servers


def test_no_reload(tmp_path: Path) -> None:
    path = tmp_path / "resolv.conf"
    # Even while it names no server.
    put(path, "options no-reload\n", AGO)
    file = resolv_conf(str(path), no_domain)
    file.get(0.0)
    put(path, "nameserver 192.0.2.1\n", AGO + 1)
    assert file.get(1e9).default_servers
    assert file.get(0.0, force=True).servers == ("192.0.2.1:53",)


def test_a_huge_file(tmp_path: Path) -> None:
    path = tmp_path / "resolv.conf"
    put(path, "nameserver 192.0.2.1\n" + "x" * (2 << 20), AGO)
    assert resolv_conf(str(path), no_domain).get(0.0) == ResolvConf(**ONE)


def test_the_end_of_a_long_file_is_left_out(tmp_path: Path) -> None:
    """It is read while a loop waits."""
    path = tmp_path / "resolv.conf"
    path.write_bytes(b"nameserver 192.0.2.1\n" + b"#\n" * (1 << 15) + b"nameserver 192.0.2.2\n")
    assert resolv_conf(str(path), no_domain).get(0.0).servers == ("192.0.2.1:53",)


def test_the_default_path() -> None:
    assert resolv_conf().path == "/etc/resolv.conf"
