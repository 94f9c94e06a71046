"""How a thread waits: one `poll` over the descriptor and a wake descriptor of the thread's own.

No background thread and no polling interval. The wake descriptor belongs to the thread, not to the
connection, so a thousand idle connections cost nothing; whoever closes a connection or moves its
deadline makes the descriptors of the waiting threads readable.

`poll` is given descriptor numbers. Should one be closed and reused between the check and the call, the
wait ends or lasts until the wake-up that the close sends; the state is looked at again either way, and
the system call itself is made under the side's lock.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from time import monotonic
from weakref import ref

from .. import system
from ..errors import CanceledError, ClosedError, DeadlineExceededError
from ..system.masks import POLL_READ
from .fd import FIRST_PAUSE, LONGEST_PAUSE, Side
from .living import Living

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeVar

    from .signal import CancelToken

    A = TypeVar("A")
    T = TypeVar("T")

__all__ = ["ThreadWaiter", "give_back", "milliseconds", "run", "run_waiting", "send_all", "take_waiter"]


# poll(2) takes an int of milliseconds; a wait that is longer begins again.
_LONGEST = 86_400_000.0
# In place of a descriptor's number, where -1 is none.
_UNKNOWN = -2


class ThreadWaiter:
    """A thread's wake descriptor and the `poll` it waits with."""

    __slots__ = ("__weakref__", "_mask", "_number", "_owner", "_poll", "asleep", "descriptor")

    def __init__(self) -> None:
        try:
            self.descriptor = system.WakeDescriptor()
        except OSError as err:
            # The first wait of a thread when descriptors have run out: it is not the read that has failed.
            err.syscall = "eventfd"  # type: ignore[attr-defined]
            raise
        self._owner = threading.get_ident()
        self.asleep = threading.Lock()
        self._number = _UNKNOWN
        self._mask = 0
        self._watch(-1, 0)
        _living.keep(ref(self, _living.forget))

    def wake(self) -> None:
        self.descriptor.wake()

    resume = wake

    def left(self) -> None:
        """Until the thread, which was woken, is out of `poll`: as long as it is in there the kernel keeps
        what it polls, and so a port taken or a peer waiting for the end. Microseconds; should the thread be
        in a signal handler just then, a second at most."""
        if self._owner != threading.get_ident() and self.asleep.acquire(timeout=1.0):
            self.asleep.release()

    def wait(self, number: int, mask: int, timeout: float | None) -> bool:
        """Until the descriptor is ready (True), or a wake-up, or so many milliseconds, which `poll` rounds
        up; -1 is no descriptor."""
        # The last wait's descriptor and mask stay registered: a thread mostly serves one connection.
        if number != self._number or mask != self._mask:
            self._watch(number, mask)
        with self.asleep:
            events = self._poll.poll(timeout)
        if len(events) == 1 and events[0][0] == number:
            return True
        ready = False
        for got, _ in events:
            if got == number:
                ready = True
            else:
                self.descriptor.drain()
        return ready

    def _watch(self, number: int, mask: int) -> None:
        """Exchange the descriptor. Between any two of these steps a signal handler may raise (Ctrl-C); what
        is registered then is not known, and the next wait begins with another `poll`."""
        before, self._number = self._number, _UNKNOWN
        if before == _UNKNOWN:
            self._poll = system.ThreadPoll()
            self._poll.register(self.descriptor.fileno(), POLL_READ)
        elif before >= 0:
            self._poll.unregister(before)
        if number >= 0:
            self._poll.register(number, mask)
        self._mask = mask
        self._number = number


def _left(deadline: float) -> float:
    """Milliseconds until the deadline. Raises `DeadlineExceededError` if there are none."""
    left = deadline - monotonic()
    if left <= 0.0:
        raise DeadlineExceededError
    return left * 1000.0 if left < 86_400.0 else _LONGEST


def milliseconds(deadline: float) -> float:
    """From now until the deadline, as `poll` wants it, which rounds up to whole ones."""
    left = (deadline - monotonic()) * 1000.0
    return 0.0 if left < 0.0 else left if left < _LONGEST else _LONGEST


_living = Living()


class _Local(threading.local):
    waiter: ThreadWaiter | None = None


_local = _Local()


def take_waiter() -> ThreadWaiter:
    """This thread's waiter. It is taken while in use, so that a signal handler that waits in the
    middle of a wait gets another and cannot swallow the first one's wake-ups."""
    waiter = _local.waiter or ThreadWaiter()
    _local.waiter = None
    return waiter


