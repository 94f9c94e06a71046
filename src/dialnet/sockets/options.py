"""Socket options: what every new socket gets, and the TCP ones."""

from __future__ import annotations

import math
import socket

from .. import system
from ..poll.deadline import seconds
from .config import KeepAliveConfig

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import timedelta

__all__ = ["MOST", "set_connection_options", "set_defaults", "set_idle", "set_keep_alive"]

_IDLE, _INTERVAL, _COUNT = system.keep_alive_options()
# An option's value is a C int. What is larger is cut down to this, and the kernel says what it thinks of it.
MOST = 2**31 - 1


_INET, _INET6 = int(socket.AF_INET), int(socket.AF_INET6)
_DGRAM, _RAW = int(socket.SOCK_DGRAM), int(socket.SOCK_RAW)


def set_defaults(sock: socket.socket, family: int, type: int, v6_only: bool) -> None:
    """What a new socket gets before anything else; only SO_BROADCAST can fail."""
    if family == _INET6 and type != _RAW:
        try:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(v6_only))
        except OSError:
            pass  # OpenBSD does not have the choice; the bind or connect that follows will tell.
    if type in (_DGRAM, _RAW) and family in (_INET, _INET6):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)


def set_connection_options(sock: socket.socket, config: KeepAliveConfig) -> None:
    """Nagle off and keep-alive on for a new TCP connection.

    It is used whether they could be set or not: one that the peer has reset already refuses (macOS), and
    its first read says so.
    """
    try:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        set_keep_alive(sock, config)
    except OSError:
        pass


def set_keep_alive(sock: socket.socket, config: KeepAliveConfig) -> None:
    """Raises `OSError`; what comes after the option that failed is then not set."""
    # A program has one or two of them, and every connection asks.
    options = config.__dict__.get("_options")
    if options is None:
        options = config.__dict__["_options"] = _keep_alive(config)
    for option in options:
        sock.setsockopt(*option)


def _keep_alive(config: KeepAliveConfig) -> list[tuple[int, int, int]]:
    """The options that say so, in the order in which they are set."""
    if not config.enable:
        return [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 0)]
    idle, interval = _whole_seconds(config.idle), _whole_seconds(config.interval)
    options = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
    if idle >= 0:
        options.append((socket.IPPROTO_TCP, _IDLE, idle))
    if _INTERVAL is not None and interval >= 0:
        options.append((socket.IPPROTO_TCP, _INTERVAL, interval))
    if _COUNT is not None and config.count >= 0:
        options.append((socket.IPPROTO_TCP, _COUNT, min(config.count, MOST) or 9))
    return options


def set_idle(sock: socket.socket, idle: float | timedelta) -> None:
    whole = _whole_seconds(idle)
    if whole >= 0:
        sock.setsockopt(socket.IPPROTO_TCP, _IDLE, whole)


def _whole_seconds(length: float | timedelta) -> int:
    exact = seconds(length) or 0.0
    return -1 if exact < 0 else math.ceil(min(exact, MOST)) or 15
