"""The accept loop, for threads."""

from __future__ import annotations

from collections.abc import Callable

from ..connections.serving import Pauses, Served, check_served, closing, log_accept, log_handler
from ..errors import ClosedError
from ..poll.deadline import timeout_instant
from ..poll.thread_host import drive
from ..poll.threads import give_back, take_waiter
from ..poll.waits import now, wait
from ..system.starting import start
from .conn import Conn
from .listener import Listener

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import timedelta

    from ..poll.protocols import Event

__all__ = ["serve"]

# What a handler that was cut off may still take to notice.
_LAST_MOMENT = 5.0


def serve(
    listener: Listener,
    handler: Callable[[Conn], object],
    *,
    limit: int | None = None,
    grace: float | timedelta | None = None,
) -> None:
    """Accept connections until the listener is closed, and have each served by `handler(conn)`, in a thread
    of its own; afterwards the connection is closed.

    Args:
        limit: how many connections are served at one time, at least 1; others wait in the listener's queue.
        grace: seconds (or a `timedelta`) that connections have to come to their end once the listener is
            closed, from another thread or by a signal handler; then they are closed, and handlers that do not
            notice are left to themselves after 5 s more. `None`: as long as they take.

    An accept that fails for now (no descriptors left) is tried again after a pause of 5 ms to 1 s. What a
    handler raises is logged (logger `dialnet.serve`) with the connection's addresses. When `serve` returns or
    raises, the listener is closed, unless an argument was wrong.

    Raises `OpError` if accepting fails for good; what ends it from outside (`KeyboardInterrupt`) after the
    grace.
    """
    check_served(handler, limit)
    # What this thread waits with, while there are descriptors: the first wait may be when there are none.
    give_back(take_waiter())
    served, pauses = Served(), Pauses()
    # Its type is checked before anything is waited for.
    timeout_instant(grace, 0.0)
    try:
        while _room(listener, served, limit):
            try:
                conn = listener.accept()
            except ClosedError:
                break
            except OSError as err:
                if not getattr(err, "temporary", False):
                    raise
                pause = pauses.next()
                log_accept(listener, err, pause)
                _wait(closing(listener), pause)
                continue
            pauses.reset()
            _start(conn, handler, served)
    finally:
        listener.close()
        _end(served, grace)


def _room(listener: Listener, served: Served, limit: int | None) -> bool:
    """Wait until there is room for one more; False if the listener was closed before."""
    while limit is not None and len(served.conns) >= limit:
        news = served.news
        if len(served.conns) >= limit:
            ends = closing(listener)
            _wait([news, *ends])
            if any(event.fired() for event in ends):
                return False
    return True


def _wait(events: list[Event], seconds: float | None = None) -> None:
    async def work() -> None:
        await wait(*events, until=None if seconds is None else await now() + seconds)

    drive(work())


def _start(conn: Conn, handler: Callable[[Conn], object], served: Served) -> None:
    def run() -> None:
        try:
            handler(conn)
        except Exception as err:
            if not served.cut_off:
                log_handler(conn, err)
        finally:
            try:
                conn.close()
            finally:
                served.done(server)

    def otherwise(err: BaseException) -> None:
        # No more threads: this connection is lost, the others are not.
        served.done(server)
        if isinstance(err, RuntimeError):
            log_handler(conn, err)
        conn.close()

    server, name = object(), f"dialnet serve {conn.remote_addr}"
    served.conns[server] = conn
    start(run, name, otherwise)


def _end(served: Served, grace: float | timedelta | None) -> None:
    try:
        _drain(served, grace)
    finally:
        # Also when a second Ctrl-C ends the wait.
        served.cut()
    _drain(served, _LAST_MOMENT)


def _drain(served: Served, grace: float | timedelta | None) -> None:
    async def work() -> None:
        until = timeout_instant(grace, await now())
        while True:
            news = served.news
            if not served.conns or (until is not None and await now() >= until):
                return
            await wait(news, until=until)

    drive(work())
