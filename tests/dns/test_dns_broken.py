"""Messages that are broken: each is refused, for its own reason."""

from __future__ import annotations

import pytest

from dialnet.resolve.dns.message import MessageError, parse
from tests.dns import fixtures
from tests.dns.fixtures import TO_QUESTION, additional, answer, header, question, record

A, NS, CNAME, SOA, PTR, MX, TXT, AAAA, SRV, OPT, SVCB, HTTPS = 1, 2, 5, 6, 12, 15, 16, 28, 33, 41, 64, 65

ENDS = "ends before"
LENGTH = "RDLENGTH"
LONG = "more than 255 bytes"
BACK = "does not go back"
# Where the first answer's owner stands, after a question of 3 + 4 bytes.
OWNER = 12 + 7
SOA_NUMBERS = bytes(20)


def pointer(offset: int) -> bytes:
    return (0xC000 | offset).to_bytes(2, "big")


BROKEN = {
    # The header and its counts.
    "nothing": (b"", "shorter than its header"),
    "half a header": (header(0)[:11], "shorter than its header"),
    "a question that is not there": (header(1), ENDS),
    "a question without type": (header(1) + b"\1q\0", ENDS),
    "half a class": (header(1) + question()[:-1], ENDS),
    "a second question that is not there": (header(2) + question(), ENDS),
    "an answer that is not there": (header(1, 1) + question(), ENDS),
    "an authority that is not there": (header(1, 0, 1) + question(), ENDS),
    "an additional record that is not there": (header(1, 0, 0, 1) + question(), ENDS),
    "one more than there are": (header(1, 2) + question() + record(A, bytes(4)), ENDS),
    "counts of 65535": (header(65535, 65535, 65535, 65535), ENDS),
    "a section count of 65535": (header(0, 0, 0, 65535), ENDS),
    # Records.
    "a record that ends in its name": (answer(TO_QUESTION[:1]), ENDS),
    "a record that ends after its name": (answer(TO_QUESTION), ENDS),
    "a record that ends in its ttl": (answer(record(A, b"")[:-4]), ENDS),
    "a record that ends in its length": (answer(record(A, b"")[:-1]), ENDS),
    "a record that ends in its data": (answer(record(A, bytes(4))[:-1]), ENDS),
    "unknown data that ends too soon": (answer(record(99, bytes(9))[:-1]), ENDS),
    "the root's record that ends too soon": (answer(record(99, b"", name=b"\0")[:-1]), ENDS),
    # Names.
    "a name that ends in a label": (header(1) + b"\3ab", ENDS),
    "a name that ends after a label": (header(1) + b"\2ab", ENDS),
    "half a pointer": (header(1) + b"\xc0", ENDS),
    "a label of kind 01": (header(1) + b"\x41" + bytes(80), "unknown kind"),
    "a label of kind 10": (header(1) + b"\x80" + bytes(200), "unknown kind"),
    "the highest label of kind 10": (header(1) + b"\xbf" + bytes(200), "unknown kind"),
    "a pointer to itself": (header(1) + pointer(12) + bytes(4), BACK),
    "a pointer to the next byte": (header(1) + pointer(13) + bytes(4), BACK),
    "a pointer ahead": (header(1) + pointer(16) + bytes(5), BACK),
    "a pointer behind the end": (header(1) + b"\xff\xff" + bytes(4), BACK),
    "a pointer to the name it ends": (header(1) + b"\1a" + pointer(12) + bytes(4), BACK),
    "a pointer into the name it ends": (header(1) + b"\1a\1b" + pointer(14) + bytes(4), BACK),
    "a pointer to its second byte": (header(1) + b"\1a" + pointer(15) + bytes(4), BACK),
    "an owner that points to itself": (answer(record(A, bytes(4), name=pointer(OWNER))), BACK),
    "two that point to one another": (
        header(2) + b"\1a" + pointer(18) + bytes(2) + pointer(12) + bytes(4),
        BACK,
    ),
    "a loop in data": (
        # 31: pointer to 33; 33: pointer to 31; the second answer's owner goes there.
        answer(record(99, pointer(33) + pointer(31)), record(A, bytes(4), name=pointer(31))),
        BACK,
    ),
    "back, then ahead": (
        answer(record(99, pointer(33) + b"\1a\0"), record(A, bytes(4), name=pointer(31))),
        BACK,
    ),
    "256 bytes": (header(1) + (b"\x3f" + b"a" * 63) * 3 + b"\x3e" + b"a" * 62 + bytes(5), LONG),
    "128 labels": (header(1) + b"\1a" * 128 + bytes(5), LONG),
    "a label too many": (header(1) + (b"\x3f" + b"a" * 63) * 4 + bytes(5), LONG),
    "256 bytes by way of a pointer": (
        header(1, 1)
        + question((b"\x3f" + b"a" * 63) * 3 + b"\x3c" + b"a" * 60 + b"\0")
        + record(A, bytes(4), name=b"\1a" + TO_QUESTION),
        LONG,
    ),
    "256 bytes by way of two pointers": (
        # 229: 60 bytes of labels that run into a pointer to 12, where there are 201 more.
        header(1, 2)
        + question((b"\x27" + b"a" * 39) * 5 + b"\0")
        + record(99, (b"\x1d" + b"b" * 29) * 2 + TO_QUESTION)
        + record(A, bytes(4), name=pointer(229)),
        LONG,
    ),
    # Data of each type.
    "A of 3 bytes": (answer(record(A, bytes(3)), bytes(9)), "an A record"),
    "A of 5 bytes": (answer(record(A, bytes(5))), "an A record"),
    "A of 16 bytes": (answer(record(A, bytes(16))), "an A record"),
    "A of none": (answer(record(A, b"")), "an A record"),
    "AAAA of 4 bytes": (answer(record(AAAA, bytes(4)), bytes(99)), "an AAAA record"),
    "AAAA of 17 bytes": (answer(record(AAAA, bytes(17))), "an AAAA record"),
    "CNAME without a name": (answer(record(CNAME, b""), TO_QUESTION), LENGTH),
    "CNAME and more": (answer(record(CNAME, b"\1a\0\0")), LENGTH),
    "CNAME that runs into the next record": (answer(record(CNAME, b"\1a"), b"\0"), LENGTH),
    "CNAME that runs out of the message": (answer(record(CNAME, b"\1a")), "within its record"),
    "CNAME of half a pointer": (answer(record(CNAME, b"\xc0")), "within its record"),
    "CNAME of half a pointer, and the other half": (
        answer(record(CNAME, b"\xc0"), b"\x0c" + bytes(20)),
        LENGTH,
    ),
    "CNAME that points to itself": (answer(record(CNAME, pointer(31))), BACK),
    "NS and more": (answer(record(NS, b"\0\0")), LENGTH),
    "PTR and more": (answer(record(PTR, TO_QUESTION + b"\0")), LENGTH),
    "MX of nothing": (answer(record(MX, b"")), LENGTH),
    "MX without a name": (answer(record(MX, b"\0\1"), b"\0"), LENGTH),
    "MX and more": (answer(record(MX, b"\0\1\0\0")), LENGTH),
    "SRV of nothing": (answer(record(SRV, b"")), LENGTH),
    "SRV without a name": (answer(record(SRV, bytes(6)), b"\0"), LENGTH),
    "SRV and more": (answer(record(SRV, bytes(8))), LENGTH),
    "SOA of nothing": (answer(record(SOA, b""), bytes(22)), LENGTH),
    "SOA with one name": (answer(record(SOA, b"\0" + SOA_NUMBERS), bytes(22)), LENGTH),
    "SOA without a number": (answer(record(SOA, b"\0\0" + SOA_NUMBERS[4:]), bytes(22)), LENGTH),
    "SOA and more": (answer(record(SOA, b"\0\0" + SOA_NUMBERS + b"\0")), LENGTH),
    "TXT with half a string": (answer(record(TXT, b"\2ab\2a"), b"bc"), LENGTH),
    "TXT without a string's bytes": (answer(record(TXT, b"\xff"), bytes(255)), LENGTH),
    "SVCB of nothing": (answer(record(SVCB, b"")), LENGTH),
    "SVCB without a name": (answer(record(SVCB, b"\0\1"), b"\0"), LENGTH),
    "SVCB with half a key": (answer(record(SVCB, b"\0\1\0\0"), bytes(9)), LENGTH),
    "SVCB with half a key at the end": (answer(record(SVCB, b"\0\1\0\0")), LENGTH),
    "SVCB without a length": (answer(record(SVCB, b"\0\1\0\0\1"), bytes(9)), LENGTH),
    "SVCB with half a value": (answer(record(SVCB, b"\0\1\0\0\1\0\2a"), b"b"), LENGTH),
    "SVCB with a target that runs out of it": (answer(record(SVCB, b"\0\1\2a"), b"b\0"), LENGTH),
    "HTTPS with a key twice": (answer(record(HTTPS, b"\0\1\0\0\1\0\0\0\1\0\0")), "not in order"),
    "HTTPS with keys out of order": (answer(record(HTTPS, b"\0\1\0\0\2\0\0\0\1\0\0")), "not in order"),
    "HTTPS with a key 0 after another": (answer(record(HTTPS, b"\0\1\0\0\1\0\0\0\0\0\0")), "not in order"),
    # EDNS.
    "OPT of another name than the root": (additional(record(OPT, b"")), "out of place"),
    "OPT twice": (additional(record(OPT, b"", name=b"\0"), record(OPT, b"", name=b"\0")), "out of place"),
    "OPT among the answers": (answer(record(OPT, b"", name=b"\0")), "out of place"),
    "OPT among the authorities": (
        header(1, 0, 1) + question() + record(OPT, b"", name=b"\0"),
        "out of place",
    ),
    "OPT with half an option": (additional(record(OPT, b"\0\1\0", name=b"\0"), bytes(9)), LENGTH),
    "OPT with half an option's data": (additional(record(OPT, b"\0\1\0\2a", name=b"\0"), b"b"), LENGTH),
}


