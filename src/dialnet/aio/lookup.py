"""Lookups for tasks: the resolver, and the functions that use the default one."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import IPv4Address, IPv6Address

from ..addresses import IPAddr
from ..poll.signal import CancelToken
from ..poll.task_host import drive
from ..resolve.options import ResolverOptions
from ..resolve.records import MX, NS, SRV
from .converse import converse

Timeout = float | timedelta | None

__all__ = [
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
]

_EVERY_LOOKUP = """
    Every lookup takes `timeout`, seconds (or a `timedelta`) for all of it, where `None` is the resolver's
    own, and `cancel`, which ends it from elsewhere. It raises `DNSError`: with `is_not_found` where there is
    nothing of that name, also a `TimeoutError` where the time ran out, also a `CanceledError` where it was
    cancelled. Good records of an answer that had bad ones too are the error's `records`. What is no text is a
    `TypeError`.
"""


class Resolver(ResolverOptions):
    __doc__ = (ResolverOptions.__doc__ or "") + _EVERY_LOOKUP

    _for_tasks = True
    _converse = staticmethod(converse)

    async def lookup_host(
        self, host: str, *, timeout: Timeout = None, cancel: CancelToken | None = None
    ) -> list[str]:
        """The addresses of `host` as text, in the order to try them; a literal comes back as it is.

        Those of the hosts file come in the file's order, those of DNS in RFC 6724's.
        """
        found: list[str] = await drive(self._lookup("host", host, timeout=timeout, cancel=cancel))
        return found

    async def lookup_ip(
        self, host: str, network: str = "ip", *, timeout: Timeout = None, cancel: CancelToken | None = None
    ) -> list[IPv4Address | IPv6Address]:
        """The IP addresses of `host`, of the families of `network`: `ip`, `ip4` or `ip6`. Zones are dropped.

        Raises also `UnknownNetworkError`, and `NoSuitableAddressError` where the hosts file knows only
        addresses of the other family.
        """
        found: list[IPv4Address | IPv6Address] = await drive(
            self._lookup("ip", network, host, timeout=timeout, cancel=cancel)
        )
        return found

    async def lookup_ip_addr(
        self, host: str, *, timeout: Timeout = None, cancel: CancelToken | None = None
    ) -> list[IPAddr]:
        """The IP addresses of `host`, with their zones, in the order to try them."""
        found: list[IPAddr] = await drive(self._lookup("ip_addr", host, timeout=timeout, cancel=cancel))
        return found

    async def lookup_addr(
        self, addr: str, *, timeout: Timeout = None, cancel: CancelToken | None = None
    ) -> list[str]:
        """The names of an address: the hosts file's, or the rooted ones of its PTR records (RFC 1035)."""
        found: list[str] = await drive(self._lookup("addr", addr, timeout=timeout, cancel=cancel))
        return found

    async def lookup_cname(
        self, host: str, *, timeout: Timeout = None, cancel: CancelToken | None = None
    ) -> str:
        """The rooted canonical name of `host`: where its chain of CNAME records ends."""
        found: str = await drive(self._lookup("cname", host, timeout=timeout, cancel=cancel))
        return found

    async def lookup_mx(
        self, name: str, *, timeout: Timeout = None, cancel: CancelToken | None = None
    ) -> list[MX]:
        """The mail exchangers of `name`, the preferred first, equals in random order (RFC 5321)."""
        found: list[MX] = await drive(self._lookup("mx", name, timeout=timeout, cancel=cancel))
        return found

    async def lookup_ns(
        self, name: str, *, timeout: Timeout = None, cancel: CancelToken | None = None
    ) -> list[NS]:
        """The name servers of the zone `name`."""
        found: list[NS] = await drive(self._lookup("ns", name, timeout=timeout, cancel=cancel))
        return found

    async def lookup_srv(
        self,
        service: str,
        proto: str,
        name: str,
        *,
        timeout: Timeout = None,
        cancel: CancelToken | None = None,
    ) -> tuple[str, list[SRV]]:
        """The canonical name of `_service._proto.name` and where that service is (RFC 2782), in the order to
        try: by priority, then drawn by weight. With `service` and `proto` empty `name` is looked up as it is.
        """
        found: tuple[str, list[SRV]] = await drive(
            self._lookup("srv", service, proto, name, timeout=timeout, cancel=cancel)
        )
        return found

    async def lookup_txt(
        self, name: str, *, timeout: Timeout = None, cancel: CancelToken | None = None
    ) -> list[str]:
        """The texts of `name`, the strings of each TXT record joined; bytes that are no UTF-8 as lone
        surrogates (`surrogateescape`).
        """
        found: list[str] = await drive(self._lookup("txt", name, timeout=timeout, cancel=cancel))
        return found

    async def lookup_port(
        self, network: str, service: str, *, timeout: Timeout = None, cancel: CancelToken | None = None
    ) -> int:
        """The port (0 to 65535) of a service: a number, or a name known for `tcp`, `udp` (also with 4 or 6
        behind it) or `ip`, which is either.

        Raises also `AddrError` for a number out of range or an unknown network.
        """
        found: int = await drive(self._lookup("port", network, service, timeout=timeout, cancel=cancel))
        return found


