"""What every connection, packet connection and listener offers in both faces, sockets or not.

Only what never waits is here; each face adds the calls that wait.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from ..addresses import Addr

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..poll.deadline import When

__all__ = ["AnyConn", "AnyEnd", "AnyListener"]


class AnyEnd(ABC):
    """An end of something, with an address and deadlines."""

    # What whoever handed it over calls it; see `listen_fds`.
    name = ""

    @abstractmethod
    def close(self) -> None:
        """Close it. Every call that waits on it raises `ClosedError` at once. Waits for nothing but those
        calls' way out of the kernel; the second call does nothing."""

    @property
    @abstractmethod
    def local_addr(self) -> Addr:
        """This side's address."""

    @abstractmethod
    def set_deadline(self, when: When) -> None:
        """Have all reading and writing fail from the instant `when` on, calls that wait included.

        `when` is a float on `time.monotonic()`'s clock, an aware `datetime`, a `timedelta` from now, or
        None for never. A call past it raises `DeadlineExceededError`; moving it on revives the connection.

        Raises `OpError` if closed; `ValueError` for a naive `datetime`, NaN, or a float that can only be
        `time.time()`'s; `TypeError` for anything else.
        """

    @abstractmethod
    def set_read_deadline(self, when: When) -> None:
        """As `set_deadline`, for reading only."""

    @abstractmethod
    def set_write_deadline(self, when: When) -> None:
        """As `set_deadline`, for writing only. A write that runs into it may have sent a part."""


class AnyConn(AnyEnd):
    """An end that has one peer."""

    @property
    @abstractmethod
    def closed(self) -> bool:
        """Whether `close` was called on this side."""

    @property
    @abstractmethod
    def remote_addr(self) -> Addr | None:
        """The peer's address; None where there is no one peer."""


class AnyListener(ABC):
    """Something that connections come from."""

    # What whoever handed it over calls it; see `listen_fds`.
    name = ""

    @abstractmethod
    def close(self) -> None:
        """Stop listening. Accepted connections live on. Never waits; the second call does nothing."""

    @property
    @abstractmethod
    def addr(self) -> Addr:
        """Where it listens."""
