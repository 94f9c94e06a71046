"""The vocabulary of waits, in virtual time; and the same text under every real host."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from dialnet import CancelToken
from dialnet.poll import task_host, thread_host, waits
from dialnet.poll.signal import Signal
from dialnet.poll.virtual import Deadlock, VirtualFD, VirtualHost
from tests.conformance.kinds import accepted
from tests.hosts import Host, run


def fd(made: VirtualFD) -> Any:
    """A scripted descriptor, where a real one is expected."""
    return made


async def sleeper(length: float, value: Any = None, log: list[Any] | None = None) -> Any:
    try:
        start = await waits.now()
        await waits.until(start + length)
        if isinstance(value, Exception):
            raise value
        return value
    finally:
        if log is not None:
            log.append(value)


def test_until_takes_no_real_time() -> None:
    host = VirtualHost(start=100.0)
    before = time.monotonic()
    host.run(sleeper(86_400.0))
    assert host.time == 86_500.0
    assert time.monotonic() - before < 3600


def test_readable_and_writable() -> None:
    host, conn = VirtualHost(), VirtualFD()
    host.readable_at(2.0, conn)
    host.writable_at(5.0, conn)

    async def work() -> list[Any]:
        seen = [await waits.readable(fd(conn), until=1.5), await waits.now()]
        seen += [await waits.readable(fd(conn), until=9.0), await waits.now()]
        seen += [await waits.writable(fd(conn)), await waits.now()]
        return seen

    assert host.run(work()) == [False, 1.5, True, 2.0, True, 5.0]


def test_a_closed_descriptor_is_ready() -> None:
    host, conn = VirtualHost(), VirtualFD()
    host.at(3.0, conn.close)
    assert host.run(waits.readable(fd(conn)))
    assert host.time == 3.0


def test_any_of_several() -> None:
    host, conn, signal = VirtualHost(), VirtualFD(), Signal()
    host.at(1.0, signal.set)
    host.readable_at(2.0, conn)

    async def work() -> Any:
        ready = waits.Ready(fd(conn).reading)
        return ready, await waits.wait(ready, signal, until=10.0)

    _, fired = host.run(work())
    assert fired == [signal]
    assert host.time == 1.0


def test_a_wait_for_nothing_is_a_deadlock() -> None:
    with pytest.raises(Deadlock):
        VirtualHost().run(waits.wait(Signal()))  # type: ignore[arg-type]


def test_race_takes_the_first_and_closes_the_others() -> None:
    host, log = VirtualHost(), []
    got = host.run(waits.race(sleeper(3, "c", log), sleeper(1, "a", log), sleeper(2, "b", log)))
    assert got == (1, "a")
    assert host.time == 1.0
    assert log == ["a", "c", "b"]


def test_race_raises_what_the_first_raises() -> None:
    host, log = VirtualHost(), []
    with pytest.raises(KeyError):
        host.run(waits.race(sleeper(3, "c", log), sleeper(1, KeyError("k"), log)))
    assert log[-1] == "c"


def test_race_ends_before_all_have_begun() -> None:
    host, begun = VirtualHost(), []

    async def at_once() -> str:
        return "now"

    async def never() -> str:
        begun.append(1)
        return "never"

    assert host.run(waits.race(at_once(), never())) == (0, "now")
    assert begun == []


def test_race_of_nothing() -> None:
    with pytest.raises(ValueError, match="race needs a coroutine"):
        VirtualHost().run(waits.race())


def test_ties_go_to_the_first() -> None:
    assert VirtualHost().run(waits.race(sleeper(1, "x"), sleeper(1, "y"))) == (0, "x")


def test_gather_waits_for_all() -> None:
    host = VirtualHost()
    assert host.run(waits.gather(sleeper(3, "c"), sleeper(1, "a"), sleeper(2, "b"))) == ["c", "a", "b"]
    assert host.time == 3.0
    assert host.run(waits.gather()) == []


def test_gather_ends_with_the_first_error() -> None:
    host, log = VirtualHost(), []
    with pytest.raises(OSError, match="broken"):
        host.run(waits.gather(sleeper(5, "slow", log), sleeper(1, OSError("broken"), log)))
    assert host.time == 1.0
    assert log[-1] == "slow"


def test_combinators_nest() -> None:
    """A staggered race, as dialing needs it: the next begins when the one before is late."""

    async def late(delay: float, length: float, name: str) -> tuple[str, float]:
        await waits.until(delay)
        await waits.until(await waits.now() + length)
        return name, await waits.now()

    async def work() -> Any:
        _, got = await waits.race(
            late(0.0, 10.0, "first"),
            waits.race(late(0.25, 1.0, "second"), late(0.5, 0.5, "third")),
        )
        return got, await waits.gather(sleeper(1, "a"), waits.gather(sleeper(2, "b"), sleeper(3, "c")))

    host = VirtualHost()
    (place, (name, at)), rest = host.run(work())
    assert (place, name, at) == (1, "third", 1.0)
    assert rest == ["a", ["b", "c"]]
    assert host.time == 4.0


def drive(host: Host, coroutine: Any) -> Any:
    """Under a real host: at once for threads, awaitable for tasks."""
    if host.is_threads:

        async def at_once() -> Any:
            return thread_host.drive(coroutine)

        return at_once()
    return task_host.drive(coroutine)


def test_the_same_under_every_host(host_name: str) -> None:
    async def body(host: Host) -> None:
        assert await drive(host, waits.gather(sleeper(0.02, "b"), sleeper(0.01, "a"))) == ["b", "a"]
        assert await drive(host, waits.race(sleeper(30, "b"), sleeper(0.01, "a"))) == (1, "a")
        with pytest.raises(KeyError):
            await drive(host, waits.race(sleeper(30), sleeper(0.01, KeyError())))
        async with accepted(host, "tcp", "127.0.0.1:0") as (one, two):
            one._fd.reading.ready = False

            async def read() -> bytes:
                assert not await waits.readable(one._fd, until=await waits.now() + 0.01)
                assert await waits.readable(one._fd)
                return bytes(one._fd.sock.recv(10))

            reading = host.start(drive, host, waits.race(read(), sleeper(30, b"")))
            await host.pause(0.03)
            await two.write(b"hello")
            assert await reading == (0, b"hello")
            assert not one._fd.reading.waiters()

    run(host_name, body)


@pytest.mark.parametrize("make", [Signal, CancelToken])
def test_a_signal_from_another_thread(host_name: str, make: Callable[[], Signal]) -> None:
    async def body(host: Host) -> None:
        signal = make()
        thread = threading.Timer(0.02, signal.set)
        thread.start()

        async def work() -> Any:
            return await waits.wait(signal, until=await waits.now() + 30)

        assert await drive(host, work()) == [signal]
        # And one that is set already.
        assert await drive(host, work()) == [signal]
        thread.join()

    run(host_name, body)


def test_cancelling_closes_the_work(task_host_name: str) -> None:
    async def body(host: Host) -> None:
        log: list[Any] = []
        job = host.start(task_host.drive, waits.gather(sleeper(30, "a", log), sleeper(30, "b", log)))
        await host.pause(0.01)
        job.cancel()
        with pytest.raises(asyncio.CancelledError):
            await job
        assert log == ["a", "b"]

    run(task_host_name, body)


def test_cancel_token() -> None:
    token = CancelToken()
    assert not token.cancelled
    assert "active" in repr(token)
    token.cancel()
    token.cancel()
    assert token.cancelled
    assert "cancelled" in repr(token)
