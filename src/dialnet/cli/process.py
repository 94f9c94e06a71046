"""What the shell and the system see of a command: standard streams, signals, exit statuses.

Needs neither click nor the rest of dialnet, so that it can still speak when something is missing.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from typing import NoReturn

from .visible import show

__all__ = [
    "FAILED",
    "INTERRUPTED",
    "OUTPUT_CLOSED",
    "Failed",
    "OutputClosed",
    "end_on_signals",
    "fill_standard_streams",
    "ignore",
    "line",
    "tell",
]

FAILED = 1
INTERRUPTED = 130  # 128 + SIGINT, what a shell reports of a command that Ctrl-C ended
OUTPUT_CLOSED = 141  # 128 + SIGPIPE, what it reports of `cat` before `| head -1`

_speaking = threading.Lock()


class Failed(Exception):
    """The command failed; the text is the whole message."""


class OutputClosed(Exception):
    """Nobody reads the standard output any more: not a failure, and no reason to go on."""


def tell(text: str) -> None:
    """Write one line about the command to stderr, whole and at once."""
    line(f"dialnet: {text}")


def ignore(text: str) -> None:
    """In place of `tell` where nobody asked for details."""


def line(text: str) -> None:
    """Write one line to stderr; control characters are made visible, for names may come from a peer."""
    if sys.stderr is None:
        return
    try:
        with _speaking:
            sys.stderr.write(show(text, keep="") + "\n")
            sys.stderr.flush()
    except (OSError, ValueError):
        pass  # nobody to tell


def fill_standard_streams() -> None:
    """Open what the parent closed of descriptors 0 to 2; else the first socket would become our stdout."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDONLY if number == 0 else os.O_WRONLY)


def end_on_signals() -> None:
    """Let SIGTERM and SIGHUP unwind the main thread, as Ctrl-C does, so that socket files are removed.

    A signal the parent had us ignore (`nohup`) stays ignored. The exit status is 128 + the signal's number.
    Who sends one sends it once, so all of them are seen to.
    """
    from ..system.signals import have_signals_noticed

    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _end)
    have_signals_noticed()


def _end(number: int, frame: object) -> NoReturn:
    signal.signal(number, signal.SIG_IGN)  # a second one shall not interrupt the cleaning up
    raise SystemExit(128 + number)
