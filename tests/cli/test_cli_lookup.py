"""`dialnet lookup` against a scripted server, with hostile answers, and with this machine's own files."""

from __future__ import annotations

import contextlib
import ipaddress
import json
import os
import re
import shlex
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.cli.support import COMMAND, Process, Programs, has_ipv6, interrupt, limit
from tests.hosts import PATIENCE
from tests.resolve.answers import nxdomain, refused, reply, truncated, zone
from tests.resolve.scripted import Script, Scripted

# Rooted, so that no search list is gone through.
ZONE = zone(
    {
        "a.example.": {
            "A": ["192.0.2.1"],
            "AAAA": ["2001:db8::1"],
            "MX": ["20 mail2.example.", "10 mail1.example."],
            "NS": ["ns1.example.", "ns2.example."],
            "TXT": ['"v=spf1 " "-all"', '""'],
        },
        "www.example.": {"CNAME": "a.example."},
        "_sip._tcp.a.example.": {"SRV": ["20 0 5062 late.example.", "10 5 5060 first.example."]},
        "1.2.0.192.in-addr.arpa.": {"PTR": ["a.example."]},
        "1." + "0." * 23 + "8.b.d.0.1.0.0.2.ip6.arpa.": {"PTR": ["a.example."]},
        "badmx.example.": {"MX": ["20 mail.example.", r"10 bad\032name.example."]},
        "_sip._tcp.bad.example.": {"SRV": ["20 0 5062 late.example.", r"10 0 1 \027[2J.example."]},
    }
)

TELLS = ("DIALNETDEBUG", "LOCALDOMAIN", "RES_OPTIONS", "HOSTALIASES")
ENVIRONMENT = {name: value for name, value in os.environ.items() if name not in TELLS}

Lookup = Callable[..., Process]


@pytest.fixture
def lookup(dialnet: Programs) -> Lookup:
    """`dialnet lookup ARGS`, where nothing in the environment says how."""

    def start(*args: str, env: dict[str, str] | None = None, **more: Any) -> Process:
        return dialnet("lookup", *args, env=ENVIRONMENT | (env or {}), **more)

    return start


@pytest.fixture
def server() -> Iterator[Scripted]:
    with Scripted(ZONE) as scripted:
        yield scripted


def outcome(process: Process) -> tuple[str, str, int]:
    out = process.end().decode()
    return out, process.stderr, process.status()


# What each kind prints.


def record(**fields: object) -> dict[str, object]:
    return fields


@pytest.mark.parametrize(
    ("args", "lines", "document"),
    [
        ("host a.example.", None, {"name": "a.example.", "records": ["192.0.2.1", "2001:db8::1"]}),
        ("host www.example.", None, {"name": "www.example.", "records": ["192.0.2.1", "2001:db8::1"]}),
        ("host 192.0.2.7", "192.0.2.7", {"name": "192.0.2.7", "records": ["192.0.2.7"]}),
        ("host fe80::1%eth0", "fe80::1%eth0", {"name": "fe80::1%eth0", "records": ["fe80::1%eth0"]}),
        ("ip a.example.", None,
         {"name": "a.example.", "network": "ip", "records": ["192.0.2.1", "2001:db8::1"]}),
        ("ip a.example. --network ip4", "192.0.2.1",
         {"name": "a.example.", "network": "ip4", "records": ["192.0.2.1"]}),
        ("ip a.example. --network ip6", "2001:db8::1",
         {"name": "a.example.", "network": "ip6", "records": ["2001:db8::1"]}),
        ("ip fe80::1%eth0", "fe80::1", {"name": "fe80::1%eth0", "network": "ip", "records": ["fe80::1"]}),
        ("addr 192.0.2.1", "a.example.", {"name": "192.0.2.1", "records": ["a.example."]}),
        ("addr 2001:db8::1", "a.example.", {"name": "2001:db8::1", "records": ["a.example."]}),
        ("cname www.example.", "a.example.", {"name": "www.example.", "records": ["a.example."]}),
        ("mx a.example.", "10 mail1.example.\n20 mail2.example.", {"name": "a.example.", "records": [
            record(host="mail1.example.", pref=10), record(host="mail2.example.", pref=20)]}),
        ("ns a.example.", "ns1.example.\nns2.example.", {"name": "a.example.", "records": [
            record(host="ns1.example."), record(host="ns2.example.")]}),
        ("txt a.example.", "v=spf1 -all\n", {"name": "a.example.", "records": ["v=spf1 -all", ""]}),
        *[(f"srv {name}", "10 5 5060 first.example.\n20 0 5062 late.example.", {
            "name": "_sip._tcp.a.example.", "cname": "_sip._tcp.a.example.", "records": [
                record(target="first.example.", port=5060, priority=10, weight=5),
                record(target="late.example.", port=5062, priority=20, weight=0)]})
          for name in ("_sip._tcp.a.example.", "sip tcp a.example.", "_sip _tcp a.example.")],
        *[(f"port {name}", "443", {"name": "https", "network": network, "records": [443]})
          for name, network in (
              ("tcp https", "tcp"), ("tcp/https", "tcp"), ("tcp6 https", "tcp6"), ("https", "ip"))],
        ("port udp 53", "53", {"name": "53", "network": "udp", "records": [53]}),
    ],
)  # fmt: skip
def test_every_kind(
    lookup: Lookup, server: Scripted, args: str, lines: str | None, document: dict[str, Any]
) -> None:
    words = args.split()
    if words[0] != "port":
        words += ["--server", server.address]
    plain, as_json = lookup(*words), lookup(*words, "--json")
    out, err, status = outcome(plain)
    assert (err, status) == ("", 0)
    if lines is None:  # which family comes first is this machine's business
        assert sorted(out.splitlines()) == document["records"]
    else:
        assert out == lines + "\n"
    out, err, status = outcome(as_json)
    assert (err, status) == ("", 0)
    assert out.count("\n") == 1
    found = json.loads(out)
    if lines is None:
        found["records"].sort()
    assert found == {"kind": words[0], **document}


