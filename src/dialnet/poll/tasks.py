"""How a task waits: its loop's poller resumes it.

Each event loop has one `TaskPoller`: an edge-triggered epoll (kqueue) of ours in which a connection is
registered once, and whose own descriptor is the only thing the host loop watches. What differs between
asyncio and trio is how the host is told of that descriptor, and how a task is put to sleep and resumed;
that is in `asyncio_host.py` and `trio_host.py`.

A batch of reports is taken in two passes: first all that is ready is remembered, then the waiting tasks
are resumed, one of which may well close a connection reported in the same batch, or raise
`KeyboardInterrupt`. Edges are reported once; none may be forgotten.
"""

from __future__ import annotations

import errno
import os
import sys
import weakref
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Coroutine, Generator
from contextlib import AbstractContextManager, nullcontext
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar

from .. import system
from ..errors import CanceledError
from ..system.masks import ONCE
from .fd import FD, FIRST_PAUSE, LONGEST_PAUSE, Side
from .signal import Signal

if TYPE_CHECKING:
    from .protocols import Waiter
    from .receiver import Receiver
    from .signal import CancelToken

__all__ = [
    "TaskPoller",
    "TaskWaiter",
    "TaskWork",
    "attempt",
    "current_poller",
    "give_way",
    "run_waiting",
    "send_waiting",
]

A = TypeVar("A")
T = TypeVar("T")

# A task whose calls never have to wait lets others run after so many.
FAIR_SHARE = 64


class TaskWaiter(ABC):
    """A task that waits: awaited to go to sleep, resumed by the poller or a wake-up.

    It can be awaited again and again, by whichever task uses it.
    """

    __slots__ = ("poller",)

    poller: TaskPoller

    @abstractmethod
    def here(self) -> bool:
        """Whether the running task is one of the poller's loop."""

    @abstractmethod
    def __await__(self) -> Generator[Any, Any, None]:
        """Sleep until resumed."""

    @abstractmethod
    def wake(self) -> None:
        """See `protocols.Waiter`."""

    @abstractmethod
    def resume(self) -> None:
        """See `protocols.Waiter`."""

    def left(self) -> None:  # noqa: B027 (there is nothing to wait for)
        """A task is never inside the kernel."""

    @abstractmethod
    def arm(self, until: float) -> None:
        """Have the next wait end at `until` (monotonic) at the latest."""

    def disarm(self) -> None:  # noqa: B027 (where `arm` leaves nothing standing)
        """Drop what `arm` set up."""


class TaskWork(Signal, ABC):
    """A call that is awaited in a task of its own; see `protocols.Work`."""

    __slots__ = ("error", "value")

    def __init__(self) -> None:
        super().__init__()
        self.value: Any = None
        self.error: BaseException | None = None

    async def run(self, call: Callable[[], Any]) -> None:
        """The task's body."""
        try:
            value = call()
            # A plain function does too, as long as it does not block.
            self.value = await value if hasattr(value, "__await__") else value
        except Exception as err:
            # It is the waiting caller's, who raises it.
            self.error = err
        except BaseException:
            # If it was not us who cancelled it, somebody still waits, and must not take this for a value.
            self.error = CanceledError()
            raise
        finally:
            self.set()

    @abstractmethod
    def abandon(self) -> None:
        """See `protocols.Work`."""


