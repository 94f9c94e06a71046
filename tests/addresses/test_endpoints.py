"""`TCPAddr`, `UDPAddr`, `IPAddr`: their parts and texts."""

from ipaddress import IPv4Address, IPv4Interface, IPv4Network, IPv6Address, IPv6Interface, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialnet.addresses import IPAddr, TCPAddr, UDPAddr, split_host_port
from dialnet.errors import AddrError, ParseError

with_ports = pytest.mark.parametrize("cls", [TCPAddr, UDPAddr])
any_kind = pytest.mark.parametrize("cls", [TCPAddr, UDPAddr, IPAddr])


def make(cls, ip=None, zone=""):
    return cls(ip, zone=zone)


@with_ports
@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((), ":0"),
        ((None, 80), ":80"),
        (("192.0.2.1", 25), "192.0.2.1:25"),
        (("192.0.2.1",), "192.0.2.1:0"),
        (("0.0.0.0", 65535), "0.0.0.0:65535"),
        (("::", 80), "[::]:80"),
        (("2001:db8::1", 80), "[2001:db8::1]:80"),
        (("2001:DB8:0:0:1:0:0:1", 80), "[2001:db8::1:0:0:1]:80"),
        (("2001:db8:0:1:1:1:1:1", 80), "[2001:db8:0:1:1:1:1:1]:80"),
        (("fe80::1", 80, "eth0"), "[fe80::1%eth0]:80"),
        (("fe80::1%eth0", 80), "[fe80::1%eth0]:80"),
        (("fe80::1%3", 80), "[fe80::1%3]:80"),
        (("fe80::1%a%b", 80), "[fe80::1%a%b]:80"),
        (("::ffff:192.0.2.1", 80), "192.0.2.1:80"),
        (("::192.0.2.1", 80), "[::c000:201]:80"),
        ((IPv4Address("192.0.2.1"), 80), "192.0.2.1:80"),
        ((IPv6Address("2001:db8::1"), 80), "[2001:db8::1]:80"),
        ((IPv6Address("::ffff:192.0.2.1"), 80), "192.0.2.1:80"),
        ((IPv6Address("fe80::1%eth0"), 80), "[fe80::1%eth0]:80"),
        ((IPv6Address("fe80::1%eth0"), 80, "eth0"), "[fe80::1%eth0]:80"),
    ],
)
def test_text_with_port(cls, arguments, text):
    assert str(cls(*arguments)) == text


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((), ""),
        (("192.0.2.1",), "192.0.2.1"),
        (("2001:db8::1",), "2001:db8::1"),
        (("fe80::1", "eth0"), "fe80::1%eth0"),
        (("fe80::1%eth0",), "fe80::1%eth0"),
        (("::ffff:192.0.2.1",), "192.0.2.1"),
    ],
)
def test_text_without_port(arguments, text):
    assert str(IPAddr(*arguments)) == text


def test_networks():
    assert [cls().network for cls in (TCPAddr, UDPAddr, IPAddr)] == ["tcp", "udp", "ip"]


def test_repr():
    assert repr(TCPAddr()) == "TCPAddr(None, 0)"
    assert repr(UDPAddr("192.0.2.1", 80)) == "UDPAddr('192.0.2.1', 80)"
    assert repr(TCPAddr("fe80::1", 80, "eth0")) == "TCPAddr('fe80::1', 80, 'eth0')"
    assert repr(IPAddr()) == "IPAddr(None)"
    assert repr(IPAddr("fe80::1%eth0")) == "IPAddr('fe80::1', 'eth0')"


@any_kind
@pytest.mark.parametrize(
    ("given_ip", "ip", "zone"),
    [
        (None, None, ""),
        ("192.0.2.1", IPv4Address("192.0.2.1"), ""),
        ("::ffff:192.0.2.1", IPv4Address("192.0.2.1"), ""),
        (IPv6Address("::ffff:192.0.2.1"), IPv4Address("192.0.2.1"), ""),
        (IPv4Interface("192.0.2.1/24"), IPv4Address("192.0.2.1"), ""),
        (IPv6Interface("2001:db8::1/64"), IPv6Address("2001:db8::1"), ""),
        (IPv6Interface("fe80::1%eth0/64"), IPv6Address("fe80::1"), "eth0"),
        (IPv6Address("fe80::1%eth0"), IPv6Address("fe80::1"), "eth0"),
        ("fe80::1%eth0", IPv6Address("fe80::1"), "eth0"),
    ],
)
def test_parts(cls, given_ip, ip, zone):
    address = make(cls, given_ip)
    assert (address.ip, address.zone) == (ip, zone)
    assert type(address.ip) is type(ip)
    assert getattr(address.ip, "scope_id", None) is None


