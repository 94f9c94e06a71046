"""Who knows the interfaces on this system, and how a failure to tell is reported."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable

from .. import system
from ..addresses import IPAddr, IPNet
from ..errors import Error, InvalidAddrError, OpError
from .interface import Interface

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeVar

    T = TypeVar("T")

__all__ = ["address_table", "failed", "group_table", "interface_table", "invalid", "missing"]


def interface_table() -> list[Interface]:
    """All interfaces, by their indexes."""
    return sorted(_asked(lambda source: source.interface_table()), key=lambda each: each.index)


def address_table() -> list[tuple[int | str, IPNet]]:
    """All addresses, each with its interface's index, or its name where it has no index."""
    return _asked(lambda source: source.address_table())


def group_table() -> list[tuple[int, IPAddr]]:
    """All multicast groups, each with its interface's index."""
    if system.NAME != "linux":
        raise failed(OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP)))
    from . import groups

    try:
        return groups.group_table()
    except OSError as err:
        raise failed(err, "open") from err


def _asked(ask: Callable[[Any], T]) -> T:
    syscall = ""
    if system.NAME == "linux":
        from . import linux as source

        syscall = "netlinkrib"  # as Go calls it
    else:
        from . import portable as source  # type: ignore[no-redef]
    try:
        return ask(source)
    except OSError as err:
        raise failed(err, syscall) from err


def failed(err: OSError, syscall: str = "") -> OpError:
    """The error of a call about interfaces."""
    return OpError("route", "ip+net", None, None, err, syscall=syscall)


def missing() -> Error:
    """The cause when there is no such interface."""
    return Error("no such network interface")


def invalid(what: str) -> InvalidAddrError:
    """The cause when there can be none: of this `name` or `index`."""
    return InvalidAddrError(f"invalid network interface {what}")
