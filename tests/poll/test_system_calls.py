"""What an echo of one message costs in system calls, counted by strace from outside."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests import hosts

THREADS = """
import threading, dialnet as net
def serve(conn):
    with conn:
        while data := conn.read(65536):
            conn.write(data)
with net.listen("tcp", "127.0.0.1:0") as ln:
    print(ln.addr.port, flush=True)
    serve(ln.accept())
"""

TASKS = """
import asyncio
from dialnet import aio as net
async def main():
    async with net.listen("tcp", "127.0.0.1:0") as ln:
        print(ln.addr.port, flush=True)
        async with await ln.accept() as conn:
            while data := await conn.read(65536):
                await conn.write(data)
"""

SERVERS = {
    "threads": THREADS,
    "asyncio": TASKS + "asyncio.run(main())",
    "uvloop": TASKS + "import uvloop\nuvloop.run(main())",
}
MESSAGES = 300


@pytest.mark.skipif(shutil.which("strace") is None and "CI" not in os.environ, reason="no strace")
@pytest.mark.parametrize("host", SERVERS)
def test_an_echo(host: str, tmp_path: Path) -> None:
    """One recv, one send and one wait a message, and no epoll_ctl."""
    if not hosts.has(host):
        pytest.skip(f"no {host} for this interpreter")
    log = tmp_path / "calls"
    command = ["strace", "-f", "-c", "-o", str(log), sys.executable, "-c", SERVERS[host]]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            port = int(server.stdout.readline())
            with socket.create_connection(("127.0.0.1", port)) as conn:
                conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                conn.settimeout(30)
                for _ in range(MESSAGES):
                    conn.sendall(b"x" * 1024)
                    left = 1024
                    while left:
                        left -= len(conn.recv(left))
            assert server.wait(30) == 0
        finally:
            if server.poll() is None:
                server.send_signal(signal.SIGKILL)
    text = log.read_text()
    # % time, seconds, usecs/call, calls, perhaps errors, name
    rows = re.findall(r"^ *[\d.]+ +[\d.]+ +\d+ +(\d+) +(?:\d+ +)?(\w+)$", text, re.MULTILINE)
    calls = {name: int(count) for count, name in rows}
    assert calls, text
    slack = 30  # starting, accepting, ending
    assert MESSAGES <= calls["recvfrom"] <= MESSAGES + slack, text
    assert MESSAGES <= calls["sendto"] <= MESSAGES + slack, text
    if host == "threads":
        assert MESSAGES <= calls["poll"] <= MESSAGES + slack, text
    else:
        # The host loop's wait, and a look into our own poller, which it watches.
        waits = calls.get("epoll_wait", 0) + calls.get("epoll_pwait", 0)
        assert 2 * MESSAGES <= waits <= 2 * MESSAGES + 2 * slack, text
        assert calls["epoll_ctl"] <= slack, text
    assert calls.get("eventfd2", 0) <= 5, text
