"""Hosts and ports that need no lookup, because they say themselves what they are, or what they are not."""

from __future__ import annotations

import socket

from ..addresses import IPAddr
from ..addresses.ip import literal, unmapped
from ..errors import AddrError

__all__ = ["ip_literal", "is_old_number", "port_number"]


def ip_literal(host: str) -> IPAddr | None:
    """The address that `host` spells out, with its zone; None for a name."""
    if ":" in host:
        text, percent, zone = host.partition("%")
        ip = literal(text)
        if ip is None or (percent and not zone):
            return None
        if zone:
            # Only where it says something: an IPv4 address in IPv6 clothes has no zone.
            return IPAddr(ip, zone) if unmapped(ip).version == 6 else None
        return IPAddr(unmapped(ip))
    # Cheaper than to have the parser fail on every name.
    if host[:1].isdigit() and host[-1:].isdigit():
        ip = literal(host)
        return None if ip is None else IPAddr(ip)
    return None


def is_old_number(host: str) -> bool:
    """Whether the C library would take it for one of inet_aton(3)'s forms (`1.2`, `0x7f.1`, `017700000001`).

    Elsewhere in the package they are no addresses, and a check that lets them pass as names must not be
    answered by what they once meant.
    """
    if not host[:1].isdigit():
        return False
    try:
        socket.inet_aton(host)
    except (OSError, ValueError):
        return False
    return True


def port_number(service: str) -> int | None:
    """The port that is given as a number (a sign is allowed, as in Go); None for a name.

    Raises `AddrError` for one that is none.
    """
    if not service:
        return 0
    digits = service[1:] if service[0] in "+-" else service
    if not (digits.isascii() and digits.isdigit()):
        return None
    # Only so many digits are worth converting (and int() of thousands is slow).
    digits = digits.lstrip("0") or "0"
    port = int(digits) if len(digits) <= 5 else 65536
    if port > 65535 or (port and service[0] == "-"):
        raise AddrError("invalid port", service)
    return port
