"""`parse_ip`: what is an IP address and what only looks like one."""

import pickle
from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialnet.addresses import parse_ip
from dialnet.addresses.ip import _literal
from dialnet.errors import ParseError

V4 = IPv4Address
V6 = IPv6Address


@pytest.mark.parametrize(
    ("text", "ip"),
    [
        ("0.0.0.0", V4(0)),
        ("127.0.0.1", V4(0x7F000001)),
        ("192.0.2.255", V4(0xC00002FF)),
        ("255.255.255.255", V4(0xFFFFFFFF)),
        ("::", V6(0)),
        ("::1", V6(1)),
        ("1::", V6(1 << 112)),
        ("2001:db8::68", V6(0x20010DB8_00000000_00000000_00000068)),
        ("2001:0DB8::0068", V6(0x20010DB8_00000000_00000000_00000068)),
        ("2001:db8:0:0:1:0:0:1", V6(0x20010DB8_00000000_00010000_00000001)),
        ("1:2:3:4:5:6:7:8", V6(0x00010002_00030004_00050006_00070008)),
        ("::2:3:4:5:6:7:8", V6(0x00000002_00030004_00050006_00070008)),
        ("1:2:3::5:6:7:8", V6(0x00010002_00030000_00050006_00070008)),
        ("1:2:3:4:5:6:7::", V6(0x00010002_00030004_00050006_00070000)),
        ("fe80:0:0:0:0:0:0:0", V6(0xFE80 << 112)),
        ("::1.2.3.4", V6(0x01020304)),
        ("64:ff9b::192.0.2.33", V6(0x0064FF9B_00000000_00000000_C0000221)),
        ("1:2:3:4:5:6:1.2.3.4", V6(0x00010002_00030004_00050006_01020304)),
        ("::FFFF:ffff:0:0:1", V6(0xFFFF_FFFF_0000_0000_0001)),
        # IPv4-mapped, in every spelling.
        ("::ffff:192.0.2.1", V4("192.0.2.1")),
        ("::ffff:c000:201", V4("192.0.2.1")),
        ("::FFFF:C000:0201", V4("192.0.2.1")),
        ("0:0:0:0:0000:ffff:127.1.2.3", V4("127.1.2.3")),
        ("0000:0000:0000:0000:0000:ffff:0:0", V4(0)),
        # Nearly.
        ("::ffff:0:192.0.2.1", V6(0xFFFF_0000_C000_0201)),
        ("::fffe:192.0.2.1", V6(0xFFFE_C000_0201)),
    ],
)
def test_parse(text, ip):
    parsed = parse_ip(text)
    assert parsed == ip
    assert type(parsed) is type(ip)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "x",
        "1",
        "16909060",
        "0x7f000001",
        # Four octets,
        "1.2",
        "1.2.3",
        "1.2.3.4.5",
        "1.2.3.",
        ".1.2.3",
        ".1.2.3.4",
        "1.2.3.4.",
        "1..2.3",
        "...",
        # each of one to three decimal digits, up to 255,
        "1.2.3.256",
        "300.0.0.1",
        "1.2.3.1000",
        "1.2.3.4294967297",
        "1.2.3.x",
        "1.2.3.0x4",
        "1.2.3.-4",
        "+1.2.3.4",
        "1.2.3.4_0",
        "1.2.3.١",
        "1.2.3.²",
        # and no leading zeros: some read them as octal.
        "01.2.3.4",
        "1.2.3.00",
        "1.2.3.004",
        "127.0.0.010",
        # Nothing around it.
        " 1.2.3.4",
        "1.2.3.4 ",
        "1.2.3.4\n",
        "1.2.3.4\0",
        "1.2.3.4/24",
        "1.2.3.4:80",
        "[1.2.3.4]",
        "1.2.3.4%eth0",
        # Eight groups,
        ":",
        ":::",
        "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9",
        "1:2:3:4:5:6:7:",
        ":1:2:3:4:5:6:7",
        ":1:2:3:4:5:6:7:8",
        "1:2:3:4:5:6:7:8:",
        # of one to four hex digits,
        "::12345",
        "::00001",
        "2001:00db8::1",
        "::g",
        "::-1",
        "::+1",
        "::0x1",
        "::1_0",
        "::١",
        # one "::", for at least one group,
        "1::2::3",
        "::1::",
        "1:2:3:4::5:6:7:8",
        "::1:2:3:4:5:6:7:8",
        "1:2:3:4:5:6:7:8::",
        # and IPv4 at the end alone, as strict as by itself.
        "::1.2.3",
        "::1.2.3.4.5",
        "::1.2.3.256",
        "::ffff:1.2.3.04",
        "::ffff:01.2.3.4",
        "1.2.3.4::",
        "::1.2.3.4:5",
        "1:2:3:4:5:6:7:1.2.3.4",
        "1:2:3:4:5:1.2.3.4",
        "1:2:3:4:5:6:7::1.2.3.4",
        "::ffff:1.2.3.4%eth0",
        " ::1",
        "::1 ",
        "::1\n",
        "::1/64",
        "[::1]",
        "[::1]:80",
        "fe80::1%lo",
        "fe80::1%",
        "%eth0",
        "::%",
        "www.example.org",
    ],
)
def test_parse_errors(text):
    with pytest.raises(ParseError) as caught:
        parse_ip(text)
    error = caught.value
    assert str(error) == f"invalid IP address: {text}"
    assert (error.type, error.text) == ("IP address", text)
    assert isinstance(error, ValueError)
    assert (error.timeout, error.temporary) == (False, False)
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


@pytest.mark.parametrize("wrong", [None, 0x7F000001, b"1.2.3.4", b"\x7f\0\0\1", V4("1.2.3.4"), ["1.2.3.4"]])
def test_parse_takes_text(wrong):
    with pytest.raises(TypeError):
        parse_ip(wrong)


@given(st.ip_addresses(v=4))
def test_any_ipv4_and_its_mapped_form(ip):
    assert parse_ip(str(ip)) == ip
    assert parse_ip(f"::ffff:{ip}") == ip
    assert parse_ip(IPv6Address(0xFFFF << 32 | int(ip)).exploded) == ip


@given(st.ip_addresses(v=6))
def test_any_ipv6(ip):
    expected = ip.ipv4_mapped or ip
    assert parse_ip(ip.compressed) == parse_ip(ip.exploded.upper()) == expected


def test_the_longest_text_of_an_address() -> None:
    text = "0000:0000:0000:0000:0000:0000:255.255.255.255"
    assert parse_ip(text) == IPv6Address("::ffff:ffff")
    with pytest.raises(ParseError):
        parse_ip("0" + text)


def test_what_is_too_long_for_an_address_is_not_kept() -> None:
    """Such text comes from anywhere."""
    before = _literal.cache_info()
    with pytest.raises(ParseError):
        parse_ip("x" * 100_000)
    assert _literal.cache_info() == before
