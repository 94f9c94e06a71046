"""The accept loop, for tasks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from ..connections.serving import Pauses, Served, check_served, closing, log_accept, log_handler
from ..errors import ClosedError
from ..poll.deadline import timeout_instant
from ..poll.task_host import drive
from ..poll.tasks import TaskPoller, TaskWork, current_poller
from ..poll.waits import now, wait
from .conn import Conn
from .listener import Listener

__all__ = ["serve"]

# What a handler that was cancelled may still take.
_LAST_MOMENT = 5.0


async def serve(
    listener: Listener,
    handler: Callable[[Conn], Awaitable[object]],
    *,
    limit: int | None = None,
    grace: float | timedelta | None = None,
) -> None:
    """Accept connections until the listener is closed, and have each served by `await handler(conn)`, in a
    task of its own; afterwards the connection is closed.

    Args:
        limit: how many connections are served at one time, at least 1; others wait in the listener's queue.
        grace: seconds (or a `timedelta`) that connections have to come to their end once the listener is
            closed; then their tasks are cancelled and they are closed. `None`: as long as they take.
            Handlers that do not end with that are left to themselves after 5 s more.

    An accept that fails for now (no descriptors left) is tried again after a pause of 5 ms to 1 s. What a
    handler raises is logged (logger `dialnet.serve`) with the connection's addresses. When `serve` returns or
    raises, the listener is closed, unless an argument was wrong. If its own task is cancelled, so are the
    handlers', without grace; what they do on their way out is waited for all the same.

    Raises `OpError` if accepting fails for good.
    """
    check_served(handler, limit)
    timeout_instant(grace, 0.0)
    poller = current_poller()
    served, pauses = Served(), Pauses()
    works: dict[object, TaskWork] = {}
    try:
        while await _room(listener, served, limit):
            try:
                conn = await listener.accept()
            except ClosedError:
                break
            except OSError as err:
                if not getattr(err, "temporary", False):
                    raise
                pause = pauses.next()
                log_accept(listener, err, pause)
                await _wait(closing(listener), pause)
                continue
            pauses.reset()
            _start(poller, conn, handler, served, works)
        listener.close()
        await _drain(served, grace)
    except GeneratorExit:
        # Closed from outside, where nothing can be awaited any more.
        _cut(listener, served, works)
        raise
    except BaseException:
        _cut(listener, served, works)
        with poller.shielded():
            await _drain(served, _LAST_MOMENT)
        raise
    _cut(listener, served, works)
    await _drain(served, _LAST_MOMENT)


def _cut(listener: Listener, served: Served, works: dict[object, TaskWork]) -> None:
    listener.close()
    served.cut()
    for work in list(works.values()):
        work.abandon()


async def _room(listener: Listener, served: Served, limit: int | None) -> bool:
    """Wait until there is room for one more; False if the listener was closed before."""
    while limit is not None and len(served.conns) >= limit:
        ends = closing(listener)
        await _wait([served.news, *ends])
        if any(event.fired() for event in ends):
            return False
    return True


async def _wait(events: list[Any], seconds: float | None = None) -> None:
    async def work() -> None:
        await wait(*events, until=None if seconds is None else await now() + seconds)

    await drive(work())


def _start(
    poller: TaskPoller,
    conn: Conn,
    handler: Callable[[Conn], Awaitable[object]],
    served: Served,
    works: dict[object, TaskWork],
) -> None:
    key = object()
    served.conns[key] = conn

    async def run() -> None:
        try:
            await handler(conn)
        except Exception as err:
            if not served.cut_off:
                log_handler(conn, err)
        finally:
            try:
                conn.close()
            finally:
                works.pop(key, None)
                served.done(key)

    work = poller.start(run)
    # An eager task may have come to its end already.
    if key in served.conns:
        works[key] = work


async def _drain(served: Served, grace: float | timedelta | None) -> None:
    async def work() -> None:
        until = timeout_instant(grace, await now())
        while served.conns and (until is None or await now() < until):
            await wait(served.news, until=until)

    await drive(work())
