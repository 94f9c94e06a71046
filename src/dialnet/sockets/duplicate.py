"""What `file` gives: a duplicate that cannot make the original block.

Blocking or not is a property of the open file description, which duplicates share (open(2)). One that was
told to block would have every call of the original wait in the kernel, past its deadline and past its close.
Go's `File().Fd()` does just that (its issue 29277).
"""

from __future__ import annotations

import socket

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["Duplicate"]

# The longest that a socket's time-out can be: milliseconds in a C int, 24 days.
_FOREVER = 2_147_483.0


class Duplicate(socket.socket):
    """A `socket.socket` that blocks by waiting, as those with a time-out do, and not in the kernel."""

    _waits = False

    @classmethod
    def of(cls, sock: socket.socket) -> Duplicate:
        """A duplicate, close-on-exec and non-blocking."""
        plain = sock.dup()
        made = cls(plain.family, plain.type, plain.proto, fileno=plain.fileno())
        plain.detach()
        made.settimeout(0.0)
        return made

    def setblocking(self, flag: bool, /) -> None:
        self.settimeout(None if flag else 0.0)

    def settimeout(self, value: float | None, /) -> None:
        super().settimeout(_FOREVER if value is None else value)
        self._waits = value is None

    def gettimeout(self) -> float | None:
        return None if self._waits else super().gettimeout()

    @property
    def timeout(self) -> float | None:  # type: ignore[override]
        return self.gettimeout()

    def accept(self) -> tuple[socket.socket, Any]:
        conn, addr = super().accept()
        if self._waits and socket.getdefaulttimeout() is None:
            # Where a listener's flags are inherited (BSD); it is a description of its own.
            conn.setblocking(True)
        return conn, addr
