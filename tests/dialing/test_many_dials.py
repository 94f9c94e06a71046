"""Very many dials, in a row and at once, half of them refused: the right errors, and nothing left open.

Every other one goes by name, so by a race: of `localhost`'s two addresses one at most has a listener.
"""

from __future__ import annotations

import errno
import os
import resource
import threading
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

import dialnet as net
from tests import hosts
from tests.dialing.measure import sockets
from tests.dialing.support import alone, nobody

REFUSED = os.strerror(errno.ECONNREFUSED)
# All of them in one host of each face; the others show that theirs is no different.
IN_A_ROW = {"threads": 10_000, "asyncio": 10_000, "uvloop": 2_000, "trio": 2_000}
AT_ONCE = 1_000
# Both ends of a connection, a second socket of a race, a thread's wake descriptor, and what is open anyway.
DESCRIPTORS = 5 * AT_ONCE


@pytest.fixture
def _many_descriptors() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    enough = soft == resource.RLIM_INFINITY or soft >= DESCRIPTORS
    if not enough and hard != resource.RLIM_INFINITY and hard < DESCRIPTORS:
        pytest.skip(f"{hard} open files are too few")
    if not enough:
        resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))


async def dial(host: hosts.Host, nth: int, open_port: int, refusing_port: int) -> Any:
    """The connection, or, every second time, the error."""
    name = "localhost" if nth % 4 < 2 else "127.0.0.1"
    port = refusing_port if nth % 2 else open_port
    try:
        conn = await host.net.dial("tcp", f"{name}:{port}", timeout=hosts.PATIENCE)
    except net.OpError as err:
        assert nth % 2, "a listener has refused"
        check(err, name, port)
        return err
    assert not nth % 2, "nobody has answered"
    assert conn.remote_addr == net.TCPAddr("127.0.0.1", port)
    # The port is free again at once: ten thousand of them would be a large part of all there are.
    conn.set_linger(0)
    return conn


def check(err: net.OpError, name: str, port: int) -> None:
    assert isinstance(err, ConnectionRefusedError)
    assert err.errno == errno.ECONNREFUSED
    assert str(err) == f"dial tcp {err.addr}: connect: {REFUSED}"
    tried = [each.addr for each in err.attempts] or [err.addr]
    assert len(set(tried)) == len(tried)
    loopback = {net.TCPAddr("127.0.0.1", port), net.TCPAddr("::1", port)}
    # The hosts file may know less of `localhost`.
    assert set(tried) <= loopback if name == "localhost" else tried == [net.TCPAddr("127.0.0.1", port)]
    assert all(isinstance(each, ConnectionRefusedError) for each in err.attempts)


def test_in_a_row(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        ended: Counter[bool] = Counter()
        async with alone(host, "tcp4", "127.0.0.1:0", v4=True, v6=False) as ln:
            with nobody() as refusing:
                before = 0
                for nth in range(IN_A_ROW[host_name]):
                    outcome = await dial(host, nth, ln.addr.port, refusing)
                    connected = not isinstance(outcome, net.OpError)
                    ended[connected] += 1
                    if connected:
                        async with await ln.accept():
                            outcome.close()
                    if nth == 10:
                        before = open_files()
                assert open_files() == before
        assert ended == {True: IN_A_ROW[host_name] / 2, False: IN_A_ROW[host_name] / 2}

    hosts.run(host_name, body)


@pytest.mark.usefixtures("_many_descriptors")
def test_at_once(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        # Tasks begin when all of them are there; threads wait for each other.
        together = threading.Barrier(AT_ONCE, timeout=hosts.PATIENCE)

        async def job(nth: int, *ports: int) -> Any:
            if host.is_threads:
                together.wait()
            return await dial(host, nth, *ports)

        async with alone(host, "tcp4", "127.0.0.1:0", v4=True, v6=False) as ln:
            with nobody() as refusing:
                # What is made at the first dial is no leak.
                assert isinstance(await dial(host, 1, ln.addr.port, refusing), net.OpError)
                before = sockets()
                jobs = [host.start(job, nth, ln.addr.port, refusing) for nth in range(AT_ONCE)]
                outcomes = [await each for each in jobs]
                conns = [each for each in outcomes if not isinstance(each, net.OpError)]
                assert len(conns) == AT_ONCE / 2
                # All are open at the same time, each with a port of its own.
                assert len({str(conn.local_addr) for conn in conns}) == len(conns)
                for conn in conns:
                    (await ln.accept()).close()
                    conn.close()
                # Threads have wake descriptors as well, which the tracebacks of their errors hold as long as
                # there are these; they are looked for after the test.
                assert sockets() == before

    hosts.run(host_name, body)
