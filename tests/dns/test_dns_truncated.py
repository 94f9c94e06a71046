"""The TC bit: what is there before the bytes end is read, and what is broken stays broken."""

from __future__ import annotations

from pathlib import Path

import pytest

from dialnet.resolve.dns.message import Message, MessageError, parse
from tests.dns import fixtures
from tests.dns.fixtures import RESPONSE, answer, header, question, record

TC = 0x0200


def truncated(data: bytes) -> bytes:
    return data[:2] + bytes([data[2] | 0x02]) + data[3:]


def records(message: Message) -> list[object]:
    return [
        *message.questions,
        *message.answers,
        *message.authorities,
        *message.additionals,
        *([] if message.edns is None else [message.edns]),
    ]


@pytest.mark.parametrize("path", fixtures.FILES, ids=lambda path: path.stem)
def test_every_beginning_is_read_as_far_as_it_goes(path: Path) -> None:
    data = truncated(fixtures.load(path))
    whole = parse(data)
    # OPT need not be the last; what is compared is everything but its place.
    everything = records(whole)
    before = 0
    for end in range(12, len(data)):
        message = parse(data[:end])
        found = records(message)
        assert all(each in everything for each in found)
        assert len(found) >= before
        assert len(found) < len(everything)
        assert message.additional_count == whole.additional_count
        before = len(found)
    with pytest.raises(MessageError, match="header"):
        parse(data[:11])


def test_it_ends_between_two_records() -> None:
    data = answer(record(1, b"\1\2\3\4"), record(1, bytes(4)), flags=RESPONSE | TC)[:-16]
    message = parse(data)
    assert message.truncated
    assert [str(each.data) for each in message.answers] == ["1.2.3.4"]


def test_nothing_but_a_header() -> None:
    message = parse(header(1, 5, 0, 1, flags=RESPONSE | TC))
    assert records(message) == []
    assert message.additional_count == 1


@pytest.mark.parametrize(
    "data",
    [
        answer(record(1, bytes(5)), flags=RESPONSE | TC),
        answer(record(5, b"\0\0"), flags=RESPONSE | TC),
        answer(record(5, b"\1a"), flags=RESPONSE | TC),
        answer(record(16, b"\2a"), flags=RESPONSE | TC),
        header(1, flags=RESPONSE | TC) + b"\xc0\x0c",
        header(1, flags=RESPONSE | TC) + b"\x40" + bytes(70),
        header(1, 1, flags=RESPONSE | TC) + question() + record(41, b"", name=b"\0"),
    ],
)
def test_what_is_there_has_to_be_sound(data: bytes) -> None:
    with pytest.raises(MessageError):
        parse(data)
