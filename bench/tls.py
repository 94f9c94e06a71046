"""TLS in bulk, and handshakes: dialnet's two faces beside ssl.SSLSocket, asyncio's and uvloop's streams.

Each contender runs alone on one core, in a fresh process, its peer on another; the contenders take turns in
every round. TLS 1.3, certificates of ECDSA P-256 made for the run, no session gone on with. The peer has what
it sends encrypted beforehand and does not decrypt what it gets, so that the contender bounds the rate; `busy`
says how far that is so. In a `transfer` the peer is another of the contender's kind, which receives. The CPU
time that a contender needs is what the load of the machine changes least. Of a handshake it is given for all
of it, connecting and closing included, and from the connected socket on.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from statistics import median
from typing import Any

from .machine import machine
from .processes import Child, choose_cores
from .tls_contenders import Job, Outcome

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30
START_LIMIT, WORK_LIMIT = 30.0, 120.0
THREADS = ("socket", "dialnet")
TASKS = ("asyncio", "uvloop", "dialnet-asyncio", "dialnet-uvloop")
TITLES = {
    "socket": "ssl.SSLSocket",
    "dialnet": "dialnet.tls",
    "asyncio": "asyncio streams",
    "uvloop": "uvloop streams",
    "dialnet-asyncio": "dialnet.aio.tls, asyncio",
    "dialnet-uvloop": "dialnet.aio.tls, uvloop",
}
# Which asks how much of whom.
TARGETS = {
    "dialnet": {"socket": 0.95},
    "dialnet-asyncio": {"asyncio": 1.5, "uvloop": 1.0},
    "dialnet-uvloop": {"asyncio": 1.5, "uvloop": 1.0},
}
# (what, size, contender)
Case = tuple[str, int, str]
Samples = dict[Case, list[Outcome]]


def _list(text: str) -> list[str]:
    return text.split(",")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line of `python -m bench tls`."""
    add = parser.add_argument
    add("--sizes", type=_list, default=["16", "64", "256", "1024"], metavar="KIB,…", help="of reads, writes")
    add("--mib", type=int, default=128, help="through a connection, in MiB (128)")
    add("--handshakes", type=int, default=400, help="in a turn (400)")
    add("--rounds", type=int, default=5, help="turns of every contender (5)")
    add("--contenders", type=_list, default=[*THREADS, *TASKS], metavar="KEY,…", help=", ".join(TITLES))
    add(
        "--what",
        type=_list,
        default=["transfer", "write", "read", "readinto", "client", "server"],
        metavar="WHAT,…",
        help="transfer (both ends of the same kind), write, read, readinto, client, server (handshakes)",
    )
    add("--json", type=Path, default=Path("bench-tls.json"), help="where the figures go")


def cases(arguments: argparse.Namespace) -> Iterator[Case]:
    """All that is measured, those that are compared one after the other."""
    for what in arguments.what:
        if what in ("client", "server"):
            for key in arguments.contenders:
                if key in THREADS:
                    yield what, 0, key
            continue
        for size in arguments.sizes:
            for key in arguments.contenders:
                if what != "readinto" or key not in ("asyncio", "uvloop"):
                    yield what, int(size) * KIB, key


def certificates(folder: Path) -> None:
    """An authority, and a server's certificate and key."""
    import trustme

    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "authority.pem")
    authority.issue_cert("localhost", "127.0.0.1").private_key_and_cert_chain_pem.write_to_path(
        folder / "server.pem"
    )


def run(arguments: argparse.Namespace) -> int:
    """Measure, print the tables, write the figures."""
    samples: Samples = {}
    chosen = list(cases(arguments))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        certificates(folder)
        own, peers = choose_cores()
        with Child("bench.tls_peer", str(peers), name) as peer:
            bulk, greeting, *pids = map(int, peer.line(START_LIMIT).split())
            for number in range(arguments.rounds):
                # Who went first goes last in the next round.
                for case in chosen if number % 2 == 0 else reversed(chosen):
                    what, size, key = case
                    said = f"round {number + 1}: {what} {size // KIB or ''} {TITLES[key]}"
                    print(f"\r{said:<70}", end="", file=sys.stderr, flush=True)
                    shaking = what in ("client", "server")
                    job = Job(
                        contender=key,
                        what=what,
                        port=greeting if shaking else bulk,
                        peers=pids,
                        folder=name,
                        core=own,
                        count=arguments.handshakes if shaking else arguments.mib * MIB,
                        size=size,
                    )
                    samples.setdefault(case, []).append(_once(job, peer))
    print("\r" + " " * 70, end="\r", file=sys.stderr)
    show(samples, arguments)
    arguments.json.write_text(json.dumps(_as_json(samples, arguments), indent=1) + "\n")
    print(f"All samples: {arguments.json}")
    return 0


