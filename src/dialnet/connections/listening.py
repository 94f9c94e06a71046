"""What listeners are in both faces."""

from __future__ import annotations

import os
import socket

from ..addresses import Addr
from ..errors import OpError
from ..poll.deadline import instant
from ..poll.fd import FD
from ..resolve.networks import Network
from ..sockets.config import KeepAliveConfig
from ..sockets.opened import Opened, local_name
from ..sockets.options import set_connection_options
from .base import SocketEnd

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..poll.deadline import When

__all__ = ["ListeningEnd", "UnixFile"]


class ListeningEnd(SocketEnd):
    """A socket that listens."""

    _keep_alive: KeepAliveConfig

    def __init__(self, opened: Opened, keep_alive: KeepAliveConfig) -> None:
        self._open(opened)
        self._keep_alive = keep_alive

    @property
    def addr(self) -> Addr:
        """Where it listens, with the real port."""
        return self._source()  # type: ignore[return-value]

    def set_deadline(self, when: When) -> None:
        """Have `accept` fail from the instant `when` on, one that waits included; see `Conn.set_deadline`.

        Raises `OpError`, `ValueError`, `TypeError`.
        """
        deadline = instant(when)
        try:
            self._fd.reading.set_deadline(deadline)
        except OSError as err:
            raise self._failed("set", err) from err

    def _accept_one(self, _: None) -> Opened:
        """accept(2), without waiting. A connection that ended in the queue is passed over."""
        while True:
            try:
                sock, remote = self._fd.sock.accept()
                break
            except ConnectionAbortedError:
                continue
        try:
            return self._accepted(sock, remote)
        except BaseException:
            sock.close()
            raise

    def _accepted(self, sock: socket.socket, remote: Any) -> Opened:
        tcp = self._network.base == "tcp"
        fd = FD(sock, eager=tcp, family=self._fd.family)
        if tcp:
            set_connection_options(sock, self._keep_alive)
        return Opened(fd, self._network, local_name(fd), remote)

    def _failed(self, op: str, err: OSError, syscall: str = "") -> OpError:
        failed = super()._failed(op, err, syscall)
        # A listener has one address, and it is what the operation was on.
        return OpError(op, failed.net, None, self._source(), err, syscall=failed.syscall)


class UnixFile:
    """The file of a listening Unix socket, which goes with the listener that made it.

    It is removed by the process that made it, once, and only while it still is that file: a forked child
    that closes its copy of the listener, or a new server that has taken the path over, loses nothing.
    """

    def __init__(self, network: Network, name: str) -> None:
        self.unlink_on_close = True
        self._path: str | None = None
        if network.is_unix and not name.startswith("@"):
            # The listener may outlive the working directory the name was relative to.
            self._path = os.path.abspath(name)
            self._made_by = os.getpid()
            self._identity = _identity(self._path)

    def remove(self) -> None:
        """Raises `OSError` if it is there, ours, and cannot be removed."""
        path, self._path = self._path, None
        if path is None or not self.unlink_on_close or self._made_by != os.getpid():
            return
        if self._identity is not None and _identity(path) == self._identity:
            os.unlink(path)


def _identity(path: str) -> tuple[int, int] | None:
    try:
        found = os.lstat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino
