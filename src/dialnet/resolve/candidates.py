"""From `network, address` to the addresses to try, as Go's `internetAddrList` and `resolveAddrList`."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence

from ..addresses import Addr, IPAddr, TCPAddr, UDPAddr, UnixAddr, split_host_port
from ..errors import AddrError, MissingAddressError, NoSuitableAddressError
from ..poll.signal import CancelToken
from . import system
from .networks import Network

__all__ = ["addresses", "first_choice", "internet_addresses", "is_wildcard", "matching_local"]

InetAddr = TCPAddr | UDPAddr


async def addresses(
    op: str, network: Network, address: str, until: float | None = None, cancel: CancelToken | None = None
) -> Sequence[Addr]:
    """What `address` stands for, at least one. `op` is `dial` or `listen`.

    Raises `AddrError`, `DNSError`, `MissingAddressError`, and `TypeError` for what is no text.
    """
    if not isinstance(address, str):
        raise TypeError(f"an address is a str, not {type(address).__name__}")
    if op == "dial" and address == "":
        raise MissingAddressError
    if network.is_unix:
        return [UnixAddr(address, network.base)]
    return await internet_addresses(network, address, until, cancel)


async def internet_addresses(
    network: Network, address: str, until: float | None = None, cancel: CancelToken | None = None
) -> list[TCPAddr] | list[UDPAddr]:
    kind: type[TCPAddr] | type[UDPAddr] = TCPAddr if network.base == "tcp" else UDPAddr
    host, service = split_host_port(address) if address else ("", "")
    port = await _port(network, service, until, cancel)
    if not host:
        return [kind(None, port)]  # type: ignore[return-value]
    found = await _hosts(network, host, until, cancel)
    if len(found) == 1 and found[0].ip == _V6_UNSPECIFIED:
        # The wildcard of a dual-stack socket, which a machine without IPv6 can still serve.
        found.append(IPAddr("0.0.0.0"))
    versions: dict[int, int] = {socket.AF_INET: 4, socket.AF_INET6: 6}
    wanted = versions.get(network.family)
    suitable = [
        kind(a.ip, port, a.zone) for a in found if a.ip is not None and wanted in (None, a.ip.version)
    ]
    if not suitable:
        raise NoSuitableAddressError(host)
    return suitable  # type: ignore[return-value]


_V6_UNSPECIFIED = ipaddress.IPv6Address("::")


async def _port(network: Network, service: str, until: float | None, cancel: CancelToken | None) -> int:
    if not service:
        return 0
    digits = service[1:] if service[0] in "+-" else service
    if digits.isascii() and digits.isdigit():
        # Only so many digits are worth converting (and int() of thousands is slow).
        digits = digits.lstrip("0") or "0"
        port = int(digits) if len(digits) <= 5 else 65536
        if service[0] == "-":
            port = -port
    else:
        port = await system.lookup_port(network.base, service, until, cancel)
    if not 0 <= port <= 65535:
        raise AddrError("invalid port", service)
    return port


async def _hosts(
    network: Network, host: str, until: float | None, cancel: CancelToken | None
) -> list[IPAddr]:
    literal, _, zone = host.partition("%")
    try:
        ip = ipaddress.ip_address(literal)
    except ValueError:
        pass  # A name.
    else:
        if not zone:
            return [IPAddr(ip)]
        if ip.version == 6:
            return [IPAddr(ip, zone)]
    return await system.lookup_ip_addr(host, network.family, until, cancel)


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
    if network.is_unix or is_wildcard(local):
        return found
    version = _version(local)
    suitable = [a for a in found if is_wildcard(a) or _version(a) == version]
    if not suitable:
        raise NoSuitableAddressError(str(local))
    return suitable
