"""UDP datagrams from one process to another: dialnet's batches beside single calls, asyncio, uvloop and
socket.

Sender and receiver run alone on one core each. The contenders take turns in every round, and every round
begins with another one, so that a slow minute of the machine is everybody's; every measurement has processes
of its own. The table shows medians over the rounds, and ratios of medians. No datagram is lost: the receiver
says when to go on.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import asdict
from pathlib import Path

from .contenders import Contender
from .datagrams.contenders import BY_KEY, CONTENDERS
from .datagrams.meter import Result, Task
from .echo import turns
from .packets_report import Report, show
from .processes import Child, ChildError, choose_cores

START_LIMIT = 30.0
WARM_UP = 0.1
TABLE_WIDTH = 112
# No longer, or it would not fit through an ordinary link.
LONGEST = 1400


def _sizes(text: str) -> list[int]:
    sizes = sorted({int(part) for part in text.split(",")})
    if sizes[0] < 1 or sizes[-1] > LONGEST:
        raise argparse.ArgumentTypeError(f"1 to {LONGEST:,} bytes")
    return sizes


def _contenders(text: str) -> list[Contender]:
    unknown = [key for key in text.split(",") if key not in BY_KEY]
    if unknown:
        raise argparse.ArgumentTypeError(f"no {unknown[0]!r} among {', '.join(BY_KEY)}")
    return [contender for contender in CONTENDERS if contender.key in text.split(",")]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line of `python -m bench packets`."""
    add = parser.add_argument
    add(
        "--sizes", type=_sizes, default=[64, 1200], metavar="N,…", help="bytes of a datagram, default 64,1200"
    )
    add("--rounds", type=int, metavar="N", help="turns of every contender, default 5")
    add("--seconds", type=float, metavar="S", help="measured in a turn, default 0.5")
    add("--contenders", type=_contenders, default=list(CONTENDERS), metavar="KEY,…", help=", ".join(BY_KEY))
    add("--json", type=Path, default=Path("bench-packets.json"), metavar="FILE", help="default %(default)s")
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
        sizes=arguments.sizes,
        rounds=rounds,
        seconds=seconds,
        cores=choose_cores(),
        samples={contender.key: {} for contender in present},
        failures={c.key: f"{c.missing()} is not installed" for c in arguments.contenders if c.missing()},
    )
    started = time.monotonic()
    with Console(stderr=True).status("starting") as status:
        for number, contender in turns(present, rounds):
            for size in report.sizes:
                if contender.key in report.failures:
                    break
                status.update(f"round {number + 1} of {rounds}: {contender.title}, {size:,} bytes")
                try:
                    result = measure(contender, size, report)
                except ChildError as err:
                    report.failures[contender.key] = str(err)
                else:
                    report.samples[contender.key].setdefault(size, []).append(result)
    report.took = time.monotonic() - started
    failed = any(contender.key in report.failures for contender in present)
    for key in report.failures:
        report.samples.pop(key, None)
    show(report, console)
    arguments.json.write_text(json.dumps(report.as_json(), indent=1) + "\n")
    console.print(f"All samples: {arguments.json}")
    return 1 if failed else 0


def measure(contender: Contender, size: int, report: Report) -> Result:
    """Have one contender send to itself, in two processes of their own."""
    sender_core, receiver_core = report.cores
    with Child("bench.datagrams", "receive", contender.key, str(receiver_core)) as receiver:
        port = int(receiver.line(START_LIMIT))
        task = Task(port, receiver.process.pid, size, report.seconds, WARM_UP)
        with Child("bench.datagrams", "send", contender.key, str(sender_core)) as sender:
            return Result(**json.loads(sender.ask(json.dumps(asdict(task)), START_LIMIT + report.seconds)))
