"""One signal ends a command, also one that comes just before the main thread begins to wait.

It is rare: of signals that came at any instant of the way to `poll` one in some 20,000 was lost; of those
that came while the main thread took connections and let go of them, one in 600. So here it comes in that
moment, always.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.support import Process, Programs, connect, ephemeral
from tests.interop.programs import need
from tests.resolve.scripted import Scripted

ROOT = Path(__file__).parents[2]

Raced = Callable[..., Process]


@pytest.fixture
def raced(dialnet: Programs) -> Raced:
    """`raced(MOMENT, NTH, SIGNAL, ARGUMENT...)`."""

    def start(
        moment: str, nth: int, number: int, *arguments: str, before: tuple[str, ...] = (), **more: object
    ) -> Process:
        module = (sys.executable, "-m", "tests.cli.raced", moment, str(nth), str(int(number)))
        return dialnet.run(*before, *module, *arguments, cwd=ROOT, **more)

    return start


@pytest.mark.parametrize(
    ("network", "number"),
    [
        ("tcp4", signal.SIGINT),
        ("udp4", signal.SIGINT),
        ("unix", signal.SIGTERM),
        ("unixgram", signal.SIGINT),
        ("unixgram", signal.SIGHUP),
    ],
)
def test_listen(raced: Raced, directory: str, network: str, number: int) -> None:
    server = raced("poll", 1, number, "listen", network, ephemeral(network, directory))
    assert server.status() == 128 + number
    assert os.listdir(directory) == []


@pytest.mark.parametrize("more", [(), ("--idle", "1h")], ids=["", "idle"])
def test_dial(raced: Raced, directory: str, more: tuple[str, ...]) -> None:
    path = os.path.join(directory, "s")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        # No wait for the connection, so the first one is for what the peer sends.
        assert raced("poll", 1, signal.SIGINT, "dial", *more, "unix", path).status() == 130


def test_lookup(raced: Raced) -> None:
    with Scripted(lambda query, transport, nth: []) as silent:
        words = ("lookup", "txt", "a.example.", "--server", silent.address)
        assert raced("poll", 1, signal.SIGINT, *words).status() == 130


def test_trace(raced: Raced) -> None:
    with Scripted(lambda query, transport, nth: []) as silent:
        words = ("trace", "--resolver", "python", "--server", silent.address, "a.example.:80")
        assert raced("poll", 1, signal.SIGTERM, *words).status() == 143


def test_ping(raced: Raced) -> None:
    """The summary comes all the same."""
    need("ip")
    before = (need("unshare"), "--net")
    if os.geteuid() != 0:
        before += ("--user", "--map-root-user")
    # A machine that does not answer itself.
    silent = "ip link set lo up && echo 1 >/proc/sys/net/ipv4/icmp_echo_ignore_all"
    before += ("sh", "-c", f'{silent} && exec "$@"', "sh")
    process = raced("poll", 1, signal.SIGINT, "ping", "--timeout", "1h", "127.0.0.1", before=before)
    lines = process.end().decode().splitlines()
    assert (process.status(), process.stderr) == (1, "")
    assert lines[-1].startswith("1 packets transmitted, 0 received")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_where_nothing_can_be_raised(raced: Raced, number: int) -> None:
    """Python prints such an exception and goes on; here it is neither printed nor forgotten."""
    server = raced("del", 1, number, "listen", "tcp4", "127.0.0.1:0")
    assert server.status() == 128 + number
    assert len(server.lines) == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_while_a_connection_is_given_its_thread(raced: Raced, number: int) -> None:
    """Python makes a RuntimeError of it there, which is no want of threads."""
    server = raced("start", 1, number, "listen", "--keep-open", "--echo", "tcp4", "127.0.0.1:0")
    # A thread that was quick was not waited for; the next will be.
    with contextlib.suppress(ConnectionRefusedError, ConnectionResetError):
        for _ in range(1000):
            with connect(server.address) as conn:
                conn.sendall(b"x")
                if not conn.recv(1):
                    break
    assert server.status() == 128 + number
    assert len(server.lines) == 1


def test_a_full_stdout(raced: Raced) -> None:
    """Not only waits for the network: the main thread also writes."""
    read, write = os.pipe()
    with open(read, "rb"), open(write, "wb") as full:
        os.set_blocking(write, False)
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(write, bytes(4096))
        os.set_blocking(write, True)
        server = raced("write", 1, signal.SIGINT, "listen", "udp4", "127.0.0.1:0", stdout=full)
        host, _, port = server.address.rpartition(":")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.sendto(b"hello", (host, int(port)))
        assert server.status() == 130
