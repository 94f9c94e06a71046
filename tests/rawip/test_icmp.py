"""ICMP echo messages: how they are packed, and what is read out of whatever comes."""

from __future__ import annotations

import os
import socket
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialnet.sockets.icmp import Reply, Trouble, checksum, pack_request, parse, parse_request
from dialnet.sockets.ipv4 import without_header

BOTH = pytest.mark.parametrize("version", [4, 6])
REPLY = {4: 0, 6: 129}
REQUEST = {4: 8, 6: 128}
TARGET = {4: socket.inet_aton("192.0.2.9"), 6: socket.inet_pton(socket.AF_INET6, "2001:db8::9")}


def summed(message: bytes) -> bytes:
    """With the checksum that it should have, worked out the long way (RFC 1071, section 1)."""
    total = 0
    for at in range(0, len(message), 2):
        total += int.from_bytes(message[at : at + 2].ljust(2, b"\0"), "big")
        total = (total & 0xFFFF) + (total >> 16)
    return message[:2] + (~total & 0xFFFF).to_bytes(2, "big") + message[4:]


def quoting(version: int, kind: int, code: int, inner: bytes, **more: int) -> bytes:
    """An error message about a packet to the target, and what it has of that."""
    if version == 4:
        length = more.get("header", 20)
        fragment = more.get("fragment", 0)
        protocol = more.get("protocol", 1)
        first = 0x40 | length // 4
        packet = struct.pack("!BBHHHBBHI4s", first, 0, 99, 1, fragment, 9, protocol, 0, 0, TARGET[4])
        packet += bytes(max(length - 20, 0))
        return summed(struct.pack("!BBHI", kind, code, 0, 0) + packet + inner)
    packet = struct.pack("!IHBB16s16s", 6 << 28, 99, more.get("protocol", 58), 9, b"\0" * 16, TARGET[6])
    return struct.pack("!BBHI", kind, code, 0, 0) + packet + inner


def test_checksum() -> None:
    """RFC 1071's example, an odd length, the sum that wraps twice, and nothing at all."""
    assert checksum(bytes.fromhex("0001f203f4f5f6f7")) == 0xFFFF - 0xDDF2
    assert checksum(b"\x01") == 0xFEFF
    assert checksum(b"\xff" * 65_535) == 0x00FF
    assert checksum(b"") == 0xFFFF
    assert checksum(b"\xff\xff") == 0


@given(st.binary(max_size=300))
def test_checksum_by_another_way(data: bytes) -> None:
    message = b"\0\0\0\0" + data
    assert checksum(summed(message)) == 0
    assert checksum(message).to_bytes(2, "big") == summed(message)[2:4]


def test_packed() -> None:
    # From RFC 792's and RFC 4443's pictures; IPv6's checksum is the kernel's to fill in.
    assert pack_request(4, 0x1234, 0x5678, b"ab") == bytes.fromhex("08002df112345678") + b"ab"
    assert pack_request(6, 0x1234, 0x5678, b"ab") == bytes.fromhex("8000000012345678") + b"ab"


@BOTH
@given(identifier=st.integers(0, 65_535), sequence=st.integers(0, 65_535), data=st.binary(max_size=100))
def test_there_and_back(version: int, identifier: int, sequence: int, data: bytes) -> None:
    request = pack_request(version, identifier, sequence, data)
    assert parse_request(version, request) == (identifier, sequence)
    assert parse_request(version, request[:8]) == (identifier, sequence)
    assert parse(version, request) is None, "a request is no answer"
    answer = summed(bytes([REPLY[version]]) + request[1:2] + b"\0\0" + request[4:])
    assert parse(version, answer) == Reply(identifier, sequence, data)
    trouble = quoting(version, 3, 0, request)
    assert parse(version, trouble) == Trouble(3, 0, identifier, sequence, TARGET[version])


@pytest.mark.parametrize(
    ("version", "kind", "told"),
    [(4, kind, kind in (3, 11, 12)) for kind in range(256) if kind]
    + [(6, kind, kind in (1, 2, 3, 4)) for kind in range(256) if kind != 129],
)
def test_which_messages_are_errors(version: int, kind: int, told: bool) -> None:
    request = pack_request(version, 7, 8, b"")
    expected = Trouble(kind, 5, 7, 8, TARGET[version]) if told else None
    assert parse(version, quoting(version, kind, 5, request)) == expected


@BOTH
def test_what_is_quoted(version: int) -> None:
    """Only the beginning of an echo request counts; the rest of the packet may be missing."""
    request = pack_request(version, 7, 8, b"data")
    expected = Trouble(3, 1, 7, 8, TARGET[version])
    assert parse(version, quoting(version, 3, 1, request[:8])) == expected
    for inner in (request[:7], b"", pack_request(10 - version, 7, 8, b""), bytes(20)):
        assert parse(version, quoting(version, 3, 1, inner)) is None
    assert parse(version, quoting(version, 3, 1, request, protocol=17)) is None
    if version == 4:
        assert parse(4, quoting(4, 3, 1, request, header=60)) == expected
        assert parse(4, quoting(4, 3, 1, request, header=16)) is None
        # The first fragment has the header, a later one only data that may look like one.
        assert parse(4, quoting(4, 3, 1, request, fragment=0x2000)) == expected
        assert parse(4, quoting(4, 3, 1, request, fragment=0x2001)) is None
        broken = bytearray(quoting(4, 3, 1, request))
        broken[-1] ^= 1
        assert parse(4, bytes(broken)) is None
    else:
        first = bytes([58, 0, 0, 1]) + os.urandom(4)
        later = bytes([58, 0, 0, 9]) + os.urandom(4)
        other = bytes([17, 0, 0, 1]) + os.urandom(4)
        assert parse(6, quoting(6, 3, 1, first + request, protocol=44)) == expected
        assert parse(6, quoting(6, 3, 1, later + request, protocol=44)) is None
        assert parse(6, quoting(6, 3, 1, other + request, protocol=44)) is None
        assert parse(6, quoting(6, 3, 1, first[:7], protocol=44)) is None


def test_a_wrong_checksum_is_no_answer() -> None:
    answer = bytearray(summed(bytes([0, 0, 0, 0, 0, 1, 0, 2]) + b"data"))
    assert parse(4, bytes(answer)) == Reply(1, 2, b"data")
    answer[-1] ^= 1
    assert parse(4, bytes(answer)) is None


@BOTH
@given(st.binary(max_size=120), st.integers(0, 255))
def test_any_bytes(version: int, data: bytes, kind: int) -> None:
    for message in (data, summed(bytes([kind, 0, 0, 0]) + data)):
        assert parse(version, message) is None or isinstance(parse(version, message), (Reply, Trouble))
        parse_request(version, message)
        assert len(without_header(message)) <= len(message)


def test_headers() -> None:
    """Taken off where there is one by the looks of it (Go's rule)."""
    body = b"payload"
    for length in (20, 24, 60):
        header = bytes([0x40 | length // 4]) + bytes(length - 1)
        assert without_header(header + body) == body
        assert without_header(header) == b""
        assert without_header(header[:-1]) == header[:-1]
    for other in (
        b"",
        b"\x45",
        bytes([0x44]) + bytes(40),
        bytes([0x65]) + bytes(40),
        bytes([0x55]) + bytes(40),
    ):
        assert without_header(other) == other
