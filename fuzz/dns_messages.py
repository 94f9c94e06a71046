"""The DNS codec under any bytes: a message or a `MessageError`, what dnspython reads, and names that hold.

To be imported where atheris instruments `dialnet.resolve.dns`; dnspython is the judge and is left alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from dialnet.resolve.dns.message import Message, Query, is_answer_to, pack_query, parse
from dialnet.resolve.dns.names import decode_name, encode_name, is_domain_name
from dialnet.resolve.dns.plain import read_plain_answer
from tests.dns import fixtures, oracle

__all__ = ["seeds", "test"]

QUERY = pack_query(0x1D17, "www.example.com.", 1)


def seeds() -> Iterator[tuple[str, bytes]]:
    """Messages to begin with, each with a name for its file."""
    yield "query", QUERY
    for path in fixtures.FILES:
        yield path.stem, fixtures.load(path)


def test(data: bytes) -> None:
    """Raise for everything that should not be."""
    check_text(data.decode("latin-1"))
    assert is_answer_to(QUERY, data) in (True, False)
    check_plain(data)
    message = oracle.check(data)
    if message is not None:
        for name in names_in(message):
            check_name(name)
        check_question(message, data)


def check_plain(data: bytes) -> None:
    """What is read at once, for whatever this would be the answer to, is what `parse` reads."""
    for qtype in (1, 28):
        query = Query(int.from_bytes(data[:2], "big"), "www.example.com.", qtype)
        plain = read_plain_answer(data, query)
        if plain is not None:
            assert is_answer_to(query.packed, data)
            assert [record.data for record in parse(data).answers] == plain.addresses


def check_text(text: str) -> None:
    """What can be encoded comes back, if not in the same way; what is a domain name can be encoded."""
    try:
        wire = encode_name(text)
    except ValueError:
        assert not is_domain_name(text)
        return
    name, after = decode_name(wire, 0)
    assert after == len(wire)
    assert encode_name(name) == wire
    if is_domain_name(text):
        assert name == text.removesuffix(".") + "."


def check_name(name: str) -> None:
    wire = encode_name(name)
    assert decode_name(wire, 0) == (name, len(wire))
    assert name.isascii()
    assert name.isprintable()


def names_in(message: Message) -> Iterator[str]:
    """Every name that the codec has read."""
    for question in message.questions:
        yield question.name
    for record in (*message.answers, *message.authorities, *message.additionals):
        yield record.name
        if isinstance(record.data, str):
            yield record.data
        elif isinstance(record.data, tuple):
            yield from (part for part in record.data if isinstance(part, str))


def check_question(message: Message, data: bytes) -> None:
    """The message answers the very query it has the question of, unless that is no question of a query's."""
    if len(message.questions) != 1:
        return
    (question,) = message.questions
    query = pack_query(message.id, question.name, question.type)
    written_out = data[12:].startswith(encode_name(question.name))
    counted = data[4:6] == b"\0\1"
    expected = message.response and question.class_ == 1 and written_out and counted
    assert is_answer_to(query, data) == expected
    assert parse(query).questions == [type(question)(question.name, question.type, 1)]
