"""Multicast: groups that a UDP socket hears, and how what it sends to them leaves. ip(7), ipv6(7); RFC 1112,
RFC 3493, section 5.2."""

from __future__ import annotations

import errno
import os
import socket
from ipaddress import IPv4Address, IPv6Address

from ..addresses import Addr, IPAddr, UDPAddr
from ..addresses.ip import ip_and_zone
from ..addresses.zones import scope_of
from ..errors import AddrError, MissingAddressError, OpError
from ..resolve.networks import parse_network
from ..system import multicast as system
from .config import ListenOptions
from .listen import listen_typed
from .opened import Opened, SyscallError, step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = [
    "group_and_index",
    "interface_index",
    "join",
    "leave",
    "listen_multicast",
    "set_interface",
    "set_loopback",
    "set_ttl",
]


async def listen_multicast(network: str, interface: Any, group: UDPAddr | None) -> Opened:
    """A socket that hears `group` at its port, and shares the port with others that do.

    Raises `OpError` of op `listen`; `TypeError` for arguments of a wrong type.
    """
    if group is not None and not isinstance(group, Addr):
        raise TypeError(f"expected a UDPAddr, not {type(group).__name__}")
    try:
        net = parse_network(network, "udp")
        if group is not None and not isinstance(group, UDPAddr):
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        if group is None or group.ip is None:
            raise MissingAddressError
        versions: dict[int, int] = {socket.AF_INET: 4, socket.AF_INET6: 6}
        version = versions.get(net.family, group.ip.version)
        if group.ip.version != version:
            raise AddrError(f"non-IPv{version} address", str(group.ip))
        ip, index = group_and_index(group, interface)
    except OSError as err:
        raise OpError("listen", str(network), None, group, err) from err
    opened = await listen_typed(network, UDPAddr, group, ListenOptions(), "udp")
    sock = opened.fd.sock
    try:
        # A program that both sends to a group and hears it does not want to hear itself; Go's rule.
        step("setsockopt", set_loopback, sock, False)
        if interface is not None:
            step("setsockopt", set_interface, sock, index)
        step("setsockopt", join, sock, ip, index)
    except SyscallError as err:
        opened.fd.close()
        raise OpError("listen", network, None, group, err.err, syscall=err.name) from err.err
    except BaseException:
        opened.fd.close()
        raise
    return opened


def group_and_index(group: Any, interface: Any) -> tuple[IPv4Address | IPv6Address, int]:
    """A group's address and the index of the interface, 0 for whichever the system likes; without an
    interface the group's zone is it.

    Raises `OSError` (`AddrError` for what is no group, ENODEV for an interface that is not there),
    `ParseError` for a text that is no address, `TypeError`, `ValueError`.
    """
    if isinstance(group, (UDPAddr, IPAddr)):
        ip, zone = group.ip, group.zone
        if ip is None:
            raise MissingAddressError
    else:
        ip, zone = ip_and_zone(group, "")
        if ip is None:
            raise TypeError("a group is an IP address, not None")
    if not ip.is_multicast:
        raise AddrError("not a multicast address", str(ip))
    index = interface_index(interface)
    return ip, index or scope_of(zone)


def interface_index(interface: Any) -> int:
    """The index of an interface given by its index, its name, or an object that has an `index`; 0 for None.

    Raises `OSError` (ENODEV), `TypeError`, `ValueError`.
    """
    if interface is None:
        return 0
    if isinstance(interface, str):
        try:
            return socket.if_nametoindex(interface)
        except (OSError, ValueError):  # ValueError: a NUL in it
            missing = OSError(errno.ENODEV, "no such network interface")
            missing.syscall = ""  # type: ignore[attr-defined]
            raise missing from None
    index = getattr(interface, "index", interface)
    if isinstance(index, bool) or not isinstance(index, int):
        raise TypeError(f"an interface is a name, an index or an Interface, not {type(interface).__name__}")
    if not 0 < index < 1 << 31:
        raise ValueError(f"{index} is no index of an interface")
    return index


def join(sock: socket.socket, group: IPv4Address | IPv6Address, index: int) -> None:
    """Hear a group, and of groups from now on only those that are joined here. Raises `OSError`."""
    _change(sock, group, index, system.JOIN4, socket.IPV6_JOIN_GROUP)
    option = system.HEAR_ALL.get(sock.family if group.version == 6 else socket.AF_INET)
    if option is not None:
        try:
            # Else Linux gives a socket bound to any address what was joined by anybody on this machine.
            sock.setsockopt(*option, 0)
        except OSError:
            pass  # An older kernel's socket hears too much, as before.


def leave(sock: socket.socket, group: IPv4Address | IPv6Address, index: int) -> None:
    """Hear it no more. Raises `OSError`: EADDRNOTAVAIL if it was not joined on this interface."""
    _change(sock, group, index, system.LEAVE4, socket.IPV6_LEAVE_GROUP)


def _change(
    sock: socket.socket, group: IPv4Address | IPv6Address, index: int, option4: int, option6: int
) -> None:
    if isinstance(group, IPv4Address):
        sock.setsockopt(socket.IPPROTO_IP, option4, system.pack_membership4(group.packed, index))
    elif sock.family != socket.AF_INET6:
        raise AddrError("non-IPv4 address", str(group))
    else:
        sock.setsockopt(socket.IPPROTO_IPV6, option6, system.pack_membership6(group.packed, index))


def set_interface(sock: socket.socket, index: int) -> None:
    """Where multicast leaves; 0 is the system's choice. Raises `OSError`."""
    _set(sock, socket.IP_MULTICAST_IF, system.pack_interface4(index), socket.IPV6_MULTICAST_IF, index)


def set_loopback(sock: socket.socket, loopback: bool) -> None:
    """Whether what is sent to a group is heard on this machine too. Raises `OSError`."""
    value = int(loopback)
    _set(sock, socket.IP_MULTICAST_LOOP, system.pack_value4(value), socket.IPV6_MULTICAST_LOOP, value)


def set_ttl(sock: socket.socket, ttl: int) -> None:
    """How many hops multicast may take. Raises `OSError`."""
    _set(sock, socket.IP_MULTICAST_TTL, system.pack_value4(ttl), socket.IPV6_MULTICAST_HOPS, ttl)


def _set(sock: socket.socket, option4: int, value4: bytes, option6: int, value6: int) -> None:
    """Set an option for all that the socket sends, which for an IPv6 one may be IPv4 too."""
    if sock.family != socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IP, option4, value4)
        return
    sock.setsockopt(socket.IPPROTO_IPV6, option6, value6)
    try:
        sock.setsockopt(socket.IPPROTO_IP, option4, value4)
    except OSError:
        pass  # A system whose IPv6 sockets do not send IPv4.
