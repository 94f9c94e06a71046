"""`SessionCache`: sessions to go on with, so that a later handshake is shorter (RFC 8446, section 2.2)."""

from __future__ import annotations

import ssl
import threading
from collections import OrderedDict

TYPE_CHECKING = False
if TYPE_CHECKING:
    Key = tuple[ssl.SSLContext, str]

__all__ = ["SessionCache"]


class SessionCache:
    """Remembers the TLS sessions of a client, for `tls.dial(..., sessions=cache)` and `tls.client`.

    A session is used for the same context and server name only, and once (RFC 8446, C.4: who sees a ticket
    twice can tell that it is the same client). Safe for threads.

    Args:
        capacity: for how many servers, at least 1; the one that was not used for the longest time goes first.
    """

    def __init__(self, capacity: int = 64) -> None:
        if isinstance(capacity, bool) or not isinstance(capacity, int):
            raise TypeError(f"capacity is an int, not {type(capacity).__name__}")
        if capacity < 1:
            raise ValueError("capacity is at least 1")
        self._capacity = capacity
        self._lock = threading.Lock()
        # By identity, for a context is hashed so; and held, so that no other can take its place.
        self._sessions: OrderedDict[Key, ssl.SSLSession] = OrderedDict()

    def __len__(self) -> int:
        """How many sessions there are."""
        return len(self._sessions)

    def clear(self) -> None:
        """Forget all sessions."""
        with self._lock:
            self._sessions.clear()

    def _take(self, context: ssl.SSLContext, name: str) -> ssl.SSLSession | None:
        with self._lock:
            return self._sessions.pop((context, name), None)

    def _put(self, context: ssl.SSLContext, name: str, session: ssl.SSLSession) -> None:
        with self._lock:
            self._sessions[context, name] = session
            self._sessions.move_to_end((context, name))
            while len(self._sessions) > self._capacity:
                self._sessions.popitem(last=False)
