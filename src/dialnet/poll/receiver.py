"""`Receiver`: a datagram socket of one piece of multi-step work, which waits for what comes and closes it.

A resolver opens one for every question. An `FD`, which is made to be shared and to last, takes as long to
make and to close as all the system calls of a question do. This one has no lock, no queue and no deadline,
because nobody else sees it; and it is its own descriptor, side and event.
"""

from __future__ import annotations

import socket

from ..system.masks import ONCE, POLL_READ, READ
from .waits import Ready

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Self

    from .protocols import Waiter
    from .tasks import TaskPoller

__all__ = ["Receiver"]

# Where the system can make a socket that never blocks, that saves a call.
_KIND = socket.SOCK_DGRAM | getattr(socket, "SOCK_NONBLOCK", 0)


class Receiver(Ready):
    """`sock` is its socket; `ready` says that something may have come, until a try shows that it has not."""

    __slots__ = ("closed", "interest", "number", "poller", "ready", "sock", "sticky", "turn")

    bit = READ
    poll_mask = POLL_READ
    eager = False
    once = True

    def __init__(self, family: int) -> None:
        # Without what `socket.socket` adds, which takes a third of the time.
        self.sock = sock = socket.SocketType(family, _KIND)
        if _KIND == socket.SOCK_DGRAM:
            sock.setblocking(False)
        self.number = sock.fileno()
        self.closed = self.ready = self.sticky = False
        self.turn: Waiter | None = None
        self.poller: TaskPoller | None = None
        self.interest = 0

    def enlist(self, poller: TaskPoller, waiter: Waiter) -> None:
        self.turn = waiter
        if self.poller is None and not self.closed:
            # What `TaskPoller.adopt` would do with one that it sees for the first time.
            self.interest = interest = READ | poller.readiness.once
            poller.readiness.register(self.number, interest)
            self.poller = poller
            poller.fds[self.number] = self
        elif not self.closed and (self.poller is not poller or not self.interest & READ):
            poller.adopt(self, self)

    # What the pollers look for in a descriptor, and in its sides.

    side: Any = property(lambda self: self)
    reading = writing = side

    def fd(self) -> Self:
        return self

    def sides(self) -> tuple[()]:
        """None that would have to forget anything."""
        return ()

    # The event.

    def fired(self) -> bool:
        return self.ready or self.closed

    def attach(self, waiter: Waiter) -> None:
        self.turn = waiter

    def detach(self, waiter: Waiter) -> None:
        self.turn = None
        if self.ready and self.interest & ONCE:
            # The report that made it ready has used up the rest.
            self.interest = ONCE

    def close(self) -> None:
        """By whoever waits for it, or did."""
        if not self.closed:
            self.closed = True
            poller = self.poller
            if poller is not None:
                if self.interest == ONCE:
                    # Used up: the kernel watches for nothing that would have to be taken out by name.
                    if poller.fds.get(self.number) is self:
                        del poller.fds[self.number]
                else:
                    poller.drop(self)
            self.sock.close()
