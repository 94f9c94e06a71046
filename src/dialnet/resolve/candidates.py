"""From `network, address` to the addresses to try, as Go's `internetAddrList` and `resolveAddrList`."""

from __future__ import annotations

import functools
import ipaddress
import socket
from collections.abc import Sequence

from ..addresses import Addr, IPAddr, TCPAddr, UDPAddr, UnixAddr, split_host_port
from ..errors import AddrError, MissingAddressError, NoSuitableAddressError
from ..poll.signal import CancelToken
from . import asked
from .literals import ip_literal, port_number
from .networks import Network

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Tell = Callable[[Sequence[Any]], None]

__all__ = [
    "addresses",
    "first_choice",
    "internet_addresses",
    "is_wildcard",
    "matching_local",
    "spelt_out",
]

InetAddr = TCPAddr | UDPAddr | IPAddr


async def addresses(
    op: str,
    network: Network,
    address: str,
    until: float | None = None,
    cancel: CancelToken | None = None,
    resolver: Any = None,
    tell: Tell | None = None,
) -> Sequence[Addr]:
    """What `address` stands for, at least one. `op` is `dial` or `listen`; see `asked.py` for `resolver`.
    `tell` is called with the addresses of each answer as it comes.

    Raises `AddrError`, `DNSError`, `MissingAddressError`, and `TypeError` for what is no text.
    """
    if not isinstance(address, str):
        raise TypeError(f"an address is a str, not {type(address).__name__}")
    if op == "dial" and address == "":
        raise MissingAddressError
    if network.is_unix:
        return [UnixAddr(address, network.base)]
    return await internet_addresses(network, address, until, cancel, resolver, tell)


async def internet_addresses(
    network: Network,
    address: str,
    until: float | None = None,
    cancel: CancelToken | None = None,
    resolver: Any = None,
    tell: Tell | None = None,
) -> Sequence[InetAddr]:
    known = spelt_out(network, address)
    if known is not None:
        return known  # type: ignore[return-value]
    if network.base == "ip":
        # No ports, so all of it is the host.
        host, port = address, 0
    else:
        host, service = split_host_port(address)
        port = await asked.port(resolver, network.base, service, until, cancel)
        if not host:
            return [_make(network, None, port)]
    heard = None if tell is None else lambda addrs: tell(_suitable(network, addrs, port))
    found = await asked.addresses(resolver, host, network.family, until, cancel, heard)
    return _all_suitable(network, host, found, port)


def spelt_out(network: Network, address: str) -> Sequence[Addr] | None:
    """The addresses that `address` says itself, so that nobody has to be asked; None where it has a host's or
    a service's name in it, or is none that can be dialed.

    Raises `AddrError`.
    """
    if not isinstance(address, str):
        return None
    if network.base == "ip" or network.is_unix or len(address) > _LONGEST_KEPT:
        return _spelt_out(network, address)
    return _kept(network, address)  # type: ignore[no-any-return]


def _spelt_out(network: Network, address: str) -> Sequence[Addr] | None:
    if network.is_unix:
        return (UnixAddr(address, network.base),) if address else None
    port: int | None = 0
    host = address
    if network.base != "ip" and address:
        host, service = split_host_port(address)
        port = port_number(service)
    if port is None:
        return None
    if not host:
        return (_make(network, None, port),)
    literal = ip_literal(host)
    return None if literal is None else tuple(_all_suitable(network, host, [literal], port))


# An IPv6 address with an interface's name and a port, and some more.
_LONGEST_KEPT = 80
# Most programs dial few addresses, and an address knows its socket address by then.
_kept: Any = functools.lru_cache(256)(_spelt_out)

_VERSIONS: dict[int, int] = {socket.AF_INET: 4, socket.AF_INET6: 6}


def _make(network: Network, ip: Any, port: int, zone: str = "") -> InetAddr:
    if network.base == "tcp":
        return TCPAddr(ip, port, zone)
    return UDPAddr(ip, port, zone) if network.base == "udp" else IPAddr(ip, zone)


def _suitable(network: Network, addrs: Sequence[IPAddr], port: int) -> list[InetAddr]:
    """Those of the network's family, as addresses of its kind."""
    wanted = _VERSIONS.get(network.family)
    return [
        _make(network, addr.ip, port, addr.zone)
        for addr in addrs
        if addr.ip is not None and wanted in (None, addr.ip.version)
    ]


def _all_suitable(network: Network, host: str, found: list[IPAddr], port: int) -> list[InetAddr]:
    """The same of all that was found; raises `NoSuitableAddressError` where that is nothing."""
    any_family = network.family not in _VERSIONS
    if len(found) == 1 and found[0].ip == _V6_UNSPECIFIED and (network.base != "ip" or not any_family):
        # The wildcard of a dual-stack socket, which a machine without IPv6 can still serve. (Raw sockets have
        # one family, so where none was asked for it is the one that was written.)
        found = [*found, IPAddr("0.0.0.0")]
    addrs = _suitable(network, found, port)
    if not addrs:
        raise NoSuitableAddressError(host)
    return addrs


_V6_UNSPECIFIED = ipaddress.IPv6Address("::")


def first_choice(found: Sequence[InetAddr], *, prefer_v6: bool = False) -> InetAddr:
    """The address to use where only one can be: the first IPv4 one, else the first."""
    for addr in found:
        if (addr.ip is None or addr.ip.version == 4) != prefer_v6:
            return addr
    return found[0]


def is_wildcard(addr: Addr) -> bool:
    """Whether the address leaves the host open."""
    try:
        ip = addr.ip  # type: ignore[attr-defined]
    except AttributeError:
        return getattr(addr, "name", "") == ""
    return ip is None or ip.is_unspecified


def _version(addr: Addr) -> int | None:
    ip = getattr(addr, "ip", None)
    return None if ip is None else int(ip.version)


def matching_local(found: Sequence[Addr], network: Network, local: Addr) -> Sequence[Addr]:
    """Those of `found` that can be reached from `local`.

    Raises `AddrError` if `local` is an address of another network, `NoSuitableAddressError` if nothing
    is left.
    """
    if any(addr.network != local.network for addr in found):
        raise AddrError("mismatched local address type", str(local))
    if network.is_unix:
        return found
    suitable = reachable(found, local)
    if not suitable:
        raise NoSuitableAddressError(str(local))
    return suitable


def reachable(found: Sequence[Addr], local: Addr) -> Sequence[Addr]:
    """Those of `found` that a socket bound to `local` can be connected to."""
    if is_wildcard(local):
        return found
    version = _version(local)
    return [a for a in found if a.network == local.network and (is_wildcard(a) or _version(a) == version)]


def name_in(network: Network, address: str) -> str:
    """The host of an address of this network, if it is one that has to be looked up, else nothing. An address
    that is none has no such host."""
    if network.is_unix or not isinstance(address, str):
        return ""
    host = address
    if network.base != "ip":
        try:
            host, _ = split_host_port(address)
        except AddrError:
            return ""
    return host if host != "" and ip_literal(host) is None else ""


def ranked(found: Sequence[Addr]) -> Sequence[Addr]:
    """Addresses of several answers in RFC 6724 order."""
    from .sorting import by_rfc6724

    return by_rfc6724(found)  # type: ignore[arg-type]
