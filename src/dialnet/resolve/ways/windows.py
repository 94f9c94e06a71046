"""Windows: `GetAddrInfoW` for addresses and ports, `DnsQuery_W` for everything else, as Go asks them.

The calls and their structures are in files of their own, which are imported, and ctypes with them, by the
first lookup.
"""

from __future__ import annotations

import functools
import ipaddress
import socket
from collections.abc import Callable

from ...addresses import IPAddr
from ...addresses.ip import unmapped
from ...addresses.zones import zone_of
from ...errors import DNSError
from ...poll.pool import blocking
from ..answers import is_mail_host
from ..dns.message import TYPE_CNAME, TYPE_MX, TYPE_NS, TYPE_PTR, TYPE_SRV, TYPE_TXT
from ..dns.names import is_domain_name, reverse_name
from ..exchanges import no_such_host
from ..records import MX, NS, SRV
from ..threads import pool
from .aliases import end_of_aliases, folded, rooted
from .valid import checked, checked_name
from .winerror import DNS_INFO_NO_RECORDS, UNKNOWN_SERVICE, WSATRY_AGAIN, CallFailed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeVar

    from .dnsapi import DNSAPI, Record
    from .winsock import Found, Winsock

    T = TypeVar("T")

__all__ = ["WindowsWay"]

# How often an address lookup is made while the answer is that it may work the next time.
_ATTEMPTS = 2

_SOCK_STREAM, _SOCK_DGRAM = 1, 2
_IPPROTO_TCP, _IPPROTO_UDP = 6, 17
# The family, type and protocol to look a service up with.
_PORT_HINTS: dict[str, tuple[int, int, int]] = {
    "": (socket.AF_UNSPEC, 0, 0),
    "ip": (socket.AF_UNSPEC, 0, 0),
    "tcp": (socket.AF_UNSPEC, _SOCK_STREAM, _IPPROTO_TCP),
    "tcp4": (socket.AF_INET, _SOCK_STREAM, _IPPROTO_TCP),
    "tcp6": (socket.AF_INET6, _SOCK_STREAM, _IPPROTO_TCP),
    "udp": (socket.AF_UNSPEC, _SOCK_DGRAM, _IPPROTO_UDP),
    "udp4": (socket.AF_INET, _SOCK_DGRAM, _IPPROTO_UDP),
    "udp6": (socket.AF_INET6, _SOCK_DGRAM, _IPPROTO_UDP),
}


