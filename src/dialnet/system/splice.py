"""splice(2): bytes from one socket to another by way of a pipe, without coming by here. Linux.

A `Piped` looks like data to `send_all` and its kin: it has a length, slicing it says how much is left, and
`Pipe.drainer`'s function moves as much as the socket takes.
"""

from __future__ import annotations

import fcntl
import os
import sys
from collections.abc import Callable

assert sys.platform == "linux"

__all__ = ["Pipe", "Piped"]

# How much may be under way: more than a socket's buffer takes at once gains nothing.
_SIZE = 1024 * 1024
_F_SETPIPE_SZ = 1031  # F_LINUX_SPECIFIC_BASE + 7; Python 3.11 has it under fcntl on some builds only


class Pipe:
    """The pipe that splice(2) needs between two sockets."""

    __slots__ = ("_reading", "_writing", "held", "moved")

    def __init__(self) -> None:
        self._reading, self._writing = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        # What is in it: taken from the one end, not yet at the other.
        self.held = 0
        # What has reached the other end in all.
        self.moved = 0
        try:
            fcntl.fcntl(self._writing, _F_SETPIPE_SZ, _SIZE)
        except OSError:
            pass  # More than /proc/sys/fs/pipe-max-size, or too many pipes by now: it works as it is.

    def fill(self, number: int) -> int:
        """Take what is there from a descriptor; 0 at its end. For an empty pipe, which never blocks."""
        self.held = os.splice(number, self._writing, _SIZE, flags=os.SPLICE_F_MOVE | os.SPLICE_F_NONBLOCK)
        return self.held

    def piped(self) -> Piped:
        """What is in it, as data to write."""
        return Piped(self.held)

    def drainer(self, number: int) -> Callable[[Piped], int]:
        """A function that moves as much as the descriptor takes of a `Piped`."""

        def drain(piped: Piped) -> int:
            moved = os.splice(
                self._reading, number, len(piped), flags=os.SPLICE_F_MOVE | os.SPLICE_F_NONBLOCK
            )
            self.held -= moved
            self.moved += moved
            return moved

        return drain

    def rest(self) -> bytes:
        """What is still in it."""
        data = b""
        while self.held:
            chunk = os.read(self._reading, self.held)
            self.held -= len(chunk)
            data += chunk
        return data

    def close(self) -> None:
        os.close(self._reading)
        os.close(self._writing)


class Piped:
    """So many bytes in a pipe."""

    __slots__ = ("_length",)

    def __init__(self, length: int) -> None:
        self._length = length

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, rest: slice) -> Piped:
        return Piped(self._length - rest.start)
