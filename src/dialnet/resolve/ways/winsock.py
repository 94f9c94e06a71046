"""`GetAddrInfoW` of Windows' ws2_32.dll, through ctypes: structures as in ws2def.h and ws2ipdef.h.

Before the first call of this library a process must call `WSAStartup`; Python's `socket` does so when it is
imported. (`socket.getaddrinfo` itself calls the narrow function, and encodes names for it by old rules.)
"""

from __future__ import annotations

import ctypes
import socket
import struct
from collections import namedtuple
from collections.abc import Iterator

from .win32 import to_wide
from .winerror import DNS_ERROR_BAD_PACKET, CallFailed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["Found", "Winsock"]

# The packed IP address, the port, and the scope id of an IPv6 address.
Found = namedtuple("Found", ["packed", "port", "scope_id"])

# The numbers are those of Windows, whichever system this is.
_AF_INET = 2
_AF_INET6 = 23
_FAMILIES: dict[int, int] = {socket.AF_UNSPEC: 0, socket.AF_INET: _AF_INET, socket.AF_INET6: _AF_INET6}
# SOCKADDR_IN and SOCKADDR_IN6: family, port, flow information, address, scope id; the port in network order.
_SOCKADDR_IN = struct.Struct("=H2s4s8x")
_SOCKADDR_IN6 = struct.Struct("=H2s4x16sI")
_MAX_RESULTS = 65535


class _AddrInfo(ctypes.Structure):
    """ADDRINFOW."""

    _fields_ = [
        ("ai_flags", ctypes.c_int),
        ("ai_family", ctypes.c_int),
        ("ai_socktype", ctypes.c_int),
        ("ai_protocol", ctypes.c_int),
        ("ai_addrlen", ctypes.c_size_t),
        ("ai_canonname", ctypes.c_void_p),
        ("ai_addr", ctypes.c_void_p),
        ("ai_next", ctypes.c_void_p),
    ]


class Winsock:
    """The library, as an object of `ctypes.WinDLL` or one that has its functions."""

    def __init__(self, dll: Any) -> None:
        self._get = dll.GetAddrInfoW
        self._get.argtypes = [
            ctypes.c_void_p,
            ctypes.c_void_p,
            ctypes.POINTER(_AddrInfo),
            ctypes.POINTER(ctypes.c_void_p),
        ]
        self._get.restype = ctypes.c_int
        self._free = dll.FreeAddrInfoW
        self._free.argtypes = [ctypes.c_void_p]
        self._free.restype = None

    def addresses(
        self, host: str | None, service: str | None, family: int, socktype: int, protocol: int
    ) -> list[Found]:
        """The IP addresses among the results, in their order. `family` is one of Python's numbers. Blocks.

        Raises `CallFailed`, with `DNS_ERROR_BAD_PACKET` for results that make no sense.
        """
        wide_host = None if host is None else to_wide(host)
        wide_service = None if service is None else to_wide(service)
        hints = _AddrInfo(ai_family=_FAMILIES[family], ai_socktype=socktype, ai_protocol=protocol)
        head = ctypes.c_void_p()
        try:
            status = self._get(wide_host, wide_service, ctypes.byref(hints), ctypes.byref(head))
            if status:
                raise CallFailed("getaddrinfow", status)
            return list(_results(head.value))
        finally:
            if head.value:
                self._free(head)


def _results(address: int | None) -> Iterator[Found]:
    for _ in range(_MAX_RESULTS + 1):
        if not address:
            return
        info = _AddrInfo.from_address(address)
        if info.ai_family == _AF_INET:
            _, port, packed = _SOCKADDR_IN.unpack(_sockaddr(info, _SOCKADDR_IN.size))
            yield Found(packed, int.from_bytes(port, "big"), 0)
        elif info.ai_family == _AF_INET6:
            _, port, packed, scope_id = _SOCKADDR_IN6.unpack(_sockaddr(info, _SOCKADDR_IN6.size))
            yield Found(packed, int.from_bytes(port, "big"), scope_id)
        address = info.ai_next
    raise CallFailed("getaddrinfow", DNS_ERROR_BAD_PACKET)


def _sockaddr(info: Any, size: int) -> bytes:
    if not info.ai_addr or info.ai_addrlen < size:
        raise CallFailed("getaddrinfow", DNS_ERROR_BAD_PACKET)
    return ctypes.string_at(info.ai_addr, size)
