"""What a TLS connection is in both faces, as far as it never waits."""

from __future__ import annotations

import io

from ..connections.base import SocketEnd
from ..connections.end import Timed
from ..errors import ClosedError, OpError
from .context import name_to_verify
from .engine import Engine
from .link import Link, cause_of
from .sessions import Resuming, SessionCache
from .state import ConnectionState, state_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable
    from typing import Any, NoReturn

    from ..addresses import Addr

__all__ = ["SecureEnd", "client_engine", "server_engine"]


def client_engine(
    context: ssl.SSLContext, server_name: str | None, peer: Any, sessions: SessionCache | None
) -> tuple[Engine, str]:
    """A client's engine, and by what its session is known: the name, or without one the peer's address
    (`peer` is that address, or the connection to it).

    Raises `ValueError` without a name to verify, `DNSError` for what cannot be one, `TypeError` for what is
    no cache.
    """
    name = name_to_verify(context, server_name)
    if sessions is None:
        return Engine(context, False, name), ""
    if not isinstance(sessions, SessionCache):
        raise TypeError(f"sessions is a SessionCache or None, not {type(sessions).__name__}")
    key = name or str(getattr(peer, "remote_addr", peer))
    return Resuming(context, name, sessions, key), key


def server_engine(context: ssl.SSLContext) -> tuple[Engine, str]:
    return Engine(context, True, None), ""


class SecureEnd(Timed):
    """One end of a TLS connection, over the end of another one, which it owns."""

    _fd: Link
    _ends = True

    def _secure(
        self,
        conn: Any,
        engine: tuple[Engine, str],
        sessions: SessionCache | None,
        apart: Callable[[Link], Callable[[], bool]],
        waiting_read: Callable[[int], bytes] | None = None,
    ) -> None:
        self._engine, key = engine
        self._fd = Link(conn, self._engine, sessions, apart, key, waiting_read)
        # A socket's end goes on knowing them, and mostly nobody asks.
        if not isinstance(conn, SocketEnd):
            self._local_addr = conn.local_addr
            self._remote_addr = conn.remote_addr

    @property
    def _net_name(self) -> str:
        conn = self._fd.conn
        name: str | None = getattr(conn, "_net_name", None)
        if name is None:
            known = getattr(conn, "_network", None)
            # By the address kept here: a class of the user's need not know its own once it is closed.
            name = known.name if known is not None else self.local_addr.network
        return name

    def _source(self) -> Addr | None:
        if self._local_addr is None:
            self._local_addr = self._fd.conn.local_addr
        return self._local_addr

    def _target(self) -> Addr | None:
        if self._remote_addr is None:
            self._remote_addr = self._fd.conn.remote_addr
        return self._remote_addr

    @property
    def net_conn(self) -> Any:
        """The connection below, which this one owns. What is read from it or written to it is missing
        here."""
        return self._fd.conn

    @property
    def connection_state(self) -> ConnectionState:
        """What was agreed upon in the handshake, as far as it is over."""
        with self._fd.guard.lock:
            return state_of(self._engine)

    def close(self) -> None:
        """Close it and the connection below. Every call that waits raises `ClosedError` at once; the second
        call does nothing.

        The peer is told (close_notify) unless a write is under way or has failed: at once as far as that
        needs no waiting, else in the background within 5 seconds. Never waits, for the peer's close_notify
        neither.

        Raises `OpError` if the system reports an error, in which case it is closed all the same.
        """
        try:
            self._fd.finish()
        except OSError as err:
            self._fail("close", err)

    def close_write(self) -> None:
        """End writing (close_notify): the peer reads what was written and then the end of the stream. Reading
        goes on. A write under way comes first. Never waits.

        Raises `OpError`: `ClosedError`; `BrokenPipeError` if a write has failed; ENOTCONN before the
        handshake.
        """
        try:
            self._fd.finish_writing()
        except OSError as err:
            self._fail("close", err)

    def fileno(self) -> NoReturn:
        """Raises `OpError`, which is an `io.UnsupportedOperation`: the descriptor is `net_conn`'s."""
        self._no_descriptor()

    def file(self) -> NoReturn:
        """Raises `OpError`, which is an `io.UnsupportedOperation`: what is in the socket is encrypted."""
        self._no_descriptor()

    def syscall_conn(self) -> NoReturn:
        """Raises `OpError`, which is an `io.UnsupportedOperation`: what is in the socket is encrypted."""
        self._no_descriptor()

    def _no_descriptor(self) -> NoReturn:
        self._fail("file", io.UnsupportedOperation("a TLS connection has no descriptor of its own"))

    def _try_write(self, data: bytes) -> int:
        """Take as much of `data` as can be taken without waiting; how much."""
        link = self._fd
        with link.guard.lock:
            if (
                not self._engine.ready
                or link.writing.turn is not None
                or not hasattr(link.conn, "_try_write")
            ):
                return 0
            link.check_writing()
            taken = self._engine.encrypt(memoryview(data))
        link.flush()
        return taken

    def _unread(self, data: bytes) -> None:
        """Have the next reads return `data` first."""
        if data:
            with self._fd.guard.lock:
                self._engine.unread(data)

    def _check_open(self, op: str) -> None:
        """A call that asks for nothing still fails on a closed connection."""
        if self._fd.closed:
            self._fail(op, ClosedError())

    def _set_deadlines(self, deadline: float | None, *sides: Any) -> None:
        super()._set_deadlines(deadline, *sides)
        link = self._fd
        try:
            if self._engine.ready and not link.urgent:
                if link.reading in sides:
                    link.conn.set_read_deadline(deadline)
                if link.writing in sides:
                    link.conn.set_write_deadline(deadline)
            # A renegotiation may have begun meanwhile.
            if not self._engine.ready or link.urgent:
                with link.guard.lock:
                    # Those who wait for the other direction's turn.
                    link.reading.wake_all()
                    link.writing.wake_all()
                link.guard.ring()
                link.hand_deadlines_on()
        except OSError as err:
            self._fail("set", err)
        engine = self._engine
        if engine.ready and (link.ended or engine.rest or engine.outgoing.pending):
            # What was too late to be sent may not be any more.
            link.flush()

    def _fail(self, op: str, err: OSError) -> NoReturn:
        failure = self._failed(op, err)
        try:
            raise failure from failure.err
        finally:
            # Its traceback keeps this frame, and further down that of a write, with the data.
            del failure, err

    def _failed(self, op: str, err: OSError, syscall: str = "") -> OpError:
        """The `OpError` for a call on this end. What failed below failed here."""
        cause = cause_of(err)
        if self._fd.closed and op not in ("close", "file") and not isinstance(cause, ClosedError):
            # However the call was woken.
            cause = ClosedError()
        sent = getattr(err, "bytes_written", 0)
        source, target = (None, self._source()) if op in ("set", "file") else (self._source(), self._target())
        return OpError(
            op,
            self._net_name,
            source,
            target,
            cause,
            syscall=getattr(cause, "syscall", syscall),
            bytes_written=sent,
        )

    def __repr__(self) -> str:
        state = "closed " if self._fd.closed else ""
        return f"<{state}tls.Conn {self._net_name} {self._source()}->{self._target()}>"

    def __del__(self) -> None:
        self._warn_unclosed()
