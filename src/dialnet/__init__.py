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
from .poll.signal import CancelToken
from .resolve.records import MX, NS, SRV
from .sockets.config import KeepAliveConfig
from .sockets.trace import Trace
from .sync.adopt import file_conn, file_listener, file_packet_conn, listen_fds
from .sync.conn import Conn
from .sync.dial import Dialer, dial, dial_tcp, dial_udp, dial_unix
from .sync.kinds import TCPConn, UDPConn, UnixConn
from .sync.listen import (
    ListenConfig,
    listen,
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
from .sync.raw import RawConn
from .sync.resolve import resolve_tcp_addr, resolve_udp_addr, resolve_unix_addr
from .sync.serve import serve

__version__ = "0.1.0"

__all__ = [
    "Addr",
    "AddrError",
    "CancelToken",
    "CanceledError",
    "ClosedError",
    "ClosedPipeError",
    "Conn",
    "DNSConfigError",
    "DNSError",
    "DeadlineExceededError",
    "Dialer",
    "Error",
    "HardwareAddr",
    "IPAddr",
    "IPNet",
    "InvalidAddrError",
    "KeepAliveConfig",
    "ListenConfig",
    "Listener",
    "MX",
    "MissingAddressError",
    "NS",
    "NoSuitableAddressError",
    "OpError",
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
    "default_mask",
    "default_resolver",
    "dial",
    "dial_tcp",
    "dial_udp",
    "dial_unix",
    "file_conn",
    "file_listener",
    "file_packet_conn",
    "join_host_port",
    "listen",
    "listen_fds",
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
    "resolve_tcp_addr",
    "resolve_udp_addr",
    "resolve_unix_addr",
    "serve",
    "split_host_port",
]
