"""Where records end in a stream that comes in pieces."""

from __future__ import annotations

import random

import pytest

from dialnet.secure.hello import Records, is_record


def behind_the_last(stream: bytes) -> int:
    """How much there is behind the last whole record, by a look at all of it."""
    at = 0
    while at + 5 <= len(stream):
        end = at + 5 + int.from_bytes(stream[at + 3 : at + 5], "big")
        if end > len(stream):
            break
        at = end
    return len(stream) - at


@pytest.mark.parametrize("seed", range(50))
def test_pieces_of_any_length(seed: int) -> None:
    chance = random.Random(seed)
    sizes = [chance.choice([0, 1, 2, 5, 30, 300, 16_401]) for _ in range(20)]
    stream = b"".join(b"\x17\x03\x03" + size.to_bytes(2, "big") + bytes(size) for size in sizes)
    records, at = Records(), 0
    while at < len(stream):
        piece = stream[at : at + chance.choice([1, 1, 2, 4, 5, 7, 40, 5000, 40_000])]
        at += len(piece)
        records.add(piece)
        assert records.part == behind_the_last(stream[:at])


@pytest.mark.parametrize(
    ("data", "one"),
    [
        (b"", False),
        (b"\x17\x03\x03\x00", False),
        (b"\x17\x03\x03\x00\x00", True),
        (b"\x17\x03\x03\x00\x01", False),
        (b"\x17\x03\x03\x00\x01x", True),
        (b"\x17\x03\x03\x00\x01xx", False),
        (b"\x17\x03\x03\x01\x02" + bytes(258), True),
        (b"\x17\x03\x03\x00\x01x\x17\x03\x03\x00\x01x", False),
        (b"\x17\x02\x03\x00\x01x", False),
        (b"\x17\x03\x03\x48\x00" + bytes(18_432), True),
        (b"\x17\x03\x03\x48\x01" + bytes(18_433), False),
    ],
)
def test_one_record(data: bytes, one: bool) -> None:
    assert is_record(data) == one
    if one:
        records = Records()
        records.add(data)
        assert records.part == 0


@pytest.mark.parametrize(
    "wrong", [b"HTTP/1.1 400", b"\x17\x03\x03\xff\xff"], ids=["no record", "longer than any"]
)
def test_what_cannot_be_a_record_is_for_openssl_to_judge(wrong: bytes) -> None:
    records = Records()
    records.add(b"\x17\x03\x03\x00\x01x")
    records.add(wrong)
    assert records.part == 0
