"""resolv.conf(5): which servers are asked, how, and what is appended to short names.

Read as Go reads it, which is how glibc does with a few differences: the limits on times and tries are
wider, and whatever is not understood is only noted, because then the C library may know better.
"""

from __future__ import annotations

import math
import socket
from collections.abc import Callable, Iterable

from ...addresses import join_host_port
from ...addresses.ip import ip_and_zone
from ...record import Record
from .fields import fields, number, text
from .watched import INTERVAL, Watched

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, ClassVar

__all__ = ["DEFAULT_SERVERS", "ResolvConf", "parse_resolv_conf", "resolv_conf"]

# Some tenth of a second for the worst there may be: it is the lookup that finds a change which reads it.
LIMIT = 1 << 16
DEFAULT_SERVERS = ("127.0.0.1:53", "[::1]:53")
# resolv.conf(5), MAXNS.
_MAX_SERVERS = 3
_MAX_NDOTS = 15


class ResolvConf(Record):
    """What a resolv.conf says. Frozen; `with_` makes another.

    `servers` are `host:port`, `search` rooted names, `timeout` is in seconds and for one try, `lookup`
    what OpenBSD's directive of that name lists. `unknown_option`: there was a directive or an option that
    is not understood. `default_servers`: the file named none. `error`: why it could not be read; the rest
    is then the defaults.
    """

    servers: tuple[str, ...] = DEFAULT_SERVERS
    search: tuple[str, ...] = ()
    ndots: int = 1
    timeout: float = 5.0
    attempts: int = 2
    rotate: bool = False
    single_request: bool = False
    use_tcp: bool = False
    trust_ad: bool = False
    no_reload: bool = False
    unknown_option: bool = False
    lookup: tuple[str, ...] = ()
    default_servers: bool = True
    error: OSError | None = None
    _fields: ClassVar[tuple[str, ...]] = (
        "servers",
        "search",
        "ndots",
        "timeout",
        "attempts",
        "rotate",
        "single_request",
        "use_tcp",
        "trust_ad",
        "no_reload",
        "unknown_option",
        "lookup",
        "default_servers",
        "error",
    )

    def __init__(
        self,
        servers: Iterable[str] = DEFAULT_SERVERS,
        search: Iterable[str] = (),
        ndots: int = 1,
        timeout: float = 5.0,
        attempts: int = 2,
        rotate: bool = False,
        single_request: bool = False,
        use_tcp: bool = False,
        trust_ad: bool = False,
        no_reload: bool = False,
        unknown_option: bool = False,
        lookup: Iterable[str] = (),
        default_servers: bool | None = None,
        error: OSError | None = None,
    ) -> None:
        if default_servers is None:
            default_servers = servers is DEFAULT_SERVERS
        servers, search, lookup = tuple(servers), tuple(search), tuple(lookup)
        self._set(locals())

    def with_(self, **changes: Any) -> ResolvConf:
        """The same with other values: `conf.with_(timeout=1.0)`. Servers given here are no default ones."""
        if "servers" in changes:
            changes.setdefault("default_servers", False)
        return self.__replace__(**changes)  # type: ignore[no-any-return]


def resolv_conf(
    path: str = "/etc/resolv.conf", hostname: Callable[[], str] = socket.gethostname
) -> Watched[ResolvConf]:
    """The file, followed: at every call while it names no server, never again once it says `no-reload`."""
    return Watched(path, lambda data: parse_resolv_conf(data, hostname), limit=LIMIT, interval=_good_for)


def _good_for(conf: ResolvConf) -> float:
    if conf.no_reload:
        return math.inf
    return 0.0 if conf.default_servers else INTERVAL


def parse_resolv_conf(data: bytes | OSError, hostname: Callable[[], str] = socket.gethostname) -> ResolvConf:
    """What the file's bytes say, or the defaults if it could not be read.

    Takes any bytes, in linear time. At most three servers are kept, the search list may be as long as the
    file. `hostname` is asked for the search list if the file has none.
    """
    found: dict[str, Any] = {}
    if isinstance(data, OSError):
        found["error"] = data
        data = b""
    servers: list[str] = []
    for line in data.split(b"\n"):
        # A comment begins with the line, not just anywhere in it.
        if line[:1] in (b";", b"#"):
            continue
        words = fields(line)
        if not words:
            continue
        directive, arguments = words[0], words[1:]
        if directive == b"nameserver":
            if arguments and len(servers) < _MAX_SERVERS:
                server = _server(arguments[0])
                if server is not None:
                    servers.append(server)
        elif directive == b"domain":
            if arguments:
                found["search"] = _search(arguments[:1])
        elif directive == b"search":
            found["search"] = _search(arguments)
        elif directive == b"options":
            for option in arguments:
                found.update(_option(option))
        elif directive == b"lookup":
            found["lookup"] = [text(word) for word in arguments]
        else:
            found["unknown_option"] = True
    if not found.get("search"):
        found["search"] = _own_domain(hostname)
    return ResolvConf(servers or DEFAULT_SERVERS, default_servers=not servers, **found)


_FLAGS: dict[bytes, dict[str, bool]] = {
    b"rotate": {"rotate": True},
    b"single-request": {"single_request": True},
    # glibc would also open another socket for the second query; here every query has its own.
    b"single-request-reopen": {"single_request": True},
    b"use-vc": {"use_tcp": True},
    b"usevc": {"use_tcp": True},
    b"tcp": {"use_tcp": True},
    b"trust-ad": {"trust_ad": True},
    b"no-reload": {"no_reload": True},
    b"edns0": {},  # Always on.
}


def _option(option: bytes) -> dict[str, Any]:
    name, colon, value = option.partition(b":")
    count, _ = number(value)
    if colon and name == b"ndots":
        return {"ndots": min(count, _MAX_NDOTS)}
    if colon and name == b"timeout":
        return {"timeout": float(max(count, 1))}
    if colon and name == b"attempts":
        return {"attempts": max(count, 1)}
    return _FLAGS.get(option, {"unknown_option": True})


def _server(field: bytes) -> str | None:
    """`host:53`, or None for what is no address: to look up a server's name one would need a server."""
    try:
        host = field.decode("ascii")
        ip_and_zone(host, "")
    except ValueError:
        return None
    # A zone may be any text, but the brackets around the address must remain readable.
    if not host.isprintable() or "[" in host or "]" in host:
        return None
    return join_host_port(host, "53")


def _search(names: Iterable[bytes]) -> list[str]:
    """The names, rooted, of which a query could be made."""
    rooted = (name if name.endswith(b".") else name + b"." for name in names)
    return [name.decode("ascii") for name in rooted if _can_be_suffix(name)]


def _can_be_suffix(name: bytes) -> bool:
    # RFC 1035, 2.3.4: 63 a label, 255 a name on the wire, which is 254 here. "." has nothing to append.
    if len(name) > 254 or not name.isascii() or not name.decode("ascii").isprintable() or b"\\" in name:
        return False
    return all(1 <= len(label) <= 63 for label in name[:-1].split(b"."))


def _own_domain(hostname: Callable[[], str]) -> list[str]:
    try:
        name = hostname()
        return _search([name.partition(".")[2].encode("ascii")])
    except (OSError, ValueError):
        return []
