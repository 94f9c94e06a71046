"""`dialnet cert` as a process, with servers good and bad."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from tests.certificates import authority
from tests.cli.support import HANG, Process, Programs, has_ipv6, in_time, interrupt
from tests.cli.tls_support import Files

Outcome = tuple[str, str, int]


def outcome(process: Process) -> Outcome:
    out = process.end().decode()
    return out, process.stderr, process.status()


@contextlib.contextmanager
def showing(cert: str, key: str | None = None, host: str = "127.0.0.1", **more: Any) -> Iterator[str]:
    """A server that shows this certificate to everybody; its address."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    for name, value in more.items():
        if name == "client_ca":
            context.load_verify_locations(value)
            context.verify_mode = ssl.CERT_REQUIRED
        else:
            setattr(context, name, value)

    def shake(conn: socket.socket) -> None:
        with conn, contextlib.suppress(OSError), context.wrap_socket(conn, server_side=True) as made:
            made.recv(1)

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                conn, _ = listener.accept()
                conn.settimeout(HANG)
                shake(conn)

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, 0), family=family) as listener:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        port = listener.getsockname()[1]
        yield f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(HANG)


def local(address: str) -> str:
    return f"localhost:{address.rpartition(':')[2]}"


def test_a_server_that_is_to_be_trusted(dialnet: Programs, files: Files) -> None:
    with showing(files.cert, files.key) as address:
        out, err, status = outcome(dialnet("cert", "--ca", files.ca, local(address)))
    assert (err, status) == ("", 0)
    lines = out.splitlines()
    assert lines[:3] == [
        f"{local(address)} at {address}, TLSv1.3",
        f"verified for localhost against {files.ca}",
        "",
    ]
    assert re.fullmatch(r"1\. OU=Testing cert #\S+,O=trustme v\S+", lines[3])
    leaf = ssl.PEM_cert_to_DER_cert(Path(files.cert).read_text())
    for label, value in (
        ("names", r"server\.example, localhost, 127\.0\.0\.1, ::1"),
        ("issuer", r"OU=Testing CA #\S+,O=trustme v\S+"),
        ("valid", r"from \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC"),
        ("", r"to \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC"),
        ("", r"36[45] days left"),
        ("serial", r"([0-9a-f]{2})+"),
        ("key", r"EC secp256r1, 256 bits"),
        ("signature", r"ecdsa-with-SHA256"),
        ("SHA-256", hashlib.sha256(leaf).hexdigest()),
    ):
        assert any(re.fullmatch(f"   {label:<13}{value}", line) for line in lines), (label, out)


def test_for_programs(dialnet: Programs, files: Files) -> None:
    with showing(files.cert, files.key) as address:
        out, err, status = outcome(dialnet("cert", "--ca", files.ca, "--json", address))
    assert (err, status, out.count("\n")) == ("", 0, 1)
    document = json.loads(out)
    (leaf,) = document.pop("certificates")
    assert document == {
        "address": address, "remote_address": address, "version": "TLSv1.3", "name": "127.0.0.1",
        "verified": True, "error": None,
    }  # fmt: skip
    assert leaf["names"] == ["server.example", "localhost", "127.0.0.1", "::1"]
    assert (leaf["state"], leaf["key"], leaf["key_bits"], leaf["notes"]) == ("valid", "EC secp256r1", 256, [])
    assert leaf["days_left"] in (364, 365)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", leaf["not_after"])


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_what_openssl_says_of_the_same(dialnet: Programs, files: Files) -> None:
    """The PEM of the whole chain, to be read by another program, which finds what we found."""
    intermediate = authority().create_child_ca()
    cert, key = files.issue("below", "localhost", by=intermediate)
    with showing(cert, key) as address:
        pem, err, status = outcome(dialnet("cert", "--ca", files.ca, "--pem", local(address)))
        assert (err, status) == ("", 0)
        document = json.loads(outcome(dialnet("cert", "--ca", files.ca, "--json", local(address)))[0])
    assert pem.count("BEGIN CERTIFICATE") == len(document["certificates"]) == 2
    assert pem == Path(cert).read_text()
    options = ("-serial", "-subject", "-issuer", "-fingerprint", "-sha256", "-nameopt", "RFC2253", "-noout")
    said = subprocess.run(
        ["openssl", "x509", *options], input=pem, capture_output=True, text=True, timeout=HANG, check=True
    ).stdout
    fields = dict(line.split("=", 1) for line in said.splitlines())
    leaf, issuer = document["certificates"]
    assert fields["serial"].lower() == leaf["serial"]
    assert fields["subject"].strip() == leaf["subject"]
    assert fields["issuer"].strip() == leaf["issuer"] == issuer["subject"]
    found = next(value for name, value in fields.items() if name.lower() == "sha256 fingerprint")
    assert found.replace(":", "").lower() == leaf["sha256"]