def test_the_asked_server_is_asked(lookup: Lookup, server: Scripted) -> None:
    assert outcome(lookup("mx", "a.example.", "--server", server.address))[2] == 0
    assert [received.type for received in server.received] == ["MX"]


# What fails.


def test_no_such_host(lookup: Lookup, server: Scripted) -> None:
    for more in ((), ("--json",)):
        said = f"dialnet: lookup nothing.example. on {server.address}: no such host"
        assert outcome(lookup("host", "nothing.example.", "--server", server.address, *more)) == ("", said, 1)


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ("addr a.example.", "lookup a.example.: unrecognized address"),
        ("host secret.onion", "lookup secret.onion: no such host"),
        ("mx localhost", "lookup localhost: no such host"),
        ("port tcp nothing-has-this-name", "lookup tcp/nothing-has-this-name: unknown port"),
        ("port tcp 65536", "address 65536: invalid port"),
        ("host a..example", "lookup a..example: no such host"),
    ],
)
def test_what_nobody_is_asked_for(lookup: Lookup, server: Scripted, args: str, said: str) -> None:
    kind, *names = args.split()
    more = () if kind == "port" else ("--server", server.address)
    assert outcome(lookup(kind, *names, *more)) == ("", f"dialnet: {said}", 1)
    assert server.received == []


def test_good_records_beside_bad_ones(lookup: Lookup, server: Scripted) -> None:
    invalid = "DNS response contained records which contain invalid names"
    for args, lines, document in (
        (
            "mx badmx.example.",
            "20 mail.example.\n",
            {"kind": "mx", "name": "badmx.example.", "records": [record(host="mail.example.", pref=20)]},
        ),
        (
            "srv sip tcp bad.example.",
            "20 0 5062 late.example.\n",
            {
                "kind": "srv",
                "name": "_sip._tcp.bad.example.",
                "cname": None,
                "records": [record(target="late.example.", port=5062, priority=20, weight=0)],
            },
        ),
    ):
        words = [*args.split(), "--server", server.address]
        plain, as_json = lookup(*words), lookup(*words, "--json")
        error = f"lookup {document['name']} on {server.address}: {invalid}"
        assert outcome(plain) == (lines, f"dialnet: {error}", 1)
        out, err, status = outcome(as_json)
        assert json.loads(out) == {**document, "error": error}
        assert (err, status) == (f"dialnet: {error}", 1)


