"""Between addresses and what `socket` gives and takes for them.

A datagram costs one conversion each way, so both directions remember: peers come back, and a server
answers the address it was given. Nothing with a zone is remembered, for what a zone means may change.
"""

from __future__ import annotations

import errno
import os
import socket
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address

from ..errors import AddrError, InvalidAddrError, ParseError
from .base import Addr
from .endpoints import IPAddr, IPEndpoint, PortEndpoint, TCPAddr, UDPAddr
from .ip import IP, unmapped
from .unix import UnixAddr
from .zones import scope_of, zone_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeVar

    A = TypeVar("A", bound=TCPAddr | UDPAddr | IPAddr | UnixAddr)

__all__ = ["UNIX_PATH_MAX", "SockAddr", "from_sockaddr", "to_sockaddr", "unix_sockaddr"]

# Linux's size of sun_path. A path needs one byte of it for its final NUL; an abstract name does not,
# since the kernel goes by the length it is given.
UNIX_PATH_MAX = 108

# Enough for the peers that talk at the same time; some 500 bytes each.
_CACHE_SIZE = 1024

SockAddr = tuple[str, int] | tuple[str, int, int, int] | bytes


def from_sockaddr(cls: type[A], sockaddr: Any, net: str = "unix") -> A:
    """The address, of class `cls`, that a method of `socket` gave as `sockaddr`.

    `sockaddr` is an AF_INET or AF_INET6 tuple with a numeric host, or, for `UnixAddr`, a `str` or
    `bytes`; `net` is a `UnixAddr`'s network. `None`, which `recvfrom` gives where there is no sender's
    address, is the caller's to tell apart.
    """
    if cls is UnixAddr:
        return _from_unix(sockaddr, net)  # type: ignore[return-value]
    if len(sockaddr) > 3 and sockaddr[3]:
        return _from_inet(cls, sockaddr)  # type: ignore[return-value]
    return _cached_from_inet(cls, sockaddr)  # type: ignore[no-any-return]


def _from_inet(cls: type[Any], sockaddr: tuple[Any, ...]) -> IPEndpoint:
    host, _, zone = sockaddr[0].partition("%")
    ip: IP
    try:
        # By way of the packed form: four times faster than ipaddress's own parser.
        if ":" in host:
            ip = unmapped(IPv6Address(socket.inet_pton(socket.AF_INET6, host)))
        else:
            ip = IPv4Address(socket.inet_pton(socket.AF_INET, host))
    except OSError:
        raise ParseError("IP address", sockaddr[0]) from None
    if isinstance(ip, IPv4Address):
        zone = ""
    elif len(sockaddr) > 3 and sockaddr[3]:
        zone = zone_of(sockaddr[3])
    if issubclass(cls, PortEndpoint):
        return cls._make(ip, sockaddr[1], zone)
    return cls._make(ip, zone)  # type: ignore[no-any-return]  # IPAddr


_cached_from_inet: Any = lru_cache(_CACHE_SIZE)(_from_inet)


def _from_unix(sockaddr: str | bytes, net: str) -> UnixAddr:
    name = os.fsdecode(sockaddr)
    if name.startswith("\0"):
        name = "@" + name[1:].partition("\0")[0]
    elif not name:
        name = "@"
    elif name.startswith("@"):
        # A file of that name, made by somebody else. Left as it is, answering it would reach whoever
        # holds the abstract name (it does in Go).
        name = "./" + name
    return UnixAddr._make(name, net)


def to_sockaddr(addr: Addr, family: int) -> Any:
    """What the methods of a socket of `family` take for `addr` (a `SockAddr`).

    For AF_INET6 an IPv4 address is mapped, and both no address and `0.0.0.0` mean `::`, which on a
    dual-stack socket is every address there is. A zone becomes a scope id. A `UnixAddr` needs no
    family; its result is `bytes`.

    Raises `AddrError` (`non-IPv4 address`, `invalid address family`), for a Unix name what
    `unix_sockaddr` raises, and `TypeError` for an `addr` that no socket has.
    """
    if isinstance(addr, IPEndpoint):
        known = addr._sockaddr
        if known is not None and known[0] == family:
            return known[1]
        sockaddr = _to_inet(addr, family)
        if not addr._zone:
            addr._sockaddr = (family, sockaddr)
        return sockaddr
    if isinstance(addr, UnixAddr):
        return unix_sockaddr(addr._name)
    raise TypeError(f"no socket has an address of type {type(addr).__name__}")


def _to_inet(addr: IPEndpoint, family: int) -> SockAddr:
    ip = addr._ip
    port = addr._port if isinstance(addr, PortEndpoint) else 0
    if family == socket.AF_INET:
        if isinstance(ip, IPv6Address):
            raise AddrError("non-IPv4 address", str(ip))
        return ("0.0.0.0" if ip is None else str(ip), port)
    if family == socket.AF_INET6:
        if ip is None or (isinstance(ip, IPv4Address) and not int(ip)):
            return ("::", port, 0, 0)
        if isinstance(ip, IPv4Address):
            return (f"::ffff:{ip}", port, 0, 0)
        return (str(ip), port, 0, scope_of(addr._zone))
    raise AddrError("invalid address family", str(addr))


def unix_sockaddr(name: str, path_max: int = UNIX_PATH_MAX, abstract: bool = True) -> bytes:
    """A Unix socket's name as `bind` and `connect` take it.

    `path_max` is the size of `sun_path`, `abstract` whether the system has abstract names; where it has
    not, `@` is a character like any other.

    Raises `InvalidAddrError` when a path has a NUL byte in it, which the kernel would take for its end,
    or cannot be encoded; `OSError` with EINVAL when the name is too long, as the kernel would.
    """
    try:
        raw = os.fsencode(name)
    except UnicodeEncodeError:
        raise InvalidAddrError(f"unix socket name cannot be encoded: {name!a}") from None
    if abstract and raw.startswith((b"@", b"\0")):
        raw, longest = b"\0" + raw[1:], path_max
    else:
        longest = path_max - 1
        if b"\0" in raw:
            raise InvalidAddrError(f"NUL byte in unix socket path: {name!a}")
    if len(raw) > longest:
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
    return raw
