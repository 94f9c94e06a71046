"""macOS and the BSDs: a pipe to wake with, poll, kqueue."""

from __future__ import annotations

import os
import resource
import select
import socket
import sys

assert sys.platform != "linux"
assert sys.platform != "win32"

from .masks import HANGUP, READ, WRITE  # noqa: E402
from .posix_pipe import PipeWake as WakeDescriptor  # noqa: E402

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType

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
ABSTRACT_UNIX = False
# FreeBSD and OpenBSD refuse to connect to the unspecified address; macOS takes it. One way for all.
DIAL_WILDCARD_TO_LOOPBACK = True
MULTIPATH_TCP: int | None = None
SO_PROTOCOL = 0
REUSE_ADDRESS: int | None = socket.SO_REUSEADDR

ThreadPoll = select.poll


class Readiness:
    """One kqueue; EV_CLEAR makes its events edges."""

    one_shot = False
    once = 0
    READS = READ
    WRITES = WRITE
    HANGUPS = HANGUP

    def __init__(self) -> None:
        self._queue = select.kqueue()
        self._registered: dict[int, int] = {}

    def fileno(self) -> int:
        return self._queue.fileno()

    def register(self, number: int, bits: int) -> None:
        self._registered[number] = bits
        self._queue.control(_changes(number, bits, select.KQ_EV_ADD | select.KQ_EV_CLEAR), 0)

    modify = register

    def unregister(self, number: int) -> None:
        bits = self._registered.pop(number, 0)
        if bits:
            self._queue.control(_changes(number, bits, select.KQ_EV_DELETE), 0)

    def wait(self, wake: int) -> None:
        """Block until something is ready or the descriptor `wake` is readable."""
        both = select.poll()
        both.register(self._queue.fileno(), select.POLLIN)
        both.register(wake, select.POLLIN)
        both.poll()

    def poll(self) -> list[tuple[int, int]]:
        """What became ready since the last call; `READS`, `WRITES` and `HANGUPS` take it apart."""
        reports = []
        for event in self._queue.control(None, 1024, 0):
            bits = READ if event.filter == select.KQ_FILTER_READ else WRITE
            if event.flags & (select.KQ_EV_EOF | select.KQ_EV_ERROR):
                bits |= HANGUP
            reports.append((event.ident, bits))
        return reports

    def close(self) -> None:
        self._queue.close()


def _changes(number: int, bits: int, flags: int) -> list[select.kevent]:
    changes = []
    if bits & READ:
        changes.append(select.kevent(number, select.KQ_FILTER_READ, flags))
    if bits & WRITE:
        changes.append(select.kevent(number, select.KQ_FILTER_WRITE, flags))
    return changes


def keep_alive_options() -> tuple[int, int | None, int | None]:
    """The TCP options for idle time, interval (both in seconds) and count."""
    # macOS calls the idle time TCP_KEEPALIVE.
    idle: int = getattr(socket, "TCP_KEEPIDLE", None) or getattr(socket, "TCP_KEEPALIVE", None) or 0x10
    return idle, getattr(socket, "TCP_KEEPINTVL", None), getattr(socket, "TCP_KEEPCNT", None)


def max_backlog() -> int:
    """SOMAXCONN: the kernel cuts it down to kern.ipc.somaxconn by itself."""
    return socket.SOMAXCONN


def max_descriptors() -> int | None:
    """How many descriptors the process may have (the soft RLIMIT_NOFILE), or None where that is not known."""
    try:
        limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    except (OSError, ValueError):
        return None
    return None if limit == resource.RLIM_INFINITY else limit


def has_multipath_info() -> bool:
    return False


sendfile = os.sendfile


# There is no splice(2).
make_pipe = None


error_queue = None


def batches() -> ModuleType | None:
    """None: there is no recvmmsg(2) that could be counted on."""
    return None
