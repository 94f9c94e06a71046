"""`dialnet ARGUMENT...`, with a signal that comes at the worst moment: the main thread is about to wait.

Started as `python -m tests.cli.raced MOMENT NTH SIGNAL ARGUMENT...`. MOMENT is `poll` or `write`: the main
thread's NTH call of it, the package's or to stdout, has the signal between the interpreter's last look at its
flags and the system call. Or it is `del`: the signal comes in a `__del__` before the NTH `poll`. Or it is
`start`: while a thread for the NTH connection is started, where what its handler raises comes out as another
error. The call has no limit of its own: if nobody sees to that signal, the command never ends.
"""

from __future__ import annotations

import ctypes
import os
import select
import signal
import sys
import threading
from collections.abc import Callable
from functools import partial
from operator import call
from types import FrameType
from typing import Any

from dialnet import system
from dialnet.cli import main
from dialnet.cli.accept import serve_all

# PyDLL keeps the GIL; raise(3) returns when the signal was delivered to the thread that calls it.
_RAISE = getattr(ctypes.PyDLL(None), "raise")


class Moment:
    """Counts the main thread's calls down, and spoils the one."""

    def __init__(self, name: str, nth: int, number: int) -> None:
        self._name = name
        self._left = nth
        self._number = number
        self._main = threading.get_ident()

    def __call__(self, plain: Callable[[], Any], endless: Callable[[], Any]) -> Any:
        """`plain()`, or the signal and `endless()`."""
        if threading.get_ident() == self._main:
            self._left -= 1
            if self._left == 0 and self._name == "del":
                Disposed(self._number)
                return endless()
            if self._left == 0:
                # All of this line is C: the interpreter looks at its flags before and after it.
                return list(map(call, (partial(_RAISE, self._number), endless)))[1]
        return plain()


class Disposed:
    def __init__(self, number: int) -> None:
        self._number = number

    def __del__(self) -> None:
        signal.raise_signal(self._number)


class Poll:
    """`system.ThreadPoll` with the moment in it."""

    moment: Moment

    def __init__(self) -> None:
        self._poll = select.poll()
        self.register = self._poll.register
        self.unregister = self._poll.unregister

    def poll(self, timeout: float | None = None) -> list[tuple[int, int]]:
        events: list[tuple[int, int]] = self.moment(partial(self._poll.poll, timeout), self._poll.poll)
        return events


class Starts:
    """Looks for `Thread.start` about to take the lock of its condition again, in the accept loop."""

    def __init__(self, nth: int, number: int) -> None:
        self._left = nth
        self._number = number

    def __call__(self, frame: FrameType, event: str, arg: object) -> None:
        if frame.f_code is not threading.Condition._acquire_restore.__code__ or event != "call":
            return
        callers = frame
        while callers.f_code is not serve_all.__code__:
            if callers.f_back is None:
                return
            callers = callers.f_back
        self._left -= 1
        if self._left == 0:
            signal.raise_signal(self._number)


def spoil(name: str, moment: Moment) -> None:
    if name != "write":
        Poll.moment = moment
        system.ThreadPoll = Poll  # type: ignore[misc, assignment]
        return
    write = os.write

    def raced(number: int, data: Any) -> int:
        if number != 1:
            return write(number, data)
        same = partial(write, number, data)
        written: int = moment(same, same)
        return written

    os.write = raced


if __name__ == "__main__":
    name, nth, number, *arguments = sys.argv[1:]
    if name == "start":
        sys.setprofile(Starts(int(nth), int(number)))
    else:
        spoil(name, Moment(name, int(nth), int(number)))
    sys.exit(main(arguments))
