"""Queries: written, and recognized in what comes back."""

from __future__ import annotations

import functools
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

# What fits into every IPv6 path's packets.
UDP_SIZE = 1232

_RECURSION_DESIRED = 0x0100
_AUTHENTIC_DATA = 0x0020


def pack_query(
    id: int,
    name: str,
    qtype: int,
    *,
    authentic_data: bool = False,
    edns: bool = True,
    udp_size: int = UDP_SIZE,
) -> bytes:
    """A query for the records of a name, as a stub resolver asks: recursion desired, class IN.

    `authentic_data` asks for the AD bit of the answer (RFC 6840, section 5.7). With `edns` the server learns
    that `udp_size` bytes can be received (RFC 6891). Raises `ValueError`, as `encode_name` and for what is no
    16-bit number.
    """
    encoded = encode_name(name)
    try:
        before, after, _ = _around(qtype, authentic_data, udp_size if edns else None)
        return id.to_bytes(2, "big") + before + encoded + after
    except (OverflowError, struct.error):
        raise ValueError("id, qtype and udp_size are numbers from 0 to 65535") from None


@functools.lru_cache(64)  # few kinds of questions are asked
def _around(qtype: int, authentic_data: bool, udp_size: int | None) -> tuple[bytes, bytes, bytes]:
    """What stands between the id and the name, what behind the name, what of that is the question's."""
    flags = _RECURSION_DESIRED | _AUTHENTIC_DATA if authentic_data else _RECURSION_DESIRED
    before = _HEADER.pack(0, flags, 1, 0, 0, 0 if udp_size is None else 1)[2:]
    question = _TYPE_AND_CLASS.pack(qtype, CLASS_IN)
    if udp_size is None:
        return before, question, question
    return before, _TYPE_CLASS_OPT.pack(qtype, CLASS_IN, TYPE_OPT, udp_size, 0, 0), question


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
    """A query, `packed`, as it can be recognized in the answer: its `id`, `qtype` and, as `echo`, the bytes
    of its question, which a server mostly sends back as they are.

    `name` is rooted and has nothing in it that would have to be escaped, as every name that
    `is_domain_name`: so it is also what the name in the answer reads.
    """

    __slots__ = ("echo", "id", "name", "packed", "qtype")

    def __init__(
        self, id: int, name: str, qtype: int, authentic_data: bool = False, edns: bool = True
    ) -> None:
        self.id = id
        self.name = name
        self.qtype = qtype
        encoded = encode_name(name)
        before, after, question = _around(qtype, authentic_data, UDP_SIZE if edns else None)
        self.packed = id.to_bytes(2, "big") + before + encoded + after
        self.echo = encoded + question

    @property
    def question(self) -> Question:
        return Question(self.name, self.qtype, CLASS_IN)
