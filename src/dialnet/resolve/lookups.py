"""Each kind of lookup from beginning to end: what needs no question, who is asked, and the limits of time.

Coroutines over waits, so one text for both faces. Nothing in here knows of deadlines and cancellation: who
starts a lookup (`limits.py`) closes it, wherever it is.
"""

from __future__ import annotations

import ipaddress
import socket

from .. import settings
from ..addresses import IPAddr
from ..errors import (
    AddrError,
    DNSError,
    NoSuitableAddressError,
    UnknownNetworkError,
)
from ..poll.waits import now
from .exchanges import Asking, no_such_host
from .literals import ip_literal, port_number
from .machine import machine
from .names import ascii_name
from .observer import Observer
from .order import Choice
from .search import is_localhost, is_onion
from .sorting import by_preference, by_priority, by_rfc6724
from .transport import DialedTransport, SocketTransport
from .ways.python import PythonWay

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence
    from typing import Any, TypeVar

    from .config.resolv_conf import ResolvConf
    from .options import ResolverOptions
    from .records import MX, NS, SRV

    Tell = Callable[[Sequence[IPAddr]], None]
    IP = ipaddress.IPv4Address | ipaddress.IPv6Address
    T = TypeVar("T")

__all__ = [
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
    "shown_name",
]

_sockets = SocketTransport()
_FAMILIES = {"ip": socket.AF_UNSPEC, "ip4": socket.AF_INET, "ip6": socket.AF_INET6}
_LOOPBACK = (IPAddr("::1"), IPAddr("127.0.0.1"))


def shown_name(kind: str, *args: str) -> str:
    """The name that a lookup's errors have, of its arguments."""
    if kind == "srv":
        return _srv_name(*args)
    return "/".join(args) if kind == "port" else args[-1]


# Who is asked.


async def _choose(
    resolver: ResolverOptions, what: str, host: str, instead: tuple[str, ...] = ()
) -> tuple[Choice, Observer]:
    """Who answers. `instead` is where a system way that does not know this kind leaves it to."""
    choice = machine.choose(host, await now(), resolver._only_python)
    if resolver._only_python and resolver.prefer_python is None:
        choice = choice.because("the Resolver has servers or a dial of its own")
    if instead and not (choice.system and machine.whole_way):
        choice = Choice(False, instead, "of DNS alone")
    observer = Observer(settings.current(), resolver.__dict__["_tell"])
    if observer.listens:
        observer.decided(what, choice)
    return choice, observer


async def _python(resolver: ResolverOptions, sources: tuple[str, ...], observer: Observer) -> PythonWay:
    time = await now()
    asking = Asking(
        _sockets if resolver.dial is None else DialedTransport(resolver.dial, resolver._converse),
        _conf(resolver, time),
        observer,
        turns=machine.turns,
        edns=settings.current().edns0,
    )
    return PythonWay(asking, lambda: machine.hosts(time), sources, strict_errors=resolver.strict_errors)


def _conf(resolver: ResolverOptions, time: float) -> ResolvConf:
    conf = machine.resolv(time)
    if resolver.servers is None:
        return conf
    # The search list and the options stay the machine's.
    kept: tuple[ResolvConf, ResolvConf] | None = resolver.__dict__.get("_conf")
    if kept is None or kept[0] is not conf:
        kept = resolver.__dict__["_conf"] = (conf, conf.with_(servers=tuple(resolver.servers)))
    return kept[1]


# Addresses.


async def lookup_host(resolver: ResolverOptions, host: str) -> list[str]:
    literal = ip_literal(host)
    if literal is not None:
        return [host]
    return [str(addr) for addr in await _names_addresses(resolver, host, socket.AF_UNSPEC)]


async def lookup_ip_addr(resolver: ResolverOptions, host: str) -> list[IPAddr]:
    return await addresses(resolver, host, socket.AF_UNSPEC)


async def lookup_ip(resolver: ResolverOptions, network: str, host: str) -> list[IP]:
    family = _FAMILIES.get(network)
    if family is None:
        raise UnknownNetworkError(network)
    found = [addr.ip for addr in await addresses(resolver, host, family)]
    if len(found) == 1 and found[0] == _V6_UNSPECIFIED:
        # Go's rule: who means every address of a machine means those of IPv4 as well.
        found.append(ipaddress.IPv4Address(0))
    wanted = {socket.AF_INET: (4,), socket.AF_INET6: (6,)}.get(family, (4, 6))
    suitable = [ip for ip in found if ip is not None and ip.version in wanted]
    if not suitable:
        raise NoSuitableAddressError(host)
    return suitable


_V6_UNSPECIFIED = ipaddress.IPv6Address(0)


async def addresses(
    resolver: ResolverOptions, host: str, family: int, tell: Tell | None = None
) -> list[IPAddr]:
    """The addresses of a name or literal; a hosts file's may be of other families than the one asked for.

    `tell` is called with those of each answer that has some, as soon as it is there.
    """
    literal = ip_literal(host)
    if literal is not None:
        return [literal]
    return await _names_addresses(resolver, host, family, tell)


async def _names_addresses(
    resolver: ResolverOptions, host: str, family: int, tell: Tell | None = None
) -> list[IPAddr]:
    name = _askable(host)

    async def work(tell: Tell) -> list[IPAddr]:
        return await _ask_addresses(resolver, name, host, family, tell)

    return await resolver._flights_under_way().share((family, host), work, tell)


def _askable(host: str) -> str:
    """The name to ask for. Raises `DNSError` for one that nobody may be asked for."""
    if not host:
        raise no_such_host(host)
    name = ascii_name(host)
    if is_onion(name):
        raise no_such_host(host)
    return name


