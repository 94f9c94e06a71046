"""What `bench packets` measured, as a table for people and as JSON for comparing with another day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from .datagrams.contenders import BY_KEY, TARGETS
from .datagrams.meter import Result
from .machine import machine

HEADINGS = ("datagrams/s", "range", "Mbit/s", "× one by one", "µs sending", "µs receiving")
LEGEND = (
    "range: slowest and fastest round. Mbit/s: of the data. × one by one: times the same face's single "
    "calls. µs: CPU time that a process spent on one datagram."
)


@dataclass(frozen=True)
class Medians:
    """One contender at one size: datagrams a second, and microseconds of CPU time for each."""

    rate: float
    lowest: float
    highest: float
    sending: float
    receiving: float | None

    @classmethod
    def of(cls, results: list[Result]) -> Medians:
        """Take the medians over the rounds."""
        rates = [each.datagrams / each.seconds for each in results]
        theirs = [
            1e6 * each.receiver_cpu / each.datagrams for each in results if each.receiver_cpu is not None
        ]
        return cls(
            median(rates),
            min(rates),
            max(rates),
            median(1e6 * each.sender_cpu / each.datagrams for each in results),
            median(theirs) if theirs else None,
        )


@dataclass
class Report:
    """A whole run: its parameters, every sample, and who could not run."""

    sizes: list[int]
    rounds: int
    seconds: float
    cores: tuple[int, int]
    samples: dict[str, dict[int, list[Result]]]
    failures: dict[str, str]
    took: float = 0.0

    def medians(self, key: str, size: int) -> Medians | None:
        """Return a contender's medians, if it was measured."""
        results = self.samples.get(key, {}).get(size)
        return Medians.of(results) if results else None

    def ratio(self, key: str, base_key: str, size: int) -> float | None:
        """Return how many times as fast as another a contender was."""
        ours, base = self.medians(key, size), self.medians(base_key, size)
        return ours.rate / base.rate if ours and base and base.rate else None

    def as_json(self) -> dict[str, Any]:
        """Return everything, samples and what follows from them."""
        return {
            "benchmark": "packets",
            "sizes": self.sizes,
            "rounds": self.rounds,
            "seconds": self.seconds,
            "machine": machine(),
            "failures": self.failures,
            "medians": {
                key: {size: asdict(m) for size in sizes if (m := self.medians(key, size))}
                for key, sizes in self.samples.items()
            },
            "targets": [
                {
                    **asdict(target),
                    "ratios": {size: self.ratio(target.contender, target.base, size) for size in self.sizes},
                }
                for target in TARGETS
            ],
            "samples": {
                key: {size: [asdict(result) for result in results] for size, results in sizes.items()}
                for key, sizes in self.samples.items()
            },
        }


def show(report: Report, console: Console) -> None:
    """Print a table for each size, the targets, and what limits the numbers."""
    known = machine()
    packages = ", ".join(f"{name} {version}" for name, version in known["packages"].items())
    console.print(f"{known['python']}, {known['system']}, {known['cores']} cores; {packages}")
    for size in report.sizes:
        console.print(_table(report, size))
    console.print(LEGEND)
    for line in _remarks(report):
        console.print(line)


def _one_by_one(key: str) -> str:
    """The contender with the same face and loop that sends one by one."""
    for loop in ("asyncio", "uvloop", "trio"):
        if loop in key:
            return f"dialnet-{loop}"
    return "dialnet"


def _table(report: Report, size: int) -> Table:
    title = f"{size:,} bytes, medians of {report.rounds} rounds of {report.seconds} s"
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("who", no_wrap=True)
    for heading in HEADINGS:
        table.add_column(heading, justify="right", no_wrap=True)
    face = ""
    for key in report.samples:
        row = report.medians(key, size)
        if row is None:
            continue
        contender = BY_KEY[key]
        if face and contender.face != face:
            table.add_section()
        face = contender.face
        ratio = report.ratio(key, _one_by_one(key), size)
        table.add_row(
            contender.title,
            f"{row.rate:,.0f}",
            f"{row.lowest / 1000:.0f}–{row.highest / 1000:.0f} k",
            f"{row.rate * size * 8 / 1e6:,.0f}",
            "–" if ratio is None else f"{ratio:.2f}",
            f"{row.sending:.2f}",
            "–" if row.receiving is None else f"{row.receiving:.2f}",
            style="dim" if contender.information else "bold" if key.startswith("dialnet") else "",
        )
    return table


def _remarks(report: Report) -> Iterator[str]:
    for target in TARGETS:
        for size in report.sizes:
            ratio = report.ratio(target.contender, target.base, size)
            if ratio is not None:
                ours, base = BY_KEY[target.contender].title, BY_KEY[target.base].title
                verdict = "met" if ratio >= target.factor else "missed"
                yield f"Target, {size:,} bytes: {ours} ≥ {target.factor:g} × {base}: {ratio:.2f}, {verdict}."
    if -1 in report.cores:
        yield "This system cannot pin processes to cores."
    elif report.cores[0] == report.cores[1]:
        yield "Sender and receiver shared the only core: rates show the sum of both."
    for key, reason in report.failures.items():
        yield f"Left out: {BY_KEY[key].title}: {reason}"
    yield f"Took {report.took:.0f} s."