def test_the_timeout(lookup: Lookup) -> None:
    with Scripted(lambda query, transport, nth: []) as silent:
        for kind in ("host", "txt"):
            started = time.monotonic()
            process = lookup(kind, "a.example.", "--server", silent.address, "--timeout", "1s")
            assert outcome(process) == ("", "dialnet: lookup a.example.: i/o timeout", 1)
            assert 1.0 <= time.monotonic() - started < PATIENCE
        assert {received.type for received in silent.received} == {"A", "AAAA", "TXT"}


def test_ctrl_c(lookup: Lookup) -> None:
    asked = threading.Event()

    def script(query: object, transport: str, nth: int) -> list[Any]:
        asked.set()
        return []

    with Scripted(script) as silent:
        process = lookup("txt", "a.example.", "--server", silent.address)
        assert asked.wait(PATIENCE)
        assert interrupt(process) == 130
        assert outcome(process) == ("", "", 130)


def test_ctrl_c_while_the_system_is_stuck(dialnet: Programs) -> None:
    """Nor does its thread hold up the end."""
    program = (
        "import socket, sys, time\n"
        "def stuck(*args, **more):\n"
        "    print('asked', file=sys.stderr, flush=True)\n"
        f"    time.sleep({10 * PATIENCE})\n"
        "socket.getaddrinfo = stuck\n"
        "from dialnet.cli import main\n"
        "sys.exit(main(['lookup', '--resolver', 'system', 'host', 'a.example']))\n"
    )
    process = dialnet.run(sys.executable, "-c", program)
    process.line("^asked$")
    assert interrupt(process) == 130
    assert outcome(process) == ("", "asked", 130)


@pytest.mark.parametrize(
    "args",
    [
        "",
        "host",
        "nonsense a.example",
        "host a.example b.example",
        "srv sip tcp",
        "srv sip tcp a.example more",
        "port http/tcp",
        "port sctp http",
        "port tcp/",
        "port tcp/http more",
        "port tcp http more",
        "host a.example --network ip4",
        "ip a.example --network ip5",
        "host a.example --server a.example",
        "host a.example --server 192.0.2.1:dns",
        "host a.example --server 192.0.2.1 --server 192.0.2.300",
        "host a.example --server 192.0.2.1 --resolver system",
        "port tcp http --server 192.0.2.1",
        "host a.example --resolver go",
        "host a.example --timeout soon",
    ],
)
def test_wrong_usage_of_lookup(lookup: Lookup, args: str) -> None:
    out, err, status = outcome(lookup(*args.split()))
    assert (out, status) == ("", 2)
    assert err.startswith("Usage: dialnet lookup ")
    assert "Traceback" not in err


def test_help_has_every_kind(lookup: Lookup) -> None:
    out, err, status = outcome(lookup("--help"))
    assert (err, status) == ("", 0)
    assert all(len(line) <= 100 for line in out.splitlines())
    for kind in ("host", "ip", "addr", "cname", "mx", "ns", "srv", "txt", "port"):
        assert re.search(rf"^    {kind}  ", out, re.MULTILINE)


# What a server says that means no good.

HOSTILE = rb'"\027]0;title\007\027[2J\155 \226\128\174exe.txt \127\013\010next" "\195" "\175\tab\009\092\255"'
TEXT = "\x1b]0;title\x07\x1b[2J\udc9b \u202eexe.txt \x7f\r\nnextïtab\t\\\udcff"
SHOWN = "^[]0;title^G^[[2J\\x9b \\u202eexe.txt ^?^M^Jnextïtab^I\\\\xff"


@pytest.fixture
def hostile() -> Iterator[Scripted]:
    def script(query: Any, transport: str, nth: int) -> list[Any]:
        name = query.question[0].name
        if name.to_text() == "txt.example.":
            return [reply(query, f"{name} TXT {HOSTILE.decode()}", f"{name} TXT plain")]
        if name.to_text().endswith(".arpa."):
            return [reply(query, rf"{name} PTR \027[2J.example.")]
        # Go on with a name that would draw, if it were printed.
        return [reply(query, rf"{name} CNAME \027[2J.example.", r"\027[2J.example. A 192.0.2.1")]

    with Scripted(script) as scripted:
        yield scripted


UTF8 = {"PYTHONIOENCODING": "utf-8"}


