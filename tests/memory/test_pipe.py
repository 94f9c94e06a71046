"""`pipe`: the rules of Go's net.Pipe, and where Python's differ. What holds for every connection is in
`tests/conformance`."""

from __future__ import annotations

import copy
import gc
import io
import pickle
import time
import warnings
from typing import Any

import pytest

import dialnet as net
from dialnet.inmemory.half import Offer
from dialnet.inmemory.pipe import pipe_halves
from tests import hosts


def run(host_name: str, body: Any) -> None:
    """The body gets both ends."""

    async def with_pipe(host: hosts.Host) -> None:
        one, two = host.pipe()
        try:
            await body(host, one, two)
        finally:
            one.close()
            two.close()

    hosts.run(host_name, with_pipe)


def test_a_write_returns_when_it_was_read(host_name: str) -> None:
    async def body(host: hosts.Host, one: Any, two: Any) -> None:
        writing = host.start(one.write, b"abcdef")
        await host.blocked(one, "writing")
        assert await two.read(2) == b"ab"
        assert await two.read(3) == b"cde"
        await host.pause(0.02)
        assert not writing.done(), "a byte is left"
        assert await two.read(100) == b"f"
        assert await writing == 6

    run(host_name, body)


def test_a_read_gets_no_more_than_one_write(host_name: str) -> None:
    async def body(host: hosts.Host, one: Any, two: Any) -> None:
        first = host.start(one.write, b"first")
        await host.blocked(one, "writing")
        second = host.start(one.write, b"second")
        await host.blocked(one, "writing", waiters=2)
        assert await two.read(100) == b"first"
        assert await two.read(100) == b"second"
        assert (await first, await second) == (5, 6)

    run(host_name, body)


def test_writers_take_turns_whole(host_name: str) -> None:
    async def body(host: hosts.Host, one: Any, two: Any) -> None:
        jobs = [host.start(one.write, bytes([letter]) * 100) for letter in b"abcdefgh"]
        await host.blocked(one, "writing", waiters=8)
        for _ in jobs:
            data = b""
            while len(data) < 100:
                data += await two.read(7 if len(data) < 98 else 100 - len(data))
            assert data == data[:1] * 100
        assert [await job for job in jobs] == [100] * 8

    run(host_name, body)


def test_readers_take_turns(host_name: str) -> None:
    async def body(host: hosts.Host, one: Any, two: Any) -> None:
        jobs = [host.start(two.read, 2) for _ in range(3)]
        await host.blocked(two, waiters=3)
        assert await one.write(b"abcdef") == 6
        assert sorted([await job for job in jobs]) == [b"ab", b"cd", b"ef"]

    run(host_name, body)


def test_a_write_of_nothing_waits_for_a_reader_that_goes_on(host_name: str) -> None:
    """For `b""` is the end of the stream."""

    async def body(host: hosts.Host, one: Any, two: Any) -> None:
        for call, argument in ((one.write, b""), (one.writelines, [b"", b""])):
            writing = host.start(call, argument)
            await host.blocked(one, "writing")
            assert not writing.done()
            reading = host.start(two.read, 10)
            assert await writing == 0
            await host.blocked(two)
            assert not reading.done()
            # The other order: here the reader is there first.
            assert await call(argument) == 0
            assert await one.write(b"data") == 4
            assert await reading == b"data"

    run(host_name, body)


def test_read_of_nothing_leaves_writes_alone(host_name: str) -> None:
    async def body(host: hosts.Host, one: Any, two: Any) -> None:
        writing = host.start(one.write, b"")
        await host.blocked(one, "writing")
        assert await two.read(0) == b""
        assert await two.readinto(bytearray()) == 0
        assert not writing.done()
        two.close()
        with pytest.raises(net.ClosedPipeError):
            await writing

    run(host_name, body)


def test_the_last_moment(host_name: str) -> None:
    """A deadline takes the rest of a write back, and says how much had gone."""

    async def body(host: hosts.Host, one: Any, two: Any) -> None:
        writing = host.start(one.write, b"abcdef")
        assert await two.read(2) == b"ab"
        one.set_write_deadline(time.monotonic() - 1)
        with pytest.raises(net.DeadlineExceededError) as caught:
            await writing
        assert caught.value.bytes_written == 2
        assert str(caught.value) == "write pipe: i/o timeout"
        two.set_read_deadline(time.monotonic() + 0.02)
        with pytest.raises(net.DeadlineExceededError) as caught:
            await two.read(10)
        assert str(caught.value) == "read pipe: i/o timeout"
        # The deadline of one who queues lets the one before go on.
        for end in (one, two):
            end.set_deadline(None)
        first = host.start(one.write, b"first")
        await host.blocked(one, "writing")
        one.set_write_deadline(time.monotonic() + 1000)
        assert await two.read(10) == b"first"
        assert await first == 5

    run(host_name, body)


