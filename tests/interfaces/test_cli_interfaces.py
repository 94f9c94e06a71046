"""`dialnet interfaces` as a process."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys

import pytest

import dialnet as net
from tests.cli.support import COMMAND

pytest.importorskip("rich", reason="the command line needs the extra cli")


def run(*args: str, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **more}
    return subprocess.run(
        [*COMMAND, "interfaces", *args], capture_output=True, text=True, timeout=50, env=environment
    )


def test_a_table() -> None:
    ran = run()
    assert (ran.returncode, ran.stderr) == (0, "")
    head, *lines = ran.stdout.splitlines()
    assert head.split() == ["index", "name", "flags", "mtu", "hardware", "address", "addresses"]
    first = {line.split()[0]: line for line in lines if line.split()[0].isdigit()}
    for each in net.interfaces():
        line = first[str(each.index)]
        for said in (each.name, str(each.flags), str(each.mtu), str(each.hardware_addr)):
            assert said in line
        for addr in each.addrs():
            assert str(addr) in ran.stdout
    assert not any(line != line.rstrip() for line in lines)


def test_json() -> None:
    ran = run("--json")
    assert ran.returncode == 0
    for each, said in zip(net.interfaces(), json.loads(ran.stdout), strict=True):
        assert said == {
            "index": each.index,
            "name": each.name,
            "flags": [word for word in str(each.flags).split("|") if word != "0"],
            "mtu": each.mtu,
            "hardware_addr": str(each.hardware_addr) or None,
            "addrs": list(map(str, each.addrs())),
        }


def test_one() -> None:
    loopback = next(each for each in net.interfaces() if net.Flags.LOOPBACK in each.flags)
    groups = list(map(str, loopback.multicast_addrs()))
    for name in (loopback.name, str(loopback.index)):
        ran = run(name)
        assert ran.returncode == 0
        assert "multicast groups" in ran.stdout
        assert all(group in ran.stdout for group in groups)
        said = json.loads(run(name, "--json").stdout)
        assert (said["name"], said["multicast_addrs"]) == (loopback.name, groups)


@pytest.mark.parametrize(
    ("args", "status", "text"),
    [
        (["nope"], 1, "dialnet: route ip+net: no such network interface"),
        ([""], 1, "dialnet: route ip+net: invalid network interface name"),
        (["0"], 1, "dialnet: route ip+net: invalid network interface index"),
        (["999999999"], 1, "dialnet: route ip+net: no such network interface"),
        (["lo", "lo"], 2, "unexpected extra argument"),
        (["--nope"], 2, "No such option"),
    ],
)
def test_what_cannot_be(args: list[str], status: int, text: str) -> None:
    ran = run(*args)
    assert (ran.returncode, ran.stdout) == (status, "")
    assert text in ran.stderr


def test_without_psutil_where_it_is_needed() -> None:
    code = (
        "import sys; sys.modules['psutil'] = None\n"
        "from dialnet import system; system.NAME = 'freebsd'\n"
        "from dialnet.cli import main; sys.argv = ['dialnet', 'interfaces']; sys.exit(main())"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=50)
    assert ran.returncode == 1
    assert ran.stderr.startswith("dialnet: psutil")
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize("columns", ["20", "200"])
def test_at_a_terminal(columns: str) -> None:
    """Nothing is cut off, however narrow it is."""
    master, slave = pty.openpty()
    try:
        environment = {**os.environ, "COLUMNS": columns, "TERM": "xterm"}
        with subprocess.Popen(
            [*COMMAND, "interfaces"], stdin=slave, stdout=slave, stderr=slave, env=environment
        ) as process:
            os.close(slave)
            slave = -1
            shown = b""
            while True:
                try:
                    data = os.read(master, 65536)
                except OSError:  # EIO: the last one has closed the terminal
                    break
                if not data:
                    break
                shown += data
        assert process.returncode == 0
    finally:
        os.close(master)
        if slave >= 0:
            os.close(slave)
    for each in net.interfaces():
        assert each.name.encode() in shown
        for addr in each.addrs():
            assert str(addr).encode() in shown
