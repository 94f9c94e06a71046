"""`dialnet trace` as a process, with real sockets on loopback and a scripted DNS server."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import socket
import threading
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.support import HANG, Process, Programs, has_ipv6, interrupt
from tests.dialing.support import full, nobody
from tests.hosts import PATIENCE
from tests.resolve import scripted
from tests.resolve.answers import zone
from tests.resolve.scripted import Scripted

# What else says how wide a terminal is, whether it has colours, and how names are looked up.
TELLS = ("COLUMNS", "NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "DIALNETDEBUG", "LOCALDOMAIN", "RES_OPTIONS")
ENVIRONMENT = {name: value for name, value in os.environ.items() if name not in TELLS} | {
    "PYTHONIOENCODING": "utf-8",
    "TERM": "xterm-256color",
}
SVG = "{http://www.w3.org/2000/svg}"

SILENT, REFUSING, ANSWERING, UNTRIED = "127.0.0.3", "127.0.0.2", "127.0.0.4", "127.0.0.5"
# Rooted, so that no search list is gone through.
NAME = "four.example."
ZONE = zone(
    {
        NAME: {"A": [SILENT, REFUSING, ANSWERING, UNTRIED]},
        "dead.example.": {"A": ["127.0.0.2", "127.0.0.3"]},
        "six.example.": {"A": "127.0.0.4", "AAAA": "::1"},
    }
)

Trace = Callable[..., Process]


class Four:
    """A name with four addresses: the first never answers, the second refuses, the third has a listener."""

    def __init__(self, server: Scripted, port: int) -> None:
        self.port = port
        self.address = f"{NAME}:{port}"
        self.args = ("--resolver", "python", "--server", server.address, self.address)


@pytest.fixture
def trace(dialnet: Programs) -> Trace:
    """`dialnet trace ARGS`, where nothing in the environment says how."""

    def start(*args: str, env: dict[str, str] | None = None, **more: Any) -> Process:
        return dialnet("trace", *args, env=ENVIRONMENT | (env or {}), **more)

    return start


@pytest.fixture
def server() -> Iterator[Scripted]:
    with Scripted(ZONE) as scripted:
        yield scripted


@pytest.fixture
def four(server: Scripted) -> Iterator[Four]:
    while True:
        with contextlib.ExitStack() as stack:
            port = int(stack.enter_context(full(SILENT)).rpartition(":")[2])
            try:
                refusing = stack.enter_context(socket.socket())
                refusing.bind((REFUSING, port))  # and does not listen
                stack.enter_context(socket.create_server((ANSWERING, port)))
            except OSError as err:
                if err.errno != errno.EADDRINUSE:
                    raise
                continue
            yield Four(server, port)
            return


def outcome(process: Process) -> tuple[str, str, int]:
    out = process.end().decode()
    return out, process.stderr, process.status()


def cells(line: str) -> str:
    """The bar of a row: what is between two gaps and has a sign of its own."""
    found = re.search(r"  ([┊ ▒█░▓]*[▒█░▓][┊ ▒█░▓]*)  ", line)
    assert found, line
    return found[1]


def test_four_addresses_two_dead(trace: Trace, four: Four) -> None:
    out, err, status = outcome(trace("--fallback-delay", "100ms", *four.args))
    assert (err, status) == ("", 0)
    lines = out.splitlines()
    assert max(map(len, lines)) <= 80
    assert re.fullmatch(rf"dial tcp {re.escape(four.address)}: connected to {ANSWERING}:{four.port} in "
                        r"\d+\.\d ms", lines[0])  # fmt: skip
    assert lines[1] == ""
    assert re.match(r" +0 ms", lines[2])
    numbers = r" +\+\d+\.\d +\d+\.\d ms  "
    for line, expected in zip(
        lines[3:7],
        [
            rf"lookup  {re.escape(NAME)} .*{numbers}4 addresses",
            rf"connect {SILENT}:{four.port} .*{numbers}given up",
            rf"connect {REFUSING}:{four.port} .*{numbers}refused",
            rf"connect {ANSWERING}:{four.port} .*{numbers}◀ winner",
        ],
    ):
        assert re.fullmatch(expected, line), line
    assert lines[7:] == ["", f"not tried: {UNTRIED}"]
    # The silent one is waited for first, and the others come at its end, one after the other.
    silent, refusing, answering = map(cells, lines[4:7])
    assert silent.count("░") > len(silent) // 2
    assert refusing.index("▓") > silent.index("░")
    assert answering.index("█") >= refusing.index("▓")


def test_the_same_for_programs(trace: Trace, four: Four) -> None:
    out, err, status = outcome(trace("--json", "--fallback-delay", "100ms", *four.args))
    assert (err, status) == ("", 0)
    assert out.count("\n") == 1
    document = json.loads(out)
    assert {key: document[key] for key in document if key not in ("steps", "total")} == {
        "network": "tcp",
        "address": four.address,
        "winner": f"{ANSWERING}:{four.port}",
        "error": None,
    }
    lookup, silent, refusing, answering = document["steps"]
    rest = [{key: step[key] for key in step if key not in ("start", "length")} for step in document["steps"]]
    addresses = [SILENT, REFUSING, ANSWERING, UNTRIED]
    connect = {"step": "connect", "network": "tcp"}
    refused = f"dial tcp {REFUSING}:{four.port}: connect: Connection refused"
    assert rest == [
        {"step": "lookup", "name": NAME, "outcome": "found", "addresses": addresses, "error": None},
        {**connect, "address": f"{SILENT}:{four.port}", "outcome": "given up",
         "error": "operation was canceled"},
        {**connect, "address": f"{REFUSING}:{four.port}", "outcome": "refused", "error": refused},
        {**connect, "address": f"{ANSWERING}:{four.port}", "outcome": "connected", "error": None},
    ]  # fmt: skip
    # Microseconds are rounded.
    exact = 2e-6
    assert 0 <= lookup["start"] <= silent["start"]
    assert refusing["start"] >= silent["start"] + 0.1 - exact
    assert answering["start"] >= refusing["start"] + refusing["length"] - exact
    assert silent["start"] + silent["length"] >= answering["start"] + answering["length"] - exact
    assert document["total"] >= answering["start"] + answering["length"] - exact
    assert document["total"] < HANG


def test_the_same_as_a_picture(trace: Trace, four: Four, tmp_path: Path) -> None:
    path = tmp_path / "dial.svg"
    out, err, status = outcome(trace("--svg", str(path), "--fallback-delay", "100ms", *four.args))
    assert (err, status) == ("", 0)
    assert "◀ winner" in out
    assert os.listdir(tmp_path) == ["dial.svg"]
    root = ET.fromstring(path.read_bytes())
    rows = [g for g in root.iter(f"{SVG}g") if g.get("class") != "axis"]
    assert [g.get("class") for g in rows] == ["found", "given-up", "failed", "connected"]
    assert [g.findall(f"{SVG}text")[1].text for g in rows] == [
        NAME, *(f"{host}:{four.port}" for host in (SILENT, REFUSING, ANSWERING))]  # fmt: skip
    assert [g.findall(f"{SVG}text")[-1].text for g in rows] == [
        "4 addresses", "given up", "refused", "◀ winner"]  # fmt: skip
    found = [g.find(f"{SVG}rect") for g in rows]
    left = [float(bar.get("x", "")) for bar in found if bar is not None]
    assert left == sorted(left)
    # Nothing but text, lines and rectangles: nothing that is fetched, nothing that runs.
    assert {element.tag.removeprefix(SVG) for element in root.iter()} == {
        "svg", "title", "style", "rect", "text", "line", "g"}  # fmt: skip


def test_the_picture_to_stdout(trace: Trace, four: Four) -> None:
    out, err, status = outcome(trace("--svg", "-", "--fallback-delay", "10ms", *four.args))
    assert (err, status) == ("", 0)
    assert ET.fromstring(out).tag == f"{SVG}svg"
    assert "--json or --svg" in usage(trace("--svg", "-", "--json", *four.args))


def usage(process: Process) -> str:
    out, err, status = outcome(process)
    assert (out, status) == ("", 2)
    return err


def test_one_after_the_other(trace: Trace, four: Four) -> None:
    """With a deadline, of which each has its share: 2 s at least, so the first of four has that much."""
    args = ("--json", "--fallback-delay", "none", "--timeout", "5s", *four.args)
    document = json.loads(outcome(trace(*args))[0])
    _, silent, refusing, answering = document["steps"]
    assert [step["outcome"] for step in document["steps"][1:]] == ["timed out", "refused", "connected"]
    assert refusing["start"] >= silent["start"] + silent["length"] - 2e-6
    assert answering["start"] >= refusing["start"] + refusing["length"] - 2e-6


def test_a_literal_needs_no_lookup(trace: Trace, server: Scripted) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        out, err, status = outcome(trace("--server", server.address, address))
        assert (err, status) == ("", 0)
        assert re.fullmatch(rf"dial tcp {address}: connected in \d+\.\d ms", out.splitlines()[0])
        assert re.match(rf"connect {address} .* ◀ winner$", out.splitlines()[3])
        assert len(out.splitlines()) == 4
    assert server.received == []


def test_other_networks(trace: Trace, directory: str) -> None:
    path = os.path.join(directory, "s")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        out, err, status = outcome(trace("--network", "unix", "--json", path))
    assert (err, status) == ("", 0)
    document = json.loads(out)
    assert [(step["network"], step["address"]) for step in document["steps"]] == [("unix", path)]
    assert (document["network"], document["winner"]) == ("unix", path)


@pytest.mark.skipif(not has_ipv6(), reason="no IPv6 on this machine")
def test_one_family(trace: Trace, server: Scripted) -> None:
    with nobody(socket.AF_INET6) as port:
        for network, address in (("tcp4", f"127.0.0.4:{port}"), ("tcp6", f"[::1]:{port}")):
            args = ("--server", server.address, "--network", network, "--json", f"six.example.:{port}")
            document = json.loads(outcome(trace(*args))[0])
            assert [step["address"] for step in document["steps"][1:]] == [address]


# What fails.


def test_all_dead(trace: Trace, server: Scripted) -> None:
    with nobody() as port:
        args = ("--server", server.address, f"dead.example.:{port}")
        out, err, status = outcome(trace(*args))
        assert status == 1
        assert err == f"dialnet: dial tcp 127.0.0.2:{port}: connect: Connection refused"
        lines = out.splitlines()
        assert re.fullmatch(rf"dial tcp dead\.example\.:{port}: failed after \d+\.\d ms", lines[0])
        assert [line.split()[0] for line in lines[3:]] == ["lookup", "connect", "connect"]
        assert all(line.endswith("refused") for line in lines[4:])
        assert "◀" not in out
        out, err, status = outcome(trace("--json", *args))
    assert status == 1
    document = json.loads(out)
    assert (document["winner"], f"dialnet: {document['error']}") == (None, err)
    assert [step["outcome"] for step in document["steps"]] == ["found", "refused", "refused"]


def test_no_such_host(trace: Trace, server: Scripted) -> None:
    out, err, status = outcome(trace("--server", server.address, "nothing.example.:80"))
    assert (err, status) == (
        f"dialnet: dial tcp: lookup nothing.example. on {server.address}: no such host", 1)  # fmt: skip
    assert re.match(r"lookup  nothing\.example\. .* no such host$", out.splitlines()[3])


def test_a_timeout(trace: Trace) -> None:
    with full() as address:
        out, err, status = outcome(trace("--timeout", "200ms", address))
    assert (err, status) == (f"dialnet: dial tcp {address}: i/o timeout", 1)
    row = out.splitlines()[3]
    assert row.endswith("timed out")
    length = re.search(r"(\d+\.\d) ms", row)
    assert length is not None
    assert 199 <= float(length[1]) < HANG * 1000


def test_what_is_no_address(trace: Trace, tmp_path: Path) -> None:
    """Nothing has happened, so nothing is drawn; but a file that was asked for is there."""
    path = tmp_path / "dial.svg"
    said = "dialnet: dial tcp: address nowhere: missing port in address"
    assert outcome(trace("--svg", str(path), "nowhere")) == ("", said, 1)
    assert said.removeprefix("dialnet: ") in [text.text for text in ET.parse(path).iter(f"{SVG}text")]
    out, err, status = outcome(trace("--json", "nowhere"))
    assert (err, status) == (said, 1)
    assert json.loads(out)["steps"] == []


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ((), "Missing argument 'ADDRESS'"),
        (("--network", "tcp5", "x:1"), "'tcp5' is not one of"),
        (("--fallback-delay", "soon", "x:1"), "'soon' is not a duration"),
        (("--fallback-delay", "-1", "x:1"), "'-1' is not a duration"),
        (("--server", "a.example", "x:1"), "a.example"),
        (("--server", "192.0.2.1", "--resolver", "system", "x:1"), "no --server for it"),
    ],
)
def test_wrong_usage(trace: Trace, args: tuple[str, ...], said: str) -> None:
    assert said in usage(trace(*args))


def test_a_file_that_cannot_be(trace: Trace, tmp_path: Path) -> None:
    path = str(tmp_path / "no" / "dial.svg")
    with nobody() as port:
        out, err, status = outcome(trace("--svg", path, f"127.0.0.1:{port}"))
    assert status == 1
    assert err.splitlines() == [
        f"dialnet: dial tcp 127.0.0.1:{port}: connect: Connection refused",
        f"dialnet: {path}: No such file or directory",
    ]
    assert "refused" in out


def test_nobody_reads(trace: Trace) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with nobody() as port:
        process = trace("--svg", "-", f"127.0.0.1:{port}", stdout=writing)
    os.close(writing)
    assert process.status() == 141


def test_ctrl_c(trace: Trace) -> None:
    """What had happened until then is drawn."""
    never = threading.Event()
    with Scripted(lambda *_: [scripted.until(never)]) as server:
        process = trace("--resolver", "python", "--server", server.address, "slow.example.:1")
        asked = threading.Event()
        for _ in range(int(PATIENCE / 0.01)):
            if server.received:
                break
            asked.wait(0.01)
        assert server.received
        assert interrupt(process) == 130
        never.set()
    out = process.end().decode()
    assert re.match(r"dial tcp slow\.example\.:1: interrupted after \d+\.\d ms\n", out)
    assert re.match(r"lookup  slow\.example\. .* given up$", out.splitlines()[3])
    assert process.stderr == ""


# Hostile names.

HOSTILE = 'ev\x1bPx\x07\x9bil\udcff\u202e<&">.example.'


def test_hostile_names(trace: Trace, server: Scripted, tmp_path: Path) -> None:
    path = tmp_path / "dial.svg"
    args = ("--resolver", "python", "--server", server.address, f"{HOSTILE}:1")
    out, err, status = outcome(trace("--svg", str(path), *args))
    assert status == 1
    shown = 'ev^[Px^G\\u009bil\\xff\\u202e<&">.example.'
    assert f"lookup  {shown}" in out
    for text in (out, err):
        assert text.replace("\n", "").isprintable()
    texts = [text.text for text in ET.fromstring(path.read_bytes()).iter(f"{SVG}text")]
    assert shown in texts
    out = outcome(trace("--json", *args))[0]
    assert all(" " <= char <= "~" for char in out.removesuffix("\n"))
    assert json.loads(out)["steps"][0]["name"] == HOSTILE
