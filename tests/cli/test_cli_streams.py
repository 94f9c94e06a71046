"""`dialnet dial` and `dialnet listen` at the two ends of a stream."""

from __future__ import annotations

import hashlib
import os
import random
import re
import signal
import socket
import subprocess
import threading
import time

import pytest

from dialnet import system
from tests.cli.support import COMMAND, Programs, connect, ephemeral, interrupt, receive_all

MIB = 1 << 20


def test_what_is_sent_to_an_echo_comes_back(dialnet: Programs, directory: str, stream_network: str) -> None:
    server = dialnet("listen", "--echo", stream_network, ephemeral(stream_network, directory))
    client = dialnet("dial", stream_network, server.address)
    assert client.end(b"hello\nworld\n") == b"hello\nworld\n"
    assert (client.status(), client.stderr) == (0, "")
    assert server.end() == b""
    assert (server.status(), len(server.lines)) == (0, 1)


@pytest.mark.skipif(not system.ABSTRACT_UNIX, reason="no abstract names on this system")
@pytest.mark.parametrize("network", ["unix", "unixpacket"])
def test_abstract_names(dialnet: Programs, network: str) -> None:
    server = dialnet("listen", "--echo", network, "")
    assert server.address.startswith("@")
    assert dialnet("dial", network, server.address).end(b"hello") == b"hello"
    assert server.status() == 0


def test_both_ends_talk_in_turns(dialnet: Programs, directory: str, stream_network: str) -> None:
    """Every piece arrives while both inputs are still open: nothing waits in a buffer."""
    server = dialnet("listen", stream_network, ephemeral(stream_network, directory))
    client = dialnet("dial", stream_network, server.address)
    for turn in range(5):
        client.send(b"question %d" % turn)
        assert server.receive(10) == b"question %d" % turn
        server.send(b"answer %d" % turn)
        assert client.receive(8) == b"answer %d" % turn
    server.stdin.close()
    assert client.end(b"bye") == b""
    assert server.end() == b"bye"
    assert (client.status(), server.status()) == (0, 0)


def test_the_end_of_input_leaves_the_other_direction_open(
    dialnet: Programs, directory: str, stream_network: str
) -> None:
    server = dialnet("listen", "-v", "--linger", "20s", stream_network, ephemeral(stream_network, directory))
    client = dialnet("dial", stream_network, server.address)
    client.send(b"the question")
    client.stdin.close()
    server.line("the peer ended")
    server.send(b"the answer")
    assert client.receive(10) == b"the answer"
    server.stdin.close()
    assert client.end() == b""
    assert server.end() == b"the question"
    assert (client.status(), server.status()) == (0, 0)


@pytest.mark.parametrize("idle", [(), ("--idle", "20s")], ids=["", "idle"])
def test_ten_mebibytes_each_way(
    dialnet: Programs, directory: str, stream_network: str, idle: tuple[str, ...]
) -> None:
    up, down = random.Random(1).randbytes(10 * MIB), random.Random(2).randbytes(10 * MIB)
    server = dialnet("listen", *idle, stream_network, ephemeral(stream_network, directory))
    client = dialnet("dial", *idle, stream_network, server.address)
    received: list[bytes] = []
    serving = threading.Thread(target=lambda: received.append(server.end(down)))
    serving.start()
    answer = client.end(up)
    serving.join()
    assert hashlib.sha256(answer).digest() == hashlib.sha256(down).digest()
    assert hashlib.sha256(received[0]).digest() == hashlib.sha256(up).digest()
    assert (client.stderr, client.status(), server.status()) == ("", 0, 0)


def test_ten_mebibytes_through_the_echo(dialnet: Programs, directory: str, stream_network: str) -> None:
    data = random.Random(3).randbytes(10 * MIB)
    server = dialnet("listen", "--echo", stream_network, ephemeral(stream_network, directory))
    client = dialnet("dial", stream_network, server.address)
    assert hashlib.sha256(client.end(data)).digest() == hashlib.sha256(data).digest()
    assert (client.status(), server.status()) == (0, 0)


def test_a_peer_that_has_nothing_to_say_gets_all_the_input(
    dialnet: Programs, directory: str, stream_network: str
) -> None:
    """`listen < /dev/null > file` ends its direction at once, and still wants what `dial < file` sends."""
    data = random.Random(4).randbytes(10 * MIB)
    path = os.path.join(directory, "data")
    with open(path, "wb") as file:
        file.write(data)
    address = ephemeral(stream_network, directory)
    server = dialnet("listen", stream_network, address, stdin=subprocess.DEVNULL)
    with open(path, "rb") as file:
        client = dialnet("dial", stream_network, server.address, stdin=file)
    assert hashlib.sha256(server.end()).digest() == hashlib.sha256(data).digest()
    assert (client.status(), client.stderr) == (0, "")


def test_an_open_stdin_does_not_hold_up_the_end(dialnet: Programs) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = dialnet("dial", "tcp", f"127.0.0.1:{listener.getsockname()[1]}")
        conn, _ = listener.accept()
        with conn:
            conn.sendall(b"that is all")
        assert client.receive(100) == b"that is all"
        assert client.status() == 0
        assert client.stderr == "dialnet: the peer ended before the input did"


