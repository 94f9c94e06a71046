"""`dialnet ping`, against a scripted network in a namespace, with a raw socket and without."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from tests.cli import ping_network as network
from tests.cli.ping_network import HOPS, address
from tests.cli.support import HANG, Process, Programs, limit
from tests.interop.programs import need

ROOT = Path(__file__).parents[2]
BOTH = pytest.mark.parametrize("version", [4, 6])
WAYS = pytest.mark.parametrize("way", ["raw", "unprivileged"])
# Where the one has little to do with the other.
EITHER = pytest.mark.parametrize(("version", "way"), [(4, "raw"), (6, "unprivileged")])

Ping = Callable[..., Process]


@cache
def _unshare() -> tuple[str, ...]:
    argv = (need("unshare"), "--net")
    # An ordinary user becomes root of a user namespace, where that is allowed.
    return argv if os.geteuid() == 0 else (*argv, "--user", "--map-root-user")


@cache
def _why_not() -> str:
    """Why there can be no such network here; empty if there can."""
    if not os.path.exists("/dev/net/tun"):
        return "no /dev/net/tun"
    argv = [*_unshare(), need("ip"), "tuntap", "add", "tun0", "mode", "tun"]
    made = subprocess.run(argv, capture_output=True, text=True, timeout=HANG)
    return made.stderr.strip()


@pytest.fixture
def ping(dialnet: Programs) -> Ping:
    """`ping(*arguments, way=...)`: the command in there, patient if not told otherwise."""
    need("setpriv")
    if _why_not():
        if os.environ.get("CI") == "true":
            pytest.fail(_why_not())
        pytest.skip(_why_not())

    def start(*arguments: str, way: str = "raw", **more: object) -> Process:
        module = [sys.executable, "-m", "tests.cli.ping_network", way]
        argv = [*_unshare(), *module, "ping", "--timeout", "20s", *arguments]
        return dialnet.run(*argv, cwd=ROOT, **more)

    return start


def ended(process: Process) -> tuple[int, list[str], str]:
    """Status, the lines of stdout, stderr."""
    output = process.end().decode()
    return process.status(), output.splitlines(), process.stderr


def until_line(process: Process, pattern: str) -> str:
    """What has come on stdout, as soon as a line has this in it."""
    text = ""
    with limit(process):
        while not re.search(pattern, text):
            chunk = os.read(process.stdout.fileno(), 65_536)
            assert chunk, f"no {pattern!r} in {text!r}"
            text += chunk.decode()
    return text


TIME = r"time=[0-9.]+ ms"
RTT = r"rtt min/avg/max/mdev = [0-9.]+/[0-9.]+/[0-9.]+/[0-9.]+ ms"


@WAYS
@BOTH
def test_answered(ping: Ping, version: int, way: str) -> None:
    host = address(version, network.ANSWERS)
    status, lines, stderr = ended(ping("-c", "3", "-i", "20ms", host, way=way))
    assert (status, stderr) == (0, "")
    assert lines[0] == f"PING {host} ({host}): 56 data bytes"
    for number in (1, 2, 3):
        assert re.fullmatch(f"64 bytes from {host}: icmp_seq={number} ttl={HOPS} {TIME}", lines[number])
    assert lines[4:6] == ["", f"--- {host} ping statistics ---"]
    assert re.fullmatch(r"3 packets transmitted, 3 received, 0% packet loss, time \d+ms", lines[6])
    assert re.fullmatch(RTT, lines[7])
    assert len(lines) == 8


@WAYS
@BOTH
@pytest.mark.parametrize("size", [0, 65_507])
def test_sizes(ping: Ping, version: int, way: str, size: int) -> None:
    """Answered by the kernel, over loopback; the largest goes in fragments."""
    host = "127.0.0.1" if version == 4 else "::1"
    status, lines, stderr = ended(ping("-c", "1", "-s", str(size), host, way=way))
    assert (status, stderr) == (0, "")
    assert re.fullmatch(f"{size + 8} bytes from {host}: icmp_seq=1 ttl=64 {TIME}", lines[1])


@EITHER
def test_duplicates(ping: Ping, version: int, way: str) -> None:
    host = address(version, network.TWICE)
    status, lines, _ = ended(ping("-c", "2", "-i", "200ms", host, way=way))
    assert status == 0
    first = f"64 bytes from {host}: icmp_seq=1 ttl={HOPS} {TIME}"
    assert re.fullmatch(first, lines[1])
    assert re.fullmatch(first + r" \(DUP!\)", lines[2])
    # The second one's may come when the command has ended.
    assert re.match(r"2 packets transmitted, 2 received, \+[12] duplicates, 0% packet loss", lines[-2])


@EITHER
def test_lost(ping: Ping, version: int, way: str) -> None:
    host = address(version, network.NEVER)
    status, lines, stderr = ended(ping("-c", "2", "-i", "20ms", "--timeout", "100ms", host, way=way))
    assert (status, stderr) == (1, "")
    assert lines[1:5] == [
        "no answer to icmp_seq=1 in 0.1 s",
        "no answer to icmp_seq=2 in 0.1 s",
        "",
        f"--- {host} ping statistics ---",
    ]
    assert lines[5].startswith("2 packets transmitted, 0 received, 100% packet loss, time ")
    assert len(lines) == 6


@EITHER
def test_some_lost(ping: Ping, version: int, way: str) -> None:
    host = address(version, network.ODD)
    status, lines, _ = ended(ping("-c", "3", "-i", "20ms", "--timeout", "2s", host, way=way))
    assert status == 0
    assert [re.search(r"icmp_seq=\d+", line)[0] for line in lines[1:4]] == [  # type: ignore[index]
        "icmp_seq=1",
        "icmp_seq=3",
        "icmp_seq=2",
    ]
    assert lines[3] == "no answer to icmp_seq=2 in 2 s"
    assert lines[6].startswith("3 packets transmitted, 2 received, 33.3333% packet loss, time ")


@EITHER
def test_late(ping: Ping, version: int, way: str) -> None:
    """An answer after its time is shown and counted, but not as one."""
    host = address(version, network.SLOW)
    process = ping("-i", "100ms", "--timeout", "50ms", host, way=way)
    text = until_line(process, r"\(late\)\n")
    process.signal(signal.SIGINT)
    text += process.end().decode()
    assert process.status() == 1
    lines = text.splitlines()
    assert lines[1] == "no answer to icmp_seq=1 in 0.05 s"
    late = next(line for line in lines if line.endswith("(late)"))
    found = re.fullmatch(rf"64 bytes from {host}: icmp_seq=1 ttl={HOPS} time=([0-9.]+) ms \(late\)", late)
    assert found is not None
    assert float(found[1]) >= network.DELAY * 1000
    assert re.fullmatch(
        r"\d+ packets transmitted, 0 received, \+\d+ late, 100% packet loss, time \d+ms", lines[-1]
    )


@WAYS
@BOTH
@pytest.mark.parametrize(
    ("manner", "what4", "what6"),
    [
        (
            network.UNREACHABLE,
            "Destination Host Unreachable",
            "Destination unreachable: Address unreachable",
        ),
        (network.EXPIRED, "Time to live exceeded", "Time exceeded: Hop limit"),
    ],
    ids=["unreachable", "expired"],
)
def test_errors(ping: Ping, version: int, way: str, manner: int, what4: str, what6: str) -> None:
    """Who says that a request did not arrive, and why; nobody waits for its answer any more."""
    host, router = address(version, manner), network.ROUTER[version]
    status, lines, stderr = ended(ping("-c", "3", "-i", "20ms", "--timeout", "1h", host, way=way))
    assert (status, stderr) == (1, "")
    what = what4 if version == 4 else what6
    assert lines[1:4] == [f"From {router}: icmp_seq={number} {what}" for number in (1, 2, 3)]
    assert lines[6].startswith("3 packets transmitted, 0 received, +3 errors, 100% packet loss, time ")


@EITHER
def test_what_is_not_ours(ping: Ping, version: int, way: str) -> None:
    """Answers to others, with other data, and nonsense are passed over."""
    host = address(version, network.NOISY)
    status, lines, _ = ended(ping("-c", "2", "-i", "20ms", host, way=way))
    assert status == 0
    assert len([line for line in lines if "icmp_seq" in line]) == 2
    assert lines[5].startswith("2 packets transmitted, 2 received, 0% packet loss, time ")


@pytest.mark.parametrize(
    ("manner", "timeout", "expected"), [(network.ANSWERS, "20s", 0), (network.NEVER, "10ms", 1)]
)
def test_interrupted(ping: Ping, manner: int, timeout: str, expected: int) -> None:
    """Ctrl-C brings the summary, and the status says whether anybody was there."""
    process = ping("-i", "20ms", "--timeout", timeout, address(4, manner))
    until_line(process, "icmp_seq=3")
    process.signal(signal.SIGINT)
    lines = process.end().decode().splitlines()
    assert process.status() == expected
    assert f"--- {address(4, manner)} ping statistics ---" in lines
    assert process.stderr == ""


def test_ended_by_others(ping: Ping) -> None:
    process = ping("-i", "20ms", address(4, network.ANSWERS))
    until_line(process, "icmp_seq=2")
    process.signal(signal.SIGTERM)
    assert process.status() == 128 + signal.SIGTERM


def test_nobody_reads(ping: Ping) -> None:
    """`dialnet ping | head -1`."""
    process = ping("-i", "20ms", address(4, network.ANSWERS))
    until_line(process, "\n")
    process.stdout.close()
    assert process.status() == 141
    assert process.stderr == ""


def test_each_line_at_once(ping: Ping) -> None:
    """Into a pipe as well, long before the next one comes."""
    process = ping("-i", "1h", address(4, network.ANSWERS))
    until_line(process, "icmp_seq=1 .*\n")
    process.signal(signal.SIGINT)
    assert process.status() == 0


def test_a_network_that_goes(ping: Ping) -> None:
    """Once it has begun, what cannot be sent is a line like others, and the next may be sent again."""
    host = address(4, network.BREAKS)
    process = ping("-i", "20ms", host)
    text = until_line(process, rf"\nicmp_seq=\d+: write ip4 {host}: sendto: Network is unreachable\n")
    assert "64 bytes from" in text
    process.signal(signal.SIGINT)
    lines = process.end().decode().splitlines()
    assert process.status() == 0
    assert re.search(r"\+\d+ errors", lines[-2])


@pytest.mark.parametrize(
    ("arguments", "way", "said"),
    [
        (["203.0.113.1"], "raw", r"write ip4 203\.0\.113\.1: sendto: Network is unreachable"),
        (["203.0.113.1"], "unprivileged", r"write ip4 203\.0\.113\.1: sendto: Network is unreachable"),
        (
            ["127.0.0.1"],
            "forbidden",
            r"listen ip4:icmp: socket: Operation not permitted \(.*_group_range\)",
        ),
        (
            ["::1"],
            "forbidden",
            r"listen ip6:ipv6-icmp: socket: Operation not permitted \(.*_group_range\)",
        ),
        (["-6", "127.0.0.1"], "raw", r"address 127\.0\.0\.1: no suitable address found"),
        (["-4", "::1"], "raw", r"address ::1: no suitable address found"),
        (["nosuch.invalid"], "raw", r"lookup nosuch\.invalid.*"),
    ],
)
def test_failures(ping: Ping, arguments: list[str], way: str, said: str) -> None:
    """One line, and ping(8)'s status for errors."""
    status, _, stderr = ended(ping("-c", "1", *arguments, way=way))
    assert status == 2
    assert re.fullmatch(f"dialnet: {said}", stderr)


