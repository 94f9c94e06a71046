"""Bytes through a relay, and from a file: `copy` beside a read and write loop and `os.splice` by hand.

Each contender relays in a fresh process of its own, from one TCP connection on loopback to another; another
process writes, a third reads. What counts is the CPU time the relay spends on a GiB, since the wire here is
memory; the rate and the relay's memory are shown beside it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import resource
import socket
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import dialnet as net
from dialnet import aio

from .machine import machine

MIB = 1 << 20
CHUNK = 256 * 1024


def dialnet_threads(source: Any, sink: socket.socket) -> None:
    with net.file_conn(sink) as dst:
        if isinstance(source, socket.socket):
            with net.file_conn(source) as src:
                net.copy(dst, src)
        else:
            net.copy(dst, source)


def dialnet_asyncio(source: Any, sink: socket.socket) -> None:
    async def relay() -> None:
        async with aio.file_conn(sink) as dst:
            if isinstance(source, socket.socket):
                async with aio.file_conn(source) as src:
                    await aio.copy(dst, src)
            else:
                await aio.copy(dst, source)

    asyncio.run(relay())


def read_and_write(source: Any, sink: socket.socket) -> None:
    read = source.recv if isinstance(source, socket.socket) else source.read
    while data := read(CHUNK):
        sink.sendall(data)


def splice_by_hand(source: Any, sink: socket.socket) -> None:
    reading, writing = os.pipe()
    while taken := os.splice(source.fileno(), writing, MIB):
        while taken:
            taken -= os.splice(reading, sink.fileno(), taken)


def socket_sendfile(source: Any, sink: socket.socket) -> None:
    sink.sendfile(source)


RELAYS: dict[str, Callable[[Any, socket.socket], None]] = {
    "dialnet.copy, threads": dialnet_threads,
    "dialnet.aio.copy, asyncio": dialnet_asyncio,
    "recv and sendall": read_and_write,
    "os.splice by hand": splice_by_hand,
}
FROM_FILE: dict[str, Callable[[Any, socket.socket], None]] = {
    "dialnet.copy, threads": dialnet_threads,
    "dialnet.aio.copy, asyncio": dialnet_asyncio,
    "read and sendall": read_and_write,
    "socket.sendfile": socket_sendfile,
}


def _write(port: int, mib: int) -> None:
    data = bytes(MIB)
    with socket.create_connection(("127.0.0.1", port)) as sock:
        for _ in range(mib):
            sock.sendall(data)


def _discard(port: int) -> None:
    buffer = bytearray(MIB)
    with socket.create_connection(("127.0.0.1", port)) as sock:
        while sock.recv_into(buffer):
            pass


def _relay(name: str, path: str | None, ports: Any, results: Any, mib: int) -> None:
    """The contender's process. It listens, and says where."""
    with (
        socket.create_server(("127.0.0.1", 0)) as inwards,
        socket.create_server(("127.0.0.1", 0)) as outwards,
    ):
        ports.send((inwards.getsockname()[1], outwards.getsockname()[1]))
        sink, _ = outwards.accept()
        source: Any = inwards.accept()[0] if path is None else open(path, "rb")  # noqa: SIM115
        with sink, source:
            before, began = resource.getrusage(resource.RUSAGE_SELF), time.monotonic()
            grown_from = before.ru_maxrss
            (RELAYS if path is None else FROM_FILE)[name](source, sink)
            after = resource.getrusage(resource.RUSAGE_SELF)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        results.send(
            (cpu * 1024 / mib, mib / (time.monotonic() - began), (after.ru_maxrss - grown_from) / 1024)
        )


def _once(name: str, path: str | None, mib: int) -> tuple[float, float, float]:
    spawn = multiprocessing.get_context("spawn")
    ports, says_ports = spawn.Pipe(duplex=False)
    results, says_results = spawn.Pipe(duplex=False)
    relay = spawn.Process(target=_relay, args=(name, path, says_ports, says_results, mib))
    relay.start()
    inwards, outwards = ports.recv()
    others = [spawn.Process(target=_discard, args=(outwards,))]
    if path is None:
        others.append(spawn.Process(target=_write, args=(inwards, mib)))
    for other in others:
        other.start()
    figures: tuple[float, float, float] = results.recv()
    for process in (relay, *others):
        process.join()
    return figures


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options to its parser."""
    parser.add_argument("--mib", type=int, default=1024, help="how much goes through, in MiB (1024)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of all contenders (3)")
    parser.add_argument("--json", type=Path, default=Path("bench-copy.json"), help="where the figures go")


def run(arguments: argparse.Namespace) -> int:
    """Measure, print the tables, write the figures."""
    figures: dict[str, dict[str, list[tuple[float, float, float]]]] = {"relay": {}, "file": {}}
    with tempfile.NamedTemporaryFile() as file:
        for _ in range(arguments.mib):
            file.write(bytes(MIB))
        file.flush()
        for round_ in range(arguments.rounds):
            for what, contenders, path in (("relay", RELAYS, None), ("file", FROM_FILE, file.name)):
                for name in contenders:
                    print(f"\rround {round_ + 1}: {what}, {name:<30}", end="", file=sys.stderr, flush=True)
                    figures[what].setdefault(name, []).append(_once(name, path, arguments.mib))
    print("\r" + " " * 70, end="\r", file=sys.stderr)
    shown: dict[str, Any] = {"machine": machine(), "mib": arguments.mib}
    for what, by_name in figures.items():
        print(f"{what}: {arguments.mib} MiB, medians of {arguments.rounds} rounds")
        print(f"  {'':<28}{'CPU s/GiB':>10}{'MiB/s':>9}{'grew MiB':>10}")
        shown[what] = {}
        for name, rows in by_name.items():
            cpu, rate, grew = (median(row[n] for row in rows) for n in range(3))
            print(f"  {name:<28}{cpu:>10.3f}{rate:>9.0f}{grew:>10.1f}")
            shown[what][name] = {"cpu_seconds_per_gib": cpu, "mib_per_second": rate, "grew_mib": grew}
    arguments.json.write_text(json.dumps(shown, indent=2) + "\n")
    return 0
