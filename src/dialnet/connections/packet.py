"""`Packet`: a datagram with what the kernel knows of it, and what its control messages mean."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address
from time import monotonic

from ..addresses import UDPAddr
from ..addresses.ip import unmapped
from ..addresses.zones import zone_of
from ..system import control
from ..system.facts import TIME, TIME_AT, TIME_BEGIN, TIME_SIZE, Facts, time_at, told

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NamedTuple

    from ..addresses import Addr

    class _Packet(NamedTuple):
        data: bytes
        addr: Addr
        dst: UDPAddr | None
        interface: str | None
        ttl: int | None
        tos: int | None
        timestamp: float | None
        truncated: bool

    Known = tuple[tuple[UDPAddr | None, str | None, int | None, int | None], float | None, int]

else:
    _Packet = namedtuple(
        "Packet", ("data", "addr", "dst", "interface", "ttl", "tos", "timestamp", "truncated")
    )

__all__ = ["Meaning", "Packet"]

# Of so many different control messages it is remembered what they mean, and for so many seconds: to ask for
# an interface's name takes longer than to receive a datagram, but it may change.
_REMEMBERED = 1024
_KEPT = 1.0


class Packet(_Packet):
    """A datagram and what the kernel knows of it:
    `Packet(data, addr, dst, interface, ttl, tos, timestamp, truncated)`.

    `addr` is who sent it and `dst` where it was sent to, which may be a group or a broadcast address;
    `interface` is the name of the interface it came by; `ttl` its time to live (IPv6: hop limit) when it
    arrived; `tos` its type of service (traffic class), the lowest two bits of which are ECN's (RFC 3168);
    `timestamp` when the kernel received it, in seconds as `time.time()` has them; `truncated` whether it was
    longer than was asked for. What the kernel does not say is None.
    """

    __slots__ = ()


class Meaning:
    """What the control messages of one socket's datagrams mean.

    But for the time, a peer's are always the same, so they are remembered.
    """

    __slots__ = ("_known", "_port", "_until")

    def __init__(self, port: int) -> None:
        self._port = port
        self._known: dict[Any, Known] = {}
        self._until = 0.0

    def refresh(self) -> None:
        """To be called before a datagram, or several, are looked at."""
        now = monotonic()
        if now > self._until or len(self._known) > _REMEMBERED:
            self._known = {}
            self._until = now + _KEPT

    def of(self, raw: bytes) -> Known:
        """((where it was sent to, interface, TTL, TOS), time, how long each datagram in it is or 0)."""
        if TIME_AT and raw[:TIME_AT] == TIME_BEGIN and len(raw) >= TIME_SIZE:
            rest = raw[TIME_SIZE:]
            facts, _, segment = self._known.get(rest) or self._learn(rest, control.split(rest))
            return facts, time_at(raw, TIME_AT), segment
        return self._known.get(raw) or self._learn(raw, control.split(raw))

    def of_items(self, items: list[control.Item]) -> Known:
        """The same, of control messages that the `socket` module has taken apart."""
        if items and items[0][:2] == TIME and len(items[0][2]) == TIME_SIZE - TIME_AT:
            rest = tuple(items[1:])
            facts, _, segment = self._known.get(rest) or self._learn(rest, rest)
            return facts, time_at(items[0][2]), segment
        key = tuple(items)
        return self._known.get(key) or self._learn(key, key)

    def _learn(self, key: Any, items: Iterable[control.Item]) -> Known:
        facts = told(items)
        # 0: it was there before the kernel was asked to keep that in mind.
        interface = zone_of(facts.index) if facts.index else None
        dst = self._destination(facts, interface or "")
        known = (dst, interface, facts.ttl, facts.tos), facts.timestamp, facts.segment
        self._known[key] = known
        return known

    def _destination(self, facts: Facts, interface: str) -> UDPAddr | None:
        if facts.ip is None:
            return None
        ip = IPv4Address(facts.ip) if len(facts.ip) == 4 else unmapped(IPv6Address(facts.ip))
        return UDPAddr._make(ip, self._port, interface if _has_zone(ip) else "")


def _has_zone(ip: IPv4Address | IPv6Address) -> bool:
    """Whether an address means something else on each link (RFC 4007, section 4): the link-local ones, and
    the groups of a link or of an interface (RFC 7346)."""
    if not isinstance(ip, IPv6Address):
        return False
    return ip.is_link_local or (ip.is_multicast and ip.packed[1] & 15 in (1, 2))
