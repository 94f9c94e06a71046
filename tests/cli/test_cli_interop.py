"""`dialnet` with programs that nobody here wrote: socat and OpenBSD's nc."""

from __future__ import annotations

import contextlib
import hashlib
import os
import random
import shutil
import socket
import subprocess
import threading

import pytest

from tests.cli.support import HANG, Process, Programs, interrupt

DATA = random.Random(5).randbytes(10 << 20)

needs_socat = pytest.mark.skipif(shutil.which("socat") is None, reason="socat is not installed")


def _is_openbsd_nc() -> bool:
    if shutil.which("nc") is None:
        return False
    usage = subprocess.run(["nc", "-h"], capture_output=True, timeout=HANG, check=False)
    return b"OpenBSD" in usage.stdout + usage.stderr


needs_nc = pytest.mark.skipif(not _is_openbsd_nc(), reason="OpenBSD nc is not installed")


def _digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def _both(dialnet: Process, other: Process) -> None:
    """Send `DATA` each way at once; all of it must arrive."""
    received: list[bytes] = []
    thread = threading.Thread(target=lambda: received.append(other.end(DATA)))
    thread.start()
    assert _digest(dialnet.end(DATA)) == _digest(DATA)
    thread.join()
    assert _digest(received[0]) == _digest(DATA)
    assert (dialnet.status(), other.status()) == (0, 0)


def _in_turns(dialnet: Process, nc: Process) -> None:
    """Send `DATA` each way, nc first: it ends when the other side does, whatever it has left to send."""
    received: list[bytes] = []
    thread = threading.Thread(target=lambda: received.append(nc.end(DATA)))
    thread.start()
    assert _digest(dialnet.receive(len(DATA))) == _digest(DATA)
    assert dialnet.end(DATA) == b""
    thread.join()
    assert _digest(received[0]) == _digest(DATA)
    assert (dialnet.status(), nc.status()) == (0, 0)


# socat, listening on a free port, says which.
_SOCAT_PORT = r"listening on (?:AF=\d+ )?(\S+:\d+)$"


@needs_socat
@pytest.mark.parametrize(
    ("network", "there"),
    [
        ("tcp4", "TCP4-LISTEN:0,bind=127.0.0.1"),
        ("unix", "UNIX-LISTEN:{}"),
        ("unixpacket", "UNIX-LISTEN:{},type=5"),
    ],
)
def test_dial_to_socat(dialnet: Programs, directory: str, network: str, there: str) -> None:
    path = os.path.join(directory, "s")
    # -t: go on for as long as it takes after one direction has ended
    socat = dialnet.run("socat", "-d", "-d", "-b", "65536", "-t", "20", "-", there.format(path))
    address = socat.line(_SOCAT_PORT)[1] if network == "tcp4" else socat.line("listening on") and path
    _both(dialnet("dial", "--linger", "20s", network, str(address)), socat)


@needs_socat
@pytest.mark.parametrize(
    ("network", "there"),
    [("tcp", "TCP:{}"), ("unix", "UNIX-CONNECT:{}"), ("unixpacket", "UNIX-CONNECT:{},type=5")],
)
def test_socat_to_listen(dialnet: Programs, directory: str, network: str, there: str) -> None:
    where = "127.0.0.1:0" if network == "tcp" else os.path.join(directory, "s")
    server = dialnet("listen", "--linger", "20s", network, where)
    socat = dialnet.run("socat", "-b", "65536", "-t", "20", "-", there.format(server.address))
    _both(server, socat)


@needs_socat
@pytest.mark.parametrize(
    ("network", "there"),
    [("udp4", "UDP4-RECVFROM:{},bind=127.0.0.1"), ("unixgram", "UNIX-RECVFROM:{}")],
)
def test_dial_datagrams_to_socat(dialnet: Programs, directory: str, network: str, there: str) -> None:
    if network == "udp4":
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:  # socat does not tell a UDP port
            sock.bind(("127.0.0.1", 0))
            port = sock.getsockname()[1]
        where, address = str(port), f"127.0.0.1:{port}"
    else:
        where = address = os.path.join(directory, "s")
    socat = dialnet.run("socat", "-d", "-d", there.format(where), "EXEC:cat")
    socat.line("receiving on|waiting for|receiving|starting")
    client = dialnet("dial", "--idle", "20s", network, address)
    client.send(b"hello")
    assert client.receive(5) == b"hello"
    assert interrupt(client) == 130


@needs_socat
@pytest.mark.parametrize(
    ("network", "there"), [("udp", "UDP:{}"), ("unixgram", "UNIX-SENDTO:{},bind={}.peer")]
)
def test_socat_sends_datagrams_to_listen(dialnet: Programs, directory: str, network: str, there: str) -> None:
    where = "127.0.0.1:0" if network == "udp" else os.path.join(directory, "s")
    server = dialnet("listen", network, where)
    socat = dialnet.run("socat", "-", there.format(server.address, server.address))
    socat.send(b"question")
    assert server.receive(8) == b"question"
    server.send(b"answer")
    assert socat.receive(6) == b"answer"
    assert interrupt(server) == 130


@needs_nc
def test_dial_to_nc(dialnet: Programs, directory: str) -> None:
    nc = dialnet.run("nc", "-n", "-v", "-N", "-l", "127.0.0.1", "0")
    port = nc.line(r"^Listening on 127\.0\.0\.1 (\d+)$")[1]
    _in_turns(dialnet("dial", "--linger", "20s", "tcp", f"127.0.0.1:{port}"), nc)
    path = os.path.join(directory, "s")
    nc = dialnet.run("nc", "-v", "-N", "-l", "-U", path)
    nc.line("Listening on")
    _in_turns(dialnet("dial", "--linger", "20s", "unix", path), nc)


@needs_nc
def test_nc_to_listen(dialnet: Programs, directory: str) -> None:
    server = dialnet("listen", "--linger", "20s", "tcp", "127.0.0.1:0")
    host, _, port = server.address.rpartition(":")
    _in_turns(server, dialnet.run("nc", "-N", host, port))
    server = dialnet("listen", "--linger", "20s", "unix", os.path.join(directory, "s"))
    _in_turns(server, dialnet.run("nc", "-N", "-U", server.address))


@needs_nc
def test_nc_and_datagrams(dialnet: Programs, directory: str) -> None:
    server = dialnet("listen", "udp4", "127.0.0.1:0")
    host, _, port = server.address.rpartition(":")
    gram = dialnet("listen", "unixgram", os.path.join(directory, "s"))
    for listening, nc in (
        (server, dialnet.run("nc", "-u", host, port)),
        (gram, dialnet.run("nc", "-u", "-U", "-s", os.path.join(directory, "peer"), gram.address)),
    ):
        nc.send(b"question")
        assert listening.receive(8) == b"question"
        listening.send(b"answer")
        assert nc.receive(6) == b"answer"
        with contextlib.suppress(ProcessLookupError):
            nc.popen.kill()
        assert interrupt(listening) == 130


@needs_nc
def test_dial_datagrams_to_nc(dialnet: Programs, directory: str) -> None:
    nc = dialnet.run("nc", "-n", "-v", "-u", "-l", "127.0.0.1", "0")
    port = nc.line(r"^Bound on 127\.0\.0\.1 (\d+)$|^Listening on 127\.0\.0\.1 (\d+)$").group(1)
    client = dialnet("dial", "--idle", "20s", "udp", f"127.0.0.1:{port}")
    client.send(b"question")
    assert nc.receive(8) == b"question"
    nc.send(b"answer")
    assert client.receive(6) == b"answer"
    assert interrupt(client) == 130
