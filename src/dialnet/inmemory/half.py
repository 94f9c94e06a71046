"""One end of a stream in memory, and the lines that two ends share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from sys import is_finalizing

from ..connections.lines import ReadBuffer
from ..poll.turns import MemorySide, left_alone

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["Half", "Line", "Offer"]


class Offer:
    """What one write has to give, and how much of it was taken."""

    __slots__ = ("data", "done", "taken")

    def __init__(self, data: memoryview) -> None:
        self.data = data
        self.taken = 0
        self.done = False

    def take(self, n: int) -> memoryview:
        """The next `n` bytes, or what is left."""
        start = self.taken
        piece = self.data[start : start + n]
        self.taken = start + len(piece)
        self.done = self.taken == len(self.data)
        return piece


class Line(ABC):
    """One direction: from one end's writing side to the other's reading side, which share one lock.

    `take` and `put` are what the faces wait for, by `take_turn`. All but `withdraw` and `unread` are called
    with the lock held.
    """

    __slots__ = ("held", "reading", "writing")

    def __init__(self, reading: MemorySide, writing: MemorySide) -> None:
        self.reading = reading
        self.writing = writing
        # What has come and can be read at once.
        self.held = ReadBuffer()

    @abstractmethod
    def take(self, n: int) -> bytes | None:
        """Up to `n` bytes; `b""` at the end of the stream; None if there are none yet."""

    @abstractmethod
    def put(self, offer: Offer) -> int | None:
        """The size of the offer once all of it is taken; None before."""

    @abstractmethod
    def withdraw(self, offer: Offer) -> None:
        """Whoever made the offer waits no longer."""

    @abstractmethod
    def writer_gone(self) -> None:
        """The writing end was closed."""

    @abstractmethod
    def reader_gone(self) -> None:
        """The reading end was closed."""

    def unread(self, data: bytes) -> None:
        """Have the next reads return `data` first."""
        with self.reading.lock:
            self.held[:0] = data
            self.reading.news()
        self.reading.guard.ring()


class Half:
    """One end: what an `FD` is to a socket."""

    __slots__ = ("closed", "inbound", "outbound", "reading", "writing")

    def __init__(self, inbound: Any, outbound: Any) -> None:
        self.inbound = inbound
        self.outbound = outbound
        self.reading: MemorySide = inbound.reading
        self.writing: MemorySide = outbound.writing
        self.closed = False

    def alone(self) -> None:
        """See `turns.left_alone`."""
        left_alone(*self._sides())

    def close(self) -> bool:
        """End both directions and wake everyone at both ends; False if that had been done. Should a signal
        handler have raised in the middle of it, the next call completes it."""
        if is_finalizing():
            self.alone()
        with self.reading.lock:
            first = not self.closed
            self.closed = self.reading.closed = self.writing.closed = True
            self.outbound.writer_gone()
            self.inbound.reader_gone()
        self.stir()
        return first

    def _sides(self) -> tuple[MemorySide, ...]:
        """Those of both ends."""
        return self.reading, self.writing, self.inbound.writing, self.outbound.reading

    def stir(self) -> None:
        """Have everyone at both ends look at the state again."""
        with self.reading.lock:
            for side in self._sides():
                side.wake_all()
        self.reading.guard.ring()
