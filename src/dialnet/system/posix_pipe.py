"""A wake descriptor made of a pipe, for Unix systems without `eventfd`."""

from __future__ import annotations

import os
import sys

assert sys.platform != "win32"

__all__ = ["PipeWake"]


class PipeWake:
    """Readable from `wake()` until `drain()`."""

    __slots__ = ("_read", "_write")

    def __init__(self) -> None:
        self._read, self._write = os.pipe()
        for number in (self._read, self._write):
            os.set_blocking(number, False)

    def fileno(self) -> int:
        return self._read

    def wake(self) -> None:
        try:
            os.write(self._write, b"\0")
        except BlockingIOError:
            pass  # Full of wakes nobody has taken yet: one more would say nothing new.

    def drain(self) -> None:
        try:
            while len(os.read(self._read, 512)) == 512:
                continue
        except BlockingIOError:
            pass  # Another wake-up took it first.

    def renew(self) -> None:
        """Stop sharing the pipe with the parent process, keeping the numbers."""
        fresh = os.pipe()
        for new, old in zip(fresh, (self._read, self._write), strict=True):
            os.set_blocking(new, False)
            os.dup2(new, old, inheritable=False)
            os.close(new)

    def __del__(self) -> None:
        # The end of the thread it belongs to, or of the interpreter.
        if hasattr(self, "_write"):
            os.close(self._read)
            os.close(self._write)