default_resolver = Resolver()


async def lookup_host(host: str, *, timeout: Timeout = None, cancel: CancelToken | None = None) -> list[str]:
    """See `Resolver.lookup_host`."""
    return await default_resolver.lookup_host(host, timeout=timeout, cancel=cancel)


async def lookup_ip(
    host: str,
    network: str = "ip",
    *,
    timeout: Timeout = None,
    cancel: CancelToken | None = None,
) -> list[IPv4Address | IPv6Address]:
    """See `Resolver.lookup_ip`."""
    return await default_resolver.lookup_ip(host, network, timeout=timeout, cancel=cancel)


async def lookup_ip_addr(
    host: str, *, timeout: Timeout = None, cancel: CancelToken | None = None
) -> list[IPAddr]:
    """See `Resolver.lookup_ip_addr`."""
    return await default_resolver.lookup_ip_addr(host, timeout=timeout, cancel=cancel)


async def lookup_addr(addr: str, *, timeout: Timeout = None, cancel: CancelToken | None = None) -> list[str]:
    """See `Resolver.lookup_addr`."""
    return await default_resolver.lookup_addr(addr, timeout=timeout, cancel=cancel)


async def lookup_cname(host: str, *, timeout: Timeout = None, cancel: CancelToken | None = None) -> str:
    """See `Resolver.lookup_cname`."""
    return await default_resolver.lookup_cname(host, timeout=timeout, cancel=cancel)


async def lookup_mx(name: str, *, timeout: Timeout = None, cancel: CancelToken | None = None) -> list[MX]:
    """See `Resolver.lookup_mx`."""
    return await default_resolver.lookup_mx(name, timeout=timeout, cancel=cancel)


async def lookup_ns(name: str, *, timeout: Timeout = None, cancel: CancelToken | None = None) -> list[NS]:
    """See `Resolver.lookup_ns`."""
    return await default_resolver.lookup_ns(name, timeout=timeout, cancel=cancel)


async def lookup_srv(
    service: str,
    proto: str,
    name: str,
    *,
    timeout: Timeout = None,
    cancel: CancelToken | None = None,
) -> tuple[str, list[SRV]]:
    """See `Resolver.lookup_srv`."""
    return await default_resolver.lookup_srv(service, proto, name, timeout=timeout, cancel=cancel)


async def lookup_txt(name: str, *, timeout: Timeout = None, cancel: CancelToken | None = None) -> list[str]:
    """See `Resolver.lookup_txt`."""
    return await default_resolver.lookup_txt(name, timeout=timeout, cancel=cancel)


async def lookup_port(
    network: str, service: str, *, timeout: Timeout = None, cancel: CancelToken | None = None
) -> int:
    """See `Resolver.lookup_port`."""
    return await default_resolver.lookup_port(network, service, timeout=timeout, cancel=cancel)
