"""Zones (RFC 4007): the name of an interface in a text, its index in a socket address.

Asked of the system every time: an interface can be renamed, or another take its index, and only
link-local addresses have a zone. Go keeps the table for 60 s and is wrong for as long.
"""

from __future__ import annotations

import socket

__all__ = ["scope_of", "zone_of"]


def zone_of(scope_id: int) -> str:
    """The zone for a scope id: the interface's name, the number where there is no such interface."""
    if scope_id == 0:
        return ""
    try:
        return socket.if_indextoname(scope_id)
    except (OSError, OverflowError):
        return str(scope_id)


def scope_of(zone: str) -> int:
    """The scope id for a zone: the index of the interface so named, else the number it is, else 0."""
    if not zone:
        return 0
    try:
        return socket.if_nametoindex(zone)
    except (OSError, ValueError):  # ValueError: a NUL in it, or text no file system encoding has
        pass
    # A scope id has 32 bits; a number that has more names no interface.
    if zone.isascii() and zone.isdigit() and len(zone) <= 10 and int(zone) < 1 << 32:
        return int(zone)
    return 0
