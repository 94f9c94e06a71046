"""Sockets that somebody else has made: what they are, and a duplicate of our own.

The duplicate shares its open file description with the given one, and descriptions, not descriptors, are
blocking or not: ours have to be non-blocking, and so the given one becomes it.
"""

from __future__ import annotations

import errno
import os
import socket

from ..errors import OpError
from ..poll.fd import FD
from ..resolve.networks import Network, parse_network
from .config import KeepAliveConfig
from .opened import Opened, SyscallError, local_name, step
from .options import set_connection_options

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["CONN", "LISTENER", "PACKET", "adopt"]

CONN = ("tcp", "udp", "ip", "unix", "unixgram", "unixpacket")
LISTENER = ("tcp", "unix", "unixpacket")
PACKET = ("udp", "ip", "unixgram")

_UNIX: dict[int, str] = {
    socket.SOCK_STREAM: "unix",
    socket.SOCK_DGRAM: "unixgram",
    getattr(socket, "SOCK_SEQPACKET", 5): "unixpacket",
}
_INTERNET: dict[int, str] = {socket.SOCK_STREAM: "tcp", socket.SOCK_DGRAM: "udp", socket.SOCK_RAW: "ip"}


def adopt(given: Any, bases: tuple[str, ...], *, listens: bool = False) -> Opened:
    """A duplicate of `given` (a `socket.socket`, an object with `fileno()`, a descriptor), close-on-exec.

    Raises `OpError` of op `file`: ENOTSOCK for what is no socket, EPROTONOSUPPORT for a family that is not
    known here, EINVAL for a socket of another kind than `bases` and `listens` say; `TypeError` for what has
    no descriptor.
    """
    number = _number(given)
    try:
        sock = _duplicate(given, number)
        try:
            base = _base(sock)
            if base not in bases or _listens(sock, base) != listens:
                raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
            remote = None if listens else _peer(sock)
            # Whoever has it too may have made it block since.
            sock.setblocking(False)
            fd = FD(sock, eager=base == "tcp" and not listens)
            if base == "tcp" and not listens:
                set_connection_options(sock, KeepAliveConfig())
            opened = Opened(fd, _network(base), local_name(fd), remote)
            opened.shared = True
            return opened
        except BaseException:
            sock.close()
            raise
    except SyscallError as err:
        raise OpError("file", "file+net", None, None, err.err, syscall=err.name) from err.err
    except OSError as err:
        raise OpError("file", "file+net", None, None, err) from err


def _number(given: Any) -> int:
    if isinstance(given, bool):
        raise TypeError("a descriptor is an int, not bool")
    if isinstance(given, int):
        return given
    fileno = getattr(given, "fileno", None)
    if fileno is None:
        raise TypeError(f"expected a socket, a file or a descriptor, not {type(given).__name__}")
    number = fileno()
    if not isinstance(number, int):
        raise TypeError(f"fileno() gave {type(number).__name__}, not a descriptor")
    return number


def _duplicate(given: Any, number: int) -> socket.socket:
    if number < 0:
        # Closed; as a number it would mean a new socket to the socket module.
        raise SyscallError("fcntl", OSError(errno.EBADF, os.strerror(errno.EBADF)))
    if isinstance(given, socket.socket):
        return step("fcntl", given.dup)  # type: ignore[no-any-return]
    # The object finds out the family and type, and must not close what is not ours.
    borrowed: socket.socket = step("getsockopt", lambda: socket.socket(fileno=number))
    try:
        return step("fcntl", borrowed.dup)  # type: ignore[no-any-return]
    finally:
        borrowed.detach()


def _base(sock: socket.socket) -> str:
    if sock.family in (socket.AF_INET, socket.AF_INET6):
        kinds = _INTERNET
    elif sock.family == getattr(socket, "AF_UNIX", None):
        kinds = _UNIX
    else:
        kinds = {}
    base = kinds.get(sock.type)
    if base is None:
        raise OSError(errno.EPROTONOSUPPORT, os.strerror(errno.EPROTONOSUPPORT))
    return base


def _listens(sock: socket.socket, base: str) -> bool:
    if base not in LISTENER:
        return False
    option = getattr(socket, "SO_ACCEPTCONN", None)
    return option is not None and bool(step("getsockopt", sock.getsockopt, socket.SOL_SOCKET, option))


def _peer(sock: socket.socket) -> Any:
    try:
        return sock.getpeername()
    except OSError:
        return None  # Not connected, which is what many sockets are.


def _network(base: str) -> Network:
    return parse_network(base)
