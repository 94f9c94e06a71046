"""TCP's own options and the half close, in both faces."""

from __future__ import annotations

import socket
import struct

from ..poll.deadline import seconds
from ..sockets.config import KeepAliveConfig
from ..sockets.multipath import in_use
from ..sockets.options import set_idle, set_keep_alive
from ..system import LINGER
from .base import Deadlines

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import timedelta

# What fits into every system's `struct linger`.
LINGER_MOST = 32_767

__all__ = ["HalfClose", "TCPOptions"]


class HalfClose(Deadlines):
    """Streams can be ended in one direction (shutdown(2))."""

    def close_read(self) -> None:
        """End reading: reads return what is there and then the end of the stream.

        Raises `OpError`.
        """
        self._shutdown(socket.SHUT_RD)

    def close_write(self) -> None:
        """End writing: the peer reads what was sent and then the end of the stream.

        Raises `OpError`.
        """
        self._shutdown(socket.SHUT_WR)

    def _shutdown(self, how: int) -> None:
        self._control("close", "shutdown", lambda: self._fd.sock.shutdown(how))


class TCPOptions(HalfClose):
    """What only TCP has."""

    def multipath_tcp(self) -> bool:
        """Whether Multipath TCP (RFC 8684) is in use: both ends speak it. False once closed."""
        with self._fd.reading.lock:
            return not self._fd.closed and in_use(self._fd.sock)

    def set_no_delay(self, no_delay: bool) -> None:
        """Send small writes at once (True, as new connections do) or gather them (Nagle's algorithm).

        Raises `OpError`. TCP_NODELAY, tcp(7); RFC 9293, section 3.7.4.
        """
        self._set(socket.IPPROTO_TCP, socket.TCP_NODELAY, int(no_delay))

    def set_keep_alive(self, keep_alive: bool) -> None:
        """Probe the connection while it is idle, or not (SO_KEEPALIVE). Raises `OpError`."""
        self._set(socket.SOL_SOCKET, socket.SO_KEEPALIVE, int(keep_alive))

    def set_keep_alive_period(self, period: float | timedelta) -> None:
        """Seconds of silence before the first probe; 0 is 15 s, a negative number changes nothing.

        Fractions are rounded up. Raises `OpError`. TCP_KEEPIDLE, tcp(7).
        """
        if seconds(period) is None:
            raise TypeError("a keep-alive period is a number of seconds or a timedelta, not None")
        self._control("set", "setsockopt", lambda: set_idle(self._fd.sock, period))

    def set_keep_alive_config(self, cfg: KeepAliveConfig) -> None:
        """Set all that `KeepAliveConfig` has; ends at the first option that cannot be set.

        Raises `OpError`.
        """
        if not isinstance(cfg, KeepAliveConfig):
            raise TypeError(f"expected a KeepAliveConfig, not {type(cfg).__name__}")
        self._control("set", "setsockopt", lambda: set_keep_alive(self._fd.sock, cfg))

    def set_linger(self, seconds: int) -> None:
        """What becomes of data that is unsent when the connection is closed (SO_LINGER, socket(7)).

        Negative, the default: it is sent in the background. 0: it is dropped, and the peer gets a reset.
        More: the system may drop it after so many seconds; `close` does not wait for them.

        Raises `OpError`.
        """
        if isinstance(seconds, bool) or not isinstance(seconds, int):
            raise TypeError(f"a linger time is a whole number of seconds, not {type(seconds).__name__}")
        seconds = min(seconds, LINGER_MOST)
        value = struct.pack(LINGER, 0, 0) if seconds < 0 else struct.pack(LINGER, 1, seconds)
        self._set(socket.SOL_SOCKET, socket.SO_LINGER, value)
        self._fd.lingers = seconds > 0