def test_a_hostile_text(lookup: Lookup, hostile: Scripted) -> None:
    words = ("txt", "txt.example.", "--server", hostile.address)
    assert outcome(lookup(*words, env=UTF8)) == (f"{SHOWN}\nplain\n", "", 0)
    latin = lookup(*words, env={"PYTHONIOENCODING": "latin-1"})
    assert latin.end() == f"{SHOWN}\nplain\n".encode("latin-1")
    out = lookup(*words, "--json").end()
    assert all(0x20 <= byte < 0x7F for byte in out[:-1])
    assert json.loads(out)["records"] == [TEXT, "plain"]


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="no terminals")
def test_a_hostile_text_on_a_terminal(lookup: Lookup, hostile: Scripted) -> None:
    words = ("txt", "txt.example.", "--server", hostile.address)
    for more in ((), ("--json",)):
        ours, theirs = os.openpty()
        try:
            process = lookup(*words, *more, env=UTF8, stdout=theirs)
            os.close(theirs)
            data = b""
            with limit(process), contextlib.suppress(OSError):  # EIO: its other end is closed
                while chunk := os.read(ours, 65536):
                    data += chunk
        finally:
            os.close(ours)
        assert data.replace(b"\r\n", b"\n") == lookup(*words, *more, env=UTF8).end()
        assert data.isascii() == bool(more)
        assert (process.status(), process.stderr) == (0, "")


def test_hostile_names(lookup: Lookup, hostile: Scripted) -> None:
    for kind, name in (("addr", "192.0.2.1"), ("cname", "a.example.")):
        out, err, status = outcome(lookup(kind, name, "--explain", "--server", hostile.address))
        assert (out, status) == ("", 1)
        assert "invalid names" in err.splitlines()[-1]
        assert all(" " <= char <= "~" for char in err.replace("\n", ""))


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("\x1b[2J\n.example.", "^[[2J^J.example."),
        ("\u202eelpmaxe.", "\\u202eelpmaxe."),
        ("\udcff.example.", "\\xff.example."),
        ("\x9b2J.example.", "\\u009b2J.example."),
    ],
)
def test_a_hostile_name_asked_for(lookup: Lookup, server: Scripted, name: str, shown: str) -> None:
    process = lookup("host", name, "--explain", "--server", server.address, env={"PYTHONUTF8": "1"} | UTF8)
    out, err, status = outcome(process)
    assert (out, status) == ("", 1)
    assert err.splitlines()[-1].startswith(f"dialnet: lookup {shown}")
    assert all(" " <= char <= "~" for char in err.replace("\n", ""))


# --explain.


def test_explain_has_the_decision_and_each_query(lookup: Lookup) -> None:
    def second(query: Any, transport: str, nth: int) -> list[Any]:
        if transport == "udp":
            return [truncated(reply(query))]
        return [reply(query, "a.example. TXT one", "a.example. TXT two")]

    with Scripted(lambda query, transport, nth: [refused(query)]) as one, Scripted(second) as two:
        process = lookup("txt", "a.example.", "--explain", "--server", one.address, "--server", two.address)
        out, err, status = outcome(process)
    assert (out, status) == ("one\ntwo\n", 0)
    time_ = r"\(\d+\.\d ms\)"
    patterns = [
        r"txt of a\.example\.: python: .*",
        rf"a\.example\. TXT: {re.escape(one.address)} over udp: \S.* {time_}",
        rf"a\.example\. TXT: {re.escape(two.address)} over udp: truncated {time_}",
        rf"a\.example\. TXT: {re.escape(two.address)} over tcp: 2 records {time_}",
        r"found 2 records in \d+\.\d+ m?s",
    ]
    lines = err.splitlines()
    assert len(lines) == len(patterns), lines
    for line, pattern in zip(lines, patterns, strict=True):
        assert re.fullmatch(f"dialnet: {pattern}", line)


def test_explain_of_what_fails(lookup: Lookup) -> None:
    with Scripted(lambda query, transport, nth: [nxdomain(query)]) as server:
        process = lookup("host", "a.example.", "--explain", "--json", "--server", server.address)
        out, err, status = outcome(process)
    lines = err.splitlines()
    assert (out, status, len(lines)) == ("", 1, 5)
    asked = sorted(re.match(r"dialnet: a\.example\. (A|AAAA): ", line)[1] for line in lines[1:3])  # type: ignore[index]
    assert asked == ["A", "AAAA"]
    assert re.fullmatch(r"dialnet: failed after \d+\.\d+ m?s", lines[3])
    assert lines[4] == f"dialnet: lookup a.example. on {server.address}: no such host"


