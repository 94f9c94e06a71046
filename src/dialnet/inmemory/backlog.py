"""The state of a listener in memory: those who have dialed and were not accepted yet."""

from __future__ import annotations

from collections import deque
from sys import is_finalizing

from ..poll.signal import Signal
from ..poll.turns import MemorySide, left_alone
from .addr import MemoryAddr
from .stream import abort, stream_halves

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .network import MemoryNetwork

__all__ = ["Backlog", "Dialing"]


class Dialing(Signal):
    """A dial. It fires when it is in the backlog, or refused."""

    __slots__ = ("addr", "backlog", "client", "refused", "server")

    def __init__(self, addr: MemoryAddr) -> None:
        super().__init__()
        # The dialing end's.
        self.addr = addr
        self.client, self.server = stream_halves()
        self.refused = False


class Backlog:
    """What an `FD` is to a listening socket. It has its network's lock."""

    __slots__ = ("_knocking", "_limit", "_network", "_queue", "addr", "closed", "reading")

    def __init__(self, network: MemoryNetwork, addr: MemoryAddr, limit: int) -> None:
        self._network = network
        self._limit = limit
        self._queue: deque[Dialing] = deque()
        # Those for whom there is no room yet.
        self._knocking: deque[Dialing] = deque()
        self.addr = addr
        self.reading = MemorySide(network.guard)
        self.closed = False

    def knock(self, dialing: Dialing) -> None:
        """Into the queue, or behind it. With the lock held."""
        if len(self._queue) < self._limit:
            self._queue.append(dialing)
            dialing.set()
            self.reading.news()
        else:
            self._knocking.append(dialing)

    def give_up(self, dialing: Dialing) -> None:
        """It is not waited for any more. One that is in the queue already is accepted, and at its end."""
        with self.reading.lock:
            if dialing in self._knocking:
                self._knocking.remove(dialing)
        dialing.client.close()

    def take(self, _: None) -> Dialing | None:
        """The next to be accepted, or None."""
        if not self._queue:
            return None
        dialing = self._queue.popleft()
        if self._knocking:
            self.knock(self._knocking.popleft())
        return dialing

    def alone(self) -> None:
        """See `turns.left_alone`."""
        left_alone(self.reading)

    def close(self) -> bool:
        if is_finalizing():
            self.alone()
        with self.reading.lock:
            if self.closed:
                return False
            self.closed = self.reading.closed = True
            del self._network.backlogs[self.addr.name]
            accepted, self._queue = self._queue, deque()
            refused, self._knocking = self._knocking, deque()
            self.reading.wake_all()
        self._network.guard.ring()
        for dialing in accepted:
            abort(dialing.server)
        for dialing in refused:
            dialing.refused = True
            dialing.set()
        return True