@any_kind
def test_plain_ip_is_kept_as_it_is(cls):
    for ip in (IPv4Address("192.0.2.1"), IPv6Address("2001:db8::1")):
        assert make(cls, ip).ip is ip


@any_kind
@pytest.mark.parametrize(
    "text",
    [
        "",
        "localhost",
        "1.2.3",
        "01.2.3.4",
        "1.2.3.4%eth0",
        "1.2.3.4/24",
        "[::1]",
        "fe80::1%",
        "%eth0",
        ":80",
        "1.2.3.4:80",
    ],
)
def test_bad_text(cls, text):
    with pytest.raises(ParseError) as caught:
        make(cls, text)
    assert str(caught.value) == f"invalid IP address: {text}"
    assert caught.value.text == text


@any_kind
@pytest.mark.parametrize(
    ("ip", "zone", "text"),
    [
        (None, "eth0", "address %eth0: zone on an address that is not IPv6"),
        ("192.0.2.1", "eth0", "address 192.0.2.1%eth0: zone on an address that is not IPv6"),
        (IPv4Address("192.0.2.1"), "eth0", "address 192.0.2.1%eth0: zone on an address that is not IPv6"),
        ("::ffff:192.0.2.1%eth0", "", "address 192.0.2.1%eth0: zone on an address that is not IPv6"),
        ("fe80::1%eth0", "eth1", "address fe80::1%eth0 and eth1: two different zones"),
        (IPv6Address("fe80::1%eth0"), "eth1", "address fe80::1%eth0 and eth1: two different zones"),
    ],
)
def test_bad_zones(cls, ip, zone, text):
    with pytest.raises(AddrError) as caught:
        make(cls, ip, zone)
    assert str(caught.value) == text


@any_kind
@pytest.mark.parametrize(
    "wrong", [0, 0x7F000001, b"\x7f\0\0\1", b"127.0.0.1", True, ["1.2.3.4"], IPv4Network("192.0.2.0/24")]
)
def test_wrong_type_of_ip(cls, wrong):
    with pytest.raises(TypeError):
        make(cls, wrong)


@any_kind
@pytest.mark.parametrize("ip", [None, "fe80::1", IPv4Address("192.0.2.1")])
@pytest.mark.parametrize("wrong", [None, 3, b"eth0"])
@pytest.mark.filterwarnings("ignore::BytesWarning")
def test_wrong_type_of_zone(cls, ip, wrong):
    with pytest.raises(TypeError):
        make(cls, ip, wrong)


@with_ports
@pytest.mark.parametrize("port", [-1, 65536, 1 << 32, 4294967376])
def test_port_out_of_range(cls, port):
    with pytest.raises(AddrError) as caught:
        cls("192.0.2.1", port)
    assert (caught.value.err, caught.value.addr) == ("invalid port", str(port))
    assert str(caught.value) == f"address {port}: invalid port"


@with_ports
@pytest.mark.parametrize("port", [None, "80", b"80", 80.0, True, False, (80,)])
def test_wrong_type_of_port(cls, port):
    with pytest.raises(TypeError):
        cls("192.0.2.1", port)


@given(
    st.none() | st.ip_addresses(),
    st.integers(0, 65535),
    st.sampled_from(["", "eth0", "1", "wlan0.3"]),
)
def test_text_reads_back(ip, port, zone):
    if ip is None or ip.version == 4 or ip.ipv4_mapped:
        zone = ""
    address = TCPAddr(ip, port, zone)
    host, text_port = split_host_port(str(address))
    assert TCPAddr(host or None, int(text_port)) == address
    if ip is not None:
        alone = IPAddr(ip, zone)
        assert IPAddr(str(alone)) == alone
        assert IPAddr(ip_address(str(alone))) == alone
