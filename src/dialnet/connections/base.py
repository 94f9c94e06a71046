"""What every end that is a socket has, in both faces: its descriptor, its buffers, its addresses."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Callable

from ..addresses import Addr, IPAddr, TCPAddr, UDPAddr, UnixAddr
from ..addresses.sockaddr import from_sockaddr
from ..errors import ClosedError
from ..poll.fd import FD
from ..resolve.networks import Network
from ..sockets.duplicate import Duplicate
from ..sockets.opened import Opened
from ..sockets.options import MOST
from .end import End, Timed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["Deadlines", "SocketEnd", "address"]


def address(network: Network, sockaddr: Any) -> Addr | None:
    """A socket address as an `Addr`; None where the system named none."""
    if sockaddr is None:
        return None
    if network.base == "tcp":
        return from_sockaddr(TCPAddr, sockaddr)
    if network.base == "udp":
        return from_sockaddr(UDPAddr, sockaddr)
    if network.base == "ip":
        return from_sockaddr(IPAddr, sockaddr)
    return from_sockaddr(UnixAddr, sockaddr, network.base)


class SocketEnd(End):
    """A descriptor with a network and addresses. Everything here is a plain call in both faces."""

    _fd: FD
    _local: Any
    _remote: Any

    def _open(self, opened: Opened) -> None:
        self._fd = opened.fd
        self._network = opened.network
        self._local = opened.local
        self._remote = opened.remote
        self._remote_addr = opened.dialed

    def fileno(self) -> int:
        """The descriptor's number; -1 once closed. It stays the connection's: do not close it."""
        return -1 if self._fd.closed else self._fd.number

    def file(self) -> socket.socket:
        """An independent duplicate as a `socket.socket`, the caller's to close (dup(2), close-on-exec).

        The two share one open file description, which stays non-blocking whatever the duplicate is told:
        with `setblocking(True)` it waits as sockets with a time-out do. What has only its number (`detach`,
        another process) must not make it block.
        Raises `OpError` if this end is closed or there are no descriptors left.
        """
        return self._control("file", "fcntl", self._duplicate)  # type: ignore[no-any-return]

    def _raw_fd(self) -> FD:
        if self._fd.closed:
            raise self._failed("raw-control", ClosedError())
        return self._fd

    def _duplicate(self) -> socket.socket:
        return Duplicate.of(self._fd.sock)

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

    def _source(self) -> Addr | None:
        if self._local_addr is None:
            self._local_addr = address(self._network, self._local)
        return self._local_addr

    def _target(self) -> Addr | None:
        if self._remote_addr is None:
            self._remote_addr = address(self._network, self._remote)
        return self._remote_addr


class Deadlines(Timed, SocketEnd):
    """A connection that is a socket, of streams or of packets."""


def invalid() -> OSError:
    """EINVAL, for an argument that this kind of socket cannot take."""
    return OSError(errno.EINVAL, os.strerror(errno.EINVAL))
