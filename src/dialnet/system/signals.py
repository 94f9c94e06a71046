"""That a signal is noticed, whatever the main thread waits in or comes by.

Python's handlers run in the main thread, between two steps of the interpreter. Two signals in many thousands
come to nothing:

- One that comes after the last look at the flags and before the system call is noted, but has come too early
  to end the call (EINTR): the main thread waits for something else to happen, for ever where nothing does.
  Some microseconds before each poll(2), write(2) or sem_wait(3) are open to that. The kernel's answer is
  ppoll(2), which Python has not, and which would be one for `poll` alone.
- What a handler raises within a `__del__` or a weakref's callback goes to `sys.unraisablehook`, no further.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import threading

from .starting import start

__all__ = ["have_signals_noticed"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

# In milliseconds, doubled from nudge to nudge: a process that ends at once gets none, one that is kept from
# going the few steps into the call gets the last after half a minute.
_FIRST_PAUSE = 1
_LAST_PAUSE = 16_384

if sys.platform == "win32":

    def have_signals_noticed() -> None:
        """Nothing can end a call of another thread here."""

else:
    # Its default is to be ignored, so one that comes while the interpreter ends does no harm, and nobody else
    # here wants it: the kernel sends it for urgent data to who has asked for it with F_SETOWN.
    _NUDGE = signal.SIGURG

    def have_signals_noticed() -> None:
        """From now on a signal with a handler of Python's is followed by nudges, until one is bound to have
        come to the main thread inside of its call; and what a handler raised in vain is raised again.

        For a program, not for a library: there is one `signal.set_wakeup_fd` to a process, and where it is in
        use already nothing is done. To be called in the main thread.
        """
        read, write = os.pipe()
        os.set_blocking(write, False)
        before = signal.set_wakeup_fd(write, warn_on_full_buffer=False)
        if before != -1:
            signal.set_wakeup_fd(before)
            os.close(read)
            os.close(write)
            return
        sys.unraisablehook = nudged = _Nudged(write, sys.unraisablehook)
        signal.signal(_NUDGE, nudged.handle)
        main = threading.get_ident()
        start(lambda: _nudge(read, main), "signals")

    class _Nudged:
        """The main thread's side: the handler of the nudge, and what takes up what others raised in vain."""

        def __init__(self, write: int, hook: Callable[[Any], Any]) -> None:
            self._write = write
            self._hook = hook
            self._in_vain: BaseException | None = None

        def __call__(self, unraisable: Any) -> None:
            """As `sys.unraisablehook`."""
            err = unraisable.exc_value
            if not isinstance(err, (KeyboardInterrupt, SystemExit)):
                self._hook(unraisable)
                return
            # To raise it here would be in vain too. Its traceback holds what is being disposed of.
            err = err.with_traceback(None)
            os.write(self._write, b"\0")
            # Last, with no step after it in which the nudge could come.
            self._in_vain = err

        def handle(self, number: int, frame: object) -> None:
            """The interpreter has looked at its flags, and so it has run the other handlers."""
            err, self._in_vain = self._in_vain, None
            if err is not None:
                raise err

    def _nudge(read: int, main: int) -> None:
        poll = select.poll()
        poll.register(read, select.POLLIN)
        pause: int | None = None
        while True:
            if poll.poll(pause):
                # A nudge comes by here as well, and is no reason for another one.
                if os.read(read, 512).strip(bytes([_NUDGE])):
                    pause = _FIRST_PAUSE
            elif pause is not None:
                signal.pthread_kill(main, _NUDGE)
                pause = pause * 2 if pause < _LAST_PAUSE else None
