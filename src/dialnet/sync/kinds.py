"""The kinds of connection, for threads."""

from __future__ import annotations

from ..connections.tcp import HalfClose, TCPOptions
from ..sockets.opened import Opened
from .conn import SocketConn
from .packet import SocketPackets

__all__ = ["TCPConn", "UDPConn", "UnixConn", "connection"]


class TCPConn(TCPOptions, SocketConn):
    """A TCP connection. Nagle's algorithm is off at the start, keep-alive on."""


class UDPConn(SocketPackets, SocketConn):
    """A UDP socket: dialed, with one peer (`read`, `write`), or listening (`read_from`, `write_to`)."""

    _stream = _ends = False

    def __init__(self, opened: Opened) -> None:
        super().__init__(opened)
        self._connected = opened.remote is not None


class UnixConn(HalfClose, SocketPackets, SocketConn):
    """A Unix socket: a stream (`unix`), datagrams (`unixgram`), or a stream of messages (`unixpacket`)."""

    def __init__(self, opened: Opened) -> None:
        super().__init__(opened)
        base = opened.network.base
        self._stream = base == "unix"
        self._ends = base != "unixgram"
        self._connected = opened.remote is not None
        # The kernel calls an unconnected socket writable whatever the state of the receiver's queue.
        opened.fd.writing.edgeless = base == "unixgram" and not self._connected


_KINDS: dict[str, type[SocketConn]] = {
    "tcp": TCPConn,
    "udp": UDPConn,
    "unix": UnixConn,
    "unixgram": UnixConn,
    "unixpacket": UnixConn,
}


def connection(opened: Opened) -> SocketConn:
    """The connection that a socket of this network is."""
    return _KINDS[opened.network.base](opened)
