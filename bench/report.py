"""What was measured, as a table for people and as JSON for comparing with another day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from math import nan
from statistics import geometric_mean, median
from typing import Any, NamedTuple

from rich import box
from rich.console import Console
from rich.table import Table

from .contenders import BY_KEY, CEILING, TARGETS
from .load import SIZE, Result
from .machine import machine

HEADINGS = ("messages/s", "range", "ceiling", "× asyncio", "ms/1,000", "busy", "load")
LEGEND = (
    "range: slowest and fastest round. ceiling: share of the raw loop's rate. ms/1,000: CPU milliseconds the "
    "server spent on 1,000 messages. busy, load: how much of its core the server, the load was working."
)


@dataclass(frozen=True)
class Medians:
    """One contender at one number of connections. `rate` is messages a second; CPU shares are of one core."""

    rate: float
    lowest: float
    highest: float
    load_share: float
    server_share: float | None
    cpu_per_1000: float | None

    @classmethod
    def of(cls, results: list[Result]) -> Medians:
        """Take the medians over the rounds."""
        rates = [result.messages / result.seconds for result in results]
        load = median(result.load_cpu / result.seconds for result in results)
        pairs = [(result, result.server_cpu) for result in results if result.server_cpu is not None]
        share = median(cpu / result.seconds for result, cpu in pairs) if pairs else None
        cost = median(1000 * cpu / max(result.messages, 1) for result, cpu in pairs) if pairs else None
        return cls(median(rates), min(rates), max(rates), load, share, cost)

    @property
    def bounded_by_load(self) -> bool:
        """Whether the load was busy all the time while the server was not."""
        return self.load_share > 0.95 and self.server_share is not None and self.server_share < 0.9

    @property
    def disturbed(self) -> bool:
        """Whether neither was busy, though one of them has always something to do."""
        return self.load_share < 0.9 and self.server_share is not None and self.server_share < 0.9


class Ratio(NamedTuple):
    """How many times as fast as another a contender is, and how many times as cheap in CPU time."""

    rate: float
    cost: float | None

    @classmethod
    def mean(cls, ratios: Iterable[Ratio]) -> Ratio:
        """Return the geometric mean; of nothing it is not a number."""
        both = list(ratios)
        costs = [ratio.cost for ratio in both if ratio.cost is not None]
        rate = geometric_mean(ratio.rate for ratio in both) if both else nan
        return cls(rate, geometric_mean(costs) if costs else None)

    def judged(self, by_cost: bool) -> float:
        """Return the ratio that counts."""
        return self.cost if by_cost and self.cost is not None else self.rate

    def __str__(self) -> str:
        return f"{self.rate:.2f}" if self.cost is None else f"{self.rate:.2f} ({self.cost:.2f})"


def _quotient(above: float | None, below: float | None) -> float | None:
    return above / below if above is not None and below else None


@dataclass
class Report:
    """A whole run: its parameters, every sample, and who could not run."""

    connections: list[int]
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

    def disturbed(self) -> bool:
        """Whether other work ran on the cores, so that only CPU times can be compared."""
        rows = [self.medians(key, count) for key in self.samples for count in self.connections]
        return any(row is not None and row.disturbed for row in rows)

    def ratios(self, key: str, base_key: str) -> dict[int, Ratio]:
        """Return, by number of connections, how a contender did beside another."""
        found = {}
        for count in self.connections:
            ours, base = self.medians(key, count), self.medians(base_key, count)
            if ours and base and base.rate:
                found[count] = Ratio(ours.rate / base.rate, _quotient(base.cpu_per_1000, ours.cpu_per_1000))
        return found

    def as_json(self) -> dict[str, Any]:
        """Return everything, samples and what follows from them."""
        return {
            "benchmark": "echo",
            "message_bytes": SIZE,
            "connections": self.connections,
            "rounds": self.rounds,
            "seconds": self.seconds,
            "machine": machine(),
            "failures": self.failures,
            "medians": {
                key: {count: asdict(m) for count in counts if (m := self.medians(key, count))}
                for key, counts in self.samples.items()
            },
            "targets": [
                {**asdict(target), "ratios": self.ratios(target.contender, target.base)} for target in TARGETS
            ],
            "samples": {
                key: {count: [asdict(result) for result in results] for count, results in counts.items()}
                for key, counts in self.samples.items()
            },
        }


def show(report: Report, console: Console) -> None:
    """Print a table for each number of connections, the targets, and what limits the numbers."""
    facts = machine()
    packages = ", ".join(f"{name} {version}" for name, version in facts["packages"].items())
    console.print(f"{facts['python']}, {facts['system']}, {facts['cores']} cores; {packages}")
    for count in report.connections:
        console.print(_table(report, count))
    targets = _targets(report)
    if targets.row_count:
        console.print(targets)
    console.print(LEGEND)
    for line in _remarks(report):
        console.print(line)


def _table(report: Report, count: int) -> Table:
    title = f"{count:,} connections, {SIZE:,} bytes, medians of {report.rounds} rounds of {report.seconds} s"
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("server", no_wrap=True)
    for heading in HEADINGS:
        table.add_column(heading, justify="right", no_wrap=True)
    ceiling, stock = report.medians(CEILING, count), report.medians("asyncio", count)
    face = ""
    for key in report.samples:
        row = report.medians(key, count)
        if row is None:
            continue
        contender = BY_KEY[key]
        if face and contender.face != face:
            table.add_section()
        face = contender.face
        table.add_row(
            contender.title,
            f"{row.rate:,.0f}{'*' if row.bounded_by_load else ' '}",
            f"{row.lowest / 1000:.1f}–{row.highest / 1000:.1f} k",
            f"{row.rate / ceiling.rate:.0%}" if ceiling else "–",
            f"{row.rate / stock.rate:.2f}" if stock else "–",
            f"{1000 * row.cpu_per_1000:.1f}" if row.cpu_per_1000 is not None else "–",
            f"{row.server_share:.0%}" if row.server_share is not None else "–",
            f"{row.load_share:.0%}",
            style="dim" if contender.information else "bold" if key.startswith("dialnet") else "",
        )
    return table


def _targets(report: Report) -> Table:
    by_cost = report.disturbed()
    what = (
        "cheap in CPU time (overall: times as fast, and as cheap)"
        if by_cost
        else "fast (and as cheap in CPU time)"
    )
    title = f"Targets: times as {what}; raw: the raw loop"
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("target", no_wrap=True)
    for heading in (*(f"{count:,}" for count in report.connections), "overall", "raw"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for target in TARGETS:
        ratios = list(report.ratios(target.contender, target.base).values())
        if len(ratios) < len(report.connections):
            continue
        overall, raw = Ratio.mean(ratios), Ratio.mean(report.ratios(CEILING, target.base).values())
        reached = [ratio.judged(by_cost) for ratio in ratios]
        missed = sum(each < target.factor for each in reached)
        met = overall.judged(by_cost) >= target.factor
        verdict = "missed" if not met else f"met but for {missed}" if missed else "met"
        name = f"{BY_KEY[target.contender].title} ≥ {target.factor} × {BY_KEY[target.base].title}"
        style = "" if verdict == "met" else "yellow"
        cells = [f"{each:.2f}" for each in reached]
        table.add_row(name, *cells, str(overall), f"{raw.judged(by_cost):.2f}", verdict, style=style)
    return table


def _remarks(report: Report) -> Iterator[str]:
    alone = {}
    for count in report.connections:
        if raw := report.medians(CEILING, count):
            alone[count] = f"{raw.rate / max(raw.load_share, 0.01):,.0f} at {count:,}"
    if alone:
        yield f"The load's own ceiling, messages/s by connections: {', '.join(alone.values())}."
    rows = [report.medians(key, count) for key in report.samples for count in report.connections]
    if any(row and row.bounded_by_load for row in rows):
        yield "* The load was the bottleneck (over 95% busy, the server under 90%): compare CPU times."
    if report.disturbed():
        yield "Server and load both had to wait for their cores: other work ran there. Compare ms/1,000."
    if -1 in report.cores:
        yield "This system cannot pin processes to cores."
    elif report.cores[0] == report.cores[1]:
        yield "Server and load shared the only core: rates show the sum of both."
    for key, reason in report.failures.items():
        yield f"Left out: {BY_KEY[key].title}: {reason}"
    yield f"Took {report.took:.0f} s."
