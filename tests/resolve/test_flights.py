"""One lookup for all who want the same at the same time: who does it, and who never waits for whom."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable
from typing import Any

import pytest

from dialnet import CancelToken, DNSError
from dialnet.errors import CanceledError, DeadlineExceededError
from dialnet.poll import task_host, thread_host, waits
from dialnet.poll.signal import Signal
from dialnet.poll.virtual import VirtualHost
from dialnet.resolve.flights import Flights
from tests.hosts import PATIENCE, Host, run
from tests.resolve.driving import driven


class Work:
    """What is shared: it takes `length` seconds, or until it is let go; then it ends as it is told."""

    def __init__(self, outcome: Any = None, length: float | None = None) -> None:
        self.outcome = ["one", "two"] if outcome is None else outcome
        self.length = length
        self.begun = self.closed = 0
        self.go_on = Signal()

    async def __call__(self, tell: Callable[[Any], None], time: float | None = None) -> list[Any]:
        self.begun += 1
        try:
            if self.length is None:
                await waits.wait(self.go_on)
            else:
                await waits.until(await waits.now() + self.length)
        except GeneratorExit:
            self.closed += 1
            raise
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return list(self.outcome)


async def later(instant: float, coroutine: Any) -> Any:
    try:
        await waits.until(instant)
        return await coroutine
    finally:
        coroutine.close()


async def caught(coroutine: Any) -> Any:
    """Its value or its error, with the instant."""
    try:
        value = await coroutine
    except Exception as err:
        value = err
    return await waits.now(), value


# In virtual time.


def test_one_does_it_for_all() -> None:
    """Also for those who come while it is done; with a list for each."""
    flights, work, host = Flights(), Work(length=3.0), VirtualHost()
    found = host.run(waits.gather(*(later(i, flights.share("k", work)) for i in (0.0, 1.0, 2.75))))
    assert found == [["one", "two"]] * 3
    assert len({id(each) for each in found}) == 3
    assert work.begun == 1
    assert host.time == 3.0
    # It is no cache.
    host.run(flights.share("k", work))
    assert work.begun == 2


def test_each_has_an_error_of_its_own() -> None:
    err = DNSError("server misbehaving", "a.", "s", is_temporary=True)
    err.records = ("good",)
    err.__cause__ = KeyError("why")
    flights, work = Flights(), Work(err, 1.0)
    results = VirtualHost().run(waits.gather(*(caught(flights.share("k", work)) for _ in range(3))))
    assert work.begun == 1
    errors = [error for _, error in results]
    assert len({id(error) for error in errors}) == 3
    assert errors[0] is err
    for error in errors[1:]:
        assert type(error) is type(err)
        assert (str(error), error.args, error.records) == (str(err), err.args, ("good",))
        assert error.__cause__ is err.__cause__
        # Those who raise it again do not write into one another's traceback.
        assert error.__traceback__ is not err.__traceback__


@pytest.mark.parametrize("kind", ["timeout", "canceled"])
def test_errors_keep_their_class(kind: str) -> None:
    err = DNSError("x", "a.", is_timeout=kind == "timeout", canceled=kind == "canceled")
    flights, work = Flights(), Work(err, 1.0)
    results = VirtualHost().run(waits.gather(*(caught(flights.share("k", work)) for _ in range(2))))
    wanted = TimeoutError if kind == "timeout" else CanceledError
    assert all(isinstance(error, wanted) for _, error in results)


def test_another_takes_over_from_a_leader_that_leaves() -> None:
    """At the instant at which it leaves; once for all that are left, who keep their own deadlines."""
    flights, work, token = Flights(), Work(length=3.0), CancelToken()

    def share(limit: float | None = None, cancel: CancelToken | None = None) -> Any:
        return caught(waits.bounded(flights.share("k", work), limit, cancel))

    host = VirtualHost()
    host.at(3.5, token.cancel)
    results = host.run(waits.gather(share(1.0), share(cancel=token), share(5.0), share()))
    assert [instant for instant, _ in results] == [1.0, 3.5, 5.0, 8.0]
    kinds = [type(outcome) for _, outcome in results]
    assert kinds == [DeadlineExceededError, CanceledError, DeadlineExceededError, list]
    assert (work.begun, work.closed) == (4, 3)


def test_a_follower_may_leave() -> None:
    """The others do not notice."""
    flights, work = Flights(), Work(length=3.0)
    limits = (None, 1.0, None)
    results = VirtualHost().run(
        waits.gather(*(caught(waits.bounded(flights.share("k", work), limit)) for limit in limits))
    )
    assert [instant for instant, _ in results] == [3.0, 1.0, 3.0]
    assert work.begun == 1


def test_all_leave() -> None:
    """Nothing of it is left: who comes next begins anew."""
    flights, work, host = Flights(), Work(length=3.0), VirtualHost()
    results = host.run(
        waits.gather(*(caught(waits.bounded(flights.share("k", work), 1.0)) for _ in range(3)))
    )
    assert all(isinstance(error, DeadlineExceededError) for _, error in results)
    assert work.begun == work.closed
    assert not flights._flights
    assert host.run(flights.share("k", work)) == ["one", "two"]
    assert host.time == 4.0


def test_what_is_told_on_the_way_is_heard_by_all() -> None:
    """In its order, by those who come late too; and again from the next one, if the leader leaves."""

    async def work(tell: Callable[[Any], None], time: float | None) -> list[str]:
        start = await waits.now()
        for i in range(3):
            await waits.until(start + i + 1.0)
            tell(i)
        return ["end"]

    def share(limit: float | None = None) -> tuple[Any, list[tuple[float, int]]]:
        heard: list[tuple[float, int]] = []
        lookup = flights.share("k", work, lambda part: heard.append((host.time, part)))
        return caught(waits.bounded(lookup, limit)), heard

    flights, host = Flights(), VirtualHost()
    (first, heard_first), (second, heard_second) = share(), share()
    late, heard_late = share()
    deaf = flights.share("k", work)
    host.run(waits.gather(first, second, later(2.5, late), deaf))
    assert heard_first == heard_second == [(1.0, 0), (2.0, 1), (3.0, 2)]
    assert heard_late == [(2.5, 0), (2.5, 1), (3.0, 2)]
    flights, host = Flights(), VirtualHost()
    (leaving, heard_leaving), (staying, heard_staying) = share(2.5), share()
    host.run(waits.gather(leaving, staying))
    assert heard_leaving == [(1.0, 0), (2.0, 1)]
    assert heard_staying == [(1.0, 0), (2.0, 1), (3.5, 0), (4.5, 1), (5.5, 2)]


def test_different_keys_and_different_resolvers_do_not_share() -> None:
    one, other, work = Flights(), Flights(), Work(length=1.0)
    VirtualHost().run(waits.gather(one.share("k", work), one.share("l", work), other.share("k", work)))
    assert work.begun == 3


def test_what_is_no_lookups_error_is_the_leaders_alone() -> None:
    """The others do it themselves, and have the same from their own."""
    flights, work = Flights(), Work(ZeroDivisionError(), 1.0)
    results = VirtualHost().run(waits.gather(*(caught(flights.share("k", work)) for _ in range(3))))
    assert [instant for instant, _ in results] == [1.0, 2.0, 3.0]
    assert all(isinstance(error, ZeroDivisionError) for _, error in results)


# Under the real hosts.


async def followed(host: Host, flights: Flights, followers: int) -> None:
    """Until one does the work and so many wait for it."""

    def waiting() -> bool:
        under_way = list(flights._flights.values())
        return bool(under_way) and len(getattr(under_way[0].over, "_waiters", ())) >= followers

    await host.until(waiting)


def test_threads_share_and_tasks_share(host_name: str) -> None:
    async def body(host: Host) -> None:
        flights, work = Flights(), Work()
        jobs = [host.start(lambda: driven(host, flights.share("k", work))) for _ in range(8)]
        await followed(host, flights, 7)
        assert work.begun == 1
        work.go_on.set()
        found = [await job for job in jobs]
        assert found == [["one", "two"]] * 8
        assert len({id(each) for each in found}) == 8
        assert work.begun == 1

    run(host_name, body)


def test_a_cancelled_leader(task_host_name: str) -> None:
    """Its task's cancellation ends its work, and another task takes over."""

    async def body(host: Host) -> None:
        flights, work = Flights(), Work()
        leader = host.start(lambda: driven(host, flights.share("k", work)))
        await host.until(lambda: work.begun == 1)
        followers = [host.start(lambda: driven(host, flights.share("k", work))) for _ in range(3)]
        await followed(host, flights, 3)
        leader.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leader
        await host.until(lambda: work.begun == 2)
        await followed(host, flights, 2)
        assert work.closed == 1
        work.go_on.set()
        assert [await job for job in followers] == [["one", "two"]] * 3
        assert (work.begun, work.closed) == (2, 1)

    run(task_host_name, body)


