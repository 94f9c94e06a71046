"""Which address family a socket gets, as Go's `favoriteAddrFamily`."""

from __future__ import annotations

import functools
import socket
from ipaddress import IPv6Address

from ..addresses import Addr
from ..addresses.sockaddr import to_sockaddr
from ..errors import AddrError
from ..resolve.candidates import is_wildcard
from ..resolve.networks import Network

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["choose", "control_network", "sockaddr_for", "stack"]

# Plain numbers: an enumeration's are looked up and made anew all the time.
_INET, _INET6 = int(socket.AF_INET), int(socket.AF_INET6)


@functools.cache
def stack() -> tuple[bool, bool, bool]:
    """Whether this machine has IPv4, IPv6, and IPv6 sockets that carry IPv4; found out once."""
    return (
        _works(socket.AF_INET, None, ""),
        socket.has_ipv6 and _works(socket.AF_INET6, 1, "::1"),
        socket.has_ipv6 and _works(socket.AF_INET6, 0, "::ffff:127.0.0.1"),
    )


def _works(family: int, v6_only: int | None, host: str) -> bool:
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            if v6_only is not None:
                probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, v6_only)
                probe.bind((host, 0))
    except PermissionError:
        return True  # Somebody forbids the bind; the family is there.
    except OSError:
        return False
    return True


def choose(network: Network, local: Addr | None, remote: Addr | None, *, listen: bool) -> tuple[int, bool]:
    """The family, and whether an IPv6 socket is to take IPv6 only."""
    if network.family:
        return network.family, network.family == _INET6
    if local is None and not listen:
        return _family(remote), False
    has_v4, _, mapped = stack()
    if network.base == "ip":
        mapped = False  # Raw sockets are of one family: over IPv6 no IPv4 packet comes in or goes out.
    if listen and (local is None or is_wildcard(local)):
        if mapped or not has_v4:
            return _INET6, False
        return _family(local), False
    if _family(local) == _INET and _family(remote) == _INET:
        return _INET, False
    return _INET6, False


def _family(addr: Addr | None) -> int:
    return _INET6 if isinstance(getattr(addr, "_ip", None), IPv6Address) else _INET


def control_network(network: Network, family: int) -> str:
    """The network's name as a `control` hook is told it: with the family spelt out."""
    name = network.plain.name
    if network.is_unix or name[-1] in "46":
        return name
    return name + ("4" if family == socket.AF_INET else "6")


def sockaddr_for(network: Network, addr: Addr, family: int) -> Any:
    """`addr` as a socket of this network and family takes it. Raises as `to_sockaddr`.

    An IPv4 address is none for a raw IPv6 socket. Linux would let it be connected to a mapped one, and lose
    without a word what is sent there.
    """
    if network.base == "ip" and family == socket.AF_INET6:
        ip = getattr(addr, "ip", None)
        if ip is not None and ip.version == 4 and not ip.is_unspecified:
            raise AddrError("non-IPv6 address", str(ip))
    return to_sockaddr(addr, family)
