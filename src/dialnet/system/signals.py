"""That a signal is noticed, whatever the main thread waits in.

Python's handlers run in the main thread, between two steps of the interpreter. A signal that comes after its
last look at the flags and before the system call is noted, but it has come too early to end the call (EINTR):
the main thread then waits for something else to happen, for ever where nothing does. Some microseconds before
each poll(2), write(2) or sem_wait(3) are open to that. The kernel's answer is ppoll(2), which Python has not,
and which would be one for `poll` alone.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import threading

__all__ = ["have_signals_noticed"]

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
        """From now on a signal with a handler of Python's is followed by others that have none to speak of,
        until one is bound to have come to the main thread inside of its call.

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
        signal.signal(_NUDGE, _noticed)
        threading.Thread(
            target=_watch, args=(read, threading.get_ident()), name="signals", daemon=True
        ).start()

    def _noticed(number: int, frame: object) -> None:
        """The interpreter has looked at its flags, and seen the others too."""

    def _watch(read: int, main: int) -> None:
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
