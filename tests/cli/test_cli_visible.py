"""Control characters made visible."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialnet.cli.visible import Visible, show


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"plain text\n\twith a tab\n", "plain text\n\twith a tab\n"),
        (b"\x00\x07\x1b[31m\x7f\r\n", "^@^G^[[31m^?^M\n"),
        ("naïve Ünïcödé 漢字 🎉".encode(), "naïve Ünïcödé 漢字 🎉"),
        ("no-break\u00a0and\u3000wide".encode(), "no-break\u00a0and\u3000wide"),
        ("👩\u200d🚀 می\u200cخواهم".encode(), "👩\u200d🚀 می\u200cخواهم"),  # the joiners belong to the text
        ("\u009b31m".encode(), "\\u009b31m"),
        (b"\x9b31m", "\\x9b31m"),
        ("evil\u202etxt.exe".encode(), "evil\\u202etxt.exe"),
        ("\u2066\u2069\u200e\u200f\u061c\ufeff".encode(), "\\u2066\\u2069\\u200e\\u200f\\u061c\\ufeff"),
        ("\u2028\u2029".encode(), "\\u2028\\u2029"),
        ("\U000e0041".encode(), "\\U000e0041"),
        ("\ue000".encode(), "\\ue000"),
        (b"\xff\xfe", "\\xff\\xfe"),
        (b"\xc0\x9b", "\\xc0\\x9b"),  # overlong
        (b"\xed\xa0\x80", "\\xed\\xa0\\x80"),  # a surrogate
        (b"\xe6\xbc", "\\xe6\\xbc"),  # cut off
        (b"^[ \\x1b", "^[ \\x1b"),
    ],
)
def test_what_is_shown(data: bytes, text: str) -> None:
    visible = Visible()
    assert visible.feed(data) + visible.end() == text


def test_a_character_in_two_pieces_is_kept_back() -> None:
    visible = Visible()
    assert visible.feed(b"a\xe6\xbc") == "a"
    assert visible.feed(b"\xa2b") == "漢b"
    assert visible.feed(b"\xe6") == ""
    assert visible.feed(b"\x1b") == "\\xe6^["
    assert visible.feed(b"\xf0\x9f") == ""
    assert visible.end() == "\\xf0\\x9f"
    assert visible.feed(b"\x8e") == "\\x8e"


@given(st.lists(st.binary()))
def test_cuts_do_not_matter(pieces: list[bytes]) -> None:
    whole, cut = Visible(), Visible()
    expected = whole.feed(b"".join(pieces)) + whole.end()
    assert "".join(map(cut.feed, pieces)) + cut.end() == expected


@given(st.binary())
def test_nothing_shown_acts(data: bytes) -> None:
    visible = Visible()
    shown = visible.feed(data) + visible.end()
    assert not [
        char
        for char in shown
        if char not in "\n\t\u200c\u200d" and unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp")
    ]
    shown.encode()


@given(st.text(st.characters(categories=["L", "M", "N", "P", "S", "Zs"])))
def test_printable_text_stays(text: str) -> None:
    assert show(text) == text


@given(st.text())
def test_a_line_is_one_line(text: str) -> None:
    assert len(show(text, keep="").splitlines()) <= 1
    assert show(show(text)) == show(text)
