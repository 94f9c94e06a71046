"""What `ping` says: a line for each event, and the summary, worded as ping(8)'s."""

from __future__ import annotations

from .ping_requests import ANSWERED, DUPLICATE, LATE, Requests

__all__ = ["answer", "heading", "no_answer", "summary", "trouble"]

_NOTES = {ANSWERED: "", DUPLICATE: " (DUP!)", LATE: " (late)"}

_UNREACHABLE = "Destination {} Unreachable"
# By IP version, type and code (RFC 792, RFC 1122, RFC 1812; RFC 4443).
_TROUBLES: dict[tuple[int, int, int], str] = {
    (4, 3, 0): _UNREACHABLE.format("Net"),
    (4, 3, 1): _UNREACHABLE.format("Host"),
    (4, 3, 2): _UNREACHABLE.format("Protocol"),
    (4, 3, 3): _UNREACHABLE.format("Port"),
    (4, 3, 4): "Frag needed and DF set",
    (4, 3, 5): "Source Route Failed",
    (4, 3, 6): "Destination Net Unknown",
    (4, 3, 7): "Destination Host Unknown",
    (4, 3, 8): "Source Host Isolated",
    (4, 3, 9): "Destination Net Prohibited",
    (4, 3, 10): "Destination Host Prohibited",
    (4, 3, 11): "Destination Net Unreachable for Type of Service",
    (4, 3, 12): "Destination Host Unreachable for Type of Service",
    (4, 3, 13): "Packet filtered",
    (4, 3, 14): "Precedence Violation",
    (4, 3, 15): "Precedence Cutoff",
    (4, 11, 0): "Time to live exceeded",
    (4, 11, 1): "Frag reassembly time exceeded",
    (4, 12, 0): "Parameter problem",
    (6, 1, 0): "Destination unreachable: No route",
    (6, 1, 1): "Destination unreachable: Administratively prohibited",
    (6, 1, 2): "Destination unreachable: Beyond scope of source address",
    (6, 1, 3): "Destination unreachable: Address unreachable",
    (6, 1, 4): "Destination unreachable: Port unreachable",
    (6, 1, 5): "Destination unreachable: Source address failed ingress/egress policy",
    (6, 1, 6): "Destination unreachable: Reject route",
    (6, 2, 0): "Packet too big",
    (6, 3, 0): "Time exceeded: Hop limit",
    (6, 3, 1): "Time exceeded: Defragmentation failure",
    (6, 4, 0): "Parameter problem: Wrong header field",
    (6, 4, 1): "Parameter problem: Unknown header",
    (6, 4, 2): "Parameter problem: Unknown option",
}


def heading(host: str, address: str, size: int) -> str:
    return f"PING {host} ({address}): {size} data bytes"


def answer(size: int, sender: str, number: int, ttl: int | None, kind: str, took: float) -> str:
    """`size` is the whole ICMP message's."""
    hops = "" if ttl is None else f" ttl={ttl}"
    return f"{size} bytes from {sender}: icmp_seq={number}{hops} time={_milliseconds(took)} ms{_NOTES[kind]}"


def no_answer(number: int, timeout: float) -> str:
    return f"no answer to icmp_seq={number} in {timeout:g} s"


def trouble(version: int, sender: str, number: int, kind: int, code: int) -> str:
    what = _TROUBLES.get((version, kind, code), f"ICMP type {kind}, code {code}")
    return f"From {sender}: icmp_seq={number} {what}"


def summary(host: str, requests: Requests, took: float) -> list[str]:
    counts = [f"{requests.sent} packets transmitted", f"{requests.received} received"]
    for count, what in (
        (requests.duplicates, "duplicates"),
        (requests.late, "late"),
        (requests.errors, "errors"),
    ):
        if count:
            counts.append(f"+{count} {what}")
    counts += [f"{requests.loss * 100:.6g}% packet loss", f"time {took * 1000:.0f}ms"]
    lines = ["", f"--- {host} ping statistics ---", ", ".join(counts)]
    if requests.received:
        times = (requests.shortest, requests.average, requests.longest, requests.deviation)
        lines.append(f"rtt min/avg/max/mdev = {'/'.join(f'{time * 1000:.3f}' for time in times)} ms")
    return lines


def _milliseconds(seconds: float) -> str:
    """With as many digits as there is some sense in."""
    ms = seconds * 1000
    digits = 3 if ms < 1 else 2 if ms < 10 else 1 if ms < 100 else 0
    return f"{ms:.{digits}f}"
