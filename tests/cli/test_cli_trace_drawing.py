"""The drawings of `dialnet trace`, of dials whose times are made up: every character of them."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from dialnet.cli.trace_model import (
    AGREED,
    CONNECT,
    CONNECTED,
    FAILED,
    FOUND,
    GIVEN_UP,
    LOOKUP,
    REFUSED,
    TIMED_OUT,
    TLS,
    UNKNOWN,
    Step,
    Waterfall,
    as_json,
    ticks,
)
from dialnet.cli.trace_svg import as_svg
from dialnet.cli.trace_text import draw
from dialnet.cli.visible import show

SVG = "{http://www.w3.org/2000/svg}"
ADDRESSES = ("2001:db8::1", "192.0.2.1", "2001:db8::2", "192.0.2.2")


def connect(what: str, start: float, end: float, outcome: str, reason: str = "") -> Step:
    error = None if outcome == CONNECTED else "an error"
    return Step(CONNECT, what, start, end, outcome, "tcp", error=error, reason=reason)


FOUR = Waterfall(
    "tcp",
    "www.example:80",
    (
        Step(LOOKUP, "www.example", 0.0, 0.02, FOUND, addresses=ADDRESSES),
        connect("[2001:db8::1]:80", 0.02, 0.1, REFUSED),
        connect("192.0.2.1:80", 0.1, 0.4, GIVEN_UP),
        connect("[2001:db8::2]:80", 0.35, 0.4, CONNECTED),
    ),
    0.4,
)
DEAD = Waterfall(
    "tcp",
    "[2001:db8:1111:2222:3333:4444:5555:6666]:80",
    (
        connect("[2001:db8:1111:2222:3333:4444:5555:6666]:80", 0.0001, 2.0002, TIMED_OUT),
        connect("192.0.2.1:80", 2.0003, 2.0004, FAILED, "Cannot assign requested address"),
    ),
    2.0005,
    "dial tcp: timed out",
)

SECURE = Waterfall(
    "tcp",
    "a.example:443",
    (
        connect("192.0.2.1:443", 0.0, 0.02, CONNECTED),
        Step(TLS, "a.example", 0.02, 0.06, AGREED, version="TLSv1.3", cipher="TLS_" + "X" * 150, alpn="h2"),
    ),
    0.06,
    tls=True,
)


def drawn(waterfall: Waterfall, width: int, encoding: str = "utf-8") -> str:
    return "\n".join(line.plain for line in draw(waterfall, width, encoding))


FOUR_80 = """\
dial tcp www.example:80: connected to [2001:db8::2]:80 in 400.0 ms

                          0 ms  100   200  300
lookup  www.example       ▒     ┊     ┊    ┊         +0.0   20.0 ms  4 addresses
connect [2001:db8::1]:80  ┊▓▓▓▓▓┊     ┊    ┊        +20.0   80.0 ms  refused
connect 192.0.2.1:80      ┊     ░░░░░░░░░░░░░░░░░  +100.0  300.0 ms  given up
connect [2001:db8::2]:80  ┊     ┊     ┊    ┊  ███  +350.0   50.0 ms  ◀ winner

not tried: 192.0.2.2"""

FOUR_40 = """\
dial tcp www.example:80: connected to
[2001:db8::2]:80 in 400.0 ms

  0 ms 100  200  300
lookup  www.example          4 addresses
  ▒    ┊    ┊    ┊        +0.0   20.0 ms
connect [2001:db8::1]:80         refused
  ┊▓▓▓▓┊    ┊    ┊       +20.0   80.0 ms
connect 192.0.2.1:80            given up
  ┊    ░░░░░░░░░░░░░░░  +100.0  300.0 ms
connect [2001:db8::2]:80        ◀ winner
  ┊    ┊    ┊    ┊ ███  +350.0   50.0 ms

not tried: 192.0.2.2"""

FOUR_ASCII = """\
dial tcp www.example:80: connected to [2001:db8::2]:80 in 400.0
ms

  0 ms    100     200    300
lookup  www.example
  ==      :       :      :           +0.0   20.0 ms  4 addresses
connect [2001:db8::1]:80
  : xxxxxx:       :      :          +20.0   80.0 ms  refused
connect 192.0.2.1:80
  :       -----------------------  +100.0  300.0 ms  given up
connect [2001:db8::2]:80
  :       :       :      :   ####  +350.0   50.0 ms  < winner

not tried: 192.0.2.2"""

DEAD_80 = """\
dial tcp [2001:db8:1111:2222:3333:4444:5555:6666]:80: failed after 2000.5 ms

  0 ms  500   1000   1500
connect [2001:db8:1111:2222:3333:4444:5555:6666]:80
  ▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓     +0.1  2000.1 ms  timed out
