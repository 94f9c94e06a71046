"""What every socket end has, in both faces: addresses, deadlines, buffers, close, and its errors."""

from __future__ import annotations

import errno
import os
import socket
import warnings
from collections.abc import Callable

from ..addresses import Addr, TCPAddr, UDPAddr, UnixAddr
from ..addresses.sockaddr import from_sockaddr
from ..errors import ClosedError, Error, OpError
from ..poll.deadline import instant
from ..poll.fd import FD
from ..resolve.networks import Network
from ..sockets.opened import Opened
from ..sockets.options import MOST

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..poll.deadline import When

__all__ = ["Deadlines", "SocketEnd", "address"]


def address(network: Network, sockaddr: Any) -> Addr | None:
    """A socket address as an `Addr`; None where the system named none."""
    if sockaddr is None:
        return None
    if network.base == "tcp":
        return from_sockaddr(TCPAddr, sockaddr)
    if network.base == "udp":
        return from_sockaddr(UDPAddr, sockaddr)
    return from_sockaddr(UnixAddr, sockaddr, network.base)


class SocketEnd:
    """A descriptor with a network and addresses. Everything here is a plain call in both faces."""

    _fd: FD
    _network: Network
    _local: Any
    _remote: Any
    _local_addr: Addr | None = None
    _remote_addr: Addr | None = None

    def _open(self, opened: Opened) -> None:
        self._fd = opened.fd
        self._network = opened.network
        self._local = opened.local
        self._remote = opened.remote

    @property
    def closed(self) -> bool:
        """Whether `close` was called on this side."""
        return self._fd.closed

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

    def fileno(self) -> int:
        """The descriptor's number; -1 once closed. It stays the connection's: do not close it."""
        return -1 if self._fd.closed else self._fd.number

    def file(self) -> socket.socket:
        """An independent duplicate as a `socket.socket`, the caller's to close (dup(2), close-on-exec).

        The two share one open file description: the duplicate is non-blocking, and should stay so.
        Raises `OpError` if this end is closed or there are no descriptors left.
        """
        return self._control("file", "fcntl", self._duplicate)  # type: ignore[no-any-return]

    def _raw_fd(self) -> FD:
        if self._fd.closed:
            raise self._failed("raw-control", ClosedError())
        return self._fd

    def _duplicate(self) -> socket.socket:
        return self._fd.sock.dup()

    def set_read_buffer(self, n: int) -> None:
        """Have the system buffer `n` bytes of what arrives (SO_RCVBUF, socket(7); Linux doubles it).

        Raises `OpError`, and `ValueError` for a negative `n`.
        """
        self._set_buffer(socket.SO_RCVBUF, n)

    def set_write_buffer(self, n: int) -> None:
        """Have the system buffer `n` bytes of what is sent (SO_SNDBUF, socket(7); Linux doubles it).

        Raises `OpError`, and `ValueError` for a negative `n`.
        """
        self._set_buffer(socket.SO_SNDBUF, n)

    def _set_buffer(self, option: int, n: int) -> None:
        if n < 0:
            raise ValueError("a buffer cannot have a negative size")
        self._set(socket.SOL_SOCKET, option, min(n, MOST))

    def _set(self, level: int, option: int, value: int | bytes) -> None:
        self._control("set", "setsockopt", lambda: self._fd.sock.setsockopt(level, option, value))

    def _control(self, op: str, syscall: str, call: Callable[[], Any]) -> Any:
        """Make a call on the descriptor while nobody can close it."""
        fd = self._fd
        try:
            with fd.reading.lock, fd.writing.lock:
                if fd.closed:
                    fd.reading.check()
                return call()
        except OSError as err:
            raise self._failed(op, err, syscall) from err

    # Errors.

    def _source(self) -> Addr | None:
        if self._local_addr is None:
            self._local_addr = address(self._network, self._local)
        return self._local_addr

    def _target(self) -> Addr | None:
        if self._remote_addr is None:
            self._remote_addr = address(self._network, self._remote)
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


class Deadlines(SocketEnd):
    """A connection, of streams or of packets."""

    @property
    def local_addr(self) -> Addr:
        """This side's address."""
        return self._source()  # type: ignore[return-value]

    @property
    def remote_addr(self) -> Addr | None:
        """The peer's address; None for a socket that has no one peer."""
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


def invalid() -> OSError:
    """EINVAL, for an argument that this kind of socket cannot take."""
    return OSError(errno.EINVAL, os.strerror(errno.EINVAL))
