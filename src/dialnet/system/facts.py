"""What the kernel can tell of a datagram besides its data, and how it is asked for that.

ip(7), ipv6(7), socket(7), udp(7); RFC 3542, section 6. Most of the numbers have no name in Python.
"""

from __future__ import annotations

import socket
import struct
import sys
from collections.abc import Callable, Iterable

from .control import Item, join

__all__ = ["ASKED", "COALESCED", "TIME", "TIME_AT", "TIME_BEGIN", "TIME_SIZE", "Facts", "time_at", "told"]


class Facts:
    """What was told. `ip` is where the datagram was sent, in its packed form; `index` the number of the
    interface it came by; `segment` how long each but the last of several datagrams is that were received as
    one."""

    __slots__ = ("index", "ip", "segment", "timestamp", "tos", "ttl")

    def __init__(self) -> None:
        self.ip: bytes | None = None
        self.index: int | None = None
        self.ttl: int | None = None
        self.tos: int | None = None
        self.timestamp: float | None = None
        self.segment = 0


def _interface4(facts: Facts, data: bytes) -> None:
    """`struct in_pktinfo`."""
    # On a socket of both families the IPv6 form says the same, mapped.
    facts.index, facts.ip = _PKTINFO.unpack_from(data)


def _interface6(facts: Facts, data: bytes) -> None:
    """`struct in6_pktinfo`."""
    facts.ip, facts.index = _PKTINFO6.unpack_from(data)


def _destination4(facts: Facts, data: bytes) -> None:
    facts.ip = data[:4]


def _link(facts: Facts, data: bytes) -> None:
    """`struct sockaddr_dl`."""
    facts.index = struct.unpack_from("@H", data, 2)[0]


def _ttl(facts: Facts, data: bytes) -> None:
    facts.ttl = int.from_bytes(data[:4], sys.byteorder)


def _tos(facts: Facts, data: bytes) -> None:
    facts.tos = int.from_bytes(data[:4], sys.byteorder)


def _nanoseconds(facts: Facts, data: bytes) -> None:
    """`struct timespec`."""
    seconds, rest = _TIMESPEC.unpack_from(data)
    facts.timestamp = seconds + rest / 1e9


def _microseconds(facts: Facts, data: bytes) -> None:
    """`struct timeval`."""
    seconds, rest = _TIMEVAL.unpack_from(data)
    facts.timestamp = seconds + rest / 1e6


def _segment(facts: Facts, data: bytes) -> None:
    facts.segment = int.from_bytes(data[:4], sys.byteorder)


_PKTINFO = struct.Struct("@I4x4s")
_PKTINFO6 = struct.Struct("@16sI")
_TIMESPEC = struct.Struct("@ll")
_TIMEVAL = struct.Struct("@li")

_IP, _IP6, _SOCKET = socket.IPPROTO_IP, socket.IPPROTO_IPV6, socket.SOL_SOCKET

# Options to switch on, by family. One that the kernel has not is passed over.
ASKED: dict[int, tuple[tuple[int, int], ...]] = {socket.AF_INET: (), socket.AF_INET6: ()}
_TOLD: dict[tuple[int, int], Callable[[Facts, bytes], None]] = {}
# The control message that comes first: the time. How it begins in one piece, where the time itself is in
# that, and where it ends.
TIME: tuple[int, int] | None = None
TIME_BEGIN = b""
TIME_AT = TIME_SIZE = 0
# The option that has the kernel hand over several datagrams as one (UDP_GRO), if it has one.
COALESCED: tuple[int, int] | None = None

if sys.platform == "linux":
    # IP_PKTINFO, IP_RECVTTL, IP_RECVTOS and what they give: IP_PKTINFO, IP_TTL, IP_TOS.
    TIME = _SOCKET, getattr(socket, "SO_TIMESTAMPNS", 35)
    _more4 = ((_IP, 12), (_IP, 13), TIME)
    ASKED = {
        socket.AF_INET: ((_IP, 8), *_more4),
        # An IPv6 socket that takes IPv4 as well tells of that by IPv4's options.
        socket.AF_INET6: ((_IP6, 49), (_IP6, 51), (_IP6, 66), *_more4),
    }
    _TOLD = {
        (_IP, 8): _interface4,
        (_IP, 2): _ttl,
        (_IP, 1): _tos,
        # IPV6_PKTINFO, IPV6_HOPLIMIT, IPV6_TCLASS.
        (_IP6, 50): _interface6,
        (_IP6, 52): _ttl,
        (_IP6, 67): _tos,
        TIME: _nanoseconds,
        (17, 104): _segment,
    }
    COALESCED = (17, 104)
    _first = join([(*TIME, bytes(_TIMESPEC.size))])
    TIME_AT = len(join([(*TIME, b"")]))
    TIME_BEGIN = _first[:TIME_AT]
    TIME_SIZE = len(_first)
elif sys.platform != "win32":
    # netinet/in.h. IP_RECVDSTADDR, IP_RECVIF, IP_RECVTTL and IP_RECVTOS are also the types of what they give.
    if sys.platform == "darwin":
        _dst, _if, _hops, _class = 7, 20, 24, 27
    elif sys.platform.startswith("freebsd"):
        _dst, _if, _hops, _class = 7, 20, 65, 68
    else:
        _dst, _if, _hops, _class = 7, 0, 0, 0
    _four = {(_IP, _dst): _destination4, (_IP, _if): _link, (_IP, _hops): _ttl, (_IP, _class): _tos}
    _four.pop((_IP, 0), None)
    # SO_TIMESTAMP, and SCM_TIMESTAMP.
    _asked6 = ("IPV6_RECVPKTINFO", "IPV6_RECVHOPLIMIT", "IPV6_RECVTCLASS")
    ASKED = {
        socket.AF_INET: (*_four, (_SOCKET, 0x400)),
        socket.AF_INET6: (
            *((_IP6, getattr(socket, name)) for name in _asked6 if hasattr(socket, name)),
            (_SOCKET, 0x400),
        ),
    }
    _TOLD = {**_four, (_SOCKET, 2): _microseconds}
    for _name, _what in (
        ("IPV6_PKTINFO", _interface6),
        ("IPV6_HOPLIMIT", _ttl),
        ("IPV6_TCLASS", _tos),
    ):
        if hasattr(socket, _name):
            _TOLD[_IP6, getattr(socket, _name)] = _what


def told(items: Iterable[Item]) -> Facts:
    """What control messages say; those that say something else, or were cut off, are passed over."""
    facts = Facts()
    for level, kind, data in items:
        what = _TOLD.get((level, kind))
        if what is not None:
            try:
                what(facts, data)
            except struct.error:
                continue
    return facts


def time_at(raw: bytes, offset: int = 0) -> float:
    """The time that is there in control data that begin with it."""
    seconds, rest = _TIMESPEC.unpack_from(raw, offset)
    return float(seconds + rest / 1e9)
