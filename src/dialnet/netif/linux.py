"""Interfaces and addresses from Linux's kernel: netlink's messages as values, and the socket to ask it."""

from __future__ import annotations

import errno
import os
import socket
import struct
import sys
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address

from ..addresses import HardwareAddr, IPNet, cidr_mask
from .interface import Flags, Interface
from .netlink import (
    RTM_GETADDR,
    RTM_GETLINK,
    RTM_NEWADDR,
    RTM_NEWLINK,
    Dump,
    NetlinkError,
    attributes,
    dump_request,
)

__all__ = ["address_table", "interface_table", "parse_address", "parse_link"]

# struct ifinfomsg: device type, index, flags; struct ifaddrmsg: family, prefix length, index.
_LINK = struct.Struct("=2xHiI4x")
_ADDRESS = struct.Struct("=BB2xI")
_IFLA_ADDRESS, _IFLA_IFNAME, _IFLA_MTU = 1, 3, 4
_IFA_ADDRESS, _IFA_LOCAL = 1, 2
# The address of a tunnel's link is an IP address, this end of it. ARPHRD_TUNNEL, TUNNEL6, SIT, IPGRE, IP6GRE.
_TUNNELS = frozenset({768, 769, 776, 778, 823})
# IFF_UP, IFF_BROADCAST, ... of <linux/if.h>.
_FLAGS = [
    (0x1, Flags.UP),
    (0x2, Flags.BROADCAST),
    (0x8, Flags.LOOPBACK),
    (0x10, Flags.POINT_TO_POINT),
    (0x1000, Flags.MULTICAST),
    (0x40, Flags.RUNNING),
]
_ATTEMPTS = 10
# The kernel answers at once; only a sandbox that swallows the question makes anybody wait.
_PATIENCE = 5.0
_SEQUENCE = 1
# In numbers: for mypy, other systems have no names for them.
_AF_NETLINK, _NETLINK_ROUTE = 16, 0


def interface_table() -> list[Interface]:
    """All interfaces. Raises `OSError`."""
    return [parse_link(payload) for payload in _dump(RTM_GETLINK, RTM_NEWLINK)]


def address_table() -> list[tuple[int | str, IPNet]]:
    """All addresses, each with its interface's index. Raises `OSError`."""
    parsed = (parse_address(payload) for payload in _dump(RTM_GETADDR, RTM_NEWADDR))
    return [found for found in parsed if found is not None]


def parse_link(payload: bytes) -> Interface:
    """The interface that an RTM_NEWLINK is about. Raises `NetlinkError`."""
    if len(payload) < _LINK.size:
        raise NetlinkError("netlink: a link message is cut off")
    kind, index, bits = _LINK.unpack_from(payload)
    if index < 1:
        raise NetlinkError(f"netlink: {index} is no index of an interface")
    found = attributes(payload[_LINK.size :])
    mtu = found.get(_IFLA_MTU, bytes(4))
    if len(mtu) != 4:
        raise NetlinkError("netlink: an MTU that is no number")
    hardware = found.get(_IFLA_ADDRESS, b"")
    if not any(hardware) or (kind in _TUNNELS and len(hardware) in (4, 16)):
        hardware = b""
    flags = Flags(0)
    for bit, flag in _FLAGS:
        if bits & bit:
            flags |= flag
    name = os.fsdecode(found.get(_IFLA_IFNAME, b"").partition(b"\0")[0])
    return Interface(index, int.from_bytes(mtu, sys.byteorder), name, HardwareAddr(hardware), flags)


def parse_address(payload: bytes) -> tuple[int, IPNet] | None:
    """The interface's index and the address that an RTM_NEWADDR is about; `None` for one of another family
    than IPv4 and IPv6. Raises `NetlinkError`."""
    if len(payload) < _ADDRESS.size:
        raise NetlinkError("netlink: an address message is cut off")
    family, ones, index = _ADDRESS.unpack_from(payload)
    if family not in (socket.AF_INET, socket.AF_INET6):
        return None
    found = attributes(payload[_ADDRESS.size :])
    # Of a point-to-point link the other attribute is the far end.
    packed = found.get(_IFA_LOCAL, found.get(_IFA_ADDRESS))
    if packed is None:
        return None
    bits = 32 if family == socket.AF_INET else 128
    if len(packed) * 8 != bits or ones > bits:
        raise NetlinkError("netlink: an address of a wrong length")
    mask = cidr_mask(ones, bits)
    if bits == 32:
        return index, IPNet(IPv4Address(packed), mask)
    ip = IPv6Address(packed)
    # An IPv4-mapped address counts as IPv4 everywhere here, and so its mask is the last 32 bits of it.
    return index, IPNet(ip, mask[12:] if ip.ipv4_mapped else mask)


def _dump(request: int, answer: int) -> list[bytes]:
    for _ in range(_ATTEMPTS):
        dump = _one_dump(request, answer)
        if not dump.interrupted:
            return dump.payloads
    raise OSError(errno.EINTR, "the interfaces change faster than they can be read")


def _one_dump(request: int, answer: int) -> Dump:
    dump = Dump(answer, _SEQUENCE)
    with socket.socket(_AF_NETLINK, socket.SOCK_RAW, _NETLINK_ROUTE) as sock:
        sock.settimeout(_PATIENCE)
        try:
            sock.bind((0, 0))
            sock.sendto(dump_request(request, _SEQUENCE), (0, 0))
            _receive(sock, dump.feed, lambda: dump.done)
        except TimeoutError:
            raise OSError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT)) from None
    return dump


def _receive(sock: socket.socket, feed: Callable[[bytes], None], done: Callable[[], bool]) -> None:
    probe = bytearray(1)
    while not done():
        # Its length first: a message about a link has no largest size.
        size = sock.recv_into(probe, 0, socket.MSG_PEEK | socket.MSG_TRUNC)
        data, sender = sock.recvfrom(max(size, 1 << 15))
        if sender[0] == 0:  # the kernel; other processes can send here too
            feed(data)
