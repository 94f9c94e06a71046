"""In which order one reads, writes and takes turns, written once for both faces: what is awaited, and the
handshake.

The steps are coroutines that await three things, and a face does them in its own manner: `more(n)`, what the
connection below has to read, up to so much (nothing is its end); `send(data)`, a write to it of all of it;
`turn(side)`, a place in a queue until it is one's turn. What fails below is raised in here. Nothing else is
ever awaited.
"""

from __future__ import annotations

import types
from collections.abc import Generator

from ..errors import DeadlineExceededError, OpError
from ..poll.turns import MemorySide
from .link import HOLDER, Link, cause_of, interrupted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Request = bytes | memoryview | MemorySide | int

__all__ = ["drain", "handshake", "more", "send", "turn"]


@types.coroutine
def more(n: int) -> Generator[Request, Any, bytes]:
    return (yield n)  # type: ignore[no-any-return]


@types.coroutine
def send(data: bytes | memoryview) -> Generator[Request, Any, None]:
    yield data


@types.coroutine
def turn(side: MemorySide) -> Generator[Request, Any, None]:
    yield side


async def handshake(link: Link) -> None:
    """Complete it. Nothing is lost where it is cut short: the next call goes on with it."""
    engine, waiting, lock = link.engine, link.waiting_read, link.guard.lock
    reading, writing = link.reading, link.writing
    reads = writes = False
    try:
        # Each is ours and known to be in one step: a signal handler may raise between any two.
        with lock:
            if reading.turn is None:
                reading.turn = HOLDER
                reads = True
                if writing.turn is None:
                    writing.turn = HOLDER
                    writes = True
        if not reads:
            await turn(reading)
            reads = True
        if not writes:
            await turn(writing)
            writes = True
        while not engine.ready:
            with lock:
                if reading.closed or reading.deadline is not None:
                    reading.check()
                if (
                    link.ended
                    or link.spoilt
                    or engine.abroad
                    or writing.closed
                    or writing.deadline is not None
                ):
                    link.check_writing()
                # A server has nothing to say before the client has.
                if (engine.fed or not engine.server_side) and engine.shake():
                    if link.sessions is not None:
                        link.remember()
                    # What is left to be sent goes when the turn is let go, without being waited for: a
                    # server's tickets may have no reader for a long time, and a pipe no buffer.
                    return
                data = engine.take()
            if data:
                await _send(link, data)
            data = await more(engine.appetite) if waiting is None else waiting(engine.appetite)
            with lock:
                engine.feed(data)
    finally:
        try:
            if writes:
                link.let_go()
        finally:
            if reads:
                reading.leave(HOLDER)


async def _send(link: Link, data: bytes) -> None:
    """Send what is none of the user's data: what has not gone is kept and goes first, another time."""
    sent = 0
    try:
        sent = link.try_send(data)
        if sent < len(data):
            await send(memoryview(data)[sent:] if sent else data)
        link.engine.abroad = False
    except DeadlineExceededError as err:
        if not isinstance(err, OpError):
            link.spoil(err)
            raise
        with link.guard.lock:
            link.engine.put_back(data[sent + err.bytes_written :])
        raise
    except OSError as err:
        link.spoil(cause_of(err))
        raise
    except BaseException as err:
        link.spoil(interrupted(err))
        raise


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
