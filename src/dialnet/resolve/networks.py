"""The names of networks, and what each stands for."""

from __future__ import annotations

import functools
import socket

from ..errors import AddrError, UnknownNetworkError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .config.services import Protocols

__all__ = ["Network", "parse_network"]


class Network:
    """A network's name taken apart.

    `base` (`tcp`, `udp`, `ip`, `unix`, `unixgram`, `unixpacket`) is what an address of it says it is;
    `family` is `AF_UNSPEC` where the name leaves it open; `type` is `SOCK_STREAM`, `SOCK_DGRAM`, `SOCK_RAW`
    or `SOCK_SEQPACKET`; `protocol` is what follows the colon of a raw IP network, else 0.

    `plain` is the same network without that protocol, by which an open connection goes (Go's rule): dialing
    `ip4:icmp` fails on `ip4:icmp`, reading from what was dialed on `ip4`.
    """

    __slots__ = ("base", "family", "is_unix", "name", "plain", "protocol", "type")

    def __init__(
        self, name: str, base: str, family: int, type: int, protocol: int = 0, plain: Network | None = None
    ) -> None:
        self.name = name
        self.base = base
        # A plain number, as `socket` wants it in the end.
        self.family = int(family)
        self.type = type
        self.protocol = protocol
        self.plain = self if plain is None else plain
        self.is_unix = base.startswith("unix")


def _networks() -> dict[str, Network]:
    known = {}
    for base, kind in (("tcp", socket.SOCK_STREAM), ("udp", socket.SOCK_DGRAM), ("ip", socket.SOCK_RAW)):
        for suffix, family in (("", socket.AF_UNSPEC), ("4", socket.AF_INET), ("6", socket.AF_INET6)):
            known[base + suffix] = Network(base + suffix, base, family, kind)
    unix_family = getattr(socket, "AF_UNIX", None)
    if unix_family is not None:
        types: dict[str, int] = {
            "unix": socket.SOCK_STREAM,
            "unixgram": socket.SOCK_DGRAM,
            "unixpacket": getattr(socket, "SOCK_SEQPACKET", 5),
        }
        for name, number in types.items():
            known[name] = Network(name, name, unix_family, number)
    return known


_known = _networks()


def parse_network(name: str, *bases: str, to_open: bool = False) -> Network:
    """The network of this name; `bases`, if given, are those the caller takes.

    With `to_open` it is one that a socket can be opened on: a raw IP network names its protocol then, by name
    or number (`ip4:icmp`, `ip6:58`), as it may anyway.

    Raises `UnknownNetworkError`, `AddrError` for a protocol that nobody knows, `TypeError` for what is no
    text.
    """
    if not isinstance(name, str):
        raise TypeError(f"a network is named by a str, not {type(name).__name__}")
    network = _known.get(name)
    if network is not None and not bases and network.base != "ip":
        return network
    protocol: str | None = None
    if network is None and ":" in name:
        plain, _, protocol = name.rpartition(":")
        network = _known.get(plain)
        if network is not None and network.base != "ip":
            network = None
    if network is None or (bases and network.base not in bases):
        raise UnknownNetworkError(name)
    if protocol is not None:
        number = _protocol_number(protocol)
        return Network(name, network.base, network.family, network.type, number, network)
    if to_open and network.base == "ip":
        raise UnknownNetworkError(name)
    return network


def _protocol_number(text: str) -> int:
    if text.isascii() and text.isdigit():
        digits = text.lstrip("0") or "0"
        # The kernel says what it thinks of a number that an int of C's can hold.
        if len(digits) <= 8:
            return int(digits)
    number = _protocols().lookup_protocol(text)
    if number is None:
        raise AddrError("unknown IP protocol specified", text)
    return number


@functools.cache
def _protocols() -> Protocols:
    from .config.services import Protocols

    return Protocols()
