"""Linux: eventfd, poll, edge-triggered epoll."""

from __future__ import annotations

import functools
import os
import resource
import select
import socket
import sys

assert sys.platform == "linux"

from .masks import ONCE, READ, WRITE  # noqa: E402

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType

    from .error_queue import ErrorQueue
    from .splice import Pipe

__all__ = [
    "ABSTRACT_UNIX",
    "DIAL_WILDCARD_TO_LOOPBACK",
    "LINGER",
    "MULTIPATH_TCP",
    "REUSE_ADDRESS",
    "SO_PROTOCOL",
    "Readiness",
    "ThreadPoll",
    "WakeDescriptor",
    "batches",
    "error_queue",
    "has_multipath_info",
    "keep_alive_options",
    "make_pipe",
    "max_backlog",
    "max_descriptors",
    "sendfile",
]

LINGER = "ii"
ABSTRACT_UNIX = True
# The kernel itself takes 0.0.0.0 and :: as destinations to mean this machine.
DIAL_WILDCARD_TO_LOOPBACK = False
# linux/in.h and asm-generic/socket.h; the first has a name in Python, but not on every build of it.
MULTIPATH_TCP: int | None = 262
SO_PROTOCOL = 38
REUSE_ADDRESS: int | None = socket.SO_REUSEADDR

ThreadPoll = select.poll


class WakeDescriptor:
    """Readable from `wake()` until `drain()` (eventfd(2))."""

    __slots__ = ("_number",)

    def __init__(self) -> None:
        self._number = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)

    def fileno(self) -> int:
        return self._number

    def wake(self) -> None:
        os.eventfd_write(self._number, 1)

    def drain(self) -> None:
        try:
            os.eventfd_read(self._number)
        except BlockingIOError:
            pass  # The wake-up before took this one along.

    def renew(self) -> None:
        """Stop sharing the counter with the parent process, keeping the number."""
        fresh = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        os.dup2(fresh, self._number, inheritable=False)
        os.close(fresh)

    def __del__(self) -> None:
        # The end of the thread it belongs to, or of the interpreter.
        if hasattr(self, "_number"):
            os.close(self._number)


class Readiness:
    """One epoll, every descriptor in it once and edge-triggered.

    EPOLLRDHUP and EPOLLPRI are asked for because a short read then no longer empties the queue: behind
    it may lie the end of the stream, or data beyond an urgent mark, and neither makes a new edge.
    """

    one_shot = False
    once = ONCE
    READS = select.EPOLLIN | select.EPOLLPRI | select.EPOLLRDHUP | select.EPOLLHUP | select.EPOLLERR
    WRITES = select.EPOLLOUT | select.EPOLLHUP | select.EPOLLERR
    HANGUPS = select.EPOLLPRI | select.EPOLLRDHUP | select.EPOLLHUP | select.EPOLLERR

    def __init__(self) -> None:
        self._epoll = select.epoll()

    def fileno(self) -> int:
        return self._epoll.fileno()

    def register(self, number: int, bits: int) -> None:
        self._epoll.register(number, _EVENTS[bits])

    def modify(self, number: int, bits: int) -> None:
        # EPOLL_CTL_MOD looks at the state anew, so nothing that came in between is missed.
        self._epoll.modify(number, _EVENTS[bits])

    def unregister(self, number: int) -> None:
        self._epoll.unregister(number)

    def wait(self, wake: int) -> None:
        """Block until something is ready or the descriptor `wake` is readable."""
        both = select.poll()
        both.register(self._epoll.fileno(), select.POLLIN)
        both.register(wake, select.POLLIN)
        both.poll()

    def poll(self) -> list[tuple[int, int]]:
        """What became ready since the last call; `READS`, `WRITES` and `HANGUPS` take it apart."""
        return self._epoll.poll(0)

    def close(self) -> None:
        self._epoll.close()


def _events(bits: int) -> int:
    events = select.EPOLLET
    if bits & READ:
        events |= select.EPOLLIN | select.EPOLLPRI | select.EPOLLRDHUP
    if bits & WRITE:
        events |= select.EPOLLOUT
    if bits & ONCE:
        # What is left in the epoll then reports nothing any more, also where a forked child keeps it alive.
        events |= select.EPOLLONESHOT
    return events


_EVENTS = [_events(bits) for bits in range(2 * ONCE)]


def keep_alive_options() -> tuple[int, int | None, int | None]:
    """The TCP options for idle time, interval (both in seconds) and count."""
    return socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT


def max_backlog() -> int:
    """/proc/sys/net/core/somaxconn, or SOMAXCONN where that cannot be read."""
    try:
        with open("/proc/sys/net/core/somaxconn", encoding="ascii") as file:
            return int(file.read(32)) or socket.SOMAXCONN
    except (OSError, ValueError):
        return socket.SOMAXCONN


def max_descriptors() -> int | None:
    """How many descriptors the process may have (the soft RLIMIT_NOFILE), or None where that is not known."""
    try:
        limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    except (OSError, ValueError):
        return None
    return None if limit == resource.RLIM_INFINITY else limit


@functools.cache
def has_multipath_info() -> bool:
    """Whether a socket can be asked if it has fallen back to plain TCP: since Linux 5.16."""
    major, minor = os.uname().release.split(".")[:2]
    return (int(major), int("".join(filter(str.isdigit, minor)) or 0)) >= (5, 16)


sendfile = os.sendfile


def make_pipe() -> Pipe:
    """What splice(2) needs between two sockets. Raises `OSError` if descriptors have run out."""
    from .splice import Pipe

    return Pipe()


def error_queue(sock: socket.socket) -> ErrorQueue:
    """Where the ICMP errors for what the socket sends come from now on. Raises `OSError`."""
    from .error_queue import ErrorQueue

    return ErrorQueue(sock)


@functools.cache
def batches() -> ModuleType | None:
    """recvmmsg(2) and sendmmsg(2), loaded at the first batch; None in a Python without ctypes."""
    try:
        from . import mmsg
    except (ImportError, AttributeError, OSError):
        return None
    return mmsg
