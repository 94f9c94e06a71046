"""`listen_fds`: by systemd's own program, by hand, and over a restart under load."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import dialnet as net
from tests import hosts

ROOT = Path(__file__).resolve().parents[2]
ACTIVATE = shutil.which("systemd-socket-activate")

# Echoes one connection or datagram on each socket it is given, and says what it saw.
SERVER = """
import asyncio, os, sys
import dialnet as net
from dialnet import aio

def describe(made):
    kind = "listener" if isinstance(made, (net.Listener, aio.Listener)) else "packets"
    addr = made.addr if kind == "listener" else made.local_addr
    return f"{made.name or '-'} {kind} {addr.network} {addr}"

def inherited():
    return [fd for fd in (3, 4, 5) if os.path.exists(f"/proc/self/fd/{fd}") and os.get_inheritable(fd)]

def threads():
    made = net.listen_fds()
    print(*map(describe, made), sep="\\n")
    print("again", net.listen_fds(), sorted(v for v in os.environ if v.startswith("LISTEN_")))
    print("inherited", inherited(), flush=True)
    for one in made:
        if isinstance(one, net.Listener):
            with one.accept() as conn:
                conn.write(conn.read(100))
        else:
            data, sender = one.read_from()
            one.write_to(data, sender)
        one.close()

async def tasks():
    made = aio.listen_fds()
    print(*map(describe, made), sep="\\n")
    print("again", aio.listen_fds(), sorted(v for v in os.environ if v.startswith("LISTEN_")))
    print("inherited", inherited(), flush=True)
    for one in made:
        if isinstance(one, aio.Listener):
            async with await one.accept() as conn:
                await conn.write(await conn.read(100))
        else:
            data, sender = await one.read_from()
            await one.write_to(data, sender)
        one.close()

if sys.argv[1] == "threads":
    threads()
elif sys.argv[1] == "trio":
    import trio
    trio.run(tasks)
else:
    asyncio.run(tasks())
"""


BECOME = """
import ast, os, sys
for place, number in enumerate(ast.literal_eval(sys.argv[1])):
    os.dup2(number, 3 + place)
    os.close(number)
os.environ["LISTEN_PID"] = str(os.getpid())
os.execv(sys.argv[2], sys.argv[2:])
"""


def by_hand(args: list[str], socks: list[socket.socket], names: str = "", **options: Any) -> Any:
    """Start a program that is handed the sockets, from descriptor 3 on."""
    numbers = [sock.fileno() for sock in socks]
    environ = {**os.environ, "LISTEN_FDS": str(len(socks))}
    if names:
        environ["LISTEN_FDNAMES"] = names
    return subprocess.Popen(
        [sys.executable, "-c", BECOME, repr(numbers), *args],
        env=environ,
        pass_fds=numbers,
        stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
        **options,
    )


def high(sock: socket.socket) -> socket.socket:
    """The same socket under a number that no redirection overwrites."""
    import fcntl

    number = fcntl.fcntl(sock.fileno(), fcntl.F_DUPFD_CLOEXEC, 100)
    sock.close()
    return socket.socket(fileno=number)


@pytest.mark.parametrize("host", ["threads", "asyncio", "trio"])
def test_handed_over_by_hand(host: str) -> None:
    tcp = high(socket.create_server(("127.0.0.1", 0)))
    udp = high(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    udp.bind(("127.0.0.1", 0))
    with tcp, udp:
        where = tcp.getsockname(), udp.getsockname()
        with by_hand([sys.executable, "-c", SERVER, host], [tcp, udp], "web:dns") as process:
            with socket.create_connection(where[0], hosts.PATIENCE) as conn:
                conn.sendall(b"stream")
                assert conn.recv(100) == b"stream"
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
                client.settimeout(hosts.PATIENCE)
                client.sendto(b"datagram", where[1])
                assert client.recv(100) == b"datagram"
            said, _ = process.communicate(timeout=hosts.PATIENCE)
    assert said.splitlines() == [
        f"web listener tcp 127.0.0.1:{where[0][1]}",
        f"dns packets udp 127.0.0.1:{where[1][1]}",
        "again [] []",
        "inherited []",
    ]
    assert process.returncode == 0


@pytest.mark.skipif(ACTIVATE is None and "CI" not in os.environ, reason="no systemd-socket-activate")
def test_handed_over_by_systemd(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    # It takes no port 0, and a fixed one may be taken.
    abstract = f"@dialnet-test-{os.getpid()}"
    args = [
        "--fdname=a:b",
        f"--listen={path}",
        f"--listen={abstract}",
        sys.executable,
        "-c",
        SERVER,
        "threads",
    ]
    with subprocess.Popen(
        [ACTIVATE or "systemd-socket-activate", *args],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            wait_for(path.exists)
            # It starts the program at the first connection.
            with socket.socket(socket.AF_UNIX) as conn:
                conn.settimeout(hosts.PATIENCE)
                wait_for(lambda: conn.connect_ex(str(path)) == 0)
                conn.sendall(b"hello")
                assert conn.recv(100) == b"hello"
            assert process.stdout is not None
            assert process.stdout.readline() == f"a listener unix {path}\n"
            assert process.stdout.readline() == f"b listener unix {abstract}\n"
            with net.dial("unix", abstract, timeout=hosts.PATIENCE) as other:
                other.write(b"and this")
                assert other.read(100) == b"and this"
            assert process.wait(hosts.PATIENCE) == 0
        finally:
            process.kill()


def wait_for(condition: Callable[[], Any]) -> None:
    hosts._drive(hosts._Threads().until(condition))


def test_nothing_for_this_process(host_name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def body(host: hosts.Host) -> None:
        for variables in ({}, {"LISTEN_FDS": "2"}, {"LISTEN_FDS": "2", "LISTEN_PID": str(os.getppid())}):
            for name in ("LISTEN_FDS", "LISTEN_PID"):
                monkeypatch.delenv(name, raising=False)
            for name, value in variables.items():
                monkeypatch.setenv(name, value)
            assert host.net.listen_fds() == []
            # They may be somebody else's.
            assert all(os.environ[name] == value for name, value in variables.items())

    hosts.run(host_name, body)


def test_bad_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LISTEN_PID", str(os.getpid()))
    for value in ("many", "-1", "", "1.5", "9999999999"):
        monkeypatch.setenv("LISTEN_FDS", value)
        for call in (net.listen_fds, net.aio.listen_fds):
            with pytest.raises(ValueError):
                call()


BROKEN = """
import os
import dialnet as net
try:
    net.listen_fds()
