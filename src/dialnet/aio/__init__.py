"""The face for async code: the names and signatures of `dialnet`, and what may wait is awaited.

It runs under asyncio (the stock loop and uvloop) and trio.

    from dialnet import aio as net

    async with net.dial("tcp", "localhost:7") as conn:
        await conn.write(b"hello")
        print(await conn.read(100))
"""

from ..addresses import (
    Addr,
    HardwareAddr,
    IPAddr,
    IPNet,
    TCPAddr,
    UDPAddr,
    UnixAddr,
    cidr_mask,
    default_mask,
    join_host_port,
    parse_cidr,
    parse_ip,
    parse_mac,
    split_host_port,
)
from ..connections.credentials import Credentials
from ..connections.messages import Message
from ..connections.packet import Packet
from ..errors import (
    AddrError,
    CanceledError,
    ClosedError,
    ClosedPipeError,
    DeadlineExceededError,
    DNSConfigError,
    DNSError,
    Error,
    InvalidAddrError,
    MissingAddressError,
    NoSuitableAddressError,
    OpError,
    ParseError,
    UnknownNetworkError,
    WriteToConnectedError,
)
from ..netif.lookups import interface_addrs, interface_by_index, interface_by_name, interfaces
from ..poll.signal import CancelToken
from ..resolve.records import MX, NS, SRV
from ..sockets.config import KeepAliveConfig
from ..sockets.trace import Trace
from .adopt import file_conn, file_listener, file_packet_conn, listen_fds
from .buffers import Buffers
from .conn import Conn
from .copying import copy
from .dial import Dialer, dial, dial_ip, dial_tcp, dial_udp, dial_unix
from .kinds import IPConn, TCPConn, UDPConn, UnixConn
from .listen import (
    ListenConfig,
    listen,
    listen_ip,
    listen_multicast_udp,
    listen_packet,
    listen_tcp,
    listen_udp,
    listen_unix,
    listen_unixgram,
)
from .listener import Listener, TCPListener, UnixListener
from .lookup import (
    Resolver,
    default_resolver,
    lookup_addr,
    lookup_cname,
    lookup_host,
    lookup_ip,
    lookup_ip_addr,
    lookup_mx,
    lookup_ns,
    lookup_port,
    lookup_srv,
    lookup_txt,
)
from .packet import PacketConn
from .pipe import pipe
from .raw import RawConn
from .resolve import resolve_ip_addr, resolve_tcp_addr, resolve_udp_addr, resolve_unix_addr
from .serve import serve
from .streams import BufferedReader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..netif.interface import Flags, Interface

__all__ = [
    "Addr",
    "AddrError",
    "BufferedReader",
    "Buffers",
    "CancelToken",
    "CanceledError",
    "ClosedError",
    "ClosedPipeError",
    "Conn",
    "Credentials",
    "DNSConfigError",
    "DNSError",
    "DeadlineExceededError",
    "Dialer",
    "Error",
    "Flags",
    "HardwareAddr",
    "IPAddr",
    "IPConn",
    "IPNet",
    "Interface",
    "InvalidAddrError",
    "KeepAliveConfig",
    "ListenConfig",
    "Listener",
    "MX",
    "Message",
    "MissingAddressError",
    "NS",
    "NoSuitableAddressError",
    "OpError",
    "Packet",
    "PacketConn",
    "ParseError",
    "RawConn",
    "Resolver",
    "SRV",
    "TCPAddr",
    "TCPConn",
    "TCPListener",
    "Trace",
    "UDPAddr",
    "UDPConn",
    "UnixAddr",
    "UnixConn",
    "UnixListener",
    "UnknownNetworkError",
    "WriteToConnectedError",
    "cidr_mask",
    "copy",
    "default_mask",
    "default_resolver",
    "dial",
    "dial_ip",
    "dial_tcp",
    "dial_udp",
    "dial_unix",
    "file_conn",
    "file_listener",
    "file_packet_conn",
    "interface_addrs",
    "interface_by_index",
    "interface_by_name",
    "interfaces",
    "join_host_port",
    "listen",
    "listen_fds",
    "listen_ip",
    "listen_multicast_udp",
    "listen_packet",
    "listen_tcp",
    "listen_udp",
    "listen_unix",
    "listen_unixgram",
    "lookup_addr",
    "lookup_cname",
    "lookup_host",
    "lookup_ip",
    "lookup_ip_addr",
    "lookup_mx",
    "lookup_ns",
    "lookup_port",
    "lookup_srv",
    "lookup_txt",
    "parse_cidr",
    "parse_ip",
    "parse_mac",
    "pipe",
    "resolve_ip_addr",
    "resolve_tcp_addr",
    "resolve_udp_addr",
    "resolve_unix_addr",
    "serve",
    "split_host_port",
]

if not TYPE_CHECKING:  # else every name would seem to be here

    def __getattr__(name: str) -> object:
        if name in ("Flags", "Interface"):  # loaded when they are asked for
            from ..netif import interface

            found = globals()[name] = getattr(interface, name)
            return found
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
