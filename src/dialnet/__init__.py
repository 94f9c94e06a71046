"""dialnet: Go's `net` package for Python.

One portable interface for network I/O and name resolution. This is the face for threads, in which a call
that has to wait blocks the calling thread; `dialnet.aio` has the same names for async code. Addresses,
errors and options are the same objects in both.

    import dialnet as net

    with net.dial("tcp", "localhost:7") as conn:
        conn.write(b"hello")
        print(conn.read(100))
"""

from .addresses import (
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
from .connections.credentials import Credentials
from .connections.messages import Message
from .connections.packet import Packet
from .errors import (
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
from .netif.lookups import interface_addrs, interface_by_index, interface_by_name, interfaces
from .poll.signal import CancelToken
from .resolve.records import MX, NS, SRV
from .sockets.config import KeepAliveConfig
from .sockets.trace import Trace
from .sync.adopt import file_conn, file_listener, file_packet_conn, listen_fds
from .sync.buffers import Buffers
from .sync.conn import Conn
from .sync.copying import copy
from .sync.dial import Dialer, dial, dial_ip, dial_tcp, dial_udp, dial_unix
from .sync.kinds import IPConn, TCPConn, UDPConn, UnixConn
from .sync.listen import (
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
from .sync.listener import Listener, TCPListener, UnixListener
from .sync.lookup import (
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
from .sync.packet import PacketConn
from .sync.pipe import pipe
from .sync.raw import RawConn
from .sync.resolve import resolve_ip_addr, resolve_tcp_addr, resolve_udp_addr, resolve_unix_addr
from .sync.serve import serve

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .netif.interface import Flags, Interface

__version__ = "0.1.0"

__all__ = [
    "Addr",
    "AddrError",
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
            from .netif import interface

            found = globals()[name] = getattr(interface, name)
            return found
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
