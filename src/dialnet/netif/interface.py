"""`Interface` and `Flags`: what is known of a network interface.

Loaded at first use: making an enumeration takes more time than all of dialnet's small classes together.
"""

from __future__ import annotations

import enum

from ..addresses import HardwareAddr, IPAddr, IPNet
from ..record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import ClassVar

__all__ = ["Flags", "Interface"]


class Flags(enum.Flag):
    """What an interface is and can; the text is `up|broadcast|multicast|running`, or `0` for none."""

    UP = 1  # it has been switched on
    BROADCAST = 2
    LOOPBACK = 4
    POINT_TO_POINT = 8
    MULTICAST = 16
    RUNNING = 32  # it has a carrier, as far as the system can tell

    def __str__(self) -> str:
        return "|".join(word for flag, word in _WORDS if flag in self) or "0"


_WORDS = [(flag, (flag.name or "").replace("_", "").lower()) for flag in Flags]
_NO_FLAGS = Flags(0)


class Interface(Record):
    """A network interface as it was when it was asked for.

    Args:
        index: its number, 1 or more; 0 where the system has none for it.
        mtu: how many bytes a packet may have.
        name: what it is called, such as `eth0`.
        hardware_addr: its address on the link; empty where it has none.
        flags: what it is and can.
    """

    index: int = 0
    mtu: int = 0
    name: str = ""
    hardware_addr: HardwareAddr = HardwareAddr()
    flags: Flags = _NO_FLAGS
    _fields: ClassVar[tuple[str, ...]] = ("index", "mtu", "name", "hardware_addr", "flags")
    __match_args__ = ("index", "mtu", "name", "hardware_addr", "flags")

    def __init__(
        self,
        index: int = 0,
        mtu: int = 0,
        name: str = "",
        hardware_addr: HardwareAddr = HardwareAddr(),  # noqa: B008 (it is immutable)
        flags: Flags = _NO_FLAGS,
    ) -> None:
        self._set(locals())

    def addrs(self) -> list[IPNet]:
        """The addresses it has now, each with its network's mask; none once it is gone.

        Of a point-to-point link it is the address at this end. Raises as `interfaces`.
        """
        from .source import address_table

        return [addr for interface, addr in address_table() if interface == (self.index or self.name)]

    def multicast_addrs(self) -> list[IPAddr]:
        """The multicast groups it hears now, IPv4 first.

        Raises `OpError` where the system has no way to tell (all but Linux), or does not.
        """
        from .source import group_table

        return [group for interface, group in group_table() if interface == self.index]
