"""`dialnet listen --keep-open`: many peers at once."""

from __future__ import annotations

import contextlib
import os
import shlex
import socket
import struct
import subprocess
import threading

import pytest

from tests.cli.support import COMMAND, Programs, connect, interrupt, receive_all

MANY = 300


def _reset(sock: socket.socket) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def test_hundreds_of_peers_are_echoed_at_once(dialnet: Programs) -> None:
    server = dialnet("listen", "--echo", "--keep-open", "tcp", ":0")
    with contextlib.ExitStack() as stack:
        socks = [stack.enter_context(connect(server.address)) for _ in range(MANY)]
        for turn in range(3):
            for number, sock in enumerate(socks):
                sock.sendall(b"%04d %04d" % (turn, number))
            for number, sock in enumerate(socks):
                assert sock.recv(9, socket.MSG_WAITALL) == b"%04d %04d" % (turn, number)
        for sock in socks:
            sock.shutdown(socket.SHUT_WR)
        assert all(receive_all(sock) == b"" for sock in socks)
    assert interrupt(server) == 130
    assert len(server.lines) == 1


def test_stream_networks_take_one_peer_after_another(
    dialnet: Programs, directory: str, stream_network: str
) -> None:
    address = os.path.join(directory, "s") if stream_network.startswith("unix") else ":0"
    server = dialnet("listen", "--echo", "--keep-open", stream_network, address)
    for text in (b"one", b"two", b"three"):
        assert dialnet("dial", stream_network, server.address).end(text) == text
    assert interrupt(server) == 130


def test_without_echo_everything_goes_to_stdout(dialnet: Programs) -> None:
    server = dialnet("listen", "--keep-open", "tcp", "127.0.0.1:0")
    sizes = [3 * (number + 1) for number in range(30)]

    def talk(size: int) -> None:
        with connect(server.address) as conn:
            for _ in range(10):
                conn.sendall(b"%c" % (64 + size % 60) * size)
            conn.shutdown(socket.SHUT_WR)
            assert conn.recv(1) == b""

    talkers = [threading.Thread(target=talk, args=(size,)) for size in sizes]
    for talker in talkers:
        talker.start()
    received = server.receive(10 * sum(sizes))
    for talker in talkers:
        talker.join()
    for size in sizes:
        letter = b"%c" % (64 + size % 60)
        assert received.count(letter) == 10 * sum(s for s in sizes if s % 60 == size % 60)
    assert interrupt(server) == 130


def test_stdin_is_not_read(dialnet: Programs) -> None:
    server = dialnet("listen", "--keep-open", "tcp", "127.0.0.1:0")
    server.send(b"for whom?")
    with connect(server.address) as conn:
        conn.sendall(b"x")
        assert server.receive(1) == b"x"
        conn.shutdown(socket.SHUT_WR)
        assert receive_all(conn) == b""
    assert interrupt(server) == 130


@pytest.mark.parametrize("more", [(), ("--echo",)], ids=["", "echo"])
def test_one_that_fails_is_a_line_and_the_others_go_on(dialnet: Programs, more: tuple[str, ...]) -> None:
    server = dialnet("listen", "--keep-open", *more, "tcp", "127.0.0.1:0")
    with connect(server.address) as good:
        bad = connect(server.address)
        bad.sendall(b"x")
        if more:
            assert bad.recv(1) == b"x"
        else:
            assert server.receive(1) == b"x"
        _reset(bad)
        server.line(r"^dialnet: read tcp \S+->\S+: read: Connection reset by peer$")
        good.sendall(b"hello")
        assert (good.recv(5) if more else server.receive(5)) == b"hello"
    assert interrupt(server) == 130


def test_idle_ends_a_connection_and_not_the_command(dialnet: Programs) -> None:
    server = dialnet("listen", "-v", "--echo", "--keep-open", "--idle", "1s", "tcp", "127.0.0.1:0")
    for _ in range(2):
        with connect(server.address) as conn:
            conn.sendall(b"hello")
            assert receive_all(conn) == b"hello"
    server.line("nothing went either way")
    assert interrupt(server) == 130


def test_running_out_of_descriptors_is_waited_out(dialnet: Programs) -> None:
    server = dialnet.run(
        "sh", "-c", f"ulimit -n 24; exec {shlex.join(COMMAND)} listen --echo --keep-open tcp 127.0.0.1:0"
    )
    address = server.address
    with contextlib.ExitStack() as stack:
        socks = [stack.enter_context(connect(address)) for _ in range(40)]
        server.line(r"^dialnet: accept tcp \S+: accept\w*: Too many open files; trying again$")
        for sock in socks[:20]:
            sock.close()
        for sock in socks[20:]:
            sock.sendall(b"hello")
        # One that got the last descriptor may fail for want of another; none is left waiting, once those
        # before it have given theirs back.
        for sock in socks[20:]:
            assert _answer(sock) in (b"hello", b"")
            sock.close()
    with connect(address) as conn:
        conn.sendall(b"after all")
        assert conn.recv(100) == b"after all"
    assert interrupt(server) == 130


def _answer(sock: socket.socket) -> bytes:
    try:
        return sock.recv(5)
    except ConnectionResetError:
        return b""


def test_a_closed_stdout_ends_it_quietly(dialnet: Programs) -> None:
    server = dialnet("listen", "--keep-open", "tcp", "127.0.0.1:0", stdin=subprocess.DEVNULL)
    address = server.address
    server.stdout.close()
    with connect(address) as conn:
        conn.sendall(b"hello")
        assert server.status() == 141
    assert server.lines == [f"listening on tcp {address}"]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")
def test_a_stdout_that_fails_ends_it(dialnet: Programs) -> None:
    with open("/dev/full", "wb") as full:
        server = dialnet("listen", "--keep-open", "tcp", "127.0.0.1:0", stdout=full)
    with connect(server.address) as conn:
        conn.sendall(b"hello")
        assert server.status() == 1
    assert server.lines[1:] == ["dialnet: standard output: No space left on device"]


def test_verbose_tells_each_connection(dialnet: Programs) -> None:
    server = dialnet("listen", "-v", "--echo", "--keep-open", "tcp", "127.0.0.1:0")
    with connect(server.address) as conn:
        host, port = conn.getsockname()
        conn.sendall(b"hello")
        conn.shutdown(socket.SHUT_WR)
        assert receive_all(conn) == b"hello"
    server.line(f"^dialnet: accepted tcp {server.address} with {host}:{port}$")
    server.line(f"^dialnet: tcp {server.address} with {host}:{port}: sent 5 bytes, received 5 bytes in ")
