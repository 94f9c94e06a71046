"""The state of a stream in memory: a buffer each way, behind which writing waits."""

from __future__ import annotations

import errno
import os

from ..poll.turns import Guard, MemorySide
from .half import Half, Line, Offer

__all__ = ["StreamLine", "abort", "stream_halves"]

# How much one direction holds before writing waits, in bytes.
CAPACITY = 65_536


class StreamLine(Line):
    """What was written is there to be read after the writing end was closed, as a socket's."""

    __slots__ = ("aborted", "capacity", "ended")

    def __init__(self, guard: Guard) -> None:
        super().__init__(MemorySide(guard), MemorySide(guard))
        self.capacity = CAPACITY
        # Either end wants no more of it; there was never anyone at the other end.
        self.ended = self.aborted = False

    def take(self, n: int) -> bytes | None:
        if self.held:
            data = self.held.take(n)
            self.writing.news()
            return data
        if self.aborted:
            raise OSError(errno.ECONNRESET, os.strerror(errno.ECONNRESET))
        return b"" if self.ended else None

    def put(self, offer: Offer) -> int | None:
        if self.aborted:
            raise OSError(errno.ECONNRESET, os.strerror(errno.ECONNRESET))
        if self.ended:
            raise OSError(errno.EPIPE, os.strerror(errno.EPIPE))
        room = self.capacity - len(self.held)
        if room > 0 or not len(offer.data):
            self.held += offer.take(room)
            self.reading.news()
        return len(offer.data) if offer.done else None

    def withdraw(self, offer: Offer) -> None:
        """What was taken is copied, and the rest was never here."""

    def stop(self) -> None:
        """The end of this direction: what is there can still be read."""
        self.ended = True
        self.reading.news()
        self.writing.news()

    writer_gone = stop

    def reader_gone(self) -> None:
        self.stop()
        self.held.clear()

    def resize(self, capacity: int) -> None:
        """What is there already stays."""
        self.capacity = capacity
        self.writing.news()


def stream_halves() -> tuple[Half, Half]:
    """The two ends of a new stream."""
    guard = Guard()
    there, back = StreamLine(guard), StreamLine(guard)
    return Half(back, there), Half(there, back)


def abort(half: Half) -> None:
    """Close an end that nobody will ever have: the other finds its connection reset."""
    with half.reading.lock:
        half.inbound.aborted = half.outbound.aborted = True
        half.close()
