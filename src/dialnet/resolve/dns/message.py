"""DNS messages (RFC 1035, section 4): `parse`, and everything else that a resolver takes from here.

`parse` gives a `Message` or raises `MessageError`, whatever the bytes. Time and memory are linear in the
message: the section counts of its header are believed only as far as there are bytes, and names cost what
`Names` says.

Lenient: bytes behind the last section are ignored, as resolvers do. A message with the TC bit gives what is
there before its bytes end, wherever that is, because some servers cut a record in half.

Strict: every record of a type known here must be well formed, since a broken one tells of a broken message.
So must the OPT record: one at most, of the root, in the additional section (RFC 6891, section 6.1.1).
"""

from __future__ import annotations

import struct
from ipaddress import IPv4Address, IPv6Address
from struct import Struct

from .codes import (
    CLASS_IN,
    RCODE_FORMERR,
    RCODE_NOERROR,
    RCODE_NOTIMP,
    RCODE_NXDOMAIN,
    RCODE_REFUSED,
    RCODE_SERVFAIL,
    TYPE_A,
    TYPE_AAAA,
    TYPE_CNAME,
    TYPE_HTTPS,
    TYPE_MX,
    TYPE_NS,
    TYPE_OPT,
    TYPE_PTR,
    TYPE_SOA,
    TYPE_SRV,
    TYPE_SVCB,
    TYPE_TXT,
)
from .errors import EndOfMessage, MessageError
from .names import Names
from .query import Query, is_answer_to, pack_query
from .rdata import READERS, read_pairs
from .values import EDNS, TRUNCATED, Message, Question, Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = [
    "CLASS_IN",
    "EDNS",
    "RCODE_FORMERR",
    "RCODE_NOERROR",
    "RCODE_NOTIMP",
    "RCODE_NXDOMAIN",
    "RCODE_REFUSED",
    "RCODE_SERVFAIL",
    "TYPE_A",
    "TYPE_AAAA",
    "TYPE_CNAME",
    "TYPE_HTTPS",
    "TYPE_MX",
    "TYPE_NS",
    "TYPE_OPT",
    "TYPE_PTR",
    "TYPE_SOA",
    "TYPE_SRV",
    "TYPE_SVCB",
    "TYPE_TXT",
    "Message",
    "MessageError",
    "Query",
    "Question",
    "Record",
    "is_answer_to",
    "pack_query",
    "parse",
]

_HEADER = Struct("!HHHHHH")
_QUESTION = Struct("!HH")
# What follows a record's name, alone and together with a compressed name; the A and AAAA records' data.
_RECORD = Struct("!HHIH")
_POINTER_AND_RECORD = Struct("!HHHIH")
# The pointer to what stands behind the header: the question's name.
_FIRST_NAME = 0xC000 | _HEADER.size
_IPV4 = Struct("!I")
_IPV6 = Struct("!QQ")


def parse(data: bytes, query: Query | None = None) -> Message:
    """The message in `data`. Raises `MessageError`.

    What an answer has of its `query` byte for byte is not read again.
    """
    if len(data) < _HEADER.size:
        raise MessageError("the message is shorter than its header")
    id, flags, questions, answers, authorities, additionals = _HEADER.unpack_from(data)
    message = Message(id, flags, additionals)
    names = Names(data)
    offset = _HEADER.size
    try:
        if query is not None and questions == 1 and data.startswith(query.echo, offset):
            message.questions.append(query.question)
            offset += len(query.echo)
            names.known[_FIRST_NAME] = query.question.name, len(query.echo) - _QUESTION.size
            questions = 0
        for _ in range(questions):
            name, offset = names.read(offset)
            message.questions.append(Question(name, *_QUESTION.unpack_from(data, offset)))
            offset += _QUESTION.size
        if answers:
            offset = _read_section(message, message.answers, answers, data, offset, names)
        if authorities:
            offset = _read_section(message, message.authorities, authorities, data, offset, names)
        if additionals:
            _read_section(message, message.additionals, additionals, data, offset, names)
    except (EndOfMessage, IndexError, struct.error):
        if not flags & TRUNCATED:
            raise EndOfMessage("the message ends before its records do") from None
    return message


def _read_section(
    message: Message, section: list[Record], count: int, data: bytes, offset: int, names: Names
) -> int:
    """Append a section's records, return where it ends. Besides `MessageError` it raises `IndexError` and
    `struct.error` where the data ends.

    An answer's records are mostly addresses whose name is a pointer to the question's, so these are read
    without a call for any of it.
    """
    size = len(data)
    known = names.known
    for _ in range(count):
        first = data[offset]
        if first >= 0xC0:
            pointer, type, class_, ttl, length = _POINTER_AND_RECORD.unpack_from(data, offset)
            name = (known.get(pointer) or names.read(offset))[0]
            start = offset + _POINTER_AND_RECORD.size
        else:
            if first:
                name, offset = names.read(offset)
            else:
                name, offset = ".", offset + 1
            type, class_, ttl, length = _RECORD.unpack_from(data, offset)
            start = offset + _RECORD.size
        offset = start + length
        if offset > size:
            raise EndOfMessage
        if type == TYPE_OPT:
            if name != "." or message.edns is not None or section is not message.additionals:
                raise MessageError("an OPT record out of place")
            message.rcode |= ttl >> 24 << 4
            options = read_pairs(data, start, offset)
            message.edns = EDNS(class_, ttl >> 16 & 0xFF, ttl & 0x8000 != 0, options)
            continue
        value: Any
        if class_ != CLASS_IN:
            value = data[start:offset]
        elif type == TYPE_A:
            if length != 4:
                raise MessageError("an A record without 4 bytes")
            value = IPv4Address(_IPV4.unpack_from(data, start)[0])
        elif type == TYPE_AAAA:
            if length != 16:
                raise MessageError("an AAAA record without 16 bytes")
            high, low = _IPV6.unpack_from(data, start)
            value = IPv6Address(high << 64 | low)
        elif type in READERS:
            try:
                value = READERS[type](data, start, offset, names)
            except EndOfMessage:
                # The record is there as a whole, so nothing was cut off: a name in it runs on behind it.
                raise MessageError("a name that does not end within its record") from None
        else:
            value = data[start:offset]
        # RFC 2181, section 8: a TTL with its highest bit set counts as 0.
        section.append(Record(name, type, class_, ttl if ttl < 0x80000000 else 0, value))
    return offset
