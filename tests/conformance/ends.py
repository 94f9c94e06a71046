"""How connections end: closed here, closed there, half closed."""

from __future__ import annotations

import time
from typing import Any

import pytest

import dialnet as net
from tests.conformance.deadlines import fill
from tests.conformance.kinds import Kind
from tests.hosts import Host


async def close_wakes_readers(host: Host, kind: Kind, one: Any, two: Any) -> None:
    """Close ends every read that waits, with the right error."""
    readings = [host.start(one.read, 10) for _ in range(3)]
    await host.blocked(one, waiters=3)
    one.close()
    for reading in readings:
        with pytest.raises(net.ClosedError) as caught:
            await reading
        assert caught.value.op == "read"
        assert str(caught.value).endswith(kind.closed_text)
        assert not caught.value.timeout
        assert not caught.value.temporary


async def close_wakes_writers(host: Host, kind: Kind, one: Any, two: Any) -> None:
    """Close ends every write that waits."""
    if kind.revives:
        await fill(host, kind, one)
    data = b"x" * ((64 << 20) if kind.stream else 1000)
    writings = [host.start(one.write, data) for _ in range(3)]
    await host.blocked(one, "writing", waiters=3)
    one.close()
    for writing in writings:
        with pytest.raises(net.ClosedError) as caught:
            await writing
        assert caught.value.op == "write"


close_wakes_writers.unfit = lambda kind: not kind.reliable  # type: ignore[attr-defined]


async def closed(host: Host, kind: Kind, one: Any, two: Any) -> None:
    """After close every call fails alike; closing again does nothing."""
    assert one.closed is False
    one.close()
    one.close()
    assert one.closed is True
    if kind.socket:
        assert one.fileno() == -1
    for call in (
        lambda: one.read(1),
        lambda: one.read(),
        lambda: one.readinto(bytearray(1)),
        lambda: one.write(b"x"),
        lambda: one.writelines([b"x"]),
    ):
        with pytest.raises(net.ClosedError):
            await call()
    later = time.monotonic() + 1
    acts = [
        lambda: one.set_deadline(later),
        lambda: one.set_read_deadline(None),
        lambda: one.set_write_deadline(later),
    ]
    if kind.buffered and kind.sized:
        acts += [lambda: one.set_read_buffer(1000), lambda: one.set_write_buffer(1000)]
    if kind.socket:
        acts += [one.file]
    for act in acts:
        with pytest.raises(net.ClosedError) as caught:
            act()
        assert caught.value.op in ("set", "file")
        assert caught.value.addr == one.local_addr
    assert "closed" in repr(one)


async def context(host: Host, kind: Kind, one: Any, two: Any) -> None:
    """Leaving the context closes it, whatever was raised inside."""
    with pytest.raises(KeyError):
        async with one as inside:
            assert inside is one
            raise KeyError
    assert one.closed


async def end_of_stream(host: Host, kind: Kind, one: Any, two: Any) -> None:
    """The peer's close is read as the end, after what it had sent, and stays it; then writing fails."""
    writing = host.start(two.write, b"last")
    if kind.buffered:
        await writing
        two.close()
    assert await one.read(100) == b"last"
    await writing
    two.close()
    for _ in range(3):
        assert await one.read(100) == b""
        assert await one.readinto(bytearray(10)) == 0
        assert await one.read() == b""
    with pytest.raises((BrokenPipeError, ConnectionResetError)) as caught:
        for _ in range(1000):
            await one.write(b"x")
            await host.pause(0.001)
    assert caught.value.op == "write"


end_of_stream.unfit = lambda kind: not kind.ends  # type: ignore[attr-defined]


async def end_while_waiting(host: Host, kind: Kind, one: Any, two: Any) -> None:
    """A read that waits sees the peer's end, also when data and the end come together."""
    reading = host.start(one.read, 10)
    await host.blocked(one)
    await two.write(b"x")
    two.close()
    assert await reading == b"x"
    assert await one.read(10) == b""


end_while_waiting.unfit = lambda kind: not kind.ends  # type: ignore[attr-defined]


async def read_to_the_end(host: Host, kind: Kind, one: Any, two: Any) -> None:
    """`read()` collects all there is until the peer ends."""
    reading = host.start(one.read)
    for piece in (b"one ", b"two ", b"three"):
        await two.write(piece)
        await host.pause(0.005)
    two.close()
    assert await reading == b"one two three"


read_to_the_end.unfit = lambda kind: not kind.ends  # type: ignore[attr-defined]


async def half_close(host: Host, kind: Kind, one: Any, two: Any) -> None:
    """Ended one way, a connection goes on the other way."""
    await one.write(b"question")
    one.close_write()
    assert await two.read() == b"question"
    await two.write(b"answer")
    two.close_write()
    assert await one.read() == b"answer"
    with pytest.raises(BrokenPipeError):
        await one.write(b"more")


half_close.unfit = lambda kind: not kind.half_close  # type: ignore[attr-defined]


async def close_read(host: Host, kind: Kind, one: Any, two: Any) -> None:
    """Reading can be ended here: a read that waits, and every later one, sees the end."""
    reading = host.start(one.read, 10)
    await host.blocked(one)
    one.close_read()
    assert await reading == b""
    assert await one.read(10) == b""
    await one.write(b"still writing")
    assert await two.read(100) == b"still writing"


close_read.unfit = lambda kind: not (kind.half_close and kind.close_read)  # type: ignore[attr-defined]


async def forgotten(host: Host, kind: Kind, one: Any, two: Any) -> None:
    """A duplicate lives on when the connection is closed, and the other way round."""
    with one.file() as duplicate:
        assert duplicate.fileno() != one.fileno()
        duplicate.close()
        await one.write(b"alive")
        assert await two.read(10) == b"alive"
    duplicate = one.file()
    one.close()
    duplicate.send(b"too")
    assert await two.read(10) == b"too"
    duplicate.close()


forgotten.unfit = lambda kind: not kind.socket  # type: ignore[attr-defined]


CHECKS = [
    close_wakes_readers,
    close_wakes_writers,
    closed,
    context,
    end_of_stream,
    end_while_waiting,
    read_to_the_end,
    half_close,
    close_read,
    forgotten,
]
