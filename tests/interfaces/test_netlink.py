"""Netlink's bytes: good ones, every way of cutting them, and any others."""

from __future__ import annotations

import contextlib
import errno
import socket
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dialnet as net
from dialnet.netif import linux
from dialnet.netif.groups import parse_igmp, parse_igmp6
from dialnet.netif.linux import parse_address, parse_link
from dialnet.netif.netlink import RTM_NEWADDR, RTM_NEWLINK, Dump, NetlinkError, attributes, dump_request

MULTI, INTERRUPTED = 0x2, 0x10
ERROR, DONE, OVERRUN = 2, 3, 4


def message(kind: int, payload: bytes = b"", flags: int = MULTI, sequence: int = 1) -> bytes:
    head = struct.pack("=IHHII", 16 + len(payload), kind, flags, sequence, 99)
    return head + payload + bytes(-len(payload) % 4)


def attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("=HH", 4 + len(value), kind) + value + bytes(-len(value) % 4)


def link(index: int = 3, kind: int = 1, flags: int = 0, *attrs: bytes) -> bytes:
    return struct.pack("=BxHiII", 0, kind, index, flags, 0) + b"".join(attrs)


def address(family: int, ones: int, *attrs: bytes, index: int = 3) -> bytes:
    return struct.pack("=BBBBI", family, ones, 0, 0, index) + b"".join(attrs)


def fed(*datagrams: bytes) -> Dump:
    dump = Dump(RTM_NEWLINK, 1)
    for data in datagrams:
        dump.feed(data)
    return dump


def test_a_dump() -> None:
    end = message(DONE, struct.pack("=i", 0))
    dump = fed(message(RTM_NEWLINK, b"one") + message(RTM_NEWLINK, b"four"), message(RTM_NEWLINK, b"") + end)
    assert (dump.payloads, dump.done, dump.interrupted) == ([b"one", b"four", b""], True, False)
    assert not fed(message(RTM_NEWLINK, b"one")).done
    assert fed(message(RTM_NEWLINK, b"alone", flags=0)).done
    assert fed(message(DONE)).done
    assert fed(message(RTM_NEWLINK, b"one", MULTI | INTERRUPTED)).interrupted
    # What is of another kind, or answers another question, is none of ours; nor what follows the end.
    other = message(RTM_NEWADDR, b"other") + message(RTM_NEWLINK, b"other", sequence=2)
    assert fed(other + end + message(RTM_NEWLINK, b"late")).payloads == []


@pytest.mark.parametrize("kind", [ERROR, DONE])
def test_an_error_of_the_kernel(kind: int) -> None:
    with pytest.raises(PermissionError) as caught:
        fed(message(kind, struct.pack("=i", -errno.EPERM) + bytes(16)))
    assert caught.value.errno == errno.EPERM


BROKEN = [
    b"",
    b"\0",
    bytes(15),
    bytes(16),
    message(RTM_NEWLINK, b"abcd")[:-1],
    struct.pack("=IHHII", 15, RTM_NEWLINK, 0, 1, 0),
    struct.pack("=IHHII", 2**32 - 1, RTM_NEWLINK, 0, 1, 0) + bytes(100),
    message(RTM_NEWLINK, b"one") + b"\1",
    message(ERROR),
    message(ERROR, struct.pack("=i", 0)),
    message(ERROR, struct.pack("=i", 5)),
    message(ERROR, struct.pack("=i", -(2**31))),
    message(DONE, struct.pack("=i", -5000)),
    message(OVERRUN),
]


@pytest.mark.parametrize("data", BROKEN)
def test_broken_datagrams(data: bytes) -> None:
    with pytest.raises(NetlinkError, match=r"^netlink: ") as caught:
        fed(data)
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize(
    "data", [b"\0", bytes(4), b"\3\0\1\0", b"\5\0\1\0", b"\xff\xff\1\0", attribute(1, b"abcd") + b"\4"]
)
def test_broken_attributes(data: bytes) -> None:
    with pytest.raises(NetlinkError):
        attributes(data)


def test_attributes() -> None:
    assert attributes(attribute(1, b"a") + attribute(2 | 0x8000, b"") + attribute(1, b"b")) == {
        1: b"b",
        2: b"",
    }
    assert attributes(b"\5\0\1\0x") == {1: b"x"}  # the last one's padding may be missing


def test_a_link() -> None:
    mtu = attribute(4, struct.pack("=I", 1280))
    name = attribute(3, b"eth\xff0\0")
    found = parse_link(link(7, 1, 0x1 | 0x1000 | 0x40, mtu, name, attribute(1, b"\2\0\0\0\0\1")))
    assert found == net.Interface(
        7, 1280, "eth\udcff0", net.HardwareAddr(b"\2\0\0\0\0\1"), net.Flags(1 | 16 | 32)
    )
    assert str(parse_link(link(7, 1, 0xFFFFFFFF)).flags).count("|") == 5
    assert parse_link(link(1)).name == ""


@pytest.mark.parametrize(
    ("kind", "packed", "kept"),
    [
        (768, b"\xc0\0\2\1", False),
        (776, b"\xc0\0\2\1", False),
        (778, b"\xc0\0\2\1", False),
        (769, bytes(15) + b"\1", False),
        (823, bytes(15) + b"\1", False),
        (1, bytes(6), False),
        (1, b"", False),
        (1, b"\xc0\0\2\1", True),
        (778, b"\2\0\0\0\0\1", True),
        (32, bytes(19) + b"\1", True),
    ],
)
def test_which_hardware_addresses_are_some(kind: int, packed: bytes, kept: bool) -> None:
    assert parse_link(link(1, kind, 0, attribute(1, packed))).hardware_addr == (packed if kept else b"")