def give_back(waiter: ThreadWaiter) -> None:
    _local.waiter = waiter


def _after_fork() -> None:
    # A wake descriptor shared with the parent would let each take the other's wake-ups.
    for waiter in _living.all():
        waiter.descriptor.renew()
        waiter.asleep = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def run(side: Side, call: Callable[[A], T], argument: A, cancel: CancelToken | None = None) -> T:
    """`call(argument)`, a non-blocking system call, as soon as it does not block.

    Raises `ClosedError`, `DeadlineExceededError`, `CanceledError`, and what `call` raises.
    """
    if side.ready:
        with side.lock:
            if side.turn is None:
                if side.closed or side.deadline is not None:
                    side.check()
                if cancel is not None and cancel.cancelled:
                    raise CanceledError
                try:
                    return call(argument)
                except BlockingIOError:
                    side.ready = False
    return run_waiting(side, call, argument, cancel)


def run_waiting(side: Side, call: Callable[[A], T], argument: A, cancel: CancelToken | None = None) -> T:
    """As `run`, where the first try would only fail. Taken apart where every conversation comes by."""
    waiter = _local.waiter or ThreadWaiter()
    _local.waiter = None
    lock = side.lock
    entered = True
    pause = FIRST_PAUSE
    try:
        if cancel is not None:
            cancel.attach(waiter)
        while True:
            with lock:
                if side.closed:
                    raise ClosedError
                timeout = None if side.deadline is None else _left(side.deadline)
                if cancel is not None and cancel.cancelled:
                    raise CanceledError
                number = -1
                if side.turn is None:
                    side.turn = waiter
                if side.turn is waiter or side.has_turn(waiter):
                    number = side.number
                    if side.ready:
                        try:
                            result = call(argument)
                        except BlockingIOError:
                            side.ready = False
                        else:
                            # Given up here, under the same hold of the lock: this is the way mostly taken.
                            if side.queue:
                                side.leave(waiter)
                            else:
                                side.turn = None
                            entered = False
                            return result
            if side.edgeless and number >= 0:
                waiter.wait(-1, 0, pause * 1000.0 if timeout is None else min(pause * 1000.0, timeout))
                pause = min(pause * 2, LONGEST_PAUSE)
                side.ready = True
            elif waiter.wait(number, side.poll_mask, timeout):
                side.ready = True
    finally:
        if entered:
            side.leave(waiter)
        if cancel is not None:
            cancel.detach(waiter)
        _local.waiter = waiter
        # An error's traceback keeps this frame; it should not keep a dead thread's descriptor.
        del waiter


def send_all(side: Side, send: Callable[[Any], int], data: Any) -> int:
    """Send the whole of `data`, which no other write can get into the middle of.

    `data` has a length and can be sliced without a copy of what is left (or is `bytes`); `send` returns
    how much of it went. An error's `bytes_written` says how much had gone before it.
    """
    sent = 0
    waiter: ThreadWaiter | None = None
    entered = True
    try:
        with side.lock:
            if side.turn is None:
                if side.closed or side.deadline is not None:
                    side.check()
                if side.ready:
                    try:
                        sent = send(data)
                    except BlockingIOError:
                        pass
                    else:
                        if sent == len(data):
                            return sent
                    # Even a short send has filled the buffer: wait before the next one.
                    side.ready = False
            waiter = take_waiter()
            side.enter(waiter)
        if isinstance(data, bytes):
            data = memoryview(data)
        while True:
            with side.lock:
                if side.closed:
                    raise ClosedError
                timeout = None if side.deadline is None else _left(side.deadline)
                number = -1
                if side.has_turn(waiter):
                    number = side.number
                    if side.ready:
                        try:
                            sent += send(data[sent:])
                        except BlockingIOError:
                            pass
                        else:
                            if sent == len(data):
                                # Given up here, as in `run_waiting`.
                                if not side.queue:
                                    side.turn = None
                                    entered = False
                                return sent
                        side.ready = False
            if waiter.wait(number, side.poll_mask, timeout):
                side.ready = True
    except BaseException as err:
        # Also what a signal handler raised: who copies has to know where to go on.
        err.bytes_written = sent  # type: ignore[attr-defined]
        raise
    finally:
        if waiter is not None:
            if entered:
                side.leave(waiter)
            _local.waiter = waiter
            waiter = None