def test_a_cancelled_follower(task_host_name: str) -> None:
    async def body(host: Host) -> None:
        flights, work = Flights(), Work()
        leader = host.start(lambda: driven(host, flights.share("k", work)))
        await host.until(lambda: work.begun == 1)
        followers = [host.start(lambda: driven(host, flights.share("k", work))) for _ in range(3)]
        await followed(host, flights, 3)
        followers[1].cancel()
        with pytest.raises(asyncio.CancelledError):
            await followers[1]
        work.go_on.set()
        for job in (leader, followers[0], followers[2]):
            assert await job == ["one", "two"]
        assert work.begun == 1

    run(task_host_name, body)


def test_a_leader_runs_out_of_time(host_name: str) -> None:
    async def body(host: Host) -> None:
        flights, work, token = Flights(), Work(), CancelToken()
        leaving = host.start(
            lambda: driven(host, caught(waits.bounded(flights.share("k", work), None, token)))
        )
        await host.until(lambda: work.begun == 1)
        staying = [host.start(lambda: driven(host, flights.share("k", work))) for _ in range(3)]
        await followed(host, flights, 3)
        token.cancel()
        assert isinstance((await leaving)[1], CanceledError)
        await host.until(lambda: work.begun == 2)
        await followed(host, flights, 2)
        work.go_on.set()
        assert [await job for job in staying] == [["one", "two"]] * 3
        assert (work.begun, work.closed) == (2, 1)

    run(host_name, body)


