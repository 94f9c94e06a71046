"""A conversation on somebody's connection (with a proxy, a TLS handshake) that a token may end."""

from __future__ import annotations

from threading import RLock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..poll.signal import CancelToken
    from .contract import AnyConn

__all__ = ["Cancelable"]


class Cancelable:
    """Closes `conn` when the token is cancelled, which ends whatever that is doing; unless the conversation
    is over by then, and it is somebody else's. It is the token's waiter (`poll.protocols.Waiter`)."""

    def __init__(self, conn: AnyConn, cancel: CancelToken | None) -> None:
        self._conn = conn
        self._cancel = cancel
        self._over = False
        # Whether it ended so. Final once `end` has returned.
        self.canceled = False
        # Re-entrant: a signal handler may cancel.
        self._lock = RLock()

    def begin(self) -> None:
        if self._cancel is not None:
            self._cancel.attach(self)

    def end(self) -> None:
        """From here on the connection is left alone. No harm if it has not begun."""
        with self._lock:
            self._over = True
        if self._cancel is not None:
            self._cancel.detach(self)

    def wake(self) -> None:
        with self._lock:
            if not self._over:
                self.canceled = True
                self._conn.close()

    resume = wake

    def left(self) -> None:
        """There is no descriptor of its own."""
