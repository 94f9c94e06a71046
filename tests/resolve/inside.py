"""What runs in the namespace that `namespaces.py` makes: it sets the machine up, then runs what it is sent.

Started as `python -m tests.resolve.inside FD FOLDER NAMED UNBOUND`; FD is its end of the pipe. It stays
without threads and looks up no name itself: each function runs in a fork of it, which starts with nothing in
any cache.
"""

from __future__ import annotations

import contextlib
import faulthandler
import os
import pickle
import shutil
import socket
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import dns.exception
import dns.query

# What a first lookup would load, in every fork anew. It reads no file yet.
import dialnet.resolve.lookups
import dialnet.resolve.ways.python
import dialnet.resolve.ways.system  # noqa: F401
from tests.hosts import PATIENCE
from tests.resolve.namespaces import ETC, LONGEST_CALL, ZONES, restore

HOSTNAME = "box.branch.example"
# All of 127.0.0.0/8 is there anyway, but named listens only on addresses that an interface names. Of IPv6, a
# unique local address and one that needs its zone.
NETWORK = """
link set lo up
addr add 127.0.0.2/8 dev lo
addr add fd00::53/128 dev lo nodad
addr add fe80::53/64 dev lo nodad
"""


def set_up_machine(folder: Path) -> None:
    """The network, the host's name, and /etc.

    Over /etc a folder of ours is mounted, in which the other entries lead to the real ones. A file mounted by
    itself could not be replaced by renaming another, as resolv.conf often is.
    """
    subprocess.run(["ip", "-batch", "-"], input=NETWORK.encode(), check=True, timeout=PATIENCE)
    socket.sethostname(HOSTNAME)
    real, etc = folder / "real-etc", folder / "etc"
    real.mkdir()
    etc.mkdir()
    subprocess.run(["mount", "--rbind", "/etc", str(real)], check=True, timeout=PATIENCE)
    for entry in os.scandir("/etc"):
        if entry.name not in ETC:
            # A link means the same when it is copied: it stays in a folder called /etc.
            target = os.readlink(entry.path) if entry.is_symlink() else str(real / entry.name)
            (etc / entry.name).symlink_to(target)
    restore(folder)
    subprocess.run(["mount", "--bind", str(etc), "/etc"], check=True, timeout=PATIENCE)
    # Through its socket a name service cache daemon would answer for the world outside.
    for path in ("/run/nscd", "/var/run/nscd"):
        if os.path.isdir(path):
            subprocess.run(["mount", "-t", "tmpfs", "none", path], check=True, timeout=PATIENCE)


@contextlib.contextmanager
def servers(folder: Path, named: str, unbound: str) -> Iterator[None]:
    """named and unbound, both ready."""
    for name in ("named", "unbound"):
        (folder / name).mkdir()
    for path in ZONES.glob("*.zone"):
        shutil.copy(path, folder / "named")
    running = [
        _start(folder, "named", named, "-g", "-n", "1", "-U", "1", "-c"),
        _start(folder, "unbound", unbound, "-d", "-c"),
    ]
    try:
        for address in ("127.0.0.2", "127.0.0.1"):
            _until_it_answers(address, running)
        yield
    finally:
        for process in running:
            process.kill()
            process.wait()


def _start(folder: Path, name: str, program: str, *options: str) -> subprocess.Popen[bytes]:
    config = folder / name / f"{name}.conf"
    config.write_text((ZONES / config.name).read_text().replace("FOLDER", str(config.parent)))
    # AppArmor, where it watches over these servers, goes by their path and would keep them out of our folder.
    copy = shutil.copy(os.path.realpath(program), folder / name / name)
    with open(folder / f"{name}.err", "wb") as err:
        return subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", copy, *options, str(config)],
            stdin=subprocess.DEVNULL,
            stdout=err,
            stderr=err,
        )


def _until_it_answers(address: str, running: list[subprocess.Popen[bytes]]) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        assert all(process.poll() is None for process in running), "a server has ended"
        query = dns.message.make_query("corp.example.", "SOA")
        try:
            answer = dns.query.udp(query, address, 0.2)
        except (OSError, dns.exception.Timeout):
            time.sleep(0.01)
            continue
        if answer.answer:
            return
        time.sleep(0.01)
    raise AssertionError(f"{address} does not answer")


def serve(conn: Connection) -> None:
    """Run what comes, each in a fork, until the pipe ends."""
    while True:
        try:
            function, args, env = conn.recv()
        except EOFError:
            return
        except Exception as err:
            # Sent in one piece, so what follows is in order.
            conn.send_bytes(_packed(err, None))
            continue
        child = os.fork()
        if child == 0:
            try:
                _run(conn, function, args, env)
            finally:
                os._exit(1)
        _, status = os.waitpid(child, 0)
        if status != 0:
            what = f"signal {os.WTERMSIG(status)}" if os.WIFSIGNALED(status) else "an answer or in time"
            conn.send_bytes(_packed(AssertionError(f"{function} did not end with {what}"), None))


def _run(conn: Connection, function: Any, args: Any, env: dict[str, str]) -> None:
    faulthandler.dump_traceback_later(LONGEST_CALL, exit=True)
    os.environ.update(env)
    try:
        answer = _packed(None, function(*args))
    except BaseException as err:
        err.add_note("In the namespace:\n" + traceback.format_exc())
        answer = _packed(err, None)
    conn.send_bytes(answer)
    os._exit(0)


def _packed(error: BaseException | None, value: Any) -> bytes:
    try:
        packed = pickle.dumps((error, value))
        pickle.loads(packed)
    except Exception as err:
        packed = pickle.dumps((AssertionError(f"{error!r} or {value!r} cannot be sent: {err!r}"), None))
    return packed


def main() -> None:
    fd, folder, named, unbound = sys.argv[1:]
    conn = Connection(int(fd))
    set_up_machine(Path(folder))
    with servers(Path(folder), named, unbound):
        conn.send("ready")
        serve(conn)


if __name__ == "__main__":
    main()
