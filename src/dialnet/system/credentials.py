"""Who is at the other end of a Unix socket."""

from __future__ import annotations

import errno
import os
import socket
import struct
import sys

__all__ = ["peer_credentials"]


def peer_credentials(sock: socket.socket) -> tuple[int | None, int, int]:
    """Process, user and group of the peer, as they were when it connected (to who connected: when it began
    to listen). The process is None where the system does not tell it.

    Raises `OSError`: ENOTCONN if there is no peer, EOPNOTSUPP if the system tells nothing.
    """
    if sys.platform == "linux":
        size = struct.calcsize("@iII")
        pid, uid, gid = struct.unpack("@iII", sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size))
        if uid == 0xFFFF_FFFF:
            # unix(7) has them for streams and pairs only; of any other socket it is nobody.
            raise OSError(errno.ENOTCONN, os.strerror(errno.ENOTCONN))
        return pid, uid, gid
    if sys.platform == "win32":
        raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))
    return _by_getpeereid(sock)


def _by_getpeereid(sock: socket.socket) -> tuple[int | None, int, int]:
    """getpeereid(3), which macOS and every BSD have."""
    import ctypes

    try:
        getpeereid = ctypes.CDLL(None, use_errno=True).getpeereid
    except (AttributeError, OSError):
        raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP)) from None
    uid, gid = ctypes.c_uint(), ctypes.c_uint()
    if getpeereid(sock.fileno(), ctypes.byref(uid), ctypes.byref(gid)) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    pid = None
    if sys.platform == "darwin":
        # sys/un.h: SOL_LOCAL and LOCAL_PEERPID.
        pid = sock.getsockopt(0, 2)
    return pid, uid.value, gid.value
