"""Waiting for the turn of one direction with the deadline of the other: a write cannot go on before more was
read in a renegotiation, and neither can anything in a handshake."""

from __future__ import annotations

from time import monotonic

from ..errors import DeadlineExceededError
from ..poll.deadline import earliest
from ..poll.turns import MemorySide

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..poll.protocols import Waiter
    from ..poll.turns import Guard

__all__ = ["Visit"]


class Visit:
    """`host`, but with the earliest deadline of `guests`: what is to be waited for is there, who waits is
    from here. It has what `take_turn` asks of a side."""

    def __init__(self, host: MemorySide, *guests: MemorySide) -> None:
        self._host = host
        self._guests = guests
        self.spins = 0
        self.enter = host.enter
        self.leave = host.leave
        self.has_turn = host.has_turn

    @property
    def lock(self) -> Any:
        return self._host.lock

    @property
    def guard(self) -> Guard:
        return self._host.guard

    @property
    def turn(self) -> Waiter | None:
        return self._host.turn

    @turn.setter
    def turn(self, waiter: Waiter | None) -> None:
        self._host.turn = waiter

    @property
    def queue(self) -> Any:
        return self._host.queue

    @property
    def deadline(self) -> float | None:
        return earliest(*(guest.deadline for guest in self._guests))

    def check(self) -> None:
        """As `Turns.check`."""
        if self._host.closed:
            raise self._host.closed_error
        deadline = self.deadline
        if deadline is not None and monotonic() >= deadline:
            raise DeadlineExceededError
