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
from ..sockets.config import KeepAliveConfig
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
from .packet import PacketConn
from .resolve import resolve_tcp_addr, resolve_udp_addr, resolve_unix_addr
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
    "MissingAddressError",
    "NoSuitableAddressError",
    "OpError",
    "PacketConn",
    "ParseError",
    "TCPAddr",
    "TCPConn",
    "TCPListener",
    "UDPAddr",
    "UDPConn",
    "UnixAddr",
    "UnixConn",
    "UnixListener",
    "UnknownNetworkError",
    "WriteToConnectedError",
    "cidr_mask",
    "default_mask",
    "dial",
    "dial_tcp",
    "dial_udp",
    "dial_unix",
    "join_host_port",
    "listen",
    "listen_packet",
    "listen_tcp",
    "listen_udp",
    "listen_unix",
    "listen_unixgram",
    "parse_cidr",
    "parse_ip",
    "parse_mac",
    "resolve_tcp_addr",
    "resolve_udp_addr",
    "resolve_unix_addr",
    "split_host_port",
]
