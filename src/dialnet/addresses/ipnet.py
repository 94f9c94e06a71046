"""`IPNet`: an address and the mask that says which of its bits are the network's.

`ipaddress` has networks and interfaces, but neither does masks with holes, and Go's `IPNet` is both: a
network when `parse_cidr` made it, an interface's own address and mask when `interface_addrs` did.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from ..errors import InvalidAddrError, ParseError
from .base import Addr
from .ip import IP, as_ip, literal, unmapped
from .masks import cidr_mask, prefix_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Self

__all__ = ["IPNet", "parse_cidr"]


class IPNet(Addr):
    """An IP network, or an address together with its network's mask: `IPNet(ip, mask)`.

    `ip` is an `ipaddress` address, or a `str` that is parsed; it is kept whole, bits outside the mask
    too; a zone is dropped, as networks have none. `mask` is `bytes`, 4 for IPv4 and 16 for IPv6. An
    IPv4 address may have a mask of 16 bytes that starts with 96 ones; its last 4 bytes are kept. The
    text is `192.0.2.0/24` (RFC 4632, 3.1), or `192.0.2.0/ff00ff00` when the mask has a one after a zero.

    Raises `InvalidAddrError` when the mask does not fit the address, `ParseError` when a `str` is no IP
    address, `TypeError` for other types.
    """

    __slots__ = ("_ip", "_mask")
    __match_args__ = ("ip", "mask")

    _ip: IP
    _mask: bytes

    def __new__(cls, ip: IP | str, mask: bytes) -> Self:
        ip = as_ip(ip)
        if not isinstance(mask, (bytes, bytearray, memoryview)):
            raise TypeError(f"a mask is bytes, not {type(mask).__name__}")
        mask = bytes(mask)
        size = ip.max_prefixlen // 8
        if len(mask) == 16 and size == 4 and mask.startswith(b"\xff" * 12):
            mask = mask[12:]
        if len(mask) != size:
            raise InvalidAddrError(f"an IPv{ip.version} mask has {size} bytes, not {mask.hex()!r}")
        self = object.__new__(cls)
        self._ip = ip
        self._mask = mask
        return self

    @property
    def ip(self) -> IP:
        """The address."""
        return self._ip

    @property
    def mask(self) -> bytes:
        """The mask: 4 bytes when `ip` is IPv4, 16 when it is IPv6."""
        return self._mask

    @property
    def network(self) -> str:
        """`"ip+net"`."""
        return "ip+net"

    @property
    def prefix_len(self) -> int | None:
        """How many ones the mask starts with; `None` when it has a one after a zero."""
        return prefix_of(self._mask)

    @property
    def as_ipaddress(self) -> IPv4Network | IPv6Network:
        """The network alone, as `ipaddress` has it.

        Raises `InvalidAddrError` when the mask has a one after a zero: `ipaddress` has no such networks.
        """
        prefix = self.prefix_len
        if prefix is None:
            raise InvalidAddrError(f"no prefix length in mask {self._mask.hex()}")
        if isinstance(self._ip, IPv4Address):
            return IPv4Network((int(self._ip), prefix), strict=False)
        return IPv6Network((int(self._ip), prefix), strict=False)

    def contains(self, ip: IP | str) -> bool:
        """Whether `ip`, an `ipaddress` address or a `str` that is parsed, is in the network.

        An address of the other family never is; an IPv4-mapped one counts as IPv4; a zone is not looked at.

        Raises `ParseError` when a `str` is no IP address, `TypeError` for other types.
        """
        ip = as_ip(ip)
        if ip.version != self._ip.version:
            return False
        return not (int(ip) ^ int(self._ip)) & int.from_bytes(self._mask, "big")

    def __str__(self) -> str:
        prefix = self.prefix_len
        return f"{self._ip}/{self._mask.hex() if prefix is None else prefix}"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self._ip)!r}, {self._mask!r})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, IPNet) or type(other) is not type(self):
            return NotImplemented
        return self._ip == other._ip and self._mask == other._mask

    def __hash__(self) -> int:
        return hash((self._ip, self._mask))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._ip, self._mask)


def parse_cidr(s: str) -> tuple[IP, IPNet]:
    """The address and the network of a CIDR text: `parse_cidr("192.0.2.1/24")` is 192.0.2.1 and 192.0.2.0/24.

    The address is as `parse_ip` takes it, the prefix length is decimal digits (RFC 4632, 3.1; RFC 4291,
    2.3). Returns the address whole, as `ipaddress` has it, and the `IPNet` with the other bits cleared.

    An IPv4-mapped address is read with its 128 bits, as Go does: `::ffff:192.0.2.1/120` is
    192.0.2.0/24, and one with fewer than 96 is a network of IPv6 addresses.

    Raises `ParseError` (`invalid CIDR address: ...`) when `s` is anything else, `TypeError` when it is
    not a `str`.
    """
    if not isinstance(s, str):
        raise TypeError(f"a CIDR address is a str, not {type(s).__name__}")
    text, _, length = s.partition("/")
    ip = literal(text)
    # int() alone would take signs, spaces, underscores and other scripts' digits.
    if ip is None or not (length.isascii() and length.isdigit()):
        raise ParseError("CIDR address", s)
    # Leading zeros are allowed, any number of them, and int() refuses texts of thousands of digits.
    digits = length.lstrip("0") or "0"
    ones = int(digits) if len(digits) <= 3 else 999
    if ones > ip.max_prefixlen:
        raise ParseError("CIDR address", s)
    mask = cidr_mask(ones, ip.max_prefixlen)
    first = int(ip) & int.from_bytes(mask, "big")
    number = IPv4Address(first) if isinstance(ip, IPv4Address) else IPv6Address(first)
    return unmapped(ip), IPNet(number, mask)
