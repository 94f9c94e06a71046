"""Listening for threads."""

from __future__ import annotations

from ..addresses import IPAddr, TCPAddr, UDPAddr, UnixAddr
from ..poll.thread_host import drive
from ..sockets import listen as work
from ..sockets.config import ListenOptions
from ..sockets.multicast import listen_multicast
from .kinds import IPConn, UDPConn, UnixConn, connection
from .listener import Listener, TCPListener, UnixListener
from .packet import PacketConn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = [
    "ListenConfig",
    "listen",
    "listen_ip",
    "listen_multicast_udp",
    "listen_packet",
    "listen_tcp",
    "listen_udp",
    "listen_unix",
    "listen_unixgram",
]


class ListenConfig(ListenOptions):
    __doc__ = ListenOptions.__doc__

    def listen(self, network: str, address: str) -> Listener:
        """Listen for connections at `address`.

        Args:
            network: `tcp`, `tcp4`, `tcp6`, `unix` or `unixpacket`.
            address: `host:port`, where no host is every address of the machine (of both families, where
                the system can) and no port or 0 one that is free; of a name the first IPv4 address is
                used. For the Unix networks a path, an `@abstract` name, or `""` for an abstract name that
                the system chooses. A file that is there already is never removed.

        Raises `OpError` of op `listen`.
        """
        opened = drive(work.listen(network, address, self, work.STREAM))
        kind = UnixListener if opened.network.is_unix else TCPListener
        return kind(opened, self.keep_alive)

    def listen_packet(self, network: str, address: str) -> PacketConn:
        """Receive datagrams at `address`: `udp`, `udp4`, `udp6`, `unixgram`, or raw IP ones on `ip`, `ip4` or
        `ip6` with a protocol (`ip4:icmp`, `ip6:58`), where `address` is a host alone; else as `listen`.

        The file of a `unixgram` socket stays when it is closed. A raw IP socket has one family: where neither
        network nor address says which, it is IPv4.
        """
        return connection(drive(work.listen(network, address, self, work.PACKET)))  # type: ignore[return-value]


def listen(network: str, address: str) -> Listener:
    """Listen for connections at `address`; see `ListenConfig.listen`."""
    return ListenConfig().listen(network, address)


def listen_packet(network: str, address: str) -> PacketConn:
    """Receive datagrams at `address`; see `ListenConfig.listen_packet`."""
    return ListenConfig().listen_packet(network, address)


def listen_tcp(network: str, laddr: TCPAddr | None) -> TCPListener:
    """Listen at an address that is known already (None: any, with a free port).

    `network` is `tcp`, `tcp4` or `tcp6`. Raises `OpError` of op `listen`.
    """
    config = ListenConfig()
    return TCPListener(drive(work.listen_typed(network, TCPAddr, laddr, config, "tcp")), config.keep_alive)


def listen_unix(network: str, laddr: UnixAddr | None) -> UnixListener:
    """As `listen_tcp`, for `unix` and `unixpacket`; without an address, `MissingAddressError`."""
    config = ListenConfig()
    opened = drive(work.listen_typed(network, UnixAddr, laddr, config, "unix", "unixpacket"))
    return UnixListener(opened, config.keep_alive)


def listen_udp(network: str, laddr: UDPAddr | None) -> UDPConn:
    """As `listen_tcp`, for `udp`, `udp4` and `udp6`."""
    return UDPConn(drive(work.listen_typed(network, UDPAddr, laddr, ListenConfig(), "udp")))


def listen_ip(network: str, laddr: IPAddr | None) -> IPConn:
    """As `listen_tcp`, for `ip`, `ip4` and `ip6` with a protocol: `ip4:icmp`, `ip6:58`. A raw socket has one
    family: where neither network nor address says which, it is IPv4."""
    return IPConn(drive(work.listen_typed(network, IPAddr, laddr, ListenConfig(), "ip")))


def listen_multicast_udp(network: str, interface: Any, gaddr: UDPAddr | None) -> UDPConn:
    """Hear a multicast group at the address' port (0: a free one), which other sockets may share.

    `network` is `udp`, `udp4` or `udp6`; `interface` is its name, its index, an `Interface`, or None for the
    one that the system (or the group's zone) chooses. What is sent to the group from here leaves by that
    interface and is not heard on this machine (`set_multicast_loopback`). The socket gets what is sent to its
    port at any address of this machine, and of groups those that it has joined (`join_group`).

    Raises `OpError` of op `listen`; `TypeError`, `ValueError`.
    """
    return UDPConn(drive(listen_multicast(network, interface, gaddr)))


def listen_unixgram(network: str, laddr: UnixAddr | None) -> UnixConn:
    """As `listen_tcp`, for `unixgram`; without an address, `MissingAddressError`."""
    return UnixConn(drive(work.listen_typed(network, UnixAddr, laddr, ListenConfig(), "unixgram")))
