"""Names that are hard to dial, over a network that delays: dialnet's two faces beside Go's algorithm.

The network is two namespaces and a switch (`tests/dialing/network.py`), which takes Linux and root, or user
namespaces; the cases are those of the tests (`tests/dialing/cases.py`). Go's algorithm is a coroutine over
the same lookups and sockets (`tests/dialing/go_race.py`), driven by a thread. Each measurement is one dial by
itself, in a process that has dialed before. The table shows medians over the rounds.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from tests.dialing.cases import CASES, Case

from .machine import machine

if TYPE_CHECKING:
    from tests.dialing.measure import Outcome
    from tests.dialing.network import Network

# A dial is measured again if the network was late meanwhile by so much, or by so much of the time it took;
# but not for ever.
LATE, LATE_SHARE, TRIES = 0.005, 0.01, 10
TABLE_WIDTH = 112
CONTENDERS = ("threads", "asyncio", "Go's algorithm")
# Where packets get lost by chance, so is the time.
MEASURED = {case.name: case for case in CASES if not any(target.loss for target in case.targets().values())}
LEGEND = (
    "ideal: of the address that is best off, the DNS answer, 250 ms for each address whose turn comes before "
    "(a round trip if that refuses), and its own round trip. Round trips are 20 ms unless said otherwise, "
    "DNS answers take 10 ms."
)


@dataclass
class Sample:
    """One dial. `late` is by how much the network was late then."""

    seconds: float
    won: str | None
    tried: int
    late: float


Samples = dict[str, dict[str, list[Sample]]]


def _cases(text: str) -> list[Case]:
    unknown = [name for name in text.split(",") if name not in MEASURED]
    if unknown:
        raise argparse.ArgumentTypeError(f"no {unknown[0]!r} among {', '.join(MEASURED)}")
    return [MEASURED[name] for name in text.split(",")]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line of `python -m bench dial`."""
    add = parser.add_argument
    add("--rounds", type=int, metavar="N", help="dials of each case by everybody, default 5")
    add("--cases", type=_cases, default=list(MEASURED.values()), metavar="CASE,…", help=", ".join(MEASURED))
    add("--json", type=Path, default=Path("bench-dial.json"), metavar="FILE", help="default %(default)s")
    add("--quick", action="store_true", help="1 round: a look, not a measurement")


def run(arguments: argparse.Namespace) -> int:
    """Measure, print the table, write the JSON; the status says whether it could run, not who was fast."""
    # What only a system with namespaces has is loaded only here, as it is for no other benchmark.
    from rich.console import Console

    from tests.dialing.network import Unavailable, started

    rounds = arguments.rounds or (1 if arguments.quick else 5)
    console = Console(highlight=False)
    console.width = max(console.width, TABLE_WIDTH)
    samples: Samples = {case.name: {key: [] for key in CONTENDERS} for case in arguments.cases}
    began = time.monotonic()
    try:
        with started() as network, Console(stderr=True).status("starting") as status:
            for key in CONTENDERS:
                dial(network, key, CASES[0])
            for number in range(rounds):
                for case in arguments.cases:
                    for key in CONTENDERS:
                        status.update(f"round {number + 1} of {rounds}: {case.title}, {key}")
                        samples[case.name][key].append(sample(network, key, case))
    except Unavailable as err:
        console.print(f"The network cannot be made here: {err}")
        return 1
    show(console, arguments.cases, samples, rounds)
    console.print(f"Took {time.monotonic() - began:.0f} s.")
    arguments.json.write_text(json.dumps(as_json(arguments.cases, samples, rounds), indent=1) + "\n")
    console.print(f"All samples: {arguments.json}")
    return 0


def dial(network: Network, key: str, case: Case) -> Outcome:
    """One dial by this contender."""
    from tests.dialing import measure

    if key in ("threads", "asyncio"):
        outcome: Outcome = network.run(key, measure.dial, case.name)
    else:
        outcome = network.call(measure.go, case.name)
    return outcome


def sample(network: Network, key: str, case: Case) -> Sample:
    """One dial, at a moment at which the network is punctual, if there is one."""
    tries = []
    for _ in range(TRIES):
        network.late()
        outcome = dial(network, key, case)
        tries.append(Sample(outcome.seconds, outcome.won, len(outcome.tried), network.late()))
        if tries[-1].late < max(LATE, LATE_SHARE * tries[-1].seconds):
            break
    return min(tries, key=lambda each: each.late)


def show(console: Any, cases: list[Case], samples: Samples, rounds: int) -> None:
    """Print the table."""
    from rich import box
    from rich.table import Table

    known = machine()
    console.print(f"{known['python']}, {known['system']}, {known['cores']} cores")
    title = f"Milliseconds to connect (attempts), medians of {rounds} rounds"
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("case", no_wrap=True)
    for heading in (*CONTENDERS, "ideal"):
        table.add_column(heading, justify="right", no_wrap=True)
    for case in cases:
        ideal = case.ideal()
        table.add_row(
            case.title,
            *(_cell(each) for each in samples[case.name].values()),
            "–" if ideal is None else f"{1000 * ideal:,.0f}",
        )
    console.print(table)
    console.print(LEGEND)
    latest = max(each.late for keys in samples.values() for found in keys.values() for each in found)
    console.print(f"The network was late by {1000 * latest:.1f} ms at most.")


def _cell(samples: list[Sample]) -> str:
    time, tried = median(each.seconds for each in samples), median(each.tried for each in samples)
    failed = "fails, " if any(each.won is None for each in samples) else ""
    return f"{failed}{1000 * time:,.0f} ({tried:.0f})"


def as_json(cases: list[Case], samples: Samples, rounds: int) -> dict[str, Any]:
    """Return everything that was measured."""
    return {
        "benchmark": "dial",
        "rounds": rounds,
        "machine": machine(),
        "ideals": {case.name: case.ideal() for case in cases},
        "samples": {
            name: {key: [vars(each) for each in found] for key, found in keys.items()}
            for name, keys in samples.items()
        },
    }
