"""Child processes that are pinned, say when they are ready, and never outlive their parent.

A child reads its standard input, in a thread or as its commands, and ends with it. So closing the pipe ends
it, and so does the parent's death, however that came about. A session of its own keeps Ctrl-C from it: the
parent hears of that and ends its children in order.
"""

from __future__ import annotations

import os
import select
import subprocess
import sys
import tempfile
import time
from types import TracebackType
from typing import Self


class ChildError(Exception):
    """A child ended, or was silent, when an answer was due; the text is the end of its standard error."""


class Child:
    """`python -m MODULE ARGUMENTS` with a line for a line between us."""

    def __init__(self, module: str, *arguments: str) -> None:
        self.errors = tempfile.TemporaryFile()  # noqa: SIM115  # `end` closes it
        command = [sys.executable, "-m", module, *arguments]
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            bufsize=0,
            start_new_session=True,
        )
        self._unread = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, err: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.end()

    def ask(self, line: str, limit: float) -> str:
        """Send a line, return the line that answers it."""
        assert self.process.stdin
        try:
            self.process.stdin.write(line.encode() + b"\n")
        except BrokenPipeError:
            raise ChildError(self._last_words("ended")) from None
        return self.line(limit)

    def line(self, limit: float) -> str:
        """Return the child's next line, at the latest after `limit` seconds."""
        assert self.process.stdout
        until = time.monotonic() + limit
        fd = self.process.stdout.fileno()
        while b"\n" not in self._unread:
            readable, _, _ = select.select([fd], [], [], max(0.0, until - time.monotonic()))
            if not readable:
                raise ChildError(self._last_words(f"no answer in {limit:.0f} s"))
            data = os.read(fd, 65536)
            if not data:
                raise ChildError(self._last_words("ended"))
            self._unread += data
        line, _, self._unread = self._unread.partition(b"\n")
        return line.decode()

    def end(self) -> None:
        """End the child and reap it; may be called again."""
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe:
                pipe.close()
        try:
            self.process.wait(1)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        except BaseException:
            self.process.kill()
            self.process.wait()
            raise
        finally:
            self.errors.close()

    def _last_words(self, what: str) -> str:
        self.errors.seek(0)
        lines = self.errors.read().decode(errors="replace").strip().splitlines()
        return f"{what}: {lines[-1].strip()}" if lines else what


def end_with_parent() -> None:
    """For a child's daemon thread: end the process when standard input does."""
    while os.read(0, 4096):
        pass
    os._exit(0)


def pin(core: int) -> None:
    """Keep this process, and the threads it will start, on one core; a negative one means any."""
    if core >= 0 and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {core})


def choose_cores() -> tuple[int, int]:
    """Return a core for the server and one for the load, different if there are two, or -1 each."""
    if not hasattr(os, "sched_getaffinity"):
        return -1, -1
    cores = sorted(os.sched_getaffinity(0))
    return cores[0], cores[1 if len(cores) > 1 else 0]


def cpu_clock(pid: int) -> int | None:
    """Return the id of the clock of a process's CPU time, as Linux's clock_getcpuclockid(3) makes it."""
    return (~pid << 3) | 2 if sys.platform == "linux" else None


def raise_descriptor_limit(wanted: int) -> int:
    """Raise the soft limit of open files towards `wanted`; return what it is then."""
    try:
        import resource
    except ImportError:
        return wanted
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return wanted
    goal = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (goal, hard))
    except (OSError, ValueError):
        return soft
    return goal
