"""`dialnet dial` and `dialnet listen` on networks of datagrams."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import sys
import time
from collections.abc import Iterator

from tests.cli.support import HANG, Programs, ephemeral, interrupt


@contextlib.contextmanager
def unix_datagrams(path: str | None = None) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.settimeout(HANG)
        if path is not None:
            sock.bind(path)
        yield sock


@contextlib.contextmanager
def udp_to(address: str) -> Iterator[socket.socket]:
    host, _, port = address.rpartition(":")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(HANG)
        sock.connect((host if host != "[::]" else "127.0.0.1", int(port)))
        yield sock


def test_what_is_sent_to_an_echo_comes_back(dialnet: Programs, directory: str, datagram_network: str) -> None:
    server = dialnet("listen", "--echo", datagram_network, ephemeral(datagram_network, directory))
    for _ in range(2):  # it serves on
        client = dialnet("dial", datagram_network, server.address)
        assert client.end(b"hello") == b"hello"
        assert (client.status(), client.stderr) == (0, "")
    assert interrupt(server) == 130


def test_listen_prints_and_answers_the_last_peer(
    dialnet: Programs, directory: str, datagram_network: str
) -> None:
    server = dialnet("listen", "-v", datagram_network, ephemeral(datagram_network, directory))
    first = dialnet("dial", "--idle", "20s", datagram_network, server.address)
    second = dialnet("dial", "--idle", "20s", datagram_network, server.address)
    for turn in range(3):
        for client in (first, second):
            client.send(b"question %d" % turn)
            assert server.receive(10) == b"question %d" % turn
            server.send(b"answer %d" % turn)
            assert client.receive(8) == b"answer %d" % turn
    server.stdin.close()
    server.line("end of input")
    first.send(b"one more")
    assert server.receive(8) == b"one more"
    assert interrupt(server) == 130
    assert (interrupt(first), interrupt(second)) == (130, 130)


def test_dial_waits_for_answers_after_the_end_of_input(dialnet: Programs) -> None:
    server = dialnet("listen", "-v", "udp4", "127.0.0.1:0")
    client = dialnet("dial", "-v", "--idle", "20s", "udp4", server.address)
    client.send(b"question")
    client.stdin.close()
    client.line("end of input")
    assert server.receive(8) == b"question"
    server.send(b"answer")
    assert client.receive(6) == b"answer"
    assert interrupt(client) == 130

    client = dialnet("dial", "-v", "--idle", "100ms", "udp4", server.address)
    assert client.end(b"no answer to this one") == b""
    assert client.status() == 0
    client.line("nothing went either way")
    client.line("sent 21 bytes, received 0 bytes")


def test_a_datagram_dial_does_not_end_before_its_input(dialnet: Programs) -> None:
    server = dialnet("listen", "--echo", "udp4", "127.0.0.1:0")
    client = dialnet("dial", "--idle", "0", "udp4", server.address)
    client.send(b"one")
    assert client.receive(3) == b"one"
    client.send(b"two")
    assert client.receive(3) == b"two"
    assert client.end() == b""
    assert client.status() == 0


def test_listen_ends_when_idle_but_not_before_the_first_datagram(dialnet: Programs) -> None:
    server = dialnet("listen", "-v", "--idle", "200ms", "udp4", "127.0.0.1:0")
    assert server.address
    time.sleep(0.5)
    assert server.popen.poll() is None
    with udp_to(server.address) as sock:
        sock.send(b"hello")
        assert server.receive(5) == b"hello"
    assert server.status() == 0
    server.line("nothing went either way")


def test_an_empty_datagram_is_not_the_end(dialnet: Programs, directory: str) -> None:
    server = dialnet("listen", "--echo", "udp4", "127.0.0.1:0")
    with udp_to(server.address) as sock:
        for data in (b"", b"x", b""):
            sock.send(data)
            assert sock.recv(10) == data

    with unix_datagrams(os.path.join(directory, "peer")) as peer:
        client = dialnet("dial", "unixgram", os.path.join(directory, "peer"))
        client.send(b"hello")
        data, sender = peer.recvfrom(100)
        peer.sendto(b"", sender)
        peer.sendto(b"still there", sender)
        assert client.receive(11) == b"still there"
        assert client.end() == b""


def test_a_large_datagram_is_whole(dialnet: Programs, directory: str) -> None:
    server = dialnet("listen", "--echo", "unixgram", os.path.join(directory, "s"))
    with unix_datagrams(os.path.join(directory, "peer")) as peer:
        data = os.urandom(200_000)
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 212_992)
        peer.sendto(data, server.address)
        assert peer.recv(1 << 19) == data
    server = dialnet("listen", "--echo", "udp4", "127.0.0.1:0")
    with udp_to(server.address) as sock:
        data = os.urandom(65_507)
        sock.send(data)
        assert sock.recv(1 << 17) == data


def test_many_peers_are_echoed(dialnet: Programs) -> None:
    server = dialnet("listen", "--echo", "--keep-open", "udp", ":0")
    with contextlib.ExitStack() as stack:
        socks = [stack.enter_context(udp_to(server.address)) for _ in range(100)]
        for number, sock in enumerate(socks):
            sock.send(b"%d" % number)
        assert [int(sock.recv(10)) for sock in socks] == list(range(100))


def test_a_sender_without_a_name_is_passed_over(dialnet: Programs, directory: str) -> None:
    server = dialnet("listen", "-v", "--echo", "unixgram", os.path.join(directory, "s"))
    with unix_datagrams() as nobody, unix_datagrams(os.path.join(directory, "peer")) as peer:
        nobody.sendto(b"hello?", server.address)
        server.line("cannot answer a sender without a name")
        peer.sendto(b"hello", server.address)
        assert peer.recv(10) == b"hello"


def test_a_peer_that_is_gone_or_full_is_passed_over(dialnet: Programs, directory: str) -> None:
    server = dialnet("listen", "-v", "--echo", "unixgram", os.path.join(directory, "s"))
    gone, full, good = (os.path.join(directory, name) for name in ("gone", "full", "good"))
    with unix_datagrams(gone) as peer:
        os.unlink(gone)
        peer.sendto(b"hello", server.address)
        server.line(r"write unixgram \S+->\S+gone: .*No such file")
    with unix_datagrams(full) as stuffed, unix_datagrams(good) as peer:
        for _ in range(13):  # more than the queue of a Unix socket holds by default
            stuffed.sendto(b"x", server.address)
        peer.sendto(b"hello", server.address)
        assert peer.recv(10) == b"hello"


def test_a_closed_port_is_an_error(dialnet: Programs) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    client = dialnet("dial", "--idle", "20s", "udp", f"127.0.0.1:{port}")
    assert client.end(b"anybody?") == b""
    assert client.status() == 1
    assert re.fullmatch(r"dialnet: read udp \S+->\S+: read: Connection refused", client.stderr)


def test_a_unixgram_socket_that_took_the_place_stays(dialnet: Programs, directory: str) -> None:
    path = os.path.join(directory, "s")
    server = dialnet("listen", "unixgram", path)
    assert server.address == path
    os.unlink(path)
    with unix_datagrams(path):
        assert interrupt(server) == 130
        assert os.path.exists(path)


def test_a_path_for_a_unixgram_dial_where_names_need_one(dialnet: Programs, directory: str) -> None:
    """As on systems without an abstract namespace: a temporary file, gone afterwards."""
    server = dialnet("listen", "-v", "--echo", "unixgram", os.path.join(directory, "s"))
    program = (
        "import sys, dialnet.system; dialnet.system.ABSTRACT_UNIX = False; "
        "from dialnet.cli import main; sys.exit(main())"
    )
    client = dialnet.run(
        sys.executable, "-c", program, "dial", "unixgram", server.address,
        env=os.environ | {"TMPDIR": directory},
    )  # fmt: skip
    assert client.end(b"hello") == b"hello"
    assert client.stderr == ""
    server.line(rf"5 bytes from {directory}/dialnet-\w+/dial")
    assert os.listdir(directory) == ["s"]
