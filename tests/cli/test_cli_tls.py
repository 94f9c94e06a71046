"""`dialnet dial tls` and `dialnet listen tls`, with each other and with a scripted peer."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import trustme

from dialnet import tls
from dialnet.cli.peer import Peer
from tests.cli.support import HANG, Process, Programs, connect, has_ipv6, in_time, interrupt, receive_all
from tests.cli.tls_support import Files, serving

MEGABYTE = os.urandom(1 << 20)


def failed(process: Process, data: bytes = b"") -> str:
    """What it says when it fails, in one line."""
    process.end(data)
    assert process.status() == 1
    assert len(process.lines) == 1, process.lines
    return process.lines[0]


def misused(process: Process) -> str:
    assert process.end() == b""
    assert process.status() == 2
    return process.stderr


def no_ipv6(network: str) -> list[Any]:
    return [pytest.mark.skipif(not has_ipv6(), reason="no IPv6 on this machine")] if network == "tls6" else []


@pytest.mark.parametrize("network", [pytest.param(n, marks=no_ipv6(n)) for n in ("tls", "tls4", "tls6")])
def test_both_ends(dialnet: Programs, files: Files, network: str) -> None:
    where = "[::1]:0" if network == "tls6" else "127.0.0.1:0"
    server = dialnet("listen", "--echo", network, where, *files.server)
    assert server.line(r"^listening on tls (.+)$")[1] == server.address
    client = dialnet("dial", "--ca", files.ca, network, server.address)
    assert client.end(MEGABYTE) == MEGABYTE
    assert (client.stderr, client.status(), server.status()) == ("", 0, 0)


def test_one_file_for_certificate_and_key(dialnet: Programs, files: Files) -> None:
    both = files.write("both.pem", b"".join(Path(path).read_bytes() for path in (files.key, files.cert)))
    server = dialnet("listen", "tls", "127.0.0.1:0", "--cert", both)
    client = dialnet("dial", "--ca", files.ca, "tls", server.address)
    client.send(b"question")
    assert server.receive(8) == b"question"
    assert server.end(b"answer") == b""
    assert client.end() == b"answer"
    assert (client.status(), server.status()) == (0, 0)


def test_after_the_end_of_input_the_answer_still_comes(dialnet: Programs, files: Files) -> None:
    def serve(conn: tls.Conn) -> None:
        data = conn.read()
        assert data == b"question"
        conn.write(MEGABYTE)

    with serving(serve) as address:
        client = dialnet("dial", "--ca", files.ca, "tls", address)
        assert client.end(b"question") == MEGABYTE
    assert (client.stderr, client.status()) == ("", 0)


def test_a_stream_that_is_cut_off_is_an_error(dialnet: Programs, files: Files) -> None:
    def serve(conn: tls.Conn) -> None:
        conn.write(b"half of it")
        conn.net_conn.close()

    with serving(serve) as address:
        client = dialnet("dial", "--ca", files.ca, "tls", address)
        assert client.receive(10) == b"half of it"
        assert re.fullmatch(r"dialnet: read tcp \S+: unexpected EOF", failed(client))


def test_verbose_tells_what_was_agreed(dialnet: Programs, files: Files) -> None:
    me = files.issue("me", "me.example", common_name="m\x1be")
    server = dialnet(
        "listen", "-v", "--echo", "tls", "127.0.0.1:0", *files.server, "--client-ca", files.ca,
        "--alpn", "echo", "--alpn", "other", "--tls-version", "1.2",
    )  # fmt: skip
    client = dialnet(
        "dial", "-v", "--ca", files.ca, "--cert", me[0], "--key", me[1], "--alpn", "unknown",
        "--alpn", "echo", "tls", server.address,
    )  # fmt: skip
    assert client.end(b"hello") == b"hello"
    client.line(r"^dialnet: TLSv1\.2, \S+, ALPN echo; the peer is O?U?.*trustme")
    server.line(r"^dialnet: tcp \S+ with \S+: TLSv1\.2, \S+, ALPN echo, in .*; the peer is CN=m\^\[e,")
    assert (client.status(), server.status()) == (0, 0)


def test_insecure_says_so(dialnet: Programs, files: Files) -> None:
    server = dialnet("listen", "--echo", "tls", "127.0.0.1:0", *files.server)
    client = dialnet("dial", "--insecure", "tls", server.address)
    assert client.end(b"hello") == b"hello"
    assert client.stderr == "dialnet: --insecure: who the peer is, is not verified"
    assert client.status() == 0


def test_the_systems_trust(dialnet: Programs, files: Files) -> None:
    server = dialnet("listen", "--keep-open", "--echo", "tls", "127.0.0.1:0", *files.server)
    trusting = dialnet("dial", "tls", server.address, env=os.environ | {"SSL_CERT_FILE": files.ca})
    assert trusting.end(b"hello") == b"hello"
    said = failed(dialnet("dial", "tls", server.address))
    assert re.fullmatch(r"dialnet: handshake tcp \S+: certificate verify failed: .*issuer.*", said)
    server.line("handshake tcp .*: remote error: unknown ca")


@pytest.mark.parametrize(
    ("names", "days", "asked", "said"),
    [
        (("localhost",), (-9, -2), "localhost", "certificate has expired"),
        (("localhost",), (2, 9), "localhost", "certificate is not yet valid"),
        (("a.example",), (-1, 9), "b.example", "not valid for 'b.example'"),
        (("a.example",), (-1, 9), None, "IP address mismatch"),
    ],
)
def test_who_is_not_to_be_trusted(
    dialnet: Programs,
    files: Files,
    names: tuple[str, ...],
    days: tuple[int, int],
    asked: str | None,
    said: str,
) -> None:
    cert, key = files.issue("bad", *names, days=days)
    server = dialnet("listen", "tls", "127.0.0.1:0", "--cert", cert, "--key", key)
    more = () if asked is None else ("--server-name", asked)
    answer = failed(dialnet("dial", "--ca", files.ca, *more, "tls", server.address), b"secret")
    assert answer.startswith("dialnet: handshake tcp ")
    assert said in answer
    # The one connection has failed, and so has the command.
    assert server.end() == b""
    assert server.status() == 1


def test_a_client_without_a_certificate(dialnet: Programs, files: Files) -> None:
    stranger = files.issue("stranger", "me.example", by=trustme.CA())
    server = dialnet(
        "listen", "--keep-open", "tls", "127.0.0.1:0", *files.server, "--client-ca", files.ca
    )  # fmt: skip
    dial = ("dial", "--ca", files.ca, "tls", server.address)
    assert "remote error: certificate required" in failed(dialnet(*dial))
    server.line("handshake .*: peer did not return a certificate")
    assert "remote error: unknown ca" in failed(dialnet(*dial, "--cert", stranger[0], "--key", stranger[1]))
    assert interrupt(server) == 130
    assert server.receive(1) == b""


def test_a_peer_that_speaks_something_else(dialnet: Programs) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = dialnet("dial", "tls", f"127.0.0.1:{listener.getsockname()[1]}")
        conn, _ = listener.accept()
        with conn:
            conn.sendall(b"HTTP/1.0 400 Bad Request\r\n\r\n")
            assert failed(client).endswith(
                "first record does not look like a TLS handshake (it looks like HTTP)"
            )


def test_a_peer_that_stalls(dialnet: Programs) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        said = in_time(
            lambda length: failed(dialnet("dial", "--timeout", length, "tls", address)),
            lambda said: "handshake" in said,
        )
        assert re.fullmatch(r"dialnet: handshake tcp \S+: i/o timeout", said)


def test_who_fails_or_stalls_holds_up_nobody(dialnet: Programs, files: Files) -> None:
    server = dialnet("listen", "--keep-open", "--echo", "tls", "127.0.0.1:0", *files.server)
    with connect(server.address), connect(server.address) as half, connect(server.address) as other:
        half.sendall(b"\x16\x03\x01")
        other.sendall(b"GET / HTTP/1.0\r\n\r\n")
        server.line(
            r"handshake tcp \S+: first record does not look like a TLS handshake \(it looks like HTTP\)"
        )
        with contextlib.suppress(ConnectionResetError):
            receive_all(other)
        client = dialnet("dial", "--ca", files.ca, "tls", server.address)
        assert client.end(MEGABYTE) == MEGABYTE
        assert client.status() == 0
    assert interrupt(server) == 130


def test_who_stalls_is_given_up(dialnet: Programs, files: Files) -> None:
    server = dialnet("listen", "--keep-open", "--idle", "200ms", "tls", "127.0.0.1:0", *files.server)
    with connect(server.address) as stalling:
        server.line(r"handshake tcp \S+: i/o timeout")
        assert receive_all(stalling) == b""
    assert interrupt(server) == 130


def test_idle(dialnet: Programs, files: Files) -> None:
    """Nobody reads what is written, and nobody writes: both directions are idle."""
    over = threading.Event()

    def serve(conn: tls.Conn) -> None:
        assert conn.read(1) == b"x"
        over.wait(HANG)

    with serving(serve) as address:
        client = dialnet("dial", "-v", "--idle", "2s", "--ca", files.ca, "tls", address)
        assert client.end(b"x" + MEGABYTE * 16) == b""
        over.set()
    client.line("nothing went either way")
    assert client.status() == 0


def test_reading_extends_the_patience_of_a_write() -> None:
    """A write of TLS that has timed out cannot be gone on with, as one of TCP can."""
    deadlines: list[Any] = []
    writing, written = threading.Event(), threading.Event()

    class Fake:
        def handshake(self) -> None: ...

        def set_read_deadline(self, when: Any) -> None: ...

        def set_write_deadline(self, when: Any) -> None:
            deadlines.append(when)

        def read(self, size: int) -> bytes:
            return b"x"

        def write(self, data: Any) -> int:
            writing.set()
            assert written.wait(HANG)
            return len(data)

    conn: Any = Fake()
    peer = Peer(conn, limit=100.0)
    thread = threading.Thread(target=lambda: peer.write(b"hello"))
    thread.start()
    assert writing.wait(HANG)
    began = time.monotonic()
    peer.read(1)
    assert len(deadlines) == 2
    assert deadlines[0] <= began + 100.0 <= deadlines[1]
    written.set()
    thread.join()
    peer.read(1)
    assert (deadlines[2:], peer.sent) == ([None], 5)


# What is wrong with the options.


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("listen", "tls", ":0"), "A TLS listener needs a certificate: --cert FILE --key FILE."),
        (("listen", "tls", ":0", "--key", "{key}"), "A TLS listener needs a certificate"),
        (("listen", "tls", ":0", "--cert", "{ca}.not"), "does not exist"),
        (("listen", "tcp", ":0", "--cert", "{cert}"), "--cert is for TLS"),
        (("listen", "udp", ":0", "--client-ca", "{ca}"), "--client-ca is for TLS"),
        (("dial", "tcp", ":1", "--insecure"), "--insecure is for TLS"),
        (("dial", "unix", "x", "--tls-version", "1.3"), "--tls-version is for TLS"),
        (("dial", "tls", ":1", "--insecure", "--ca", "{ca}"), "Either --ca or --insecure"),
        (("dial", "tls", ":1", "--key", "{key}"), "--key without --cert"),
        (("dial", "tls", ":1", "--alpn", ""), "1 to 255 ASCII characters"),
        (("dial", "tls", ":1", "--tls-version", "1.1"), "is not one of"),
        (("dial", "tls", ":1", "--server-name", ""), "--server-name is needed"),
    ],
)
def test_wrong_usage(dialnet: Programs, files: Files, args: tuple[str, ...], said: str) -> None:
    named = [arg.format(ca=files.ca, cert=files.cert, key=files.key) for arg in args]
    assert said in misused(dialnet(*named))


def test_what_is_no_name(dialnet: Programs) -> None:
    """As without TLS: there is no such host, which is not a wrong use of the command."""
    said = "dialnet: dial tcp: lookup a..b: no such host"
    for args in (("tcp", "a..b:443"), ("tls", "a..b:443"), ("tls", "--server-name", "a..b", "127.0.0.1:443")):
        assert failed(dialnet("dial", *args)) == said


def test_files_that_do_not_serve(dialnet: Programs, files: Files) -> None:
    text = files.write("text", b"Not a certificate.\n")
    other = files.issue("other", "other.example")[1]
    for args, said in (
        (("--cert", files.cert), f"{files.cert}: no private key in PEM format; --key says where it is"),
        (("--cert", files.cert, "--key", text), f"{text}: no private key in PEM format"),
        (("--cert", text, "--key", files.key), f"{text}: no certificate in PEM format"),
        (
            ("--cert", files.cert, "--key", other),
            f"{other}: not the private key of the certificate in {files.cert}",
        ),
        ((*files.server, "--client-ca", text), f"{text}: no certificates in PEM format"),
    ):
        assert failed(dialnet("listen", "tls", "127.0.0.1:0", *args)) == f"dialnet: {said}"
    assert (
        failed(dialnet("dial", "tls", ":1", "--ca", text))
        == f"dialnet: {text}: no certificates in PEM format"
    )


def test_an_encrypted_key_asks_for_nothing(dialnet: Programs, files: Files) -> None:
    from cryptography.hazmat.primitives import serialization

    key = serialization.load_pem_private_key(Path(files.key).read_bytes(), None)
    locked = files.write(
        "locked.key",
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"secret"),
        ),
    )
    said = failed(dialnet("listen", "tls", "127.0.0.1:0", "--cert", files.cert, "--key", locked))
    assert said == f"dialnet: {locked}: the private key is encrypted; give one that is not"


def test_plain_networks_do_not_load_tls() -> None:
    """Its start takes time that `dial tcp` need not take."""
    script = (
        "import sys, dialnet.cli.dial, dialnet.cli.listen, dialnet.cli.trace;"
        "sys.exit(' '.join({'ssl', 'cryptography', 'dialnet.tls'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, timeout=HANG, check=False)
    assert (done.stderr, done.returncode) == (b"\n", 1)
