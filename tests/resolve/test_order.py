"""Who answers: every row of the decision tables, and that the decision is told."""

from __future__ import annotations

import errno
import os
import re
import subprocess
import sys
from typing import Any

import pytest

from dialnet.resolve import order
from dialnet.resolve.config.nsswitch import Nsswitch, parse_nsswitch
from dialnet.resolve.config.resolv_conf import ResolvConf, parse_resolv_conf
from dialnet.resolve.machine import machine as this_machine
from dialnet.resolve.observer import Observer
from dialnet.resolve.order import SOURCES, WHERE, WHO, Choice, Facts, decide
from dialnet.settings import Settings
from tests.hosts import PATIENCE

SYSTEM = Choice(True)
NAME = "www.example.com"


def python(*sources: str) -> Choice:
    return Choice(False, sources)


def nsswitch(hosts: str) -> Nsswitch:
    parsed = parse_nsswitch(f"passwd: files\nhosts: {hosts}\n".encode())
    assert parsed.error is None
    return parsed


def resolv(*lines: str) -> ResolvConf:
    return parse_resolv_conf("\n".join(lines).encode(), lambda: "me.example.com")


def no_resolv(err: OSError) -> ResolvConf:
    return parse_resolv_conf(err, lambda: "me.example.com")


def no_hostname() -> str:
    raise OSError(errno.EFAULT, "no name")


FILES_DNS_CONF = nsswitch("files dns")
# Unlike what would be taken if it were not read.
DNS_FILES_CONF = nsswitch("dns files")
NO_NSSWITCH = parse_nsswitch(FileNotFoundError(errno.ENOENT, "no such file"))
UNREADABLE = parse_nsswitch(PermissionError(errno.EACCES, "not yours"))
BROKEN = parse_nsswitch(b"hosts: files\ndns\n")
ONLY = {"prefer_python": True}


def facts(host: str = NAME, **changes: Any) -> Facts:
    given: dict[str, Any] = {
        "platform": "linux",
        "resolv": resolv("nameserver 192.0.2.53"),
        "nsswitch": FILES_DNS_CONF,
        "environ": {},
        "hostname": lambda: "me",
        "mdns_allow": lambda: False,
        **changes,
    }
    return Facts(host, **given)


