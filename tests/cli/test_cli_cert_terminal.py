"""`dialnet cert` on real terminals of several widths, with colours and without."""

from __future__ import annotations

import re

import pytest
from rich.cells import cell_len

from tests.cli.support import Programs
from tests.cli.terminal import on_terminal
from tests.cli.tls_support import Files

pytest.importorskip("termios")

COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture
def expired(dialnet: Programs, files: Files) -> str:
    names = [f"name{number}.some-subdomain.example" for number in range(30)]
    cert, key = files.issue("shown", "localhost", *names, days=(-9, -2.5), common_name="a\x1b[31mb")
    server = dialnet("listen", "--keep-open", "tls", "127.0.0.1:0", "--cert", cert, "--key", key)
    return server.address


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_it_fits(dialnet: Programs, files: Files, expired: str, columns: int) -> None:
    out, status = on_terminal(dialnet, columns, "cert", "--ca", files.ca, expired)
    assert status == 1
    assert "\x1b[1;31mNOT VERIFIED for 127.0.0.1" in out
    assert "\x1b[1;31mEXPIRED 2 days ago\x1b[0m" in out
    plain = COLOUR.sub("", out)
    assert plain.replace("\n", "").isprintable()
    lines = plain.splitlines()
    assert columns * 0.7 < max(map(cell_len, lines)) <= columns
    assert any(line.startswith("1. CN=a^[[31mb,") for line in lines)


def test_no_colours(dialnet: Programs, files: Files, expired: str) -> None:
    for env in ({"TERM": "dumb"}, {"NO_COLOR": "1"}, {"TERM": "dumb", "PYTHONIOENCODING": "latin-1"}):
        out, _ = on_terminal(dialnet, 80, "cert", "--ca", files.ca, expired, **env)
        assert "31m" not in out.replace("[31mb", "")
        assert "EXPIRED 2 days ago" in out


def test_programs_get_it_in_one_piece(dialnet: Programs, files: Files, expired: str) -> None:
    out, _ = on_terminal(dialnet, 40, "cert", "--json", expired)
    assert out.count("\n") == 1
    assert "\x1b" not in out
