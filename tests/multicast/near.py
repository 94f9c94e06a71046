"""What runs on the near machine of the lab: it lays the cables, then runs what it is sent.

Started as `python -m tests.multicast.near FD FOLDER`; FD is its end of the pipe, whose end is its own.
"""

from __future__ import annotations

import contextlib
import faulthandler
import gc
import os
import pickle
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from tests import hosts
from tests.interop.programs import need

PATIENCE = hosts.PATIENCE
CABLES = (("one", "far1", "192.0.2", "fd00:1:"), ("two", "far2", "198.51.100", "fd00:2:"))


def ip(commands: str, *before: str) -> None:
    subprocess.run(
        [*before, need("ip"), "-batch", "-"], input=commands.encode(), check=True, timeout=PATIENCE
    )


def until_routed(name: str, before: list[str]) -> None:
    """Until IPv6 is ready there, which it is a moment after the link."""
    end = time.monotonic() + PATIENCE
    asks = [*before, need("ip"), "-6", "route", "get", "ff15::1", "oif", name]
    while subprocess.run(asks, capture_output=True, check=False, timeout=PATIENCE).returncode != 0:
        assert time.monotonic() < end, f"no IPv6 on {name}"
        time.sleep(0.01)


@contextlib.contextmanager
def far_machine() -> Iterator[list[str]]:
    """The other namespace, which lives as long as a `cat`; what runs a command there."""
    here = os.readlink("/proc/self/ns/net")
    with subprocess.Popen([need("unshare"), "--net", "cat"], stdin=subprocess.PIPE) as cat:
        while os.readlink(f"/proc/{cat.pid}/ns/net") == here:
            assert cat.poll() is None
        far = ["nsenter", f"--net=/proc/{cat.pid}/ns/net", "--"]
        ip("link set lo up\n")
        for near, there, four, six in CABLES:
            ip(f"link add name {near} type veth peer name {there} netns {cat.pid}\n")
            for name, number, before in ((near, 1, []), (there, 2, far)):
                lines = [
                    f"addr add {four}.{number}/24 dev {name}",
                    f"addr add {six}:{number}/64 dev {name} nodad",
                    # Without the wait for somebody who has the same address.
                    f"link set {name} addrgenmode none",
                    f"addr add fe80::{number}/64 dev {name} nodad",
                    f"link set {name} up",
                ]
                ip("\n".join(lines) + "\n", *before)
        # Multicast goes by the first cable, if nobody says by which.
        ip("route add 224.0.0.0/4 dev one\n")
        ip("link set lo up\nroute add 224.0.0.0/4 dev far1\n", *far)
        for name, before in (("one", []), ("two", []), ("far1", far), ("far2", far)):
            until_routed(name, before)
        yield far
        assert cat.stdin is not None
        cat.stdin.close()


def descriptors() -> set[str]:
    return set(os.listdir("/proc/self/fd"))


def answer(conn: Connection, far: list[str], folder: Path, host_name: str, body: Any, args: Any) -> None:
    error: BaseException | None = None
    value: Any = None
    before = descriptors()
    try:
        value = hosts.run(host_name, body, far, folder, *args)
        gc.collect()
        left = descriptors() - before
        # The loop of threads keeps a wake descriptor.
        assert len(left) <= 2, f"descriptors left behind: {left}"
    except BaseException as err:
        err.add_note("in the lab:\n" + "".join(traceback.format_exception(err)))
        error = err
    try:
        pickle.dumps((error, value))
    except Exception:
        error, value = AssertionError("".join(traceback.format_exception(error))), None
    conn.send((error, value))


def main() -> None:
    faulthandler.enable()
    faulthandler.dump_traceback_later(PATIENCE + 15)
    conn = Connection(int(sys.argv[1]))
    with far_machine() as far:
        conn.send("up")
        while True:
            faulthandler.cancel_dump_traceback_later()
            try:
                host_name, body, args = conn.recv()
            except EOFError:
                return
            faulthandler.dump_traceback_later(PATIENCE + 15)
            answer(conn, far, Path(sys.argv[2]), host_name, body, args)


if __name__ == "__main__":
    main()
