"""In which order one reads, writes and takes turns, written once for both faces: what is awaited, and the
handshake.

The steps are coroutines that await three things, and a face does them in its own manner: `more(n)`, what the
connection below has to read, up to so much (nothing is its end); `send(data)`, a write to it of all of it;
`turn(side)`, a place in a queue until it is one's turn. What fails below is raised in here. Nothing else is
ever awaited.
"""

from __future__ import annotations

import errno
import types
from collections.abc import Generator

from ..errors import DeadlineExceededError, OpError
from ..poll.turns import MemorySide
from .link import HOLDER, Link, cause_of, take_at_once

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Request = bytes | memoryview | MemorySide | int

__all__ = ["drain", "handshake", "interrupted", "more", "send", "turn"]


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
    if not take_at_once(reading):
        await turn(reading)
    try:
        if not take_at_once(writing):
            await turn(writing)
        try:
            while not engine.ready:
                with lock:
                    if reading.closed or reading.deadline is not None:
                        reading.check()
                    if link.ended or link.spoilt or writing.closed or writing.deadline is not None:
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
            link.let_go()
    finally:
        reading.leave(HOLDER)


async def _send(link: Link, data: bytes) -> None:
    """Send what is none of the user's data: what has not gone is kept and goes first, another time."""
    sent = 0
    try:
        sent = link.try_send(data)
        if sent < len(data):
            await send(memoryview(data)[sent:] if sent else data)
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


def interrupted(err: BaseException) -> OSError:
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
