"""`dialnet trace` on real terminals of several widths, with colours and without."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator

import pytest
from rich.cells import cell_len

from tests.cli.support import Programs
from tests.cli.terminal import on_terminal
from tests.dialing.support import nobody
from tests.resolve.answers import zone
from tests.resolve.scripted import Scripted

pytest.importorskip("termios")
pytest.importorskip("tty")

NAME = "some-name.example."
ZONE = zone({NAME: {"A": ["127.0.0.2", "127.0.0.1"]}})
COLOUR = re.compile(r"\x1b\[[0-9;]*m")

Draw = Callable[..., tuple[str, int]]


@pytest.fixture
def draw(dialnet: Programs) -> Draw:
    """`dialnet trace ARGS` on a terminal of so many columns: what came there, and the exit status."""

    def run(columns: int, *args: str, **env: str) -> tuple[str, int]:
        return on_terminal(dialnet, columns, "trace", *args, **env)

    return run


@pytest.fixture
def dial() -> Iterator[tuple[str, ...]]:
    """Arguments: a name with two addresses, of which the first refuses."""
    with Scripted(ZONE) as server, socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        yield ("--resolver", "python", "--server", server.address, f"{NAME}:{port}")


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_it_fits(draw: Draw, dial: tuple[str, ...], columns: int) -> None:
    out, status = draw(columns, *dial)
    assert status == 0
    lines = COLOUR.sub("", out).splitlines()
    assert max(map(cell_len, lines)) <= columns
    assert max(map(cell_len, lines)) > columns * 0.7
    whole = "\n".join(lines)
    for said in (f"lookup  {NAME}", "2 addresses", "connect 127.0.0.2:", "refused", "◀ winner", "0 ms"):
        assert said in whole, said
    # Two lines for a step where one would be too narrow.
    rows = lines[lines.index("") + 2 :]
    assert len(rows) == (6 if columns == 40 else 3)


def test_colours(draw: Draw, dial: tuple[str, ...]) -> None:
    coloured, _ = draw(80, *dial)
    assert "\x1b[1;32m◀ winner\x1b[0m" in coloured
    assert "\x1b[31mrefused\x1b[0m" in coloured
    # Nothing but colours, and the same text without them.
    plain = COLOUR.sub("", coloured)
    assert plain.replace("\n", "").isprintable()
    for env in ({"TERM": "dumb"}, {"NO_COLOR": "1"}):
        out, _ = draw(80, *dial, **env)
        assert "\x1b[1;32m" not in out
        assert "\x1b[31m" not in out
        assert len(out.splitlines()) == len(plain.splitlines())


def test_a_terminal_of_another_encoding(draw: Draw, dial: tuple[str, ...]) -> None:
    out, status = draw(80, *dial, PYTHONIOENCODING="latin-1", TERM="dumb")
    assert status == 0
    assert out.isascii()
    assert "\\" not in out
    assert "< winner" in out
    assert "#" in out


def test_json_and_svg(draw: Draw, dial: tuple[str, ...]) -> None:
    """What is for programs is not cut to a terminal's width, nor coloured."""
    for args in (("--json",), ("--svg", "-")):
        out, status = draw(40, *args, *dial)
        assert status == 0
        assert max(map(len, out.splitlines())) > 40
        assert "\x1b" not in out


def test_a_hostile_name(draw: Draw) -> None:
    with nobody() as port:
        for columns in (40, 80):
            out, status = draw(columns, f"ev\x1bPil\x07\udcff漢字.example.:{port}", TERM="dumb")
            assert status == 1
            assert out.replace("\n", "").isprintable()
            assert "ev^[Pil^G\\xff漢字.example." in out
            assert max(map(cell_len, out.splitlines())) <= columns
