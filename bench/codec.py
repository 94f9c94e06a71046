"""DNS messages: a query packed and its answer parsed, by dialnet's codec and by dnspython.

Both do the same work on the same bytes. In every round each shape of answer is taken by both, one right after
the other and in turn the first, so that a slow minute of the machine is everybody's. The table shows medians
over the rounds, of what one query and its answer take.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.util
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import geometric_mean, median
from typing import Any

from dialnet.resolve.dns.message import pack_query, parse

from .machine import machine

TARGET = 15.0
TABLE_WIDTH = 100
ID = 0x1D17
UDP_SIZE = 1232

# What is asked, and the answer's records as a zone file has them. The first two are the everyday ones.
SHAPES: dict[str, tuple[str, str, list[str]]] = {
    "A × 1": ("www.example.com.", "A", ["www.example.com. 300 IN A 192.0.2.1"]),
    "A × 4": ("www.example.com.", "A", [f"www.example.com. 300 IN A 192.0.2.{n}" for n in range(4)]),
    "AAAA × 4": (
        "www.example.com.",
        "AAAA",
        [f"www.example.com. 300 IN AAAA 2001:db8::{n}" for n in range(4)],
    ),
    "CNAME × 3, A × 2": (
        "www.example.com.",
        "A",
        [
            "www.example.com. 300 IN CNAME www.example.com.cdn.example.net.",
            "www.example.com.cdn.example.net. 60 IN CNAME eu.cdn.example.net.",
            "eu.cdn.example.net. 60 IN CNAME edge-7.cdn.example.net.",
            *(f"edge-7.cdn.example.net. 20 IN A 192.0.2.{n}" for n in range(2)),
        ],
    ),
    "MX × 5": (
        "example.com.",
        "MX",
        [f"example.com. 300 IN MX {n} mx{n}.mail.example.com." for n in range(5)],
    ),
    "SRV × 4": (
        "_sip._udp.example.com.",
        "SRV",
        [f"_sip._udp.example.com. 300 IN SRV 10 {n} 5060 sip{n}.example.com." for n in range(4)],
    ),
    "TXT × 3": ("example.com.", "TXT", [f'example.com. 300 IN TXT "{n}{"x" * 120}" "y"' for n in range(3)]),
    "HTTPS × 1": (
        "example.com.",
        "HTTPS",
        ["example.com. 300 IN HTTPS 1 . alpn=h3,h2 ipv4hint=192.0.2.1,192.0.2.2 ipv6hint=2001:db8::1"],
    ),
    "A × 300": (
        "www.example.com.",
        "A",
        [f"www.example.com. 300 IN A 192.0.{n // 250}.{n % 250}" for n in range(300)],
    ),
}

Samples = dict[str, dict[str, list[float]]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line of `python -m bench codec`."""
    add = parser.add_argument
    add("--rounds", type=int, default=15, metavar="N", help="default %(default)s")
    add("--seconds", type=float, default=0.02, metavar="S", help="measured in a turn, default %(default)s")
    add("--json", type=Path, default=Path("bench-codec.json"), metavar="FILE", help="default %(default)s")


def run(arguments: argparse.Namespace) -> int:
    """Measure, print the table, write the JSON; the status says whether it could run, not who was fast."""
    if importlib.util.find_spec("dns") is None:
        print("dnspython is not installed", file=sys.stderr)
        return 1
    work = {shape: contenders(*parts) for shape, parts in SHAPES.items()}
    samples: Samples = {shape: {name: [] for name in calls} for shape, calls in work.items()}
    loops = {
        (shape, name): loops_for(call, arguments.seconds)
        for shape, calls in work.items()
        for name, call in calls.items()
    }
    for number in range(arguments.rounds):
        for shape, calls in work.items():
            for name in list(calls) if number % 2 else reversed(calls):
                samples[shape][name].append(measure(calls[name], loops[shape, name]))
    report = as_json(samples, arguments)
    show(report)
    arguments.json.write_text(json.dumps(report, indent=1) + "\n")
    print(f"All samples: {arguments.json}")
    return 0