# The row of a table that decides, what is the case, and what follows. In the order of Go's rules.
CASES: list[tuple[str, dict[str, Any], Choice]] = [
    # 1. Nobody else may.
    ("unavailable", {"available": False}, python("files", "dns")),
    ("unavailable", {"available": False, "forced": "system"}, python("files", "dns")),
    ("unavailable", {"available": False, "prefer_python": False}, python("files", "dns")),
    ("unavailable", {"available": False, "platform": "darwin"}, python("files", "dns")),
    ("forced python", {"forced": "python"}, python("files", "dns")),
    ("forced python", {"forced": "python", "prefer_python": False}, python("files", "dns")),
    ("forced python", {"forced": "python", "platform": "windows"}, python("files", "dns")),
    ("forced python", {"forced": "python", "environ": {"LOCALDOMAIN": ""}}, python("files", "dns")),
    ("forced python", {"forced": "python", "nsswitch": DNS_FILES_CONF}, python("dns", "files")),
    ("resolver python", {**ONLY}, python("files", "dns")),
    ("resolver python", {**ONLY, "forced": "system"}, python("files", "dns")),
    ("resolver python", {**ONLY, "platform": "darwin"}, python("files", "dns")),
    ("resolver python", {**ONLY, "host": "a%b"}, python("files", "dns")),
    # 2.
    ("forced system", {"forced": "system"}, SYSTEM),
    ("forced system", {"forced": "system", "platform": "openbsd"}, SYSTEM),
    ("resolver system", {"prefer_python": False}, SYSTEM),
    # 3.
    *(("platform", {"platform": p}, SYSTEM) for p in ("windows", "plan9", "darwin", "ios", "android")),
    ("LOCALDOMAIN", {"environ": {"LOCALDOMAIN": "example.com"}}, SYSTEM),
    ("LOCALDOMAIN", {"environ": {"LOCALDOMAIN": ""}}, SYSTEM),
    ("RES_OPTIONS", {"environ": {"RES_OPTIONS": "ndots:2"}}, SYSTEM),
    ("nsswitch.conf", {"environ": {"RES_OPTIONS": ""}}, python("files", "dns")),
    ("HOSTALIASES", {"environ": {"HOSTALIASES": "/etc/aliases"}}, SYSTEM),
    ("nsswitch.conf", {"environ": {"HOSTALIASES": ""}}, python("files", "dns")),
    ("ASR_CONFIG", {"platform": "openbsd", "environ": {"ASR_CONFIG": "x"}}, SYSTEM),
    ("nsswitch.conf", {"environ": {"ASR_CONFIG": "x"}}, python("files", "dns")),
    ("openbsd no lookup", {"platform": "openbsd", "environ": {"ASR_CONFIG": ""}}, python("dns", "files")),
    # 4.
    ("odd name", {"host": "a\\032b"}, SYSTEM),
    ("odd name", {"host": "fe80::1%eth0"}, SYSTEM),
    ("either", {"host": ""}, python("files", "dns")),
    # 5.
    *(
        ("no files", {**ONLY, "platform": p, "nsswitch": DNS_FILES_CONF}, python("files", "dns"))
        for p in ("windows", "plan9", "ios", "android")
    ),
    ("nsswitch.conf", {**ONLY, "platform": "darwin", "nsswitch": DNS_FILES_CONF}, python("dns", "files")),
    # 6.
    (
        "resolv.conf unreadable",
        {"resolv": no_resolv(IsADirectoryError(errno.EISDIR, "a directory"))},
        SYSTEM,
    ),
    (
        "resolv.conf unreadable",
        {"resolv": no_resolv(OSError(errno.EIO, "a bad disk")), "platform": "openbsd"},
        SYSTEM,
    ),
    (
        "nsswitch.conf",
        {"resolv": no_resolv(FileNotFoundError(errno.ENOENT, "gone"))},
        python("files", "dns"),
    ),
    (
        "nsswitch.conf",
        {"resolv": no_resolv(PermissionError(errno.EACCES, "not yours"))},
        python("files", "dns"),
    ),
    (
        "nsswitch.conf",
        {**ONLY, "resolv": no_resolv(OSError(errno.EIO, "a bad disk"))},
        python("files", "dns"),
    ),
    # 7.
    ("resolv.conf unknown", {"resolv": resolv("sortlist 192.0.2.0")}, SYSTEM),
    ("resolv.conf unknown", {"resolv": resolv("options inet6")}, SYSTEM),
    ("resolv.conf unknown", {"resolv": resolv("options inet6"), "platform": "openbsd"}, SYSTEM),
    ("nsswitch.conf", {**ONLY, "resolv": resolv("options inet6")}, python("files", "dns")),
    # 8. nsswitch.conf is not looked at.
    (
        "openbsd no resolv.conf",
        {"platform": "openbsd", "resolv": no_resolv(FileNotFoundError(errno.ENOENT, "gone"))},
        python("files"),
    ),
    (
        "openbsd no lookup",
        {"platform": "openbsd", "resolv": no_resolv(PermissionError(errno.EACCES, "not yours"))},
        python("dns", "files"),
    ),
    ("openbsd no lookup", {"platform": "openbsd"}, python("dns", "files")),
    ("openbsd no lookup", {**ONLY, "platform": "openbsd"}, python("dns", "files")),
    *(
        (f"openbsd {words}", {"platform": "openbsd", "resolv": resolv(f"lookup {words}")}, expected)
        for words, expected in (
            ("bind", python("dns")),
            ("bind file", python("dns", "files")),
            ("file", python("files")),
            ("file bind", python("files", "dns")),
        )
    ),
    *(
        ("openbsd other lookup", {"platform": "openbsd", "resolv": resolv(f"lookup {words}")}, SYSTEM)
        for words in ("yp", "bind yp", "file bind file")
    ),
    (
        "openbsd other lookup",
        {**ONLY, "platform": "openbsd", "resolv": resolv("lookup yp")},
        python("files", "dns"),
    ),
    ("nsswitch.conf", {"resolv": resolv("lookup bind")}, python("files", "dns")),
    # 9.
    ("solaris no sources", {"platform": "solaris", "nsswitch": NO_NSSWITCH}, SYSTEM),
    ("solaris no sources", {"platform": "solaris", "nsswitch": parse_nsswitch(b"passwd: files\n")}, SYSTEM),
    ("no sources", {**ONLY, "platform": "solaris", "nsswitch": NO_NSSWITCH}, python("files", "dns")),
    ("no sources", {"nsswitch": NO_NSSWITCH}, python("files", "dns")),
    ("no sources", {"nsswitch": parse_nsswitch(b"")}, python("files", "dns")),
    ("no sources", {"nsswitch": parse_nsswitch(b"passwd: files\nhosts:\n")}, python("files", "dns")),
    ("nsswitch.conf", {"platform": "solaris", "nsswitch": DNS_FILES_CONF}, python("dns", "files")),
    # 10. What had been understood before the mistake does not count.
    ("nsswitch.conf bad", {"nsswitch": UNREADABLE}, SYSTEM),
    ("nsswitch.conf bad", {"nsswitch": BROKEN}, SYSTEM),
    ("nsswitch.conf bad", {**ONLY, "nsswitch": BROKEN}, python("files", "dns")),
    ("nsswitch.conf bad", {**ONLY, "nsswitch": UNREADABLE}, python("files", "dns")),
    # 11.
    ("criteria", {"nsswitch": nsswitch("files [!notfound=continue] dns")}, SYSTEM),
    ("criteria", {"nsswitch": nsswitch("files dns [success=continue notfound=continue]")}, SYSTEM),
    ("known", {"nsswitch": nsswitch("files [success=return notfound=continue] dns")}, python("files", "dns")),
    ("known", {"nsswitch": nsswitch("dns [NOTFOUND=return] files")}, python("dns", "files")),
    ("known", {**ONLY, "nsswitch": nsswitch("dns [!notfound=continue] files")}, python("dns", "files")),
    # 12.
    *(
        ("myhostname", {"host": host, "nsswitch": nsswitch("myhostname files")}, SYSTEM)
        for host in (
            "localhost", "localhost.", "LOCALHOST.localdomain", "a.b.localhost", "x.localhost.localdomain.",
            "_gateway", "_outbound.", "me", "ME.",
        )
    ),
    ("myhostname", {"nsswitch": nsswitch("files myhostname"), "hostname": no_hostname}, SYSTEM),
    ("myhostname skipped", {"nsswitch": nsswitch("myhostname files dns")}, python("files", "dns")),
    (
        "myhostname skipped",
        {"host": "notlocalhost", "nsswitch": nsswitch("dns myhostname")},
        python("dns"),
    ),
    # 13.
    ("mdns .local", {"host": "printer.local", "nsswitch": nsswitch("files mdns4_minimal dns")}, SYSTEM),
    ("mdns .local", {"host": "Printer.LOCAL.", "nsswitch": nsswitch("mdns")}, SYSTEM),
    ("mdns.allow", {"nsswitch": nsswitch("files mdns4 dns"), "mdns_allow": lambda: True}, SYSTEM),
    ("mdns skipped", {"nsswitch": nsswitch("mdns6 dns")}, python("dns")),
    ("mdns skipped", {"host": "local", "nsswitch": nsswitch("mdns dns files")}, python("dns", "files")),
    # 14. As systemd, NIS and Samba write it; and what can only be told for a name.
    ("foreign", {"nsswitch": nsswitch("mymachines resolve [!UNAVAIL=return] files dns")}, SYSTEM),
    ("foreign", {"nsswitch": nsswitch("files dns nis")}, SYSTEM),
    ("foreign", {"nsswitch": nsswitch("files wins dns")}, SYSTEM),
    ("foreign", {"host": "", "nsswitch": nsswitch("files myhostname")}, SYSTEM),
    ("foreign", {"host": "", "nsswitch": nsswitch("files mdns dns")}, SYSTEM),
    # 15.
    ("instead of dns", {**ONLY, "nsswitch": nsswitch("files resolve")}, python("files", "dns")),
    ("instead of dns", {**ONLY, "nsswitch": nsswitch("resolve files")}, python("dns", "files")),
    ("instead of dns", {**ONLY, "nsswitch": nsswitch("nis")}, python("dns")),
    (
        "instead of dns",
        {**ONLY, "host": "localhost", "nsswitch": nsswitch("myhostname")},
        python("dns"),
    ),
    (
        "instead of dns",
        {**ONLY, "host": "printer.local", "nsswitch": nsswitch("files mdns")},
        python("files", "dns"),
    ),
    ("ignored", {**ONLY, "nsswitch": nsswitch("resolve files dns")}, python("files", "dns")),
    ("ignored", {**ONLY, "nsswitch": nsswitch("dns nis")}, python("dns")),
    # 16.
    ("known", {"nsswitch": nsswitch("files")}, python("files")),
    ("known", {"nsswitch": nsswitch("dns")}, python("dns")),
    ("known", {"nsswitch": nsswitch("files dns files")}, python("files", "dns")),
    ("mdns skipped", {"nsswitch": nsswitch("myhostname mdns")}, SYSTEM),
]  # fmt: skip


