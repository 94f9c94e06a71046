"""Between addresses and the tuples of `socket`."""

import errno
import os
import socket
import sys
import threading
from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialnet.addresses import IPAddr, IPNet, TCPAddr, UDPAddr, UnixAddr, zones
from dialnet.addresses.sockaddr import UNIX_PATH_MAX, from_sockaddr, to_sockaddr, unix_sockaddr
from dialnet.errors import AddrError, InvalidAddrError, ParseError

linux = pytest.mark.skipif(sys.platform != "linux", reason="abstract names are Linux's")
INET, INET6 = socket.AF_INET, socket.AF_INET6


@pytest.fixture
def interfaces(monkeypatch):
    """One interface, eth0, with index 7; `asked` counts the questions."""

    class Interfaces:
        name, asked = "eth0", 0

        def if_indextoname(self, index):
            self.asked += 1
            if index == 7:
                return self.name
            raise OSError(errno.ENXIO, os.strerror(errno.ENXIO))

        def if_nametoindex(self, name):
            self.asked += 1
            if name == self.name:
                return 7
            raise OSError("no interface with this name")

    there = Interfaces()
    monkeypatch.setattr(zones, "socket", there)
    return there


@pytest.mark.parametrize(
    ("sockaddr", "ip"),
    [
        (("192.0.2.1", 80), IPv4Address("192.0.2.1")),
        (("0.0.0.0", 80), IPv4Address(0)),
        (("255.255.255.255", 80), IPv4Address("255.255.255.255")),
        (("::", 80, 0, 0), IPv6Address("::")),
        (("2001:db8::1", 80, 0, 0), IPv6Address("2001:db8::1")),
        (("2001:db8::1", 80, 5, 0), IPv6Address("2001:db8::1")),
        (("::ffff:192.0.2.1", 80, 0, 0), IPv4Address("192.0.2.1")),
        (("::192.0.2.1", 80, 0, 0), IPv6Address("::192.0.2.1")),
        (("fe80::1", 80, 0, 0), IPv6Address("fe80::1")),
    ],
)
def test_from_inet(sockaddr, ip):
    for cls in (TCPAddr, UDPAddr):
        address = from_sockaddr(cls, sockaddr)
        assert type(address) is cls
        assert (address.ip, address.port, address.zone) == (ip, 80, "")
        assert address == cls(ip, 80)
        assert from_sockaddr(cls, (*sockaddr,)) is address
    assert from_sockaddr(IPAddr, sockaddr) == IPAddr(ip)


def test_from_inet_with_zone(interfaces):
    sockaddr = ("fe80::1", 80, 0, 7)
    assert from_sockaddr(TCPAddr, sockaddr) == TCPAddr("fe80::1", 80, "eth0")
    assert from_sockaddr(IPAddr, sockaddr) == IPAddr("fe80::1%eth0")
    # Asked again each time: names change.
    interfaces.name = "wan"
    assert str(from_sockaddr(UDPAddr, sockaddr)) == "[fe80::1%wan]:80"
    assert from_sockaddr(TCPAddr, ("fe80::1", 80, 0, 9)) == TCPAddr("fe80::1", 80, "9")
    # Some loops put the zone into the host.
    assert from_sockaddr(TCPAddr, ("fe80::1%wan", 80, 0, 0)) == TCPAddr("fe80::1", 80, "wan")
    assert from_sockaddr(TCPAddr, ("fe80::1%wan", 80, 0, 9)) == TCPAddr("fe80::1", 80, "9")
    assert from_sockaddr(TCPAddr, ("::ffff:192.0.2.1", 80, 0, 7)) == TCPAddr("192.0.2.1", 80)


def test_from_inet_without_number():
    with pytest.raises(ParseError) as caught:
        from_sockaddr(TCPAddr, ("localhost", 80))
    assert str(caught.value) == "invalid IP address: localhost"


@pytest.mark.parametrize(
    ("sockaddr", "name"),
    [
        ("/run/x.sock", "/run/x.sock"),
        ("x", "x"),
        ("", "@"),
        (b"", "@"),
        (b"\0", "@"),
        (b"\0name", "@name"),
        (b"\0name\0\0\0", "@name"),
        (b"\0na\0me", "@na"),
        (b"\x00001a2", "@001a2"),
        ("\udcff", os.fsdecode(b"\xff")),
        # A file is not an abstract name, whatever it is called.
        ("@name", "./@name"),
    ],
)
def test_from_unix(sockaddr, name):
    assert from_sockaddr(UnixAddr, sockaddr) == UnixAddr(name, "unix")
    assert from_sockaddr(UnixAddr, sockaddr, "unixgram") == UnixAddr(name, "unixgram")