connect 192.0.2.1:80
  ┊     ┊     ┊      ┊    ▓  +2000.3     0.1 ms  Cannot assign requested address"""

DEAD_32 = """\
dial tcp
[2001:db8:1111:2222:3333:4444:55
55:6666]:80: failed after 2000.5
ms

  0 ms
connect
[2001:db8:1111:2222:3333:4444:55
55:6666]:80
  timed out
  ▓▓▓▓▓▓▓▓▓▓     +0.1  2000.1 ms
connect 192.0.2.1:80
  Cannot assign requested
  address
  ┊        ▓  +2000.3     0.1 ms"""


def test_every_character() -> None:
    assert drawn(FOUR, 80) == FOUR_80
    assert drawn(FOUR, 40) == FOUR_40
    assert drawn(DEAD, 80) == DEAD_80
    assert drawn(DEAD, 32) == DEAD_32
    # Narrower it does not get.
    assert drawn(DEAD, 5) == DEAD_32


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "no such encoding"])
def test_no_more_than_ascii(encoding: str) -> None:
    assert drawn(FOUR, 64, encoding) == FOUR_ASCII


def test_nothing_happened() -> None:
    nothing = Waterfall("tcp", "nowhere", (), 0.0, "dial tcp: missing port in address")
    assert drawn(nothing, 80) == "dial tcp nowhere: failed after 0.0 ms"
    interrupted = Waterfall("tcp", "nowhere", (), 1.0, "interrupted", True)
    assert drawn(interrupted, 80) == "dial tcp nowhere: interrupted after 1000.0 ms"


def test_no_time_at_all() -> None:
    instant = Waterfall("tcp", "a:1", (connect("a:1", 0.0, 0.0, CONNECTED),), 0.0)
    assert drawn(instant, 80).splitlines()[3].startswith("connect a:1  █")


def test_no_room_for_a_label() -> None:
    late = Waterfall("tcp", "a:1", (connect("a:1", 80000.0, 90000.0, CONNECTED),), 90000.0)
    assert drawn(late, 36).splitlines()[-3:] == [
        "  0 ms",
        "connect a:1                 ◀ winner",
        "  ┊  ┊ █  +80000000.0  10000000.0 ms",
    ]


def test_many_untried() -> None:
    addresses = tuple(f"192.0.2.{n}" for n in range(40))
    steps = (
        Step(LOOKUP, "a.example", 0.0, 0.1, FOUND, addresses=addresses),
        connect("192.0.2.0:1", 0.1, 0.2, CONNECTED),
    )
    many = Waterfall("tcp", "a.example:1", steps, 0.2)
    assert drawn(many, 80).splitlines()[-1] == "not tried: 192.0.2.1, 192.0.2.2, 192.0.2.3 and 36 more"


def test_colours() -> None:
    """Each manner to end has its own."""
    lines = draw(FOUR, 80)[3:7]
    styles = [{str(span.style) for span in line.spans} - {"dim", "bold"} for line in lines]
    assert styles == [{"cyan"}, {"red"}, set(), {"bold green"}]


def test_what_does_not_print() -> None:
    name = "\x1b[2J\x7f\u202e\udcff\n漢字"
    hostile = Waterfall(
        "tcp",
        f"{name}:1",
        (Step(LOOKUP, name, 0.0, 0.1, FAILED, error=name, reason=name),),
        0.1,
        f"{name}: no",
    )
    for width in (32, 80, 120):
        for line in draw(hostile, width):
            assert line.plain.isprintable()
            assert cell_len(line.plain) <= width
    assert "lookup  ^[[2J^?\\u202e\\xff^J漢字" in drawn(hostile, 80)
    root = ET.fromstring(as_svg(hostile))
    assert "^[[2J^?\\u202e\\xff^J漢字: no" in [text.text for text in root.iter(f"{SVG}text")]
    assert as_json(hostile).isascii()
    assert as_json(hostile).removesuffix("\n").isprintable()
    assert json.loads(as_json(hostile))["steps"][0]["name"] == name


@pytest.mark.parametrize(
    ("span", "most", "labels"),
    [
        (0.0, 5, ["0", "0.001"]),
        (0.0003, 5, ["0", "0.1", "0.2", "0.3"]),
        (0.01, 5, ["0", "2", "4", "6", "8", "10"]),
        (0.254, 5, ["0", "50", "100", "150", "200", "250"]),
        (0.254, 1, ["0", "200"]),
        (29.9, 3, ["0", "10000", "20000"]),
        (90000.0, 4, ["0", "20000000", "40000000", "60000000", "80000000"]),
    ],
)
def test_ticks(span: float, most: int, labels: list[str]) -> None:
    assert [label for _, label in ticks(span, most)] == labels
    assert all(f"{at * 1000:.15g}" == label for at, label in ticks(span, most))


times = st.floats(0, 1e5)


@given(
    steps=st.lists(
        st.tuples(
            st.text(st.characters(), max_size=60),
            times,
            times,
            st.sampled_from([CONNECTED, GIVEN_UP, REFUSED, TIMED_OUT, UNKNOWN, FAILED]),
        ),
        max_size=5,
    ),
    width=st.integers(36, 200),
)
def test_any_dial(steps: list[tuple[str, float, float, str]], width: int) -> None:
    """Whatever happened, the drawing fits, and the picture is well-formed."""
    made = tuple(
        Step(CONNECT, what, start, start + length, outcome, "tcp", reason=what)
        for what, start, length, outcome in steps
    )
    waterfall = Waterfall("tcp", "a:1", made, 1.0, "no")
    for line in draw(waterfall, width):
        assert cell_len(line.plain) <= width
        assert show(line.plain, keep="") == line.plain
    assert len(ET.fromstring(as_svg(waterfall)).findall(f"{SVG}g")) == (len(made) + 1 if made else 0)
    assert len(json.loads(as_json(waterfall))["steps"]) == len(made)


# The picture.


def test_the_picture() -> None:
    root = ET.fromstring(as_svg(FOUR))
    width, height = int(root.get("width", "")), int(root.get("height", ""))
    assert root.get("viewBox") == f"0 0 {width} {height}"
    rows = [g for g in root.findall(f"{SVG}g") if g.get("class") != "axis"]
    assert [[text.text for text in g.findall(f"{SVG}text")] for g in rows] == [
        ["lookup", "www.example", "+0.0", "20.0 ms", "4 addresses"],
        ["connect", "[2001:db8::1]:80", "+20.0", "80.0 ms", "refused"],
        ["connect", "192.0.2.1:80", "+100.0", "300.0 ms", "given up"],
        ["connect", "[2001:db8::2]:80", "+350.0", "50.0 ms", "◀ winner"],
    ]
    assert [g.get("class") for g in rows] == ["found", "failed", "given-up", "connected"]
    bars = [g.find(f"{SVG}rect") for g in rows]
    places = [(float(bar.get("x", "")), float(bar.get("width", ""))) for bar in bars if bar is not None]
    zero, scale = places[0][0], places[0][1] / 0.02
    for (left, length), step in zip(places, FOUR.steps):
        assert left == pytest.approx(zero + step.start * scale, abs=0.02)
        assert length == pytest.approx(step.length * scale, abs=0.02)
    # The labels of the axis stand where their time is.
    axis = root.find(f"{SVG}g[@class='axis']")
    assert axis is not None
    labels = {text.text: float(text.get("x", "")) for text in axis.findall(f"{SVG}text")}
    assert list(labels) == ["0 ms", "50", "100", "150", "200", "250", "300", "350", "400"]
    assert labels["200"] == pytest.approx(zero + 0.2 * scale, abs=0.02)
    texts = [text.text for text in root.findall(f"{SVG}text")]
    assert texts == [FOUR.headline, "not tried: 192.0.2.2"]


def test_nothing_sticks_out() -> None:
    """Each text has the room of its characters, and a short step a bar that can be seen."""
    for waterfall in (FOUR, DEAD, SECURE):
        root = ET.fromstring(as_svg(waterfall))
        right, lower = float(root.get("width", "")), float(root.get("height", ""))
        for text in root.iter(f"{SVG}text"):
            x, length = float(text.get("x", "")), 8 * cell_len(text.text or "")
            left = x - length if text.get("text-anchor") == "end" else x
            assert left >= 0
            assert left + length <= right
            assert 0 < float(text.get("y", "")) < lower
        for bar in root.iterfind(f"{SVG}g/{SVG}rect"):
            assert float(bar.get("width", "")) >= 3


def test_the_picture_of_a_failure() -> None:
    root = ET.fromstring(as_svg(DEAD))
    assert root.findall(f"{SVG}text")[-1].text == "dial tcp: timed out"
    assert [title.text for title in root.iterfind(f"{SVG}g/{SVG}title")] == ["an error", "an error"]


def test_the_document() -> None:
    lookup, *_, last = json.loads(as_json(FOUR))["steps"]
    assert lookup == {
        "step": "lookup",
        "name": "www.example",
        "start": 0.0,
        "length": 0.02,
        "outcome": "found",
        "addresses": list(ADDRESSES),
        "error": None,
    }
    assert last == {
        "step": "connect",
        "network": "tcp",
        "address": "[2001:db8::2]:80",
        "start": 0.35,
        "length": 0.05,
        "outcome": "connected",
        "error": None,
    }
    document = json.loads(as_json(DEAD))
    assert (document["winner"], document["total"], document["error"]) == (None, 2.0005, "dial tcp: timed out")
