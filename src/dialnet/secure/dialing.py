"""`tls.dial` and what belongs around it: the name to verify, one time limit for all of it, trace,
cancelling."""

from __future__ import annotations

from time import monotonic

from ..connections.canceling import Cancelable
from ..errors import CanceledError, Error, OpError, UnknownNetworkError
from ..poll.deadline import earliest, timeout_instant
from ..proxies.dialers import trace_of, until_of, within
from ..sockets.config import DialOptions
from ..sockets.trace import Teller, teller
from .context import NETWORKS, server_name_of
from .end import client_engine

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ssl
    from datetime import timedelta
    from types import TracebackType
    from typing import Any, Self

    from ..poll.signal import CancelToken
    from .end import SecureEnd
    from .sessions import SessionCache

__all__ = ["Dialing"]


class Dialing:
    """Checks everything before anything is dialed. `face` is the face's own `Dialer`, `who` its host."""

    def __init__(
        self,
        network: str,
        address: str,
        context: ssl.SSLContext,
        server_name: str | None,
        timeout: float | timedelta | None,
        dialer: Any,
        sessions: SessionCache | None,
        face: type[DialOptions],
        who: Any = None,
    ) -> None:
        if not callable(getattr(dialer, "dial", None)):
            raise TypeError(f"a dialer has a dial; {type(dialer).__name__} has none")
        if isinstance(dialer, DialOptions) and not isinstance(dialer, face):
            raise TypeError(
                "the dialer is of the other face: dialnet's is for threads, dialnet.aio's for tasks"
            )
        now = monotonic()
        self.until = earliest(timeout_instant(timeout, now), until_of(dialer, now))
        self.dialer = within(dialer, self.until)
        self._teller = teller(trace_of(dialer), who)
        try:
            if network not in NETWORKS:
                raise UnknownNetworkError(network)
            asked = server_name_of(network, address) if server_name is None else server_name
            self.engine = client_engine(context, asked, address, sessions)
        except Error as err:
            raise OpError("dial", str(network), None, None, err) from err

    def handshake(self, below: Any, cancel: CancelToken | None) -> Shaking:
        """A context manager: the connection is closed if what is inside it fails."""
        return Shaking(below, self.until, cancel, self._teller, self.engine[0].server_name)


class Shaking:
    """A handshake's limits, and who is told of it."""

    def __init__(
        self, below: Any, until: float | None, cancel: CancelToken | None, teller: Teller, name: str
    ) -> None:
        self._below = below
        self._conn: SecureEnd | None = None
        self._until = until
        self._cancelable = Cancelable(below, cancel)
        self._teller = teller
        self._name = name

    def begin(self, conn: SecureEnd) -> None:
        """The handshake of `conn` is about to begin."""
        self._conn = conn
        # A user's connection need not have any.
        if self._until is not None:
            conn.set_deadline(self._until)
        self._cancelable.begin()
        self._teller.tell("tls_start", self._name, monotonic())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, err: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._cancelable.end()
        conn = self._conn
        if err is None and conn is not None and not self._cancelable.canceled:
            if self._until is not None:
                conn.set_deadline(None)
            if self._teller.listens:
                self._teller.tell("tls_done", conn.connection_state, None, monotonic())
            return
        failure = err
        if conn is None:
            self._below.close()
        else:
            if self._cancelable.canceled and (err is None or isinstance(err, OSError)):
                failure = conn._failed("handshake", CanceledError())
            conn._fd.close()
            self._teller.tell("tls_done", None, failure, monotonic())
        if failure is not err:
            assert isinstance(failure, OpError)
            try:
                raise failure from failure.err
            finally:
                del failure, err  # The traceback keeps this frame.