def test_explain_says_nothing_twice(lookup: Lookup, server: Scripted) -> None:
    """The environment may ask for the same lines."""
    words = ("mx", "a.example.", "--explain", "--server", server.address)
    said = [
        re.sub(r"[0-9.]+ m?s", "TIME", outcome(lookup(*words, env=env))[1])
        for env in ({}, {"DIALNETDEBUG": "netdns=1"})
    ]
    assert said[0] == said[1]
    assert said[0].count("MX") == 1


# This machine.


def test_localhost(lookup: Lookup) -> None:
    for more in ((), ("--resolver", "python"), ("--resolver", "system")):
        out, err, status = outcome(lookup("host", "localhost", *more))
        assert (err, status) == ("", 0)
        assert out
        assert all(ipaddress.ip_address(line).is_loopback for line in out.splitlines())
    assert outcome(lookup("cname", "localhost")) == ("localhost.\n", "", 0)


def test_the_resolver_that_is_wanted_answers(lookup: Lookup) -> None:
    for wanted in ("python", "system"):
        _, err, status = outcome(lookup("host", "localhost", "--resolver", wanted, "--explain"))
        assert status == 0
        assert err.startswith(f"dialnet: addresses of localhost: {wanted}")


@pytest.mark.skipif(not os.path.exists("/etc/hosts"), reason="no hosts file")
def test_a_name_of_the_hosts_file(lookup: Lookup) -> None:
    """As the C library finds it; a server is not asked."""
    with open("/etc/hosts", encoding="utf-8", errors="replace") as file:
        known = {word for line in file for word in line.partition("#")[0].split()[1:]}
    name = min((word for word in known if word.isalnum() and word != "localhost"), default=None)
    if name is None:
        pytest.skip("the hosts file has localhost alone")
    with Scripted(lambda query, transport, nth: [nxdomain(query)]) as server:
        out, err, status = outcome(lookup("host", name, "--server", server.address))
        assert (err, status) == ("", 0)
        assert server.received == []
    theirs = {str(found[4][0]) for found in socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)}
    assert theirs <= set(out.splitlines())


@pytest.mark.skipif(not has_ipv6(), reason="no IPv6 on this machine")
def test_a_server_of_ipv6(lookup: Lookup) -> None:
    with Scripted(ZONE, family=socket.AF_INET6) as server:
        assert server.address.startswith("[::1]:")
        out = outcome(lookup("ip", "a.example.", "--network", "ip4", "--server", server.address))
        assert out == ("192.0.2.1\n", "", 0)


# The streams.


def test_a_closed_stdout_and_a_full_one(dialnet: Programs, lookup: Lookup, server: Scripted) -> None:
    words = ("txt", "a.example.", "--server", server.address)
    closed = dialnet.run("sh", "-c", f"exec {shlex.join((*COMMAND, 'lookup', *words))} >&-", env=ENVIRONMENT)
    assert (closed.status(), closed.stderr) == (0, "")
    reader, writer = os.pipe()
    os.close(reader)
    try:
        process = lookup(*words, stdout=writer)
        assert (process.status(), process.stderr) == (141, "")
    finally:
        os.close(writer)
    if os.path.exists("/dev/full"):
        with open("/dev/full", "wb") as full:
            process = lookup(*words, stdout=full)
        assert (process.status(), process.stderr) == (1, "dialnet: standard output: No space left on device")


def test_more_than_a_pipe_holds(lookup: Lookup) -> None:
    """Also where the pipe does not block."""
    lines = [f"{number:03} " + "x" * 240 for number in range(200)]
    script: Script = zone({"many.example.": {"TXT": [f'"{line}"' for line in lines]}})
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with Scripted(script) as server, open(reader, "rb") as file:
        process = lookup("txt", "many.example.", "--server", server.address, stdout=writer)
        os.close(writer)
        assert sorted(file.read().decode().splitlines()) == lines
        assert (process.status(), process.stderr) == (0, "")


def test_a_lookup_loads_no_asyncio(dialnet: Programs) -> None:
    program = (
        "import sys; from dialnet.cli import main; main(['lookup', 'host', '127.0.0.1']); "
        "print('asyncio' in sys.modules)"
    )
    assert dialnet.run(sys.executable, "-c", program).end() == b"127.0.0.1\nFalse\n"
