"""What holds for every test: nothing leaks, and every error seen has the right shape."""

from __future__ import annotations

import asyncio
import gc
import itertools
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import dialnet
from dialnet.poll.threads import give_back, take_waiter
from tests import hosts, shapes
from tests.once import ONCE

# A shell without job control has what it runs in the background ignore SIGINT, and what a process ignores its
# children do too: tests that interrupt one need the handler back.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--again",
        action="store_true",
        help="another Python of this machine has passed: leave out what that settled (tests/once.py)",
    )


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """True leaves it out; None asks whoever else has an opinion."""
    return True if config.getoption("--again") and collection_path in ONCE else None


@pytest.fixture(params=hosts.HOSTS)
def host_name(request: pytest.FixtureRequest) -> str:
    """Each of the four hosts; a test that takes it runs under all."""
    if not hosts.has(request.param):
        pytest.skip(f"no {request.param} for this interpreter")
    return request.param


@pytest.fixture(params=hosts.TASK_HOSTS)
def task_host_name(request: pytest.FixtureRequest) -> str:
    """Each of the hosts for async code."""
    if not hosts.has(request.param):
        pytest.skip(f"no {request.param} for this interpreter")
    return request.param


async def _nothing() -> None:
    pass


@pytest.fixture(scope="session", autouse=True)
def _kept_for_good() -> None:
    """What is made once and lives as long as the process: it is no leak."""
    give_back(take_waiter())
    asyncio.run(_nothing())
    if hosts.uvloop is not None:
        with asyncio.Runner(loop_factory=hosts.uvloop.new_event_loop) as runner:
            runner.run(_nothing())
    dialnet.listen("tcp", "127.0.0.1:0").close()


def descriptors() -> dict[str, str]:
    """The process's open descriptors and what each is."""
    found = {}
    for number in os.listdir("/proc/self/fd"):
        try:
            found[number] = os.readlink(f"/proc/self/fd/{number}")
        except FileNotFoundError:
            continue  # The one that listed them.
    return found


@pytest.fixture(autouse=True)
def _nothing_leaks(_kept_for_good: None) -> Iterator[None]:
    """A thread or a descriptor more than before fails the test."""
    threads = set(threading.enumerate())
    before = descriptors()
    yield
    # What ends by itself may take a moment; what leaks stays.
    end = time.monotonic() + 5
    for again in itertools.count():
        new_threads = [t for t in threading.enumerate() if t not in threads and t.is_alive()]
        new = {number: what for number, what in descriptors().items() if before.get(number) != what}
        if not (new_threads or new) or time.monotonic() > end:
            break
        # What only waits for a collection is no leak; but most need a moment and none, and one costs 100 ms.
        if again >= 3:
            gc.collect()
        threading.Event().wait(0.005)
    assert not new_threads, f"threads left behind: {new_threads}"
    assert not new, f"descriptors left behind: {new}"


@pytest.fixture(autouse=True)
def _errors_have_their_shape(_nothing_leaks: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every `OpError` made during any test is looked at after it."""
    seen: list[dialnet.OpError] = []
    init = dialnet.OpError.__init__

    def noting(self: dialnet.OpError, *args: object, **kwargs: object) -> None:
        init(self, *args, **kwargs)  # type: ignore[arg-type]
        if len(seen) < 100:
            seen.append(self)

    monkeypatch.setattr(dialnet.OpError, "__init__", noting)
    yield
    monkeypatch.undo()
    for err in seen:
        shapes.check(err)
    # Their tracebacks hold frames, and those hold connections; `_nothing_leaks` looks after this.
    for err in seen:
        err.__traceback__ = err.err.__traceback__ = None
    seen.clear()
