"""The functions that look interfaces up. Light: what they need is imported when one is called."""

from __future__ import annotations

from ..addresses import IPNet

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .interface import Interface

__all__ = ["interface_addrs", "interface_by_index", "interface_by_name", "interfaces"]


def interfaces() -> list[Interface]:
    """The network interfaces of this machine, in the order of their indexes.

    They are asked of the system with every call, and say what was so at that moment. On Linux it is asked
    through netlink; elsewhere through psutil, which comes with the extra `interfaces`.

    Raises `OpError` of op `route` when the system does not tell, `ModuleNotFoundError` without psutil where
    it is needed.
    """
    from .source import interface_table

    return interface_table()


def interface_by_name(name: str) -> Interface:
    """The interface of this name.

    Raises `OpError`: "no such network interface"; for an empty name, which is also a `ValueError`, "invalid
    network interface name". Else as `interfaces`.
    """
    from .source import failed, interface_table, invalid, missing

    if not isinstance(name, str):
        raise TypeError(f"an interface's name is a str, not {type(name).__name__}")
    if not name:
        raise failed(invalid("name"))
    for interface in interface_table():
        if interface.name == name:
            return interface
    raise failed(missing())


def interface_by_index(index: int) -> Interface:
    """The interface of this index.

    Raises `OpError`: "no such network interface"; for 0 or less, which is also a `ValueError`, "invalid
    network interface index". Else as `interfaces`.
    """
    from .source import failed, interface_table, invalid, missing

    if isinstance(index, bool) or not isinstance(index, int):
        raise TypeError(f"an interface's index is an int, not {type(index).__name__}")
    if index <= 0:
        raise failed(invalid("index"))
    for interface in interface_table():
        if interface.index == index:
            return interface
    raise failed(missing())


def interface_addrs() -> list[IPNet]:
    """The addresses of all interfaces, each with its network's mask. Raises as `interfaces`."""
    from .source import address_table

    return [addr for _, addr in address_table()]
