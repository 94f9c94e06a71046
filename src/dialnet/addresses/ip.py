"""IP address literals, read as strictly as Go's `netip` reads them.

`ipaddress` (3.11 and newer) agrees with Go on every rule of the text: four decimal octets without
leading zeros or signs, at most four hex digits a group, one `::` that stands for at least one group, an
embedded IPv4 address only at the end, ASCII digits only. It differs in zones, which are taken off
here before it sees the text, and in keeping IPv4-mapped addresses as IPv6, which ends here too.
"""

from __future__ import annotations

import functools
from ipaddress import IPv4Address, IPv6Address

from ..errors import AddrError, ParseError

__all__ = ["IP", "as_ip", "ip_and_zone", "literal", "parse_ip", "unmapped"]

IP = IPv4Address | IPv6Address


def parse_ip(s: str) -> IP:
    """The IP address that `s` is, as an `ipaddress.IPv4Address` or `IPv6Address`.

    Dotted decimal (`192.0.2.1`) or any form of RFC 4291 (`2001:db8::68`), and nothing else: no zone, no
    mask, no white space, no leading zero in an octet. An IPv4-mapped address (`::ffff:192.0.2.1`) comes
    back as IPv4.

    Raises `ParseError` (`invalid IP address: ...`) when `s` is anything else, `TypeError` when it is
    not a `str`.
    """
    if not isinstance(s, str):
        raise TypeError(f"an IP address literal is a str, not {type(s).__name__}")
    ip = literal(s)
    if ip is None:
        raise ParseError("IP address", s)
    return unmapped(ip)


# Six groups of four digits and an IPv4 address: the longest text of any.
_LONGEST = 45


def literal(text: str) -> IP | None:
    """The address `text` says, a mapped one still as IPv6, or `None`."""
    # What is longer is not kept either, whoever sends it.
    return _literal(text) if len(text) <= _LONGEST else None


@functools.lru_cache(256)  # a dial looks at its host more than once, and most programs dial few
def _literal(text: str) -> IP | None:
    try:
        if ":" not in text:
            return IPv4Address(text)
        return None if "%" in text else IPv6Address(text)
    except ValueError:
        return None


def unmapped(ip: IP) -> IP:
    """`ip`, or the IPv4 address it stands for (RFC 4291, 2.5.5.2)."""
    if isinstance(ip, IPv6Address):
        number = int(ip)
        if number >> 32 == 0xFFFF:
            return IPv4Address(number & 0xFFFFFFFF)
    return ip


def as_ip(value: IP | str) -> IP:
    """`value`, parsed when it is text, as a plain address: no mapped form, no zone, no subclass.

    An `ipaddress` interface is a subclass of the addresses, and its text has a mask.
    """
    if isinstance(value, str):
        return parse_ip(value)
    if isinstance(value, IPv4Address):
        return value if type(value) is IPv4Address else IPv4Address(int(value))
    if isinstance(value, IPv6Address):
        plain = type(value) is IPv6Address and value.scope_id is None
        return unmapped(value if plain else IPv6Address(int(value)))
    raise TypeError(f"an IP address is an ipaddress address or a str, not {type(value).__name__}")


def ip_and_zone(ip: IP | str | None, zone: str) -> tuple[IP | None, str]:
    """What an end point keeps of its `ip` and `zone` arguments (RFC 4007 for zones).

    The zone may come with the address (`fe80::1%eth0`) or beside it. Only an IPv6 address has one: on
    IPv4 it could have no effect, and the text that Go makes of it cannot be dialed.
    """
    if not isinstance(zone, str):
        raise TypeError(f"a zone is a str, not {type(zone).__name__}")
    own = ""
    if isinstance(ip, str):
        # Everything after the first "%" is the zone, and it is not empty.
        head, percent, own = ip.partition("%")
        found = None if percent and not own else literal(head)
        if found is None or (percent and isinstance(found, IPv4Address)):
            raise ParseError("IP address", ip)
        ip = unmapped(found)
    elif ip is not None:
        if isinstance(ip, IPv6Address):
            own = ip.scope_id or ""
        ip = as_ip(ip)
    if own and zone and own != zone:
        raise AddrError("two different zones", f"{ip}%{own} and {zone}")
    zone = zone or own
    if zone and not isinstance(ip, IPv6Address):
        raise AddrError("zone on an address that is not IPv6", f"{'' if ip is None else ip}%{zone}")
    return ip, zone