class TaskPoller(ABC):
    """One loop's poller. Only the loop's own thread calls it, but for `call_there`."""

    def __init__(self) -> None:
        self.readiness = system.Readiness()
        self.fds: dict[int, FD | Receiver] = {}
        self.closed = False
        # Pieces of work in a row that did not have to wait; see `task_host.drive`.
        self.spins = 0
        # What goes on that nobody waits for. A loop holds on to its tasks only loosely.
        self.background: set[Any] = set()
        _living.add(self)

    @abstractmethod
    def here(self) -> bool:
        """Whether the caller runs in this poller's loop."""

    @abstractmethod
    def waiter(self) -> TaskWaiter:
        """A new waiter for the running task."""

    @abstractmethod
    def arm(self, side: Side, waiter: TaskWaiter) -> None:
        """See to it that the side's deadline, which is set, ends the waiter's next wait."""

    def disarm(self, side: Side) -> None:  # noqa: B027 (where timers are a wait's own)
        """Forget the side's timer: it is being closed, or moves to another loop."""

    @abstractmethod
    def start(self, call: Callable[[], Awaitable[Any]]) -> TaskWork:
        """Await `call()` in a task of its own."""

    def lasts(self) -> bool:
        """Whether what goes on in the loop may still do so."""
        return not self.closed

    def shielded(self) -> AbstractContextManager[object]:
        """What is awaited in there is not ended by a cancellation that has come before."""
        # Which asyncio tells once, and then is over.
        return nullcontext()

    @abstractmethod
    def call_there(self, call: Callable[[], None]) -> bool:
        """If the loop runs in another thread, have it make the call; else False."""

    def adopt(self, fd: FD | Receiver, side: Side | Receiver) -> None:
        """Have readiness of this side of the descriptor reported here from now on."""
        if fd.poller is not self:
            if fd.poller is not None:
                fd.poller.drop(fd)
            fd.poller = self
            fd.interest = 0
        if fd.eager:
            bits = fd.reading.bit | fd.writing.bit
        else:
            bits = fd.interest | side.bit | (self.readiness.once if fd.once else 0)
        if fd.interest:
            self.readiness.modify(fd.number, bits)
        else:
            self.readiness.register(fd.number, bits)
            self.fds[fd.number] = fd
        fd.interest = bits

    def drop(self, fd: FD | Receiver) -> None:
        """Take the descriptor out by name: a duplicate of it, or a forked child that inherited it,
        would keep the registration alive after our descriptor is closed."""
        if self.fds.get(fd.number) is fd:
            del self.fds[fd.number]
            if fd.interest & ~ONCE:
                try:
                    self.readiness.unregister(fd.number)
                except OSError as err:
                    # Closed behind our back, through its number: then the kernel has dropped it itself.
                    if err.errno not in (errno.EBADF, errno.ENOENT):
                        raise
        fd.interest = 0
        fd.poller = None
        if not fd.once:
            for side in fd.sides():
                side.spare = None
                if side.timer is not None:
                    self.disarm(side)

    def dispatch(self, _: object = None) -> None:
        """Take what became ready, and resume who waited for it."""
        readiness = self.readiness
        reads, writes, hangups = readiness.READS, readiness.WRITES, readiness.HANGUPS
        resumed: list[Waiter] = []
        for number, events in readiness.poll():
            fd = self.fds.get(number)
            if fd is None:
                continue  # Closed since it was reported.
            if readiness.one_shot:
                fd.interest &= ~((reads & events) | (writes & events))
            if events & reads:
                # What is its own side says so by a property, which is a call.
                side: Any = fd if fd.once else fd.reading
                side.ready = True
                if events & hangups:
                    side.sticky = True
                if side.turn is not None:
                    resumed.append(side.turn)
            if events & writes:
                side = fd.writing
                side.ready = True
                if side.turn is not None:
                    resumed.append(side.turn)
        resumed.reverse()
        try:
            while resumed:
                resumed.pop().resume()
        finally:
            for waiter in resumed:
                waiter.wake()

    def close(self) -> None:
        """The loop is ending: give the descriptors back their freedom, and ours to the system."""
        if not self.closed:
            self.closed = True
            for work in list(self.background):
                work.abandon()
            for fd in list(self.fds.values()):
                self.drop(fd)
            self.readiness.close()


_living: weakref.WeakSet[TaskPoller] = weakref.WeakSet()


def _after_fork() -> None:
    # The registrations are the parent's. What is closed in the child must not end them.
    for poller in list(_living):
        poller.fds = {}


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def current_poller() -> TaskPoller:
    """The poller of the loop that runs the caller, made at first need.

    Raises `RuntimeError` where there is none.
    """
    # trio first: in its guest mode both are running, and its tasks can only be put to sleep by it.
    if "trio" in sys.modules:
        from . import trio_host

        if trio_host.running():
            return trio_host.poller()
    return _asyncio_poller()


def _first_asyncio_poller() -> TaskPoller:
    # Once: an import statement that has nothing to do takes several microseconds.
    global _asyncio_poller
    from . import asyncio_host

    _asyncio_poller = asyncio_host.poller
    return _asyncio_poller()


_asyncio_poller: Callable[[], TaskPoller] = _first_asyncio_poller


def _waiter_for(side: Side) -> TaskWaiter:
    """A waiter for the running task; the one that was used last, if nobody uses it now."""
    waiter = side.spare
    if waiter is not None and waiter.here():
        side.spare = None
        return waiter
    poller = side.fd().poller
    if poller is None or not poller.here():
        poller = current_poller()
    return poller.waiter()


