"""`Link`: the state of one TLS connection: its engine, its turns, and the connection below it.

What an `FD` is to a socket a `Link` is to a TLS connection. All of its state is guarded by one lock, held for
a call on the engine or a few assignments, never while anything waits. Who has to read from the connection
below holds the `reading` turn, who writes to it the `writing` turn, so ciphertext goes down in the order in
which it was made. A read may make some too (an answer to a key update, an alert): it goes with whoever is
writing, else at once as far as that needs no waiting, else from the background; so a reader never waits for a
peer that does not read.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from sys import is_finalizing
from threading import get_ident
from time import monotonic

from ..connections.end import End
from ..connections.ends import ConnectionEnd
from ..errors import ClosedError, DeadlineExceededError, OpError
from ..poll.deadline import earliest
from ..poll.turns import Guard, MemorySide, left_alone
from .engine import Engine
from .errors import BrokenRecordError, bare

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .sessions import SessionCache

__all__ = ["FLUSHER", "HOLDER", "PATIENCE", "Claim", "Link", "cause_of", "hold", "interrupted"]


# How long a close_notify may take, in seconds.
PATIENCE = 5.0
# What reading alone may make for the peer, in bytes: more than a write beside it does, and tens of thousands
# of answers to key updates.
_MOST_ANSWERS = 1 << 20


class _Holder:
    """Stands in a turn for somebody who is not asleep, or asleep in the connection below."""

    def wake(self) -> None:
        pass

    resume = left = wake


# A call of the user's, and what works in the background.
HOLDER = _Holder()
FLUSHER = _Holder()


class Claim(_Holder):
    """A call that waits for a turn. It may have it and not know yet, when a signal handler raises."""

    def __init__(self, side: MemorySide, waits_at: Any = None) -> None:
        self.side = side
        # Where `take_turn` waits for it.
        self.waits_at = side if waits_at is None else waits_at


def hold(claim: Claim) -> bool:
    """For `take_turn`: keep the turn after it."""
    claim.side.turn = claim
    return True


def _never(n: int) -> None:
    """Of a connection that is not asked whether it would wait."""


def _nothing(data: bytes) -> int:
    """The same, for writing."""
    return 0


def cause_of(err: OSError) -> OSError:
    """What went wrong below, without what the connection there says of itself."""
    cause = err.err if isinstance(err, OpError) else err
    if cause is not err and isinstance(cause, OSError):
        syscall = getattr(err, "syscall", "")
        if syscall:
            cause.syscall = syscall  # type: ignore[attr-defined]
        return cause
    return err


def interrupted(err: BaseException | None = None) -> OSError:
    """Nobody knows how much has gone."""
    by = "a signal handler" if err is None else type(err).__name__
    return InterruptedError(errno.EINTR, f"interrupted by {by}")


class Link:
    __slots__ = (
        "apart",
        "closed",
        "closing",
        "conn",
        "direct",
        "ended",
        "endless",
        "engine",
        "guard",
        "handed",
        "lasts",
        "lent",
        "offered",
        "reading",
        "session_key",
        "sessions",
        "spoilt",
        "try_read",
        "try_send",
        "urgent",
        "waiting_read",
        "writing",
    )

    def __init__(
        self,
        conn: Any,
        engine: Engine,
        sessions: SessionCache | None,
        apart: Callable[[Link], Callable[[], bool]],
        key: str = "",
        waiting_read: Callable[[int], bytes] | None = None,
    ) -> None:
        self.conn = conn
        # A read from it that waits, where that is a plain call (for threads).
        self.waiting_read = waiting_read
        # What goes without waiting, where the connection below is a socket: most reads and writes end there.
        self.direct = direct = isinstance(conn, ConnectionEnd)
        self.try_read: Callable[[int], bytes | None] = conn._try_read if direct else _never
        self.try_send: Callable[[bytes], int] = conn._try_write if direct else _nothing
        # Has `steps.drain` done beside everything else, in the face's manner. Raises `RuntimeError` where it
        # cannot. What it returns says whether it can still go on: not where its event loop is no more.
        self.apart = apart
        self.lasts: Callable[[], bool] | None = None
        self.engine = engine
        self.sessions = sessions
        self.session_key = key
        self.guard = Guard()
        self.reading = MemorySide(self.guard)
        self.writing = MemorySide(self.guard)
        self.closed = False
        # Closed here, and a close_notify is still on its way.
        self.closing = False
        # `close_write` was called.
        self.ended = False
        # Why nothing can be written any more.
        self.spoilt: OSError | None = None
        # The thread that has the writing turn, and is on its way to where it makes use of it.
        self.handed = 0
        # The background was given the writing turn, and has not begun yet: another one each time.
        self.offered: object | None = None
        # A write cannot go on before more was read (a renegotiation).
        self.urgent = False
        # And has the turn for it: its deadline is the one that ends a read below.
        self.lent = False
        # The connection below has no deadlines that could end the last words.
        self.endless = False

    def alone(self) -> None:
        """See `turns.left_alone`. The last words are to be said without one waiting for a lock below."""
        left_alone(self.reading, self.writing)
        if isinstance(self.conn, End):
            self.conn._fd.alone()

    def close(self) -> None:
        """Cut it off, without a word to the peer."""
        if is_finalizing():
            self.alone()
        with self.guard.lock:
            self.closed = self.reading.closed = self.writing.closed = True
            self.reading.wake_all()
            self.writing.wake_all()
        self.guard.ring()
        self.conn.close()

    def check_writing(self) -> None:
        """Raises what keeps a write from beginning. With the lock held."""
        side = self.writing
        if side.closed or side.deadline is not None:
            side.check()
        if self.engine.abroad:
            self.spoil(interrupted())
        if self.spoilt is not None:
            raise BrokenRecordError from self.spoilt
        if self.ended:
            raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))

    def spoil(self, err: OSError) -> None:
        """Nothing can be written any more: half of something has gone, or the connection below is broken."""
        with self.guard.lock:
            self.spoilt = bare(err)
            self.engine.forget()

    def remember(self) -> None:
        """Keep the session for the next connection, if there is one by now. With the lock held."""
        made = self.engine.object
        session = made.session
        if session is None or self.sessions is None:
            return
        # Since TLS 1.3 the ticket comes some time after the handshake; until then this is the session that
        # was gone on with, which should be used once.
        if made.version() == "TLSv1.3" and (not session.has_ticket or session == self.engine.session):
            return
        self.sessions._put(self.engine.context, self.session_key, session)
        self.sessions = None

    def hand_deadlines_on(self) -> None:
        """Have the connection below keep the deadlines too. As long as there is a handshake a write waits for
        what is read, a read for what is written, and either deadline ends both. A write that waits for the
        end of a renegotiation is ended by its own, and not by the other."""
        given = None
        while True:
            with self.guard.lock:
                read, write = self.reading.deadline, self.writing.deadline
                if self.lent:
                    read = write
                elif not self.engine.ready:
                    read = write = earliest(read, write)
            # Another thread may have set one of them meanwhile, and handed it on before this one.
            if given == (read, write):
                return
            given = read, write
            self.conn.set_read_deadline(read)
            self.conn.set_write_deadline(write)

    def settle(self) -> None:
        """To each direction its own deadline again: a handshake is over."""
        if self.reading.deadline != self.writing.deadline:
            try:
                self.hand_deadlines_on()
            except OSError:
                pass  # It is closed, or never had any; whoever next reads or writes there finds out.

    def flush(self) -> None:
        """See to it that what reading made for the peer gets there, and what nobody had a turn for. Never
        waits."""
        side, engine = self.writing, self.engine
        mine = False
        try:
            with self.guard.lock:
                if self.spoilt is not None:
                    # Behind half a record nothing makes sense.
                    engine.forget()
                elif engine.pending > _MOST_ANSWERS and side.turn is not None:
                    # Whoever has the turn waits for a peer that reads nothing and asks for ever new keys.
                    engine.failed = OSError(errno.ENOBUFS, "the peer asks for new keys and reads no answers")
                late = side.deadline is not None and monotonic() >= side.deadline
                due = engine.pending or (self.ended and self.spoilt is None and not engine.finished)
                if late or side.turn is not None or self.closed or not due:
                    return  # The next write takes it along, or the one under way.
                side.turn = HOLDER
                mine = True
        except BaseException:
            if mine:
                self.let_go()
            raise
        self.let_go()

    def let_go(self) -> None:
        """Give up the writing turn; what is pending goes first, and takes the turn along if it has to
        wait."""
        engine, side = self.engine, self.writing
        mine = True
        offer: object | None = None
        try:
            while True:
                with self.guard.lock:
                    if engine.abroad:
                        self.spoil(interrupted())
                    if self.spoilt is not None:
                        engine.forget()
                    elif self.ended:
                        engine.finish()
                    data = engine.take()
                    if not data:
                        mine = False
                        if side.queue:
                            side.leave(HOLDER)
                        else:
                            side.turn = None
                        return
                if not self._send_now(data):
                    offer = object()
                    with self.guard.lock:
                        side.turn, self.offered = FLUSHER, offer
                        mine = False
                    self._send_apart(offer)
                    return
        except BaseException as err:
            # What a signal handler has raised; the others' turn comes all the same.
            if mine:
                if engine.abroad:
                    self.spoil(interrupted())
                if side.turn is HOLDER:
                    side.leave(HOLDER)
            elif offer is not None:
                self.unsent(err, offer)
            raise

    def reclaim(self) -> None:
        """Give up the writing turn, if this thread was on its way with it: a call of its has raised."""
        if self.handed and self.handed == get_ident():
            self.handed = 0
            self.let_go()

    def finish_writing(self) -> None:
        """`close_write`. Never waits. Raises `ClosedError`, `BrokenRecordError`, and ENOTCONN before the
        handshake is over."""
        mine = False
        try:
            with self.guard.lock:
                if self.closed:
                    raise ClosedError
                if not self.engine.ready:
                    raise OSError(errno.ENOTCONN, "the TLS handshake is not over")
                if self.spoilt is not None:
                    raise BrokenRecordError from self.spoilt
                self.ended = True
                if self.writing.turn is FLUSHER:
                    self.engine.finish()
                if self.writing.turn is not None:
                    return
                self.writing.turn = HOLDER
                mine = True
        except BaseException:
            if mine:
                self.let_go()
            raise
        self.let_go()

    def finish(self) -> None:
        """`close`: wake everyone, tell the peer, close the connection below. What cannot be told at once is
        told from the background, within `PATIENCE`, and then that closes. Never waits."""
        if is_finalizing():
            self.alone()
        if self.closed:
            with self.guard.lock:
                # In a forked child nobody has the turn: the background is the parent's.
                told = self.closing and self.writing.turn is not None and (not self.lasts or self.lasts())
            # One that was cut short is completed.
            if not told:
                self.conn.close()
            return
        try:
            self._finish()
        except BaseException:
            # What a signal handler has raised. Then without a word, but closed.
            self.closing = False
            self.conn.close()
            raise

    def _finish(self) -> None:
        data = b""
        with self.guard.lock:
            if self.closed:
                return
            busy = self.writing.turn
            # A write under way leaves half a record behind, to which there is nothing to add.
            polite = self.engine.ready and self.spoilt is None and (busy is None or busy is FLUSHER)
            self.closing = polite
            self.closed = self.reading.closed = self.writing.closed = True
            self.reading.wake_all()
            self.writing.wake_all()
            if polite:
                self.engine.finish()
                if busy is None:
                    self.writing.turn = HOLDER
                    # Of a background that there was before.
                    self.lasts = None
                    data = self.engine.take()
            if self.sessions is not None and self.engine.ready:
                self.remember()
        self.guard.ring()
        if not polite or (busy is None and self._send_now(data)):
            self.conn.close()
            return
        try:
            # Whoever reads or writes below is to come out; but for the last words.
            self.conn.set_read_deadline(0.0)
            self.conn.set_write_deadline(monotonic() + PATIENCE)
        except ClosedError:
            self.conn.close()
        except Exception:
            # A class of the user's may have none. Then the background has a limit of its own, and one that
            # has begun already has none.
            self.endless = True
            if busy is not None:
                self.conn.close()
        if busy is None:
            offer = object()
            with self.guard.lock:
                self.writing.turn, self.offered = FLUSHER, offer
            self._send_apart(offer)

    def _send_now(self, data: bytes) -> bool:
        """Send what was taken, as far as that goes without waiting; True if nothing of it is left. With the
        writing turn held."""
        # Not with MSG_MORE, for one segment with the end of the stream: where something came that nobody has
        # read (a server's tickets), Linux's close(2) resets the connection, and drops what was not sent.
        try:
            sent = self.conn._try_write(data) if data and hasattr(self.conn, "_try_write") else 0
        except DeadlineExceededError:
            sent = 0  # Another TLS connection's, which has taken nothing.
        except OSError as err:
            self.spoil(cause_of(err))
            return True
        if sent < len(data):
            with self.guard.lock:
                self.engine.put_back(data[sent:])
            return False
        self.engine.abroad = False
        return True

    def _send_apart(self, offer: object) -> None:
        """Have the rest sent in the background, which has been given the turn."""
        try:
            self.lasts = self.apart(self)
        except RuntimeError as err:
            # There is no event loop any more.
            self.unsent(err, offer)

    def unsent(self, err: BaseException, offer: object | None = None) -> None:
        """There is no background, unless it has begun with what it was offered."""
        mine = False
        try:
            with self.guard.lock:
                if offer is None or self.offered is offer:
                    mine, self.offered = self.offered is not None, None
            if mine:
                known = isinstance(err, RuntimeError)
                self.spoil(OSError(errno.EAGAIN, str(err)) if known else interrupted(err))
        finally:
            if mine:
                self.drained()

    def drained(self) -> None:
        """The background is done."""
        with self.guard.lock:
            closing, self.lasts = self.closing, None
            if not closing:
                self.writing.leave(FLUSHER)
        if closing:
            self.conn.close()
