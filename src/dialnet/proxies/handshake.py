"""A conversation with a proxy and what belongs around it: its end in time, its cancelling, its errors.

A face does nothing but read and write what it is told to.
"""

from __future__ import annotations

from time import monotonic

from ..connections.canceling import Cancelable
from ..errors import CanceledError, Error, OpError
from .talk import Refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from ..connections.contract import AnyConn
    from ..poll.signal import CancelToken
    from .dialers import Proxy
    from .target import Target

__all__ = ["Handshake", "described"]


def described(proxy: Proxy) -> str:
    """Which proxy it is, in an error's text."""
    return f"{proxy.name} {proxy.address}"


class Handshake:
    """Used as a context manager: afterwards the connection is the peer's, or it is closed.

    `begin` and `go` give what to write (`bytes`) or how much to read at most (`int`); None at the end.
    """

    def __init__(
        self,
        proxy: Proxy,
        network: str,
        target: Target,
        conn: AnyConn,
        began: float,
        until: float | None,
        cancel: CancelToken | None,
    ) -> None:
        self._proxy = proxy
        self._network = network
        self._target = target
        self._conn = conn
        self._began = began
        self._until = until
        self._cancelable = Cancelable(conn, cancel)
        self._talk = proxy.talk(target)

    def begin(self) -> bytes | int | None:
        self._conn.set_deadline(self._until)
        self._cancelable.begin()
        return self.go()

    def go(self, got: bytes | None = None) -> bytes | int | None:
        """What is next, `got` having been read. Raises `Refused`."""
        try:
            return self._talk.send(got)
        except StopIteration:
            return None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, err: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._cancelable.end()
        self._talk.close()
        if err is None and not self._cancelable.canceled:
            self._conn.set_deadline(None)
            return
        self._conn.close()
        if err is None or isinstance(err, (OSError, Refused)):
            cause = self._cause(err)
            failure = OpError("dial", self._network, None, self._target, cause)
            failure.local_addr = self._conn.local_addr
            failure.duration = monotonic() - self._began
            if isinstance(cause, Error):
                # Its text is fixed: what was going on is said beside it.
                failure.add_note(f"during the handshake with {described(self._proxy)}")
            try:
                raise failure from cause
            finally:
                del failure, cause, err  # The traceback keeps this frame.

    def _cause(self, err: OSError | Refused | None) -> BaseException:
        if self._cancelable.canceled:
            return CanceledError()
        assert err is not None
        if isinstance(err, Refused):
            return OSError(err.number, f"{described(self._proxy)}: {err.why}")
        cause = err.err if isinstance(err, OpError) else err
        if type(cause).__module__ != "builtins" or not isinstance(cause, OSError) or cause.errno is None:
            # Ours, or a library's: its number may be one of its own (`ssl.SSLError`).
            return cause
        # The system's, about the connection to the proxy and not about what was dialed.
        return OSError(cause.errno, f"{described(self._proxy)}: {cause.strerror}")
