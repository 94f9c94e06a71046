"""`TCPAddr`, `UDPAddr`, `IPAddr`: an IP address, with a port where there are ports.

A datagram server makes or meets one of these per datagram, so they are plain slots filled in
`__new__`, not dataclasses (a frozen dataclass takes three times as long to make). `__new__` and not
`__init__`, because an `__init__` could be called again. The public fields are properties, the two slots
that change (`_hash` and `_sockaddr`) remember what was once worked out: two threads that both do so
store equal values.
"""

from __future__ import annotations

import operator
from ipaddress import IPv4Address, IPv6Address

from ..errors import AddrError
from .base import Addr
from .ip import IP, ip_and_zone

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Self

__all__ = ["IPAddr", "IPEndpoint", "PortEndpoint", "TCPAddr", "UDPAddr"]


class IPEndpoint(Addr):
    """What all of them share."""

    __slots__ = ("_hash", "_ip", "_sockaddr", "_zone")

    _ip: IP | None
    _zone: str
    _hash: int | None
    # (address family, what `socket` takes for this address): kept by `to_sockaddr`.
    _sockaddr: tuple[int, Any] | None

    @property
    def ip(self) -> IP | None:
        """The address; `None` stands for any address of either family."""
        return self._ip

    @property
    def zone(self) -> str:
        """The zone of an IPv6 address: an interface's name, or its index in decimal; else empty."""
        return self._zone

    def _host(self) -> str:
        if self._ip is None:
            return ""
        return f"{self._ip}%{self._zone}" if self._zone else str(self._ip)

    def _ip_argument(self) -> str | None:
        return None if self._ip is None else str(self._ip)


class PortEndpoint(IPEndpoint):
    """The IP end points that have a port."""

    __slots__ = ("_port",)
    __match_args__ = ("ip", "port", "zone")

    _port: int

    def __new__(cls, ip: IP | str | None = None, port: int = 0, zone: str = "") -> Self:
        if type(port) is not int or not 0 <= port <= 65535:
            port = _checked_port(port)
        # IPv4Address and None with no zone are what most calls bring, and need no more looking at.
        if zone != "" or (type(ip) is not IPv4Address and ip is not None):
            ip, zone = ip_and_zone(ip, zone)
        self = object.__new__(cls)
        self._ip = ip
        self._port = port
        self._zone = zone
        self._hash = None
        self._sockaddr = None
        return self

    @classmethod
    def _make(cls, ip: IP | None, port: int, zone: str) -> Self:
        """From parts known to be good: nothing is looked at."""
        self = object.__new__(cls)
        self._ip = ip
        self._port = port
        self._zone = zone
        self._hash = None
        self._sockaddr = None
        return self

    @property
    def port(self) -> int:
        """The port, 0 to 65535; 0 lets the system choose one."""
        return self._port

    def __str__(self) -> str:
        if isinstance(self._ip, IPv6Address):
            return f"[{self._host()}]:{self._port}"
        return f"{self._host()}:{self._port}"

    def __repr__(self) -> str:
        zone = f", {self._zone!r}" if self._zone else ""
        return f"{type(self).__name__}({self._ip_argument()!r}, {self._port}{zone})"

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, PortEndpoint) or type(other) is not type(self):
            return NotImplemented
        return self._port == other._port and self._ip == other._ip and self._zone == other._zone

    def __hash__(self) -> int:
        # Kept: `ipaddress` takes longer to hash than the whole look-up in a dict of peers.
        known = self._hash
        if known is None:
            known = self._hash = hash((self._ip, self._port, self._zone))
        return known

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._ip, self._port, self._zone)


class TCPAddr(PortEndpoint):
    """A TCP end point: `TCPAddr(ip=None, port=0, zone="")`.

    `ip` is an `ipaddress.IPv4Address` or `IPv6Address`, a `str` that is parsed (`192.0.2.1`,
    `2001:db8::1`, `fe80::1%eth0`), or `None` for any address. An IPv4-mapped IPv6 address becomes IPv4;
    a zone that comes with the address becomes `zone` (RFC 4007). `port` is an `int`, 0 to 65535. The
    text is `192.0.2.1:25`, `[2001:db8::1]:80`, `[fe80::1%eth0]:80` or `:80` (RFC 5952, section 6).

    Raises `ParseError` when the text is no IP address, `AddrError` (`invalid port`) when the port is
    out of range, `AddrError` when there is a zone but no IPv6 address or the address brings another
    zone, `TypeError` for arguments of other types.
    """

    __slots__ = ()

    @property
    def network(self) -> str:
        """`"tcp"`."""
        return "tcp"


class UDPAddr(PortEndpoint):
    """A UDP end point: `UDPAddr(ip=None, port=0, zone="")`; arguments, text and errors as `TCPAddr`."""

    __slots__ = ()

    @property
    def network(self) -> str:
        """`"udp"`."""
        return "udp"


class IPAddr(IPEndpoint):
    """A raw IP end point: `IPAddr(ip=None, zone="")`.

    `ip`, `zone` and errors as `TCPAddr`. The text is `192.0.2.1`, `fe80::1%eth0`, or empty for any
    address; `IPAddr(text)` reads all but the last back.
    """

    __slots__ = ()
    __match_args__ = ("ip", "zone")

    def __new__(cls, ip: IP | str | None = None, zone: str = "") -> Self:
        return cls._make(*ip_and_zone(ip, zone))

    @classmethod
    def _make(cls, ip: IP | None, zone: str) -> Self:
        """From parts known to be good: nothing is looked at."""
        self = object.__new__(cls)
        self._ip = ip
        self._zone = zone
        self._hash = None
        self._sockaddr = None
        return self

    @property
    def network(self) -> str:
        """`"ip"`."""
        return "ip"

    def __str__(self) -> str:
        return self._host()

    def __repr__(self) -> str:
        zone = f", {self._zone!r}" if self._zone else ""
        return f"{type(self).__name__}({self._ip_argument()!r}{zone})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, IPAddr) or type(other) is not type(self):
            return NotImplemented
        return self._ip == other._ip and self._zone == other._zone

    def __hash__(self) -> int:
        known = self._hash
        if known is None:
            known = self._hash = hash((self._ip, self._zone))
        return known

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._ip, self._zone)


def _checked_port(port: object) -> int:
    """The slow way: an `int` of another kind (an enum's, numpy's), or what is wrong with it."""
    if isinstance(port, bool) or not hasattr(type(port), "__index__"):
        raise TypeError(f"a port is an int, not {type(port).__name__}")
    number = operator.index(port)  # type: ignore[arg-type]
    if not 0 <= number <= 65535:
        raise AddrError("invalid port", str(number))
    return number
