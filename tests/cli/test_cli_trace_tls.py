"""`dialnet trace --tls`: the handshake in the waterfall."""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
import threading
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

import dialnet as net
from dialnet import tls
from dialnet.cli.trace_events import Events
from dialnet.cli.trace_model import AGREED, CONNECT, CONNECTED, GIVEN_UP, TLS, Step, Waterfall
from dialnet.cli.trace_text import draw
from tests.cli.support import HANG, Process, Programs, in_time, interrupt
from tests.cli.tls_support import Files, serving
from tests.dialing.support import nobody

ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "COLUMNS"} | {
    "PYTHONIOENCODING": "utf-8"
}
SVG = "{http://www.w3.org/2000/svg}"


def outcome(process: Process) -> tuple[str, str, int]:
    out = process.end().decode()
    return out, process.stderr, process.status()


def steps(out: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(out)["steps"]
    return found


def until_the_end(conn: tls.Conn) -> None:
    conn.read()


def test_the_last_step_is_the_handshake(dialnet: Programs, files: Files) -> None:
    with serving(until_the_end) as address:
        out, err, status = outcome(
            dialnet("trace", "--tls", "--ca", files.ca, "--tls-version", "1.3", address, env=ENVIRONMENT)
        )
    assert (err, status) == ("", 0)
    lines = out.splitlines()
    assert re.fullmatch(rf"dial tcp {address} with TLS: connected in \d+\.\d ms", lines[0])
    assert re.fullmatch(rf"connect {address} .* ◀ winner", lines[3])
    assert re.fullmatch(r"tls     127\.0\.0\.1 .*▄.*\+\d+\.\d +\d+\.\d ms  TLSv1\.3", lines[4])
    assert lines[5] == ""
    assert re.fullmatch(r"TLSv1\.3, TLS_\w+, no ALPN", lines[6])


@pytest.mark.parametrize("how", [("--tls",), ("--network", "tls4"), ("--network", "tls4", "--tls")])
def test_for_programs(dialnet: Programs, files: Files, how: tuple[str, ...]) -> None:
    server = dialnet("listen", "tls", "127.0.0.1:0", *files.server, "--alpn", "h2", "--alpn", "http/1.1")
    address = server.address
    more = ("--json", "--alpn", "http/1.1", "--server-name", "server.example", "--tls-version", "1.2")
    out, err, status = outcome(dialnet("trace", *how, "--ca", files.ca, *more, address))
    assert (err, status) == ("", 0)
    connect, handshake = steps(out)
    assert handshake["start"] >= connect["start"] + connect["length"] - 2e-6
    assert handshake["length"] > 0
    assert handshake["cipher"]
    rest = {key: handshake[key] for key in handshake if key not in ("start", "length", "cipher")}
    assert rest == {
        "step": "tls", "name": "server.example", "outcome": "agreed", "version": "TLSv1.2",
        "alpn": "http/1.1", "error": None,
    }  # fmt: skip
    document = json.loads(out)
    assert (document["network"], document["winner"]) == ("tcp4" if "tls4" in how else "tcp", address)
    server.end()
    assert server.status() == 0


def test_as_a_picture(dialnet: Programs, files: Files, tmp_path: Path) -> None:
    path = tmp_path / "dial.svg"
    with serving(until_the_end) as address:
        _, err, status = outcome(dialnet("trace", "--tls", "--ca", files.ca, "--svg", str(path), address))
    assert (err, status) == ("", 0)
    root = ET.parse(path).getroot()
    rows = [g for g in root.iter(f"{SVG}g") if g.get("class") != "axis"]
    assert [g.get("class") for g in rows] == ["connected", "agreed"]
    assert [text.text for text in rows[1].findall(f"{SVG}text")][0::4] == ["tls", "TLSv1.3"]
    assert re.fullmatch(r"TLSv1\.3, TLS_\w+, no ALPN", root.findall(f"{SVG}text")[-1].text or "")


def test_who_is_not_to_be_trusted(dialnet: Programs, files: Files, tmp_path: Path) -> None:
    """What was connected to is there all the same, and why the handshake failed."""
    cert, key = files.issue("traced", "localhost", "127.0.0.1", days=(-9, -2))
    server = dialnet("listen", "--keep-open", "tls", "127.0.0.1:0", "--cert", cert, "--key", key)
    args = ("trace", "--tls", "--ca", files.ca, server.address)
    path = tmp_path / "dial.svg"
    out, err, status = outcome(dialnet(*args, "--svg", str(path), env=ENVIRONMENT))
    assert status == 1
    assert re.fullmatch(
        r"dialnet: handshake tcp \S+: certificate verify failed: certificate has expired", err
    )
    lines = out.splitlines()
    assert re.fullmatch(rf"dial tcp {server.address} with TLS: failed after \d+\.\d ms", lines[0])
    assert lines[3].endswith("◀ winner")
    assert re.fullmatch(r"tls     127\.0\.0\.1 .*▓.* not verified", lines[4])
    assert len(lines) == 5
    assert err.partition(": ")[2] in [text.text for text in ET.parse(path).iter(f"{SVG}text")]
    out, err, status = outcome(dialnet(*args, "--json"))
    assert status == 1
    document = json.loads(out)
    assert document["winner"] == server.address
    assert f"dialnet: {document['error']}" == err
    connect, handshake = document["steps"]
    assert (connect["outcome"], handshake["outcome"]) == ("connected", "not verified")
    assert (handshake["version"], handshake["error"]) == (None, document["error"])
    out, err, status = outcome(dialnet("trace", "--tls", "--insecure", server.address, "--json"))
    assert (err, status) == ("dialnet: --insecure: who the peer is, is not verified", 0)
    assert steps(out)[1]["outcome"] == "agreed"
    assert interrupt(server) == 130


def test_no_tls_there(dialnet: Programs) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        process = dialnet("trace", "--tls", address, env=ENVIRONMENT | {"COLUMNS": "120"})
        conn, _ = listener.accept()
        with conn:
            conn.sendall(b"220 mail.example ESMTP\r\n")
            out, err, status = outcome(process)
    assert status == 1
    assert "first record does not look like a TLS handshake" in err
    assert "not TLS" in out.splitlines()[-1]


def test_a_stall(dialnet: Programs) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        out, err, status = in_time(
            lambda length: outcome(dialnet("trace", "--tls", "--json", "--timeout", length, address)),
            lambda ended: "handshake" in ended[1],
        )
        assert (status, re.sub(r"tcp \S+:", "tcp:", err)) == (1, "dialnet: handshake tcp: i/o timeout")
        connect, handshake = steps(out)
        assert (connect["outcome"], handshake["outcome"]) == ("connected", "timed out")


def test_ctrl_c(dialnet: Programs) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        process = dialnet("trace", "--tls", "--json", f"127.0.0.1:{listener.getsockname()[1]}")
        conn, _ = listener.accept()
        with conn:
            assert conn.recv(1) == b"\x16"
            assert interrupt(process) == 130
    connect, handshake = steps(process.stdout.read().decode())
    assert (connect["outcome"], handshake["outcome"]) == ("connected", "given up")


def test_nobody_there(dialnet: Programs) -> None:
    with nobody() as port:
        out, _, status = outcome(dialnet("trace", "--tls", "--json", f"127.0.0.1:{port}"))
    assert status == 1
    assert [step["outcome"] for step in steps(out)] == ["refused"]


def test_over_a_unix_socket(dialnet: Programs, files: Files, directory: str) -> None:
    from tests.certificates import server_context

    path = os.path.join(directory, "s")
    with tls.listen("unix", path, server_context()) as listener:

        def serve() -> None:
            with contextlib.closing(listener.accept()) as conn:
                conn.read()

        thread = threading.Thread(target=serve)
        thread.start()
        args = ("--tls", "--network", "unix", "--ca", files.ca, "--server-name", "localhost", "--json")
        out, err, status = outcome(dialnet("trace", *args, path))
        thread.join(HANG)
    assert (err, status) == ("", 0)
    assert [step["outcome"] for step in steps(out)] == ["connected", "agreed"]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--alpn", "h2", "x:1"), "--alpn is for TLS"),
        (("--tls", "--network", "udp", "x:1"), "not udp"),
        (("--tls", "--network", "unix", "/x"), "--server-name is needed"),
    ],
)
def test_wrong_usage(dialnet: Programs, args: tuple[str, ...], said: str) -> None:
    out, err, status = outcome(dialnet("trace", *args))
    assert (out, status) == ("", 2)
    assert said in err


