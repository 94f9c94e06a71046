"""The system's resolver: the C library's `getaddrinfo` and `getnameinfo`, in threads.

They can be neither timed out nor cancelled, so each call is made by a daemon thread, of which there are
only so many (`threads.py`), and who gives up leaves it behind. The C library knows only addresses, names of
addresses and services; what else is looked up goes to DNS.
"""

from __future__ import annotations

import errno
import functools
import ipaddress
import os
import socket

from ...addresses import IPAddr
from ...errors import DNSError
from ...poll.pool import blocking
from ..exchanges import no_such_host
from ..literals import is_old_number
from ..threads import pool

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = ["SystemWay"]

_NOT_FOUND = {
    socket.EAI_NONAME,
    getattr(socket, "EAI_NODATA", socket.EAI_NONAME),
    # FreeBSD's: the name is there, an address of this family is not.
    getattr(socket, "EAI_ADDRFAMILY", socket.EAI_NONAME),
}
_SERVICE_KINDS = {
    "tcp": (socket.SOCK_STREAM, socket.IPPROTO_TCP),
    "udp": (socket.SOCK_DGRAM, socket.IPPROTO_UDP),
}


class SystemWay:
    async def lookup_ip_addr(self, host: str, family: int) -> list[IPAddr]:
        """In the order the C library gives them: it has its own rules for that (gai.conf(5))."""
        found = await self._getaddrinfo(host, family, 0)
        addrs = [_ip_addr(sockaddr) for got, _, _, _, sockaddr in found if got in _FAMILIES]
        if not addrs:
            raise no_such_host(host)
        return list(dict.fromkeys(addrs))

    async def lookup_cname(self, host: str) -> str:
        """The canonical name, of a name that has addresses. Rooted, if it has a dot."""
        found = await self._getaddrinfo(host, socket.AF_UNSPEC, socket.AI_CANONNAME)
        name = next((entry[3] for entry in found if entry[3]), "")
        if not name:
            raise no_such_host(host)
        return name if name.endswith(".") else name + "."

    async def _getaddrinfo(self, host: str, family: int, flags: int) -> list[tuple[Any, ...]]:
        if is_old_number(host) or not host.isascii() or "\0" in host:
            raise no_such_host(host)
        call = functools.partial(socket.getaddrinfo, host, None, family, socket.SOCK_STREAM, 0, flags)
        return await _made(call, host)  # type: ignore[no-any-return]

    async def lookup_addr(self, ip: IPAddr) -> list[str]:
        text = str(ip)
        call = functools.partial(_getnameinfo, text)
        name: str = await _made(call, text)
        # A name without a dot is one of this machine's files, and has no root.
        return [name + "." if "." in name and not name.endswith(".") else name]

    async def lookup_port(self, network: str, service: str) -> int:
        kind, proto = _SERVICE_KINDS.get(network, (0, 0))
        shown = f"{network}/{service}"
        if not service.isascii() or "\0" in service:
            raise DNSError("unknown port", shown, is_not_found=True)
        call = functools.partial(socket.getaddrinfo, None, service.lower(), 0, kind, proto)
        try:
            found = await _made(call, shown)
        except DNSError as err:
            if err.is_not_found:
                raise DNSError("unknown port", shown, is_not_found=True) from err
            raise
        return int(found[0][4][1])


_FAMILIES = (socket.AF_INET, socket.AF_INET6)


def _ip_addr(sockaddr: tuple[Any, ...]) -> IPAddr:
    text, _, zone = sockaddr[0].partition("%")
    if not zone and len(sockaddr) == 4 and sockaddr[3]:
        try:
            zone = socket.if_indextoname(sockaddr[3])
        except OSError:
            zone = str(sockaddr[3])
    return IPAddr(ipaddress.ip_address(text), zone=zone)


def _getnameinfo(text: str) -> str:
    found = socket.getaddrinfo(text, 0, type=socket.SOCK_DGRAM, flags=socket.AI_NUMERICHOST)
    return socket.getnameinfo(found[0][4], socket.NI_NAMEREQD)[0]


async def _made(call: Callable[[], Any], name: str) -> Any:
    try:
        return await blocking(pool, call)
    except socket.gaierror as err:
        raise _as_dns_error(err, name) from err
    except UnicodeError as err:
        # The socket module has rules of its own for names: no empty label, none too long.
        raise no_such_host(name) from err
    except OSError as err:
        # EAI_SYSTEM. Some libraries forget errno when it is descriptors that have run out.
        code = err.errno or errno.EMFILE
        raise DNSError(os.strerror(code), name, is_temporary=True) from err


def _as_dns_error(err: socket.gaierror, name: str) -> DNSError:
    if err.errno in _NOT_FOUND or err.errno == getattr(socket, "EAI_SERVICE", None):
        return DNSError("no such host", name, is_not_found=True)
    return DNSError(err.strerror or str(err), name, is_temporary=err.errno == socket.EAI_AGAIN)
