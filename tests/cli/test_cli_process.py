"""What a shell sees of the command: usage, errors, exit statuses, closed streams, missing extras."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import socket
import subprocess
import sys
import threading
import time

import pytest

import dialnet as net
from tests.cli.support import COMMAND, Programs, connect, interrupt


@pytest.mark.parametrize(
    ("args", "text"),
    [
        ("dial tcp nonsense", "dial tcp: address nonsense: missing port in address"),
        ("dial tcp 127.0.0.1:99999", "dial tcp: address 99999: invalid port"),
        ("dial tcp4 [::1]:1", "dial tcp4: address ::1: no suitable address found"),
        ("dial unix /nowhere/s", "dial unix /nowhere/s: connect: No such file or directory"),
        ("dial unixpacket /nowhere/s", "dial unixpacket /nowhere/s: connect: No such file or directory"),
        ("dial unixgram /nowhere/s",
         "dial unixgram @dialnet-NAME->/nowhere/s: connect: No such file or directory"),
        ("listen tcp nonsense", "listen tcp: address nonsense: missing port in address"),
        ("listen unix /nowhere/s", "listen unix /nowhere/s: bind: No such file or directory"),
        ("listen unixgram /nowhere/s", "listen unixgram /nowhere/s: bind: No such file or directory"),
        ("listen udp 203.0.113.1:0", "listen udp 203.0.113.1:0: bind: Cannot assign requested address"),
    ],
)  # fmt: skip
def test_an_error_is_one_line(dialnet: Programs, args: str, text: str) -> None:
    command = dialnet(*args.split())
    assert command.end() == b""
    assert re.sub(r"@dialnet-\w+-\w+", "@dialnet-NAME", command.stderr) == f"dialnet: {text}"
    assert command.status() == 1


def test_a_refused_connection(dialnet: Programs) -> None:
    with socket.socket() as sock:  # bound and not listening
        sock.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{sock.getsockname()[1]}"
        client = dialnet("dial", "tcp", address)
        assert client.stderr == f"dialnet: dial tcp {address}: connect: Connection refused"
        assert client.status() == 1


def test_an_address_in_use(dialnet: Programs, directory: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        assert dialnet("listen", "tcp", address).stderr == (
            f"dialnet: listen tcp {address}: bind: Address already in use"
        )
    path = os.path.join(directory, "file")
    with open(path, "w"):
        pass
    assert (
        dialnet("listen", "unix", path).stderr == f"dialnet: listen unix {path}: bind: Address already in use"
    )
    assert os.path.exists(path)


def test_the_timeout_of_a_dial(dialnet: Programs) -> None:
    with contextlib.ExitStack() as stack:
        full = stack.enter_context(socket.socket())
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for _ in range(4):  # the queue is full now, and further requests are not answered
            sock = stack.enter_context(socket.socket())
            sock.setblocking(False)
            sock.connect_ex(full.getsockname())
        address = f"127.0.0.1:{full.getsockname()[1]}"
        started = time.monotonic()
        client = dialnet("dial", "-v", "--timeout", "300ms", "tcp", address)
        assert client.status() == 1
        assert 0.3 <= time.monotonic() - started < 20
        assert client.lines[-1] == f"dialnet: dial tcp {address}: i/o timeout"
        client.line(r"^dialnet: gave up after \d+\.\d+ m?s$")


def test_verbose_says_what_was_tried(dialnet: Programs) -> None:
    server = dialnet("listen", "--echo", "tcp4", "127.0.0.1:0")
    client = dialnet("dial", "--verbose", "tcp", server.address)
    assert client.end(b"hello") == b"hello"
    address = re.escape(server.address)
    for pattern in (
        f"dialing tcp {address}",
        f"trying tcp4? {address}",
        rf"connected in \d+\.\d+ m?s: tcp 127\.0\.0\.1:\d+ with {address}",
        "end of input",
        "the peer ended",
        r"sent 5 bytes, received 5 bytes in \d+\.\d+ m?s",
    ):
        client.line(f"^dialnet: {pattern}$")


def test_verbose_has_every_failed_attempt(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from dialnet.cli import main

    def attempt(ip: str) -> net.OpError:
        refused = ConnectionRefusedError(111, "Connection refused")
        return net.OpError("dial", "tcp", None, net.TCPAddr(ip, 7), refused, syscall="connect")

    def fail(self: object, network: str, address: str) -> None:
        err = attempt("192.0.2.1")
        err.attempts = (attempt("192.0.2.1"), attempt("2001:db8::1"))
        raise err

    monkeypatch.setattr(net.Dialer, "dial", fail)
    monkeypatch.setattr("dialnet.cli.app.end_on_signals", lambda: None)
    assert main(["dial", "-v", "tcp", "example.com:7"]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert lines[1:3] == [
        "dialnet: tried: dial tcp 192.0.2.1:7: connect: Connection refused",
        "dialnet: tried: dial tcp [2001:db8::1]:7: connect: Connection refused",
    ]
    assert lines[-1] == "dialnet: dial tcp 192.0.2.1:7: connect: Connection refused"


@pytest.mark.parametrize(
    "args",
    [
        "nonsense",
        "--nonsense",
        "dial",
        "dial tcp",
        "dial nonsense 127.0.0.1:1",
        "dial tcp 127.0.0.1:1 more",
        "dial --timeout soon tcp 127.0.0.1:1",
        "dial --timeout -1 tcp 127.0.0.1:1",
        "dial --timeout nan tcp 127.0.0.1:1",
        "dial --idle 0 tcp 127.0.0.1:1",
        "dial --idle 99999999999 tcp 127.0.0.1:1",
        "listen tcp",
        "listen --timeout 1s tcp :0",
    ],
)
def test_wrong_usage(dialnet: Programs, args: str) -> None:
    command = dialnet(*args.split())
    assert command.end() == b""
    assert command.status() == 2
    assert command.stderr.startswith("Usage: dialnet ")
    assert "Traceback" not in command.stderr


@pytest.mark.parametrize("args", ["--help", "dial --help", "listen -h", "--version"])
def test_help(dialnet: Programs, args: str) -> None:
    command = dialnet(*args.split())
    out = command.end().decode()
    assert out.startswith("dialnet " if args == "--version" else "Usage: dialnet ")
    assert (command.status(), command.stderr) == (0, "")
    assert all(len(line) <= 100 for line in out.splitlines())


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2", 2.0), ("1.5", 1.5), (".5", 0.5), ("0", 0.0), ("500ms", 0.5), ("2s", 2.0), ("1m", 60.0),
        ("1m30s", 90.0), ("1.5h", 5400.0), ("250us", 250e-6),
    ],
)  # fmt: skip
def test_durations(text: str, seconds: float) -> None:
    from dialnet.cli.options import parse_duration

    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "-1", "s", "1 s", "1x", "1e3", "nan", "inf", "1.2.3", "1m-1s", "١"])
def test_what_is_no_duration(text: str) -> None:
    from dialnet.cli.options import parse_duration

    assert parse_duration(text) is None


def test_a_closed_stdout_ends_dial_quietly(dialnet: Programs) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = dialnet("dial", "tcp", f"127.0.0.1:{listener.getsockname()[1]}")
        conn, _ = listener.accept()
        with conn:
            conn.sendall(b"one line\n")
            assert client.receive(9) == b"one line\n"
            client.stdout.close()
            with contextlib.suppress(ConnectionError):
                while True:  # a peer that never stops
                    conn.sendall(b"another line\n" * 1000)
        assert (client.status(), client.stderr) == (141, "")


def test_head_takes_one_line(dialnet: Programs) -> None:
    server = dialnet("listen", "tcp", "127.0.0.1:0", stdin=subprocess.PIPE)
    pipeline = dialnet.run(
        "sh", "-c", f"{shlex.join(COMMAND)} dial tcp {server.address} </dev/null | head -1"
    )
    with contextlib.suppress(BrokenPipeError):
        for _ in range(1000):
            server.send(b"line\n" * 10_000)
    assert pipeline.end() == b"line\n"
    assert (pipeline.status(), pipeline.stderr) == (0, "")
    server.end()


def test_streams_that_the_parent_closed(dialnet: Programs) -> None:
    """A socket must not become the command's stdin or stdout."""
    server = dialnet("listen", "--echo", "--keep-open", "tcp", "127.0.0.1:0")
    for closed in ("<&-", ">&-", "<&- >&-", "<&- >&- 2>&-"):
        client = dialnet.run(
            "sh", "-c", f"exec {shlex.join(COMMAND)} dial --idle 5s tcp {server.address} {closed}"
        )
        assert client.end(b"" if "<" in closed else b"hello") == b""
        assert (client.status(), client.stderr) == (0, "")


