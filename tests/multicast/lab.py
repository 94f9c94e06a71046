"""Two machines of the tests' own with two cables between them, each a network namespace.

    with started() as lab:
        lab.run("asyncio", body, *args)

`body(host, far, folder, *args)` runs on the near machine; it is of a module, and goes by its name. `far` is
what a command is to begin with to run on the far one. The near machine's ends of the cables are `one` and
`two`, the far one's `far1` and `far2`; 192.0.2.0/24 and fd00:1::/64 are on the first cable, 198.51.100.0/24
and fd00:2::/64 on the second, the near machine being .1 and the far one .2.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from typing import Any, NoReturn

import pytest

from tests.hosts import PATIENCE, Body
from tests.interop.programs import need

ROOT = Path(__file__).parents[2]


class Lab:
    def __init__(self, conn: Connection, err: Path) -> None:
        self._conn = conn
        self._err = err

    def run(self, host_name: str, body: Body, *args: Any) -> Any:
        """`hosts.run(host_name, body, far, folder, *args)` on the near machine: its value or its error."""
        self._conn.send((host_name, body, args))
        if not self._conn.poll(PATIENCE + 20):
            raise AssertionError(f"no answer from the lab; it said:\n{self._err.read_text()}")
        error, value = self._conn.recv()
        if error is not None:
            raise error
        return value


def unavailable(why: str) -> NoReturn:
    """Skip the test; in CI, where everything is to be there, fail it."""
    if os.environ.get("CI") == "true":
        pytest.fail(why)
    pytest.skip(why)


def unshare() -> list[str]:
    # An ordinary user becomes root of a user namespace, where that is allowed.
    return [need("unshare"), "--net", *([] if os.geteuid() == 0 else ["--user", "--map-root-user"])]


@contextlib.contextmanager
def started(folder: Path) -> Iterator[Lab]:
    for program in ("ip", "nsenter", "setpriv", "socat"):
        need(program)
    tried = subprocess.run(
        [*unshare(), "true"], capture_output=True, text=True, check=False, timeout=PATIENCE
    )
    if tried.returncode != 0:
        unavailable(f"no namespaces here: {tried.stderr.strip()}")
    ours, theirs = Pipe()
    err = folder / "near.err"
    with open(err, "wb") as said:
        process = subprocess.Popen(
            # With whoever starts it, it ends too, even if that is killed.
            [*unshare(), need("setpriv"), "--pdeathsig", "KILL", sys.executable, "-m", "tests.multicast.near",
             str(theirs.fileno()), str(folder)],
            cwd=ROOT, stdin=subprocess.DEVNULL, stderr=said, pass_fds=[theirs.fileno()],
        )  # fmt: skip
    theirs.close()
    try:
        try:
            if not ours.poll(PATIENCE):
                raise EOFError
            ours.recv()
        except EOFError:
            raise AssertionError(f"the lab did not come up; it said:\n{err.read_text()}") from None
        yield Lab(ours, err)
    finally:
        ours.close()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """The machines, the same for all tests of a session."""
    with tempfile.TemporaryDirectory(prefix="dialnet-") as made, started(Path(made)) as running:
        yield running


Run = Callable[..., Any]