except net.OpError as err:
    print(err.op, err.errno, os.environ["LISTEN_FDS"], [os.path.exists(f"/proc/self/fd/{n}") for n in (3, 4)])
"""


def test_what_is_no_socket_changes_nothing(tmp_path: Path) -> None:
    """An error, and all is as it was: whoever knows better can still have them."""
    with high(socket.create_server(("127.0.0.1", 0))) as tcp, (tmp_path / "file").open("wb") as file:
        number = os.dup2(file.fileno(), 101)
        try:

            class File:
                def fileno(self) -> int:
                    return number

            with by_hand([sys.executable, "-c", BROKEN], [tcp, File()]) as process:  # type: ignore[list-item]
                said, _ = process.communicate(timeout=hosts.PATIENCE)
        finally:
            os.close(number)
    assert said == "file 88 2 [True, True]\n"


def test_restart_without_a_lost_connection() -> None:
    """The example, replaced twice while clients come and go: each of them gets its answer."""
    example = [sys.executable, str(ROOT / "examples" / "graceful_restart.py"), "127.0.0.1:0"]
    with subprocess.Popen(
        example, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, cwd=ROOT
    ) as first:
        assert first.stdout is not None
        process, address = first.stdout.readline().split(" serves ")
        pid, address = int(process), address.strip()
        pids = [pid]
        served: list[int] = []
        lost: list[BaseException] = []
        over = threading.Event()

        def client() -> None:
            while not over.is_set():
                try:
                    with net.dial("tcp", address, timeout=hosts.PATIENCE) as conn:
                        conn.set_deadline(net_deadline())
                        conn.write(b"who?")
                        answer = conn.read(100)
                        served.append(int(answer.split(b":")[0]))
                        assert answer.endswith(b": who?")
                except Exception as err:
                    lost.append(err)
                    return

        # One that stays all the time: its server serves it to the end.
        with net.dial("tcp", address, timeout=hosts.PATIENCE) as lasting:
            lasting.set_deadline(net_deadline())
            lasting.write(b"1")
            assert lasting.read(100) == b"%d: 1" % pid
            clients = [threading.Thread(target=client) for _ in range(4)]
            for each in clients:
                each.start()
            try:
                wait_for(lambda: pid in served)
                for _ in range(2):
                    os.kill(pids[-1], signal.SIGHUP)
                    line = first.stdout.readline()
                    while " serves " not in line:
                        line = first.stdout.readline()
                    pids.append(int(line.split()[0]))
                    wait_for(lambda: pids[-1] in served)
                lasting.write(b"2")
                assert lasting.read(100) == b"%d: 2" % pid
            finally:
                over.set()
                for each in clients:
                    each.join(hosts.PATIENCE)
                os.kill(pids[-1], signal.SIGTERM)
        assert lost == []
        assert set(served) == set(pids)
        assert first.wait(hosts.PATIENCE) == 0


def net_deadline() -> Any:
    from datetime import timedelta

    return timedelta(seconds=hosts.PATIENCE)
