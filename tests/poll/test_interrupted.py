"""A signal handler raises, as Ctrl-C's does, between any two steps on a thread's way to its wait."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from types import CodeType, FrameType
from typing import Any

from dialnet.poll.threads import ThreadWaiter
from dialnet.system.masks import POLL_READ
from tests.hosts import PATIENCE


@contextmanager
def interrupted(code: CodeType, nth: int) -> Iterator[None]:
    """Raise `KeyboardInterrupt` before the nth line that is run of this function."""
    left = nth

    def trace(frame: FrameType, event: str, arg: object) -> Callable[..., Any] | None:
        nonlocal left
        if frame.f_code is not code:
            return None
        if event == "line":
            left -= 1
            if left == 0:
                raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield
    finally:
        sys.settrace(before)


def test_a_thread_waits_on_after_an_interrupt() -> None:
    """What it polls is what it is told to, whatever the last call had come to."""
    code = ThreadWaiter._watch.__code__
    (one, one_end), (two, two_end) = os.pipe(), os.pipe()
    try:
        os.write(one_end, b"x")
        for nth in count(1):
            for first in (-1, two):
                waiter = ThreadWaiter()
                waiter.wait(first, POLL_READ, 0)
                try:
                    with interrupted(code, nth):
                        waiter.wait(one, POLL_READ, 0)
                except KeyboardInterrupt:
                    pass
                else:
                    assert nth > 6
                    return
                # Neither the old one's nor the new one's events, and no error.
                assert not waiter.wait(two, POLL_READ, 0)
                assert waiter.wait(one, POLL_READ, 0)
                waiter.wake()
                assert not waiter.wait(two, POLL_READ, PATIENCE * 1000)
                assert not waiter.wait(-1, 0, 0)
                os.write(two_end, b"x")
                assert waiter.wait(two, POLL_READ, PATIENCE * 1000)
                os.read(two, 1)
    finally:
        for number in (one, one_end, two, two_end):
            os.close(number)
