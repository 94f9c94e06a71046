"""`IPNet`, `parse_cidr`, `cidr_mask`, `default_mask`."""

from ipaddress import (
    IPv4Address,
    IPv4Interface,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialnet.addresses import IPNet, cidr_mask, default_mask, parse_cidr
from dialnet.errors import InvalidAddrError, ParseError


@pytest.mark.parametrize(
    ("text", "ip", "network"),
    [
        ("192.0.2.1/24", "192.0.2.1", "192.0.2.0/24"),
        ("192.0.2.1/32", "192.0.2.1", "192.0.2.1/32"),
        ("192.0.2.1/0", "192.0.2.1", "0.0.0.0/0"),
        ("192.0.2.255/25", "192.0.2.255", "192.0.2.128/25"),
        ("10.200.30.40/9", "10.200.30.40", "10.128.0.0/9"),
        ("192.0.2.1/08", "192.0.2.1", "192.0.0.0/8"),
        ("192.0.2.1/" + "0" * 6000 + "24", "192.0.2.1", "192.0.2.0/24"),
        ("192.0.2.1/000", "192.0.2.1", "0.0.0.0/0"),
        ("2001:db8::1/32", "2001:db8::1", "2001:db8::/32"),
        ("2001:DB8:ffff::1/33", "2001:db8:ffff::1", "2001:db8:8000::/33"),
        ("2001:db8::1/128", "2001:db8::1", "2001:db8::1/128"),
        ("::1/0", "::1", "::/0"),
        ("::1.2.3.4/120", "::102:304", "::102:300/120"),
        # A mapped address is read with all its bits, and is IPv4 if the mask leaves it mapped.
        ("::ffff:192.0.2.1/120", "192.0.2.1", "192.0.2.0/24"),
        ("::ffff:c000:201/128", "192.0.2.1", "192.0.2.1/32"),
        ("::ffff:192.0.2.1/96", "192.0.2.1", "0.0.0.0/0"),
        ("::ffff:192.0.2.1/95", "192.0.2.1", "::fffe:0:0/95"),
        ("::ffff:192.0.2.1/24", "192.0.2.1", "::/24"),
    ],
)
def test_parse_cidr(text, ip, network):
    address, net = parse_cidr(text)
    assert address == ip_address(ip)
    assert str(net) == network
    assert net.as_ipaddress == ip_network(network)
    assert net.prefix_len == ip_network(network).prefixlen
    assert net.mask == ip_network(network).netmask.packed


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/",
        "/24",
        "192.0.2.1",
        "192.0.2.1/",
        "192.0.2.1/33",
        "192.0.2.1/-1",
        "192.0.2.1/+8",
        "192.0.2.1/ 8",
        "192.0.2.1/8 ",
        "192.0.2.1/8_",
        "192.0.2.1/1_0",
        "192.0.2.1/0x8",
        "192.0.2.1/²",
        "192.0.2.1/١",
        "192.0.2.1/a",
        "192.0.2.1/24/24",
        "192.0.2.1//24",
        "192.0.2.1/255.255.255.0",
        "192.0.2.1/4294967304",
        "192.0.2.1/" + "9" * 6000,
        "192.0.2/24",
        "192.0.2.01/24",
        "192.0.2.256/24",
        "2001:db8::/129",
        "2001:db8::/",
        "2001:db8::",
        "2001:db8::g/32",
        "fe80::%en0/64",
        "fe80::/64%en0",
        "::ffff:192.0.2.1/129",
        "local/24",
    ],
)
def test_parse_cidr_errors(text):
    with pytest.raises(ParseError) as caught:
        parse_cidr(text)
    assert str(caught.value) == f"invalid CIDR address: {text}"
    assert (caught.value.type, caught.value.text) == ("CIDR address", text)


@pytest.mark.parametrize("wrong", [None, b"192.0.2.0/24", 24, IPv4Network("192.0.2.0/24")])
def test_parse_cidr_takes_text(wrong):
    with pytest.raises(TypeError):
        parse_cidr(wrong)


@given(st.ip_addresses(), st.data())
def test_parse_cidr_as_ipaddress_does(ip, data):
    prefix = data.draw(st.integers(0, ip.max_prefixlen))
    address, net = parse_cidr(f"{ip}/{prefix}")
    if ip.version == 6 and ip.ipv4_mapped:
        return
    expected = ip_network((int(ip), prefix), strict=False) if ip.version == 4 else None
    expected = expected or IPv6Network((int(ip), prefix), strict=False)
    assert (address, net.as_ipaddress, str(net)) == (ip, expected, str(expected))
    assert net.contains(ip)
    assert parse_cidr(str(net)) == (expected.network_address, net)