def test_cache_is_bounded():
    first = from_sockaddr(UDPAddr, ("192.0.2.1", 1))
    for port in range(1, 5001):
        from_sockaddr(UDPAddr, ("192.0.2.2", port))
    again = from_sockaddr(UDPAddr, ("192.0.2.1", 1))
    assert again is not first
    assert again == first


def test_cache_by_class():
    sockaddr = ("192.0.2.1", 80)
    assert {type(from_sockaddr(cls, sockaddr)) for cls in (TCPAddr, UDPAddr, IPAddr)} == {
        TCPAddr,
        UDPAddr,
        IPAddr,
    }


@pytest.mark.parametrize(
    ("ip", "inet", "inet6"),
    [
        (None, "0.0.0.0", "::"),
        ("0.0.0.0", "0.0.0.0", "::"),
        ("192.0.2.1", "192.0.2.1", "::ffff:192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1", "::ffff:192.0.2.1"),
        ("::", None, "::"),
        ("2001:db8::1", None, "2001:db8::1"),
    ],
)
def test_to_inet(ip, inet, inet6):
    for address, port in ((TCPAddr(ip, 80), 80), (UDPAddr(ip, 80), 80), (IPAddr(ip), 0)):
        for _ in "once", "remembered":
            assert to_sockaddr(address, INET6) == (inet6, port, 0, 0)
            if inet is not None:
                assert to_sockaddr(address, INET) == (inet, port)
                continue
            with pytest.raises(AddrError) as caught:
                to_sockaddr(address, INET)
            assert (caught.value.err, caught.value.addr) == ("non-IPv4 address", ip)
            assert str(caught.value) == f"address {ip}: non-IPv4 address"


def test_to_inet_remembers():
    address = UDPAddr("192.0.2.1", 80)
    assert to_sockaddr(address, INET) is to_sockaddr(address, INET)
    assert to_sockaddr(address, INET6) is to_sockaddr(address, INET6)
    assert address == UDPAddr("192.0.2.1", 80)
    assert hash(address) == hash(UDPAddr("192.0.2.1", 80))


@pytest.mark.parametrize(
    ("zone", "scope_id"),
    [
        ("eth0", 7),
        ("7", 7),
        ("12", 12),
        ("007", 7),
        ("4294967295", 4294967295),
        ("4294967296", 0),
        ("99999999999999999999", 0),
        ("nosuch", 0),
        ("12x", 0),
        ("-1", 0),
        ("²", 0),
        ("١", 0),
    ],
)
def test_to_inet_with_zone(interfaces, zone, scope_id):
    address = TCPAddr("fe80::1", 80, zone)
    assert to_sockaddr(address, INET6) == ("fe80::1", 80, 0, scope_id)
    assert to_sockaddr(IPAddr("fe80::1", zone), INET6) == ("fe80::1", 0, 0, scope_id)


def test_zone_is_asked_for_each_time(interfaces):
    address = TCPAddr("fe80::1", 80, "wan")
    assert to_sockaddr(address, INET6)[3] == 0
    interfaces.name = "wan"
    assert to_sockaddr(address, INET6)[3] == 7


def test_zone_no_system_takes():
    for zone in ("a\0b", "\ud800", "x" * 300):
        assert to_sockaddr(TCPAddr("fe80::1", 80, zone), INET6) == ("fe80::1", 80, 0, 0)
    assert zones.zone_of(0) == ""
    assert zones.zone_of(0xFFFFFFFF) == "4294967295"
    assert zones.zone_of(1 << 80) == str(1 << 80)


def test_zone_of_a_real_interface():
    for index, name in socket.if_nameindex():
        assert zones.zone_of(index) == name
        assert zones.scope_of(name) == index


def test_to_inet_of_another_family():
    with pytest.raises(AddrError) as caught:
        to_sockaddr(TCPAddr("192.0.2.1", 80), 99)
    assert str(caught.value) == "address 192.0.2.1:80: invalid address family"


@pytest.mark.parametrize("wrong", [None, "127.0.0.1:80", ("127.0.0.1", 80), IPNet("192.0.2.0", bytes(4))])
def test_to_sockaddr_takes_addresses(wrong):
    with pytest.raises(TypeError):
        to_sockaddr(wrong, INET)


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("", b""),
        ("/run/x.sock", b"/run/x.sock"),
        ("@name", b"\0name"),
        ("\0name", b"\0name"),
        ("@", b"\0"),
        ("@na\0me", b"\0na\0me"),
        ("@@name", b"\0@name"),
        ("./@name", b"./@name"),
        ("\udcff\u00e9", b"\xff\xc3\xa9"),
        ("x" * (UNIX_PATH_MAX - 1), b"x" * (UNIX_PATH_MAX - 1)),
        ("@" + "x" * (UNIX_PATH_MAX - 1), b"\0" + b"x" * (UNIX_PATH_MAX - 1)),
    ],
)
def test_to_unix(name, raw):
    assert to_sockaddr(UnixAddr(name), 0) == unix_sockaddr(name) == raw


