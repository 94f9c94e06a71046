"""Messages made by hand, and what is in them."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address
from typing import Any

import pytest

from dialnet.resolve.dns.message import EDNS, Message, Question, Record, parse
from tests.dns import fixtures

# By file: the flags that are set besides QR, the rcode, the question, the sections, EDNS.
IN = 1
ODD = r"a\.b\.c.TesT."
EXPECTED: dict[str, tuple[str, int, Question, list[Record], list[Record], list[Record], EDNS | None]] = {
    "a": (
        "RD RA",
        0,
        Question("www.example.com.", 1, IN),
        [
            Record("www.example.com.", 1, IN, 300, IPv4Address("192.0.2.1")),
            Record("www.example.com.", 1, IN, 300, IPv4Address("192.0.2.255")),
        ],
        [],
        [],
        EDNS(1232, 0, False, []),
    ),
    "badvers": (
        "",
        16,
        Question(".", 1, IN),
        [],
        [],
        [Record("a.", 1, IN, 0, IPv4Address("0.0.0.0"))],
        EDNS(65535, 255, False, []),
    ),
    "cname_aaaa": (
        "RD RA AD",
        0,
        Question("a.example.com.", 28, IN),
        [
            Record("a.example.com.", 5, IN, 60, "cdn.eu.com."),
            Record("cdn.eu.com.", 5, IN, 1, "b.eu.com."),
            Record("b.eu.com.", 28, IN, 0x7FFFFFFF, IPv6Address("2001:db8::a")),
        ],
        [],
        [],
        None,
    ),
    "https": (
        "RD RA",
        0,
        Question("example.com.", 65, IN),
        [
            Record("example.com.", 65, IN, 300, (1, ".", {1: b"\2h2\2h3", 3: b"\x01\xbb"})),
            Record("example.com.", 65, IN, 300, (16, ".", {2: b""})),
            Record("example.com.", 64, IN, 300, (0, "p.net.", {})),
        ],
        [],
        [],
        None,
    ),
    "mx": (
        "RD RA",
        0,
        Question("example.com.", 15, IN),
        [
            Record("example.com.", 15, IN, 3600, (10, "mx.example.com.")),
            Record("example.com.", 15, IN, 3600, (20, "MX.Net.org.")),
            Record("example.com.", 15, IN, 3600, (0, ".")),
        ],
        [],
        [],
        None,
    ),
    "ns_ptr_srv": (
        "AA",
        0,
        Question("_home._udp.test.", 33, IN),
        [
            Record("_home._udp.test.", 33, IN, 10, (1, 2, 65535, "h.test.")),
            Record("1.13.in-addr.arpa.", 12, IN, 0, "test."),
        ],
        [Record("test.", 2, IN, 10, "n.test.")],
        [Record("n.test.", 1, IN, 10, IPv4Address("127.0.0.1"))],
        None,
    ),
    "nxdomain": (
        "AA RD RA",
        3,
        Question("no.example.com.", 16, IN),
        [],
        [
            Record(
                "example.com.",
                6,
                IN,
                3600,
                ("ns.example.com.", "hostmaster.example.com.", 2028538369, 7200, 3600, 1209600, 300),
            )
        ],
        [],
        EDNS(4096, 0, True, [(15, b"\0\x12no")]),
    ),
    "odd_names": (
        "RD RA",
        0,
        Question(ODD, 5, IN),
        [
            Record(ODD, 5, IN, 1, r"\000\009\010\032\127\128\255~."),
            Record(ODD, 5, IN, 1, r"\"\$\(\)\;\@\\."),
            Record(ODD, 5, IN, 1, "*-_/."),
            Record(ODD, 5, IN, 1, r"\..\..TesT."),
        ],
        [],
        [],
        None,
    ),
    "txt": (
        "RD RA",
        0,
        Question("t.", 16, IN),
        [
            Record("t.", 16, IN, 1, (b"a=b", b"", b'\0\xff"\\\xc3')),
            Record("t.", 16, IN, 1, (b"",)),
            Record("t.", 16, IN, 1, ()),
        ],
        [],
        [],
        None,
    ),
    "unknown": (
        "RA",
        0,
        Question("x.", 257, 255),
        [
            Record("x.", 257, IN, 1, b"\0\5issue; "),
            Record("x.", 65535, IN, 1, b""),
            Record("x.", 16, 3, 0, b"\xff999"),
            Record("x.", 1, 254, 0, b""),
        ],
        [],
        [Record(".", 250, 255, 0, b"\xc0\xff\xee")],
        None,
    ),
}


def flags(message: Message) -> str:
    named = {
        "AA": message.authoritative,
        "TC": message.truncated,
        "RD": message.recursion_desired,
        "RA": message.recursion_available,
        "AD": message.authentic_data,
        "CD": message.checking_disabled,
    }
    return " ".join(name for name, is_set in named.items() if is_set)


@pytest.mark.parametrize("path", fixtures.FILES, ids=lambda path: path.stem)
def test_made_by_hand(path: Any) -> None:
    names, rcode, question, answers, authorities, additionals, edns = EXPECTED[path.stem]
    message = parse(fixtures.load(path))
    assert message.response
    assert message.opcode == 0
    assert flags(message) == names
    assert message.rcode == rcode
    assert message.questions == [question]
    assert message.answers == answers
    assert message.authorities == authorities
    assert message.additionals == additionals
    assert message.edns == edns
    assert message.additional_count == len(additionals) + (edns is not None)


def test_every_file_is_in_the_table() -> None:
    assert {path.stem for path in fixtures.FILES} == set(EXPECTED)


@pytest.mark.parametrize("bit", range(16))
def test_each_bit_of_the_flags_is_one_fact(bit: int) -> None:
    message = parse(fixtures.header(id=0xFFFF, flags=1 << bit))
    seen = {
        15: message.response,
        **{11 + n: message.opcode == 1 << n for n in range(4)},
        10: message.authoritative,
        9: message.truncated,
        8: message.recursion_desired,
        7: message.recursion_available,
        5: message.authentic_data,
        4: message.checking_disabled,
        **{n: message.rcode == 1 << n for n in range(4)},
    }
    assert [number for number, is_set in seen.items() if is_set] == ([bit] if bit != 6 else [])
    assert message.id == 0xFFFF
    assert message.flags == 1 << bit


def test_bytes_behind_the_last_section_are_ignored() -> None:
    data = fixtures.answer(fixtures.record(1, bytes(4)))
    assert parse(data + b"\xff" * 7) == parse(data)


def test_a_message_is_shown_with_what_is_in_it() -> None:
    message = parse(fixtures.answer(fixtures.record(1, bytes(4))))
    assert repr(message) == (
        "Message(1, 33152, 0, [Question('q.', 1, 1)], "
        "[Record('q.', 1, 1, 60, IPv4Address('0.0.0.0'))], [], [], 0, None)"
    )
    assert message != parse(fixtures.answer(fixtures.record(1, b"\1\1\1\1")))
    assert message.answers[0] != message.questions[0]
