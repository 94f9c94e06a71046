"""One connection attempt: from an address to a connected socket."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Sequence

from .. import system
from ..addresses import Addr, IPAddr, TCPAddr, UDPAddr
from ..addresses.sockaddr import from_sockaddr
from ..errors import CanceledError, DeadlineExceededError, OpError
from ..poll.fd import FD
from ..poll.signal import CancelToken
from ..poll.waits import Ready, now, wait
from ..resolve.candidates import is_wildcard
from ..resolve.networks import Network
from . import multipath
from .config import DialOptions
from .families import sockaddr_for
from .opened import Opened, SyscallError, bind, local_name, make, step
from .options import set_connection_options

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..poll.protocols import Event

__all__ = ["attempt"]

# EWOULDBLOCK is how Windows says EINPROGRESS; Linux says EAGAIN only for a Unix socket whose listener's
# queue is full, which is an error there: no event tells when it has room.
_UNDER_WAY = {
    errno.EINPROGRESS,
    errno.EALREADY,
    errno.EINTR,
    getattr(errno, "WSAEWOULDBLOCK", errno.EINPROGRESS),
}


async def attempt(
    network: Network,
    local: Addr | None,
    remote: Addr | None,
    options: DialOptions,
    until: float | None,
    cancel: CancelToken | None,
) -> Opened:
    """A socket connected to `remote`, or, for `unixgram`, bound to `local` alone.

    Raises `OpError` of op `dial`.
    """
    used: list[Any] = []
    try:
        if until is not None and await now() >= until:
            raise DeadlineExceededError
        if cancel is not None and cancel.cancelled:
            raise CanceledError
        if network.base == "tcp" and (local is None or getattr(local, "port", 0) == 0):
            return await _not_to_itself(network, local, remote, options, until, cancel, used)
        return await _connect(network, local, remote, options, until, cancel, used)
    except SyscallError as err:
        failure = OpError("dial", network.name, local, remote, err.err, syscall=err.name)
        failure.local_addr = _came_from(remote, used)
        raise failure from err.err
    except Exception as err:
        failure = OpError("dial", network.name, local, remote, err)
        failure.local_addr = _came_from(remote, used)
        raise failure from err


def _came_from(remote: Addr | None, used: list[Any]) -> Addr | None:
    """The address that the last socket had when it failed, if it had got as far as having one."""
    if not used or not used[-1] or not isinstance(remote, (TCPAddr, UDPAddr)) or not used[-1][1]:
        return None
    return from_sockaddr(type(remote), used[-1])


async def _not_to_itself(
    network: Network,
    local: Addr | None,
    remote: Addr | None,
    options: DialOptions,
    until: float | None,
    cancel: CancelToken | None,
    used: list[Any],
) -> Opened:
    """A TCP connection that is not its own peer.

    TCP lets a socket connect to itself when the kernel happens to choose the destination as its local
    port (RFC 9293's simultaneous open), so dialing a port nobody listens on can succeed. Two tries more,
    as Go; the kernel chooses another port each time, and may report the clash as EADDRNOTAVAIL.
    """
    for _ in range(2):
        try:
            opened = await _connect(network, local, remote, options, until, cancel, used)
        except SyscallError as err:
            if err.err.errno == errno.EADDRNOTAVAIL:
                continue
            raise
        if opened.local is not None and opened.local[:2] != opened.remote[:2]:
            return opened
        opened.fd.close()
    return await _connect(network, local, remote, options, until, cancel, used)


async def _connect(
    network: Network,
    local: Addr | None,
    remote: Addr | None,
    options: DialOptions,
    until: float | None,
    cancel: CancelToken | None,
    used: list[Any],
) -> Opened:
    """One socket, connected. Where that fails, `used` has its local socket address."""
    fd = make(network, local, remote, options.control, multipath=multipath.dials(options))
    try:
        if local is not None and not (is_wildcard(local) and not getattr(local, "port", 0)):
            bind(network, fd, local)
        sockaddr = None
        if remote is not None:
            target = _spelt_out(remote, network)
            sockaddr = step("connect", sockaddr_for, network, target, fd.sock.family)
            await _finish(fd, sockaddr, until, cancel)
        if network.base == "tcp":
            set_connection_options(fd.sock, options.keep_alive)
        opened = Opened(fd, network, local_name(fd), _peer_name(fd, sockaddr))
        if network.base == "ip":
            opened.dialed = remote
        return opened
    except BaseException:
        used.append(local_name(fd))
        fd.close()
        raise


def _spelt_out(remote: Addr, network: Network) -> Addr:
    """The unspecified address as the loopback one, on systems whose kernel does not know it means that."""
    if not system.DIAL_WILDCARD_TO_LOOPBACK or not is_wildcard(remote):
        return remote
    loopback = "::1" if network.plain.name.endswith("6") else "127.0.0.1"
    if isinstance(remote, (TCPAddr, UDPAddr)):
        return type(remote)(loopback, remote.port)
    return IPAddr(loopback) if isinstance(remote, IPAddr) else remote


async def _finish(fd: FD, sockaddr: Any, until: float | None, cancel: CancelToken | None) -> None:
    code = step("connect", fd.sock.connect_ex, sockaddr)
    while code in _UNDER_WAY:
        fd.writing.ready = False
        ready = Ready(fd.writing)
        events: Sequence[Event] = [ready] if cancel is None else [ready, cancel]
        fired = await wait(*events, until=until)
        if cancel is not None and cancel.cancelled:
            raise CanceledError
        if not fired:
            raise DeadlineExceededError
        code = step("getsockopt", fd.sock.getsockopt, socket.SOL_SOCKET, socket.SO_ERROR)
        if code == 0 and _peer_name(fd, None) is None:
            # A wake-up before its time: no error yet, and no peer either.
            code = errno.EINPROGRESS
    if code not in (0, errno.EISCONN):
        raise SyscallError("connect", OSError(code, os.strerror(code)))


def _peer_name(fd: FD, sockaddr: Any) -> Any:
    """What getpeername(2) says; `sockaddr`, where we connected to, if it says nothing."""
    try:
        return fd.sock.getpeername()
    except OSError:
        return sockaddr