def test_the_systems_trust(dialnet: Programs, files: Files) -> None:
    with showing(files.cert, files.key) as address:
        trusting = dialnet("cert", address, env=os.environ | {"SSL_CERT_FILE": files.ca})
        out, err, status = outcome(trusting)
        assert "verified for 127.0.0.1 against the trust of this system" in out.splitlines()
        assert (err, status) == ("", 0)
        out, err, status = outcome(dialnet("cert", address))
    assert (err, status) == ("", 1)
    verdict = out.splitlines()[1]
    assert verdict.startswith("NOT VERIFIED for 127.0.0.1 against the trust of this system: ")
    assert "issuer" in verdict


@pytest.mark.parametrize(
    ("names", "days", "said", "state", "left"),
    [
        (("localhost",), (-90, -3.5), "certificate has expired", "expired", "EXPIRED 3 days ago"),
        (("localhost",), (-90, -0.1), "certificate has expired", "expired", "EXPIRED 2 hours ago"),
        (("localhost",), (3, 9), "certificate is not yet valid", "not yet valid", "NOT YET VALID"),
        (("localhost",), (-80, 10.5), None, "expires soon", "10 days left, EXPIRES SOON"),
        (("localhost",), (-80, 1.5), None, "expires soon", "1 day left, EXPIRES SOON"),
        (("localhost",), (-1, 6.5), None, "valid", "6 days left"),
        (("x.example",), (-1, 60.5), "certificate is not valid for 'localhost'", "valid", "60 days left"),
    ],
)
def test_what_there_is_to_say(
    dialnet: Programs,
    files: Files,
    names: tuple[str, ...],
    days: tuple[float, float],
    said: str | None,
    state: str,
    left: str,
) -> None:
    with showing(*files.issue("such", *names, days=days)) as address:
        out, err, status = outcome(dialnet("cert", "--ca", files.ca, local(address)))
        assert (err, status) == ("", 0 if said is None else 1)
        document = json.loads(outcome(dialnet("cert", "--ca", files.ca, "--json", local(address)))[0])
    verdict = out.splitlines()[1]
    assert verdict.startswith("verified" if said is None else "NOT VERIFIED")
    assert (said or "") in verdict
    assert f"{'':16}{left}" in out.splitlines()
    assert document["certificates"][0]["state"] == state
    assert document["verified"] is (said is None)
    assert (said or "") in (document["error"] or "")


def test_another_name(dialnet: Programs, files: Files) -> None:
    with showing(files.cert, files.key) as address:
        args = ("cert", "--ca", files.ca, address, "--server-name")
        out, _, status = outcome(dialnet(*args, "server.example"))
        assert status == 0
        assert f"verified for server.example against {files.ca}" in out
        out, _, status = outcome(dialnet(*args, "other.example"))
    assert status == 1
    assert "NOT VERIFIED for other.example" in out


def test_a_certificate_that_is_its_own_authority(dialnet: Programs, files: Files) -> None:
    """Trusted when it is given, and else not: and said to be what it is."""
    own = trustme.CA()
    cert = files.write("own.pem", own.cert_pem.bytes())
    key = files.write("own.key", own.private_key_pem.bytes())
    with showing(cert, key) as address:
        out, _, status = outcome(dialnet("cert", address))
    assert status == 1
    assert "self-signed certificate" in out.splitlines()[1]
    assert "   note         self-signed" in out.splitlines()


def test_a_chain_out_of_order(dialnet: Programs, files: Files) -> None:
    """OpenSSL finds its way all the same; others may not."""
    first = authority().create_child_ca()
    second = first.create_child_ca()
    cert, key = files.issue("deep", "localhost", by=second)
    leaf, second_pem, first_pem = (
        f"{text}-----END CERTIFICATE-----\n"
        for text in Path(cert).read_text().split("-----END CERTIFICATE-----\n")[:3]
    )
    mixed = files.write("mixed.pem", (leaf + first_pem + second_pem).encode())
    with showing(mixed, key) as address:
        out, _, status = outcome(dialnet("cert", "--ca", files.ca, local(address)))
    assert status == 0
    assert out.count("note         out of order: did not issue the one before") == 2
    with showing(cert, key) as address:
        out, _, status = outcome(dialnet("cert", "--ca", files.ca, local(address)))
    assert (status, out.count("note ")) == (0, 0)


