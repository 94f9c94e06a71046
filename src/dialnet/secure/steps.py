"""In which order one reads, writes and takes turns: handshakes, reads and writes, written once for both
faces.

These are coroutines that await three things, and a face does them in its own manner: `more()`, what the
connection below has to read (nothing is its end); `send(data)`, a write to it of all of `data`; `turn(side)`,
a place in a queue until it is one's turn. What fails below is raised in here. Nothing else is ever awaited.
"""

from __future__ import annotations

import errno
import types
from collections.abc import Callable, Generator

from ..errors import DeadlineExceededError, OpError
from ..poll.turns import MemorySide
from .engine import RECORD
from .link import HOLDER, Link, cause_of, take_at_once

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeVar

    T = TypeVar("T")
    Request = bytes | MemorySide | None

__all__ = ["drain", "handshake", "read_on", "write"]

# How much is encrypted at a time: some records, which one system call can take and a cache can hold.
PIECE = 8 * RECORD
# What a write lets come in while it waits for the end of a renegotiation and nobody reads.
_MOST_HELD = 1 << 20


@types.coroutine
def more() -> Generator[Request, Any, bytes]:
    return (yield None)  # type: ignore[no-any-return]


@types.coroutine
def send(data: bytes) -> Generator[Request, Any, None]:
    yield data


@types.coroutine
def turn(side: MemorySide) -> Generator[Request, Any, None]:
    yield side


async def handshake(link: Link) -> None:
    """Complete it. Nothing is lost where it is cut short: the next call goes on with it."""
    engine = link.engine
    await turn(link.reading)
    try:
        await turn(link.writing)
        try:
            while not engine.ready:
                with link.guard.lock:
                    link.reading.check()
                    link.check_writing()
                    if engine.shake():
                        if link.sessions is not None:
                            link.remember()
                        # What is left to be sent goes when the turn is let go, without being waited for: a
                        # server's tickets may have no reader for a long time, and a pipe no buffer.
                        return
                    data = engine.take()
                if data:
                    await _send(link, data)
                data = await more()
                with link.guard.lock:
                    engine.feed(data)
        finally:
            link.let_go()
    finally:
        link.reading.leave(HOLDER)


async def _send(link: Link, data: bytes) -> None:
    """Send what is none of the user's data: what has not gone is kept and goes first, another time."""
    try:
        await send(data)
    except DeadlineExceededError as err:
        if not isinstance(err, OpError):
            link.spoil(err)
            raise
        with link.guard.lock:
            link.engine.put_back(data[err.bytes_written :])
        raise
    except OSError as err:
        link.spoil(cause_of(err))
        raise
    except BaseException as err:
        link.spoil(_interrupted(err))
        raise


def _interrupted(err: BaseException) -> OSError:
    """Nobody knows how much has gone."""
    return InterruptedError(errno.EINTR, f"interrupted by {type(err).__name__}")


async def drain(link: Link) -> None:
    """Send what is pending. The writing turn is `FLUSHER`'s, and is given up."""
    try:
        while True:
            with link.guard.lock:
                data = link.engine.take()
            if not data:
                return
            await _send(link, data)
    except OSError:
        pass  # It is for the next write to say: the link remembers.
    finally:
        link.drained()


async def read_on(link: Link, call: Callable[[Any], T | None], argument: Any) -> T:
    """What `call(argument)`, one of the engine's, gives, once enough has come."""
    engine, side, lock = link.engine, link.reading, link.guard.lock
    while True:
        if not take_at_once(side):
            await turn(side)
        try:
            while True:
                # Not what this call has tried itself: whoever had the turn before may have left something.
                if not engine.dry:
                    with lock:
                        if side.closed or side.deadline is not None:
                            side.check()
                        result = call(argument)
                        if link.sessions is not None:
                            link.remember()
                    if engine.pending:
                        link.flush()
                    if result is not None:
                        return result
                if link.urgent:
                    break
                data = await more()
                with lock:
                    engine.feed(data)
        finally:
            side.leave(HOLDER)
        # A write waits for what has just come, and queues for the turn in order to see it.


async def write(link: Link, data: memoryview) -> int:
    """Write all of it; an error's `bytes_written` says of how much whole records have gone."""
    engine, side, lock = link.engine, link.writing, link.guard.lock
    done, size = 0, len(data)
    if not take_at_once(side):
        await turn(side)
    try:
        with lock:
            link.check_writing()
        while done < size:
            piece = data if size <= PIECE else data[done : done + PIECE]
            with lock:
                if side.closed or side.deadline is not None:
                    side.check()
                fed, before = engine.fed, engine.pending
                taken = engine.encrypt(piece)
                sealed = engine.take()
            if sealed:
                try:
                    await send(sealed)
                except OSError as err:
                    cause = cause_of(err)
                    link.spoil(cause)
                    gone = getattr(err, "bytes_written", 0) - before
                    done += _whole_records(gone, len(sealed) - before, taken)
                    raise cause from None
                except BaseException as err:
                    link.spoil(_interrupted(err))
                    raise
            done += taken
            if not taken:
                await _go_on(link, fed)
        return done
    except OSError as err:
        err.bytes_written = done  # type: ignore[attr-defined]
        raise
    finally:
        link.let_go()


def _whole_records(gone: int, sealed: int, plain: int) -> int:
    """How much of `plain` bytes, sealed in so many, is in records of which all has gone."""
    if gone >= sealed:
        return plain
    records = -(-plain // RECORD)
    each = RECORD + (sealed - plain) // max(1, records)
    return min(plain, max(0, gone) // each * RECORD)


async def _go_on(link: Link, fed: int) -> None:
    """The peer renegotiates (TLS 1.2), and nothing can be written before it has said its part: have it read,
    by whoever reads, or here. `engine.fed` was `fed` when writing was tried."""
    engine = link.engine
    try:
        with link.guard.lock:
            # In this order, as a reader has it fed and then looks whether it is urgent: one sees the other.
            link.urgent = True
            if engine.fed != fed:
                return
        await turn(link.reading)
        try:
            if engine.fed != fed:
                return
            if len(engine.held) > _MOST_HELD:
                raise OSError(errno.ENOBUFS, "the peer renegotiates and sends much else meanwhile")
            data = await more()
            with link.guard.lock:
                engine.feed(data)
                engine.read_ahead()
        finally:
            link.reading.leave(HOLDER)
    finally:
        link.urgent = False
