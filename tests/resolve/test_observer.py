"""What DIALNETDEBUG prints: each decision, its reason, each query."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time

import pytest

from dialnet.resolve.machine import machine
from dialnet.resolve.observer import Observer
from dialnet.resolve.order import Choice
from dialnet.settings import Settings
from tests.hosts import PATIENCE

UNSET = ("DIALNETDEBUG", "LOCALDOMAIN", "RES_OPTIONS", "HOSTALIASES")


def said(debug: str | None, code: str = "dialnet.lookup_host('localhost')", **environ: str) -> list[str]:
    """The lines on stderr of a program with this DIALNETDEBUG."""
    kept = {name: value for name, value in os.environ.items() if name not in UNSET}
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


def test_decisions_are_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in UNSET:
        monkeypatch.delenv(name, raising=False)
    choice = machine.choose("localhost", time.monotonic(), None)
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
    observer.decided("addresses of \x1b[2Jé\n\u202e", Choice(True).because("it is so"))
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
