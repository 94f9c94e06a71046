"""Reading and writing, in steps (see there).

`read` and `write` are no coroutines: they do what can be done at once, which mostly is all, and else give the
coroutine that goes on from there. To begin, suspend and end one, and to take locks on the way, costs as much
as to encrypt some KiB.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Coroutine
from threading import get_ident

from .engine import RECORD
from .link import HOLDER, Link, cause_of, interrupted
from .steps import more, send, turn, writing_turn
from .visit import Visit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeVar

    T = TypeVar("T")

__all__ = ["read", "write"]

# How much is encrypted at a time: some records, which one system call can take and a cache can hold.
PIECE = 16 * RECORD
# What a write lets come in while it waits for the end of a renegotiation and nobody reads, or not fast
# enough: more than can be on its way before the peer sees that there is one (two sockets' buffers, which
# Linux lets grow to 6 and 4 MiB).
_MOST_HELD = 16 << 20


def read(link: Link, call: Callable[[Any], T | None], argument: Any) -> T | Coroutine[Any, Any, T]:
    """What `call(argument)`, one of the engine's, gives; if not enough has come yet, the steps to it."""
    engine, side, lock = link.engine, link.reading, link.guard.lock
    mine = False
    try:
        with lock:
            if side.closed or side.deadline is not None:
                side.check()
            if side.turn is not None:
                return _read_on(link, call, argument, False)
            result = None if engine.dry else call(argument)
            if result is None:
                # One step: a signal handler may raise between any two, and the turn would be nobody's.
                side.turn = HOLDER
                mine = True
        if engine.outgoing.pending:
            link.flush()
        if result is not None:
            return result
        waiting = link.waiting_read
        take = link.try_read if waiting is None else waiting
        while True:
            data = take(engine.appetite)
            if data is None:
                break
            with lock:
                engine.feed(data)
                # It may have been closed meanwhile, and what came be the answer to that.
                if side.closed or side.deadline is not None:
                    side.check()
                result = call(argument)
                if link.sessions is not None:
                    link.remember()
                if result is not None and not side.queue:
                    side.turn = None
                    mine = False
            if engine.outgoing.pending:
                link.flush()
            if result is not None:
                if mine:
                    mine = False
                    side.leave(HOLDER)
                return result
            if waiting is None or link.urgent:
                break
    except BaseException:
        if mine:
            side.leave(HOLDER)
        raise
    return _read_on(link, call, argument, True)


async def _read_on(link: Link, call: Callable[[Any], T | None], argument: Any, mine: bool) -> T:
    """`read` from where it could not go on at once: the turn is `mine`, or has to be waited for."""
    engine, side, lock = link.engine, link.reading, link.guard.lock
    while True:
        if not mine:
            await turn(side)
        mine = False
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
                    if engine.outgoing.pending:
                        link.flush()
                    if result is not None:
                        return result
                if link.urgent:
                    break
                data = await more(engine.appetite)
                with lock:
                    engine.feed(data)
        finally:
            side.leave(HOLDER)
        # A write waits for what has just come, and queues for the turn in order to see it.


def write(link: Link, data: bytes | memoryview) -> int | Coroutine[Any, Any, int]:
    """Write all of it: how much that was; if it has to wait, the steps to it. An error's
    `bytes_written` says of how much whole records have gone."""
    engine, side, lock = link.engine, link.writing, link.guard.lock
    size = len(data)
    if not 0 < size <= PIECE:
        # What is longer is left to the connection below, which lets others have their turn.
        return _write_on(link, data, None)
    mine = False
    try:
        with lock:
            if side.turn is not None:
                return _write_on(link, data, None)
            if link.ended or link.spoilt or engine.abroad or side.closed or side.deadline is not None:
                link.check_writing()
            side.turn = HOLDER
            mine = True
            fed = engine.fed
            taken, sealed, before = engine.seal(data)
        sent, failure = 0, None
        try:
            sent = link.try_send(sealed)
        except OSError as err:
            failure = err.with_traceback(None)  # It would keep this frame.
        if failure is None and sent == len(sealed) and taken == size:
            with lock:
                engine.abroad = False
                if not (side.queue or link.ended or engine.outgoing.pending):
                    side.turn = None
                    mine = False
            if mine:
                mine = False
                link.let_go()
            return size
        link.handed = get_ident()
        return _write_on(link, data, (taken, sealed, before, fed, sent, failure))
    except BaseException:
        if mine and not link.handed:
            link.let_go()
        raise


async def _write_on(
    link: Link, data: bytes | memoryview, begun: tuple[int, bytes, int, int, int, OSError | None] | None
) -> int:
    """`write` from where it could not go on at once: with nothing done, or with the turn."""
    engine, side, lock = link.engine, link.writing, link.guard.lock
    view = memoryview(data)
    done, size = 0, len(view)
    mine = begun is not None
    try:
        if begun is not None:
            link.handed = 0
        else:
            with lock:
                if side.turn is None:
                    side.turn = HOLDER
                    mine = True
            if not mine:
                await writing_turn(link)
                mine = True
            with lock:
                link.check_writing()
        while done < size:
            if begun is not None:
                taken, sealed, before, fed, sent, failure = begun
                begun = None
            else:
                piece = view[done : done + PIECE]
                with lock:
                    if side.closed or side.deadline is not None:
                        side.check()
                    fed = engine.fed
                    taken, sealed, before = engine.seal(piece)
                sent, failure = 0, None
            if failure is None and sent < len(sealed):
                try:
                    await send(memoryview(sealed)[sent:] if sent else sealed)
                except OSError as err:
                    failure = cause_of(err)
                    sent += getattr(err, "bytes_written", 0)
                except BaseException as err:
                    link.spoil(interrupted(err))
                    raise
            if failure is not None:
                link.spoil(failure)
                done += _whole_records(sent - before, len(sealed) - before, taken)
                try:
                    # Not where it was caught, for what was caught knows it, and would be its context.
                    raise failure
                finally:
                    del failure  # Its traceback keeps this frame, and so the data.
            engine.abroad = False
            done += taken
            if not taken:
                await _go_on(link, fed)
        return done
    except OSError as err:
        err.bytes_written = done  # type: ignore[attr-defined]
        raise
    finally:
        if mine:
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
        await turn(link.reading, Visit(link.reading, link.writing))
        try:
            if engine.fed != fed:
                return
            if len(engine.held) > _MOST_HELD:
                raise OSError(errno.ENOBUFS, "the peer renegotiates and sends much else meanwhile")
            link.lent = True
            link.settle()
            data = await more(engine.appetite)
            with link.guard.lock:
                engine.feed(data)
                engine.read_ahead()
        finally:
            link.lent = False
            try:
                link.settle()
            finally:
                link.reading.leave(HOLDER)
    finally:
        link.urgent = False
