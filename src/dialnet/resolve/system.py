"""The system's resolver: `getaddrinfo` and `getservbyname`, with a deadline and a cancel token."""

from __future__ import annotations

import functools
import ipaddress
import os
import socket
from collections.abc import Callable

from ..addresses import IPAddr
from ..errors import DNSError
from ..poll.signal import CancelToken
from ..poll.waits import wait
from .pool import Pool

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..poll.protocols import Event

__all__ = ["lookup_ip_addr", "lookup_port"]

# As many as may be stuck at one time; more lookups wait their turn, and their deadlines run.
_pool = Pool(64)

_NOT_FOUND = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}


async def lookup_ip_addr(
    host: str, family: int, until: float | None, cancel: CancelToken | None
) -> list[IPAddr]:
    """The host's addresses in the system's order; `family` is `AF_UNSPEC`, `AF_INET` or `AF_INET6`.

    Raises `DNSError`.
    """
    call = functools.partial(socket.getaddrinfo, host, None, family, socket.SOCK_STREAM)
    found = await _ask(call, host, until, cancel)
    addresses = []
    for got_family, _, _, _, sockaddr in found:
        if got_family in (socket.AF_INET, socket.AF_INET6):
            addresses.append(_ip_addr(sockaddr))
    return list(dict.fromkeys(addresses))


def _ip_addr(sockaddr: tuple[Any, ...]) -> IPAddr:
    text, _, zone = sockaddr[0].partition("%")
    if not zone and len(sockaddr) == 4 and sockaddr[3]:
        try:
            zone = socket.if_indextoname(sockaddr[3])
        except OSError:
            zone = str(sockaddr[3])
    return IPAddr(ipaddress.ip_address(text), zone=zone)


async def lookup_port(network: str, service: str, until: float | None, cancel: CancelToken | None) -> int:
    """The port that goes by this name (/etc/services). Raises `DNSError`."""
    name = f"{network}/{service}"
    call = functools.partial(socket.getservbyname, service.lower(), network)
    try:
        return int(await _ask(call, name, until, cancel))
    except DNSError as err:
        if err.is_not_found:
            raise DNSError("unknown port", name, is_not_found=True) from err
        raise


async def _ask(call: Callable[[], Any], name: str, until: float | None, cancel: CancelToken | None) -> Any:
    job = _pool.submit(call)
    events: list[Event] = [job] if cancel is None else [job, cancel]
    try:
        await wait(*events, until=until)
    finally:
        job.abandoned = True
    if cancel is not None and cancel.cancelled:
        raise DNSError("operation was canceled", name, canceled=True)
    if not job.fired():
        raise DNSError("i/o timeout", name, is_timeout=True)
    if job.error is not None:
        raise _as_dns_error(job.error, name) from job.error
    return job.value


def _as_dns_error(err: Exception, name: str) -> DNSError:
    if isinstance(err, socket.gaierror):
        if err.errno in _NOT_FOUND:
            return DNSError("no such host", name, is_not_found=True)
        return DNSError(err.strerror or str(err), name, is_temporary=err.errno == socket.EAI_AGAIN)
    if isinstance(err, OSError) and err.errno is not None:
        return DNSError(os.strerror(err.errno), name, is_temporary=True)
    # getservbyname knows no errno; a name with a NUL, or one IDNA cannot encode, is a ValueError.
    return DNSError("no such host", name, is_not_found=True)
