"""Interfaces and addresses from psutil, for systems without netlink. It is imported when it is asked."""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv6Address

from ..addresses import HardwareAddr, IPNet, cidr_mask, parse_mac
from ..errors import Error
from .interface import Flags, Interface

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["address_table", "interface_table"]

_FLAGS = {
    "up": Flags.UP,
    "broadcast": Flags.BROADCAST,
    "loopback": Flags.LOOPBACK,
    "pointopoint": Flags.POINT_TO_POINT,
    "multicast": Flags.MULTICAST,
    "running": Flags.RUNNING,
}


def _psutil() -> Any:
    try:
        import psutil  # type: ignore[import-untyped, import-not-found, unused-ignore]
    except ModuleNotFoundError as err:
        raise ModuleNotFoundError(
            'psutil, which lists this system\'s interfaces, is missing: pip install "dialnet[interfaces]"',
            name=err.name,
        ) from err
    return psutil


def interface_table() -> list[Interface]:
    """All interfaces. Raises `OSError`, `ModuleNotFoundError`."""
    psutil = _psutil()
    states = psutil.net_if_stats()
    found = []
    for name, addresses in psutil.net_if_addrs().items():
        state = states.get(name)
        if state is None:
            continue  # gone between the two calls
        index = _index(name, addresses)
        found.append(
            Interface(index, state.mtu, name, _hardware(psutil, addresses), _flags(state, addresses))
        )
    return found


def address_table() -> list[tuple[int | str, IPNet]]:
    """All addresses, each with its interface's index, or its name where it has none."""
    found: list[tuple[int | str, IPNet]] = []
    for name, addresses in _psutil().net_if_addrs().items():
        index = _index(name, addresses)
        for each in addresses:
            addr = _address(each)
            if addr is not None:
                found.append((index or name, addr))
    return found


def _index(name: str, addresses: Any) -> int:
    try:
        return socket.if_nametoindex(name)
    except OSError:
        # Windows knows the names that people see by no index, but a link-local address has it as its zone.
        zones = (each.address.partition("%")[2] for each in addresses if each.family == socket.AF_INET6)
        return next((int(zone) for zone in zones if zone.isascii() and zone.isdigit()), 0)


def _hardware(psutil: Any, addresses: Any) -> HardwareAddr:
    for each in addresses:
        if each.family == psutil.AF_LINK:
            try:
                found = parse_mac(each.address or "")
            except Error:
                continue  # of a length that no text form has
            if any(found):
                return found
    return HardwareAddr()


def _flags(state: Any, addresses: Any) -> Flags:
    flags = Flags(0)
    for word in state.flags.split(","):
        flags |= _FLAGS.get(word, Flags(0))
    # Windows has no words for it.
    if state.isup and not state.flags:
        flags |= Flags.UP | Flags.RUNNING
    if not state.flags and any(addr.ip.is_loopback for addr in filter(None, map(_address, addresses))):
        flags |= Flags.LOOPBACK
    return flags


def _address(each: Any) -> IPNet | None:
    if each.family == socket.AF_INET:
        return IPNet(each.address, IPv4Address(each.netmask or "255.255.255.255").packed)
    if each.family != socket.AF_INET6:
        return None
    ip = IPv6Address(each.address.partition("%")[0])
    # Windows does not say; then it is an address and no network.
    mask = IPv6Address(each.netmask.partition("/")[0]).packed if each.netmask else cidr_mask(128, 128)
    return IPNet(ip, mask[12:] if ip.ipv4_mapped else mask)
