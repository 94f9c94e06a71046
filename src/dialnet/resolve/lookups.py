"""Each kind of lookup from beginning to end: what needs no question, who is asked, and the limits of time.

Coroutines over waits, so one text for both faces. Nothing in here knows of deadlines and cancellation: who
starts a lookup (`limits.py`) closes it, wherever it is.
"""

from __future__ import annotations

import functools
import socket
from ipaddress import IPv4Address, IPv6Address

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
from .literals import ip_literal, is_old_number, port_number
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
    from .transport import Transport

    Tell = Callable[[Sequence[IPAddr]], None]
    IP = IPv4Address | IPv6Address
    T = TypeVar("T")

__all__ = [
    "BY_KIND",
    "SHOWN_AS",
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

_sockets = SocketTransport()
# Plain numbers, which are looked up in tables without a call of Python's (as an enum's are not).
_UNSPEC = int(socket.AF_UNSPEC)
_FAMILIES = {"ip": _UNSPEC, "ip4": int(socket.AF_INET), "ip6": int(socket.AF_INET6)}
_CLASSES = {"ip": (IPv4Address, IPv6Address), "ip4": (IPv4Address,), "ip6": (IPv6Address,)}
_V6_UNSPECIFIED = IPv6Address(0)
_LOOPBACK = (IPAddr("::1"), IPAddr("127.0.0.1"))


# Who is asked.


def _choose(
    resolver: ResolverOptions,
    time: float,
    what: str,
    shown: str,
    host: str,
    instead: tuple[str, ...] = (),
) -> tuple[Choice, Observer]:
    """Who answers; `what` of whom, as they are `shown`, is for people. `instead` is where a system way that
    does not know this kind leaves it to."""
    observer = _observer(resolver)
    only_python = resolver.__dict__["_only_python"]
    choice = machine.choose(host, time, only_python, observer.settings.netdns)
    if instead and not (choice.system and machine.whole_way):
        choice = Choice(False, instead, "of DNS alone")
    if observer.listens:
        if not instead and only_python and resolver.prefer_python is None:
            choice = choice.because("the Resolver has servers or a dial of its own")
        observer.decided(f"{what} of {shown}", choice)
    return choice, observer


# An observer and a way are kept for the resolver's next lookup, until what they were made from changes.


def _observer(resolver: ResolverOptions) -> Observer:
    now, tell = settings.current(), resolver.__dict__["_tell"]
    kept: Observer | None = resolver.__dict__.get("_observer")
    if kept is None or kept.settings is not now or kept.tell is not tell:
        kept = resolver.__dict__["_observer"] = Observer(now, tell)
    return kept


def _python(
    resolver: ResolverOptions, time: float, sources: tuple[str, ...], observer: Observer
) -> PythonWay:
    conf = machine.resolv(time)
    kept: tuple[ResolvConf, Observer, tuple[str, ...], PythonWay] | None = resolver.__dict__.get("_way")
    if kept is None or kept[0] is not conf or kept[1] is not observer or kept[2] != sources:
        way = _new_way(resolver, conf, observer, sources)
        kept = resolver.__dict__["_way"] = (conf, observer, sources, way)
    return kept[3]


async def _with_files(time: float, sources: tuple[str, ...]) -> float:
    """What time it is when the files that these sources need are there, which mostly is no other."""
    return await now() if "files" in sources and await machine.hosts_ready() else time


def _new_way(
    resolver: ResolverOptions, conf: ResolvConf, observer: Observer, sources: tuple[str, ...]
) -> PythonWay:
    if resolver.servers is not None:
        # The search list and the options stay the machine's.
        conf = conf.with_(servers=tuple(resolver.servers))
    transport: Transport = _sockets
    if resolver.dial is not None:
        transport = DialedTransport(resolver.dial, resolver._converse, resolver._for_tasks)
    asking = Asking(transport, conf, observer, turns=machine.turns, edns=observer.settings.edns0)
    return PythonWay(asking, machine.hosts, sources, strict_errors=resolver.strict_errors)


# Addresses.


async def lookup_host(resolver: ResolverOptions, host: str) -> list[str]:
    literal = ip_literal(host)
    if literal is not None:
        return [host]
    return [str(addr) for addr in await addresses(resolver, host, _UNSPEC)]


async def lookup_ip_addr(resolver: ResolverOptions, host: str) -> list[IPAddr]:
    return await addresses(resolver, host, _UNSPEC)


async def lookup_ip(resolver: ResolverOptions, network: str, host: str) -> list[IP]:
    family = _FAMILIES.get(network)
    if family is None:
        raise UnknownNetworkError(network)
    wanted = _CLASSES[network]
    found = await addresses(resolver, host, family)
    # As a loop: a list comprehension is a call, and so is the one in `addresses_in`.
    suitable: list[IP] = []
    for addr in found:
        ip = addr.ip
        if isinstance(ip, wanted):
            suitable.append(ip)
    if len(found) == 1 and (not suitable or network == "ip") and found[0].ip == _V6_UNSPECIFIED:
        # Go's rule: who means every address of a machine means those of IPv4 as well.
        suitable.append(IPv4Address(0))
    if not suitable:
        raise NoSuitableAddressError(host)
    return suitable


def addresses(
    resolver: ResolverOptions, host: str, family: int, tell: Tell | None = None
) -> Coroutine[Any, Any, list[IPAddr]]:
    """The addresses of a name or literal; a hosts file's may be of other families than the one asked for.

    `tell` is called with those of each answer that has some, as soon as it is there. Raises `DNSError` at
    once for a name that nobody may be asked for.
    """
    literal = ip_literal(host)
    if literal is not None:
        return _known(literal)
    name = _askable(host)
    flights = resolver.__dict__["_flights"] or resolver._flights_under_way()
    ask = functools.partial(_ask_addresses, resolver, name, host, family)
    return flights.share((family, host), ask, tell)


async def _known(literal: IPAddr) -> list[IPAddr]:
    return [literal]


def _askable(host: str) -> str:
    """The name to ask for. Raises `DNSError` for one that nobody may be asked for."""
    if not host:
        raise no_such_host(host)
    name = host if host.isascii() else ascii_name(host)
    # A system way would take other spellings of addresses for such, also those that only IDNA makes of it.
    if is_onion(name) or ":" in name or (name[:1].isdigit() and is_old_number(name)):
        raise no_such_host(host)
    return name


def _ask_addresses(
    resolver: ResolverOptions, name: str, host: str, family: int, tell: Tell, time: float | None
) -> Coroutine[Any, Any, list[IPAddr]]:
    if time is not None and name is host and machine.has_hosts and not is_localhost(name):
        # What is usual: nothing to wait for before DNS, and no error that would have to be renamed.
        choice, observer = _choose(resolver, time, "addresses", host, name)
        if choice.system:
            return machine.system_way().lookup_ip_addr(name, family)  # type: ignore[no-any-return]
        return _python(resolver, time, choice.sources, observer).addresses(name, family, tell, time)
    return _ask_any_addresses(resolver, name, host, family, tell)


async def _ask_any_addresses(
    resolver: ResolverOptions, name: str, host: str, family: int, tell: Tell
) -> list[IPAddr]:
    time = await now()
    choice, observer = _choose(resolver, time, "addresses", host, name)
    if is_localhost(name):
        if observer.listens:
            observer.decided(f"addresses of {host}", "this machine, by definition (RFC 6761)")
        await machine.hosts_ready()
        return _loopback(name, time, choice)
    try:
        if choice.system:
            return await machine.system_way().lookup_ip_addr(name, family)  # type: ignore[no-any-return]
        if not machine.has_hosts:
            time = await _with_files(time, choice.sources)
        way = _python(resolver, time, choice.sources, observer)
        return await way.addresses(name, family, tell, time)
    except DNSError as err:
        raise err._renamed(host) from err.__cause__


def _loopback(name: str, time: float, choice: Choice) -> list[IPAddr]:
    """This machine, without a question (RFC 6761); the hosts file may say which of its addresses."""
    if choice.system or "files" in choice.sources:
        texts, _ = machine.hosts(time).lookup_host(name)
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
    time = await now()
    choice, observer = _choose(resolver, time, "canonical name", host, name)
    sources = choice.sources
    if choice.system:
        try:
            return str(await machine.system_way().lookup_cname(name))
        except DNSError as err:
            if machine.whole_way:
                raise err._renamed(host) from err.__cause__
            # The C library knows the canonical name of what has addresses, and no other.
            sources = ("dns",)
    time = await _with_files(time, sources)
    way = _python(resolver, time, sources, observer)
    return await _renamed(way.lookup_cname(name), host)


async def lookup_addr(resolver: ResolverOptions, addr: str) -> list[str]:
    literal = ip_literal(addr)
    if literal is None:
        raise DNSError("unrecognized address", addr)
    time = await now()
    choice, observer = _choose(resolver, time, "names", addr, "")
    if choice.system:
        return list(await machine.system_way().lookup_addr(literal))
    time = await _with_files(time, choice.sources)
    return await _python(resolver, time, choice.sources, observer).lookup_addr(literal)


async def _single(resolver: ResolverOptions, kind: str, name: str) -> Any:
    """MX, NS, SRV or TXT: of DNS alone, or of a system whose own way has them."""
    asked = _askable(name)
    if is_localhost(asked):
        # RFC 6761: a negative answer for whatever is no address.
        raise no_such_host(name)
    time = await now()
    choice, observer = _choose(resolver, time, kind, name, "", ("dns",))
    way: Any
    if choice.system:
        way = machine.system_way()
    else:
        way = _python(resolver, time, choice.sources, observer)
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
    observer = _observer(resolver)
    choice = machine.choose("", time, resolver._only_python, observer.settings.netdns)
    if not choice.system or machine.services_are_files(time):
        choice = Choice(False, ("files",), "services are in files")
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
    await machine.services.ready()
    port = machine.services.lookup_port(base, service)
    if port is None:
        raise DNSError("unknown port", f"{base_name}/{service}", is_not_found=True)
    return port


# A resolver's `_lookup` begins here.
BY_KIND: dict[str, Callable[..., Coroutine[Any, Any, Any]]] = {
    "addr": lookup_addr,
    "cname": lookup_cname,
    "host": lookup_host,
    "ip": lookup_ip,
    "ip_addr": lookup_ip_addr,
    "mx": lookup_mx,
    "ns": lookup_ns,
    "port": lookup_port,
    "srv": lookup_srv,
    "txt": lookup_txt,
}
# The name that a lookup's errors have, of its arguments; of any other kind it is the last of them.
SHOWN_AS: dict[str, Callable[..., str]] = {"port": "{}/{}".format, "srv": _srv_name}
