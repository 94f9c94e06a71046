"""dialnet: Go's `net` package for Python.

One portable interface for network I/O and name resolution. This is the face for threads, in which a call
that has to wait blocks the calling thread; `dialnet.aio` has the same names for async code. Addresses,
errors and options are the same objects in both.

    import dialnet as net

    with net.dial("tcp", "localhost:7") as conn:
        conn.write(b"hello")
        print(conn.read(100))
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
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
    from .netif.interface import Flags, Interface
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

__version__ = "0.1.0"

# Where each name is. A program pays for what it uses: a name is looked up here when it is first asked for.
_WHERE = {
    "addresses": (
        "Addr",
        "HardwareAddr",
        "IPAddr",
        "IPNet",
        "TCPAddr",
        "UDPAddr",
        "UnixAddr",
        "cidr_mask",
        "default_mask",
        "join_host_port",
        "parse_cidr",
        "parse_ip",
        "parse_mac",
        "split_host_port",
    ),
    "connections.credentials": ("Credentials",),
    "connections.messages": ("Message",),
    "connections.packet": ("Packet",),
    "errors": (
        "AddrError",
        "CanceledError",
        "ClosedError",
        "ClosedPipeError",
        "DNSConfigError",
        "DNSError",
        "DeadlineExceededError",
        "Error",
        "InvalidAddrError",
        "MissingAddressError",
        "NoSuitableAddressError",
        "OpError",
        "ParseError",
        "UnknownNetworkError",
        "WriteToConnectedError",
    ),
    "netif.interface": (
        "Flags",
        "Interface",
    ),
    "netif.lookups": (
        "interface_addrs",
        "interface_by_index",
        "interface_by_name",
        "interfaces",
    ),
    "poll.signal": ("CancelToken",),
    "resolve.records": (
        "MX",
        "NS",
        "SRV",
    ),
    "sockets.config": ("KeepAliveConfig",),
    "sockets.trace": ("Trace",),
    "sync.adopt": (
        "file_conn",
        "file_listener",
        "file_packet_conn",
        "listen_fds",
    ),
    "sync.buffers": ("Buffers",),
    "sync.conn": ("Conn",),
    "sync.copying": ("copy",),
    "sync.dial": (
        "Dialer",
        "dial",
        "dial_ip",
        "dial_tcp",
        "dial_udp",
        "dial_unix",
    ),
    "sync.kinds": (
        "IPConn",
        "TCPConn",
        "UDPConn",
        "UnixConn",
    ),
    "sync.listen": (
        "ListenConfig",
        "listen",
        "listen_ip",
        "listen_multicast_udp",
        "listen_packet",
        "listen_tcp",
        "listen_udp",
        "listen_unix",
        "listen_unixgram",
    ),
    "sync.listener": (
        "Listener",
        "TCPListener",
        "UnixListener",
    ),
    "sync.lookup": (
        "Resolver",
        "default_resolver",
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
    ),
    "sync.packet": ("PacketConn",),
    "sync.pipe": ("pipe",),
    "sync.raw": ("RawConn",),
    "sync.resolve": (
        "resolve_ip_addr",
        "resolve_tcp_addr",
        "resolve_udp_addr",
        "resolve_unix_addr",
    ),
    "sync.serve": ("serve",),
}

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
    _MODULES = {name: module for module, names in _WHERE.items() for name in names}

    def __getattr__(name: str) -> object:
        module = _MODULES.get(name)
        if module is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        found = globals()[name] = getattr(import_module(f".{module}", __name__), name)
        return found

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
