"""`SessionCache`: sessions to go on with, so that a later handshake is shorter (RFC 8446, section 2.2)."""

from __future__ import annotations

import ssl
import threading
from collections import OrderedDict

from .engine import Engine

TYPE_CHECKING = False
if TYPE_CHECKING:
    Key = tuple[ssl.SSLContext, str]

__all__ = ["Resuming", "SessionCache"]


class SessionCache:
    """Remembers the TLS sessions of a client, for `tls.dial(..., sessions=cache)` and `tls.client`.

    A session is used for the same context and server name only, and once (RFC 8446, C.4: who sees a ticket
    twice can tell that it is the same client). It is taken when a handshake begins: a dial that gets no
    connection leaves it for the next. Safe for threads.

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


class Resuming(Engine):
    """A client's, which goes on with a session of the cache's, if there is one when its handshake begins.

    Not before: of a connection that never gets as far nobody has seen the session, which would be lost.
    """

    __slots__ = ("_key", "_sessions")

    def __init__(
        self, context: ssl.SSLContext, server_name: str | None, sessions: SessionCache, key: str
    ) -> None:
        super().__init__(context, False, server_name)
        self._key = key
        # None once it was asked.
        self._sessions: SessionCache | None = sessions

    def shake(self) -> bool | None:
        sessions = self._sessions
        if sessions is not None:
            self._sessions = None
            session = sessions._take(self.context, self._key)
            if session is not None:
                self.session = self.object.session = session
        return super().shake()
