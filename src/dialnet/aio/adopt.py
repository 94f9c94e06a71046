"""Connections and listeners from sockets that somebody else has made, for tasks."""

from __future__ import annotations

from typing import Any

from ..sockets.adopt import CONN, LISTENER, PACKET, adopt
from ..sockets.config import KeepAliveConfig
from ..sockets.handed import take_over
from .conn import Conn
from .kinds import connection
from .listener import Listener, TCPListener, UnixListener
from .packet import PacketConn

__all__ = ["file_conn", "file_listener", "file_packet_conn", "listen_fds"]


def file_conn(f: Any) -> Conn:
    """A connection on a duplicate of `f`: a `socket.socket`, an object with `fileno()`, or a descriptor.

    `f` stays the caller's, to close as well. The two share what they are duplicates of (dup(2)), so `f`
    becomes non-blocking too.

    Raises `OpError` of op `file`: ENOTSOCK, EBADF, EPROTONOSUPPORT for a family that is not known here,
    EINVAL for a socket that listens; `TypeError` for what has no descriptor.
    """
    return connection(adopt(f, CONN))


def file_packet_conn(f: Any) -> PacketConn:
    """As `file_conn`, for sockets of datagrams: `udp`, `ip` and `unixgram`; others are EINVAL."""
    return connection(adopt(f, PACKET))  # type: ignore[return-value]


def file_listener(f: Any) -> Listener:
    """As `file_conn`, for a TCP or Unix socket that listens; others are EINVAL. A Unix socket's file stays
    when the listener is closed."""
    opened = adopt(f, LISTENER, listens=True)
    if opened.network.is_unix:
        listener = UnixListener(opened, KeepAliveConfig())
        listener.set_unlink_on_close(False)
        return listener
    return TCPListener(opened, KeepAliveConfig())


def listen_fds() -> list[Listener | PacketConn]:
    """The sockets that systemd, or a parent that does the same, handed over (sd_listen_fds(3)), in order;
    none if there are none for this process. What is no listener but a socket of datagrams is a `PacketConn`.

    `name` is what each is called there (FileDescriptorName=). They are this process's from now on: the
    descriptors are not inherited any more, the variables are gone from the environment, and a second call
    gives an empty list.

    Raises `ValueError` for variables that are none of systemd's; `OpError` of op `file` where one of them is
    no such socket, and then everything is left as it was.
    """
    made: list[Listener | PacketConn] = take_over(file_listener, file_packet_conn)
    return made
