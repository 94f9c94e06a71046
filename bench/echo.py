"""1 KiB messages echoed over many connections: dialnet's two faces beside asyncio, uvloop, trio, socket.

Each contender's server runs alone on one core, the load on another. The contenders take turns in every round,
and every round begins with another one, so that a slow minute of the machine is everybody's; every
measurement has a server process of its own. The table shows medians over the rounds. Messages a second are
bounded by the load as well; the CPU time a server spends on 1,000 messages is not.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from .contenders import BY_KEY, CONTENDERS, Contender
from .load import Result, Task
from .processes import Child, ChildError, choose_cores, raise_descriptor_limit
from .report import Report, show

START_LIMIT = 30.0
WARM_UP = 0.1
SPARE_DESCRIPTORS = 200
TABLE_WIDTH = 112

Samples = dict[str, dict[int, list[Result]]]


def _numbers(text: str) -> list[int]:
    numbers = sorted({int(part) for part in text.split(",")})
    if numbers[0] < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return numbers


def _contenders(text: str) -> list[Contender]:
    unknown = [key for key in text.split(",") if key not in BY_KEY]
    if unknown:
        raise argparse.ArgumentTypeError(f"no {unknown[0]!r} among {', '.join(BY_KEY)}")
    return [contender for contender in CONTENDERS if contender.key in text.split(",")]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line of `python -m bench echo`."""
    add = parser.add_argument
    add("--connections", type=_numbers, default=[10, 100, 1000], metavar="N,…", help="default 10,100,1000")
    add("--rounds", type=int, metavar="N", help="turns of every contender, default 5")
    add("--seconds", type=float, metavar="S", help="measured in a turn, default 0.5")
    add("--contenders", type=_contenders, default=list(CONTENDERS), metavar="KEY,…", help=", ".join(BY_KEY))
    add("--json", type=Path, default=Path("bench-echo.json"), metavar="FILE", help="default %(default)s")
    add("--quick", action="store_true", help="2 rounds of 0.25 s: a look, not a measurement")


def run(arguments: argparse.Namespace) -> int:
    """Measure, print the tables, write the JSON; the status says whether all could run, not who was fast."""
    from rich.console import Console

    rounds = arguments.rounds or (2 if arguments.quick else 5)
    seconds = arguments.seconds or (0.25 if arguments.quick else 0.5)
    console = Console(highlight=False)
    console.width = max(console.width, TABLE_WIDTH)
    present = [contender for contender in arguments.contenders if not contender.missing()]
    report = Report(
        connections=reachable(arguments.connections),
        rounds=rounds,
        seconds=seconds,
        cores=choose_cores(),
        samples={contender.key: {} for contender in present},
        failures={c.key: f"{c.missing()} is not installed" for c in arguments.contenders if c.missing()},
    )
    started = time.monotonic()
    with (
        Console(stderr=True).status("starting") as status,
        Child("bench.load", str(report.cores[1])) as load,
    ):
        for number, contender in turns(present, rounds):
            for count in report.connections:
                if contender.key in report.failures:
                    break
                status.update(f"round {number + 1} of {rounds}: {contender.title}, {count:,} connections")
                try:
                    result = measure(contender, count, report, load)
                except ChildError as err:
                    report.failures[contender.key] = str(err)
                else:
                    report.samples[contender.key].setdefault(count, []).append(result)
    report.took = time.monotonic() - started
    failed = any(contender.key in report.failures for contender in present)
    for key in report.failures:
        report.samples.pop(key, None)
    show(report, console)
    arguments.json.write_text(json.dumps(report.as_json(), indent=1) + "\n")
    console.print(f"All samples: {arguments.json}")
    return 1 if failed else 0


def reachable(connections: Sequence[int]) -> list[int]:
    """Return the numbers of connections the limit of open files allows."""
    limit = raise_descriptor_limit(max(connections) + SPARE_DESCRIPTORS)
    fitting = [count for count in connections if count + SPARE_DESCRIPTORS <= limit]
    if len(fitting) < len(connections):
        print(f"{limit} open files are too few for the larger numbers of connections", file=sys.stderr)
    if not fitting:
        raise SystemExit(1)
    return fitting


def turns(contenders: Sequence[Contender], rounds: int) -> Iterator[tuple[int, Contender]]:
    """Yield every contender once a round, each round beginning further down the list."""
    for number in range(rounds):
        first = number * len(contenders) // rounds
        for contender in [*contenders[first:], *contenders[:first]]:
            yield number, contender


def measure(contender: Contender, count: int, report: Report, load: Child) -> Result:
    """Start a server, load it with so many connections, end it."""
    server_core, load_core = report.cores
    with Child("bench.servers", contender.key, str(server_core)) as server:
        port = int(server.line(START_LIMIT))
        spin = server_core != load_core
        task = Task(port, server.process.pid, count, report.seconds, WARM_UP, spin, contender.fresh)
        result = Result(**json.loads(load.ask(json.dumps(asdict(task)), START_LIMIT + report.seconds)))
    if result.error:
        raise ChildError(f"{count:,} connections: {result.error}")
    return result
