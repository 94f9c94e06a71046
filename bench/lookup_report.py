"""What `bench lookup` measured, as a table for people and as JSON for comparing with another day."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from .lookups.contenders import BY_KEY, CEILING, TARGETS
from .lookups.meter import Result
from .machine import machine

PACKAGES = ("aiodns", "pycares", "dnspython")
HEADINGS = ("lookups/s", "range", "× aiodns", "× dnspython", "µs CPU", "busy", "server", "queries")
LEGEND = (
    "range: slowest and fastest round. ×: times as many lookups/s. µs CPU: what the process spent on one "
    "lookup. busy, server: how much of its core the process, the server was working. queries: for one lookup."
)


@dataclass(frozen=True)
class Medians:
    """One contender at one number of lookups at once. Shares are of one core, `cost` is in microseconds."""

    rate: float
    lowest: float
    highest: float
    share: float
    server_share: float
    cost: float
    queries: float

    @classmethod
    def of(cls, results: list[Result]) -> Medians:
        """Take the medians over the rounds."""
        rates = [each.lookups / each.seconds for each in results]
        return cls(
            median(rates),
            min(rates),
            max(rates),
            median(each.cpu / each.seconds for each in results),
            median(each.server_cpu / each.seconds for each in results),
            median(1e6 * each.cpu / max(each.lookups, 1) for each in results),
            median(each.queries / max(each.lookups, 1) for each in results),
        )


@dataclass
class Report:
    """A whole run: its parameters, every sample, and who could not run."""

    concurrent: list[int]
    rounds: int
    seconds: float
    cores: tuple[int, int]
    samples: dict[str, dict[int, list[Result]]]
    failures: dict[str, str]
    took: float = 0.0

    def medians(self, key: str, count: int) -> Medians | None:
        """Return a contender's medians, if it was measured."""
        results = self.samples.get(key, {}).get(count)
        return Medians.of(results) if results else None

    def ratio(self, key: str, base_key: str, count: int) -> float | None:
        """Return how many times as fast as another a contender was."""
        ours, base = self.medians(key, count), self.medians(base_key, count)
        return ours.rate / base.rate if ours and base and base.rate else None

    def cheaper(self, key: str, base_key: str, count: int) -> float | None:
        """Return how many times as cheap in CPU time."""
        ours, base = self.medians(key, count), self.medians(base_key, count)
        return base.cost / ours.cost if ours and base and ours.cost else None

    def ceiling(self) -> float:
        """Return the queries a second that the server answers when it has nothing to wait for; 0 if unknown.

        Seen when it has much to do: beside the little that it does for a slow resolver, what it spins is not
        told apart well enough.
        """
        results = self.samples.get(CEILING, {}).get(max(self.concurrent), [])
        rates = [each.queries / each.server_cpu for each in results if each.server_cpu > 0]
        return median(rates) if rates else 0.0

    def as_json(self) -> dict[str, Any]:
        """Return everything, samples and what follows from them."""
        return {
            "benchmark": "lookup",
            "concurrent": self.concurrent,
            "rounds": self.rounds,
            "seconds": self.seconds,
            "machine": facts(),
            "failures": self.failures,
            "server_ceiling": self.ceiling(),
            "medians": {
                key: {count: asdict(m) for count in counts if (m := self.medians(key, count))}
                for key, counts in self.samples.items()
            },
            "targets": [
                {
                    **asdict(target),
                    "ratios": {
                        count: self.ratio(target.contender, target.base, count) for count in self.concurrent
                    },
                    "cost_ratios": {
                        count: self.cheaper(target.contender, target.base, count) for count in self.concurrent
                    },
                }
                for target in TARGETS
            ],
            "samples": {
                key: {count: [asdict(result) for result in results] for count, results in counts.items()}
                for key, counts in self.samples.items()
            },
        }


def facts() -> dict[str, Any]:
    """Return what the numbers depend on, the peers' versions among it."""
    known = machine()
    for name in PACKAGES:
        try:
            known["packages"][name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return known


def show(report: Report, console: Console) -> None:
    """Print a table for each number of lookups at once, the targets, and what limits the numbers."""
    known = facts()
    packages = ", ".join(f"{name} {version}" for name, version in known["packages"].items())
    console.print(f"{known['python']}, {known['system']}, {known['cores']} cores; {packages}")
    for count in report.concurrent:
        console.print(_table(report, count))
    console.print(LEGEND)
    for line in _remarks(report):
        console.print(line)


def _table(report: Report, count: int) -> Table:
    title = f"{count:,} at once, medians of {report.rounds} rounds of {report.seconds} s"
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("resolver", no_wrap=True)
    for heading in HEADINGS:
        table.add_column(heading, justify="right", no_wrap=True)
    face = ""
    for key in report.samples:
        row = report.medians(key, count)
        if row is None:
            continue
        contender = BY_KEY[key]
        if face and contender.face != face:
            table.add_section()
        face = contender.face
        ratios = [report.ratio(key, base, count) for base in ("aiodns", _dnspython(face))]
        table.add_row(
            contender.title,
            f"{row.rate:,.0f}",
            f"{row.lowest / 1000:.1f}–{row.highest / 1000:.1f} k",
            *("–" if ratio is None else f"{ratio:.2f}" for ratio in ratios),
            f"{row.cost:.0f}",
            f"{row.share:.0%}",
            f"{row.server_share:.0%}",
            f"{row.queries:.2f}",
            style="dim" if contender.information else "bold" if key.startswith("dialnet") else "",
        )
    return table


def _dnspython(face: str) -> str:
    return "dnspython-threads" if face == "threads" else "dnspython"


def _remarks(report: Report) -> Iterator[str]:
    most = max(report.concurrent)
    for target in TARGETS:
        ratio = report.ratio(target.contender, target.base, most)
        cheaper = report.cheaper(target.contender, target.base, most)
        if ratio is not None and cheaper is not None:
            ours, base = BY_KEY[target.contender].title, BY_KEY[target.base].title
            verdict = "met" if ratio >= target.factor else "missed"
            reached = f"{ratio:.2f} ({cheaper:.2f} in CPU time), {verdict}"
            yield f"Target, {most:,} at once: {ours} ≥ {target.factor:g} × {base}: {reached}."
    raw = report.medians(CEILING, most)
    if raw:
        own = f"{report.ceiling():,.0f}; the raw loop had {raw.rate:,.0f}"
        yield f"The server's own ceiling, queries/s: {own}."
    rows = [(key, row) for key in report.samples if (row := report.medians(key, most))]
    bounded = [BY_KEY[key].title for key, row in rows if row.server_share > 0.9 > row.share]
    if bounded:
        yield f"The server was the bottleneck of: {', '.join(bounded)}."
    if any(row.share < 0.9 and row.server_share < 0.9 for _, row in rows):
        # With so many under way there is always something to do.
        yield "Some had to wait for their core: other work ran there. Compare µs CPU."
    if -1 in report.cores:
        yield "This system cannot pin processes to cores."
    elif report.cores[0] == report.cores[1]:
        yield "Resolver and server shared the only core: rates show the sum of both."
    for key, reason in report.failures.items():
        yield f"Left out: {BY_KEY[key].title}: {reason}"
    yield f"Took {report.took:.0f} s."
