"""Who is at the other end, as values, and the texts they are read from and written to.

Floor 1: nothing here imports anything of the package but `dialnet.errors`, and nothing here waits or
looks a name up. Every address is immutable and hashable, so one object may be shared by connections,
threads and tasks. IP values are `ipaddress`'s own; an IPv4-mapped IPv6 address is IPv4 everywhere, as
in Go, so that a peer compares equal whichever kind of socket it came in on.

What sockets need and users do not, the way between these values and the tuples of `socket`, is in
`dialnet.addresses.sockaddr`.
"""

from .base import Addr
from .endpoints import IPAddr, TCPAddr, UDPAddr
from .hardware import HardwareAddr, parse_mac
from .hostport import join_host_port, split_host_port
from .ip import parse_ip
from .ipnet import IPNet, parse_cidr
from .masks import cidr_mask, default_mask
from .unix import UnixAddr

__all__ = [
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
]

# A repr and a traceback show where people import a name from, not which room it lives in.
for _name in __all__:
    globals()[_name].__module__ = "dialnet"