def _once(job: Job, peer: Child) -> Outcome:
    if job.what == "transfer":
        theirs = replace(job, core=next(iter(set(choose_cores()) - {job.core}), -1))
        with Child("bench.tls_receivers", json.dumps(asdict(theirs))) as receiver:
            port = int(receiver.line(START_LIMIT))
            return _once(replace(job, what="write", port=port, peers=[receiver.process.pid]), peer)
    with Child("bench.tls_contenders", json.dumps(asdict(job))) as contender:
        if job.what != "server":
            return Outcome(**json.loads(contender.line(WORK_LIMIT)))
        port = contender.line(START_LIMIT)
        # Those to warm up with, and those that count.
        for count in (8, job.count):
            peer.ask(f"{port} {count}", WORK_LIMIT)
        return Outcome(**json.loads(contender.line(WORK_LIMIT)))


def show(samples: Samples, arguments: argparse.Namespace) -> None:
    """Medians, and how they compare with the first contender of their kind."""
    print(f"Medians of {arguments.rounds} rounds; in brackets the least and the most.")
    last: tuple[str, int] | None = None
    for case, rows in samples.items():
        what, size, key = case
        shaking = not size
        if (what, size) != last:
            last = (what, size)
            head = f"handshakes, as {what}" if shaking else f"{what}, {size // KIB} KiB at a time"
            unit = (
                ("per s", "CPU ms each; handshake", "peer's") if shaking else ("MiB/s", "CPU s/GiB", "peer's")
            )
            print(f"\n{head:<28}{unit[0]:>9}{unit[1]:>30}{unit[2]:>8}{'busy':>6}  rate, and per CPU, beside")
        total = arguments.handshakes if shaking else arguments.mib * MIB
        rate = median(total / row.seconds for row in rows) / (1 if shaking else MIB)
        scale = 1000.0 / total if shaking else GIB / total
        costs = sorted(row.cpu * scale for row in rows)
        cost = f"{median(costs):.3f} ({costs[0]:.3f}-{costs[-1]:.3f})"
        peers = median((row.peer_cpu or 0.0) * scale for row in rows)
        busy = median(row.cpu / row.seconds for row in rows)
        if shaking:
            spent = median(row.shaking for row in rows)
            cost += f" {spent * scale:.3f}"
        beside = ", ".join(
            f"{other} {_times(samples, case, other)}"
            for other in TARGETS.get(key, {})
            if (*last, other) in samples
        )
        print(f"  {TITLES[key]:<26}{rate:>9.0f}{cost:>30}{peers:>8.3f}{busy:>6.0%}  {beside}")
    aims = (f"{TITLES[a]} {x} x {TITLES[b]}" for a, of in TARGETS.items() for b, x in of.items())
    print("\nAt least: " + "; ".join(aims))


def _times(samples: Samples, case: Case, other: str) -> str:
    """Ratios of medians: rate, and work done in a second of CPU time."""
    mine, base = samples[case], samples[(*case[:2], other)]
    rate = median(row.seconds for row in base) / median(row.seconds for row in mine)
    work = median(row.cpu for row in base) / median(row.cpu for row in mine)
    if case[0] in ("client", "server"):
        shaking = median(row.shaking for row in base) / median(row.shaking for row in mine)
        return f"{rate:.2f}, {work:.2f}; of the handshake alone {shaking:.2f}"
    return f"{rate:.2f}, {work:.2f}"


def _as_json(samples: Samples, arguments: argparse.Namespace) -> dict[str, Any]:
    return {
        "machine": machine(),
        "mib": arguments.mib,
        "handshakes": arguments.handshakes,
        "samples": [
            {"what": what, "size": size, "contender": key, "outcomes": [asdict(row) for row in rows]}
            for (what, size, key), rows in samples.items()
        ],
    }
