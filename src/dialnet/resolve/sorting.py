"""Which of several addresses to use first: RFC 6724's destination address selection, as far as Go has it,
and the order of MX (RFC 5321) and SRV records (RFC 2782)."""

from __future__ import annotations

import functools
import ipaddress
import itertools
import random
import socket

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..addresses import IPAddr
    from .records import MX, SRV

    IP = ipaddress.IPv4Address | ipaddress.IPv6Address
    Source = Callable[[IPAddr], IP | None]

__all__ = ["by_preference", "by_priority", "by_rfc6724", "source_of"]

# Section 2.1's policy table, longest prefix first: network, prefix length, precedence, label. IPv4
# addresses are looked up as IPv4-mapped ones.
_POLICY = [
    (int(network.network_address), network.prefixlen, precedence, label)
    for network, precedence, label in (
        (ipaddress.IPv6Network(text), precedence, label)
        for text, precedence, label in (
            ("::1/128", 50, 0),
            ("::ffff:0:0/96", 35, 4),
            ("::/96", 1, 3),
            ("2001::/32", 5, 5),
            ("2002::/16", 30, 2),
            ("3ffe::/16", 1, 12),
            ("fec0::/10", 1, 11),
            ("fc00::/7", 3, 13),
            ("::/0", 40, 1),
        )
    )
]
_LINK_LOCAL, _SITE_LOCAL, _GLOBAL = 2, 5, 14


def _policy(ip: IP) -> tuple[int, int]:
    number = int(ip) | (0xFFFF << 32) if ip.version == 4 else int(ip)
    for network, length, precedence, label in _POLICY:
        if number >> (128 - length) == network >> (128 - length):
            return precedence, label
    raise AssertionError("::/0 has every address")


def _scope(ip: IP) -> int:
    if ip.is_loopback or ip.is_link_local:
        return _LINK_LOCAL
    if ip.version == 6:
        first, second = ip.packed[:2]
        if first == 0xFF:
            return second & 0x0F
        if first == 0xFE and second & 0xC0 == 0xC0:
            return _SITE_LOCAL
    return _GLOBAL


def _common_prefix(one: IP, other: IP) -> int:
    """How many leading bits agree; of the first 64, behind which a host numbers itself."""
    different = (int(one) ^ int(other)) >> 64
    return 64 - different.bit_length()


def source_of(addr: IPAddr) -> IP | None:
    """The address the kernel would send from, or None where it has no way there. Nothing is sent."""
    ip = addr.ip
    assert ip is not None
    if ip.version == 4:
        family, to = socket.AF_INET, (str(ip), 53)
    else:
        family, to = socket.AF_INET6, (f"{ip}%{addr.zone}" if addr.zone else str(ip), 53)
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as sock:
            # UDP's connect only looks up the route.
            sock.connect(to)
            return ipaddress.ip_address(sock.getsockname()[0].partition("%")[0])
    except OSError:
        return None  # No route, or no such family: that is the answer.


def by_rfc6724(addrs: Sequence[IPAddr], source: Source = source_of) -> list[IPAddr]:
    """The addresses in the order to try them. Stable: equals stay in the order given."""
    if len(addrs) < 2:
        return list(addrs)
    facts = []
    for addr in addrs:
        ip = addr.ip
        assert ip is not None
        src = source(addr)
        same_scope = same_label = False
        prefix = 0
        precedence, label = _policy(ip)
        scope = _scope(ip)
        if src is not None:
            same_scope = _scope(src) == scope
            same_label = _policy(src)[1] == label
            if ip.version == 6 and src.version == 6:
                prefix = _common_prefix(ip, src)
        facts.append((addr, src is not None, same_scope, same_label, precedence, scope, prefix))

    def compare(one: tuple[object, ...], other: tuple[object, ...]) -> int:
        (a, usable_a, scope_a, label_a, precedence_a, size_a, prefix_a) = one
        (b, usable_b, scope_b, label_b, precedence_b, size_b, prefix_b) = other
        if not usable_a and not usable_b:
            return 0  # Neither is worth comparing further.
        for mine, its in (
            (usable_b, usable_a),  # Rule 1: avoid unusable destinations.
            (scope_b, scope_a),  # Rule 2: prefer matching scope.
            (label_b, label_a),  # Rule 5: prefer matching label.
            (precedence_b, precedence_a),  # Rule 6: prefer higher precedence.
            (size_a, size_b),  # Rule 8: prefer smaller scope.
        ):
            if mine != its:
                return -1 if mine < its else 1  # type: ignore[operator]
        # Rule 9, for IPv6 alone: longest matching prefix.
        if a.ip.version == 6 and b.ip.version == 6 and prefix_a != prefix_b:  # type: ignore[attr-defined]
            return -1 if prefix_a > prefix_b else 1  # type: ignore[operator]
        return 0

    facts.sort(key=functools.cmp_to_key(compare))
    return [fact[0] for fact in facts]


def by_preference(records: list[MX]) -> list[MX]:
    """Lowest preference first, equals in random order (RFC 5321, section 5.1)."""
    shuffled = random.sample(records, len(records))
    return sorted(shuffled, key=lambda record: record.pref)


def by_priority(records: list[SRV], draw: Callable[[int], int] = random.randrange) -> list[SRV]:
    """Lowest priority first; of the same priority drawn one by one, as often first as their weight says
    (RFC 2782). `draw(n)` is a number from 0 to n - 1."""
    ordered = sorted(records, key=lambda record: (record.priority, record.weight))
    result: list[SRV] = []
    for _, group in itertools.groupby(ordered, key=lambda record: record.priority):
        same = list(group)
        # Those of weight 0 are left for last, in the order they have.
        weighty = [record for record in same if record.weight > 0]
        result += _drawn(weighty, draw)
        result += same[: len(same) - len(weighty)]
    return result


def _drawn(records: list[SRV], draw: Callable[[int], int]) -> list[SRV]:
    # A tree of sums, the root at 1 and node i's halves at 2i and 2i + 1: a server may send thousands of
    # records, and adding up all weights anew for each draw would take seconds.
    size = 1 << max(len(records) - 1, 0).bit_length()
    sums = [0] * size + [record.weight for record in records] + [0] * (size - len(records))
    for node in range(size - 1, 0, -1):
        sums[node] = sums[2 * node] + sums[2 * node + 1]
    result = []
    while sums[1] > 0:
        point, node = draw(sums[1]), 1
        while node < size:
            node *= 2
            if point >= sums[node]:
                point -= sums[node]
                node += 1
        result.append(records[node - size])
        weight = sums[node]
        while node:
            sums[node] -= weight
            node //= 2
    return result
