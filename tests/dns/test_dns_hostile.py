"""Messages made to cost much: the work and the memory stay in proportion to the bytes.

Work is counted in lines of the codec that run, which no other load on the machine changes.
"""

from __future__ import annotations

import struct
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

import pytest

from dialnet.resolve.dns import message, names
from dialnet.resolve.dns.message import MessageError, parse
from dialnet.resolve.dns.names import decode_name
from tests.dns.fixtures import header, question, record

MAX_MESSAGE = 65535
MAX_POINTER = 0x3FFF

# What the reading of a plain message costs at most: lines for every byte of it.
LINES_PER_BYTE = 40
# A name is 127 labels at most, and a record with a name of its own in it 10 bytes at least.
LINES_PER_BYTE_OF_NAMES = 150


def lines_of(call: Callable[[], Any]) -> int:
    """How many lines of the codec a call runs; a MessageError is as good an end as another."""
    files = {names.__file__, message.__file__, sys.modules["dialnet.resolve.dns.rdata"].__file__}
    count = 0

    def local(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal count
        count += event == "line"
        return local

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        return local if frame.f_code.co_filename in files else None

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        call()
    except MessageError:
        pass
    finally:
        sys.settrace(before)
    return count


def pointers(first: int, last: int) -> bytes:
    """At `first` a root label and a byte, behind it pointers, each to the one before, up to `last`."""
    return b"\0\0" + b"".join(struct.pack("!H", 0xC000 | to) for to in range(first, last - 2, 2))


def filled(beginning: bytes, records: Iterator[bytes]) -> bytes:
    """A message of as many records as go into one, all in the answer section."""
    parts, size = [beginning], len(beginning)
    for each in records:
        if size + len(each) > MAX_MESSAGE:
            break
        parts.append(each)
        size += len(each)
    data = b"".join(parts)
    return data[:6] + struct.pack("!H", len(parts) - 1) + data[8:]


def chain_and_who_follows_it() -> bytes:
    """8,000 pointers in a row in unknown data, and records that begin at each of them, the last first."""
    chain = pointers(31, MAX_POINTER)
    followers = (
        record(99, b"", name=struct.pack("!H", 0xC000 | offset))
        for _ in range(99)
        for offset in range(MAX_POINTER - 2, 33, -2)
    )
    beginning = header(1) + question() + record(99, chain)
    return filled(beginning[:6] + b"\0\1" + beginning[8:], followers)


def ladder() -> bytes:
    """Each name one label and a pointer to the one before, again and again from the root."""
    beginning = header(1) + question(b"\0")

    def rungs() -> Iterator[bytes]:
        offset, height = 12, 0
        here = len(beginning)
        while True:
            data = b"\1\0" + struct.pack("!H", 0xC000 | offset)
            yield record(5, data, name=b"\0")
            height += 1
            offset = here + 11 if height % 126 and here + 11 <= MAX_POINTER else 12
            here += 11 + len(data)

    return filled(beginning, rungs())


def longest_name_again_and_again() -> bytes:
    """127 labels in the question; then names that begin at each of them in turn."""
    offsets = [12 + 2 * label for label in range(127)]

    def records() -> Iterator[bytes]:
        while True:
            for offset in offsets:
                yield record(99, b"", name=struct.pack("!H", 0xC000 | offset))

    return filled(header(1) + question(b"\1a" * 127 + b"\0"), records())


def labels_again_and_again() -> bytes:
    """63 names of 127 labels each, and then 8,000 that begin at each of those labels, none at the same."""
    written = (b"\1a" * 127 + b"\0" + b"\0\1\0\1") * 63
    places = [12 + 259 * name + 2 * label for label in range(127) for name in range(63)]
    pointing = b"".join(struct.pack("!HHH", 0xC000 | place, 1, 1) for place in places)
    return header(63 + len(places)) + written + pointing


def names_of_many_labels() -> bytes:
    """Names that share nothing: 127 labels each."""
    return filled(header(1) + question(), (record(2, b"\0", name=b"\1a" * 127 + b"\0") for _ in range(999)))


def names_that_differ() -> bytes:
    """A label of their own, the rest shared, and every byte to be escaped."""
    head = header(1) + question((b"\x3f" + b"\xff" * 63) * 3 + b"\x37" + b"\xff" * 55 + b"\0")
    return filled(
        head, (record(99, b"", name=b"\3" + n.to_bytes(3, "big") + b"\xc0\x0c") for n in range(9999))
    )


def small_things(kind: int, data: bytes) -> Callable[[], bytes]:
    return lambda: filled(header(1) + question(), (record(kind, data, name=b"\0") for _ in range(9999)))


def one_large(kind: int, data: bytes, beginning: bytes = b"") -> Callable[[], bytes]:
    room = MAX_MESSAGE - 12 - 7 - 11 - len(beginning)
    count = room // len(data)
    return lambda: header(1, 1) + question() + record(kind, beginning + data * count, name=b"\0")


def options() -> bytes:
    count = (MAX_MESSAGE - 30) // 4
    return header(1, 0, 0, 1) + question() + record(41, b"\0\1\0\0" * count, name=b"\0")


def parameters() -> bytes:
    count = (MAX_MESSAGE - 33) // 4
    data = b"\0\1\0" + b"".join(struct.pack("!HH", key, 0) for key in range(count))
    return header(1, 1) + question() + record(64, data, name=b"\0")


SOUND = {
    "pointers": chain_and_who_follows_it,
    "a ladder": ladder,
    "the longest name": longest_name_again_and_again,
    "the same labels": labels_again_and_again,
    "names that share nothing": names_of_many_labels,
    "names that differ": names_that_differ,
    "empty data": small_things(99, b""),
    "roots": small_things(2, b"\0"),
    "SOA": small_things(6, bytes(22)),
    "TXT of empty strings": one_large(16, b"\0"),
    "OPT of empty options": options,
    "SVCB of empty parameters": parameters,
    "questions": lambda: header(13104) + b"\0\0\1\0\1" * 13104,
}


@pytest.mark.parametrize("make", SOUND.values(), ids=SOUND)
def test_sound_but_costly(make: Callable[[], bytes]) -> None:
    data = make()
    assert 60_000 < len(data) <= MAX_MESSAGE
    sound = parse(data)
    assert sound.questions
    assert lines_of(lambda: parse(data)) < LINES_PER_BYTE_OF_NAMES * len(data)
    # 255 bytes a name, each escaped with four characters, at most: not 65,535 records in 16 TiB.
    tracemalloc.start()
    try:
        sound = parse(data)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    del sound
    assert peak < 12 * 2**20


UNSOUND = {
    # Pointers to each of 8,000 labels, the last first: only 255 bytes of them may be looked at.
    "labels without end": header(1, 9999)
    + question()
    + record(99, b"\1a" * 8000)
    + b"".join(record(1, bytes(4), name=struct.pack("!H", 0xC000 | n)) for n in range(16029, 15800, -2)),
    "a pointer behind each label": header(30000) + b"\1a\xc0\x0c" * 16000,
    "nothing behind the counts": header(65535, 65535, 65535, 65535),
    "nothing behind one count": header(0, 0, 0, 65535),
    "zeros": header(65535, 65535, 65535, 65535) + bytes(MAX_MESSAGE - 12),
    "pointers and no end": header(1) + b"\xc0\x0c" * 32000,
    "bytes of 255": b"\xff" * MAX_MESSAGE,
}


@pytest.mark.parametrize("data", UNSOUND.values(), ids=UNSOUND)
def test_refused_without_much_ado(data: bytes) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(MessageError):
            parse(data)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 64 * 1024 + 60 * len(data)
    assert lines_of(lambda: parse(data)) < 1000 + LINES_PER_BYTE * len(data)


def test_counts_are_believed_only_as_far_as_there_are_bytes() -> None:
    """As UNSOUND, to the point: of 262,140 records said to be there nothing is set aside."""
    data = header(65535, 65535, 65535, 65535)
    tracemalloc.start()
    try:
        with pytest.raises(MessageError):
            parse(data)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 16 * 1024


def test_the_longest_chain_of_pointers_is_followed_once() -> None:
    """8,192 pointers, from the highest place that a pointer can reach."""
    data = pointers(0, 0x4000) + b"\xff\xfe"
    assert len(data) == 0x4002
    name, after = decode_name(data, 0x4000)
    assert (name, after) == (".", 0x4002)
    once = lines_of(lambda: decode_name(data, 0x4000))
    assert once < 20 * 0x2000
    reader = names.Names(data)
    reader.read(0x4000)

    def all_of_them() -> None:
        for offset in range(0x4000, 2, -2):
            reader.read(offset)

    # A second time, from every place: each finds the name behind its first pointer.
    assert lines_of(all_of_them) < 40 * 0x2000


def test_a_name_beyond_the_reach_of_pointers_is_not_taken_for_another() -> None:
    """A pointer has 14 bits, and 12 are what is left of 0x400C in them."""
    padding = record(99, bytes(0x400C - 12 - 7 - 12))
    assert len(header() + question() + padding) == 0x400C
    data = header(1, 4) + question(b"\1q\0") + padding
    data += record(99, b"", name=b"\1b\0")  # at 0x400C
    data += record(99, b"", name=b"\xc0\x0c") + record(99, b"", name=b"\1c\xc0\x0c")
    assert [each.name for each in parse(data).answers] == ["q.", "b.", "q.", "c.q."]