class WindowsWay:
    """Lookups through Windows' libraries; `dnsapi` and `ws2_32` stand in for those of these names."""

    def __init__(self, dnsapi: Any = None, ws2_32: Any = None) -> None:
        self._given_dnsapi = dnsapi
        self._given_ws2_32 = ws2_32
        self._dnsapi: DNSAPI | None = None
        self._winsock: Winsock | None = None

    async def lookup_ip_addr(self, host: str, family: int) -> list[IPAddr]:
        # The empty name would be this machine's own.
        if not _is_text(host) or _is_number(host):
            raise no_such_host(host)
        call = functools.partial(self._addresses, host, None, family, _SOCK_STREAM, 0)
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                results = await _made(call, host)
                break
            except CallFailed as failure:
                if failure.code != WSATRY_AGAIN or attempt == _ATTEMPTS:
                    raise failure.as_error(host) from failure
        found = []
        for result in results:
            ip = unmapped(ipaddress.ip_address(result.packed))
            found.append(IPAddr(ip, zone_of(result.scope_id) if ip.version == 6 else ""))
        if not found:
            raise no_such_host(host)
        return list(dict.fromkeys(found))

    async def lookup_port(self, network: str, service: str) -> int:
        name = f"{network}/{service}"
        hints = _PORT_HINTS.get(network)
        if hints is None:
            raise DNSError("unknown network", name)
        if _is_text(service):
            try:
                results = await _made(functools.partial(self._addresses, None, service, *hints), name)
            except CallFailed as failure:
                if failure.code not in UNKNOWN_SERVICE:
                    raise failure.as_error(name) from failure
            else:
                if results:
                    return int(results[0].port)
        raise DNSError("unknown port", name, is_not_found=True)

    async def lookup_addr(self, ip: IPAddr) -> list[str]:
        if ip.ip is None or ip.zone:
            raise DNSError("unrecognized address", str(ip))
        records = await self._ask(reverse_name(ip.ip), TYPE_PTR, str(ip))
        return checked([rooted(record.data) for record in records], str(ip), str)

    async def lookup_cname(self, host: str) -> str:
        async def alias(name: str) -> str | None:
            try:
                records = await self._records(name, TYPE_CNAME, host)
            except CallFailed as failure:
                if failure.code == DNS_INFO_NO_RECORDS:
                    return None
                raise failure.as_error(host) from failure
            start = _owner(name, records)
            end = _end(start, records)
            return None if folded(end) == folded(start) else end

        return await end_of_aliases(host, alias)

    async def lookup_mx(self, name: str) -> list[MX]:
        found = []
        for record in await self._ask(name, TYPE_MX):
            preference, exchange = record.data
            found.append(MX(rooted(exchange), preference))
        return checked(found, name, lambda mx: mx.host, is_mail_host)

    async def lookup_ns(self, name: str) -> list[NS]:
        found = [NS(rooted(record.data)) for record in await self._ask(name, TYPE_NS)]
        return checked(found, name, lambda ns: ns.host)

    async def lookup_srv(self, name: str) -> tuple[str, list[SRV]]:
        records = await self._ask(name, TYPE_SRV)
        found = []
        for record in records:
            priority, weight, port, target = record.data
            found.append(SRV(rooted(target), port, priority, weight))
        owner = checked_name(rooted(records[0].name), name, "SRV header name is invalid")
        return owner, checked(found, name, lambda srv: srv.target)

    async def lookup_txt(self, name: str) -> list[str]:
        return [record.data for record in await self._ask(name, TYPE_TXT)]

    async def _ask(self, name: str, kind: int, shown: str = "") -> list[Record]:
        """The records of this type at the end of the name's aliases, at least one."""
        shown = shown or name
        try:
            records = await self._records(name, kind, shown)
        except CallFailed as failure:
            raise failure.as_error(shown) from failure
        end = folded(_end(_owner(name, records), records))
        found = [record for record in records if record.type == kind and folded(record.name) == end]
        if not found:
            raise no_such_host(shown)
        return found

    async def _records(self, name: str, kind: int, shown: str) -> list[Record]:
        """What answers the question, without what came along with it (the addresses of mail exchangers)."""
        if not is_domain_name(name):
            raise no_such_host(shown)
        records = await _made(functools.partial(self._query, name, kind), shown)
        # What the machine knows of itself comes as if in the question.
        return [record for record in records if record.section in (0, 1)]

    # In a thread of the pool:

    def _query(self, name: str, kind: int) -> list[Record]:
        from .dnsapi import DNSAPI
        from .win32 import library

        if self._dnsapi is None:
            self._dnsapi = DNSAPI(self._given_dnsapi or library("dnsapi.dll"))
        return self._dnsapi.query(name, kind)

    def _addresses(
        self, host: str | None, service: str | None, family: int, socktype: int, protocol: int
    ) -> list[Found]:
        from .win32 import library
        from .winsock import Winsock

        if self._winsock is None:
            self._winsock = Winsock(self._given_ws2_32 or library("ws2_32.dll"))
        return self._winsock.addresses(host, service, family, socktype, protocol)


async def _made(call: Callable[[], list[T]], name: str) -> list[T]:
    try:
        return await blocking(pool, call)
    except OSError as err:
        # There is no such library.
        raise DNSError(err.strerror or str(err), name) from err


def _is_text(text: str) -> bool:
    """Whether Windows would see all of the text: it ends at a NUL, and half a surrogate pair is none."""
    return text != "" and "\0" not in text and not any("\ud800" <= c <= "\udfff" for c in text)


def _is_number(host: str) -> bool:
    """Whether Windows would take it for an address in one of inet_addr's forms (`1.2`, `0x7f.1`): elsewhere
    in the package they are none, and a check that lets them pass as names must not be answered by them."""
    try:
        socket.inet_aton(host)
    except (OSError, ValueError):
        return False
    return True


def _owner(name: str, records: list[Record]) -> str:
    """Which owner's records answer for `name`: its own, or, since Windows may have gone through its list of
    suffixes, those of a name that begins with it."""
    asked = folded(name)
    owners = [record.name for record in records]
    if not name.endswith(".") and asked not in map(folded, owners):
        for owner in owners:
            if folded(owner).startswith(asked + "."):
                return str(owner)
    return name


def _end(name: str, records: list[Record]) -> str:
    """The end of the answer's chain of aliases that begins at `name`; of a loop, where it begins anew."""
    targets: dict[str, str] = {}
    for record in records:
        if record.type == TYPE_CNAME:
            targets.setdefault(folded(record.name), record.data)
    end = name
    while folded(end) in targets:
        end = targets.pop(folded(end))
    return end