# What real servers do too rarely to be waited for, and every character.


ONE, TWO = net.TCPAddr("192.0.2.1", 443), net.TCPAddr("192.0.2.2", 443)


def test_interrupted_in_the_handshake() -> None:
    events = Events()
    tell: Any = events.trace()
    tell.connect_start("tcp", ONE, 1.0)
    tell.connect_start("tcp", TWO, 2.0)
    tell.connect_done("tcp", TWO, None, 3.0)
    tell.connect_done("tcp", ONE, net.CanceledError(), 3.0)
    tell.tls_start("a.example", 3.5)
    fall = events.waterfall("tcp", "a.example:443", 9.0, None, KeyboardInterrupt(), True)
    assert [step.outcome for step in fall.steps] == [GIVEN_UP, CONNECTED, GIVEN_UP]
    assert fall.headline == "dial tcp a.example:443 with TLS: interrupted after 9000.0 ms"


AGREEING = Waterfall(
    "tcp",
    "a.example:443",
    (
        Step(CONNECT, "192.0.2.1:443", 0.0, 0.02, CONNECTED, "tcp"),
        Step(TLS, "a.example", 0.02, 0.06, AGREED, version="TLSv1.3", cipher="TLS_X", alpn="h\x1b2"),
    ),
    0.06,
    tls=True,
)
DRAWN_60 = """\
dial tcp a.example:443 with TLS: connected to 192.0.2.1:443
in 60.0 ms

  0 ms 10    20   30   40    50
connect 192.0.2.1:443
  ███████████┊    ┊    ┊     ┊       +0.0  20.0 ms  ◀ winner
tls     a.example
  ┊    ┊     ▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄  +20.0  40.0 ms  TLSv1.3

TLSv1.3, TLS_X, ALPN h^[2"""


def test_every_character() -> None:
    lines = [line.plain for line in draw(AGREEING, 60)]
    assert max(map(cell_len, lines)) <= 60
    assert "\n".join(lines) == DRAWN_60
    assert "++++" in "\n".join(line.plain for line in draw(AGREEING, 60, "ascii"))
