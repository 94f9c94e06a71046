"""One address from a name: `resolve_*_addr`."""

from __future__ import annotations

from ..addresses import IPAddr, TCPAddr, UDPAddr, UnixAddr
from .candidates import first_choice, internet_addresses
from .networks import parse_network

__all__ = ["resolve_ip_addr", "resolve_tcp_addr", "resolve_udp_addr", "resolve_unix_addr"]


async def resolve_tcp_addr(network: str, address: str) -> TCPAddr:
    return await _resolve("tcp" if network == "" else network, address, "tcp")  # type: ignore[return-value]


async def resolve_udp_addr(network: str, address: str) -> UDPAddr:
    return await _resolve("udp" if network == "" else network, address, "udp")  # type: ignore[return-value]


async def resolve_ip_addr(network: str, address: str) -> IPAddr:
    return await _resolve("ip" if network == "" else network, address, "ip")  # type: ignore[return-value]


async def _resolve(network: str, address: str, base: str) -> TCPAddr | UDPAddr | IPAddr:
    net = parse_network(network, base)
    if not isinstance(address, str):
        raise TypeError(f"an address is a str, not {type(address).__name__}")
    # Brackets are how an IPv6 address is written where a port follows, and colons where none does; so who
    # writes them means one (Go's rule).
    prefer_v6 = net.plain.name == base and (":" if base == "ip" else "[") in address
    return first_choice(await internet_addresses(net, address), prefer_v6=prefer_v6)


async def resolve_unix_addr(network: str, address: str) -> UnixAddr:
    net = parse_network(network, "unix", "unixgram", "unixpacket")
    return UnixAddr(address, net.base)
