"""The commonest answer, read at once: addresses of the very name that was asked for, and nothing else.

Whatever differs from it in anything is left to `parse`, which comes to the same addresses and takes five
times as long.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address
from struct import Struct

from .codes import CLASS_IN, TYPE_A, TYPE_AAAA, TYPE_OPT
from .query import Query
from .values import Message

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["PlainAnswer", "read_plain_answer"]

_HEADER = Struct("!HHHHHH")
# A response (QR), not truncated (TC), without an error (rcode); no other flag has a say in what is read.
_LOOKED_AT = 0x820F
_GOOD = 0x8000
# A record behind a pointer to the question's name: pointer, type and class; its TTL; length and address.
_A = Struct("!6s4xHI")
_AAAA = Struct("!6s4xHQQ")
_HEAD = Struct("!HHH")
_A_HEAD = _HEAD.pack(0xC000 | _HEADER.size, TYPE_A, CLASS_IN)
_AAAA_HEAD = _HEAD.pack(0xC000 | _HEADER.size, TYPE_AAAA, CLASS_IN)
# An OPT record (RFC 6891, section 6.1.2): the root, the type, a size; an extended rcode; 3 bytes; no options.
_OPT_HEAD = b"\0" + TYPE_OPT.to_bytes(2, "big")
_OPT_RCODE, _OPT_LENGTH, _OPT_END = 5, 9, 11


class PlainAnswer(Message):
    """A message that is known to answer its query with `addresses`, one at least, and no more.

    What else a message has is read by `parse` when somebody looks at it, which mostly nobody does.
    """

    __slots__ = ("_data", "addresses")

    def __init__(self, data: bytes, addresses: list[IPv4Address] | list[IPv6Address]) -> None:
        self._data = data
        self.addresses = addresses

    def __getattr__(self, name: str) -> Any:
        # Of a slot that has no value yet.
        from .message import parse

        if name not in Message.__slots__:
            raise AttributeError(name)
        whole = parse(self._data)
        for each in Message.__slots__:
            setattr(self, each, getattr(whole, each))
        return getattr(whole, name)


def read_plain_answer(data: bytes, query: Query) -> PlainAnswer | None:
    """The answer in `data`, if it is one of the commonest kind; nothing is said of any other."""
    echo = query.echo
    if not data.startswith(echo, _HEADER.size):
        return None
    id, flags, questions, answers, authorities, additionals = _HEADER.unpack_from(data)
    if id != query.id or flags & _LOOKED_AT != _GOOD or questions != 1 or not answers or authorities:
        return None
    start = _HEADER.size + len(echo)
    addresses: Any
    if query.qtype == TYPE_A:
        end = start + answers * _A.size
        if end > len(data):
            return None
        addresses = []
        for offset in range(start, end, _A.size):
            head, length, number = _A.unpack_from(data, offset)
            if head != _A_HEAD or length != 4:
                return None
            addresses.append(IPv4Address(number))
    elif query.qtype == TYPE_AAAA:
        end = start + answers * _AAAA.size
        if end > len(data):
            return None
        addresses = []
        for offset in range(start, end, _AAAA.size):
            head, length, high, low = _AAAA.unpack_from(data, offset)
            if head != _AAAA_HEAD or length != 16:
                return None
            addresses.append(IPv6Address(high << 64 | low))
    else:
        return None
    if additionals and not (
        additionals == 1
        and data.startswith(_OPT_HEAD, end)
        and data[end + _OPT_LENGTH : end + _OPT_END] == b"\0\0"
        and not data[end + _OPT_RCODE]
    ):
        return None
    return PlainAnswer(data, addresses)
