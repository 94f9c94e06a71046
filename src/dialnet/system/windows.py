"""Windows: a socket pair to wake with, and `select` for everything."""

from __future__ import annotations

import select
import socket
import sys

assert sys.platform == "win32"

from .select_readiness import SelectReadiness as Readiness  # noqa: E402

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

LINGER = "HH"
ABSTRACT_UNIX = False
DIAL_WILDCARD_TO_LOOPBACK = True
# SO_REUSEADDR on Windows lets another program steal the port; without it a port in TIME_WAIT can
# still be bound.
MULTIPATH_TCP: int | None = None
SO_PROTOCOL = 0
REUSE_ADDRESS: int | None = None


class WakeDescriptor:
    """Readable from `wake()` until `drain()`; `select` knows only sockets here."""

    __slots__ = ("_read", "_write")

    def __init__(self) -> None:
        self._read, self._write = socket.socketpair()
        self._read.setblocking(False)
        self._write.setblocking(False)

    def fileno(self) -> int:
        return self._read.fileno()

    def wake(self) -> None:
        try:
            self._write.send(b"\0")
        except BlockingIOError:
            pass  # Full of wakes nobody has taken yet: one more would say nothing new.

    def drain(self) -> None:
        try:
            while len(self._read.recv(512)) == 512:
                continue
        except BlockingIOError:
            pass  # Another wake-up took it first.

    def renew(self) -> None:
        """There is no fork to renew it after."""

    def __del__(self) -> None:
        if hasattr(self, "_write"):
            self._read.close()
            self._write.close()


class ThreadPoll:
    """The part of `select.poll` that dialnet uses, through `select.select`."""

    def __init__(self) -> None:
        self._masks: dict[int, int] = {}

    def register(self, number: int, mask: int) -> None:
        self._masks[number] = mask

    def unregister(self, number: int) -> None:
        del self._masks[number]

    def poll(self, timeout: float | None = None) -> list[tuple[int, int]]:
        readers = [n for n, mask in self._masks.items() if mask & 1]
        writers = [n for n, mask in self._masks.items() if mask & 4]
        seconds = None if timeout is None else timeout / 1000
        try:
            got = select.select(readers, writers, writers, seconds)
        except (OSError, ValueError):
            # Closed under us: as poll's POLLNVAL, ready for whoever looks.
            return [(n, mask) for n, mask in self._masks.items() if n in readers or n in writers]
        return [(n, 1) for n in got[0]] + [(n, 4) for n in {*got[1], *got[2]}]


def keep_alive_options() -> tuple[int, int | None, int | None]:
    """The TCP options for idle time, interval (both in seconds) and count (Windows 10 1709 and newer)."""
    return (
        getattr(socket, "TCP_KEEPIDLE", 3),
        getattr(socket, "TCP_KEEPINTVL", 17),
        getattr(socket, "TCP_KEEPCNT", 16),
    )


def max_backlog() -> int:
    """SOMAXCONN has the system choose."""
    return socket.SOMAXCONN


def max_descriptors() -> int | None:
    """None: Windows sets no limit."""
    return None


def has_multipath_info() -> bool:
    return False


# Its TransmitFile takes no socket that is non-blocking in the way ours are.
sendfile = None


# There is no splice(2).
make_pipe = None


error_queue = None


def batches() -> ModuleType | None:
    """None: there is no recvmmsg(2) that could be counted on."""
    return None