def test_what_does_not_print(dialnet: Programs, files: Files) -> None:
    cert = files.issue("odd", "a.example", common_name="a\x1b[31m\u202eb\nc")
    with showing(*cert) as address:
        out, _, status = outcome(dialnet("cert", address))
        document = outcome(dialnet("cert", "--json", address))[0]
    assert status == 1
    assert out.splitlines()[3].startswith("1. CN=a^[[31m\\u202eb^Jc,")
    assert document.isascii()
    assert document.rstrip("\n").isprintable()


def test_pem_says_what_it_thinks_on_stderr(dialnet: Programs, files: Files) -> None:
    with showing(files.cert, files.key) as address:
        out, err, status = outcome(
            dialnet("cert", "--pem", "--ca", files.ca, "--server-name", "x.example", address)
        )
    assert (out, status) == (Path(files.cert).read_text(), 1)
    assert re.fullmatch(rf"dialnet: {address} is not verified: .*'x\.example'\.", err)


@pytest.mark.skipif(not has_ipv6(), reason="no IPv6 on this machine")
def test_ipv6(dialnet: Programs, files: Files) -> None:
    with showing(files.cert, files.key, host="::1") as address:
        out, _, status = outcome(dialnet("cert", "--ca", files.ca, address))
    assert (out.splitlines()[1], status) == (f"verified for ::1 against {files.ca}", 0)


def test_a_server_that_wants_to_know_who_asks(dialnet: Programs, files: Files) -> None:
    me = files.issue("asking", "me.example")
    with showing(
        files.cert, files.key, client_ca=files.ca, maximum_version=ssl.TLSVersion.TLSv1_2
    ) as address:
        args = ("cert", "--ca", files.ca, address)
        out, err, status = outcome(dialnet(*args))
        assert (out, status) == ("", 1)
        assert "remote error: handshake failure" in err
        out, err, status = outcome(dialnet(*args, "--cert", me[0], "--key", me[1]))
    assert (err, status) == ("", 0)
    assert out.splitlines()[0].endswith(", TLSv1.2")


# No certificates to show.


def test_no_tls(dialnet: Programs) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        process = dialnet("cert", f"127.0.0.1:{listener.getsockname()[1]}")
        conn, _ = listener.accept()
        with conn:
            conn.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")
            out, err, status = outcome(process)
    assert (out, status) == ("", 1)
    assert re.fullmatch(r"dialnet: handshake \S+ \S+: first record does not look like a TLS handshake", err)


def test_a_server_that_stalls(dialnet: Programs) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        out, err, status = in_time(
            lambda length: outcome(dialnet("cert", "--timeout", length, address)),
            lambda ended: "handshake" in ended[1],
        )
    assert (out, status) == ("", 1)
    assert re.fullmatch(r"dialnet: handshake tcp \S+: i/o timeout", err)


def test_ctrl_c(dialnet: Programs) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        process = dialnet("cert", f"127.0.0.1:{listener.getsockname()[1]}")
        conn, _ = listener.accept()
        with conn:
            assert conn.recv(1) == b"\x16"
            assert interrupt(process) == 130
    assert process.lines == []


def test_wrong_usage(dialnet: Programs, files: Files) -> None:
    for args, said in (
        ((), "Missing argument 'ADDRESS'"),
        (("--json", "--pem", "x:1"), "--json or --pem"),
        (("--key", files.key, "x:1"), "--key without --cert"),
        (("--ca", "/no/such/file", "x:1"), "does not exist"),
    ):
        out, err, status = outcome(dialnet("cert", *args))
        assert (out, status) == ("", 2)
        assert said in err
    out, err, status = outcome(dialnet("cert", "localhost"))
    assert (out, err, status) == ("", "dialnet: dial tcp: address localhost: missing port in address", 1)
    out, err, status = outcome(dialnet("cert", "a..b:443"))
    assert (out, err, status) == ("", "dialnet: dial tcp: lookup a..b: no such host", 1)


def test_without_the_library(dialnet: Programs, files: Files) -> None:
    """It is said before anything is dialed; and PEM needs none."""
    script = (
        "import sys; sys.modules['cryptography'] = None;"
        "from dialnet.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    out, err, status = outcome(dialnet.run(sys.executable, "-c", script, "cert", "192.0.2.1:443"))
    assert (out, status) == ("", 1)
    assert err == "dialnet: certificates are read with the library cryptography: pip install 'dialnet[cli]'"
    with showing(files.cert, files.key) as address:
        args = (sys.executable, "-c", script, "cert", "--ca", files.ca, "--pem", address)
        assert outcome(dialnet.run(*args)) == (Path(files.cert).read_text(), "", 0)
