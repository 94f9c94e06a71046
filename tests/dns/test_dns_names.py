"""Names: as text and as bytes, which texts are worth asking for, and the names of addresses."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

import dns.exception
import dns.name
import dns.reversename
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialnet.resolve.dns.message import MessageError
from dialnet.resolve.dns.names import decode_name, encode_name, is_domain_name, reverse_name

# As long as can be: 3 x 64 + 62 + 1 = 255 bytes, 253 characters and the root's dot.
LONGEST = ".".join(["a" * 63, "b" * 63, "c" * 63, "d" * 61]) + "."

GOOD = [
    (".", b"\0"),
    ("com", b"\3com\0"),
    ("com.", b"\3com\0"),
    ("www.Example.COM.", b"\3www\7Example\3COM\0"),
    ("_sip._udp.x", b"\4_sip\4_udp\1x\0"),
    ("a b.\t", b"\3a b\1\t\0"),
    (r"\.", b"\1.\0"),
    (r"a\..b", b"\2a.\1b\0"),
    (r"a\.", b"\2a.\0"),
    (r"a\..", b"\2a.\0"),
    (r"a\\.b", b"\2a\\\1b\0"),
    (r"\000\255\046.", b"\3\0\xff.\0"),
    (r"\1234", b"\2{4\0"),
    (r"\a\(", b"\2a(\0"),
    ("a" * 63, b"?" + b"a" * 63 + b"\0"),
    (r"\097" * 63 + ".b", b"?" + b"a" * 63 + b"\1b\0"),
    (LONGEST, b"".join(bytes([len(label)]) + label.encode() for label in LONGEST.split("."))),
    ("a." * 127, b"\1a" * 127 + b"\0"),
]


@pytest.mark.parametrize(("text", "wire"), GOOD, ids=lambda value: repr(value)[:20])
def test_encode(text: str, wire: bytes) -> None:
    assert encode_name(text) == wire
    assert decode_name(wire, 0)[1] == len(wire)
    assert encode_name(decode_name(wire, 0)[0]) == wire


@pytest.mark.parametrize(
    "text",
    [
        "",
        "..",
        ".com",
        "a..b",
        "a..",
        r"a\...",
        r"\a..b",
        "a" * 64,
        r"\097" * 64,
        "a" + LONGEST,
        "a." * 128,
        "caf\xe9",
        "\uff41.com",
        "\ud800",
        "\\",
        "a\\",
        r"\1",
        r"\12",
        r"\12a",
        r"\256",
        r"\999",
        r"\1\1",
        "x" * 100_000,
        "x." * 50_000,
        "\\" * 99_999,
    ],
    ids=lambda text: repr(text)[:20],
)
def test_what_is_no_name_cannot_be_encoded(text: str) -> None:
    with pytest.raises(ValueError) as caught:
        encode_name(text)
    assert "domain name" in str(caught.value)


@pytest.mark.parametrize(
    ("data", "offset", "expected"),
    [
        (b"\0", 0, (".", 1)),
        (b"\xff\0\xff", 1, (".", 2)),
        (b"\3com\0\1a\xc0\0...", 5, ("a.com.", 9)),
        (b"\3com\0\1a\xc0\0...", 7, ("com.", 9)),
        (b"\0\1a\xc0\0", 1, ("a.", 5)),
        (b"\0\xc0\0\xc0\1\1a\xc0\3", 5, ("a.", 9)),
        # Into the middle of a label, where there is another label to be seen.
        (b"\5a\3com\0\xc0\2", 7, ("com.", 9)),
        (b"\2A.\1\0\0", 0, (r"A\..\000.", 6)),
    ],
)
def test_decode(data: bytes, offset: int, expected: tuple[str, int]) -> None:
    assert decode_name(data, offset) == expected


def test_the_longest_name_by_way_of_a_pointer() -> None:
    wire = encode_name(LONGEST)
    head, tail = wire[:64], wire[64:]
    assert decode_name(tail + head + b"\xc0\0", len(tail)) == (LONGEST, len(wire) + 2)


LABEL = st.binary(min_size=1, max_size=63)
WIRE_NAMES = (
    st.lists(LABEL | st.binary(min_size=1, max_size=3), max_size=127)
    .map(lambda labels: b"".join(bytes([len(label)]) + label for label in labels) + b"\0")
    .filter(lambda wire: len(wire) <= 255)
)


@given(WIRE_NAMES)
def test_every_name_has_a_text_that_gives_it_back(wire: bytes) -> None:
    text, after = decode_name(wire, 0)
    assert after == len(wire)
    assert text.endswith(".")
    assert text.isascii()
    assert text.isprintable()
    assert " " not in text
    assert encode_name(text) == wire
    if text != ".":
        assert encode_name(text[:-1]) == wire
    assert text == dns.name.from_wire(wire, 0)[0].to_text()


@given(st.text(st.sampled_from("ab.\\019 -é\0") | st.characters(), max_size=300).filter("@".__ne__))
def test_a_text_means_what_dnspython_says(text: str) -> None:
    try:
        wire = encode_name(text)
    except ValueError:
        # dnspython takes a text beyond ASCII for IDNA, and an empty one for the root.
        if text.isascii() and text:
            with pytest.raises(dns.exception.DNSException):
                dns.name.from_text(text)
        return
    assert dns.name.from_text(text).to_wire() == wire


@pytest.mark.parametrize(
    "name",
    [
        ".",
        "a",
        "a.",
        "com",
        "localhost",
        "golang.org",
        "golang.org.",
        "EXAMPLE.com",
        "_xmpp-server._tcp.google.com",
        "foo_bar",
        "_",
        "1a",
        "1.2.3.4.in-addr.arpa.",
        "1.2.3.a",
        "1-2",
        "0_0",
        "xn--bcher-kva.example",
        "a--b",
        "a" * 63,
        "a" * 63 + ".b",
        LONGEST,
        LONGEST[:-1],
        "a." * 126 + "b",
        "a." * 127,
    ],
    ids=lambda name: name[:30],
)
def test_is_a_domain_name(name: str) -> None:
    assert is_domain_name(name)
    assert len(encode_name(name)) <= 255


@pytest.mark.parametrize(
    "name",
    [
        "",
        "..",
        ".com",
        "a..b",
        "a..",
        "-",
        "-a",
        "a-",
        "a-.b",
        "a.-b",
        "a.b-.",
        "1",
        "1.",
        "1.2.3.4",
        "1.2.3.4.",
        "127.1",
        "0" * 63,
        "a" * 64,
        "a." + "b" * 64 + ".",
        "a" + LONGEST,
        "a" + LONGEST[:-1],
        "aa." + "a." * 125 + "b",
        "aa." + "a." * 126,
        "a." * 127 + "b",
        "a." * 128,
        "a b",
        "a\n",
        "a\0",
        "a.b\n.",
        "a:1",
        "a%eth0",
        r"a\.b",
        r"a\046b",
        "a/b",
        "*.example.com",
        "fe80::1",
        "caf\xe9",
        "\u0661a",
        "\uff41",
        "\u2024a",
        "\ud800a",
        "a" * 1_000_000,
        "a." * 500_000,
    ],
    ids=lambda name: repr(name)[:30],
)
def test_is_no_domain_name(name: str) -> None:
    assert not is_domain_name(name)


@given(st.text(st.sampled_from("a1-_. \\é"), max_size=260) | st.text(max_size=20))
def test_a_domain_name_can_be_encoded_and_comes_back_unescaped(name: str) -> None:
    if is_domain_name(name):
        assert decode_name(encode_name(name), 0)[0] == (name if name.endswith(".") else name + ".")


@pytest.mark.parametrize(
    ("ip", "name"),
    [
        ("192.0.2.1", "1.2.0.192.in-addr.arpa."),
        ("0.0.0.0", "0.0.0.0.in-addr.arpa."),
        ("2001:db8::1", "1." + "0." * 23 + "8.b.d.0.1.0.0.2.ip6.arpa."),
        ("::", "0." * 32 + "ip6.arpa."),
        ("fe80::1%eth0", "1." + "0." * 28 + "8.e.f.ip6.arpa."),
        # IPv4 everywhere, as in Go.
        ("::ffff:192.0.2.1", "1.2.0.192.in-addr.arpa."),
    ],
)
def test_reverse_name(ip: str, name: str) -> None:
    assert reverse_name(ip_address(ip)) == name


@given(st.ip_addresses())
def test_reverse_name_as_dnspython(ip: IPv4Address | IPv6Address) -> None:
    assert reverse_name(ip) == dns.reversename.from_address(str(ip)).to_text()


def test_a_name_that_cannot_be_read_is_a_message_error() -> None:
    with pytest.raises(MessageError):
        decode_name(b"", 0)
    with pytest.raises(MessageError):
        decode_name(b"\0", 1)
