"""In which order one reads, writes and takes turns, written once for both faces: what is awaited, and the
handshake.

The steps are coroutines that await three things, and a face does them in its own manner: `more(n)`, what the
connection below has to read, up to so much (nothing is its end); `send(data)`, a write to it of all of it;
`turn(side)`, a place in a queue until it is one's turn. What fails below is raised in here. Nothing else is
ever awaited.
"""

from __future__ import annotations

import types
from collections.abc import Coroutine, Generator

from ..errors import DeadlineExceededError, OpError
from ..poll.turns import MemorySide
from .errors import bare
from .link import FLUSHER, HOLDER, Claim, Link, cause_of, interrupted
from .visit import Visit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Request = bytes | memoryview | Claim | int

__all__ = ["drain", "handshake", "more", "send", "turn", "writing_turn"]


@types.coroutine
def more(n: int) -> Generator[Request, Any, bytes]:
    return (yield n)  # type: ignore[no-any-return]


@types.coroutine
def send(data: bytes | memoryview) -> Generator[Request, Any, None]:
    yield data


@types.coroutine
def turn(side: MemorySide, waits_at: Any = None) -> Generator[Request, Any, None]:
    claim = Claim(side, waits_at)
    try:
        yield claim
    except BaseException:
        side.leave(claim)
        raise
    # No signal handler comes between this and what the caller notes of it.
    side.turn = HOLDER


async def writing_turn(link: Link, waits_at: Any = None) -> None:
    """Where it has come to one that does not want it any more, what others left to it is done here."""
    try:
        await turn(link.writing, waits_at)
    except BaseException:
        link.flush()
        raise


def handshake(link: Link) -> Coroutine[Any, Any, None] | None:
    """Complete it; the steps to it, where that is not done at once. Nothing is lost where it is cut short:
    the next call goes on with it.

    A thread over a socket makes all of it in here, which costs a quarter less of what Python costs besides
    OpenSSL than to suspend it and to go on.
    """
    waiting = link.waiting_read
    if waiting is None or not link.direct:
        return _handshake(link)
    engine, lock = link.engine, link.guard.lock
    reading, writing = link.reading, link.writing
    mine = stuck = False
    try:
        with lock:
            if engine.ready:
                return None
            if reading.turn is not None or writing.turn is not None:
                return _handshake(link)
            # One after the other without a place for a signal handler between them.
            reading.turn = writing.turn = HOLDER
            mine = True
        while True:
            with lock:
                over = _go_on(link)
                data = engine.take()
            if data:
                try:
                    sent = link.try_send(data)
                    if sent == len(data):
                        engine.abroad = False
                    else:
                        engine.put_back(data[sent:])
                        stuck = not over
                except OSError as err:
                    link.spoil(cause_of(err))
            if over:
                link.settle()
                with lock:
                    if not (reading.queue or writing.queue or link.ended or engine.pending):
                        reading.turn = writing.turn = None
                        mine = False
                return None
            if link.spoilt is not None:
                raise bare(link.spoilt)
            if stuck:
                # The system has no room for it, which has to be waited for.
                return _handshake(link)
            data = waiting(engine.appetite)
            with lock:
                engine.feed(data)
    finally:
        # In here, for a signal handler may raise where a function begins. What is left to be sent goes now,
        # but is not waited for: a server's tickets may have no reader for a long time.
        if mine:
            try:
                if stuck:
                    writing.leave(HOLDER)
                else:
                    link.let_go()
            finally:
                reading.leave(HOLDER)


def _go_on(link: Link) -> bool | None:
    """Whether the handshake is over. With the lock held."""
    engine, reading, writing = link.engine, link.reading, link.writing
    if reading.closed or reading.deadline is not None:
        reading.check()
    if link.ended or link.spoilt or engine.abroad or writing.closed or writing.deadline is not None:
        link.check_writing()
    # A server has nothing to say before the client has.
    if (engine.fed or not engine.server_side) and engine.shake():
        if link.sessions is not None:
            link.remember()
        return True
    return None


async def _handshake(link: Link) -> None:
    """`handshake` from where it could not go on at once."""
    engine, waiting, lock = link.engine, link.waiting_read, link.guard.lock
    reading, writing = link.reading, link.writing
    reads = writes = False
    try:
        # Each is ours and known to be in one step: a signal handler may raise between any two.
        with lock:
            if engine.ready:
                return
            if reading.turn is None:
                reading.turn = HOLDER
                reads = True
                if writing.turn is None:
                    writing.turn = HOLDER
                    writes = True
        if not reads:
            await turn(reading, Visit(reading, reading, writing))
            reads = True
        # Whoever had it may be writing by now, as long as the peer likes, which a reader does not wait for.
        if not (writes or engine.ready):
            await writing_turn(link, Visit(writing, reading, writing))
            writes = True
        while not engine.ready:
            with lock:
                over = _go_on(link)
                data = b"" if over else engine.take()
            if over:
                link.settle()
                return
            if data:
                await _send(link, data)
            data = await more(engine.appetite) if waiting is None else waiting(engine.appetite)
            with lock:
                engine.feed(data)
    finally:
        # As above; and a pipe has no buffer.
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
    """Send what is pending, if it is still to be sent. The writing turn is `FLUSHER`'s, and is given up."""
    lock, mine = link.guard.lock, False
    try:
        with lock:
            mine, link.offered = link.offered is not None, None
        while mine:
            with lock:
                if link.spoilt is not None:
                    link.engine.forget()
                data = link.engine.take()
                if not data and not link.closing:
                    # In one hold of the lock with the look: whoever adds to it sees who has the turn.
                    link.writing.leave(FLUSHER)
                    mine = False
            if not data:
                return
            await _send(link, data)
    except OSError:
        pass  # It is for the next write to say: the link remembers.
    finally:
        if mine:
            link.drained()
