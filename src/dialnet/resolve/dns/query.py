"""Queries: written, and recognized in what comes back."""

from __future__ import annotations

import struct
from struct import Struct

from .codes import CLASS_IN, TYPE_OPT
from .names import encode_name
from .values import Question

__all__ = ["Query", "is_answer_to", "pack_query"]

_HEADER = Struct("!HHHHHH")
_TYPE_AND_CLASS = Struct("!HH")
# Together with the OPT record.
_TYPE_CLASS_OPT = Struct("!HHxHHIH")
_OPT_SIZE = _TYPE_CLASS_OPT.size - _TYPE_AND_CLASS.size

_RECURSION_DESIRED = 0x0100
_AUTHENTIC_DATA = 0x0020


def pack_query(
    id: int, name: str, qtype: int, *, authentic_data: bool = False, edns: bool = True, udp_size: int = 1232
) -> bytes:
    """A query for the records of a name, as a stub resolver asks: recursion desired, class IN.

    `authentic_data` asks for the AD bit of the answer (RFC 6840, section 5.7). With `edns` the server learns
    that `udp_size` bytes can be received (RFC 6891); 1232 fit into every IPv6 path's packets. Raises
    `ValueError`, as `encode_name` and for what is no 16-bit number.
    """
    question = encode_name(name)
    flags = _RECURSION_DESIRED | _AUTHENTIC_DATA if authentic_data else _RECURSION_DESIRED
    try:
        if edns:
            rest = _TYPE_CLASS_OPT.pack(qtype, CLASS_IN, TYPE_OPT, udp_size, 0, 0)
        else:
            rest = _TYPE_AND_CLASS.pack(qtype, CLASS_IN)
        return _HEADER.pack(id, flags, 1, 0, 0, 1 if edns else 0) + question + rest
    except struct.error:
        raise ValueError("id, qtype and udp_size are numbers from 0 to 65535") from None


def is_answer_to(query: bytes, data: bytes) -> bool:
    """Whether `data` answers `query`, which `pack_query` has made: a response with its id and its one
    question.

    The name may come back in other letters, and must not come back compressed (there is nothing before it to
    point to). Never raises. Whether the rest can be read, `parse` says.
    """
    end = len(query) - (_OPT_SIZE if query[11] else 0)
    if not (len(data) >= end and data[:2] == query[:2] and data[2] & 0x80 != 0 and data[4:6] == b"\0\1"):
        return False
    asked, echoed = query[12:end], data[12:end]
    # Length bytes are below "A", so `lower` leaves them alone. Type and class are no letters.
    return asked == echoed or (asked[-4:] == echoed[-4:] and asked[:-4].lower() == echoed[:-4].lower())


class Query:
    """A query, `packed`, and the `question` in it, as it can be recognized in the answer.

    `name` is rooted and has nothing in it that would have to be escaped, as every name that
    `is_domain_name`: so it is also what the name in the answer reads.
    """

    __slots__ = ("echo", "packed", "question")

    def __init__(
        self, id: int, name: str, qtype: int, *, authentic_data: bool = False, edns: bool = True
    ) -> None:
        self.packed = packed = pack_query(id, name, qtype, authentic_data=authentic_data, edns=edns)
        self.question = Question(name, qtype, CLASS_IN)
        # What a server mostly sends back of it.
        self.echo = packed[_HEADER.size : -_OPT_SIZE] if edns else packed[_HEADER.size :]
