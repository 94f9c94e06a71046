"""`Addr`: what every address has."""

from __future__ import annotations

from abc import ABC, abstractmethod

__all__ = ["Addr"]


class Addr(ABC):
    """An end point: a network and a text, both fit to be given to `dial`.

    The addresses of dialnet are `TCPAddr`, `UDPAddr`, `IPAddr` and `UnixAddr`; a connection of another
    kind may bring its own subclass.
    """

    __slots__ = ()

    @property
    @abstractmethod
    def network(self) -> str:
        """The network's name: `"tcp"`, `"udp"`, `"ip"`, `"unix"`, ..., never with a 4 or 6 at its end."""

    @abstractmethod
    def __str__(self) -> str:
        """The address as text, as `dial` reads it."""

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)
