"""Multicast groups, from the files that Linux has of them (proc_pid_net(5)): netlink tells of
IPv4's only on new kernels."""

from __future__ import annotations

import sys
from ipaddress import IPv4Address, IPv6Address

from ..addresses import IPAddr

__all__ = ["group_table", "parse_igmp", "parse_igmp6"]

# The thread's own network namespace, as a netlink socket has it; /proc/net is that of the first thread.
_FOLDERS = ("/proc/thread-self/net", "/proc/net")


def group_table() -> list[tuple[int, IPAddr]]:
    """All groups, each with its interface's index: IPv4's, then IPv6's. Raises `OSError`."""
    return parse_igmp(_read("igmp")) + parse_igmp6(_read("igmp6"))


def _read(name: str) -> bytes:
    for folder in _FOLDERS:
        try:
            with open(f"{folder}/{name}", "rb") as file:
                return file.read()
        except FileNotFoundError:
            continue
    return b""  # a kernel without IGMP, or without IPv6, has no such groups


def parse_igmp(data: bytes) -> list[tuple[int, IPAddr]]:
    """The groups in /proc/net/igmp. A line that is none of its kind is passed over.

    A line that begins with a number is about an interface, and the indented ones after it are its groups:
    32 bits in hex, in the machine's byte order.
    """
    found = []
    index = 0
    for line in data.splitlines():
        fields = line.split()
        if not fields:
            continue
        if not line[:1].isspace():
            index = int(fields[0]) if _is_index(fields[0]) else 0
            continue
        number = _hex(fields[0], 4)
        if index and number is not None:
            found.append(
                (index, IPAddr(IPv4Address(int.from_bytes(number, "big").to_bytes(4, sys.byteorder))))
            )
    return found


def parse_igmp6(data: bytes) -> list[tuple[int, IPAddr]]:
    """The groups in /proc/net/igmp6, a line each: index, name, address in hex, and more."""
    found = []
    for line in data.splitlines():
        fields = line.split()
        if len(fields) < 3 or not _is_index(fields[0]):
            continue
        packed = _hex(fields[2], 16)
        if packed is not None:
            found.append((int(fields[0]), IPAddr(IPv6Address(packed))))
    return found


def _is_index(text: bytes) -> bool:
    return text.isdigit() and len(text) <= 10


def _hex(text: bytes, size: int) -> bytes | None:
    if len(text) != 2 * size:
        return None
    try:
        return bytes.fromhex(text.decode("ascii"))
    except ValueError:
        return None
