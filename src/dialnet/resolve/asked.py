"""The resolver that a dial or a listener asks: one of ours, or any object with a `lookup_ip_addr`.

What says itself what it is, an address or a number, is asked of nobody, and nothing is loaded for it.
"""

from __future__ import annotations

import functools

from ..addresses import IPAddr
from ..errors import DNSError
from ..poll.signal import CancelToken
from ..poll.waits import start, wait
from .limits import limited
from .literals import ip_literal, port_number
from .options import ResolverOptions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    Tell = Callable[[Sequence[IPAddr]], None]

__all__ = ["addresses", "port"]

_default = ResolverOptions()


async def addresses(
    resolver: Any,
    host: str,
    family: int,
    until: float | None,
    cancel: CancelToken | None,
    tell: Tell | None = None,
) -> list[IPAddr]:
    """The addresses of `host`, of which the caller takes those of its family. `tell` is called with those of
    each answer as it comes, where answers come one by one.

    `resolver` is None for the default one. Raises `DNSError`, and what a foreign resolver raises.
    """
    literal = ip_literal(host)
    if literal is not None:
        return [literal]
    if resolver is None:
        resolver = _default
    if isinstance(resolver, ResolverOptions):
        from . import lookups

        lookup = lookups.addresses(resolver, host, family, tell)
        return await limited(lookup, host, timeout=resolver.timeout, until=until, cancel=cancel)
    return await limited(_foreign(resolver, host), host, until=until, cancel=cancel)


async def port(
    resolver: Any, network: str, service: str, until: float | None, cancel: CancelToken | None
) -> int:
    """The port that `service` names on `network` (`tcp` or `udp`). Raises `AddrError`, `DNSError`."""
    number = port_number(service)
    if number is not None:
        return number
    if not isinstance(resolver, ResolverOptions):
        resolver = _default
    from . import lookups

    lookup = lookups.lookup_port(resolver, network, service)
    return await limited(lookup, service, timeout=resolver.timeout, until=until, cancel=cancel)


async def _foreign(resolver: Any, host: str) -> list[IPAddr]:
    from .threads import pool

    work = await start(functools.partial(resolver.lookup_ip_addr, host), pool)
    try:
        await wait(work)
    finally:
        work.abandon()
    if work.error is not None:
        raise work.error
    if hasattr(work.value, "__await__"):
        close = getattr(work.value, "close", None)
        if close is not None:
            close()
        raise TypeError("lookup_ip_addr has to be awaited here, which only tasks can")
    found = list(work.value)
    for addr in found:
        if not isinstance(addr, IPAddr):
            raise TypeError(f"lookup_ip_addr gives IPAddr, not {type(addr).__name__}")
    if not found:
        raise DNSError("no such host", host, is_not_found=True)
    return found
