"""Where a dial through a proxy is to end: an address, or a name that only the proxy looks up."""

from __future__ import annotations

from ..addresses import Addr, TCPAddr, join_host_port, split_host_port
from ..errors import AddrError, DNSError, MissingAddressError, NoSuitableAddressError
from ..poll.signal import CancelToken
from ..record import Record
from ..resolve import asked
from ..resolve.dns.names import is_domain_name
from ..resolve.literals import ip_literal
from ..resolve.names import ascii_name
from ..resolve.networks import parse_network

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import ClassVar, TypeAlias

    Target: TypeAlias = "TCPAddr | HostAddr"

__all__ = ["HostAddr", "target"]


class HostAddr(Record, Addr):
    """A TCP end point whose host is a name: `HostAddr(host, port)`."""

    host: str = ""
    port: int = 0
    _fields: ClassVar[tuple[str, ...]] = ("host", "port")

    def __init__(self, host: str, port: int) -> None:
        self._set(locals())

    @property
    def network(self) -> str:
        """`"tcp"`."""
        return "tcp"

    def __str__(self) -> str:
        return join_host_port(self.host, self.port)


async def target(network: str, address: str, until: float | None, cancel: CancelToken | None) -> Target:
    """What `dial(network, address)` asks a proxy for. A service's name is looked up here, a host's is not.

    Of a name the proxy chooses the address, whatever its family; a literal has to be of the network's.

    Raises `UnknownNetworkError` for what is not TCP, `MissingAddressError`, `AddrError`,
    `NoSuitableAddressError`, `DNSError` for what cannot be a name, `TypeError` for what is no text.
    """
    net = parse_network(network, "tcp")
    if address == "":
        raise MissingAddressError
    host, service = split_host_port(address)
    if not host:
        # To a dialer this is the machine it runs on; here there are two that could be meant.
        raise AddrError("missing host in address", address)
    port = await asked.port(None, "tcp", service, until, cancel)
    literal = ip_literal(host)
    if literal is None:
        name = ascii_name(host)
        # What is no name must not get into a request either.
        if not is_domain_name(name):
            raise DNSError("no such host", host, is_not_found=True)
        return HostAddr(name, port)
    if literal.zone:
        # An interface of this machine, of which the proxy knows nothing.
        raise AddrError("zone in address for a proxy", address)
    addr = TCPAddr(literal.ip, port)
    if net.name != "tcp" and addr.ip is not None and net.name != f"tcp{addr.ip.version}":
        raise NoSuitableAddressError(host)
    return addr