def case_name(case: tuple[str, dict[str, Any], Choice]) -> str:
    return f"{CASES.index(case)}: {case[0]}"


def rows_of(facts: Facts) -> tuple[Choice, list[str]]:
    """What is decided, and the rows that were taken on the way."""
    taken = []
    first = order._first

    def noting(rows: tuple[order.Row, ...], *given: object) -> order.Row:
        taken.append(first(rows, *given))
        return taken[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(order, "_first", noting)
        return decide(facts), [row.name for row in taken]


@pytest.mark.parametrize(("row", "changes", "expected"), CASES, ids=map(case_name, CASES))
def test_case(row: str, changes: dict[str, Any], expected: Choice) -> None:
    choice, rows = rows_of(facts(**changes))
    assert choice == expected
    assert row in rows
    assert choice.reason


def test_every_row_has_a_case() -> None:
    names = [row.name for table in (WHO, WHERE, SOURCES) for row in table]
    assert len(set(names)) == len(names)
    reached = {name for _, changes, _ in CASES for name in rows_of(facts(**changes))[1]}
    assert reached == set(names)
    # And one that is about this row.
    assert {row for row, _, _ in CASES} == set(names)


def test_every_table_ends_for_sure() -> None:
    """Whatever the facts, there is a row: the last of each applies always."""
    for table in (WHO, WHERE):
        assert table[-1].applies(None)
    assert SOURCES[-1].applies(None, None)


def test_facts_can_be_decided_on_twice() -> None:
    given = facts(**ONLY, nsswitch=nsswitch("resolve"))
    assert decide(given) == decide(given) == python("dns")
    given.prefer_python = None
    assert decide(given) == SYSTEM


REASONS = [
    ({"forced": "python"}, "python: files,dns", "netdns=python"),
    ({**ONLY, "platform": "windows"}, "python: files,dns", "the Resolver prefers Python"),
    ({"environ": {"LOCALDOMAIN": ""}}, "system", "LOCALDOMAIN is set"),
    ({"nsswitch": NO_NSSWITCH}, "python: files,dns", "nsswitch.conf has no hosts line"),
    ({"nsswitch": DNS_FILES_CONF}, "python: dns,files", "nsswitch.conf"),
    ({"nsswitch": nsswitch("files nis")}, "system", "nsswitch.conf: nis: only the C library has it"),
    ({"nsswitch": BROKEN}, "system", "nsswitch.conf cannot be read"),
    ({"nsswitch": nsswitch("mdns")}, "system", "nsswitch.conf names no source that is known here"),
]


@pytest.mark.parametrize(("changes", "text", "reason"), REASONS)
def test_reason(changes: dict[str, Any], text: str, reason: str) -> None:
    choice = decide(facts(**changes))
    assert (str(choice), choice.reason) == (text, reason)


def test_choice() -> None:
    assert python("files") == Choice(False, ("files",), "for whatever reason")
    assert python("files") != python("dns")
    assert python() != SYSTEM
    assert SYSTEM != "system"
    assert repr(python("files", "dns")) == "Choice(python: files,dns)"
    assert str(python()) == "python: nothing"


# The decision is told.


def said(debug: str | None, code: str = "dialnet.lookup_host('localhost')", **environ: str) -> list[str]:
    """The lines on stderr of a program with this DIALNETDEBUG."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in ("DIALNETDEBUG", "LOCALDOMAIN", "RES_OPTIONS", "HOSTALIASES")
    }
    if debug is not None:
        kept["DIALNETDEBUG"] = debug
    ran = subprocess.run(
        [sys.executable, "-c", f"import dialnet\n{code}"],
        env={**kept, **environ},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    assert ran.stdout == ""
    return ran.stderr.splitlines()


BY_DEFINITION = "dialnet: addresses of localhost: this machine, by definition (RFC 6761)"


def test_decisions_are_printed() -> None:
    choice = this_machine.choose("localhost", 0.0, None)
    lines = said("netdns=1")
    assert lines[0].startswith(f"dialnet: addresses of localhost: {choice} (")
    assert lines[1:] == [BY_DEFINITION]
    lines = said("netdns=1", LOCALDOMAIN="example.com")
    assert lines == ["dialnet: addresses of localhost: system (LOCALDOMAIN is set)", BY_DEFINITION]


@pytest.mark.parametrize("debug", ["netdns=python+1", "netdns=1+go", "multipathtcp=1,netdns=go+2"])
def test_python_is_forced_and_told(debug: str) -> None:
    lines = said(debug)
    assert re.fullmatch(r"dialnet: addresses of localhost: python: [a-z,]+ \(netdns=python\)", lines[0])
    assert lines[1:] == [BY_DEFINITION]


@pytest.mark.parametrize("debug", ["netdns=system+1", "netdns=1+cgo"])
def test_the_system_is_forced_and_told(debug: str) -> None:
    assert said(debug) == ["dialnet: addresses of localhost: system (netdns=system)", BY_DEFINITION]


@pytest.mark.parametrize(
    "debug", [None, "", "netdns=", "netdns=0", "netdns=python", "netdns=cgo+0", "netdns=x"]
)
def test_nothing_is_printed(debug: str | None) -> None:
    assert said(debug) == []


def test_an_unknown_mode_is_told_once() -> None:
    code = "for _ in range(3): dialnet.lookup_host('localhost')"
    first, *lines = said("netdns=pl\x1ban9+1", code)
    assert first == r"dialnet: DIALNETDEBUG: netdns='pl\x1ban9' is not known and left out"
    assert lines.count(BY_DEFINITION) == 3
    assert all(line.startswith("dialnet: addresses of localhost: ") for line in lines)


def test_what_is_told_is_printable() -> None:
    """Names and texts of the network do not get at the terminal."""
    told: list[str] = []
    observer = Observer(Settings(""), told.append)
    observer.decided("addresses of \x1b[2Jé\n\u202e", SYSTEM.because("it is so"))
    observer.asked("udp", "192.0.2.53:53", "a.example.", 28, 1.0, 1.25, "bad\rthing")
    observer.asked("tcp", "192.0.2.53:53", "a.example.", 65280, 1.0, 1.0, "1 records")
    assert told == [
        r"addresses of \x1b[2J\xe9\x0a\u202e: system (it is so)",
        r"a.example. AAAA: 192.0.2.53:53 over udp: bad\x0dthing (250.0 ms)",
        "a.example. TYPE65280: 192.0.2.53:53 over tcp: 1 records (0.0 ms)",
    ]
    assert observer.listens
    assert not Observer(Settings("")).listens


def test_queries_are_printed_with_a_number() -> None:
    code = (
        "import socket\n"
        "with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:\n"
        "    s.bind(('127.0.0.1', 0))\n"
        "    address = f'127.0.0.1:{s.getsockname()[1]}'\n"
        "r = dialnet.Resolver(servers=[address])\n"
        "try: r.lookup_mx('a.example.')\n"
        "except dialnet.DNSError: pass\n"
    )
    first, *lines = said("netdns=1", code)
    assert first.startswith("dialnet: mx of a.example.: python: dns (")
    # Nobody is at that port, and the kernel says so, at each try.
    assert lines
    for line in lines:
        assert re.fullmatch(
            r"dialnet: a\.example\. MX: 127\.0\.0\.1:\d+ over udp: .*[Rr]efused \(\d+\.\d ms\)", line
        )