@pytest.mark.parametrize(
    "payload", [b"", bytes(15), link(0), link(-1), link(1, 1, 0, attribute(4, b"\1")), link() + b"\1"]
)
def test_broken_links(payload: bytes) -> None:
    with pytest.raises(NetlinkError):
        parse_link(payload)


def test_an_address() -> None:
    here, there = b"\xc0\0\2\1", b"\xc0\0\2\2"
    assert parse_address(address(2, 24, attribute(1, here))) == (3, net.IPNet("192.0.2.1", b"\xff\xff\xff\0"))
    for attrs in ((attribute(1, there), attribute(2, here)), (attribute(2, here), attribute(1, there))):
        found = parse_address(address(2, 32, *attrs))
        assert found is not None
        assert str(found[1]) == "192.0.2.1/32"
    mapped = socket.inet_pton(socket.AF_INET6, "::ffff:192.0.2.1")
    for ones, text in ((120, "192.0.2.1/24"), (96, "192.0.2.1/0"), (64, "192.0.2.1/0")):
        found = parse_address(address(10, ones, attribute(1, mapped)))
        assert found is not None
        assert str(found[1]) == text
    assert parse_address(address(7, 0)) is None
    assert parse_address(address(2, 0)) is None


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        bytes(7),
        address(2, 33, attribute(1, bytes(4))),
        address(10, 129, attribute(1, bytes(16))),
        address(2, 8, attribute(1, bytes(16))),
        address(10, 8, attribute(2, bytes(4))),
        address(2, 8) + b"\1",
    ],
)
def test_broken_addresses(payload: bytes) -> None:
    with pytest.raises(NetlinkError):
        parse_address(payload)


SOME = st.binary(max_size=300)
MESSAGES = st.builds(
    message,
    st.sampled_from([RTM_NEWLINK, RTM_NEWADDR, ERROR, DONE, OVERRUN, 0, 0xFFFF]),
    SOME,
    st.integers(0, 0xFFFF),
    st.integers(0, 2),
)


@given(st.lists(st.one_of(SOME, st.lists(MESSAGES, max_size=4).map(b"".join)), max_size=4))
def test_any_datagrams(datagrams: list[bytes]) -> None:
    for kind, parse in ((RTM_NEWLINK, parse_link), (RTM_NEWADDR, parse_address)):
        dump = Dump(kind, 1)
        try:
            for data in datagrams:
                dump.feed(data)
            for payload in dump.payloads:
                parse(payload)
        except OSError as err:
            failure = err
        else:
            continue
        assert isinstance(failure, NetlinkError) or 0 < (failure.errno or 0) < 4096


ATTRS = st.lists(st.builds(attribute, st.integers(0, 5), st.binary(max_size=20)), max_size=4).map(b"".join)


@given(
    st.builds(
        lambda i, k, f, a: link(i, k, f, a), st.integers(-1, 9), st.integers(0, 999), st.just(3), ATTRS
    ),
    st.builds(lambda f, n, a: address(f, n, a), st.sampled_from([2, 10]), st.integers(0, 200), ATTRS),
    st.integers(0, 60),
)
def test_any_payloads(of_link: bytes, of_address: bytes, cut: int) -> None:
    for parse, payload in ((parse_link, of_link), (parse_address, of_address)):
        for data in (payload, payload[: len(payload) - cut]):
            with contextlib.suppress(NetlinkError):
                parse(data)


LINES = st.lists(
    st.one_of(st.binary(max_size=60), st.sampled_from([b"1\tlo : 1 V3", b"\t\t\t010000E0  1 0:0\t\t0"])),
    max_size=6,
).map(b"\n".join)


@given(LINES)
def test_any_group_files(data: bytes) -> None:
    for found in (parse_igmp(data), parse_igmp6(data)):
        for index, group in found:
            assert 0 <= index < 10**10
            assert group.ip is not None


def test_group_files() -> None:
    def hexed(text: str) -> bytes:
        return b"%08X" % int.from_bytes(
            socket.inet_aton(text), "little" if linux.sys.byteorder == "little" else "big"
        )

    one, two = hexed("224.0.0.1"), hexed("239.1.2.3")
    data = b"Idx\tDevice    : Count Querier\tReporter\n1\tlo        :     1      V3\n"
    data += b"\t\t\t\t" + one + b"     1 0:00000000\t\t0\n12\ta:b       :     1      V3\n"
    data += b"\t\t\t\t" + two + b"     1 0:00000000\t\t0\n\t\t\t\tnonsense\n\t\t\t\tG0000001\n\n"
    assert parse_igmp(data) == [(1, net.IPAddr("224.0.0.1")), (12, net.IPAddr("239.1.2.3"))]
    six = b"1    lo              ff020000000000000000000000000001     1 0000000C 0\nx\n2 y zz\n3 y ff02\n"
    assert parse_igmp6(six) == [(1, net.IPAddr("ff02::1"))]


def test_an_interrupted_dump_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    one_dump = linux._one_dump

    def interrupted(request: int, answer: int) -> Dump:
        dump = one_dump(request, answer)
        asked.append(dump)
        dump.interrupted = len(asked) < changes
        return dump

    monkeypatch.setattr(linux, "_one_dump", interrupted)
    changes = 4
    assert net.interfaces()
    assert len(asked) == 4
    changes = 1000
    asked.clear()
    with pytest.raises(InterruptedError, match="change faster") as caught:
        net.interfaces()
    assert len(asked) == 10
    assert isinstance(caught.value, net.OpError)
    assert caught.value.temporary


def test_a_request() -> None:
    request = dump_request(18, 1)
    assert struct.unpack_from("=IHHII", request) == (len(request), 18, 0x301, 1, 0)
