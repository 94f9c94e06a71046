"""Names that are hard to dial: which addresses each has, what these do, and when DNS tells of them.

The same cases are dialed in a network of namespaces, in virtual time, and by the benchmark. Each has its own
addresses, so that all of them can be dialed at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import dialnet as net

PORT = 80
# What a query and its answer take.
DNS_ROUND_TRIP = 0.01
DELAY = 0.25


@dataclass(frozen=True)
class Target:
    """One address. `round_trip` in seconds; `loss` is the share of packets that get lost, both ways."""

    does: str
    round_trip: float = 0.0
    loss: float = 0.0


def alive(round_trip: float = 0.02, loss: float = 0.0) -> Target:
    return Target("answers", round_trip, loss)


REFUSES = Target("refuses", 0.02)
DEAD = Target("hangs")


@dataclass(frozen=True)
class Case:
    """`a_after`, `aaaa_after`: how long the DNS server keeps an answer back. `wins` is an address, `6.1` for
    the first of IPv6; None if none does, or if it is chance."""

    number: int
    name: str
    title: str
    v6: tuple[Target, ...]
    v4: tuple[Target, ...]
    wins: str | None
    a_after: float = 0.0
    aaaa_after: float = 0.0
    timeout: float = 10.0

    @property
    def address(self) -> str:
        return f"{self.name}.example.:{PORT}"

    def ip(self, which: str) -> str:
        """The address of `6.1`."""
        version, _, place = which.partition(".")
        return f"2001:db8:{self.number}::{place}" if version == "6" else f"198.18.{self.number}.{place}"

    def ips(self, version: int) -> list[str]:
        targets = self.v6 if version == 6 else self.v4
        return [self.ip(f"{version}.{place}") for place in range(1, len(targets) + 1)]

    def which(self, ip: str) -> str:
        """`6.1` of an address."""
        separator = ":" if ":" in ip else "."
        return f"{6 if ':' in ip else 4}.{ip.rpartition(separator)[2]}"

    def targets(self) -> dict[str, Target]:
        """By address, IPv6 first, as RFC 6724 has it."""
        return dict(zip([*self.ips(6), *self.ips(4)], [*self.v6, *self.v4]))

    def answers(self) -> list[tuple[float, list[net.TCPAddr]]]:
        """When the answers come, and what is in them."""
        known = [(DNS_ROUND_TRIP + self.aaaa_after, 6), (DNS_ROUND_TRIP + self.a_after, 4)]
        known.sort(key=lambda answer: answer[0])
        return [(time, [net.TCPAddr(ip, PORT) for ip in self.ips(version)]) for time, version in known]

    def ideal(self) -> float | None:
        """The least, over the addresses that live, of: the answer that has it, its place, its round trip.

        An address costs those after it a delay, or its round trip if it refuses sooner. Before an address are
        those with earlier turns; or those of its own family alone, and the first of all, where these refuse.
        """
        families = dict(zip(("6", "4"), (self.v6, self.v4)))
        after = {"6": self.aaaa_after, "4": self.a_after}
        times = []
        for version, targets in families.items():
            other = "46"[version == "4"]
            known = families[other] if after[other] <= after[version] else ()
            for place, target in enumerate(targets):
                if target.does != "answers" or target.loss:
                    continue
                own, second = targets[:place], version == "4"
                waits = [_cost(each) for each in (*own, *known[: place + second])]
                if all(each.does == "refuses" for each in own):
                    waits = min(waits, [_cost(each) for each in (*own, *known[:second])], key=sum)
                times.append(DNS_ROUND_TRIP + after[version] + sum(waits) + target.round_trip)
        return round(min(times), 9) if times else None


def _cost(before: Target) -> float:
    return min(DELAY, before.round_trip) if before.does == "refuses" else DELAY


def _cases() -> tuple[Case, ...]:
    ten = (DEAD,) * 5, (*(DEAD,) * 4, alive())
    refusing = (REFUSES,) * 5, (*(REFUSES,) * 4, alive())
    rows: list[tuple[str, str, tuple[Target, ...], tuple[Target, ...], str | None, dict[str, float]]] = [
        ("healthy", "all well", (alive(),), (alive(),), "6.1", {}),
        ("v6-dead", "IPv6 dead", (DEAD,), (alive(),), "4.1", {}),
        ("v6-slow-100", "IPv6 slower by 100 ms", (alive(0.12),), (alive(),), "6.1", {}),
        ("v6-slow-500", "IPv6 slower by 500 ms", (alive(0.52),), (alive(),), "4.1", {}),
        ("v6-refuses", "IPv6 refuses (two addresses)", (REFUSES, REFUSES), (alive(),), "4.1", {}),
        ("v6-half", "IPv6: one refuses, one lives; IPv4 dead", (REFUSES, alive()), (DEAD,), "6.2", {}),
        ("ten-dead", "ten addresses of both families, nine dead", *ten, "4.5", {}),
        ("ten-v4", "ten IPv4 addresses, nine dead", (), (*(DEAD,) * 9, alive()), "4.10", {}),
        ("ten-refuse", "ten addresses of both families, nine refuse", *refusing, "4.5", {}),
        ("slow-aaaa", "AAAA answer after 1 s", (alive(),), (alive(),), "4.1", {"aaaa_after": 1.0}),
        ("late-v6", "AAAA answer after 100 ms, IPv4 dead", (alive(),), (DEAD,), "6.1", {"aaaa_after": 0.1}),
        ("slow-a", "A answer after 1 s", (alive(),), (alive(),), "6.1", {"a_after": 1.0}),
        ("v6-lossy", "IPv6 loses half of its packets", (alive(loss=0.5),), (alive(),), None, {}),
        ("dead", "both dead, 1.5 s to connect", (DEAD,), (DEAD,), None, {"timeout": 1.5}),
    ]
    return tuple(
        Case(number, name, title, v6, v4, wins, **more)
        for number, (name, title, v6, v4, wins, more) in enumerate(rows, 1)
    )


CASES = _cases()
BY_NAME = {case.name: case for case in CASES}
