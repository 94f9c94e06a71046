"""What every end has, in both faces, be it a socket or in memory: deadlines, close, and its errors."""

from __future__ import annotations

import warnings

from ..addresses import Addr
from ..errors import Error, OpError
from ..poll.deadline import instant
from ..resolve.networks import Network

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..poll.deadline import When

__all__ = ["End", "Timed"]


class End:
    """`_fd` is what may be waited for here: a descriptor, or what stands for one in memory. It has two sides,
    `reading` and `writing`, a `closed` flag and a `close`."""

    _fd: Any
    _network: Network
    _local_addr: Addr | None = None
    _remote_addr: Addr | None = None

    @property
    def closed(self) -> bool:
        """Whether `close` was called on this side."""
        return self._fd.closed  # type: ignore[no-any-return]

    def close(self) -> None:
        """Close it. Every call that waits on it raises `ClosedError` at once. Never waits; the second
        call does nothing.

        Raises `OpError` if the system reports an error, in which case it is closed all the same.
        """
        try:
            self._fd.close()
        except OSError as err:
            raise OpError(
                "close", self._network.name, self._source(), self._target(), err, syscall="close"
            ) from err

    def _source(self) -> Addr | None:
        return self._local_addr

    def _target(self) -> Addr | None:
        return self._remote_addr

    def _failed(self, op: str, err: OSError, syscall: str = "") -> OpError:
        """The `OpError` for a call on this end. Setting options names this end only, as Go."""
        sent = getattr(err, "bytes_written", 0)
        name = "" if isinstance(err, Error) else getattr(err, "syscall", syscall)
        if op in ("set", "file"):
            return OpError(op, self._network.name, None, self._source(), err, syscall=name)
        return OpError(
            op, self._network.name, self._source(), self._target(), err, syscall=name, bytes_written=sent
        )

    def __repr__(self) -> str:
        state = "closed " if self._fd.closed else ""
        target = self._target()
        towards = "" if target is None else f"->{target}"
        return f"<{state}{type(self).__name__} {self._network.name} {self._source()}{towards}>"

    def _warn_unclosed(self) -> None:
        fd = getattr(self, "_fd", None)
        if fd is not None and not fd.closed:
            try:
                warnings.warn(f"unclosed {self!r}", ResourceWarning, source=self, stacklevel=3)
            finally:
                fd.close()


class Timed(End):
    """An end of a connection, of streams or of packets."""

    @property
    def local_addr(self) -> Addr:
        """This side's address."""
        return self._source()  # type: ignore[return-value]

    @property
    def remote_addr(self) -> Addr | None:
        """The peer's address; None for an end that has no one peer."""
        return self._target()

    def set_deadline(self, when: When) -> None:
        """Have all reading and writing fail from the instant `when` on, calls that wait included.

        `when` is a float on `time.monotonic()`'s clock, an aware `datetime`, a `timedelta` from now, or
        None for never. A call past it raises `DeadlineExceededError`; moving it on revives the connection.

        Raises `OpError` if closed; `ValueError` for a naive `datetime`, NaN, or a float that can only be
        `time.time()`'s; `TypeError` for anything else.
        """
        deadline = instant(when)
        self._set_deadlines(deadline, self._fd.reading, self._fd.writing)

    def set_read_deadline(self, when: When) -> None:
        """As `set_deadline`, for reading only."""
        self._set_deadlines(instant(when), self._fd.reading)

    def set_write_deadline(self, when: When) -> None:
        """As `set_deadline`, for writing only. A write that runs into it may have sent a part."""
        self._set_deadlines(instant(when), self._fd.writing)

    def _set_deadlines(self, deadline: float | None, *sides: Any) -> None:
        try:
            for side in sides:
                side.set_deadline(deadline)
        except OSError as err:
            raise self._failed("set", err) from err
