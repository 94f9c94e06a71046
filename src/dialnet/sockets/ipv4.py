"""The IPv4 header (RFC 791, section 3.1), which raw sockets put before what they have received (raw(7)).

They never do so with an IPv6 header (RFC 3542, section 3).
"""

from __future__ import annotations

__all__ = ["LONGEST_HEADER", "without_header"]

# Four bits tell its length, in units of 4 bytes.
LONGEST_HEADER = 60


def without_header(packet: bytes) -> bytes:
    """What follows the header; all of it, if it begins with none (Go's rule)."""
    if not packet or packet[0] >> 4 != 4:
        return packet
    length = (packet[0] & 0x0F) * 4
    return packet[length:] if 20 <= length <= len(packet) else packet
