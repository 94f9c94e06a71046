"""Queries: what dnspython reads in them, and what is taken for their answer."""

from __future__ import annotations

import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rrset
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dialnet.resolve.dns.message import (
    TYPE_A,
    TYPE_AAAA,
    Message,
    MessageError,
    Query,
    is_answer_to,
    pack_query,
    parse,
)
from tests.dns import fixtures
from tests.dns.test_dns_names import WIRE_NAMES

QUERY = pack_query(0x1D17, "www.Example.com", TYPE_A)

NUMBERS = st.integers(0, 65535)
NAMES = WIRE_NAMES.map(lambda wire: dns.name.from_wire(wire, 0)[0])


def test_a_query_to_the_byte() -> None:
    assert (
        bytes.fromhex(
            "1d17 0100 0001 0000 0000 0001  03777777 074578616d706c65 03636f6d 00  0001 0001"
            "  00 0029 04d0 00000000 0000"
        )
        == QUERY
    )
    assert pack_query(1, ".", TYPE_AAAA, edns=False, authentic_data=True) == bytes.fromhex(
        "0001 0120 0001 0000 0000 0000  00 001c 0001"
    )


@given(NUMBERS, NAMES, NUMBERS, st.booleans(), st.booleans(), NUMBERS)
def test_dnspython_reads_what_was_asked(
    id: int, name: dns.name.Name, qtype: int, authentic_data: bool, edns: bool, udp_size: int
) -> None:
    packed = pack_query(
        id, name.to_text(), qtype, authentic_data=authentic_data, edns=edns, udp_size=udp_size
    )
    query = dns.message.from_wire(packed)
    assert query.id == id
    assert query.opcode() == dns.opcode.QUERY
    assert query.rcode() == dns.rcode.NOERROR
    assert query.flags == dns.flags.RD | (dns.flags.AD if authentic_data else 0)
    (question,) = query.question
    # Letter by letter: names of dnspython are equal whatever the case.
    assert question.name.labels == name.labels
    assert (question.rdtype, question.rdclass) == (qtype, 1)
    assert not query.answer
    assert not query.authority
    assert not query.additional
    if edns:
        assert (query.edns, query.payload, query.ednsflags, query.options) == (0, udp_size, 0, ())
    else:
        assert query.edns == -1
    # And so do we.
    message = parse(packed)
    assert not message.response
    assert message.recursion_desired
    assert message.authentic_data == authentic_data
    assert message.additional_count == edns
    assert (message.edns is not None) == edns
    assert [(each.name, each.type, each.class_) for each in message.questions] == [(name.to_text(), qtype, 1)]


@pytest.mark.parametrize(
    ("id", "name", "qtype", "udp_size"),
    [
        (-1, "a", 1, 1232),
        (65536, "a", 1, 1232),
        (1, "a..b", 1, 1232),
        (1, "é", 1, 1232),
        (1, "a", -1, 1232),
        (1, "a", 65536, 1232),
        (1, "a", 1, 65536),
    ],
)
def test_what_cannot_be_asked(id: int, name: str, qtype: int, udp_size: int) -> None:
    with pytest.raises(ValueError):
        pack_query(id, name, qtype, udp_size=udp_size)


def answer_to(query: bytes) -> dns.message.Message:
    return dns.message.make_response(dns.message.from_wire(query))


def changed(data: bytes, offset: int, value: int) -> bytes:
    return data[:offset] + bytes([value]) + data[offset + 1 :]


@pytest.mark.parametrize("edns", [True, False])
def test_its_answer(edns: bool) -> None:
    query = pack_query(1, "www.Example.com", TYPE_A, edns=edns)
    response = answer_to(query)
    assert is_answer_to(query, response.to_wire())
    response.answer.append(dns.rrset.from_text("www.example.com.", 1, "IN", "A", "192.0.2.1"))
    assert is_answer_to(query, response.to_wire())
    # Neither EDNS nor a good rcode nor more than the question is needed.
    response = answer_to(query)
    response.use_edns(False)
    response.set_rcode(dns.rcode.SERVFAIL)
    assert is_answer_to(query, response.to_wire())
    # dns.name keeps the letters, and to_wire writes them.
    (question,) = response.question
    question.name = dns.name.from_text("WWW.eXAMPLE.cOm.")
    data = response.to_wire()
    assert b"\3WWW\7eXAMPLE\3cOm" in data
    assert is_answer_to(query, data)


NO_ANSWER = bytes(answer_to(QUERY).to_wire())
END = 12 + 17 + 4


