"""What the ends of the network in memory are in both faces, as far as it never waits."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable

from ..addresses import Addr
from ..connections.end import Timed
from ..errors import ClosedError, OpError, WriteToConnectedError
from ..poll.deadline import instant
from .addr import MemoryAddr
from .backlog import Backlog, Dialing
from .ends import LineEnd, NoDescriptor
from .half import Half
from .network import NETWORK
from .packets import Mailbox

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Self

    from ..poll.deadline import When

__all__ = ["ListeningMemory", "PacketMemory", "StreamMemory"]


class _Buffered(Timed):
    """Its buffers have a size, as a socket's."""

    def set_read_buffer(self, n: int) -> None:
        """Let `n` bytes (at least 1) of what arrives wait to be read, before writing to here has to wait.

        Raises `OpError` if closed, and `ValueError` for a negative `n`.
        """
        self._resize(n, self._resize_read)

    def set_write_buffer(self, n: int) -> None:
        """As `set_read_buffer`, for what is written here: in memory that is the same buffer as the other
        end's for reading. To a packet connection it does nothing.

        Raises `OpError` if closed, and `ValueError` for a negative `n`.
        """
        self._resize(n, self._resize_write)

    def _resize(self, n: int, change: Callable[[int], None]) -> None:
        if n < 0:
            raise ValueError("a buffer cannot have a negative size")
        self._guarded("set", lambda: change(max(1, n)))

    def _guarded(self, op: str, call: Callable[[], None]) -> None:
        """Make a change while nobody can close it."""
        try:
            with self._fd.reading.lock:
                if self._fd.closed:
                    raise ClosedError
                call()
            self._fd.reading.guard.ring()
        except OSError as err:
            raise self._failed(op, err) from err

    def _resize_read(self, n: int) -> None:
        raise NotImplementedError

    def _resize_write(self, n: int) -> None:
        raise NotImplementedError


class StreamMemory(_Buffered, LineEnd):
    """An end of a stream in memory."""

    def __init__(self, half: Half, local: MemoryAddr, remote: MemoryAddr) -> None:
        self._fd = half
        self._network = NETWORK
        self._local_addr = local
        self._remote_addr = remote

    @classmethod
    def dialed(cls, found: tuple[Dialing, MemoryAddr]) -> Self:
        dialing, addr = found
        return cls(dialing.client, dialing.addr, addr)

    def close_read(self) -> None:
        """End reading: reads return what is there and then the end of the stream; the peer's writes fail.

        Raises `OpError`.
        """
        self._guarded("close", self._fd.inbound.stop)

    def close_write(self) -> None:
        """End writing: the peer reads what was written and then the end of the stream.

        Raises `OpError`.
        """
        self._guarded("close", self._fd.outbound.stop)

    def _resize_read(self, n: int) -> None:
        self._fd.inbound.resize(n)

    def _resize_write(self, n: int) -> None:
        self._fd.outbound.resize(n)

    def __del__(self) -> None:
        self._warn_unclosed()


class PacketMemory(_Buffered, NoDescriptor):
    """A packet connection in memory. Dialed, it has one peer."""

    _fd: Mailbox

    def __init__(self, mailbox: Mailbox) -> None:
        self._fd = mailbox
        self._network = NETWORK
        self._local_addr = mailbox.addr
        self._remote_addr = mailbox.peer

    def _destination(self, addr: Any) -> MemoryAddr:
        """Where `write_to` sends. Raises `OpError`, and `TypeError` for what is no address."""
        if addr is not None and not isinstance(addr, Addr):
            raise TypeError(f"expected an Addr, not {type(addr).__name__}")
        try:
            if not isinstance(addr, MemoryAddr):
                raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
            if self._fd.peer is not None:
                raise WriteToConnectedError
        except OSError as err:
            raise self._failed_to(addr, err) from err
        return addr

    def _peer(self, op: str) -> MemoryAddr:
        """Where `write` sends. Raises `OpError`."""
        if self._fd.peer is None:
            self._check_open(op)
            err = OSError(errno.EDESTADDRREQ, os.strerror(errno.EDESTADDRREQ))
            raise self._failed(op, err) from err
        return self._fd.peer

    def _failed_to(self, addr: Addr | None, err: OSError) -> OpError:
        return OpError("write", "memory", self._local_addr, addr, err)

    def _resize_read(self, n: int) -> None:
        self._fd.capacity = n
        self._fd.room()

    def _resize_write(self, n: int) -> None:
        pass  # What is sent is at once in the receiver's queue.

    def __del__(self) -> None:
        self._warn_unclosed()


class ListeningMemory(NoDescriptor):
    """A listener in memory."""

    _fd: Backlog

    def __init__(self, backlog: Backlog) -> None:
        self._fd = backlog
        self._network = NETWORK
        self._local_addr = backlog.addr

    @property
    def addr(self) -> Addr:
        """Where it listens."""
        return self._fd.addr

    def set_deadline(self, when: When) -> None:
        """Have `accept` fail from the instant `when` on, one that waits included; see `Conn.set_deadline`.

        Raises `OpError`, `ValueError`, `TypeError`.
        """
        deadline = instant(when)
        try:
            self._fd.reading.set_deadline(deadline)
        except OSError as err:
            raise self._failed("set", err) from err

    def _failed(self, op: str, err: OSError, syscall: str = "") -> OpError:
        return OpError(op, "memory", None, self._fd.addr, err)

    def __del__(self) -> None:
        self._warn_unclosed()
