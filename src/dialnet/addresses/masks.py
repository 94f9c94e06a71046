"""Network masks, as `bytes`: 4 for IPv4, 16 for IPv6."""

from __future__ import annotations

from ipaddress import IPv4Address

from ..errors import InvalidAddrError
from .ip import IP, as_ip

__all__ = ["cidr_mask", "default_mask", "prefix_of"]


def cidr_mask(ones: int, bits: int) -> bytes:
    """The mask of `bits` bits, 32 or 128, whose first `ones` are set, as `bytes` (RFC 4632, 3.1).

    Raises `InvalidAddrError` when `bits` is another number or `ones` is not within it, `TypeError` when
    either is no `int`.
    """
    for number in (ones, bits):
        if not isinstance(number, int) or isinstance(number, bool):
            raise TypeError(f"cidr_mask takes two ints, not {type(number).__name__}")
    if bits not in (32, 128):
        raise InvalidAddrError(f"a mask has 32 or 128 bits, not {bits}")
    if not 0 <= ones <= bits:
        raise InvalidAddrError(f"a mask of {bits} bits cannot start with {ones} ones")
    return (((1 << ones) - 1) << bits - ones).to_bytes(bits // 8, "big")


def default_mask(ip: IP | str) -> bytes | None:
    """The mask of the class that an IPv4 address was in before CIDR (RFC 791, 3.2), as `bytes`.

    8 ones for class A, 16 for B, 24 for C and, as in Go, for all above it. `None` for an IPv6 address,
    which never had one. `ip` is an `ipaddress` address, or a `str` that is parsed.

    Raises `ParseError` when a `str` is no IP address, `TypeError` for other types.
    """
    ip = as_ip(ip)
    if not isinstance(ip, IPv4Address):
        return None
    first = ip.packed[0]
    return cidr_mask(8 if first < 0x80 else 16 if first < 0xC0 else 24, 32)


def prefix_of(mask: bytes) -> int | None:
    """How many ones a mask starts with, or `None` when there is a one after a zero."""
    bits = 8 * len(mask)
    rest = ((1 << bits) - 1) ^ int.from_bytes(mask, "big")
    return None if rest & (rest + 1) else bits - rest.bit_length()
