"""`DnsQuery_W` of Windows' dnsapi.dll, through ctypes: structures as in windns.h.

The records of an answer are a chain of `DNS_RECORDW` that the library allocates and the caller gives back;
here they are copied out and given back before anything is done with them, whatever happens on the way.
"""

from __future__ import annotations

import ctypes
from collections import namedtuple
from collections.abc import Iterator

from ..dns.message import TYPE_CNAME, TYPE_MX, TYPE_NS, TYPE_PTR, TYPE_SRV, TYPE_TXT
from .win32 import from_wide, to_wide
from .winerror import DNS_ERROR_BAD_PACKET, CallFailed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["ANSWER", "QUESTION", "DNSAPI", "Record"]

# The sections of a message, in the two lowest bits of a record's flags.
QUESTION = 0
ANSWER = 1

# `data` by type: CNAME, NS, PTR, TXT str; MX (preference, exchange); SRV (priority, weight, port, target).
Record = namedtuple("Record", ["name", "section", "type", "data"])

_DNS_QUERY_STANDARD = 0
_DNS_FREE_RECORD_LIST = 1
# A message has 65,535 bytes at most, and a record 11 at least.
_MAX_RECORDS = 65535 // 11
_MAX_STRINGS = 65535


class _PTR(ctypes.Structure):
    """DNS_PTR_DATAW, which is also that of CNAME and NS."""

    _fields_ = [("pNameHost", ctypes.c_void_p)]


class _MX(ctypes.Structure):
    _fields_ = [
        ("pNameExchange", ctypes.c_void_p),
        ("wPreference", ctypes.c_uint16),
        ("Pad", ctypes.c_uint16),
    ]


class _SRV(ctypes.Structure):
    _fields_ = [
        ("pNameTarget", ctypes.c_void_p),
        ("wPriority", ctypes.c_uint16),
        ("wWeight", ctypes.c_uint16),
        ("wPort", ctypes.c_uint16),
        ("Pad", ctypes.c_uint16),
    ]


class _TXT(ctypes.Structure):
    _fields_ = [
        ("dwStringCount", ctypes.c_uint32),
        ("pStringArray", ctypes.c_void_p * 1),
    ]


class _Data(ctypes.Union):
    _fields_ = [("PTR", _PTR), ("MX", _MX), ("SRV", _SRV), ("TXT", _TXT)]


class _Record(ctypes.Structure):
    """DNS_RECORDW."""

    _fields_ = [
        ("pNext", ctypes.c_void_p),
        ("pName", ctypes.c_void_p),
        ("wType", ctypes.c_uint16),
        ("wDataLength", ctypes.c_uint16),
        ("Flags", ctypes.c_uint32),
        ("dwTtl", ctypes.c_uint32),
        ("dwReserved", ctypes.c_uint32),
        ("Data", _Data),
    ]


class DNSAPI:
    """The library, as an object of `ctypes.WinDLL` or one that has its functions."""

    def __init__(self, dll: Any) -> None:
        self._query = dll.DnsQuery_W
        self._query.argtypes = [
            ctypes.c_void_p,
            ctypes.c_uint16,
            ctypes.c_uint32,
            ctypes.c_void_p,
            ctypes.POINTER(ctypes.c_void_p),
            ctypes.c_void_p,
        ]
        self._query.restype = ctypes.c_uint32
        self._free = dll.DnsRecordListFree
        self._free.argtypes = [ctypes.c_void_p, ctypes.c_int]
        self._free.restype = None

    def query(self, name: str, kind: int) -> list[Record]:
        """The records of all sections of the answer that are CNAMEs or of type `kind`. Blocks.

        Raises `CallFailed`, with `DNS_ERROR_BAD_PACKET` for records that make no sense.
        """
        text = to_wide(name)
        head = ctypes.c_void_p()
        try:
            status = self._query(text, kind, _DNS_QUERY_STANDARD, None, ctypes.byref(head), None)
            if status:
                raise CallFailed("dnsquery", status)
            return list(_records(head.value, kind))
        finally:
            # A failed call may leave records too: the SOA of a negative answer.
            if head.value:
                self._free(head, _DNS_FREE_RECORD_LIST)


def _records(address: int | None, kind: int) -> Iterator[Record]:
    for _ in range(_MAX_RECORDS):
        if not address:
            return
        record = _Record.from_address(address)
        name = from_wide(record.pName)
        if name is not None and record.wType in (TYPE_CNAME, kind):
            yield Record(name, record.Flags & 3, record.wType, _data(record))
        address = record.pNext
    raise CallFailed("dnsquery", DNS_ERROR_BAD_PACKET)


def _data(record: Any) -> Any:
    data = record.Data
    kind = record.wType
    if kind in (TYPE_CNAME, TYPE_NS, TYPE_PTR):
        return _text(data.PTR.pNameHost)
    if kind == TYPE_MX:
        return data.MX.wPreference, _text(data.MX.pNameExchange)
    if kind == TYPE_SRV:
        srv = data.SRV
        return srv.wPriority, srv.wWeight, srv.wPort, _text(srv.pNameTarget)
    if kind == TYPE_TXT:
        count = data.TXT.dwStringCount
        if count > _MAX_STRINGS:
            raise CallFailed("dnsquery", DNS_ERROR_BAD_PACKET)
        # The array is declared with one string and has as many as there are.
        first = ctypes.addressof(data.TXT) + _TXT.pStringArray.offset
        return "".join(_text(string) for string in (ctypes.c_void_p * count).from_address(first))
    return None


def _text(address: int | None) -> str:
    text = from_wide(address)
    if text is None:
        raise CallFailed("dnsquery", DNS_ERROR_BAD_PACKET)
    return text
