"""Dialing for threads."""

from __future__ import annotations

from ..addresses import IPAddr, TCPAddr, UDPAddr, UnixAddr
from ..poll.signal import CancelToken
from ..poll.thread_host import drive
from ..sockets import dial as work
from ..sockets.config import DialOptions
from ..sockets.opened import Opened
from .conn import Conn
from .kinds import IPConn, TCPConn, UDPConn, UnixConn, connection

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import timedelta

__all__ = ["Dialer", "dial", "dial_ip", "dial_tcp", "dial_udp", "dial_unix"]


class Dialer(DialOptions):
    __doc__ = DialOptions.__doc__

    def dial(self, network: str, address: str, *, cancel: CancelToken | None = None) -> Conn:
        """Connect to `address` on `network`.

        Args:
            network: `tcp`, `tcp4`, `tcp6`, `udp`, `udp4`, `udp6`, `unix`, `unixgram`, `unixpacket`, or `ip`,
                `ip4` or `ip6` with a protocol's name or number: `ip4:icmp`, `ip6:58`.
            address: `host:port` with a name or literal and a number or service name, `[ipv6%zone]:port`; for
                the IP networks a name or literal alone, for the Unix networks a path or an `@abstract` name.
                No host, or the unspecified address, is this machine.
            cancel: ends the dial from elsewhere.

        Raises `OpError` of op `dial`, whose cause is what Go's would be: `UnknownNetworkError`,
        `AddrError`, `DNSError`, `NoSuitableAddressError`, `MissingAddressError`, `DeadlineExceededError`,
        `CanceledError`, what `control` raised, or what the system reports. If several addresses were
        tried it is the first one's, and `attempts` has all.
        """
        opened = work.dial(network, address, self, cancel)
        return connection(opened if isinstance(opened, Opened) else drive(opened))

    def dial_tcp(
        self, network: str, laddr: TCPAddr | None, raddr: TCPAddr | None, *, cancel: CancelToken | None = None
    ) -> TCPConn:
        """Connect to `raddr` from `laddr` (None: the system's choice), without a lookup.

        `network` is `tcp`, `tcp4` or `tcp6`. Raises as `dial`; `local_addr` is not looked at.
        """
        return TCPConn(drive(work.dial_typed(network, TCPAddr, laddr, raddr, self, cancel)))

    def dial_udp(
        self, network: str, laddr: UDPAddr | None, raddr: UDPAddr | None, *, cancel: CancelToken | None = None
    ) -> UDPConn:
        """As `dial_tcp`, for `udp`, `udp4` and `udp6`."""
        return UDPConn(drive(work.dial_typed(network, UDPAddr, laddr, raddr, self, cancel)))

    def dial_ip(
        self, network: str, laddr: IPAddr | None, raddr: IPAddr | None, *, cancel: CancelToken | None = None
    ) -> IPConn:
        """As `dial_tcp`, for `ip`, `ip4` and `ip6` with a protocol: `ip4:icmp`, `ip6:58`."""
        return IPConn(drive(work.dial_typed(network, IPAddr, laddr, raddr, self, cancel)))

    def dial_unix(
        self,
        network: str,
        laddr: UnixAddr | None,
        raddr: UnixAddr | None,
        *,
        cancel: CancelToken | None = None,
    ) -> UnixConn:
        """As `dial_tcp`, for `unix`, `unixgram` and `unixpacket`.

        `raddr` may be None for `unixgram` with an `laddr`: a socket that is bound and not connected.
        """
        return UnixConn(drive(work.dial_typed(network, UnixAddr, laddr, raddr, self, cancel)))


_plain = Dialer()


def dial(network: str, address: str, *, timeout: float | timedelta | None = None) -> Conn:
    """Connect to `address` on `network`, within `timeout` seconds if given; see `Dialer.dial`."""
    return (_plain if timeout is None else Dialer(timeout=timeout)).dial(network, address)


def dial_tcp(network: str, laddr: TCPAddr | None, raddr: TCPAddr | None) -> TCPConn:
    """Connect to `raddr` from `laddr`, which may be None; see `Dialer.dial_tcp`."""
    return Dialer().dial_tcp(network, laddr, raddr)


def dial_udp(network: str, laddr: UDPAddr | None, raddr: UDPAddr | None) -> UDPConn:
    """A UDP socket whose peer is `raddr`; see `Dialer.dial_udp`."""
    return Dialer().dial_udp(network, laddr, raddr)


def dial_ip(network: str, laddr: IPAddr | None, raddr: IPAddr | None) -> IPConn:
    """A raw IP socket whose peer is `raddr`; see `Dialer.dial_ip`."""
    return Dialer().dial_ip(network, laddr, raddr)


def dial_unix(network: str, laddr: UnixAddr | None, raddr: UnixAddr | None) -> UnixConn:
    """Connect to the Unix socket `raddr`; see `Dialer.dial_unix`."""
    return Dialer().dial_unix(network, laddr, raddr)
