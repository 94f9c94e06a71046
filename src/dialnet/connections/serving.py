"""What an accept loop does in both faces: how long it pauses, when it ends, what it tells."""

from __future__ import annotations

from sys import is_finalizing

from ..poll.fd import Side
from ..poll.signal import Signal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..poll.protocols import Event, Waiter

__all__ = ["Over", "Pauses", "Served", "check_served", "closing", "log_accept", "log_handler"]

# As Go's net/http: 5 ms, doubled up to 1 s, while accept goes on failing.
_FIRST, _LONGEST = 0.005, 1.0


class Pauses:
    """How long to wait after an accept that failed for now."""

    def __init__(self) -> None:
        self._next = _FIRST

    def next(self) -> float:
        pause, self._next = self._next, min(self._next * 2, _LONGEST)
        return pause

    def reset(self) -> None:
        self._next = _FIRST


class Served:
    """The connections being served, by whoever serves each. `news` fires when one is done."""

    def __init__(self) -> None:
        self.conns: dict[Any, Any] = {}
        self.news = Signal()
        # Errors of handlers whose connection was taken away from them are no news.
        self.cut_off = False

    def done(self, server: Any) -> None:
        self.conns.pop(server, None)
        news, self.news = self.news, Signal()
        news.set()

    def cut(self) -> None:
        """Close what is still being served."""
        self.cut_off = True
        for conn in list(self.conns.values()):
            conn.close()


class _Closing:
    """A listener's end, as something to wait for while not accepting."""

    def __init__(self, side: Side) -> None:
        self._side = side

    def fired(self) -> bool:
        return self._side.closed

    def attach(self, waiter: Waiter) -> None:
        self._side.enter(waiter)

    def detach(self, waiter: Waiter) -> None:
        self._side.leave(waiter)


class Over:
    """A listener over another one, which may be of anybody's class: its own close is told from here."""

    def _lie_over(self, listener: Any) -> None:
        self._listener = listener
        self._shut = Signal()

    def close(self) -> None:
        """Stop listening. Accepted connections live on. Never waits; the second call does nothing."""
        try:
            self._listener.close()
        finally:
            # At the interpreter's end nobody waits, and a thread that was stopped may have the signal's lock.
            if not is_finalizing():
                self._shut.set()


def closing(listener: Any) -> list[Event]:
    """The events of the listener's close, where it is a socket or says so itself; others are only seen at the
    next accept."""
    if isinstance(listener, Over):
        # The one below may be closed by whoever made it.
        return [listener._shut, *closing(listener._listener)]
    fd = getattr(listener, "_fd", None)
    return [] if fd is None or not hasattr(fd, "reading") else [_Closing(fd.reading)]


def check_served(handler: object, limit: int | None) -> None:
    """Raises `TypeError`, `ValueError`."""
    # Loaded now: when it is needed descriptors may have run out, and no module can be read any more.
    _logger()
    if not callable(handler):
        raise TypeError(f"a handler is called with a connection; {type(handler).__name__} cannot be")
    if limit is not None:
        if isinstance(limit, bool) or not isinstance(limit, int):
            raise TypeError(f"limit is a number of connections or None, not {type(limit).__name__}")
        if limit < 1:
            raise ValueError("a limit below 1 would serve nobody")


def log_accept(listener: Any, err: OSError, pause: float) -> None:
    _logger().warning("accept on %s failed, again in %.3f s: %s", listener.addr, pause, err)


def log_handler(conn: Any, err: BaseException) -> None:
    """Say whose connection it was: the traceback does not."""
    _logger().error(
        "serving %s -> %s failed: %s", conn.remote_addr, conn.local_addr, type(err).__name__, exc_info=err
    )


def _logger() -> Any:
    import logging

    return logging.getLogger("dialnet.serve")