class Aside:
    """Something that runs in a thread of its own; `join` gives what it gave."""

    def __init__(self, call: Callable[[], Any]) -> None:
        self._got: list[Any] = []
        self._thread = threading.Thread(target=lambda: self._got.append(call()), daemon=True)
        self._thread.start()

    def join(self) -> Any:
        self._thread.join(PATIENCE)
        assert self._got, "it did not end, or failed"
        return self._got[0]


def test_threads_tasks_and_loops_do_not_wait_for_one_another() -> None:
    """Each has its own: a task that waited for a thread might be waiting for the one its loop runs in."""
    flights, works = Flights(), [Work() for _ in range(4)]

    def in_a_loop(work: Work) -> Callable[[], Any]:
        return lambda: asyncio.run(task_host.drive(flights.share("k", work)))

    jobs = [Aside(in_a_loop(works[0])), Aside(in_a_loop(works[1]))]
    jobs += [Aside(lambda: thread_host.drive(flights.share("k", works[2])))]
    pause = threading.Event()
    for _ in range(int(PATIENCE / 0.002)):
        if [work.begun for work in works[:3]] == [1, 1, 1]:
            break
        pause.wait(0.002)
    assert [work.begun for work in works[:3]] == [1, 1, 1]
    works[3].go_on.set()

    async def blocking_in_a_task() -> Any:
        # As unwise as it is common: it stops the loop, but must not hang.
        return thread_host.drive(flights.share("other", works[3]))

    assert asyncio.run(blocking_in_a_task()) == ["one", "two"]
    for work in works:
        work.go_on.set()
    assert [job.join() for job in jobs] == [["one", "two"]] * 3


