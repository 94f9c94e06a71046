"""`dialnet` over TLS with programs that nobody here wrote: openssl, curl and socat."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from tests.cli.support import HANG, Process, Programs, interrupt
from tests.cli.tls_support import Files


def needs(program: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"{program} is not installed")


def s_server(programs: Programs, files: Files, *more: str) -> tuple[Process, str]:
    """`openssl s_server`, and where it listens."""
    # What it says of that goes to stdout.
    process = programs.run(
        "sh", "-c", 'exec openssl s_server "$@" >&2', "sh",
        "-accept", "127.0.0.1:0", "-cert", files.cert, "-key", files.key, *more,
    )  # fmt: skip
    return process, process.line(r"ACCEPT (127\.0\.0\.1:\d+)$")[1]


@needs("openssl")
@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_dial_to_openssl(dialnet: Programs, files: Files, version: str) -> None:
    me = files.issue("interop", "me.example", common_name="me")
    _, address = s_server(
        dialnet, files, "-www", f"-tls{version.replace('.', '_')}", "-alpn", "http/1.0",
        "-Verify", "1", "-CAfile", files.ca, "-verify_return_error",
    )  # fmt: skip
    client = dialnet(
        "dial", "-v", "--ca", files.ca, "--cert", me[0], "--key", me[1], "--alpn", "http/1.0", "tls", address
    )
    answer = client.end(b"GET / HTTP/1.0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.0 200 ok\r\n")
    assert b"CN = me" in answer or b"CN=me" in answer
    client.line(rf"^dialnet: TLSv{version}, \S+, ALPN http/1\.0; the peer is ")
    assert client.status() == 0


@needs("openssl")
def test_openssl_without_our_certificate(dialnet: Programs, files: Files) -> None:
    _, address = s_server(dialnet, files, "-tls1_2", "-Verify", "1", "-CAfile", files.ca)
    client = dialnet("dial", "--ca", files.ca, "tls", address)
    client.end(b"hello")
    assert client.status() == 1
    assert client.line("remote error: handshake failure")


@needs("openssl")
@pytest.mark.parametrize("version", ["1_2", "1_3"])
def test_openssl_to_listen(dialnet: Programs, files: Files, version: str) -> None:
    me = files.issue("interop", "me.example", common_name="me")
    server = dialnet(
        "listen", "-v", "--echo", "--keep-open", "tls", "127.0.0.1:0", *files.server, "--client-ca", files.ca
    )
    client = dialnet.run(
        "openssl", "s_client", "-connect", server.address, "-CAfile", files.ca, "-verify_return_error",
        "-verify_hostname", "localhost", "-quiet", "-cert", me[0], "-key", me[1], f"-tls{version}",
    )  # fmt: skip
    client.send(b"hello\n")
    assert client.receive(6) == b"hello\n"
    server.line(rf": TLSv{version.replace('_', '[.]')}, .*; the peer is CN=me,")
    client.popen.terminate()
    client.status()
    assert interrupt(server) == 130


@needs("curl")
def test_curl_to_listen(dialnet: Programs, files: Files) -> None:
    server = dialnet("listen", "-v", "tls", "127.0.0.1:0", *files.server, "--alpn", "http/1.1")
    port = server.address.rpartition(":")[2]
    curl = dialnet.run(
        "curl", "--silent", "--show-error", "--noproxy", "*", "--cacert", files.ca, "--http1.1",
        f"https://127.0.0.1:{port}/path",
    )  # fmt: skip
    server.send(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello from here")
    assert server.receive(14) == b"GET /path HTTP"
    server.line(r"ALPN http/1\.1, in")
    server.end()
    assert curl.end() == b"hello from here"
    assert (curl.status(), server.status()) == (0, 0)


@needs("curl")
def test_curl_does_not_end_a_listener(dialnet: Programs, files: Files) -> None:
    """It does not know who issued the certificate, and speaks HTTP to what is HTTPS."""
    server = dialnet("listen", "--keep-open", "--echo", "tls", "127.0.0.1:0", *files.server)
    for scheme in ("https", "http"):
        curl = ["curl", "--silent", "--noproxy", "*", f"{scheme}://{server.address}/"]
        assert subprocess.run(curl, capture_output=True, timeout=HANG, check=False).returncode
    server.line("remote error: unknown ca")
    server.line("looks like HTTP")
    client = dialnet("dial", "--ca", files.ca, "tls", server.address)
    assert client.end(b"still here") == b"still here"
    assert interrupt(server) == 130


@needs("socat")
def test_dial_to_socat(dialnet: Programs, files: Files) -> None:
    socat = dialnet.run(
        "socat", "-d", "-d", "-",
        f"OPENSSL-LISTEN:0,bind=127.0.0.1,pf=ip4,cert={files.cert},key={files.key},verify=0",
    )  # fmt: skip
    address = socat.line(r"listening on (?:AF=\d+ )?(\S+:\d+)$")[1]
    client = dialnet("dial", "--ca", files.ca, "tls", address)
    client.send(b"question")
    assert socat.receive(8) == b"question"
    socat.send(b"answer")
    assert client.receive(6) == b"answer"
    client.end()
    assert socat.end() == b""
    assert (client.status(), socat.status()) == (0, 0)


@needs("socat")
def test_socat_to_listen(dialnet: Programs, files: Files) -> None:
    server = dialnet("listen", "tls", "127.0.0.1:0", *files.server)
    socat = dialnet.run("socat", "-", f"OPENSSL:{server.address},cafile={files.ca},commonname=localhost")
    socat.send(b"question")
    assert server.receive(8) == b"question"
    server.send(b"answer")
    assert socat.receive(6) == b"answer"
    server.end()
    assert socat.end() == b""
    assert (server.status(), socat.status()) == (0, 0)


@needs("openssl")
def test_the_certificate_of_a_server_from_another_time(dialnet: Programs, files: Files) -> None:
    """TLS 1.1 and a short key: nothing to talk to, but to look at."""
    if "-tls1_1" not in dialnet.run("openssl", "s_server", "-help").stderr:
        pytest.skip("this OpenSSL has no TLS 1.1")
    cert, key = str(files.directory / "old.pem"), str(files.directory / "old.key")
    new = ("-x509", "-newkey", "rsa:1024", "-nodes", "-subj", "/CN=old", "-days", "9")
    made = ["openssl", "req", *new, "-keyout", key, "-out", cert]
    subprocess.run(made, capture_output=True, timeout=HANG, check=True)
    process = dialnet.run(
        "sh", "-c", 'exec openssl s_server "$@" >&2', "sh", "-accept", "127.0.0.1:0", "-cert", cert,
        "-key", key, "-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0",
    )  # fmt: skip
    shown = dialnet("cert", process.line(r"ACCEPT (127\.0\.0\.1:\d+)$")[1])
    lines = shown.end().decode().splitlines()
    assert (shown.stderr, shown.status()) == ("", 1)
    assert lines[0].endswith(", TLSv1.1")
    assert "protocol version" in lines[1]
    assert "   key          RSA, 1024 bits" in lines
