"""The names of networks, and what each stands for."""

from __future__ import annotations

import socket

from ..errors import UnknownNetworkError

__all__ = ["Network", "parse_network"]


class Network:
    """A network's name taken apart.

    `base` (`tcp`, `udp`, `unix`, `unixgram`, `unixpacket`) is what an address of it says it is; `family` is
    `AF_UNSPEC` where the name leaves it open; `type` is `SOCK_STREAM`, `SOCK_DGRAM` or `SOCK_SEQPACKET`.
    """

    __slots__ = ("base", "family", "is_unix", "name", "type")

    def __init__(self, name: str, base: str, family: int, type: int) -> None:
        self.name = name
        self.base = base
        self.family = family
        self.type = type
        self.is_unix = base.startswith("unix")


def _networks() -> dict[str, Network]:
    known = {}
    for base, kind in (("tcp", socket.SOCK_STREAM), ("udp", socket.SOCK_DGRAM)):
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


def parse_network(name: str, *bases: str) -> Network:
    """The network of this name; `bases`, if given, are those the caller takes.

    Raises `UnknownNetworkError`, and `TypeError` for what is no text.
    """
    if not isinstance(name, str):
        raise TypeError(f"a network is named by a str, not {type(name).__name__}")
    network = _known.get(name)
    if network is None or (bases and network.base not in bases):
        raise UnknownNetworkError(name)
    return network
