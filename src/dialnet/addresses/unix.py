"""`UnixAddr`: the name of a Unix domain socket."""

from __future__ import annotations

import os

from ..errors import UnknownNetworkError
from .base import Addr

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Self

__all__ = ["UnixAddr"]

_Name = str | bytes | os.PathLike[str] | os.PathLike[bytes]
_NETWORKS = frozenset({"unix", "unixgram", "unixpacket"})


class UnixAddr(Addr):
    """A Unix domain end point: `UnixAddr(name="", net="unix")`.

    `name` is a path (`str`, `bytes` or `os.PathLike`; bytes that are no text survive, as in
    `os.fsdecode`). One that starts with `@` is a name in Linux's abstract namespace; it may also be
    given with the NUL byte that the kernel writes there. `"@"` alone is what a socket that was never
    bound has for a name. `net` is `"unix"` (stream), `"unixgram"` or `"unixpacket"`. The text is the name.

    Raises `UnknownNetworkError` for another `net`, `TypeError` for arguments of other types. Whether the
    name fits into a socket address is seen when it is used.
    """

    __slots__ = ("_name", "_net")
    __match_args__ = ("name", "net")

    _name: str
    _net: str

    def __new__(cls, name: _Name = "", net: str = "unix") -> Self:
        text = os.fsdecode(name)
        if not isinstance(net, str):
            raise TypeError(f"a network is a str, not {type(net).__name__}")
        if net not in _NETWORKS:
            raise UnknownNetworkError(net)
        return cls._make("@" + text[1:] if text.startswith("\0") else text, net)

    @classmethod
    def _make(cls, name: str, net: str) -> Self:
        """From parts known to be good: nothing is looked at."""
        self = object.__new__(cls)
        self._name = name
        self._net = net
        return self

    @property
    def name(self) -> str:
        """The path, or `@` and the abstract name."""
        return self._name

    @property
    def net(self) -> str:
        """`"unix"`, `"unixgram"` or `"unixpacket"`."""
        return self._net

    @property
    def network(self) -> str:
        """The same as `net`."""
        return self._net

    def __str__(self) -> str:
        return self._name

    def __repr__(self) -> str:
        net = f", {self._net!r}" if self._net != "unix" else ""
        return f"{type(self).__name__}({self._name!r}{net})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, UnixAddr) or type(other) is not type(self):
            return NotImplemented
        return self._name == other._name and self._net == other._net

    def __hash__(self) -> int:
        return hash((self._name, self._net))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._name, self._net)
