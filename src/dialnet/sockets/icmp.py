"""ICMP echo messages (RFC 792; RFC 4443, section 4): how a request is packed, and what comes back. No I/O."""

from __future__ import annotations

import struct
from collections import namedtuple

__all__ = ["PROTOCOLS", "Reply", "Trouble", "checksum", "pack_request", "parse", "parse_request"]

# By IP version: ICMP's protocol number, and the network that a raw socket of it is opened on.
PROTOCOLS = {4: (1, "ip4:icmp"), 6: (58, "ip6:ipv6-icmp")}

_REQUEST = {4: 8, 6: 128}
_REPLY = {4: 0, 6: 129}
# Messages that say why a packet did not arrive, and quote as much of it as they can. Redirects are about a
# packet that did; source quench is obsolete (RFC 6633).
_TROUBLES = {4: (3, 11, 12), 6: (1, 2, 3, 4)}
_HEADER = struct.Struct("!BBHHH")
_FRAGMENT = 44  # RFC 8200, section 4.5

Reply = namedtuple("Reply", "identifier sequence data")
Reply.__doc__ = "An answer to a request."
Trouble = namedtuple("Trouble", "type code identifier sequence target")
Trouble.__doc__ = "Why a request did not arrive at `target` (packed; None if that is not told)."


def checksum(data: bytes) -> int:
    """The Internet checksum (RFC 1071); 0 for data with the right one in it."""
    if len(data) % 2:
        data += b"\0"
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return 0xFFFF - total


def pack_request(version: int, identifier: int, sequence: int, data: bytes) -> bytes:
    """An echo request. Over IPv6 the kernel fills in the checksum, which takes the addresses in."""
    message = _HEADER.pack(_REQUEST[version], 0, 0, identifier, sequence) + data
    if version == 4:
        message = _HEADER.pack(_REQUEST[4], 0, checksum(message), identifier, sequence) + data
    return message


def parse(version: int, message: bytes) -> Reply | Trouble | None:
    """What an ICMP message says about an echo request; None for any other, and for what is none at all."""
    if len(message) < _HEADER.size:
        return None
    # Raw sockets get theirs before the kernel has looked at it; over IPv6 it looks first.
    if version == 4 and checksum(message):
        return None
    kind, code, _, identifier, sequence = _HEADER.unpack_from(message)
    if kind == _REPLY[version]:
        return Reply(identifier, sequence, message[_HEADER.size :])
    if kind not in _TROUBLES[version]:
        return None
    packet = message[_HEADER.size :]
    quoted = _quoted_v4(packet) if version == 4 else _quoted_v6(packet)
    if quoted is None:
        return None
    target, inner = quoted
    request = parse_request(version, inner)
    return None if request is None else Trouble(kind, code, *request, target)


def parse_request(version: int, message: bytes) -> tuple[int, int] | None:
    """Identifier and sequence number of an echo request, of which the beginning is enough; None for any other
    message."""
    if len(message) < _HEADER.size or message[0] != _REQUEST[version]:
        return None
    _, _, _, identifier, sequence = _HEADER.unpack_from(message)
    return identifier, sequence


def _quoted_v4(packet: bytes) -> tuple[bytes, bytes] | None:
    """Where an ICMP packet was going, and its message, if this is the beginning of one."""
    if len(packet) < 20 or packet[0] >> 4 != 4 or packet[9] != PROTOCOLS[4][0]:
        return None
    length = (packet[0] & 0x0F) * 4
    offset = int.from_bytes(packet[6:8], "big") & 0x1FFF
    if length < 20 or offset:
        return None
    return packet[16:20], packet[length:]


def _quoted_v6(packet: bytes) -> tuple[bytes, bytes] | None:
    if len(packet) < 40 or packet[0] >> 4 != 6:
        return None
    follows, inner = packet[6], packet[40:]
    # Our requests have no other extension header than that of a first fragment.
    if follows == _FRAGMENT and len(inner) >= 8 and not int.from_bytes(inner[2:4], "big") >> 3:
        follows, inner = inner[0], inner[8:]
    return (packet[24:40], inner) if follows == PROTOCOLS[6][0] else None