def test_a_peer_that_resets_is_an_error(dialnet: Programs) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = dialnet("dial", "-v", "tcp", f"127.0.0.1:{listener.getsockname()[1]}")
        client.line("connected")  # else the reset may be the dial's error already
        conn, _ = listener.accept()
        conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        conn.close()
        assert client.status() == 1
        assert re.fullmatch(r"dialnet: read tcp \S+->\S+: read: Connection reset by peer", client.lines[-1])


def test_a_peer_that_does_not_take_the_input_is_an_error(dialnet: Programs, directory: str) -> None:
    path = os.path.join(directory, "s")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        client = dialnet("dial", "unix", path)
        conn, _ = listener.accept()
        with conn:
            conn.shutdown(socket.SHUT_RD)
            conn.sendall(b"I do not listen")
            client.send(b"hear me")
            assert client.receive(15) == b"I do not listen"
        assert client.end() == b""
        assert client.status() == 1
        assert client.stderr.endswith(": write: Broken pipe")


def test_listen_takes_one_peer_only(dialnet: Programs) -> None:
    server = dialnet("listen", "tcp", "127.0.0.1:0")
    with connect(server.address) as conn:
        conn.sendall(b"first")
        assert server.receive(5) == b"first"
        with pytest.raises(ConnectionRefusedError):
            connect(server.address)
    assert server.end() == b""


def test_idle_ends_either_side(dialnet: Programs) -> None:
    server = dialnet("listen", "-v", "--idle", "2s", "tcp", "127.0.0.1:0")
    client = dialnet("dial", "-v", "--idle", "20s", "tcp", server.address)
    client.send(b"hello")
    assert server.receive(5) == b"hello"
    assert (server.status(), client.status()) == (0, 0)
    server.line("nothing went either way")
    client.line("the peer ended")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        started = time.monotonic()
        client = dialnet("dial", "--idle", "0.3", "tcp", f"127.0.0.1:{listener.getsockname()[1]}")
        assert (client.status(), client.stderr) == (0, "")
        assert time.monotonic() - started >= 0.3


@pytest.mark.parametrize("role", ["receiving", "sending"])
def test_one_busy_direction_is_not_idle(dialnet: Programs, role: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = dialnet("dial", "--idle", "2s", "tcp", f"127.0.0.1:{listener.getsockname()[1]}")
        conn, _ = listener.accept()
        with conn:
            for _ in range(12):  # more than the limit in all, and between two a small part of it
                time.sleep(0.2)
                if role == "receiving":
                    conn.sendall(b"x")
                else:
                    client.send(b"x")
            if role == "sending":
                client.stdin.close()
                assert receive_all(conn) == b"x" * 12
        assert client.end() == (b"x" * 12 if role == "receiving" else b"")
        assert client.status() == 0


def test_idle_ends_a_peer_that_takes_nothing(dialnet: Programs) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = dialnet("dial", "-v", "--idle", "500ms", "tcp", f"127.0.0.1:{listener.getsockname()[1]}")
        conn, _ = listener.accept()
        with conn:
            assert client.end(bytes(64 * MIB)) == b""
        assert client.status() == 0
        client.line("nothing went either way")


def test_ctrl_c_is_quiet(dialnet: Programs) -> None:
    server = dialnet("listen", "tcp", "127.0.0.1:0")
    client = dialnet("dial", "tcp", server.address)
    client.send(b"up")
    assert server.receive(2) == b"up"
    assert interrupt(client) == 130
    assert client.stderr == ""
    assert server.end() == b""

    waiting = dialnet("listen", "tcp", "127.0.0.1:0")
    address = waiting.address
    assert interrupt(waiting) == 130
    assert waiting.stderr == f"listening on tcp {address}"


@pytest.mark.parametrize("network", ["unix", "unixpacket", "unixgram"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
@pytest.mark.parametrize("more", [(), ("--keep-open", "--echo")], ids=["", "keep-open"])
def test_a_signal_takes_the_socket_file_along(
    dialnet: Programs, directory: str, network: str, number: int, more: tuple[str, ...]
) -> None:
    server = dialnet("listen", *more, network, os.path.join(directory, "s"))
    assert os.path.exists(server.address)
    server.signal(number)
    assert server.status() == 128 + number
    assert not os.path.exists(server.address)
    assert server.stderr == f"listening on {network} {server.address}"


def test_the_socket_file_goes_with_the_only_connection(dialnet: Programs, directory: str) -> None:
    server = dialnet("listen", "unix", os.path.join(directory, "s"))
    client = dialnet("dial", "unix", server.address)
    client.send(b"x")
    assert server.receive(1) == b"x"
    assert not os.path.exists(server.address)
    client.end()
    assert server.end() == b""


def test_an_ignored_signal_stays_ignored(dialnet: Programs) -> None:
    server = dialnet.run(
        "sh",
        "-c",
        "trap '' HUP; exec \"$@\"",
        "sh",
        *COMMAND,
        "listen",
        "--keep-open",
        "--echo",
        "tcp",
        "127.0.0.1:0",
    )
    address = server.address
    server.signal(signal.SIGHUP)
    with connect(address) as conn:
        conn.sendall(b"still here")
        assert conn.recv(100) == b"still here"
    server.signal(signal.SIGTERM)
    assert server.status() == 143