def test_deadlines_of_many_writers(host_name: str) -> None:
    async def body(host: hosts.Host, one: Any, two: Any) -> None:
        jobs = [host.start(one.writelines, [b"lost"]) for _ in range(4)]
        await host.blocked(one, "writing", waiters=4)
        one.set_write_deadline(time.monotonic() + 0.02)
        for job in jobs:
            with pytest.raises(net.DeadlineExceededError) as caught:
                await job
            assert (caught.value.op, caught.value.bytes_written) == ("writev", 0)
        one.set_write_deadline(None)
        writing = host.start(one.write, b"kept")
        assert await two.read(100) == b"kept"
        await writing

    run(host_name, body)


def test_a_cancelled_write_takes_its_rest_back(task_host_name: str) -> None:
    async def body(host: hosts.Host, one: Any, two: Any) -> None:
        writing = host.start(one.write, b"abcdef")
        await host.blocked(one, "writing")
        behind = host.start(one.write, b"behind")
        await host.blocked(one, "writing", waiters=2)
        assert await two.read(2) == b"ab"
        writing.cancel()
        await host.until(writing.done)
        assert await two.read(100) == b"behind"
        assert await behind == 6
        assert not one._fd.writing.waiters()

    run(task_host_name, body)


def test_a_cancelled_read_takes_nothing(task_host_name: str) -> None:
    async def body(host: hosts.Host, one: Any, two: Any) -> None:
        reading, behind = (host.start(two.read, 10) for _ in range(2))
        await host.blocked(two, waiters=2)
        reading.cancel()
        await host.until(reading.done)
        writing = host.start(one.write, b"data")
        assert await behind == b"data"
        await writing

    run(task_host_name, body)


def test_taken_in_the_last_moment(task_host_name: str) -> None:
    """All of it was read before the deadline, or the close, came: the write has done what it should."""

    async def body(host: hosts.Host, one: Any, two: Any) -> None:
        for end in (lambda: one.set_write_deadline(0.0), two.close):
            one.set_write_deadline(None)
            writing = host.start(one.write, b"data")
            await host.blocked(one, "writing")
            assert await two.read(10) == b"data"
            end()
            assert await writing == 4

    run(task_host_name, body)


class _Waiter:
    woken = 0

    def wake(self) -> None:
        self.woken += 1


def test_the_next_write_learns_that_one_was_given_up() -> None:
    """It may have had the turn before the rest was taken back."""
    one, _ = pipe_halves()
    line, waiter = one.outbound, _Waiter()
    first, second = Offer(memoryview(b"first")), Offer(memoryview(b"second"))
    with line.writing.lock:
        assert line.put(first) is None
        line.writing.enter(waiter)
        assert line.put(second) is None
    line.withdraw(first)
    assert waiter.woken == 1
    assert line.put(second) is None
    assert line.take(10) == b"second"
    line.withdraw(first)
    line.writing.guard.ring()
    assert waiter.woken == 2, "once for the offer that was taken, and not for one that was not there"


def test_close_here(host_name: str) -> None:
    async def body(host: hosts.Host, one: Any, two: Any) -> None:
        jobs = [host.start(one.read, 1), host.start(one.write, b"x"), host.start(one.write, b"y")]
        await host.blocked(one)
        await host.blocked(one, "writing", waiters=2)
        one.close()
        one.close()
        for job, op in zip(jobs, ("read", "write", "write")):
            with pytest.raises(net.ClosedPipeError) as caught:
                await job
            assert str(caught.value) == f"{op} pipe: io: read/write on closed pipe"
            assert isinstance(caught.value, net.ClosedError)
            assert isinstance(caught.value, BrokenPipeError)
            assert isinstance(caught.value, net.OpError)

    run(host_name, body)


def test_close_there(host_name: str) -> None:
    """Reads end, everything else fails; also what waits."""

    async def body(host: hosts.Host, one: Any, two: Any) -> None:
        reading = [host.start(one.read, 1) for _ in range(2)]
        writing = [host.start(one.write, b"x" * n) for n in (0, 2)]
        await host.blocked(one, waiters=2)
        await host.blocked(one, "writing", waiters=2)
        two.close()
        assert [await job for job in reading] == [b"", b""]
        for job in writing:
            with pytest.raises(net.ClosedPipeError):
                await job
        assert await one.read() == b""
        for call in (lambda: one.write(b"x"), lambda: one.write(b""), lambda: one.writelines([])):
            with pytest.raises(net.ClosedPipeError):
                await call()
        for move in (one.set_deadline, one.set_read_deadline, one.set_write_deadline):
            with pytest.raises(net.ClosedPipeError) as caught:
                move(None)
            assert caught.value.op == "set"
        assert not one.closed

    run(host_name, body)