async def _ask_addresses(
    resolver: ResolverOptions, name: str, host: str, family: int, tell: Tell
) -> list[IPAddr]:
    choice, observer = await _choose(resolver, f"addresses of {host}", name)
    if is_localhost(name):
        if observer.listens:
            observer.decided(f"addresses of {host}", "this machine, by definition (RFC 6761)")
        return await _loopback(name, choice)
    if choice.system:
        return await _renamed(machine.system_way().lookup_ip_addr(name, family), host)
    way = await _python(resolver, choice.sources, observer)
    return await _renamed(way.lookup_ip_addr(name, family, tell), host)


async def _loopback(name: str, choice: Choice) -> list[IPAddr]:
    """This machine, without a question (RFC 6761); the hosts file may say which of its addresses."""
    if choice.system or "files" in choice.sources:
        texts, _ = machine.hosts(await now()).lookup_host(name)
        found = [addr for addr in map(ip_literal, texts) if addr is not None]
        if found and all(addr.ip is not None and addr.ip.is_loopback for addr in found):
            return by_rfc6724(found)
    return by_rfc6724(_LOOPBACK)


async def _renamed(lookup: Coroutine[Any, Any, T], host: str) -> T:
    """Its errors under the name the caller gave, which may be another than was asked for."""
    try:
        return await lookup
    except DNSError as err:
        raise err._renamed(host) from err.__cause__


# The other kinds.


async def lookup_cname(resolver: ResolverOptions, host: str) -> str:
    literal = ip_literal(host)
    if literal is not None:
        raise no_such_host(host)
    name = _askable(host)
    if is_localhost(name):
        return name if name.endswith(".") else name + "."
    choice, observer = await _choose(resolver, f"canonical name of {host}", name)
    sources = choice.sources
    if choice.system:
        try:
            return str(await machine.system_way().lookup_cname(name))
        except DNSError as err:
            if machine.whole_way:
                raise err._renamed(host) from err.__cause__
            # The C library knows the canonical name of what has addresses, and no other.
            sources = ("dns",)
    way = await _python(resolver, sources, observer)
    return await _renamed(way.lookup_cname(name), host)


async def lookup_addr(resolver: ResolverOptions, addr: str) -> list[str]:
    literal = ip_literal(addr)
    if literal is None:
        raise DNSError("unrecognized address", addr)
    choice, observer = await _choose(resolver, f"names of {addr}", "")
    if choice.system:
        return list(await machine.system_way().lookup_addr(literal))
    way = await _python(resolver, choice.sources, observer)
    return await way.lookup_addr(literal)


async def _single(resolver: ResolverOptions, kind: str, name: str) -> Any:
    """MX, NS, SRV or TXT: of DNS alone, or of a system whose own way has them."""
    asked = _askable(name)
    if is_localhost(asked):
        # RFC 6761: a negative answer for whatever is no address.
        raise no_such_host(name)
    choice, observer = await _choose(resolver, f"{kind} of {name}", "", ("dns",))
    way: Any
    if choice.system:
        way = machine.system_way()
    else:
        way = await _python(resolver, choice.sources, observer)
    return await _renamed(getattr(way, f"lookup_{kind}")(asked), name)


async def lookup_mx(resolver: ResolverOptions, name: str) -> list[MX]:
    return by_preference(await _sorted_beside_error(_single(resolver, "mx", name), by_preference))


async def lookup_ns(resolver: ResolverOptions, name: str) -> list[NS]:
    found: list[NS] = await _single(resolver, "ns", name)
    return found


async def lookup_txt(resolver: ResolverOptions, name: str) -> list[str]:
    found: list[str] = await _single(resolver, "txt", name)
    return found


async def lookup_srv(resolver: ResolverOptions, service: str, proto: str, name: str) -> tuple[str, list[SRV]]:
    target = _srv_name(service, proto, name)
    cname, found = await _sorted_beside_error(_single(resolver, "srv", target), by_priority)
    return cname, by_priority(found)


def _srv_name(service: str, proto: str, name: str) -> str:
    return name if service == "" and proto == "" else f"_{service}._{proto}.{name}"


async def _sorted_beside_error(lookup: Coroutine[Any, Any, Any], order: Callable[..., Any]) -> Any:
    """Good records that an error carries are in their order as well."""
    try:
        return await lookup
    except DNSError as err:
        err.records = tuple(order(list(err.records)))
        raise


# Ports.

_PORT_NETWORKS = {"": "ip", "ip": "ip"}
for _base in ("tcp", "udp"):
    for _suffix in ("", "4", "6"):
        _PORT_NETWORKS[_base + _suffix] = _base


async def lookup_port(resolver: ResolverOptions, network: str, service: str) -> int:
    port = port_number(service)
    if port is None:
        base = _PORT_NETWORKS.get(network)
        if base is None:
            raise AddrError("unknown network", network)
        port = await _service_port(resolver, network, base, service)
    return port


async def _service_port(resolver: ResolverOptions, network: str, base: str, service: str) -> int:
    time = await now()
    # The system is asked where its answer may be another than its files', which are read here as well.
    choice = machine.choose("", time, resolver._only_python)
    if not choice.system or machine.services_are_files(time):
        choice = Choice(False, ("files",), "services are in files")
    observer = Observer(settings.current(), resolver.__dict__["_tell"])
    if observer.listens:
        observer.decided(f"port of {network}/{service}", choice)
    if choice.system:
        try:
            return int(await machine.system_way().lookup_port(base, service))
        except DNSError:
            # As Go: what it does not know may still be in the tables.
            base_name = network or base
    else:
        base_name = base
    port = machine.services.lookup_port(base, service)
    if port is None:
        raise DNSError("unknown port", f"{base_name}/{service}", is_not_found=True)
    return port