def test_no_beginning_of_an_answer_is_one() -> None:
    for end in range(END):
        assert not is_answer_to(QUERY, NO_ANSWER[:end])
    assert is_answer_to(QUERY, NO_ANSWER[:END])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        QUERY,
        NO_ANSWER[:12],
        NO_ANSWER[: END - 1],
        changed(NO_ANSWER, 0, 0x1C),
        changed(NO_ANSWER, 1, 0x18),
        changed(NO_ANSWER, 2, 0x01),
        changed(NO_ANSWER, 4, 1),
        changed(NO_ANSWER, 5, 0),
        changed(NO_ANSWER, 5, 2),
        # The name: a letter, a byte that only looks like one in the other case, a length.
        changed(NO_ANSWER, 13, ord("v")),
        changed(NO_ANSWER, 13, ord("w") ^ 0x80),
        changed(NO_ANSWER, 16, 6),
        changed(NO_ANSWER, END - 5, 1),
        # Its type and class, which lower() must not touch: 0x41 and 0x61 are other types.
        changed(NO_ANSWER, END - 3, TYPE_AAAA),
        changed(NO_ANSWER, END - 4, 0x20),
        changed(NO_ANSWER, END - 1, 3),
        changed(NO_ANSWER, END - 2, 1),
        # Compressed: there is nothing to point to, and these point to themselves and to the header.
        fixtures.header(1, id=0x1D17) + b"\xc0\x0c" + NO_ANSWER[END - 4 :],
        fixtures.header(1, id=0x1D17) + b"\xc0\x00" + NO_ANSWER[END - 4 :] + bytes(20),
        fixtures.header(1, id=0x1D17) + b"\3www\7Example\3com\xc0\x03" + NO_ANSWER[END - 4 :],
        fixtures.header(1, id=0x1D17) + b"\xff" * 50,
    ],
)
def test_not_its_answer(data: bytes) -> None:
    assert not is_answer_to(QUERY, data)


def test_types_that_differ_in_the_case_of_a_letter() -> None:
    query = pack_query(1, "a", 0x0041)
    data = bytearray(answer_to(query).to_wire())
    assert is_answer_to(query, bytes(data))
    data[12 + 3 + 1] = 0x61
    assert not is_answer_to(query, bytes(data))


@given(st.binary(max_size=100) | st.binary(max_size=60).map(lambda tail: NO_ANSWER[:END] + tail))
@example(NO_ANSWER)
def test_any_bytes_are_an_answer_or_are_not(data: bytes) -> None:
    expected = False
    if len(data) >= END:
        same = data[12 : END - 4].lower() == QUERY[12 : END - 4].lower()
        expected = same and data[:2] == QUERY[:2] and data[2] >= 0x80 and data[4:6] == b"\0\1"
        expected = expected and data[END - 4 : END] == b"\0\1\0\1"
    assert is_answer_to(QUERY, data) is expected


@given(NUMBERS, NAMES, NUMBERS, st.booleans(), st.data())
def test_only_case_may_differ(
    id: int, name: dns.name.Name, qtype: int, edns: bool, data: st.DataObject
) -> None:
    query = pack_query(id, name.to_text(), qtype, edns=edns)
    wire = answer_to(query).to_wire()
    assert is_answer_to(query, wire)
    end = 12 + len(name.to_wire()) + 4
    offset = data.draw(st.integers(0, end - 1))
    value = data.draw(st.integers(0, 255))
    other = changed(wire, offset, value)
    if offset in (2, 3) or 6 <= offset < 12:
        # Flags but QR, and the other sections' counts.
        assert is_answer_to(query, other) == (offset != 2 or value >= 0x80)
    else:
        same_name = 12 <= offset < end - 4 and dns_lower(value) == dns_lower(wire[offset])
        assert is_answer_to(query, other) == (value == wire[offset] or same_name)


def dns_lower(value: int) -> int:
    return value + 32 if 65 <= value <= 90 else value


RECORD = st.builds(
    lambda place, type, data: bytes([0xC0, place, 0, type, 0, 1, 0, 0, 0, 60, 0, len(data)]) + data,
    st.integers(0, 40) | st.just(12),
    st.sampled_from([TYPE_A, 2, 5, 15, TYPE_AAAA, 41]),
    st.binary(min_size=4, max_size=4) | st.sampled_from([b"\xc0\x0c", b"\0\1\xc0\x0c", bytes(16)]),
)


@given(
    st.sampled_from(["www.example.com.", "WWW.example.com.", "a.", "."]),
    st.sampled_from(["www.example.com.", "a.", "."]),
    st.lists(RECORD, max_size=3).map(b"".join) | st.binary(max_size=40),
    st.lists(st.integers(0, 3), min_size=4, max_size=4),
    st.booleans(),
)
@example(".", ".", bytes([0xC0, 12, 0, 2, 0, 1, 0, 0, 0, 60, 0, 2, 0xC0, 12]), [1, 1, 0, 0], True)
def test_what_the_answer_repeats_is_read_as_if_it_did_not(
    asked: str, echoed: str, rest: bytes, counts: list[int], edns: bool
) -> None:
    """A reader that is told the query comes to the same message, or the same error."""
    query = Query(7, asked, TYPE_A, edns=edns)
    numbers = b"".join(count.to_bytes(2, "big") for count in counts)
    data = b"\0\7\x81\x80" + numbers + pack_query(7, echoed, TYPE_A, edns=False)[12:] + rest

    def outcome(*args: Query) -> Message | str:
        try:
            return parse(data, *args)
        except MessageError as err:
            return str(err)

    assert outcome(query) == outcome()
