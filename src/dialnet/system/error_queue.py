"""Linux's error queue: the ICMP errors for what a socket has sent (ip(7), IP_RECVERR).

A socket that may not see ICMP itself learns so what became of its datagrams.
"""

from __future__ import annotations

import socket
import struct
import sys

assert sys.platform == "linux"

__all__ = ["ErrorQueue"]

# linux/in.h, linux/in6.h; Python has had names for them only since 3.14.
_IP_RECVERR = 11
_IPV6_RECVERR = 25
# struct sock_extended_err (linux/errqueue.h): errno, origin, type, code, pad, info, data. The address of who
# sent the error follows.
_ERROR = struct.Struct("=IBBBxII")
_ICMP_ORIGINS = (2, 3)


class ErrorQueue:
    """The error queue of a socket; errors come to it from now on."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        if sock.family == socket.AF_INET6:
            self._level, self._option = socket.IPPROTO_IPV6, _IPV6_RECVERR
        else:
            self._level, self._option = socket.IPPROTO_IP, _IP_RECVERR
        sock.setsockopt(self._level, self._option, 1)

    def next(self) -> tuple[int, int, tuple[str, int] | tuple[str, int, int, int], bytes] | None:
        """The oldest error: ICMP type and code, the socket address of who sent it, and the datagram, or as
        much of it as was quoted. None for one that is no ICMP error.

        Raises `BlockingIOError` if there is none.
        """
        data, ancillary, _, _ = self._sock.recvmsg(65_536, 512, socket.MSG_ERRQUEUE)
        for level, option, value in ancillary:
            if (level, option) == (self._level, self._option) and len(value) >= _ERROR.size:
                _, origin, kind, code, _, _ = _ERROR.unpack_from(value)
                offender = self._address(value[_ERROR.size :])
                if origin in _ICMP_ORIGINS and offender is not None:
                    return kind, code, offender, data
        return None

    def _address(self, raw: bytes) -> tuple[str, int] | tuple[str, int, int, int] | None:
        """A struct sockaddr_in or sockaddr_in6."""
        family = int.from_bytes(raw[:2], sys.byteorder)
        if family == socket.AF_INET and len(raw) >= 8:
            return socket.inet_ntop(socket.AF_INET, raw[4:8]), 0
        if family == socket.AF_INET6 and len(raw) >= 28:
            scope = int.from_bytes(raw[24:28], sys.byteorder)
            return socket.inet_ntop(socket.AF_INET6, raw[8:24]), 0, 0, scope
        return None