def test_full_disk(ping: Ping) -> None:
    with open("/dev/full", "wb") as full:
        process = ping("-c", "1", address(4, network.ANSWERS), stdout=full)
    assert process.status() == 2
    assert process.stderr == "dialnet: standard output: No space left on device"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Missing argument 'HOST'"),
        ([""], "'HOST'"),
        (["-4", "-6", "localhost"], "not both"),
        (["-c", "0", "localhost"], "-c"),
        (["-c", "x", "localhost"], "-c"),
        (["-i", "0", "localhost"], "at least 2ms"),
        (["-i", "1ms", "localhost"], "at least 2ms"),
        (["-i", "-1", "localhost"], "not a duration"),
        (["--timeout", "0", "localhost"], "more than 0"),
        (["-s", "-1", "localhost"], "-s"),
        (["-s", "65508", "localhost"], "-s"),
    ],
)
def test_wrong_usage(dialnet: Programs, arguments: list[str], said: str) -> None:
    process = dialnet("ping", *arguments)
    assert process.end() == b""
    assert process.status() == 2
    assert said in process.stderr


def test_by_name(ping: Ping) -> None:
    """The heading says what the name stands for."""
    status, lines, _ = ended(ping("-4", "-c", "1", "localhost"))
    assert status == 0
    assert lines[0] == "PING localhost (127.0.0.1): 56 data bytes"
    assert lines[3] == "--- localhost ping statistics ---"
