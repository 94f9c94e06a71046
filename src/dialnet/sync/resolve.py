"""Addresses from names, for threads."""

from __future__ import annotations

from ..addresses import IPAddr, TCPAddr, UDPAddr, UnixAddr
from ..poll.thread_host import drive
from ..resolve import resolve as work

__all__ = ["resolve_ip_addr", "resolve_tcp_addr", "resolve_udp_addr", "resolve_unix_addr"]


def resolve_tcp_addr(network: str, address: str) -> TCPAddr:
    """`address` (`host:port`) as a TCP address; IPv4 is preferred, unless it is written with brackets.

    `network` is `tcp`, `tcp4` or `tcp6`. Raises `UnknownNetworkError`, `AddrError`, `DNSError`.
    """
    return drive(work.resolve_tcp_addr(network, address))


def resolve_udp_addr(network: str, address: str) -> UDPAddr:
    """As `resolve_tcp_addr`, for `udp`, `udp4` and `udp6`."""
    return drive(work.resolve_udp_addr(network, address))


def resolve_ip_addr(network: str, address: str) -> IPAddr:
    """`address`, a host alone, as an IP address; IPv4 is preferred, unless it is written with colons.

    `network` is `ip`, `ip4` or `ip6`, with a protocol (`ip4:icmp`) or without. Raises as `resolve_tcp_addr`.
    """
    return drive(work.resolve_ip_addr(network, address))


def resolve_unix_addr(network: str, address: str) -> UnixAddr:
    """A Unix address; nothing is looked up. Raises `UnknownNetworkError`."""
    return drive(work.resolve_unix_addr(network, address))
