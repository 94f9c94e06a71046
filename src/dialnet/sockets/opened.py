"""What dialing and listening hand to a face, which makes a connection of its own kind of it."""

from __future__ import annotations

import socket
from collections.abc import Callable

from ..addresses import Addr
from ..poll.fd import FD
from ..resolve.networks import Network
from . import families
from .multipath import make_socket
from .options import set_defaults
from .raw import RawControl

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .config import Control

__all__ = ["Opened", "SyscallError", "bind", "local_name", "make", "step"]


class Opened:
    """A socket ready for use, and what is known of it. `local` and `remote` are socket addresses.

    `dialed` is the address a raw IP socket was dialed with, which is its peer's: the kernel does not tell it.
    `shared` is whether somebody else may read from the same socket.
    """

    __slots__ = ("dialed", "fd", "local", "network", "remote", "shared")

    def __init__(self, fd: FD, network: Network, local: Any, remote: Any = None) -> None:
        self.fd = fd
        self.network = network.plain
        self.dialed: Addr | None = None
        self.shared = False
        self.local = local
        self.remote = remote


class SyscallError(Exception):
    """Carries the name of the system call an `OSError` came from to where the `OpError` is made."""

    def __init__(self, name: str, err: OSError) -> None:
        super().__init__(name, err)
        self.name = name
        self.err = err


def step(name: str, call: Callable[..., Any], *args: Any) -> Any:
    """Make a system call; its `OSError` becomes a `SyscallError`."""
    try:
        return call(*args)
    except OSError as err:
        raise SyscallError(name, err) from err


def make(
    network: Network,
    local: Addr | None,
    remote: Addr | None,
    control: Control | None,
    *,
    listen: bool = False,
    multipath: bool = False,
    prepare: Callable[[socket.socket], None] | None = None,
) -> FD:
    """A new socket with its first options set, `prepare` and then `control` called; not bound, not connected.

    Raises `SyscallError`, and what `control` raises; the socket is closed then.
    """
    if network.is_unix:
        family, v6_only = network.family, False
    else:
        family, v6_only = families.choose(network, local, remote, listen=listen)
    sock: socket.socket = step(
        "socket",
        make_socket,
        family,
        network.type,
        network.protocol,
        multipath and _may_have_paths(network, local, remote),
    )
    fd = FD(sock, eager=network.base == "tcp" and not listen, family=family)
    try:
        step("setsockopt", set_defaults, sock, family, network.type, v6_only)
        if prepare is not None:
            step("setsockopt", prepare, sock)
        if control is not None:
            target = remote if remote is not None else local
            shown = "" if target is None else str(target)
            control(families.control_network(network, family), shown, RawControl(fd, network.plain.name))
        return fd
    except BaseException:
        fd.close()
        raise


def _may_have_paths(network: Network, *ends: Addr | None) -> bool:
    """Whether several paths make sense. An address of one link has one path, and of its socket Linux forgets
    the zone if it is a multipath one."""
    return network.base == "tcp" and not any(getattr(end, "zone", "") for end in ends)


def bind(network: Network, fd: FD, addr: Addr) -> None:
    step("bind", fd.sock.bind, step("bind", families.sockaddr_for, network, addr, fd.family))


def local_name(fd: FD) -> Any:
    """What getsockname(2) says, or None where it says nothing."""
    try:
        return fd.sock.getsockname()
    except OSError:
        return None
