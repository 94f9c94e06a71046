"""From `network, address` to the addresses to try, as Go's `internetAddrList` and `resolveAddrList`."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence

from ..addresses import Addr, IPAddr, TCPAddr, UDPAddr, UnixAddr, split_host_port
from ..errors import AddrError, MissingAddressError, NoSuitableAddressError
from ..poll.signal import CancelToken
from . import asked
from .literals import ip_literal
from .networks import Network

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Tell = Callable[[Sequence[Any]], None]

__all__ = ["addresses", "first_choice", "internet_addresses", "is_wildcard", "matching_local"]

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
) -> list[InetAddr]:
    make: Callable[[Any, str], InetAddr]
    if network.base == "ip":
        # No ports, so all of it is the host.
        host, make = address, IPAddr
    else:
        host, service = split_host_port(address) if address else ("", "")
        port = await asked.port(resolver, network.base, service, until, cancel)
        kind: type[TCPAddr] | type[UDPAddr] = TCPAddr if network.base == "tcp" else UDPAddr

        def make(ip: Any, zone: str) -> InetAddr:
            return kind(ip, port, zone)

    if not host:
        return [make(None, "")]
    versions: dict[int, int] = {socket.AF_INET: 4, socket.AF_INET6: 6}
    wanted = versions.get(network.family)

    def suitable(addrs: Sequence[IPAddr]) -> list[Any]:
        return [make(a.ip, a.zone) for a in addrs if a.ip is not None and wanted in (None, a.ip.version)]

    heard = None if tell is None else lambda addrs: tell(suitable(addrs))
    found = await asked.addresses(resolver, host, network.family, until, cancel, heard)
    if len(found) == 1 and found[0].ip == _V6_UNSPECIFIED and (network.base != "ip" or wanted):
        # The wildcard of a dual-stack socket, which a machine without IPv6 can still serve. (Raw sockets have
        # one family, so where none was asked for it is the one that was written.)
        found.append(IPAddr("0.0.0.0"))
    addrs = suitable(found)
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
    if isinstance(addr, UnixAddr):
        return addr.name == ""
    ip = getattr(addr, "ip", None)
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
