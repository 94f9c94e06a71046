"""Multipath TCP (RFC 8684): one connection over several paths, where both ends and the kernel can.

Linux has it as a protocol of its own that falls back to TCP by itself when the peer or something on the way
does not know it; a listener then accepts what are plain TCP sockets. Where there is no such protocol, or it
has been switched off (net.mptcp.enabled), plain TCP is taken without a word.
"""

from __future__ import annotations

import socket

from .. import settings, system

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .config import DialOptions, ListenOptions

__all__ = ["dials", "in_use", "listens", "make_socket"]

# linux/socket.h and linux/mptcp.h; Python has no names for them.
_SOL_MPTCP = 284
_MPTCP_INFO = 1
# socket(2) then does what would be a system call more.
_NONBLOCK = int(getattr(socket, "SOCK_NONBLOCK", 0))


def dials(options: DialOptions) -> bool:
    """Whether to try it for a dial: not unless that is asked for."""
    if options.multipath_tcp is not None:
        return options.multipath_tcp
    return settings.current().multipath_tcp in ("1", "3")


def listens(options: ListenOptions) -> bool:
    """Whether to try it for a listener: yes, for it costs nobody anything who does not use it."""
    if options.multipath_tcp is not None:
        return options.multipath_tcp
    return settings.current().multipath_tcp not in ("0", "3")


def make_socket(family: int, type: int, protocol: int, multipath: bool) -> socket.socket:
    """A new socket that does not wait, a multipath one if that is wanted and can be had. Raises `OSError`."""
    type |= _NONBLOCK
    if multipath and system.MULTIPATH_TCP is not None:
        try:
            return socket.socket(family, type, system.MULTIPATH_TCP)
        except OSError:
            pass  # Unknown, switched off, or not for this family; TCP will do, or tell what is wrong.
    return socket.socket(family, type, protocol)


def in_use(sock: socket.socket) -> bool:
    """Whether the connection is one, and has not fallen back to plain TCP."""
    if system.MULTIPATH_TCP is None:
        return False
    try:
        if sock.getsockopt(socket.SOL_SOCKET, system.SO_PROTOCOL) != system.MULTIPATH_TCP:
            return False
        if system.has_multipath_info():
            # EOPNOTSUPP on IPv4, ENOPROTOOPT on IPv6: it is plain TCP by now.
            sock.getsockopt(_SOL_MPTCP, _MPTCP_INFO, 4)
    except OSError:
        return False
    return True
