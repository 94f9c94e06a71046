"""Deadlines: past, present, future, and moved while a call waits."""

from __future__ import annotations

import contextlib
import datetime
import math
import time
from typing import Any

import pytest

import dialnet as net
from tests.conformance.kinds import Kind
from tests.hosts import PATIENCE, Host


async def fill(host: Host, kind: Kind, conn: Any) -> None:
    """Write until writing waits; the deadline ends it.

    Each write has a time of its own, and it takes two in a row: on a busy machine the time of one may be up
    before it was tried.
    """
    late = 0
    while late < 2:
        conn.set_write_deadline(time.monotonic() + 0.05)
        try:
            await conn.write(b"x" * (100_000 if kind.stream else 1000))
            late = 0
        except net.DeadlineExceededError:
            late += 1
    conn.set_write_deadline(None)


async def past(host: Host, kind: Kind, one: Any, two: Any) -> None:
    """One that has passed ends every call at once, even where data is ready; moved, nothing is lost."""
    ready = host.start(two.write, b"ready")
    # Give what was written the time to be there.
    await host.pause(0.01)
    for when in (time.monotonic(), time.monotonic() - 10, 0.0, datetime.timedelta(-1), -math.inf):
        one.set_deadline(when)
        for call in (lambda: one.read(10), lambda: one.readinto(bytearray(4)), lambda: one.write(b"x")):
            with pytest.raises(net.DeadlineExceededError) as caught:
                await call()
            assert caught.value.timeout
            assert isinstance(caught.value, TimeoutError)
            assert str(caught.value).endswith("i/o timeout")
    one.set_deadline(None)
    assert await one.read(10) == b"ready"
    assert await ready == 5
    writing = host.start(one.write, b"x")
    assert await two.read(10) == b"x"
    assert await writing == 1


async def one_direction(host: Host, kind: Kind, one: Any, two: Any) -> None:
    """A read deadline leaves writing alone, and the other way round."""
    one.set_read_deadline(time.monotonic())
    job = host.start(one.write, b"still")
    assert await two.read(10) == b"still"
    assert await job == 5
    with pytest.raises(net.DeadlineExceededError):
        await one.read(1)
    one.set_read_deadline(None)
    one.set_write_deadline(time.monotonic())
    job = host.start(two.write, b"back")
    assert await one.read(10) == b"back"
    await job
    with pytest.raises(net.DeadlineExceededError):
        await one.write(b"no")


async def future(host: Host, kind: Kind, one: Any, two: Any) -> None:
    """A waiting read ends at the deadline, not before, and the connection can be used again."""
    soon = datetime.timedelta(seconds=0.05)
    for when in (
        lambda: time.monotonic() + 0.05,
        lambda: soon,
        lambda: datetime.datetime.now(datetime.UTC) + soon,
    ):
        start = time.monotonic()
        one.set_read_deadline(when())
        with pytest.raises(net.DeadlineExceededError):
            await one.read(10)
        assert 0.02 <= time.monotonic() - start < PATIENCE
    one.set_read_deadline(time.monotonic() + PATIENCE)
    job = host.start(two.write, b"in time")
    assert await one.read(10) == b"in time"
    await job


async def moved_earlier(host: Host, kind: Kind, one: Any, two: Any) -> None:
    """A deadline set or moved nearer while a read waits ends it."""
    for first in (None, time.monotonic() + 1000):
        one.set_read_deadline(first)
        reading = host.start(one.read, 10)
        await host.blocked(one)
        one.set_read_deadline(time.monotonic() + 0.02)
        with pytest.raises(net.DeadlineExceededError):
            await reading
    one.set_deadline(None)
    reading = host.start(one.read, 10)
    await host.blocked(one)
    one.set_deadline(time.monotonic() - 1)
    with pytest.raises(net.DeadlineExceededError):
        await reading


async def moved_later(host: Host, kind: Kind, one: Any, two: Any) -> None:
    """A deadline moved on, or away, while a read waits keeps it waiting."""
    for ahead in (0.1, 1.0, 10.0):
        first = time.monotonic() + ahead
        one.set_read_deadline(first)
        reading = host.start(one.read, 10)
        with contextlib.suppress(AssertionError):
            await host.blocked(one, patience=ahead)
        one.set_read_deadline(time.monotonic() + 1000)
        if time.monotonic() < first:
            break
        # The machine stood still until the deadline was over: once more, with a later one.
        one.set_read_deadline(time.monotonic())
        with pytest.raises(net.DeadlineExceededError):
            await reading
    await host.pause(first - time.monotonic() + 0.05)
    await two.write(b"late")
    assert await reading == b"late"


