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

    # A socket; 0, or what connect(2) said; the socket address of its peer, or of what will be.
    Begun = tuple[FD, int, Any]

__all__ = ["attempt", "begin", "complete", "failed"]

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
    begun: Begun | None = None,
) -> Opened:
    """A socket connected to `remote`, or, for `unixgram`, bound to `local` alone. The first may be `begun`
    already.

    Raises `OpError` of op `dial`.
    """
    used: list[Any] = []
    try:
        if until is not None and await now() >= until:
            raise DeadlineExceededError
        if cancel is not None and cancel.cancelled:
            raise CanceledError
        # TCP lets a socket connect to itself when the kernel happens to choose the destination as its local
        # port (RFC 9293's simultaneous open), so dialing a port nobody listens on can succeed. Two tries
        # more, as Go; the kernel chooses another port each time, and may report the clash as EADDRNOTAVAIL.
        left = 2 if network.base == "tcp" and (local is None or getattr(local, "port", 0) == 0) else 0
        while True:
            try:
                opened = await _connect(network, local, remote, options, until, cancel, used, begun)
            except SyscallError as err:
                if not left or err.err.errno != errno.EADDRNOTAVAIL:
                    raise
            else:
                if not left or (opened.local is not None and opened.local[:2] != opened.remote[:2]):
                    return opened
                opened.fd.close()
            left -= 1
            begun = None
    except Exception as err:
        raise failed(network, local, remote, err, used) from (err.err if type(err) is SyscallError else err)


def failed(
    network: Network, local: Addr | None, remote: Addr | None, err: Exception, used: list[Any]
) -> OpError:
    """The `OpError` for an attempt that `err` ended."""
    if isinstance(err, SyscallError):
        failure = OpError("dial", network.name, local, remote, err.err, syscall=err.name)
    else:
        failure = OpError("dial", network.name, local, remote, err)
    failure.local_addr = _came_from(remote, used)
    return failure


def _came_from(remote: Addr | None, used: list[Any]) -> Addr | None:
    """The address that the last socket had when it failed, if it had got as far as having one."""
    if not used or not used[-1] or not isinstance(remote, (TCPAddr, UDPAddr)) or not used[-1][1]:
        return None
    return from_sockaddr(type(remote), used[-1])


def begin(
    network: Network, local: Addr | None, remote: Addr | None, options: DialOptions, used: list[Any]
) -> Begun:
    """A socket on its way to `remote`. Where that fails, `used` has its local socket address.

    Raises `SyscallError`, `AddrError`, what `control` raises.
    """
    fd = make(network, local, remote, options.control, multipath=multipath.dials(options))
    try:
        if local is not None and not (is_wildcard(local) and not getattr(local, "port", 0)):
            bind(network, fd, local)
        if remote is None:
            return fd, 0, None
        target = _spelt_out(remote, network) if system.DIAL_WILDCARD_TO_LOOPBACK else remote
        try:
            sockaddr = sockaddr_for(network, target, fd.family)
            code = fd.sock.connect_ex(sockaddr)
        except OSError as err:
            raise SyscallError("connect", err) from err
        if code in _UNDER_WAY:
            # To this machine it is there by now, and there is nothing to wait for.
            peer = _peer_name(fd, None)
            return (fd, code, sockaddr) if peer is None else (fd, 0, peer)
        return fd, code, sockaddr if code else _peer_name(fd, sockaddr)
    except BaseException:
        used.append(local_name(fd))
        fd.close()
        raise


def complete(network: Network, remote: Addr | None, options: DialOptions, fd: FD, peer: Any) -> Opened:
    """What is made of a socket that is connected."""
    if network.base == "tcp":
        set_connection_options(fd.sock, options.keep_alive)
    opened = Opened(fd, network, local_name(fd), peer)
    if network.base == "ip":
        opened.dialed = remote
    return opened


async def _connect(
    network: Network,
    local: Addr | None,
    remote: Addr | None,
    options: DialOptions,
    until: float | None,
    cancel: CancelToken | None,
    used: list[Any],
    begun: Begun | None,
) -> Opened:
    """One socket, connected, which another call may have `begun` with. `used` as above."""
    fd, code, peer = begin(network, local, remote, options, used) if begun is None else begun
    try:
        if code:
            if code in _UNDER_WAY:
                code = await _finish(fd, until, cancel)
            if code not in (0, errno.EISCONN):
                raise SyscallError("connect", OSError(code, os.strerror(code)))
            peer = _peer_name(fd, peer)
        return complete(network, remote, options, fd, peer)
    except BaseException:
        used.append(local_name(fd))
        fd.close()
        raise


def _spelt_out(remote: Addr, network: Network) -> Addr:
    """The unspecified address as the loopback one, on systems whose kernel does not know it means that."""
    if not is_wildcard(remote):
        return remote
    loopback = "::1" if network.plain.name.endswith("6") else "127.0.0.1"
    if isinstance(remote, (TCPAddr, UDPAddr)):
        return type(remote)(loopback, remote.port)
    return IPAddr(loopback) if isinstance(remote, IPAddr) else remote


async def _finish(fd: FD, until: float | None, cancel: CancelToken | None) -> int:
    """Wait until the connection that is under way is there, or cannot be made; its error's number, or 0."""
    ready = Ready(fd.writing)
    events: Sequence[Event] = [ready] if cancel is None else [ready, cancel]
    while True:
        fd.writing.ready = False
        fired = await wait(*events, until=until)
        if cancel is not None and cancel.cancelled:
            raise CanceledError
        if not fired:
            raise DeadlineExceededError
        code = step("getsockopt", fd.sock.getsockopt, socket.SOL_SOCKET, socket.SO_ERROR)
        if code not in _UNDER_WAY and (code or _peer_name(fd, None) is not None):
            return code  # type: ignore[no-any-return]
        # A wake-up before its time: no error yet, and no peer either.


def _peer_name(fd: FD, sockaddr: Any) -> Any:
    """What getpeername(2) says; `sockaddr`, where we connected to, if it says nothing."""
    try:
        return fd.sock.getpeername()
    except OSError:
        return sockaddr
