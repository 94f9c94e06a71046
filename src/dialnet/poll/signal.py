"""Things that happen which are no descriptor's business: a flag that wakes whoever waits for it."""

from __future__ import annotations

from threading import RLock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .protocols import Waiter

__all__ = ["CancelToken", "Signal"]


class Signal:
    """A flag that is set once, from any thread, and then wakes its waiters."""

    __slots__ = ("__weakref__", "_lock", "_set", "_waiters")

    def __init__(self) -> None:
        # Re-entrant: a signal handler may set it while its own thread attaches.
        self._lock = RLock()
        self._set = False
        self._waiters: list[Waiter] = []

    def set(self) -> None:
        with self._lock:
            if self._set:
                return
            self._set = True
            waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            waiter.wake()

    def fired(self) -> bool:
        return self._set

    def attach(self, waiter: Waiter) -> None:
        """Have `waiter` woken when the flag is set; now, if it is."""
        with self._lock:
            if not self._set:
                self._waiters.append(waiter)
                return
        waiter.wake()

    def detach(self, waiter: Waiter) -> None:
        with self._lock:
            if waiter in self._waiters:
                self._waiters.remove(waiter)


class CancelToken(Signal):
    """Ends a dial, a lookup or an accept that was given it as `cancel=`.

    `cancel()` may be called from any thread and from a signal handler, any number of times; what waits
    with this token, and whatever is given it later, raises `CanceledError`.
    """

    __slots__ = ()

    def cancel(self) -> None:
        """End everything that was given this token. Never waits."""
        self.set()

    @property
    def cancelled(self) -> bool:
        """Whether `cancel` was called."""
        return self._set

    def __repr__(self) -> str:
        return f"<CancelToken {'cancelled' if self._set else 'active'}>"
