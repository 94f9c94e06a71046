"""microsocks and tinyproxy, each started on a port that nobody else has."""

from __future__ import annotations

import contextlib
import itertools
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

from tests.hosts import PATIENCE
from tests.interop import programs
from tests.interop.programs import Program

_numbers = itertools.count(1)


@contextlib.contextmanager
def microsocks(folder: Path, *options: str, address: str = "127.0.0.1") -> Iterator[str]:
    """The address of a SOCKS5 proxy."""
    with programs.start(folder, "microsocks", "-i", address, "-p", "0", *options) as program:
        port = listens_on(program)
        assert port is not None, f"{program} has ended"
        yield f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


@contextlib.contextmanager
def tinyproxy(folder: Path, *lines: str, address: str = "127.0.0.1") -> Iterator[str]:
    """The address of an HTTP proxy; `lines` go into its configuration."""
    for _ in range(5):
        # It cannot be told to have the system choose.
        with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as sock:
            sock.bind((address, 0))
            wanted = sock.getsockname()[1]
        configuration = folder / f"tinyproxy-{next(_numbers)}.conf"
        text = "\n".join([f"Port {wanted}", f"Listen {address}", "Timeout 60", *lines, ""])
        configuration.write_text(text)
        with programs.start(folder, "tinyproxy", "-d", "-c", str(configuration)) as program:
            port = listens_on(program)
            if port is not None:
                assert port == wanted
                yield f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
                return
    raise AssertionError(f"tinyproxy never listened: {program.said}{program.output.decode()}")


def listens_on(program: Program) -> int | None:
    """The port on which it listens, as soon as it does; None if it ends."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        sockets = _sockets(program.pid)
        for table in ("/proc/net/tcp", "/proc/net/tcp6"):
            for line in Path(table).read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == "0A" and fields[9] in sockets:
                    return int(fields[1].rpartition(":")[2], 16)
        if program.ended:
            return None
        time.sleep(0.002)
    raise AssertionError(f"{program} neither listens nor ends")


def _sockets(pid: int) -> set[str]:
    """The inodes of the sockets that the process has."""
    found = set()
    try:
        for name in os.listdir(f"/proc/{pid}/fd"):
            what = os.readlink(f"/proc/{pid}/fd/{name}")
            if what.startswith("socket:["):
                found.add(what[len("socket:[") : -1])
    except FileNotFoundError:
        pass  # a descriptor, or the process, that has gone meanwhile
    return found
