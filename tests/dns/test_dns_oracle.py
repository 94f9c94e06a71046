"""Answers as dnspython writes them: ours reads the same in them, and in damaged ones what dnspython does."""

from __future__ import annotations

import dns.message
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from dialnet.resolve.dns.message import Message, MessageError, parse
from tests.dns import fixtures, oracle, strategies


@settings(max_examples=200, deadline=None)
@given(strategies.messages())
def test_what_dnspython_writes(message: dns.message.Message) -> None:
    wire = message.to_wire(max_size=65535)
    theirs = oracle.read(wire)
    assert theirs is not None
    ours = parse(wire)
    assert oracle.differences(ours, theirs) == []
    assert len(ours.questions) == len(message.question)
    assert len(ours.answers) == len(message.answer)
    assert len(ours.authorities) == len(message.authority)
    assert len(ours.additionals) == len(message.additional)
    assert ours.additional_count == len(message.additional) + (message.edns >= 0)
    assert ours.rcode == message.rcode()


@settings(max_examples=500, deadline=None)
@given(strategies.damaged())
def test_damaged_messages(data: bytes) -> None:
    """A message or a MessageError, and a message wherever dnspython finds one.

    The other way round is not asked for. What we read and dnspython refuses is: a message cut off (with the
    TC bit), TXT without a string, what is wrong within a SVCB parameter or a record of a type that we do not
    know, signatures, pointers to labels that run on into the name itself, and long chains of pointers.
    """
    event("read" if oracle.check(data) else "refused")


@settings(max_examples=500, deadline=None)
@given(
    st.binary(max_size=200),
    st.lists(st.integers(0, 2), min_size=4, max_size=4),
    st.sampled_from([0x8180, 0x8380, 0x2800, 0]),
)
def test_any_bytes(data: bytes, counts: list[int], flags: int) -> None:
    oracle.check(data)
    oracle.check(fixtures.header(*counts, flags=flags) + data)


@pytest.mark.parametrize("path", fixtures.FILES, ids=lambda path: path.stem)
def test_messages_made_by_hand(path: object) -> None:
    data = fixtures.load(path)  # type: ignore[arg-type]
    assert isinstance(oracle.check(data), Message)
    # One byte wrong, at every place.
    for offset in range(len(data)):
        for value in {0, 0xFF, 0xC0, data[offset] ^ 1, data[offset] ^ 0x80}:
            oracle.check(data[:offset] + bytes([value]) + data[offset + 1 :])


def test_the_oracle_can_say_no() -> None:
    """Should `differences` or `check` see nothing, everything above is worth nothing."""
    data = fixtures.answer(fixtures.record(1, b"\1\2\3\4"), fixtures.record(16, b"\1a"))
    ours, theirs = parse(data), oracle.read(data)
    assert theirs is not None
    assert oracle.differences(ours, theirs) == []
    ours.answers[1].data = (b"b",)
    ours.rcode = 2
    assert [fact[0] for fact in oracle.differences(ours, theirs)] == ["rcode", "answer"]
    assert oracle.read(data[:-1]) is None
    with pytest.raises(MessageError):
        parse(data[:-1])
