"""Where a datagram may be sent, in both faces."""

from __future__ import annotations

import errno
import os

from ..addresses import Addr, IPAddr, TCPAddr, UDPAddr, UnixAddr
from ..addresses.sockaddr import to_sockaddr
from ..errors import OpError, WriteToConnectedError
from ..sockets.families import sockaddr_for
from .base import Deadlines, invalid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["Packets"]


class Packets(Deadlines):
    """A connection that can send to any address."""

    # A dialed socket has its one destination; see `WriteToConnectedError`.
    _connected = False

    def _destination(self, addr: Addr, *, streams: bool = False) -> Any:
        """`addr` as this socket takes it; of `streams` the kernel is to say whether it takes any.

        Raises `OpError`, and `TypeError` for what is no address.
        """
        network = self._network
        if addr is not None and not isinstance(addr, Addr):
            raise TypeError(f"expected an Addr, not {type(addr).__name__}")
        try:
            if not isinstance(addr, _KINDS[network.base]):
                raise invalid()
            if self._connected and not (streams and network.base in ("unix", "unixpacket")):
                raise WriteToConnectedError
            if isinstance(addr, UnixAddr) and addr.network != network.base:
                raise OSError(errno.EAFNOSUPPORT, os.strerror(errno.EAFNOSUPPORT))
            if network.base == "ip":
                return sockaddr_for(network, addr, self._fd.family)
            return to_sockaddr(addr, self._fd.family)
        except OSError as err:
            raise OpError("write", network.name, self._source(), addr, err) from err

    def _send_to(self, what: tuple[Any, Any]) -> int:
        return self._fd.sock.sendto(*what)

    def _failed_to(self, addr: Addr, err: OSError, syscall: str) -> OpError:
        failed = self._failed("write", err, syscall)
        return OpError("write", failed.net, failed.source, addr, err, syscall=failed.syscall)


_KINDS: dict[str, type[Addr]] = {
    "tcp": TCPAddr,
    "udp": UDPAddr,
    "ip": IPAddr,
    "unix": UnixAddr,
    "unixgram": UnixAddr,
    "unixpacket": UnixAddr,
}
