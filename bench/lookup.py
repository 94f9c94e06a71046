"""A records looked up, 1 to 100 at once: dialnet's two faces beside aiodns and dnspython.

Each contender runs alone on one core, the DNS server on another. The contenders take turns in every round,
and every round begins with another one, so that a slow minute of the machine is everybody's; each measurement
has a process of its own. Every lookup is of another name, so that nobody can share an answer or keep one. The
table shows medians over the rounds, and ratios of medians.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import asdict
from pathlib import Path

from .contenders import Contender
from .echo import turns
from .lookup_report import Report, show
from .lookups.contenders import BY_KEY, CONTENDERS
from .lookups.meter import Result, Task
from .processes import Child, ChildError, choose_cores

START_LIMIT = 30.0
WARM_UP = 0.1
TABLE_WIDTH = 112


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
    """Describe the command line of `python -m bench lookup`."""
    add = parser.add_argument
    add("--concurrent", type=_numbers, default=[1, 10, 100], metavar="N,…", help="default 1,10,100")
    add("--rounds", type=int, metavar="N", help="turns of every contender, default 7")
    add("--seconds", type=float, metavar="S", help="measured in a turn, default 0.5")
    add("--contenders", type=_contenders, default=list(CONTENDERS), metavar="KEY,…", help=", ".join(BY_KEY))
    add("--json", type=Path, default=Path("bench-lookup.json"), metavar="FILE", help="default %(default)s")
    add("--quick", action="store_true", help="2 rounds of 0.25 s: a look, not a measurement")


def run(arguments: argparse.Namespace) -> int:
    """Measure, print the tables, write the JSON; the status says whether all could run, not who was fast."""
    from rich.console import Console

    rounds = arguments.rounds or (2 if arguments.quick else 7)
    seconds = arguments.seconds or (0.25 if arguments.quick else 0.5)
    console = Console(highlight=False)
    console.width = max(console.width, TABLE_WIDTH)
    present = [contender for contender in arguments.contenders if not contender.missing()]
    report = Report(
        concurrent=arguments.concurrent,
        rounds=rounds,
        seconds=seconds,
        cores=choose_cores(),
        samples={contender.key: {} for contender in present},
        failures={c.key: f"{c.missing()} is not installed" for c in arguments.contenders if c.missing()},
    )
    started = time.monotonic()
    with (
        Console(stderr=True).status("starting") as status,
        Child("bench.lookups.server", str(report.cores[1])) as server,
    ):
        port = int(server.line(START_LIMIT))
        for number, contender in turns(present, rounds):
            for count in report.concurrent:
                if contender.key in report.failures:
                    break
                status.update(f"round {number + 1} of {rounds}: {contender.title}, {count:,} at once")
                try:
                    result = measure(contender, Task(port, count, seconds, WARM_UP), report.cores[0])
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


def measure(contender: Contender, task: Task, core: int) -> Result:
    """Have one contender look names up, in a process of its own."""
    with Child("bench.lookups", contender.key, str(core)) as child:
        return Result(**json.loads(child.ask(json.dumps(asdict(task)), START_LIMIT + task.seconds)))
