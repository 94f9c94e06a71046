"""`Watched`: a file's content, parsed, and looked at again every few seconds.

A lookup asks for it every time, so what is common costs a comparison; and a lookup must never wait for
another one's reading, so of those who find that it is time to look, one does and the others take what is
there. Only the very first value is waited for, as there is nothing else to take. A file that takes long is
parsed aside: by a thread, in the meantime what is there holds, and for the first value `ready` waits.

A value and what is known about it are published as one tuple, by one assignment: readers need no lock.
"""

from __future__ import annotations

import functools
import math
import os
import weakref
from collections.abc import Callable
from threading import RLock
from time import monotonic

from .aside import Aside
from .reading import Signature, read, signature

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Generic, TypeVar

    T = TypeVar("T")
else:
    T = None

    class Generic:
        """What `typing.Generic` is here: nothing but the brackets."""

        def __class_getitem__(cls, _: object) -> type:
            return cls


__all__ = ["INTERVAL", "Watched"]

# Go's: how long a change of a file may go unnoticed, in seconds.
INTERVAL = 5.0


class Watched(Generic[T]):
    """What `parse` makes of a file's first `limit` bytes, or of the `OSError` that reading them gave.

    `parse` must take any bytes and any error, and raise nothing. `interval` is for how many seconds a
    value is good without a look at the file, or a function of the value that says it: 0 for a look at
    every call, infinity for never again. With `keep` an error leaves the value before it in place, unless
    it says that the file is missing or may not be read.

    A look is one stat(2), and a read and a parse if that shows another file than before. What `parse`
    costs is bounded by `limit`; of a file with more than `long` bytes it is made aside.
    """

    def __init__(
        self,
        path: str,
        parse: Callable[[bytes | OSError], T],
        *,
        limit: int,
        interval: float | Callable[[T], float] = INTERVAL,
        keep: bool = False,
        long: float = math.inf,
    ) -> None:
        self.path = path
        self._parse = parse
        self._limit = limit
        self._interval = interval
        self._keep = keep
        self._long = long
        self._aside = Aside()
        # Re-entrant: a signal handler's or a finalizer's lookup may come while its own thread is reading.
        self._lock = RLock()
        # The value, the signature of its file, when that was last looked at, and for how long that is good.
        self._state: tuple[T, Signature | None, float, float] | None = None
        # Whether there is a value already.
        self.known = False
        _living.add(self)

    def get(self, now: float | None = None, *, force: bool = False) -> T:
        """The value, after a look at the file if it is time for one. `now` is on the monotonic clock.

        `force` looks in any case, after whoever is looking.
        """
        state = self._state
        if now is None:
            now = monotonic()
        if state is not None and not force:
            value, _, looked, good_for = state
            # Not "now - looked": with a clock that began anew it would be good for ever.
            if abs(now - looked) < good_for:
                return value
        # Not self._lock at the end: in a child forked meanwhile that is another one.
        lock = self._lock
        if not lock.acquire(blocking=force or state is None):
            return value
        try:
            latest = self._state
            if latest is not None and latest is not state and not force:
                return latest[0]  # Somebody has just looked.
            return self._look(now, aside=state is not None and not force)
        finally:
            lock.release()

    async def ready(self) -> bool:
        """Wait for the first value, if it would take `get` long to make it; whether there was a wait."""
        if self._state is not None:
            return False
        try:
            size = os.stat(self.path).st_size
        except OSError:
            return False  # `get` will see it too.
        if size > self._long:
            await self._aside.made(functools.partial(self.get, force=True))
            return True
        return False

    def _look(self, now: float, aside: bool) -> T:
        state = self._state
        content: bytes | OSError
        read_from = None
        try:
            if state is not None:
                value, known, _, good_for = state
                found = os.stat(self.path)
                same = known is not None and signature(found) == known
                if same or (aside and found.st_size > self._long):
                    # As far as others are concerned it has been looked at.
                    self._state = (value, known, now, good_for)
                    if not same:
                        self._aside.begin(functools.partial(self.get, force=True))
                    return value
            content, read_from = read(self.path, self._limit)
        except OSError as err:
            # It may be kept for long; the frames it came through, and what they hold, must not be.
            err.__traceback__ = err.__context__ = None
            content = err
        if state is None or not self._keep or not _is_odd(content):
            value = self._parse(content)
        interval = self._interval
        self._state = (value, read_from, now, interval(value) if callable(interval) else interval)
        self.known = True
        return value


def _is_odd(content: bytes | OSError) -> bool:
    return isinstance(content, OSError) and not isinstance(content, (FileNotFoundError, PermissionError))


_living: weakref.WeakSet[Watched[Any]] = weakref.WeakSet()


def _after_fork() -> None:
    # A thread that was looking is not there in the child, and would be looking for ever.
    for watched in list(_living):
        watched._lock = RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
