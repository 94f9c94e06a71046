"""Where records end in a stream that comes in pieces."""

from __future__ import annotations

import random
import ssl

import pytest

from dialnet.secure.engine import Engine
from dialnet.secure.hello import Records


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


@pytest.mark.parametrize("seed", range(30))
def test_openssl_is_given_whole_records_at_once(seed: int) -> None:
    chance = random.Random(seed)
    engine = Engine(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), True, None)
    engine.ready = True
    stream = given = b""
    for _ in range(40):
        size = chance.choice([0, 1, 2, 255, 256, 300, 16_401, 18_432])
        record = b"\x17\x03\x03" + size.to_bytes(2, "big") + bytes(size)
        # Mostly one read finds one record; else several, or a part, and the rest later.
        cuts = sorted(chance.sample(range(1, len(record)), chance.choice([0, 0, 0, 1, 3])))
        for begin, end in zip([0, *cuts], [*cuts, len(record)], strict=True):
            stream += record[begin:end]
            engine.feed(record[begin:end])
            given += engine._incoming.read()
            assert given == stream[: len(stream) - behind_the_last(stream)]


@pytest.mark.parametrize(
    "data",
    [
        b"\x17\x03\x03\x00\x01xx",
        b"\x17\x03\x03\x00\x01x\x17\x03\x03\x00\x01",
        b"\x17\x03\x03\x00\x00\x17\x03",
    ],
)
def test_more_than_one_record(data: bytes) -> None:
    engine = Engine(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), True, None)
    engine.ready = True
    engine.feed(data)
    assert engine._incoming.read() == data[: len(data) - behind_the_last(data)]


@pytest.mark.parametrize("data", [b"\x17\x02\x03\x00\x01x", b"\x17\x03\x03\x48\x01" + bytes(18_433)])
def test_openssl_is_given_what_it_will_refuse(data: bytes) -> None:
    engine = Engine(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), True, None)
    engine.ready = True
    engine.feed(data)
    assert engine._incoming.read() == data


@pytest.mark.parametrize(
    "wrong", [b"HTTP/1.1 400", b"\x17\x03\x03\xff\xff"], ids=["no record", "longer than any"]
)
def test_what_cannot_be_a_record_is_for_openssl_to_judge(wrong: bytes) -> None:
    records = Records()
    records.add(b"\x17\x03\x03\x00\x01x")
    records.add(wrong)
    assert records.part == 0
