"""`HardwareAddr`: what a network interface calls itself on the link."""

from __future__ import annotations

from collections.abc import Iterable

from ..errors import AddrError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Self, SupportsIndex

__all__ = ["HardwareAddr", "parse_mac"]

_HEX = frozenset("0123456789abcdefABCDEF")
_SIZES = (6, 8, 20)


class HardwareAddr(bytes):
    """A hardware address: `bytes` whose text is `00:00:5e:00:53:01`.

    Usually 6 bytes (EUI-48), 8 (EUI-64) or 20 (IP over InfiniBand, RFC 4391), but any length is taken,
    as interfaces have others; the text of none at all is empty.

    Raises `TypeError` for an `int` or a `str`: `bytes` would make that many zeros of the one, and of
    the other `parse_mac` makes an address.
    """

    __slots__ = ()

    def __new__(cls, value: Iterable[SupportsIndex] = b"") -> Self:
        if isinstance(value, (int, str)):
            raise TypeError(f"a hardware address is bytes, not {type(value).__name__}")
        return super().__new__(cls, value)

    def __str__(self) -> str:
        return self.hex(":") if self else ""

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(bytes.fromhex({self.hex()!r}))"


def parse_mac(s: str) -> HardwareAddr:
    """The `HardwareAddr` of 6, 8 or 20 bytes that `s` is, in upper or lower case:

    - `00:00:5e:00:53:01` or `00-00-5e-00-53-01`: pairs of digits, one kind of separator;
    - `0000.5e00.5301`: groups of four;
    - `00005e005301`: no separator.

    Raises `AddrError` (`invalid MAC address`) when `s` is anything else, `TypeError` when it is not a
    `str`.
    """
    if not isinstance(s, str):
        raise TypeError(f"a MAC address is a str, not {type(s).__name__}")
    separator = next((c for c in ":-." if c in s), "")
    digits = s
    if separator:
        width = 4 if separator == "." else 2
        groups = s.split(separator)
        digits = "".join(groups) if all(len(group) == width for group in groups) else ""
    # bytes.fromhex would pass over white space.
    if len(digits) not in [2 * size for size in _SIZES] or not _HEX.issuperset(digits):
        raise AddrError("invalid MAC address", s)
    return HardwareAddr(bytes.fromhex(digits))