@pytest.mark.parametrize("name", ["x" * 108, "@" + "x" * 108, "\u00e9" * 54, b"\xff" * 108])
def test_to_unix_too_long(name):
    with pytest.raises(OSError) as caught:
        to_sockaddr(UnixAddr(name), 0)
    assert caught.value.errno == errno.EINVAL
    assert caught.value.strerror == os.strerror(errno.EINVAL)


def test_to_unix_elsewhere():
    assert unix_sockaddr("x" * 103, 104) == b"x" * 103
    with pytest.raises(OSError):
        unix_sockaddr("x" * 104, 104)
    assert unix_sockaddr("@name", abstract=False) == b"@name"
    with pytest.raises(OSError):
        unix_sockaddr("@" * 108, abstract=False)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("/run\0/x", r"NUL byte in unix socket path: '/run\x00/x'"),
        ("/run/x\0", r"NUL byte in unix socket path: '/run/x\x00'"),
        ("/run/\ud800", r"unix socket name cannot be encoded: '/run/\ud800'"),
    ],
)
def test_to_unix_errors(name, text):
    with pytest.raises(InvalidAddrError) as caught:
        to_sockaddr(UnixAddr(name), 0)
    assert str(caught.value) == text


@given(st.ip_addresses(), st.integers(0, 65535))
def test_there_and_back(ip, port):
    address = UDPAddr(ip, port)
    if isinstance(address.ip, IPv4Address):
        assert from_sockaddr(UDPAddr, to_sockaddr(address, INET)) == address
    # 0.0.0.0 goes out as ::, and that is another address.
    if int(address.ip) or address.ip.version == 6:
        assert from_sockaddr(UDPAddr, to_sockaddr(address, INET6)) == address


@given(st.binary(min_size=1, max_size=107).filter(lambda raw: b"\0" not in raw))
def test_there_and_back_unix(raw):
    address = UnixAddr(raw)
    back = to_sockaddr(address, 0)
    seen = back if back.startswith(b"\0") else os.fsdecode(back)
    assert from_sockaddr(UnixAddr, seen) == address


@pytest.mark.parametrize("family", [INET, INET6])
def test_the_kernel_agrees(family):
    loopback = "127.0.0.1" if family == INET else "::1"
    with socket.socket(family, socket.SOCK_DGRAM) as one, socket.socket(family, socket.SOCK_DGRAM) as two:
        for side in one, two:
            try:
                side.bind(to_sockaddr(UDPAddr(loopback), family))
            except OSError as error:
                pytest.skip(f"no {loopback} here: {error}")
            side.settimeout(30)
        address = from_sockaddr(UDPAddr, two.getsockname())
        assert str(address.ip) == loopback
        one.sendto(b"ping", to_sockaddr(address, family))
        data, sender = two.recvfrom(100)
        assert data == b"ping"
        assert from_sockaddr(UDPAddr, sender) == from_sockaddr(UDPAddr, one.getsockname())


@linux
def test_the_kernel_agrees_on_unix_names(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    longest = "@dialnet-" + os.urandom(8).hex()
    longest += "x" * (UNIX_PATH_MAX - len(longest))
    for name in (b"p\xffq", "relative", "@dialnet-" + os.urandom(8).hex(), longest, "y" * 107):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as one:
            one.bind(to_sockaddr(UnixAddr(name), socket.AF_UNIX))
            assert from_sockaddr(UnixAddr, one.getsockname()) == UnixAddr(name)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as one:
        assert str(from_sockaddr(UnixAddr, one.getsockname())) == "@"
        one.bind(to_sockaddr(UnixAddr(""), socket.AF_UNIX))
        assert len(str(from_sockaddr(UnixAddr, one.getsockname()))) == len("@00001")


def test_shared_by_threads():
    tuples = [(f"192.0.2.{n}", n) for n in range(50)]
    shared = [UDPAddr(host, port) for host, port in tuples]
    wrong = []
    start = threading.Barrier(8)

    def work():
        start.wait()
        for _ in range(20):
            for address, sockaddr in zip(shared, tuples):
                good = from_sockaddr(UDPAddr, sockaddr) == address
                good &= to_sockaddr(address, INET) == sockaddr
                good &= to_sockaddr(address, INET6) == (f"::ffff:{sockaddr[0]}", sockaddr[1], 0, 0)
                good &= hash(address) == hash(UDPAddr(*sockaddr))
                if not good:
                    wrong.append(address)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