@pytest.mark.parametrize(
    ("ip", "mask", "text", "prefix"),
    [
        ("192.0.2.0", "ffffff00", "192.0.2.0/24", 24),
        # An interface's own address is kept whole.
        ("127.0.0.1", "ff000000", "127.0.0.1/8", 8),
        ("192.0.2.1", "00000000", "192.0.2.1/0", 0),
        ("192.0.2.1", "ffffffff", "192.0.2.1/32", 32),
        ("192.0.2.1", "fffffff8", "192.0.2.1/29", 29),
        ("192.0.2.1", "ff00ff00", "192.0.2.1/ff00ff00", None),
        ("198.51.100.1", "c000ff00", "198.51.100.1/c000ff00", None),
        ("192.0.2.1", "00000001", "192.0.2.1/00000001", None),
        ("192.0.2.1", "ff80ff00", "192.0.2.1/ff80ff00", None),
        ("192.0.2.1", "f0f00000", "192.0.2.1/f0f00000", None),
        ("2001:db8::1", "ffffffffffff" + 20 * "0", "2001:db8::1/48", 48),
        ("2001:db8::1", 32 * "0", "2001:db8::1/0", 0),
        ("2001:db8::1", 32 * "f", "2001:db8::1/128", 128),
        ("2001:db8::1", 31 * "f" + "1", f"2001:db8::1/{31 * 'f'}1", None),
        # IPv4 in IPv6 clothes, either of them.
        ("::ffff:192.0.2.1", "ffffff00", "192.0.2.1/24", 24),
        ("192.0.2.1", 24 * "f" + "ffffff00", "192.0.2.1/24", 24),
        ("::ffff:192.0.2.1", 24 * "f" + "ff00ff00", "192.0.2.1/ff00ff00", None),
    ],
)
def test_text_and_prefix(ip, mask, text, prefix):
    net = IPNet(ip, bytes.fromhex(mask))
    assert str(net) == f"{net}" == text
    assert net.prefix_len == prefix
    assert net.network == "ip+net"
    assert net == IPNet(ip_address(ip), bytearray.fromhex(mask))
    assert net.mask == bytes.fromhex(mask)[-len(net.ip.packed) :]
    if prefix is None:
        with pytest.raises(InvalidAddrError) as caught:
            _ = net.as_ipaddress
        assert str(caught.value) == f"no prefix length in mask {net.mask.hex()}"
    else:
        assert net.as_ipaddress == ip_network(text, strict=False)


@pytest.mark.parametrize(
    ("ip", "mask", "error", "text"),
    [
        ("192.0.2.1", b"", InvalidAddrError, "an IPv4 mask has 4 bytes, not ''"),
        ("192.0.2.1", b"\xff\xff\xff", InvalidAddrError, "an IPv4 mask has 4 bytes, not 'ffffff'"),
        ("2001:db8::1", b"\xff\xff\xff\0", InvalidAddrError, "an IPv6 mask has 16 bytes, not 'ffffff00'"),
        ("192.0.2.1", bytes(16), InvalidAddrError, f"an IPv4 mask has 4 bytes, not '{32 * '0'}'"),
        ("192.0.2.0/24", bytes(4), ParseError, "invalid IP address: 192.0.2.0/24"),
        ("fe80::1%eth0", bytes(16), ParseError, "invalid IP address: fe80::1%eth0"),
    ],
)
def test_bad_values(ip, mask, error, text):
    with pytest.raises(error) as caught:
        IPNet(ip, mask)
    assert str(caught.value) == text


@pytest.mark.parametrize(
    ("ip", "mask"),
    [
        (None, bytes(4)),
        (0x7F000001, bytes(4)),
        (b"\x7f\0\0\1", bytes(4)),
        ("192.0.2.1", 24),
        ("192.0.2.1", "ffffff00"),
        ("192.0.2.1", None),
        ("192.0.2.1", [255, 0, 0, 0]),
    ],
)
def test_wrong_types(ip, mask):
    with pytest.raises(TypeError):
        IPNet(ip, mask)


def test_ip_is_plain():
    net = IPNet(IPv4Interface("192.0.2.1/24"), bytes(4))
    assert type(net.ip) is IPv4Address
    assert str(IPNet(IPv6Address("fe80::1%eth0"), cidr_mask(64, 128))) == "fe80::1/64"


