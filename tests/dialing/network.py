"""Two machines, a client and one with very many servers, and between them a network that delays and loses.

    with started() as network:
        assert network.run("asyncio", body, *args) == ...
        assert network.late() < 0.05

Each machine is a network namespace with a TUN device; a process in the servers' one (`far.py`) copies packets
from device to device, as `cases.py` says for each address. In the client's one (`near.py`) `run` and `call`
have a function called, which has to be one of a module: it goes by its name, its arguments and result
pickled. Both processes end when their pipe does, and everything is gone with them.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from multiprocessing.connection import Pipe
from pathlib import Path
from typing import IO, Any

from tests import hosts
from tests.hosts import PATIENCE

ROOT = Path(__file__).parents[2]
_PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin", "/sbin"])


class Unavailable(Exception):
    """Why there can be no such network here."""


class Machine:
    """A process in a network namespace of its own, and the pipe to it."""

    def __init__(self, module: str, link: socket.socket, programs: dict[str, str], err: IO[bytes]) -> None:
        self.conn, theirs = Pipe()
        argv = [
            programs["unshare"],
            "--net",
            # An ordinary user becomes root of a user namespace, where that is allowed.
            *([] if os.geteuid() == 0 else ["--user", "--map-root-user"]),
            # With whoever starts it, it ends too, even if that is killed.
            *(programs["setpriv"], "--pdeathsig", "KILL"),
            *(sys.executable, "-m", module, str(theirs.fileno()), str(link.fileno()), programs["ip"]),
        ]
        with theirs, link:
            self._process = subprocess.Popen(
                argv,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stderr=err,
                pass_fds=[theirs.fileno(), link.fileno()],
            )

    def ask(self, what: Any, limit: float) -> Any:
        """Send it, return the answer. Raises `EOFError` if none comes."""
        try:
            self.conn.send(what)
        except BrokenPipeError:
            raise EOFError from None
        return self.answer(limit)

    def answer(self, limit: float) -> Any:
        if not self.conn.poll(limit):
            raise EOFError
        return self.conn.recv()

    def end(self) -> None:
        self.conn.close()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Network:
    def __init__(self, near: Machine, far: Machine, err: IO[bytes]) -> None:
        self._near, self._far, self._err = near, far, err

    def run(self, host_name: str, body: hosts.Body, *args: Any) -> Any:
        """`hosts.run(host_name, body, *args)` in the client's machine."""
        return self.call(hosts.run, host_name, body, *args)

    def call(self, function: Callable[..., Any], *args: Any, limit: float = PATIENCE) -> Any:
        """`function(*args)` in the client's machine: its value or its error."""
        with self._explained():
            error, value = self._near.ask((function, args), limit)
        if error is not None:
            raise error
        return value

    def late(self) -> float:
        """By how many seconds the switch has been late at most since this was last asked: then the delays
        were not what they should be."""
        with self._explained():
            return float(self._far.ask("how late", PATIENCE))

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except EOFError:
            raise AssertionError(f"no answer from the network; it said:\n{self.said}") from None

    @property
    def said(self) -> str:
        """What the machines have written to stderr."""
        self._err.seek(0)
        return self._err.read().decode(errors="backslashreplace")


@contextlib.contextmanager
def started() -> Iterator[Network]:
    """The network, until the end of the block. Raises `Unavailable`."""
    programs = _programs()
    with contextlib.ExitStack() as stack:
        err = stack.enter_context(tempfile.TemporaryFile())
        machines = []
        for module, link in zip(("tests.dialing.near", "tests.dialing.far"), socket.socketpair()):
            machines.append(Machine(module, link, programs, err))
            stack.callback(machines[-1].end)
        network = Network(*machines, err)
        with network._explained():
            for machine in machines:
                machine.answer(PATIENCE)
        yield network


def _programs() -> dict[str, str]:
    found = {name: shutil.which(name, path=_PATH) for name in ("unshare", "setpriv", "ip")}
    missing = [name for name, path in found.items() if path is None]
    if missing:
        raise Unavailable(f"{', '.join(missing)}: not installed")
    if not os.access("/dev/net/tun", os.R_OK | os.W_OK):
        raise Unavailable("no /dev/net/tun that may be opened")
    programs = {name: path for name, path in found.items() if path is not None}
    argv = [programs["unshare"], "--net", *([] if os.geteuid() == 0 else ["--user", "--map-root-user"])]
    tried = subprocess.run([*argv, "true"], capture_output=True, text=True, check=False, timeout=PATIENCE)
    if tried.returncode != 0:
        raise Unavailable(f"no namespaces here: {tried.stderr.strip()}")
    return programs
