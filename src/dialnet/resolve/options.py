"""What can be set for a resolver, the same in both faces."""

from __future__ import annotations

import functools
from collections.abc import Callable

from ..addresses import join_host_port, split_host_port
from ..addresses.endpoints import UDPAddr
from ..errors import AddrError
from ..poll.deadline import seconds
from ..record import Record
from .limits import limited

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence
    from datetime import timedelta
    from typing import Any, ClassVar

    from ..poll.signal import CancelToken
    from .flights import Flights

__all__ = ["ResolverOptions"]


class ResolverOptions(Record):
    """How names are looked up. Safe to share; a resolver without arguments is what the functions use.

    Args:
        prefer_python: `True` has the Python resolver answer whatever the machine's files say, `False` the
            system's; `None` decides for each lookup as Go does.
        strict_errors: a temporary failure (a timeout, a socket's error, SERVFAIL) of any query ends the whole
            lookup, where else the other answers would be taken.
        servers: the DNS servers to ask instead of resolv.conf's, each an IP address (with a zone if it needs
            one) and maybe a port: `192.0.2.53`, `[2001:db8::53]:5353`.
        dial: `dial(network, address)` makes the connections to the servers: `network` is `udp` or `tcp`,
            `address` an IP address and port. If what it returns has no datagrams, each message goes with its
            length before it, as over TCP. In `aio` its result is awaited.
        timeout: seconds (or a `timedelta`) for each whole lookup that is not given its own; `None` is no
            limit.

    With `servers` or `dial` the Python resolver answers: no other could.

    Raises `AddrError` for a server that is none, `ValueError` for an empty list, and for
    `prefer_python=False` beside `servers` or `dial`; `TypeError` for values of a wrong type.
    """

    prefer_python: bool | None = None
    strict_errors: bool = False
    servers: Sequence[str] | None = None
    dial: Callable[[str, str], Any] | None = None
    timeout: float | timedelta | None = None
    _fields: ClassVar[tuple[str, ...]] = ("prefer_python", "strict_errors", "servers", "dial", "timeout")

    def __init__(
        self,
        prefer_python: bool | None = None,
        strict_errors: bool = False,
        servers: Sequence[str] | None = None,
        dial: Callable[[str, str], Any] | None = None,
        timeout: float | timedelta | None = None,
    ) -> None:
        seconds(timeout)
        if prefer_python is not None and not isinstance(prefer_python, bool):
            raise TypeError(f"prefer_python is True, False or None, not {type(prefer_python).__name__}")
        if not isinstance(strict_errors, bool):
            raise TypeError(f"strict_errors is True or False, not {type(strict_errors).__name__}")
        if dial is not None and not callable(dial):
            raise TypeError(f"dial is called with network and address; {type(dial).__name__} cannot be")
        if servers is not None:
            if isinstance(servers, str):
                raise TypeError("servers is a list of addresses, not one str")
            servers = tuple(_server(text) for text in servers)
            if not servers:
                raise ValueError("servers is empty: nobody could be asked")
        if prefer_python is False and (servers is not None or dial is not None):
            raise ValueError("the system's resolver asks the servers it knows, over its own sockets")
        self._set(locals())
        self.__dict__["_flights"] = None
        # Who is told what each lookup does.
        self.__dict__["_tell"] = None
        # Whether only the Python resolver may answer, or not at all; None: as the machine's files say.
        own = servers is not None or dial is not None
        self.__dict__["_only_python"] = True if own else prefer_python

    _only_python: bool | None

    def _flights_under_way(self) -> Flights:
        flights: Flights | None = self.__dict__["_flights"]
        if flights is None:
            from .flights import Flights

            # Two threads may both get here; the one whose object stays decides for all that follow.
            flights = self.__dict__.setdefault("_flights_made", Flights())
            self.__dict__["_flights"] = flights
        return flights

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), self._key()

    def _lookup(
        self,
        kind: str,
        *args: str,
        timeout: float | timedelta | None = None,
        cancel: CancelToken | None = None,
    ) -> Coroutine[Any, Any, Any]:
        """The lookup of this kind, for a face to drive. What it needs is loaded at the first one."""
        lookups = _lookups()
        for arg in args:
            if not isinstance(arg, str):
                raise TypeError(f"names are str, not {type(arg).__name__}")
        lookup = lookups.BY_KIND[kind](self, *args)
        timeout = self.timeout if timeout is None else timeout
        shown = lookups.SHOWN_AS.get(kind)
        name = args[-1] if shown is None else shown(*args)
        return limited(lookup, name, timeout=timeout, cancel=cancel)

    # The face's: whose it is, and how a connection that `dial` made is talked to.
    _for_tasks: ClassVar[bool] = False

    @staticmethod
    def _converse(*args: Any) -> Any:
        raise NotImplementedError


@functools.cache  # an import statement that has nothing to do takes several microseconds
def _lookups() -> Any:
    from . import lookups

    return lookups


def _server(text: str) -> str:
    """The server with its port, which is 53 where none is given."""
    if not isinstance(text, str):
        raise TypeError(f"a server is an address as str, not {type(text).__name__}")
    bare = text.startswith("[") and text.endswith("]")
    if bare or (text.count(":") != 1 and not text.startswith("[")):
        host, port = (text[1:-1] if bare else text), "53"
    else:
        host, port = split_host_port(text)
    if not (port.isascii() and port.isdigit() and len(port) <= 5 and 0 < int(port) < 65536):
        raise AddrError("invalid port", text)
    ip, percent, zone = host.partition("%")
    try:
        if (percent and not zone) or not zone.isprintable() or "[" in zone or "]" in zone:
            raise ValueError("no zone")
        addr = UDPAddr(ip, int(port), zone)
    except ValueError as err:
        raise AddrError("a DNS server is given as IP address", text) from err
    return join_host_port(f"{addr.ip}%{zone}" if zone else str(addr.ip), str(addr.port))
