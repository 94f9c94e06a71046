"""The kinds of connection, for threads."""

from __future__ import annotations

from ..addresses import Addr
from ..connections.credentials import PeerCredentials
from ..connections.limits import DATAGRAM
from ..connections.multicast import Multicast
from ..connections.rawip import RawPackets
from ..connections.tcp import HalfClose, TCPOptions
from ..sockets.opened import Opened
from .conn import SocketConn
from .datagrams import SocketDatagrams
from .descriptors import SocketDescriptors
from .packet import SocketPackets

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["IPConn", "TCPConn", "UDPConn", "UnixConn", "connection"]


class TCPConn(TCPOptions, SocketConn):
    """A TCP connection. Nagle's algorithm is off at the start, keep-alive on."""


class UDPConn(Multicast, SocketDatagrams, SocketPackets, SocketConn):
    """A UDP socket: dialed, with one peer (`read`, `write`), or listening (`read_from`, `write_to`)."""


class IPConn(RawPackets, SocketPackets, SocketConn):
    """A raw IP socket: packets of one protocol. There is no port to tell whose they are, so every socket of
    the protocol gets a copy. What is sent goes behind an IP header that the system makes.

    `read_from` gives what follows the IP header. `read` and `readinto` give a packet as the system does: over
    IPv4 the header is in front, over IPv6 it never is.
    """

    def read_from(self, n: int = DATAGRAM) -> tuple[bytes, Addr | None]:
        if n < 0:
            raise ValueError("cannot read a negative number of bytes")
        packet, sender = super().read_from(n + self._room)
        return self._payload(packet)[:n], sender

    def read_from_into(self, buffer: Any) -> tuple[int, Addr | None]:
        view = memoryview(buffer).cast("B")
        if not self._room:
            return super().read_from_into(view)
        if view.readonly:
            raise TypeError("a buffer to read into has to be writable")
        payload, sender = self.read_from(len(view))
        view[: len(payload)] = payload
        return len(payload), sender


class UnixConn(PeerCredentials, HalfClose, SocketDescriptors, SocketPackets, SocketConn):
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
    "ip": IPConn,
    "unix": UnixConn,
    "unixgram": UnixConn,
    "unixpacket": UnixConn,
}


def connection(opened: Opened) -> SocketConn:
    """The connection that a socket of this network is."""
    return _KINDS[opened.network.base](opened)