@pytest.mark.parametrize(
    ("net", "ip", "inside"),
    [
        ("192.0.2.0/24", "192.0.2.0", True),
        ("192.0.2.0/24", "192.0.2.255", True),
        ("192.0.2.0/24", "192.0.3.0", False),
        ("192.0.2.0/24", "192.0.1.255", False),
        ("192.0.2.128/25", "192.0.2.127", False),
        ("0.0.0.0/0", "255.1.2.3", True),
        ("192.0.2.1/32", "192.0.2.1", True),
        ("192.0.2.1/32", "192.0.2.2", False),
        ("192.0.2.0/24", "::ffff:192.0.2.7", True),
        ("192.0.2.0/24", "::192.0.2.7", False),
        ("0.0.0.0/0", "::1", False),
        ("::/0", "192.0.2.1", False),
        ("::/0", "::ffff:192.0.2.1", False),
        ("2001:db8::/32", "2001:db8:ffff::1", True),
        ("2001:db8::/32", "2001:db9::", False),
        ("2001:db8::/127", "2001:db8::1", True),
        ("2001:db8::/127", "2001:db8::2", False),
    ],
)
def test_contains(net, ip, inside):
    _, net = parse_cidr(net)
    assert net.contains(ip) is inside
    assert net.contains(ip_address(ip)) is inside


def test_contains_looks_at_the_masked_bits_alone():
    holes = IPNet("192.1.2.3", b"\xff\0\xff\0")
    assert holes.contains("192.99.2.99")
    assert not holes.contains("192.99.3.99")
    assert not holes.contains("193.99.2.99")
    own = IPNet("192.0.2.77", cidr_mask(24, 32))
    assert own.contains("192.0.2.1")
    assert IPNet("fe80::", cidr_mask(10, 128)).contains(IPv6Address("fe80::1%eth0"))


@pytest.mark.parametrize("wrong", [None, 1, b"\x7f\0\0\1", IPv4Network("192.0.2.0/24")])
def test_contains_takes_addresses(wrong):
    with pytest.raises(TypeError):
        IPNet("192.0.2.0", bytes(4)).contains(wrong)


def test_contains_parses_text():
    with pytest.raises(ParseError):
        IPNet("192.0.2.0", bytes(4)).contains("localhost")


@pytest.mark.parametrize(
    ("ones", "bits", "mask"),
    [
        (0, 32, "00000000"),
        (1, 32, "80000000"),
        (12, 32, "fff00000"),
        (24, 32, "ffffff00"),
        (32, 32, "ffffffff"),
        (0, 128, 32 * "0"),
        (33, 128, "ffffffff8" + 23 * "0"),
        (128, 128, 32 * "f"),
    ],
)
def test_cidr_mask(ones, bits, mask):
    assert cidr_mask(ones, bits).hex() == mask


@pytest.mark.parametrize(
    ("ones", "bits", "text"),
    [
        (33, 32, "a mask of 32 bits cannot start with 33 ones"),
        (-1, 32, "a mask of 32 bits cannot start with -1 ones"),
        (129, 128, "a mask of 128 bits cannot start with 129 ones"),
        (0, 0, "a mask has 32 or 128 bits, not 0"),
        (8, 33, "a mask has 32 or 128 bits, not 33"),
    ],
)
def test_cidr_mask_errors(ones, bits, text):
    with pytest.raises(InvalidAddrError) as caught:
        cidr_mask(ones, bits)
    assert str(caught.value) == text
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize(("ones", "bits"), [("24", 32), (24, "32"), (24.0, 32), (True, 32), (None, 32)])
def test_cidr_mask_takes_ints(ones, bits):
    with pytest.raises(TypeError):
        cidr_mask(ones, bits)


@given(st.sampled_from([32, 128]), st.data())
def test_prefix_len_undoes_cidr_mask(bits, data):
    ones = data.draw(st.integers(0, bits))
    assert IPNet("192.0.2.1" if bits == 32 else "::1", cidr_mask(ones, bits)).prefix_len == ones


@pytest.mark.parametrize(
    ("ip", "ones"),
    [
        ("0.0.0.0", 8),
        ("10.1.2.3", 8),
        ("127.255.255.255", 8),
        ("128.0.0.0", 16),
        ("172.16.0.1", 16),
        ("191.255.255.255", 16),
        ("192.0.0.0", 24),
        ("224.0.0.1", 24),
        ("255.255.255.255", 24),
        ("::ffff:10.1.2.3", 8),
    ],
)
def test_default_mask(ip, ones):
    assert default_mask(ip) == default_mask(ip_address(ip)) == cidr_mask(ones, 32)


def test_default_mask_is_ipv4s():
    assert default_mask("2001:db8::1") is None
    assert default_mask(IPv6Address("fe80::1%eth0")) is None
    with pytest.raises(TypeError):
        default_mask(None)
    with pytest.raises(ParseError):
        default_mask("10")
