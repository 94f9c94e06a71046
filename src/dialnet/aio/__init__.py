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
from ..poll.signal import CancelToken
from ..resolve.records import MX, NS, SRV
from ..sockets.config import KeepAliveConfig
from ..sockets.trace import Trace
from .adopt import file_conn, file_listener, file_packet_conn, listen_fds
from .conn import Conn
from .dial import Dialer, dial, dial_tcp, dial_udp, dial_unix
from .kinds import TCPConn, UDPConn, UnixConn
from .listen import (
    ListenConfig,
    listen,
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
from .raw import RawConn
from .resolve import resolve_tcp_addr, resolve_udp_addr, resolve_unix_addr
from .serve import serve
from .streams import BufferedReader

__all__ = [
    "Addr",
    "AddrError",
    "BufferedReader",
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
