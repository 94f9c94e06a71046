"""A machine of the tests' own: network, mount and UTS namespaces with real DNS servers on port 53.

In it /etc/resolv.conf, hosts, nsswitch.conf and services are ours, unbound answers on 127.0.0.1, [::1] and
[fd00::53], and named, which unbound asks, on 127.0.0.2; see `zones/`. There is no way out of it.

The `namespace` fixture starts it once a session and runs functions there:

    async def addresses(host, name):
        return await host.net.lookup_host(name)

    def test_addresses(namespace, host_name):
        assert namespace.run(host_name, addresses, "v4.corp.example") == ["192.0.2.12"]

A function goes by its name, its arguments, result and error pickled, so it has to be one of a module. Each
call runs in a process of its own that has looked up nothing before: no cache is left from another test.
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

from tests import hosts
from tests.hosts import PATIENCE
from tests.interop.programs import need

ROOT = Path(__file__).parents[2]
ZONES = Path(__file__).parent / "zones"
# Files of /etc that are ours in there.
ETC = ("resolv.conf", "hosts", "nsswitch.conf", "services")
# A call is given up a little before the test would be.
LONGEST_CALL = PATIENCE + 10


class Namespace:
    """The machine; made by the fixture."""

    def __init__(self, folder: Path, conn: Connection) -> None:
        self.folder = folder
        self._conn = conn

    def run(self, host_name: str, body: hosts.Body, *args: Any, env: dict[str, str] | None = None) -> Any:
        """`hosts.run(host_name, body, *args)` in there; `env` is set beside what is set already."""
        return self.call(hosts.run, host_name, body, *args, env=env)

    def call(self, function: Callable[..., Any], *args: Any, env: dict[str, str] | None = None) -> Any:
        """`function(*args)` in there: its value or its error."""
        self._conn.send((function, args, env or {}))
        if not self._conn.poll(LONGEST_CALL + 5):
            raise AssertionError(f"no answer from the namespace; it said:\n{self.said}")
        error, value = self._conn.recv()
        if error is not None:
            raise error
        return value

    def output(self, *argv: str) -> list[str]:
        """The lines that a program prints in there."""
        return self.call(_output, argv)

    @property
    def said(self) -> str:
        """What it and its servers have written to stderr."""
        files = sorted(self.folder.glob("*.err"))
        return "\n".join(f"{path.name}: {path.read_text(errors='backslashreplace')}" for path in files)

    @contextlib.contextmanager
    def etc(self, **files: str | None) -> Iterator[None]:
        """With other files in /etc: `resolv_conf`, `hosts`, `nsswitch_conf`, `services`; None is without.

        Afterwards all of them are as they were, even those that a function in there has changed.
        """
        try:
            for key, text in files.items():
                path = self.folder / "etc" / key.replace("_", ".")
                assert path.name in ETC
                if text is None:
                    path.unlink()
                else:
                    path.write_text(text)
            yield
        finally:
            restore(self.folder)


def _output(argv: tuple[str, ...]) -> list[str]:
    done = subprocess.run(argv, capture_output=True, text=True, timeout=PATIENCE, check=False)
    if done.stderr:
        raise AssertionError(f"{argv}: {done.stderr}")
    return done.stdout.splitlines()


def restore(folder: Path) -> None:
    """The files of /etc as they are at first."""
    for name in ETC:
        # The modification time may be too coarse to show a change that comes so soon; another file shows.
        new = folder / "etc" / f"{name}.new"
        new.write_bytes((ZONES / name).read_bytes())
        new.replace(folder / "etc" / name)


def unavailable(why: str) -> NoReturn:
    """Skip the test; in CI, where everything is to be there, fail it."""
    if os.environ.get("CI") == "true":
        pytest.fail(why)
    pytest.skip(why)


def _unshare() -> list[str]:
    argv = [need("unshare"), "--net", "--mount", "--uts"]
    # An ordinary user becomes root of a user namespace, where that is allowed.
    return argv if os.geteuid() == 0 else [*argv, "--user", "--map-root-user"]


@contextlib.contextmanager
def started(folder: Path) -> Iterator[Namespace]:
    """The machine, its files and its servers' in this folder, until the end of the block."""
    programs = {name: need(name) for name in ("named", "unbound", "ip", "mount", "setpriv", "dig", "getent")}
    tried = subprocess.run(
        [*_unshare(), "true"], capture_output=True, text=True, check=False, timeout=PATIENCE
    )
    if tried.returncode != 0:
        unavailable(f"no namespaces here: {tried.stderr.strip()}")
    ours, theirs = Pipe()
    # With whoever starts it, it ends too, even if that is killed.
    argv = [
        *_unshare(),
        programs["setpriv"],
        "--pdeathsig",
        "KILL",
        sys.executable,
        "-m",
        "tests.resolve.inside",
    ]
    with open(folder / "inside.err", "wb") as err:
        process = subprocess.Popen(
            [*argv, str(theirs.fileno()), str(folder), programs["named"], programs["unbound"]],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stderr=err,
            pass_fds=[theirs.fileno()],
            env={
                **_environment(),
                "PATH": os.pathsep.join(sorted({os.path.dirname(p) for p in programs.values()})),
            },
        )
    theirs.close()
    namespace = Namespace(folder, ours)
    try:
        try:
            if not ours.poll(PATIENCE):
                raise EOFError
            ours.recv()
        except EOFError:
            raise AssertionError(f"the namespace did not come up; it said:\n{namespace.said}") from None
        yield namespace
    finally:
        # Its end of the pipe tells it to end.
        ours.close()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _environment() -> dict[str, str]:
    """Without what would tell a resolver anything."""
    tells = ("LOCALDOMAIN", "RES_OPTIONS", "HOSTALIASES", "DIALNETDEBUG", "LANG", "LANGUAGE")
    kept = {name: value for name, value in os.environ.items() if name not in tells and name[:3] != "LC_"}
    return {**kept, "LC_ALL": "C.UTF-8"}


@pytest.fixture(scope="session")
def namespace() -> Iterator[Namespace]:
    """The machine, the same one for all tests of a session."""
    with tempfile.TemporaryDirectory(prefix="dialnet-") as made, started(Path(made)) as running:
        yield running
