"""What arrives on a real terminal, with a peer that means no good."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
from collections.abc import Iterator

import pytest

from tests.cli.support import Process, Programs, connect, interrupt, limit

pty = pytest.importorskip("pty")
tty = pytest.importorskip("tty")

HOSTILE = b"\x1b]0;title\x07\x1b[2J\x9b31m\xc2\x9b31m \xe2\x80\xaeexe.txt \x7f\r\n\tna\xc3\xafve\n"
TAMED = "^[]0;title^G^[[2J\\x9b31m\\u009b31m \\u202eexe.txt ^?^M\n\tnaïve\n".encode()


class Terminal:
    def __init__(self, ours: int, theirs: int) -> None:
        self.ours = ours
        self.theirs = theirs

    def receive(self, process: Process, size: int) -> bytes:
        data = b""
        with limit(process), contextlib.suppress(OSError):  # EIO: its other end is closed
            while len(data) < size:
                data += os.read(self.ours, size - len(data))
        return data


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    ours, theirs = os.openpty()
    tty.setraw(theirs)  # or it would add carriage returns
    yield Terminal(ours, theirs)
    os.close(ours)
    os.close(theirs)


@pytest.fixture
def peer() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


def _dial(
    dialnet: Programs, peer: socket.socket, *args: str, **more: object
) -> tuple[Process, socket.socket]:
    process = dialnet("dial", *args, "tcp", f"127.0.0.1:{peer.getsockname()[1]}", **more)
    return process, peer.accept()[0]


UTF8 = {"PYTHONIOENCODING": "utf-8", "LC_ALL": "C.UTF-8"}


def test_a_terminal_sees_control_characters(
    dialnet: Programs, terminal: Terminal, peer: socket.socket
) -> None:
    process, conn = _dial(dialnet, peer, stdout=terminal.theirs, env=os.environ | UTF8)
    with conn:
        conn.sendall(HOSTILE)
        assert terminal.receive(process, len(TAMED)) == TAMED
        conn.sendall(b"\xe6\xbc")  # the first two bytes of a character; no escape must come of them
        conn.sendall(b"\xa2.")
        assert terminal.receive(process, 4) == "漢.".encode()
        conn.sendall(b"\xe6")
    assert terminal.receive(process, 4) == b"\\xe6"
    assert process.status() == 0


def test_raw_means_raw(dialnet: Programs, terminal: Terminal, peer: socket.socket) -> None:
    process, conn = _dial(dialnet, peer, "--raw", stdout=terminal.theirs)
    with conn:
        conn.sendall(HOSTILE)
        assert terminal.receive(process, len(HOSTILE)) == HOSTILE
    assert process.status() == 0


def test_a_pipe_and_a_file_get_the_bytes(dialnet: Programs, directory: str, peer: socket.socket) -> None:
    process, conn = _dial(dialnet, peer)
    with conn:
        conn.sendall(HOSTILE)
        assert process.receive(len(HOSTILE)) == HOSTILE
    assert process.status() == 0
    path = os.path.join(directory, "file")
    with open(path, "wb") as file:
        process, conn = _dial(dialnet, peer, stdout=file)
    with conn:
        conn.sendall(HOSTILE)
    assert process.status() == 0
    with open(path, "rb") as file:
        assert file.read() == HOSTILE


def test_a_terminal_of_another_encoding_gets_no_stray_bytes(
    dialnet: Programs, terminal: Terminal, peer: socket.socket
) -> None:
    env = os.environ | {"PYTHONIOENCODING": "latin-1"}
    process, conn = _dial(dialnet, peer, stdout=terminal.theirs, env=env)
    with conn:
        conn.sendall("ï漢盛".encode())  # the last one's bytes have two CSI in them
        assert terminal.receive(process, 13) == b"\xef\\u6f22\\u76db"
    assert process.status() == 0


def test_listening_protects_the_terminal_too(dialnet: Programs, terminal: Terminal, directory: str) -> None:
    server = dialnet(
        "listen", "--keep-open", "tcp", "127.0.0.1:0", stdout=terminal.theirs, env=os.environ | UTF8
    )
    with connect(server.address) as one, connect(server.address) as two:
        one.sendall(b"\x1b\xe6")  # what is left of one peer's character
        assert terminal.receive(server, 2) == b"^["
        two.sendall(b"\xbc\xa2")  # is not completed by another's
        assert terminal.receive(server, 8) == b"\\xbc\\xa2"
    assert terminal.receive(server, 4) == b"\\xe6"
    interrupt(server)

    server = dialnet("listen", "unixgram", os.path.join(directory, "s"), stdout=terminal.theirs)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.connect(server.address)
        sock.send(b"\x1b\xe6")
        sock.send(b"\xbc\xa2")
        assert terminal.receive(server, 14) == b"^[\\xe6\\xbc\\xa2"
    interrupt(server)


def test_a_terminal_on_stdin_does_not_hold_up_the_end(
    dialnet: Programs, terminal: Terminal, peer: socket.socket
) -> None:
    process, conn = _dial(dialnet, peer, stdin=terminal.theirs)
    with conn:
        os.write(terminal.ours, b"typed\n")
        assert conn.recv(100) == b"typed\n"
        conn.sendall(b"bye")
    assert process.receive(10) == b"bye"
    assert (process.status(), process.stderr) == (0, "")


def test_ctrl_c_on_the_terminal(dialnet: Programs, directory: str) -> None:
    """The real key on a controlling terminal, for a command that waits in both its threads."""
    ours, theirs = os.openpty()
    program = (
        "import fcntl, os, sys, termios; os.setsid(); fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
        "os.execv(sys.executable, [sys.executable, '-m', 'dialnet', *sys.argv[1:]])"
    )
    path = os.path.join(directory, "s")
    server = dialnet.run(sys.executable, "-c", program, "listen", "unix", path, stdin=theirs, stdout=theirs)
    os.close(theirs)
    try:
        assert server.address == path
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(path)
            client.sendall(b"hello")
            assert Terminal(ours, -1).receive(server, 5) == b"hello"
            os.write(ours, b"\x03")
            assert server.status() == 130
        assert server.lines == [f"listening on unix {path}"]
        assert not os.path.exists(path)
    finally:
        os.close(ours)
