"""Who waits, in which order: the turn, the queue behind it, the deadline that ends the wait.

`Turns` is what a `Side` of a descriptor and a `MemorySide` have in common. A waiter that has to wait takes
the `turn` or queues for it, first come, first served; whoever changes a state changes it first and then
wakes. Where one waits for nothing of the system's, but for somebody else in this process, is a `MemorySide`;
how one waits there is in `thread_turns.py` and `task_turns.py`.
"""

from __future__ import annotations

import os
from _thread import RLock
from collections import deque
from time import monotonic
from weakref import ref

from ..errors import ClosedError, DeadlineExceededError
from .living import Living

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .protocols import Waiter

__all__ = ["MemorySide", "Turns", "left_alone"]


class Turns:
    """A closed flag, a deadline, and those who wait."""

    __slots__ = ("closed", "deadline", "lock", "queue", "turn")

    # What a call on a closed one raises.
    closed_error: type[ClosedError] = ClosedError

    def __init__(self, lock: Any) -> None:
        self.lock = lock
        self.closed = False
        self.deadline: float | None = None
        self.turn: Waiter | None = None
        self.queue: deque[Waiter] | tuple[()] = ()

    def check(self) -> None:
        """Raise `ClosedError` or `DeadlineExceededError` if a call may not go on."""
        if self.closed:
            raise self.closed_error
        if self.deadline is not None and monotonic() >= self.deadline:
            raise DeadlineExceededError

    def enter(self, waiter: Waiter) -> None:
        """Take the turn, or queue for it."""
        with self.lock:
            if self.turn is None:
                self.turn = waiter
            elif self.queue == ():
                self.queue = deque((waiter,))
            else:
                self.queue.append(waiter)  # type: ignore[union-attr]

    def leave(self, waiter: Waiter) -> None:
        """Give up the turn, or the place in the queue. No harm if it has neither."""
        with self.lock:
            if self.turn is waiter and not self.queue:
                self.turn = None
                return
            if self.turn is not waiter:
                if waiter in self.queue:
                    self.queue.remove(waiter)  # type: ignore[union-attr]
                return
            self.turn = heir = self.queue.popleft() if self.queue else None
        if heir is not None:
            heir.wake()

    def has_turn(self, waiter: Waiter) -> bool:
        """Whether it is this waiter's turn. One the queue has lost (see `_after_fork`) rejoins it."""
        turn = self.turn
        if turn is waiter:
            return True
        if turn is None or waiter not in self.queue:
            self.enter(waiter)
        return self.turn is waiter

    def alone(self, lock: Any) -> None:
        """The thread that calls is the only one: nobody waits."""
        self.lock = lock
        self.turn = None
        self.queue = ()

    def waiters(self) -> list[Waiter]:
        with self.lock:
            return [*([] if self.turn is None else [self.turn]), *self.queue]

    def set_deadline(self, deadline: float | None) -> None:
        with self.lock:
            if self.closed:
                raise self.closed_error
            self.deadline = deadline
            waiters = self.waiters() if self.turn is not None else ()
        for waiter in waiters:
            waiter.wake()


class Guard:
    """The lock of a state in memory, and whom a change of it wakes once the lock was let go.

    To wake a thread is a system call, in which others run: the one that was woken would run into the lock. So
    whoever makes a change calls `ring` behind the `with`. The lock is re-entrant because a signal handler may
    close what its own thread is calling, and is not wrapped in a class of ours because a `KeyboardInterrupt`
    between taking it and being inside the `with` would leave it taken.
    """

    __slots__ = ("__weakref__", "woken", "lock")

    def __init__(self) -> None:
        self.lock = RLock()
        # Made when somebody is to be woken, which most never see.
        self.woken: deque[Waiter] | tuple[()] = ()
        _guards.keep(ref(self, _guards.forget))

    def wake(self, waiter: Waiter) -> None:
        """Have it look at the state again, when `ring` is called. With the lock held."""
        if self.woken == ():
            self.woken = deque()
        self.woken.append(waiter)  # type: ignore[union-attr]

    def ring(self) -> None:
        """Wake those that are to be woken; some may be another thread's who has not come to it yet."""
        woken = self.woken
        while woken:
            try:
                waiter = woken.popleft()  # type: ignore[union-attr]
            except IndexError:
                return
            waiter.wake()

    def renew(self) -> None:
        """In a forked child, or at the interpreter's end: whoever had the lock is not there."""
        self.lock = RLock()
        self.woken = ()


class MemorySide(Turns):
    """One direction of something in memory.

    What a call finds and changes is guarded by a lock, which all share who share that state; so whoever makes
    a change that another waits for says so with `news`, and rings.
    """

    __slots__ = ("__weakref__", "guard", "spins")

    def __init__(self, guard: Guard) -> None:
        super().__init__(guard.lock)
        self.guard = guard
        # Calls in a row that did not have to wait; see aio's fairness.
        self.spins = 0
        _sides.keep(ref(self, _sides.forget))

    def news(self) -> None:
        """Have the one whose turn it is look at the state again. With the lock held."""
        if self.turn is not None:
            self.guard.wake(self.turn)

    def wake_all(self) -> None:
        """Have everyone look at the state again. With the lock held."""
        if self.turn is not None:
            for waiter in self.waiters():
                self.guard.wake(waiter)


def left_alone(*sides: MemorySide) -> None:
    """Of all threads only this one goes on. These have one lock.

    So it is in a forked child, and also at the interpreter's end: a daemon thread stops where it would next
    take the interpreter's lock, and a lock of ours that it holds there is never let go. A close, mostly by a
    `__del__`, would wait for it for ever, and with it a process that has done all it was to do. Nothing tells
    that it is so far, for handlers of `atexit` run before, beside all threads; and `Living` no longer knows
    what the last collection disposes of. So each close looks.
    """
    guard = sides[0].guard
    guard.renew()
    for side in sides:
        side.alone(guard.lock)


_guards = Living()
_sides = Living()


def _after_fork() -> None:
    for guard in _guards.all():
        guard.renew()
    for side in _sides.all():
        side.alone(side.guard.lock)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
