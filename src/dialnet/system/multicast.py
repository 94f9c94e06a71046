"""The options of multicast, and how each system packs them: ip(7), ipv6(7).

IPv6 has one way on all of them (RFC 3493, section 5.2). Of IPv4's there are three.
"""

from __future__ import annotations

import socket
import struct
import sys

__all__ = [
    "HEAR_ALL",
    "JOIN4",
    "LEAVE4",
    "SHARE_PORT",
    "pack_interface4",
    "pack_membership4",
    "pack_membership6",
    "pack_value4",
]

# What an option to share a group's port among several sockets has to be set.
SHARE_PORT: tuple[int, ...] = (socket.SO_REUSEADDR,)
# Options that have a socket hear the groups that others on this machine have joined, by family.
HEAR_ALL: dict[int, tuple[int, int]] = {}
JOIN4, LEAVE4 = socket.IP_ADD_MEMBERSHIP, socket.IP_DROP_MEMBERSHIP
_VALUE4 = "@B"

if sys.platform == "linux":
    # linux/in.h, linux/in6.h; the second since Linux 4.20.
    HEAR_ALL = {socket.AF_INET: (socket.IPPROTO_IP, 49), socket.AF_INET6: (socket.IPPROTO_IPV6, 29)}
elif sys.platform == "win32":
    _VALUE4 = "@I"
else:
    SHARE_PORT = (socket.SO_REUSEADDR, socket.SO_REUSEPORT)
    if sys.platform == "darwin" or sys.platform.startswith("freebsd"):
        # MCAST_JOIN_GROUP, MCAST_LEAVE_GROUP (RFC 3678, section 5.1).
        JOIN4, LEAVE4 = 80, 81


def pack_membership4(group: bytes, index: int) -> bytes:
    """A group and the interface it is joined on; 0 is the system's choice."""
    if sys.platform == "win32":
        # In place of an address of the interface, 0.x.x.x is its index.
        return group + struct.pack("!I", index)
    if sys.platform == "darwin" or sys.platform.startswith("freebsd"):
        # A `struct group_req` with a `struct sockaddr_in` in it; on macOS its parts are packed to 4 bytes.
        before = "=I" if sys.platform == "darwin" else "@I" + "x" * (struct.calcsize("P") - 4)
        return struct.pack(before + "BBH4s120x", index, 16, socket.AF_INET, 0, group)
    return struct.pack("=4s4xi", group, index)


def pack_interface4(index: int) -> bytes:
    """The interface that multicast leaves by."""
    if sys.platform == "win32":
        return struct.pack("!I", index)
    # A `struct ip_mreqn`, of which neither address is looked at.
    return struct.pack("=4x4xi", index)


def pack_membership6(group: bytes, index: int) -> bytes:
    """A `struct ipv6_mreq`."""
    return group + struct.pack("@I", index)


def pack_value4(value: int) -> bytes:
    """IPv4's TTL or loopback flag. A byte is what all but Windows take."""
    return struct.pack(_VALUE4, value)
