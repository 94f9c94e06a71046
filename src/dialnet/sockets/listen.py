"""From an address to a socket that listens, or that datagrams arrive at."""

from __future__ import annotations

import errno
import functools
import os
import socket

from .. import system
from ..addresses import Addr, IPAddr, TCPAddr, UDPAddr, UnixAddr
from ..errors import AddrError, MissingAddressError, OpError
from ..resolve import candidates
from ..resolve.networks import Network, parse_network
from ..system.multicast import SHARE_PORT
from . import multipath
from .config import ListenOptions
from .opened import Opened, SyscallError, bind, local_name, make, step
from .options import MOST

__all__ = ["STREAM", "PACKET", "listen", "listen_typed"]

STREAM = ("tcp", "unix", "unixpacket")
PACKET = ("udp", "ip", "unixgram")


async def listen(network: str, address: str, options: ListenOptions, bases: tuple[str, ...]) -> Opened:
    """Listen at `address`, whose network must be one of `bases`.

    Raises `OpError` of op `listen`; `TypeError` for arguments of a wrong type.
    """
    local: Addr | None = None
    try:
        net = parse_network(network, to_open=True)
        found = await candidates.addresses("listen", net, address)
        local = found[0] if net.is_unix else candidates.first_choice(found)  # type: ignore[arg-type]
        if net.base not in bases:
            raise AddrError("unexpected address type", address)
    except OSError as err:
        raise OpError("listen", str(network), None, local, err) from err
    return _open(net, local, options)


async def listen_typed(
    network: str,
    kind: type[TCPAddr] | type[UDPAddr] | type[IPAddr] | type[UnixAddr],
    local: Addr | None,
    options: ListenOptions,
    *bases: str,
) -> Opened:
    """Listen at an address that is known already; `None` is any address and port the system likes.

    Raises `OpError` of op `listen` (with EINVAL for an address of another network); `TypeError` for what is
    no address.
    """
    if local is not None and not isinstance(local, Addr):
        raise TypeError(f"expected a {kind.__name__} or None, not {type(local).__name__}")
    try:
        net = parse_network(network, *bases, to_open=True)
        if local is not None and not isinstance(local, kind):
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        if local is None:
            if kind is UnixAddr:
                raise MissingAddressError
            local = kind()
    except OSError as err:
        raise OpError("listen", str(network), None, local, err) from err
    return _open(net, local, options)


def _open(network: Network, local: Addr, options: ListenOptions) -> Opened:
    multicast = network.base == "udp" and _is_multicast(local)

    def prepare(sock: socket.socket) -> None:
        # Several listeners of one group share its port; two of one datagram address would only steal
        # from each other, so a plain UDP socket does not get it.
        if system.REUSE_ADDRESS is not None and network.base == "tcp":
            sock.setsockopt(socket.SOL_SOCKET, system.REUSE_ADDRESS, 1)
        if multicast:
            for option in SHARE_PORT:
                sock.setsockopt(socket.SOL_SOCKET, option, 1)
        if options.reuse_port:
            _share_port(sock)

    try:
        fd = make(
            network,
            local,
            None,
            options.control,
            listen=True,
            multipath=multipath.listens(options),
            prepare=prepare,
        )
        try:
            bind(network, fd, _any_host(local) if multicast else local)
            if network.base in STREAM:
                step(
                    "listen",
                    fd.sock.listen,
                    _backlog() if options.backlog is None else min(options.backlog, MOST),
                )
            return Opened(fd, network, local_name(fd))
        except BaseException:
            fd.close()
            raise
    except SyscallError as err:
        raise OpError("listen", network.name, None, local, err.err, syscall=err.name) from err.err
    except Exception as err:
        raise OpError("listen", network.name, None, local, err) from err


_backlog = functools.cache(system.max_backlog)


def _is_multicast(addr: Addr) -> bool:
    return isinstance(addr, UDPAddr) and addr.ip is not None and addr.ip.is_multicast


def _any_host(addr: Addr) -> Addr:
    assert isinstance(addr, UDPAddr)
    return UDPAddr("::" if addr.ip is not None and addr.ip.version == 6 else "0.0.0.0", addr.port)


def _share_port(sock: socket.socket) -> None:
    option = getattr(socket, "SO_REUSEPORT", None)
    if option is None:
        raise OSError(errno.ENOPROTOOPT, os.strerror(errno.ENOPROTOOPT))
    sock.setsockopt(socket.SOL_SOCKET, option, 1)