def test_an_unreadable_stdin_and_a_full_stdout(dialnet: Programs) -> None:
    server = dialnet("listen", "--echo", "--keep-open", "tcp", "127.0.0.1:0")
    with open(os.devnull, "wb") as unreadable:
        client = dialnet("dial", "tcp", server.address, stdin=unreadable)
    assert (client.status(), client.stderr) == (1, "dialnet: standard input: Bad file descriptor")
    if os.path.exists("/dev/full"):
        with open("/dev/full", "wb") as full:
            client = dialnet("dial", "tcp", server.address, stdout=full)
        client.end(b"hello")
        assert (client.status(), client.stderr) == (1, "dialnet: standard output: No space left on device")


def test_streams_that_do_not_block(dialnet: Programs) -> None:
    """Another program may have set O_NONBLOCK on a pipe or terminal it shares with us."""
    server = dialnet("listen", "--echo", "--keep-open", "tcp", "127.0.0.1:0")
    inside, outside = os.pipe()
    os.set_blocking(inside, False)
    read_end, write_end = os.pipe()
    os.set_blocking(write_end, False)
    client = dialnet("dial", "tcp", server.address, stdin=inside, stdout=write_end)
    os.close(inside)
    os.close(write_end)
    size = 1 << 20
    with open(outside, "wb") as writer, open(read_end, "rb") as reader:
        feeding = threading.Thread(target=lambda: (writer.write(bytes(size)), writer.close()))
        feeding.start()
        assert len(reader.read()) == size
        feeding.join()
    assert (client.status(), client.stderr) == (0, "")


