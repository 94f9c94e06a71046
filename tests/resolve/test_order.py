"""Who answers: every row of the decision tables."""

from __future__ import annotations

import errno
import os
import random
import socket
from pathlib import Path
from typing import Any

import pytest

from dialnet.resolve import order
from dialnet.resolve.config.nsswitch import Nsswitch, parse_nsswitch
from dialnet.resolve.config.resolv_conf import ResolvConf, parse_resolv_conf
from dialnet.resolve.machine import Machine
from dialnet.resolve.order import SOURCES, WHERE, WHO, Choice, Facts, decide

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


NO_FILE = (
    IsADirectoryError(errno.EISDIR, "a directory"),
    OSError(errno.EINVAL, "not a regular file"),
    BlockingIOError(errno.EAGAIN, "nothing there yet"),
)
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
        {"resolv": no_resolv(OSError(errno.ELOOP, "a link to itself"))},
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
    # What is no file: the C library could do less with it than we.
    *(
        ("nsswitch.conf", {"resolv": no_resolv(err)}, python("files", "dns"))
        for err in NO_FILE
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
    *(("no sources", {"nsswitch": parse_nsswitch(err)}, python("files", "dns")) for err in NO_FILE),
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


# The machine, which keeps a choice as long as what it rests on is the same.

HOSTS_LINES = [
    "files dns",
    "dns [!notfound=continue] files",
    "files mdns4 dns",
    "myhostname files",
    "resolve",
    "",
]
RESOLVS = ["nameserver 192.0.2.53", "options inet6", "lookup bind", ""]
NAMES = [NAME, "", "printer.local", "localhost", "me", "a%b", "a\\032b"]
ENVIRONMENTS: list[dict[str, str]] = [{}, {"LOCALDOMAIN": ""}, {"RES_OPTIONS": "x"}, {"HOSTALIASES": ""}]


def write_long_ago(path: Path, text: str, when: int) -> None:
    """What has just been written is read at every look: it might be written again in the same instant."""
    path.write_text(text)
    os.utime(path, (1e9 + when, 1e9 + when))


@pytest.mark.parametrize("platform", ["linux", "darwin", "windows", "openbsd", "solaris"])
def test_a_kept_choice_is_one_that_holds(
    platform: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever changes between one lookup and the next, the choice is what the tables say."""
    draw = random.Random(platform)
    machine = Machine(str(tmp_path), platform)
    monkeypatch.setattr(socket, "gethostname", lambda: "me")
    nsswitch_text = resolv_text = ""
    for step in range(600):
        # Mostly one thing changes at a time. A file is looked at again after five seconds.
        if draw.random() < 0.1:
            nsswitch_text = f"hosts: {draw.choice(HOSTS_LINES)}\n"
            write_long_ago(tmp_path / "nsswitch.conf", nsswitch_text, step)
        if draw.random() < 0.1:
            resolv_text = f"{draw.choice(RESOLVS)}\n"
            write_long_ago(tmp_path / "resolv.conf", resolv_text, step)
        environ = draw.choice(ENVIRONMENTS) if draw.random() < 0.3 else {}
        for variable in ("LOCALDOMAIN", "RES_OPTIONS", "HOSTALIASES", "ASR_CONFIG", "DIALNETDEBUG"):
            monkeypatch.delenv(variable, raising=False)
        for variable, value in environ.items():
            monkeypatch.setenv(variable, value)
        forced = draw.choice(["", "", "", "python", "system"])
        if forced:
            monkeypatch.setenv("DIALNETDEBUG", f"netdns={forced}")
        host, prefer_python = draw.choice(NAMES), draw.choice([None, None, True, False])
        expected = decide(
            Facts(
                host,
                platform=platform,
                resolv=resolv(resolv_text) if resolv_text else no_resolv(FileNotFoundError(2, "gone")),
                nsswitch=parse_nsswitch(nsswitch_text.encode()) if nsswitch_text else NO_NSSWITCH,
                environ=environ,
                hostname=lambda: "me",
                mdns_allow=lambda: False,
                forced=forced,
                prefer_python=prefer_python,
            )
        )
        choice = machine.choose(host, 10.0 * step, prefer_python)
        assert (choice, choice.reason) == (expected, expected.reason), (step, host, environ, forced)