def attempt(side: Side, call: Callable[[A], T], argument: A) -> T | None:
    """`call(argument)`, or None if it would block, has to queue, or should let other tasks run first.

    The call itself never returns None. Raises `ClosedError`, `DeadlineExceededError`, and what `call` raises.
    """
    if side.ready and side.turn is None and side.spins < FAIR_SHARE:
        if side.closed or side.deadline is not None:
            side.check()
        side.spins += 1
        try:
            return call(argument)
        except BlockingIOError:
            side.ready = False
    return None


async def run_waiting(
    side: Side, call: Callable[[A], T], argument: A, cancel: CancelToken | None = None
) -> T:
    """`call(argument)`, a non-blocking system call, as soon as it does not block.

    Raises `ClosedError`, `DeadlineExceededError`, `CanceledError`, and what `call` raises. It was tried
    once already, by `attempt`, where that was due.
    """
    fd, waiter = side.fd(), _waiter_for(side)
    poller = waiter.poller
    pause = FIRST_PAUSE
    try:
        # Turns are only ever changed in the loop's own thread, so without the lock.
        if side.turn is None:
            side.turn = waiter
        else:
            side.enter(waiter)
        if cancel is not None:
            cancel.attach(waiter)
        if side.spins >= FAIR_SHARE:
            await give_way()
        side.spins = 0
        while True:
            if side.closed or side.deadline is not None:
                side.check()
            if cancel is not None and cancel.cancelled:
                raise CanceledError
            if (side.turn is waiter or side.has_turn(waiter)) and side.ready:
                try:
                    return call(argument)
                except BlockingIOError:
                    side.ready = False
            if side.edgeless:
                # And not registered with the poller: each failed try would make an edge of its own.
                pause = await _try_later(side, waiter, pause)
                continue
            if side.turn is waiter and (fd.poller is not poller or not fd.interest & side.bit):
                poller.adopt(fd, side)
            if side.deadline is not None:
                poller.arm(side, waiter)
            await waiter
            # The others have had their turn of the loop, whatever this task does next.
            fd.writing.spins = 0
    finally:
        if side.turn is waiter and not side.queue:
            side.turn = None
        else:
            side.leave(waiter)
        side.spare = waiter
        if cancel is not None:
            cancel.detach(waiter)


async def _try_later(side: Side, waiter: TaskWaiter, pause: float) -> float:
    """Sleep for `pause` seconds, or until the deadline or a wake-up; the next pause."""
    until = monotonic() + pause
    waiter.arm(until if side.deadline is None else min(until, side.deadline))
    try:
        await waiter
    finally:
        waiter.disarm()
    if side.turn is waiter:
        side.ready = True
    return min(pause * 2, LONGEST_PAUSE)


async def send_waiting(side: Side, send: Callable[[Any], int], data: Any, sent: int) -> int:
    """Send what is left of `data` after `sent`, which no other write can get into the middle of.

    See `threads.send_all`, which this is the other half of.
    """
    if isinstance(data, bytes):
        data = memoryview(data)
    fd, waiter = side.fd(), _waiter_for(side)
    poller = waiter.poller
    try:
        side.enter(waiter)
        if side.spins >= FAIR_SHARE:
            await give_way()
        side.spins = 0
        while True:
            if side.closed or side.deadline is not None:
                side.check()
            if side.turn is waiter or side.has_turn(waiter):
                # A short send does not prove that an edge will follow; only a failed one does.
                while side.ready:
                    try:
                        sent += send(data[sent:])
                    except BlockingIOError:
                        side.ready = False
                    else:
                        if sent == len(data):
                            return sent
                if fd.poller is not poller or not fd.interest & side.bit:
                    poller.adopt(fd, side)
            if side.deadline is not None:
                poller.arm(side, waiter)
            await waiter
    except BaseException as err:
        # A cancelled task's caller may want to know it too.
        err.bytes_written = sent  # type: ignore[attr-defined]
        raise
    finally:
        side.leave(waiter)
        side.spare = waiter


def give_way() -> Coroutine[Any, Any, None]:
    """One turn of the loop for everybody else."""
    if "trio" in sys.modules:
        from . import trio_host

        if trio_host.running():
            return trio_host.pause()
    from . import asyncio_host

    return asyncio_host.pause()
