"""trio's side of waiting: a system task watches the poller's descriptor."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Generator
from contextvars import copy_context
from time import monotonic
from typing import Any

import trio
from trio.lowlevel import Abort, RunVar, Task, in_trio_run, wait_task_rescheduled

from .fd import Side
from .tasks import TaskPoller, TaskWaiter, TaskWork

__all__ = ["TrioPoller", "pause", "poller", "running"]

_current: RunVar[TrioPoller] = RunVar("dialnet")


def running() -> bool:
    """Whether the caller is inside a trio task."""
    if not in_trio_run():
        return False
    try:
        trio.lowlevel.current_task()
    except RuntimeError:
        return False  # In trio's thread, but in none of its tasks: a callback, or its host in guest mode.
    return True


def poller() -> TaskPoller:
    """The running trio's poller."""
    try:
        found = _current.get()
    except LookupError:
        found = None
    if found is None or found.closed:
        found = TrioPoller()
        _current.set(found)
        trio.lowlevel.spawn_system_task(found.watch, name="dialnet poller")
    return found


def pause() -> Coroutine[Any, Any, None]:
    """One turn of the scheduler for everybody else."""
    return trio.lowlevel.checkpoint()


class _TaskWaiter(TaskWaiter):
    __slots__ = ("_task", "_until", "_waiting")

    poller: TrioPoller

    def __init__(self, poller: TrioPoller) -> None:
        self.poller = poller
        self._task: Task | None = None
        self._until: float | None = None
        self._waiting = False

    def __await__(self) -> Generator[Any, Any, None]:
        return self._wait().__await__()

    async def _wait(self) -> None:
        until, self._until = self._until, None
        if until is None:
            await self._sleep()
        else:
            # trio's clock has an origin of its own.
            with trio.CancelScope(deadline=trio.current_time() + (until - monotonic())):
                await self._sleep()

    async def _sleep(self) -> None:
        self._waiting = True
        self._task = trio.lowlevel.current_task()
        await wait_task_rescheduled(self._abort)

    def _abort(self, _: object) -> Abort:
        self._waiting = False
        return Abort.SUCCEEDED

    def resume(self) -> None:
        if self._waiting:
            self._waiting = False
            task, self._task = self._task, None
            trio.lowlevel.reschedule(task)  # type: ignore[arg-type]

    def wake(self) -> None:
        if self.poller.in_thread():
            self.resume()
            return
        try:
            self.poller.token.run_sync_soon(self.resume)
        except trio.RunFinishedError:
            pass  # And with the run the task has ended that could have been woken.

    def here(self) -> bool:
        return self.poller.here()

    def arm(self, until: float) -> None:
        self._until = until


class _Work(TaskWork):
    """It has no nursery to run in that would outlive the wait and end with the run but the system's."""

    __slots__ = ("_scope",)

    def __init__(self, call: Callable[[], Awaitable[Any]]) -> None:
        super().__init__()
        self._scope = trio.CancelScope()
        trio.lowlevel.spawn_system_task(self._run, call, name="dialnet call", context=copy_context())

    async def _run(self, call: Callable[[], Awaitable[Any]]) -> None:
        with self._scope:
            await self.run(call)

    def abandon(self) -> None:
        self._scope.cancel()


class TrioPoller(TaskPoller):
    def __init__(self) -> None:
        super().__init__()
        self.token = trio.lowlevel.current_trio_token()

    async def watch(self) -> None:
        """The system task; trio cancels it when the run's main task has ended."""
        try:
            while True:
                await trio.lowlevel.wait_readable(self.readiness.fileno())
                self.dispatch()
        finally:
            self.close()

    def in_thread(self) -> bool:
        return in_trio_run() and trio.lowlevel.current_trio_token() is self.token

    def here(self) -> bool:
        return running() and trio.lowlevel.current_trio_token() is self.token

    def waiter(self) -> TaskWaiter:
        return _TaskWaiter(self)

    def arm(self, side: Side, waiter: TaskWaiter) -> None:
        assert side.deadline is not None
        waiter.arm(side.deadline)

    def start(self, call: Callable[[], Awaitable[Any]]) -> TaskWork:
        return _Work(call)

    def shielded(self) -> trio.CancelScope:
        return trio.CancelScope(shield=True)

    def call_there(self, call: Callable[[], None]) -> bool:
        if self.closed or self.in_thread():
            return False
        try:
            self.token.run_sync_soon(call)
        except trio.RunFinishedError:
            return False
        return True
