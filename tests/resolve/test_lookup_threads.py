"""Threads that lookups take: few for the C library, of which a stuck one holds nobody up, and else none."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

import dialnet
from dialnet.errors import CanceledError
from dialnet.poll.pool import Pool
from dialnet.resolve.threads import thread_limit
from dialnet.resolve.ways import system
from tests import hosts
from tests.hosts import PATIENCE
from tests.resolve.support import failing

SHORT = 0.2
LIMIT = 8


class SlowLibrary:
    """A `getaddrinfo` that answers when it is let go."""

    def __init__(self) -> None:
        self.release = threading.Event()
        self.calls: list[str] = []
        self.running = self.most = 0
        self._lock = threading.Lock()

    def getaddrinfo(self, host: str, *_: Any, **__: Any) -> list[Any]:
        with self._lock:
            self.calls.append(host)
            self.running += 1
            self.most = max(self.most, self.running)
        self.release.wait(PATIENCE)
        with self._lock:
            self.running -= 1
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.7", 0))]


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> Iterator[SlowLibrary]:
    """The C library of this test. It has `LIMIT` threads."""
    made = SlowLibrary()
    monkeypatch.setattr(socket, "getaddrinfo", made.getaddrinfo)
    monkeypatch.setattr(socket, "getnameinfo", lambda *_: ("late.example", "0"))
    monkeypatch.setattr(system, "pool", Pool(LIMIT))
    yield made
    made.release.set()


def of_the_pool() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "dialnet lookup"]


def resolver(host: hosts.Host, **options: Any) -> Any:
    return host.net.Resolver(prefer_python=False, **{"timeout": PATIENCE, **options})


# The limit.


@pytest.mark.parametrize(
    ("descriptors", "limit"),
    [(None, 500), (1_048_576, 500), (501, 500), (500, 470), (256, 226), (31, 1), (30, 30), (1, 1), (0, 1)],
)
def test_how_many(descriptors: int | None, limit: int) -> None:
    """As Go counts them: each may have a descriptor open."""
    assert thread_limit(descriptors) == limit


def test_no_more_than_the_limit(task_host_name: str, library: SlowLibrary) -> None:
    """However many lookups there are, and all are answered in the end."""

    async def body(host: hosts.Host) -> None:
        before = len(threading.enumerate())
        r = resolver(host)
        jobs = [host.start(r.lookup_host, f"h{i}.example.") for i in range(600)]
        await host.until(lambda: library.running == LIMIT)
        # Time in which more could begin.
        await host.pause(0.05)
        assert library.running == len(library.calls) == len(of_the_pool()) == LIMIT
        assert len(threading.enumerate()) == before + LIMIT
        library.release.set()
        assert [await job for job in jobs] == [["192.0.2.7"]] * 600
        assert library.most == LIMIT
        assert sorted(library.calls) == sorted(f"h{i}.example." for i in range(600))

    hosts.run(task_host_name, body)


def test_the_loops_own_executor_is_not_used(library: SlowLibrary) -> None:
    """It is small, others need it, and `asyncio.run` waits for it."""
    library.release.set()

    async def body(host: hosts.Host) -> None:
        r = resolver(host)
        assert await r.lookup_host("a.example.") == ["192.0.2.7"]
        await r.lookup_ip_addr("b.example.")
        assert len(library.calls) == 2
        assert asyncio.get_running_loop()._default_executor is None  # type: ignore[attr-defined]

    hosts.run("asyncio", body)


# Waiting for a thread.


async def taken(host: hosts.Host, library: SlowLibrary) -> list[Any]:
    """All threads are stuck in these lookups."""
    r = resolver(host)
    jobs = [host.start(r.lookup_host, f"stuck{i}.example.") for i in range(LIMIT)]
    await host.until(lambda: library.running == LIMIT)
    return jobs


@pytest.mark.parametrize("kind", ["lookup_host", "lookup_cname", "lookup_addr"])
@pytest.mark.parametrize("stuck", [True, False])
def test_a_deadline(host_name: str, library: SlowLibrary, kind: str, stuck: bool) -> None:
    """Whether the lookup waits for a thread or for its answer."""
    name = "192.0.2.1" if kind == "lookup_addr" else "late.example."

    async def body(host: hosts.Host) -> None:
        jobs = await taken(host, library) if stuck else []
        err = await failing(lambda: getattr(resolver(host, timeout=SHORT), kind)(name))
        assert str(err) == f"lookup {name}: i/o timeout"
        assert err.is_timeout
        assert library.calls.count(name) == (not stuck)
        library.release.set()
        for job in jobs:
            assert await job == ["192.0.2.7"]
        await host.until(lambda: not of_the_pool())
        # Nobody wanted it any more when its turn came.
        assert library.calls.count(name) == (not stuck)

    hosts.run(host_name, body)


@pytest.mark.parametrize("stuck", [True, False])
def test_a_token(host_name: str, library: SlowLibrary, stuck: bool) -> None:
    async def body(host: hosts.Host) -> None:
        jobs = await taken(host, library) if stuck else []
        token = dialnet.CancelToken()
        r = resolver(host)
        job = host.start(lambda: failing(lambda: r.lookup_host("late.example.", cancel=token)))
        await host.until(lambda: library.calls.count("late.example.") or len(system.pool._jobs) == 1)
        token.cancel()
        err = await job
        assert isinstance(err, CanceledError)
        assert str(err) == "lookup late.example.: operation was canceled"
        library.release.set()
        for each in jobs:
            await each
        await host.until(lambda: not of_the_pool())
        assert library.calls.count("late.example.") == (not stuck)

    hosts.run(host_name, body)


@pytest.mark.parametrize("stuck", [True, False])
def test_a_cancelled_task(task_host_name: str, library: SlowLibrary, stuck: bool) -> None:
    async def body(host: hosts.Host) -> None:
        jobs = await taken(host, library) if stuck else []
        job = host.start(resolver(host).lookup_host, "late.example.")
        await host.until(lambda: library.calls.count("late.example.") or len(system.pool._jobs) == 1)
        job.cancel()
        with pytest.raises(asyncio.CancelledError):
            await job
        library.release.set()
        for each in jobs:
            await each
        await host.until(lambda: not of_the_pool())
        assert library.calls.count("late.example.") == (not stuck)

    hosts.run(task_host_name, body)


def test_whoever_waits_has_its_turn(task_host_name: str, library: SlowLibrary) -> None:
    """First come, first served; those that have left are passed over."""

    async def body(host: hosts.Host) -> None:
        jobs = await taken(host, library)
        r = resolver(host)
        waiting = []
        for i in range(6):
            waiting.append(host.start(r.lookup_host, f"w{i}.example."))
            await host.until(lambda i=i: len(system.pool._jobs) == i + 1)
        for job in waiting[::2]:
            job.cancel()
            with pytest.raises(asyncio.CancelledError):
                await job
        library.release.set()
        for job in jobs + waiting[1::2]:
            assert await job == ["192.0.2.7"]
        await host.until(lambda: not of_the_pool())
        assert sorted(library.calls[LIMIT:]) == ["w1.example.", "w3.example.", "w5.example."]

    hosts.run(task_host_name, body)


# The end of a program: each in a process of its own, whose `getaddrinfo` never returns.

PREAMBLE = """
import asyncio, socket, threading, time
import dialnet as net
from dialnet import aio

