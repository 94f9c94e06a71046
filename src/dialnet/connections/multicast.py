"""Groups, in both faces: joining and leaving, and how what is sent to them leaves."""

from __future__ import annotations

import socket
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address

from ..addresses import IPAddr, UDPAddr
from ..sockets import multicast
from .base import Deadlines

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Group = UDPAddr | IPAddr | IPv4Address | IPv6Address | str

__all__ = ["Multicast"]


class Multicast(Deadlines):
    """A socket of datagrams over IP.

    Where an interface is asked for, it is its name, its index, an `Interface`, or None for the system's
    choice.
    """

    def join_group(self, group: Group, interface: Any = None) -> None:
        """Hear what is sent to a group (IP_ADD_MEMBERSHIP, IPV6_JOIN_GROUP) and arrives by `interface`.

        `group` is an IP address, a text that is one, or an address with one; without an interface its zone
        counts. It can be joined on several interfaces, and several groups can be; others are then not heard,
        even if another socket of this machine has joined them.

        Raises `OpError`: `ClosedError`, `AddrError` for an address that is no group or not of this socket's
        family, ENODEV for an interface that is not there, EADDRINUSE if it was joined already; `ParseError`,
        `TypeError`.
        """
        self._change_group(multicast.join, group, interface)

    def leave_group(self, group: Group, interface: Any = None) -> None:
        """Undo `join_group` with the same arguments. Raises as it, and EADDRNOTAVAIL if it was not joined."""
        self._change_group(multicast.leave, group, interface)

    def set_multicast_interface(self, interface: Any) -> None:
        """Send to groups by this interface (IP_MULTICAST_IF, IPV6_MULTICAST_IF). Raises `OpError`,
        `TypeError`."""
        self._set_multicast(lambda sock: multicast.set_interface(sock, multicast.interface_index(interface)))

    def set_multicast_loopback(self, loopback: bool) -> None:
        """Whether this machine hears, too, what is sent to a group here (IP_MULTICAST_LOOP,
        IPV6_MULTICAST_LOOP). At first it does; after `listen_multicast_udp` it does not. Raises `OpError`."""
        self._set_multicast(lambda sock: multicast.set_loopback(sock, bool(loopback)))

    def set_multicast_ttl(self, ttl: int) -> None:
        """How many hops what is sent to a group may take, 0 to 255; 1, as at first, stays on the link
        (IP_MULTICAST_TTL, IPV6_MULTICAST_HOPS). Raises `OpError`, `TypeError`, `ValueError`."""
        if isinstance(ttl, bool) or not isinstance(ttl, int):
            raise TypeError(f"a number of hops is an int, not {type(ttl).__name__}")
        if not 0 <= ttl <= 255:
            raise ValueError("a number of hops is 0 to 255")
        self._set_multicast(lambda sock: multicast.set_ttl(sock, ttl))

    def _change_group(self, change: Callable[..., None], group: Group, interface: Any) -> None:
        self._set_multicast(lambda sock: change(sock, *multicast.group_and_index(group, interface)))

    def _set_multicast(self, change: Callable[[socket.socket], None]) -> None:
        self._control("set", "setsockopt", lambda: change(self._fd.sock))