# Signal handlers, which run in the middle of what their own thread does.


class Interrupting:
    """A key that lets a signal handler run wherever it is looked at."""

    def __init__(self) -> None:
        self.armed = True

    def __hash__(self) -> int:
        if self.armed:
            self.armed = False
            signal.raise_signal(signal.SIGUSR1)
        return 1


@pytest.fixture
def handler(request: pytest.FixtureRequest) -> Any:
    """Has a function called on SIGUSR1."""
    before = signal.getsignal(signal.SIGUSR1)
    yield lambda call: signal.signal(signal.SIGUSR1, lambda *_: call())
    signal.signal(signal.SIGUSR1, before)


@pytest.mark.parametrize("same", [True, False])
def test_a_signal_in_the_midst_of_it(handler: Any, same: bool) -> None:
    """The handler looks something up while its own thread holds what is held for a moment."""
    flights, work, inner = Flights(), Work(length=0.0), Work(["inner"], 0.0)
    key = Interrupting()
    got = []
    handler(lambda: got.append(thread_host.drive(flights.share(key if same else "other", inner))))
    assert thread_host.drive(flights.share(key, work)) == ["one", "two"]
    assert got == [["inner"]]
    assert not flights._flights


def test_a_signal_while_its_own_thread_leads(handler: Any) -> None:
    """The handler does not wait for what cannot go on before it has ended."""
    flights, work, inner = Flights(), Work(), Work(["inner"], 0.0)
    got = []

    def interrupted() -> None:
        got.append(thread_host.drive(flights.share("k", inner)))
        work.go_on.set()

    def interrupt() -> None:
        for _ in range(int(PATIENCE / 0.002)):
            if work.begun:
                break
            threading.Event().wait(0.002)
        signal.pthread_kill(threading.main_thread().ident, signal.SIGUSR1)

    handler(interrupted)
    aside = Aside(lambda: [interrupt()])
    assert thread_host.drive(flights.share("k", work)) == ["one", "two"]
    aside.join()
    assert got == [["inner"]]


# Forked children.


def test_a_forked_child_begins_anew() -> None:
    """What a thread of its parent leads it does not wait for, nor for a lock that one holds."""
    code = """
        import os, signal, threading
        from dialnet.poll import thread_host, waits
        from dialnet.poll.signal import Signal
        from dialnet.resolve.flights import Flights

        flights, go_on, leads, held, release = Flights(), Signal(), *(threading.Event() for _ in range(3))

        async def slow(tell, time):
            leads.set()
            await waits.wait(go_on)
            return ["parent"]

        async def quick(tell, time):
            return ["child"]

        def hold():
            with flights._lock:
                held.set()
                release.wait()

        got = []
        leader = threading.Thread(target=lambda: got.append(thread_host.drive(flights.share("k", slow))))
        leader.start()
        leads.wait()
        holder = threading.Thread(target=hold)
        holder.start()
        held.wait()
        pid = os.fork()
        if pid == 0:
            signal.alarm(15)
            try:
                found = thread_host.drive(flights.share("k", quick))
                os._exit(0 if found == ["child"] and not flights._flights else 1)
            finally:
                os._exit(2)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        assert status == 0, status
        release.set()
        go_on.set()
        leader.join()
        holder.join()
        assert got == [["parent"]]
    """
    # Newer Pythons warn of a fork beside threads; it is what is tested.
    command = [sys.executable, "-W", "error", "-W", "ignore::DeprecationWarning", "-c", textwrap.dedent(code)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
    assert ran.returncode == 0, ran.stderr
