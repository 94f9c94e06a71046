"""What waits and what is waited for look like. For the type checker alone: nothing imports it."""

from __future__ import annotations

from typing import Any, Protocol

__all__ = ["Event", "Waiter", "Work"]


class Waiter(Protocol):
    """Somebody who waits: a thread, a task, or a multi-step operation."""

    def wake(self) -> None:
        """Have it look at the state again. From any thread; never blocks; never runs it here."""

    def resume(self) -> None:
        """The same, called by the poller of the waiter's own loop: it may run at once."""

    def left(self) -> None:
        """Wait until it is out of the kernel, which keeps a descriptor alive that somebody polls."""


class Event(Protocol):
    """Something that can be waited for; `signal.Signal` is one, `waits.Ready` another."""

    def fired(self) -> bool: ...

    def attach(self, waiter: Waiter) -> None: ...

    def detach(self, waiter: Waiter) -> None: ...


class Work(Event, Protocol):
    """A call that is made elsewhere. It fires when it is done, with `value` or `error`."""

    value: Any
    error: BaseException | None

    def abandon(self) -> None:
        """Nobody waits for it any more: have it end, if it can be ended, and be forgotten."""