def test_a_write_half_read_when_the_reader_closes(host_name: str) -> None:
    async def body(host: hosts.Host, one: Any, two: Any) -> None:
        writing = host.start(one.write, b"abcdef")
        assert await two.read(4) == b"abcd"
        two.close()
        with pytest.raises(net.ClosedPipeError) as caught:
            await writing
        assert caught.value.bytes_written == 4

    run(host_name, body)


def test_the_end_comes_before_the_deadline(host_name: str) -> None:
    async def body(host: hosts.Host, one: Any, two: Any) -> None:
        one.set_deadline(time.monotonic() - 1)
        with pytest.raises(net.DeadlineExceededError):
            await one.read(1)
        two.close()
        assert await one.read(1) == b""
        with pytest.raises(net.ClosedPipeError):
            await one.write(b"x")

    run(host_name, body)


def test_what_was_read_in_vain_is_there_after_the_end(host_name: str) -> None:
    async def body(host: hosts.Host, one: Any, two: Any) -> None:
        reading = host.start(two.read)
        assert await one.write(b"collected") == 9
        two.set_read_deadline(time.monotonic() + 0.02)
        with pytest.raises(net.DeadlineExceededError):
            await reading
        one.close()
        assert await two.read(3) == b"col"
        assert await two.read() == b"lected"

    run(host_name, body)


def test_both_directions_at_once(host_name: str) -> None:
    async def body(host: hosts.Host, one: Any, two: Any) -> None:
        jobs = [host.start(one.write, b"to two"), host.start(two.write, b"to one")]
        for end in (one, two):
            await host.blocked(end, "writing")
        assert await one.read(10) == b"to one"
        assert await two.read(10) == b"to two"
        assert [await job for job in jobs] == [6, 6]

    run(host_name, body)


def test_addresses() -> None:
    one, two = net.pipe()
    with one, two:
        addr = one.local_addr
        assert (addr.network, str(addr), repr(addr)) == ("pipe", "pipe", "PipeAddr()")
        assert {one.local_addr, one.remote_addr, two.local_addr, two.remote_addr} == {addr}
        assert pickle.loads(pickle.dumps(addr)) == copy.copy(addr) == addr
        assert repr(one) == "<PipeConn pipe pipe->pipe>"
        assert addr != net.UnixAddr("pipe")
        with pytest.raises(ValueError, match="no descriptor"):
            one.fileno()


def test_a_forgotten_end_is_closed_without_a_word(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        ends = list(host.pipe())
        reading = host.start(ends[0].read, 1)
        await host.blocked(ends[0])
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            del ends[1]
            gc.collect()
        assert await reading == b""
        ends[0].close()

    hosts.run(host_name, body)


def test_as_a_file() -> None:
    """`makefile`, and what of `io` reads raw files."""
    one, two = net.pipe()
    with one, two:
        reader = io.BufferedReader(two)
        job = hosts._ThreadJob(_written(one))
        assert reader.readline() == b"first\n"
        assert reader.read() == b"second\nthird\n"
        hosts._drive(job)


async def _written(conn: Any) -> None:
    with conn.makefile("w", encoding="utf-8") as file:
        file.write("first\nsecond\n")
    conn.write(b"third\n")
    conn.close()


def test_buffered_reader(task_host_name: str) -> None:
    async def body(host: hosts.Host, one: Any, two: Any) -> None:
        writing = host.start(one.write, b"line\nrest")
        reader = host.net.BufferedReader(two)
        assert await reader.readline() == b"line\n"
        assert await reader.readexactly(4) == b"rest"
        await writing

    run(task_host_name, body)


def test_copied_through(host_name: str) -> None:
    """`copy` from one pipe into another: it has nothing to splice."""

    async def body(host: hosts.Host, one: Any, two: Any) -> None:
        there, out = host.pipe()
        data = bytes(range(256)) * 2000

        async def copy_all() -> int:
            copied = host.net.copy(getattr(there, "seen", there), getattr(two, "seen", two))
            copied = copied if isinstance(copied, int) else await copied
            there.close()
            return copied

        async def write() -> None:
            await one.write(data)
            one.close()

        jobs = [host.start(copy_all), host.start(write)]
        assert await out.read() == data
        assert await jobs[0] == len(data)
        await jobs[1]
        out.close()

    run(host_name, body)


def test_many_calls_without_waiting_let_others_run(task_host_name: str) -> None:
    """Reading what has come does not wait; a task that only does that gives way."""

    async def body(host: hosts.Host, one: Any, two: Any) -> None:
        two._unread(b"x" * 10_000)
        others: list[int] = []

        async def other() -> None:
            while len(others) < 10:
                others.append(1)
                await host.pause(0)

        job = host.start(other)
        for _ in range(10_000):
            await two.read(1)
        assert len(others) == 10
        await job

    run(task_host_name, body)
