"""What the records of each type hold (RDATA), for all types but A, AAAA and OPT, which `message` reads
itself.

A reader gets the message, where the RDATA begins and ends, and the message's names; that the RDATA lies
within the message has been seen to. It raises `MessageError` unless the RDATA ends exactly at its end.

Names are read compressed or not, also where a writer must not compress them (SRV: RFC 2782; SVCB: RFC 9460,
section 2.2): servers that do are about, and what they mean is plain.
"""

from __future__ import annotations

from struct import Struct

from .codes import (
    TYPE_CNAME,
    TYPE_HTTPS,
    TYPE_MX,
    TYPE_NS,
    TYPE_PTR,
    TYPE_SOA,
    TYPE_SRV,
    TYPE_SVCB,
    TYPE_TXT,
)
from .errors import MessageError
from .names import Names

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = ["READERS", "read_pairs"]

_NUMBER = Struct("!H")
_PAIR = Struct("!HH")
_SRV = Struct("!HHH")
_SOA = Struct("!IIIII")

_LENGTH = "RDATA does not end where RDLENGTH says"


def read_name(data: bytes, offset: int, end: int, names: Names) -> str:
    """CNAME, NS, PTR: RFC 1035, section 3.3."""
    name, after = names.read(offset)
    if after != end:
        raise MessageError(_LENGTH)
    return name


def read_soa(data: bytes, offset: int, end: int, names: Names) -> tuple[str, str, int, int, int, int, int]:
    """RFC 1035, section 3.3.13: mname, rname, serial, refresh, retry, expire, minimum."""
    mname, offset = names.read(offset)
    rname, offset = names.read(offset)
    if end - offset != _SOA.size:
        raise MessageError(_LENGTH)
    serial, refresh, retry, expire, minimum = _SOA.unpack_from(data, offset)
    return mname, rname, serial, refresh, retry, expire, minimum


def read_mx(data: bytes, offset: int, end: int, names: Names) -> tuple[int, str]:
    """RFC 1035, section 3.3.9: preference, exchange."""
    if end - offset <= _NUMBER.size:
        raise MessageError(_LENGTH)
    (preference,) = _NUMBER.unpack_from(data, offset)
    return preference, read_name(data, offset + _NUMBER.size, end, names)


def read_txt(data: bytes, offset: int, end: int, names: Names) -> tuple[bytes, ...]:
    """RFC 1035, section 3.3.14: strings, of which there ought to be one at least. None at all is let pass."""
    strings = []
    while offset < end:
        start = offset + 1
        offset = start + data[offset]
        strings.append(data[start:offset])
    if offset != end:
        raise MessageError(_LENGTH)
    return tuple(strings)


def read_srv(data: bytes, offset: int, end: int, names: Names) -> tuple[int, int, int, str]:
    """RFC 2782: priority, weight, port, target."""
    if end - offset <= _SRV.size:
        raise MessageError(_LENGTH)
    priority, weight, port = _SRV.unpack_from(data, offset)
    return priority, weight, port, read_name(data, offset + _SRV.size, end, names)


def read_svcb(data: bytes, offset: int, end: int, names: Names) -> tuple[int, str, dict[int, bytes]]:
    """SVCB, HTTPS: RFC 9460, section 2.2: priority, target, and the parameters by key, as they are."""
    if end - offset <= _NUMBER.size:
        raise MessageError(_LENGTH)
    (priority,) = _NUMBER.unpack_from(data, offset)
    target, offset = names.read(offset + _NUMBER.size)
    parameters = {}
    last = -1
    for key, value in read_pairs(data, offset, end):
        if key <= last:
            raise MessageError("SVCB parameters that are not in order")
        parameters[key] = value
        last = key
    return priority, target, parameters


def read_pairs(data: bytes, offset: int, end: int) -> list[tuple[int, bytes]]:
    """Numbers and the bytes of each: SVCB's parameters, OPT's options (RFC 6891, section 6.1.2)."""
    pairs = []
    while offset + _PAIR.size <= end:
        number, length = _PAIR.unpack_from(data, offset)
        start = offset + _PAIR.size
        offset = start + length
        pairs.append((number, data[start:offset]))
    if offset != end:
        raise MessageError(_LENGTH)
    return pairs


READERS: dict[int, Callable[[bytes, int, int, Names], Any]] = {
    TYPE_NS: read_name,
    TYPE_CNAME: read_name,
    TYPE_SOA: read_soa,
    TYPE_PTR: read_name,
    TYPE_MX: read_mx,
    TYPE_TXT: read_txt,
    TYPE_SRV: read_srv,
    TYPE_SVCB: read_svcb,
    TYPE_HTTPS: read_svcb,
}
