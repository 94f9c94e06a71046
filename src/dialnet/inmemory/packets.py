"""The state of a packet connection in memory: a queue of datagrams, behind which senders wait.

Datagrams do not get lost here, as UDP's do: a test should fail for what is tested. What nobody could receive
is refused, and told to the sender at once.
"""

from __future__ import annotations

import errno
import os
from collections import deque
from sys import is_finalizing

from ..poll.turns import MemorySide, left_alone
from .addr import MemoryAddr

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .network import MemoryNetwork

__all__ = ["Mailbox"]

# How much a queue holds before sending waits, in bytes; and what a datagram counts beside its own, so that
# empty ones fill it too.
CAPACITY = 65_536
OVERHEAD = 64
# The longest datagram.
MOST = 65_536


class Mailbox:
    """What an `FD` is to a socket. All mailboxes of a network share its lock."""

    __slots__ = (
        "_network",
        "_queue",
        "_senders",
        "_size",
        "addr",
        "capacity",
        "closed",
        "peer",
        "reading",
        "writing",
    )

    def __init__(self, network: MemoryNetwork, addr: MemoryAddr, peer: MemoryAddr | None) -> None:
        self._network = network
        self._queue: deque[tuple[bytes, MemoryAddr]] = deque()
        self._size = 0
        # The writing sides of those who wait for room here.
        self._senders: set[MemorySide] = set()
        self.addr = addr
        # Whom alone it hears; None: everybody.
        self.peer = peer
        self.capacity = CAPACITY
        self.reading = MemorySide(network.guard)
        self.writing = MemorySide(network.guard)
        self.closed = False

    def take(self, n: int) -> tuple[bytes, MemoryAddr] | None:
        """The next datagram, cut at `n` bytes, and its sender; None if there is none yet."""
        if not self._queue:
            return None
        data, sender = self._queue.popleft()
        self._size -= len(data) + OVERHEAD
        self.room()
        return data[:n], sender

    def room(self) -> None:
        """Have those who wait for room look again."""
        senders, self._senders = self._senders, set()
        for side in senders:
            side.news()

    def send(self, what: tuple[bytes, MemoryAddr]) -> int | None:
        """Put a datagram into the mailbox at that address; its length, or None if there is no room yet."""
        data, addr = what
        if len(data) > MOST:
            raise OSError(errno.EMSGSIZE, os.strerror(errno.EMSGSIZE))
        target = self._network.mailboxes.get(addr.name)
        if target is None or target.peer not in (None, self.addr):
            raise OSError(errno.ECONNREFUSED, os.strerror(errno.ECONNREFUSED))
        if target._queue and target._size >= target.capacity:
            target._senders.add(self.writing)
            return None
        target._queue.append((data, self.addr))
        target._size += len(data) + OVERHEAD
        target.reading.news()
        return len(data)

    def alone(self) -> None:
        """See `turns.left_alone`."""
        left_alone(self.reading, self.writing)

    def close(self) -> bool:
        if is_finalizing():
            self.alone()
        with self.reading.lock:
            if self.closed:
                return False
            self.closed = self.reading.closed = self.writing.closed = True
            self._network.mailboxes.pop(self.addr.name, None)
            self._queue.clear()
            self.room()
            self.reading.wake_all()
            self.writing.wake_all()
        self._network.guard.ring()
        return True