@pytest.mark.parametrize(("data", "reason"), BROKEN.values(), ids=BROKEN)
def test_broken(data: bytes, reason: str) -> None:
    with pytest.raises(MessageError) as caught:
        parse(data)
    assert reason in str(caught.value)
    assert type(caught.value).__mro__[-4:] == (ValueError, Exception, BaseException, object)


@pytest.mark.parametrize("path", fixtures.FILES, ids=lambda path: path.stem)
def test_every_beginning_of_a_message_is_broken(path: object) -> None:
    data = fixtures.load(path)  # type: ignore[arg-type]
    parse(data)
    for end in range(len(data)):
        with pytest.raises(MessageError, match=ENDS if end >= 12 else "header"):
            parse(data[:end])


def test_the_lengths_that_are_just_possible() -> None:
    longest = (b"\x3f" + b"a" * 63) * 3 + b"\x3d" + b"a" * 61 + b"\0"
    assert len(longest) == 255
    parse(header(1) + question(longest))
    # 253 bytes, and two more before the pointer to them.
    shorter = (b"\x3f" + b"a" * 63) * 3 + b"\x3b" + b"a" * 59 + b"\0"
    data = header(1, 1) + question(shorter) + record(A, bytes(4), name=b"\1b" + TO_QUESTION)
    assert parse(data).answers[0].name == "b." + parse(data).questions[0].name


def test_what_comes_before_a_pointer_is_no_part_of_what_it_points_to() -> None:
    middle = 12 + 2  # of a.bc.
    first = b"\x3f" + b"x" * 63 + pointer(middle)
    second = (b"\x3f" + b"y" * 63) * 3 + b"\x3a" + b"y" * 58 + pointer(middle)
    data = header(1, 2) + question(b"\1a\2bc\0")
    data += record(A, bytes(4), name=first) + record(A, bytes(4), name=second)
    assert [len(each.name) for each in parse(data).answers] == [64 + 3, 254]


def test_an_opt_record_of_the_root_may_be_compressed_and_in_any_place() -> None:
    data = header(1, 0, 0, 3) + question(b"\0")
    data += record(A, bytes(4)) + record(OPT, b"", class_=1, ttl=0x01020000) + record(A, bytes(4))
    message = parse(data)
    assert len(message.additionals) == 2
    assert message.additional_count == 3
    assert message.edns is not None
    assert message.edns.udp_size == 1
    assert message.edns.version == 2
    assert message.rcode == 16