forever, called = threading.Event(), threading.Event()

def getaddrinfo(*_):
    called.set()
    forever.wait()

socket.getaddrinfo = getaddrinfo
"""


def program(code: str) -> str:
    """Run it; it must end well, and by itself."""
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", PREAMBLE + textwrap.dedent(code)],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr == ""
    return ran.stdout


def test_a_stuck_call_does_not_hold_up_the_exit() -> None:
    program("""
    resolver = net.Resolver(prefer_python=False, timeout=0.1)
    try:
        resolver.lookup_host("stuck.example.")
    except net.DNSError as err:
        assert err.is_timeout
    else:
        raise AssertionError("it cannot be known")
    assert called.is_set()
    assert len(threading.enumerate()) == 2
    """)


@pytest.mark.parametrize("how", ["wait_for", "timeout", "cancel"])
def test_a_cancelled_lookup_does_not_hold_up_the_loop(how: str) -> None:
    """`asyncio.run` ends at once, though the call never does. asyncio's own would wait for it."""
    out = program(f"""
    how = {how!r}

    async def main():
        resolver = aio.Resolver(prefer_python=False)
        try:
            if how == "timeout":
                await resolver.lookup_host("stuck.example.", timeout=0.1)
            elif how == "wait_for":
                await asyncio.wait_for(resolver.lookup_host("stuck.example."), 0.1)
            else:
                task = asyncio.create_task(resolver.lookup_host("stuck.example."))
                await asyncio.sleep(0.1)
                task.cancel()
                await task
        except (TimeoutError, asyncio.CancelledError):
            assert called.is_set()

    start = time.monotonic()
    asyncio.run(main())
    print(time.monotonic() - start)
    """)
    # It is 0.1 on a machine that has nothing else to do.
    assert 0.09 < float(out) < PATIENCE / 3


def test_trio_is_not_held_up() -> None:
    program("""
    import trio

    async def main():
        resolver = aio.Resolver(prefer_python=False)
        with trio.move_on_after(0.1):
            await resolver.lookup_host("stuck.example.")
        assert called.is_set()

    trio.run(main)
    """)


def test_nor_by_a_dial_that_is_stuck() -> None:
    """A caller's own, which runs in the same threads."""
    program("""
    def dial(network, address):
        called.set()
        forever.wait()

    try:
        net.Resolver(dial=dial, timeout=0.1).lookup_host("a.example.")
    except net.DNSError as err:
        assert err.is_timeout
    assert called.is_set()
    """)


# The Python resolver takes no thread.


def test_a_thousand_lookups_take_no_thread(task_host_name: str) -> None:
    """Each is a socket. The server never answers, and all end at their deadline."""
    many, timeout = 1000, 1.0

    async def body(host: hosts.Host) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
            server.bind(("127.0.0.1", 0))
            r = host.net.Resolver(servers=[f"127.0.0.1:{server.getsockname()[1]}"], timeout=timeout)
            # Whatever a loop starts, it has started.
            await failing(lambda: r.lookup_ip("first.example.", "ip4", timeout=0.01))
            threads = threading.enumerate()
            most = [0]

            async def lookup(name: str) -> float:
                start = time.monotonic()
                err = await failing(lambda: r.lookup_ip(name, "ip4"))
                assert err.is_timeout
                most[0] = max(most[0], threading.active_count())
                return time.monotonic() - start

            jobs = [host.start(lookup, f"h{i}.example.") for i in range(many)]
            lengths = [await job for job in jobs]
            assert most[0] == len(threads)
            assert threading.enumerate() == threads
            assert len(lengths) == many
            # The clock's own grain is all they may be early.
            assert min(lengths) > timeout - 0.05

    hosts.run(task_host_name, body)
