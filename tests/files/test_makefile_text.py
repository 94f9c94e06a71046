"""Text files on connections: encodings, ends of lines, and that no line waits for the next."""

from __future__ import annotations

import warnings
from datetime import timedelta

import pytest

from tests.files.support import Scripted, pair


def test_text() -> None:
    with pair() as (conn, peer):
        file = conn.makefile("rw", encoding="utf-8", newline="")
        assert (file.encoding, file.errors) == ("utf-8", "strict")
        file.write("größer\r\n")
        file.flush()
        assert peer.read(100) == "größer\r\n".encode()
        peer.write("naïve\nline ½\nrest".encode())
        peer.close_write()
        assert file.readline() == "naïve\n"
        assert next(file) == "line ½\n"
        assert file.read(2) == "re"
        assert file.read() == "st"
        assert file.readline() == file.read() == ""
        with pytest.raises(StopIteration):
            next(file)


def test_errors_and_default_encoding() -> None:
    assert (
        Scripted([b"a\xffb\n"]).makefile("r", encoding="utf-8", errors="replace").readline() == "a\ufffdb\n"
    )
    with pytest.raises(UnicodeDecodeError):
        Scripted([b"a\xffb\n"]).makefile("r", encoding="utf-8").readline()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", EncodingWarning)
        assert Scripted([b"plain\n"]).makefile().readline() == "plain\n"


def test_split_characters() -> None:
    """A character may come in pieces."""
    data = "½€😀\n".encode()
    pieces = [data[i : i + 1] for i in range(len(data))]
    assert Scripted(pieces).makefile("r", encoding="utf-8").readline() == "½€😀\n"


# What has come decides: none of these calls needs more than that, so none waits.
NO_WAIT = timedelta(seconds=5)


@pytest.mark.parametrize(
    ("encoding", "newline", "sent", "lines"),
    [
        ("utf-8", None, "one\ntwo\r\nthree\n", ["one\n", "two\n", "three\n"]),
        ("utf-8", "", "one\ntwo\r\nthree\n", ["one\n", "two\r\n", "three\n"]),
        ("utf-8", "\n", "one\r\ntwo\n", ["one\r\n", "two\n"]),
        ("utf-8", "\r\n", "one\ntwo\r\nthree\r\n", ["one\ntwo\r\n", "three\r\n"]),
        ("utf-8", "\r", "one\rtwo\r", ["one\r", "two\r"]),
        # Another character shows that no \n follows.
        ("utf-8", None, "one\rtwo\rx", ["one\n", "two\n"]),
        ("utf-8", "", "one\rtwo\rx", ["one\r", "two\r"]),
        ("utf-16-le", "\n", "one\ntwo\nthree\n", ["one\n", "two\n", "three\n"]),
        ("utf-16-be", "\n", "one\ntwo\n\u0a0athree\n", ["one\n", "two\n", "\u0a0athree\n"]),
        ("utf-32", "\n", "one\ntwo\n", ["one\n", "two\n"]),
        ("utf-8-sig", "\n", "one\ntwo\n", ["one\n", "two\n"]),
    ],
)
def test_a_whole_line_does_not_wait(encoding: str, newline: str | None, sent: str, lines: list[str]) -> None:
    with pair() as (conn, peer):
        file = conn.makefile("r", encoding=encoding, newline=newline)
        peer.write(sent.encode(encoding))
        conn.set_read_deadline(NO_WAIT)
        for line in lines:
            assert file.readline() == line


def test_a_part_of_a_line_does_not_wait() -> None:
    """`readline(n)` needs n characters, not a line."""
    with pair() as (conn, peer):
        file = conn.makefile("r", encoding="utf-8", newline="\n")
        conn.set_read_deadline(NO_WAIT)
        peer.write(b"abcdef")
        assert file.readline(2) == "ab"
        assert file.readline(2) == "cd"
        peer.write(b"gh\n")
        assert file.readline() == "efgh\n"
        peer.write(b"ij")
        assert file.readline(0) == ""
        assert file.read(2) == "ij"