def contenders(name: str, kind: str, zone: list[str]) -> dict[str, Callable[[], Any]]:
    """Return what each does for this question and its answer."""
    import dns.message
    import dns.rdatatype
    import dns.rrset
    import dns.zonefile

    qtype = int(dns.rdatatype.from_text(kind))
    answer = dns.message.make_response(
        dns.message.from_wire(pack_query(ID, name, qtype)), our_payload=UDP_SIZE
    )
    answer.answer = dns.zonefile.read_rrsets("\n".join(zone), rdclass=None)
    wire = answer.to_wire(max_size=65535)

    def with_dialnet() -> Any:
        pack_query(ID, name, qtype)
        return parse(wire)

    def with_dnspython() -> Any:
        dns.message.make_query(name, qtype, use_edns=0, payload=UDP_SIZE, id=ID).to_wire()
        return dns.message.from_wire(wire)

    # A contender that skips work would win: both see all records.
    ours, theirs = with_dialnet(), with_dnspython()
    if not len(ours.answers) == sum(map(len, theirs.answer)) == len(zone):
        raise RuntimeError(f"the codecs do not read the same answer to {name} {kind}")
    return {"dialnet": with_dialnet, "dnspython": with_dnspython}


def loops_for(call: Callable[[], Any], seconds: float) -> int:
    """Return how often a call fits into so many seconds."""
    count = 1
    while (took := measure(call, count) * count) < seconds / 4:
        count *= 2
    return max(1, round(count * seconds / took))


def measure(call: Callable[[], Any], count: int) -> float:
    """Return the seconds of one call, of so many in a row."""
    started = time.perf_counter()
    for _ in range(count):
        call()
    return (time.perf_counter() - started) / count


def as_json(samples: Samples, arguments: argparse.Namespace) -> dict[str, Any]:
    """Return everything, samples and what follows from them. Times are in microseconds."""
    facts = machine()
    facts["packages"]["dnspython"] = importlib.metadata.version("dnspython")
    medians = {
        shape: {name: 1e6 * median(times) for name, times in by_name.items()}
        for shape, by_name in samples.items()
    }
    # Of each round by itself, since both had the same machine there.
    ratios = {
        shape: median(b / a for a, b in zip(by_name["dialnet"], by_name["dnspython"]))
        for shape, by_name in samples.items()
    }
    return {
        "benchmark": "codec",
        "rounds": arguments.rounds,
        "seconds": arguments.seconds,
        "machine": facts,
        "medians_us": medians,
        "ratios": ratios,
        "overall": geometric_mean(ratios.values()),
        "target": TARGET,
        "samples_us": {
            shape: {name: [1e6 * each for each in times] for name, times in by_name.items()}
            for shape, by_name in samples.items()
        },
    }


def show(report: dict[str, Any]) -> None:
    """Print a row for each shape, and whether the target was met."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    console.width = max(console.width, TABLE_WIDTH)
    facts = report["machine"]
    packages = ", ".join(
        f"{name} {version}" for name, version in facts["packages"].items() if name.startswith("d")
    )
    console.print(f"{facts['python']}, {facts['system']}, {facts['cores']} cores; {packages}")
    title = f"A query packed and its answer parsed, medians of {report['rounds']} rounds"
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("answer", no_wrap=True)
    for heading in ("dialnet, µs", "range", "dnspython, µs", "range", "times as fast"):
        table.add_column(heading, justify="right", no_wrap=True)
    for shape, medians in report["medians_us"].items():
        cells = []
        for name in ("dialnet", "dnspython"):
            times = report["samples_us"][shape][name]
            cells += [f"{medians[name]:,.1f}", f"{min(times):,.1f}–{max(times):,.1f}"]
        ratio = report["ratios"][shape]
        table.add_row(shape, *cells, f"{ratio:.1f}", style="" if ratio >= TARGET else "yellow")
    console.print(table)
    missed = sum(ratio < TARGET for ratio in report["ratios"].values())
    verdict = f"missed for {missed} of {len(SHAPES)} shapes" if missed else "met for every shape"
    console.print(f"Overall {report['overall']:.1f} times as fast; target ≥ {TARGET:g}: {verdict}.")