async def many_waiters(host: Host, kind: Kind, one: Any, two: Any) -> None:
    """It ends all who wait, also those who queue behind another."""
    readings = [host.start(one.read, 10) for _ in range(4)]
    await host.blocked(one, waiters=4)
    one.set_read_deadline(time.monotonic() + 0.05)
    for reading in readings:
        with pytest.raises(net.DeadlineExceededError):
            await reading
    one.set_read_deadline(None)
    job = host.start(two.write, b"x")
    assert await one.read(10) == b"x"
    await job


async def writing(host: Host, kind: Kind, one: Any, two: Any) -> None:
    """A write that waits for the reader ends at its deadline and says how much had gone; the reader gets
    just that, and then what is written next."""
    data = b"x" * (64 << 20)
    one.set_write_deadline(time.monotonic() + 0.1)
    with pytest.raises(net.DeadlineExceededError) as caught:
        await one.write(data)
    sent = caught.value.bytes_written
    assert 0 < sent < len(data) or (sent == 0 and not kind.buffered)
    one.set_write_deadline(None)
    job = host.start(one.write, b"y" * 1000)
    got = bytearray()
    while len(got) < sent + 1000:
        got += await two.read(65536)
    assert await job == 1000
    assert got.count(b"x") == sent
    assert got.endswith(b"y" * 1000)


writing.unfit = lambda kind: not (kind.stream and kind.revives)  # type: ignore[attr-defined]


async def broken_writing(host: Host, kind: Kind, one: Any, two: Any) -> None:
    """As `writing`, where half of something may have gone: the reader gets at least what the error says,
    later writes fail, and reading goes on."""
    below = one
    while hasattr(below, "net_conn"):
        below = below.net_conn
    writing = host.start(one.write, b"x" * (64 << 20))
    await host.blocked(below, "writing")
    one.set_write_deadline(time.monotonic())
    with pytest.raises(net.DeadlineExceededError) as caught:
        await writing
    sent = caught.value.bytes_written
    one.set_write_deadline(None)
    for _ in range(2):
        with pytest.raises(BrokenPipeError) as broken:
            await one.write(b"y")
        assert broken.value.bytes_written == 0
    got = 0
    while got < sent:
        got += len(await two.read(65536))
    job = host.start(two.write, b"the other way")
    assert await one.read(100) == b"the other way"
    await job


broken_writing.unfit = lambda kind: kind.revives  # type: ignore[attr-defined]


async def to_the_end(host: Host, kind: Kind, one: Any, two: Any) -> None:
    """What a read to the end had collected when its deadline came is there for the next read."""
    reading = host.start(one.read)
    await two.write(b"collected")
    one.set_read_deadline(time.monotonic() + 0.05)
    with pytest.raises(net.DeadlineExceededError):
        await reading
    one.set_read_deadline(None)
    assert await one.read(3) == b"col"
    buffer = bytearray(4)
    assert await one.readinto(buffer) == 4
    assert buffer == b"lect"
    assert await one.read(2) == b"ed"
    ending = host.start(one.read)
    await two.write(b", and more")
    two.close()
    assert await ending == b", and more"


to_the_end.unfit = lambda kind: not kind.stream  # type: ignore[attr-defined]


async def fluctuating(host: Host, kind: Kind, one: Any, two: Any) -> None:
    """A deadline set before each read, and met."""
    for i in range(50):
        one.set_deadline(time.monotonic() + PATIENCE + i % 3)
        two.set_deadline(time.monotonic() + PATIENCE - i % 3)
        writing = host.start(one.write, b"%d" % i)
        assert await two.read(10) == b"%d" % i
        await writing
    one.set_read_deadline(time.monotonic() + 0.03)
    with pytest.raises(net.DeadlineExceededError):
        await one.read(1)


async def unusable(host: Host, kind: Kind, one: Any, two: Any) -> None:
    """What names no instant is refused, and the deadline stays what it was."""
    one.set_deadline(time.monotonic() - 1)
    for wrong in (time.time(), time.time() + 60, math.nan, datetime.datetime.now()):
        with pytest.raises(ValueError, match=r"clock|NaN|time zone"):
            one.set_deadline(wrong)
    with pytest.raises(net.DeadlineExceededError):
        await one.read(1)
    one.set_deadline(math.inf)
    job = host.start(two.write, b"x")
    assert await one.read(1) == b"x"
    await job


CHECKS = [
    past,
    one_direction,
    future,
    moved_earlier,
    moved_later,
    many_waiters,
    writing,
    broken_writing,
    to_the_end,
    fluctuating,
    unusable,
]