NEEDS_EXTRA = "dialnet: the command line needs the extra: pip install 'dialnet[cli]'"


def test_without_the_extra_there_is_one_clear_line(dialnet: Programs, directory: str) -> None:
    package = os.path.dirname(os.path.abspath(net.__file__))
    os.symlink(package, os.path.join(directory, "dialnet"))
    command = dialnet.run(
        sys.executable, "-S", "-m", "dialnet", "dial", "tcp", "127.0.0.1:1",
        env=os.environ | {"PYTHONPATH": directory},
    )  # fmt: skip
    assert (command.status(), command.stderr) == (1, NEEDS_EXTRA)


def test_a_module_missing_of_ours_is_not_blamed_on_the_extra(dialnet: Programs) -> None:
    program = (
        "import sys; sys.modules['dialnet.cli.relay'] = None; "
        "from dialnet.cli import main; main(['dial', 'tcp', '127.0.0.1:1'])"
    )
    command = dialnet.run(sys.executable, "-c", program)
    assert command.status() == 1
    assert NEEDS_EXTRA not in command.stderr
    assert "dialnet.cli.relay" in command.stderr


def test_click_is_imported_only_by_main(dialnet: Programs) -> None:
    command = dialnet.run(
        sys.executable,
        "-c",
        "import sys, dialnet.cli; print(*{'click', 'rich', 'asyncio'} & set(sys.modules))",
    )
    assert command.end() == b"\n"


def test_names_of_peers_do_not_act_on_the_terminal(dialnet: Programs, directory: str) -> None:
    server = dialnet("listen", "-v", "unixgram", os.path.join(directory, "s"))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as peer:
        peer.bind(os.path.join(directory, "\x1b[31m\n\u202e"))
        peer.sendto(b"x", server.address)
        assert server.receive(1) == b"x"
    server.line(r"1 bytes from .*/\^\[\[31m\^J\\u202e$")
    assert interrupt(server) == 130


def test_the_address_told_can_be_dialed(dialnet: Programs) -> None:
    server = dialnet("listen", "--echo", "tcp", ":0")
    with connect(server.address) as conn:
        conn.sendall(b"x")
        assert conn.recv(1) == b"x"
