"""Files on connections beside `io`'s own: the same calls on the same bytes give the same, however the bytes
come, and a deadline in between changes nothing."""

from __future__ import annotations

import io
import itertools
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

import dialnet as net
from tests.files.support import Scripted

TEXT = st.text(st.sampled_from("ab\n\n\r½€😀 "), max_size=40)
CALLS = st.lists(
    st.one_of(
        st.just(("readline", ())),
        st.tuples(st.just("readline"), st.tuples(st.integers(0, 6))),
        st.tuples(st.just("read"), st.tuples(st.integers(0, 6))),
        st.just(("__next__", ())),
        st.just(("read", ())),
        st.just(("readlines", ())),
    ),
    max_size=8,
)


def called(file: Any, calls: list[tuple[str, tuple[int, ...]]]) -> list[Any]:
    results = []
    for name, arguments in calls:
        try:
            results.append(getattr(file, name)(*arguments))
        except StopIteration:
            results.append("the end")
    return results


def cut(data: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({cut % (len(data) + 1) for cut in cuts} | {0, len(data)})
    return [data[start:end] for start, end in itertools.pairwise(places)]


@settings(deadline=None)
@given(
    text=TEXT,
    calls=CALLS,
    cuts=st.lists(st.integers(0, 200), max_size=5),
    encoding=st.sampled_from(["utf-8", "utf-16", "utf-32-be", "utf-8-sig"]),
    newline=st.sampled_from([None, "", "\n", "\r", "\r\n"]),
)
def test_as_io(text: str, calls: Any, cuts: list[int], encoding: str, newline: str | None) -> None:
    data = text.encode(encoding)
    expected = called(io.TextIOWrapper(io.BytesIO(data), encoding=encoding, newline=newline), calls)
    file = Scripted(cut(data, cuts)).makefile("r", encoding=encoding, newline=newline)
    assert called(file, calls) == expected


BINARY_CALLS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["read", "readline"]), st.just(())),
        st.tuples(st.sampled_from(["read", "readline"]), st.tuples(st.integers(-1, 9))),
        st.just(("__next__", ())),
        st.just(("readlines", ())),
    ),
    max_size=8,
)


@settings(deadline=None)
@given(
    data=st.lists(st.sampled_from([b"a", b"\n", b"bcd", b"\r"]), max_size=20).map(b"".join),
    calls=BINARY_CALLS,
    cuts=st.lists(st.integers(0, 60), max_size=5),
    mode=st.sampled_from(["rb", "rwb"]),
)
def test_as_io_binary(data: bytes, calls: Any, cuts: list[int], mode: str) -> None:
    expected = called(io.BufferedReader(io.BytesIO(data)), calls)
    assert called(Scripted(cut(data, cuts)).makefile(mode), calls) == expected


# Deadlines. What comes after one is what would have come without it.


@settings(deadline=None)
@given(
    data=st.lists(st.sampled_from([b"a", b"\n", b"bcd", b"\r"]), max_size=20).map(b"".join),
    calls=BINARY_CALLS,
    cuts=st.lists(st.integers(0, 60), max_size=5),
)
def test_deadlines_lose_nothing(data: bytes, calls: Any, cuts: list[int]) -> None:
    """A deadline before every piece, and every call made again until it ends. (A whole `readlines` and
    `__next__` of `io` keep nothing, so they are left out.)"""
    calls = [call for call in calls if call[0] in ("read", "readline")]
    pieces: list[bytes | None] = []
    for piece in cut(data, cuts):
        pieces += [None, piece]
    file = Scripted([*pieces, None]).makefile("rb")
    results = []
    for name, arguments in calls:
        while True:
            try:
                results.append(getattr(file, name)(*arguments))
                break
            except net.DeadlineExceededError:
                continue
    assert results == called(io.BufferedReader(io.BytesIO(data)), calls)


@settings(deadline=None)
@given(text=TEXT, cuts=st.lists(st.integers(0, 200), max_size=6))
def test_deadlines_lose_no_text(text: str, cuts: list[int]) -> None:
    data = text.encode()
    pieces: list[bytes | None] = []
    for piece in cut(data, cuts):
        pieces += [None, piece]
    file = Scripted([*pieces, None]).makefile("r", encoding="utf-8", newline="\n")
    lines = []
    while not lines or lines[-1]:
        try:
            lines.append(file.readline())
        except net.DeadlineExceededError:
            continue
    assert lines == [*io.StringIO(text, newline="\n"), ""]
