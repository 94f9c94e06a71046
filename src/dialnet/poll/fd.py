"""`FD`: one descriptor made safe.

An `FD` owns a non-blocking socket, its closed flag, and for each direction a `Side`: the deadline,
who has the turn, who queues. Every operation on every kind of connection has one shape: check closed,
check deadline, try the system call, and only if it would block, wait and start again. The try is made
here and in the faces; how one waits is the business of `threads.py` and `tasks.py`.

What keeps it right:

- `lock` is held for a non-blocking call or a few assignments, never while anything waits. A thread
  makes its system call under its side's lock and `close` takes both, so a call can never meet a
  descriptor number that was closed and given to someone else. It is re-entrant because a signal
  handler may close a connection whose lock its own thread holds.
- Whoever must wait becomes a waiter: it has the `turn`, or stands in the `queue` (first come, first
  served). `close` and `set_deadline` change the state and then wake all of them; a woken waiter looks
  at the state again, so a wake-up too many does no harm.
- `ready` says that the next try may succeed. Edge-triggered pollers report a change once, so a task
  may wait only after a try has failed (or after a short read, see `TaskPoller`).
"""

from __future__ import annotations

import os
import socket
import struct
from _thread import RLock
from sys import is_finalizing
from weakref import ref

from .. import system
from ..system.masks import POLL_READ, POLL_WRITE, READ, WRITE
from .living import Living
from .turns import Turns

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from .tasks import TaskPoller, TaskWaiter

__all__ = ["FD", "FIRST_PAUSE", "LONGEST_PAUSE", "Side"]

# Between two tries on an `edgeless` side, in seconds: the first, doubled up to the last.
FIRST_PAUSE = 0.001
LONGEST_PAUSE = 0.05


class Side(Turns):
    """One direction of a descriptor."""

    __slots__ = (
        "bit",
        "edgeless",
        "fd",
        "number",
        "poll_mask",
        "ready",
        "spare",
        "spins",
        "sticky",
        "timer",
        "timer_at",
    )

    def __init__(self, fd: FD, bit: int, poll_mask: int) -> None:
        # As `Turns`, without the call of a call: every connection has two of these.
        self.lock = RLock()
        self.closed = False
        self.deadline = None
        self.turn = None
        self.queue = ()
        # Weakly, for a cycle of the two would leave each closed connection to the garbage collector. Whoever
        # calls on a side holds the connection.
        self.fd: Callable[[], FD] = ref(fd)  # type: ignore[assignment]
        self.number = fd.number
        self.ready = True
        # Set once a hang-up was reported: no further edge can be counted on.
        self.sticky = False
        # Calls in a row that did not have to wait; see aio's fairness.
        self.spins = 0
        # The waiter of the last task that waited here, for the next one.
        self.spare: TaskWaiter | None = None
        # The host loop's lazy deadline timer, and when it goes off.
        self.timer: object | None = None
        self.timer_at = 0.0
        # No readiness tells when the next try may succeed: ask again after a while, each time a longer one.
        self.edgeless = False
        self.bit = bit
        self.poll_mask = poll_mask


class FD:
    """A socket, its two sides, and whether it is closed.

    `eager` sockets are registered with a task poller for both directions at once; the others for
    writing only when a write has had to wait, since their kernels report every byte or datagram the
    peer takes as news.
    """

    # What it waits for goes on.
    once = False

    __slots__ = (
        "__weakref__",
        "closed",
        "eager",
        "family",
        "interest",
        "lingers",
        "number",
        "poller",
        "reading",
        "sock",
        "writing",
    )

    def __init__(self, sock: socket.socket, *, eager: bool = False, family: int | None = None) -> None:
        # One that was made so needs no further system call.
        if sock.gettimeout() != 0.0:
            sock.setblocking(False)
        self.sock = sock
        # A plain number: `sock` looks one of an enumeration up each time.
        self.family: int = int(sock.family) if family is None else family
        self.number = sock.fileno()
        self.closed = False
        self.eager = eager
        self.lingers = False
        self.reading = Side(self, READ, POLL_READ)
        self.writing = Side(self, WRITE, POLL_WRITE)
        self.poller: TaskPoller | None = None
        self.interest = 0
        _living.keep(ref(self, _living.forget))

    def sides(self) -> tuple[Side, ...]:
        return self.reading, self.writing

    def alone(self) -> None:
        """Of all threads only this one goes on (see `turns.left_alone`): locks that others held, their turns
        and their places in queues are gone with them. In a forked child the pollers are the parent's."""
        self.poller = None
        self.interest = 0
        for side in (self.reading, self.writing):
            side.alone(RLock())
            side.ready = True
            side.timer = None
            side.spare = None

    def close(self) -> bool:
        """Close the descriptor and wake everyone; False if that had been done. Should a signal handler have
        raised in the middle of it, the next call completes it.

        A close from a thread other than the one the poller's loop runs in leaves the descriptor to
        that loop, which may be inside a system call with it; nothing new can begin after this returns.
        """
        if is_finalizing():
            self.alone()
        reading, writing = self.reading, self.writing
        poller: TaskPoller | None = None
        try:
            with reading.lock, writing.lock:
                first = not self.closed
                self.closed = reading.closed = writing.closed = True
                poller = self.poller
                if poller is None:
                    self._shut()
        finally:
            # Where nobody has the turn, nobody queues for it.
            if poller is None and (reading.turn is not None or writing.turn is not None):
                self._wake_all()
        if poller is not None and not poller.call_there(self._release):
            self._release()
        return first

    def _release(self) -> None:
        try:
            with self.reading.lock, self.writing.lock:
                poller, self.poller = self.poller, None
                if poller is not None:
                    poller.drop(self)
                self._shut()
        finally:
            if self.reading.turn is not None or self.writing.turn is not None:
                self._wake_all()

    def _shut(self) -> None:
        if self.lingers and self.sock.fileno() >= 0:
            # Linux's close(2) would wait out the linger time even here. What is unsent goes out all the same.
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack(system.LINGER, 0, 0))
        self.sock.close()

    def _wake_all(self) -> None:
        """Have all who wait see that it is closed, and wait until none of them polls the descriptor."""
        sides = (self.reading, self.writing)
        for side in sides:
            for waiter in side.waiters():
                waiter.wake()
        for side in sides:
            # Of those who wait, only the one whose turn it is polls.
            polling = side.turn
            if polling is not None:
                polling.left()


_living = Living()


def _after_fork() -> None:
    for fd in _living.all():
        fd.alone()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
