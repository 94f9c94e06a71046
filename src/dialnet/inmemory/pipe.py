"""The state of a pipe: no buffer, a write is over when its data was read. Rules as Go's `net.Pipe`.

A write whose turn it is lays its data down as an offer; reads take from it, each at most what it has left;
the write returns when nothing is. One that gives up takes the rest back. In two things this is not Go's:

- A read that meets a write of nothing goes on waiting. In Go it returns no bytes and no error, but in Python
  no bytes are the end of the stream. The write does wait for a read to meet it, as Go's.
- Errors are `OpError`s, as everywhere here, and not bare.
"""

from __future__ import annotations

import socket

from ..addresses import Addr
from ..errors import ClosedPipeError
from ..poll.turns import Guard, MemorySide
from ..resolve.networks import Network
from .half import Half, Line, Offer

__all__ = ["ADDR", "NETWORK", "PipeAddr", "pipe_halves"]

NETWORK = Network("pipe", "pipe", socket.AF_UNSPEC, socket.SOCK_STREAM)


class PipeAddr(Addr):
    """The address of a pipe's ends, which have none: network and text are `pipe`."""

    __slots__ = ()

    @property
    def network(self) -> str:
        return "pipe"

    def __str__(self) -> str:
        return "pipe"

    def __repr__(self) -> str:
        return "PipeAddr()"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PipeAddr)

    def __hash__(self) -> int:
        return hash(PipeAddr)


ADDR = PipeAddr()


class _PipeSide(MemorySide):
    """A deadline is for a pipe that is open at both ends, and closing either takes it away: the end of the
    stream comes before the end of the time."""

    __slots__ = ("over",)

    closed_error = ClosedPipeError

    def __init__(self, guard: Guard) -> None:
        super().__init__(guard)
        self.over = False

    def set_deadline(self, deadline: float | None) -> None:
        with self.lock:
            if self.over:
                raise ClosedPipeError
            super().set_deadline(deadline)

    def end(self) -> None:
        self.over = True
        self.deadline = None


class _PipeLine(Line):
    __slots__ = ("offer",)

    reading: _PipeSide
    writing: _PipeSide

    def __init__(self, guard: Guard) -> None:
        super().__init__(_PipeSide(guard), _PipeSide(guard))
        self.offer: Offer | None = None

    def take(self, n: int) -> bytes | None:
        if self.held:
            return self.held.take(n)
        if self.reading.over:
            return b""
        offer = self.offer
        if offer is None:
            return None
        data = bytes(offer.take(n))
        if offer.done:
            self.offer = None
            self.writing.news()
        return data or None

    def put(self, offer: Offer) -> int | None:
        if self.writing.over:
            raise ClosedPipeError
        if offer.done:
            return len(offer.data)
        if self.offer is None:
            self.offer = offer
            self.reading.news()
        return None

    def withdraw(self, offer: Offer) -> None:
        with self.writing.lock:
            if self.offer is offer:
                self.offer = None
                # The next write may have had the turn since, and found this offer still there.
                self.writing.news()
        self.writing.guard.ring()

    def writer_gone(self) -> None:
        self.offer = None
        self.reading.end()
        self.writing.end()

    reader_gone = writer_gone


def pipe_halves() -> tuple[Half, Half]:
    """The two ends of a new pipe."""
    guard = Guard()
    there, back = _PipeLine(guard), _PipeLine(guard)
    return Half(back, there), Half(there, back)
