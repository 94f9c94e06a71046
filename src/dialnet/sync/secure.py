"""TLS connections and listeners for threads."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from threading import Timer
from types import CoroutineType

from ..connections.contract import AnyListener
from ..connections.gather import as_view
from ..connections.serving import Over
from ..inmemory.ends import writable_view
from ..poll.signal import CancelToken
from ..poll.thread_turns import take_turn
from ..secure.below import as_read, check_written
from ..secure.end import SecureEnd
from ..secure.link import PATIENCE, Claim, Link, hold
from ..secure.passing import read, write
from ..secure.steps import drain, handshake
from ..system.starting import start
from .conn import Conn, Rereadable, SocketConn
from .listener import Listener

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ssl
    from typing import Any, TypeVar

    from ..addresses import Addr
    from ..poll.deadline import When
    from ..secure.engine import Engine
    from ..secure.sessions import SessionCache

    T = TypeVar("T")

__all__ = ["SecureConn", "SecureListener"]


def _do(conn: Any, steps: Coroutine[Any, Any, T]) -> T:
    """Do what the steps say: read from the connection below, write to it, or wait for a turn."""
    go = steps.send
    answer: Any = None
    try:
        while True:
            request = go(answer)
            go = steps.send
            try:
                if isinstance(request, int):
                    answer = conn.read(request)
                elif isinstance(request, Claim):
                    answer = take_turn(request.waits_at, hold, request)
                else:
                    answer = conn.write(request)
                    if answer != len(request):
                        check_written(answer, len(request))
            except BaseException as err:
                go, answer = steps.throw, err
    except StopIteration as stop:
        return stop.value  # type: ignore[no-any-return]
    except BaseException:
        # What a signal handler raised out here. The traceback keeps the steps, and they their turns.
        steps.close()
        raise
    finally:
        del answer  # An error's traceback keeps this frame.


def _apart(link: Link) -> Callable[[], bool]:
    return start(lambda: _drain(link), "dialnet tls", link.unsent).is_alive


def _drain(link: Link) -> None:
    if not link.endless:
        _do(link.conn, drain(link))
        return
    limit = Timer(PATIENCE, link.conn.close)
    limit.daemon = True
    limit.start()
    try:
        _do(link.conn, drain(link))
    finally:
        limit.cancel()


def _reading(conn: Conn) -> Callable[[int], bytes]:
    """A read of a connection of the user's. (In what has ours None would mean that nothing has come yet.)"""
    read = conn.read
    return lambda n: as_read(read(n))


class SecureConn(SecureEnd, Rereadable):
    """A TLS connection over any other connection, with the same deadlines and the same close.

    The handshake is made by the first call that needs it, or by `handshake`. A write that failed has left
    half a record behind: later ones raise `BrokenRecordError` (a `BrokenPipeError`), and reads go on. A
    stream that is cut off without a close_notify raises `UnexpectedEOFError`.
    """

    def __init__(self, conn: Conn, engine: tuple[Engine, str], sessions: SessionCache | None = None) -> None:
        read = conn.read if isinstance(conn, Rereadable) else _reading(conn)
        self._secure(conn, engine, sessions, _apart, read)
        if not self._engine.server_side and isinstance(conn, SocketConn):
            # A server says nothing before the client has.
            conn._nothing_yet()

    def handshake(self) -> None:
        """Complete the handshake, if it is not. The deadlines for reading and for writing hold for it; one
        that they cut short goes on in the next call.

        Raises `OpError` of op `handshake`: `ssl.SSLCertVerificationError`, another `ssl.SSLError`,
        `RecordHeaderError` for a peer that does not speak TLS, `UnexpectedEOFError`, `DeadlineExceededError`,
        `ClosedError`, or what the system reports.
        """
        if self._engine.ready:
            return
        try:
            steps = handshake(self._fd)
            if steps is not None:
                _do(self._fd.conn, steps)
        except OSError as err:
            self._fail("handshake", err)

    def read(self, n: int | None = -1) -> bytes:
        if n is None or n <= 0:
            return self._read_all_or_nothing(n)
        data: bytes = self._read(self._engine.decrypt, n)
        return data

    def readinto(self, buffer: Any) -> int:
        view = writable_view(buffer)
        if not view:
            self._check_open("read")
            return 0
        size: int = self._read(self._engine.decrypt_into, view)
        return size

    def _read(self, call: Any, argument: Any) -> Any:
        if not self._engine.ready:
            self.handshake()
        try:
            result = read(self._fd, call, argument)
            if type(result) is CoroutineType:
                result = _do(self._fd.conn, result)
            return result
        except OSError as err:
            self._fail("read", err)

    def write(self, data: Any) -> int:
        if type(data) is not bytes:
            data = as_view(data)
        if not self._engine.ready:
            self.handshake()
        try:
            done = write(self._fd, data)
            if type(done) is CoroutineType:
                done = _do(self._fd.conn, done)
            return done  # type: ignore[return-value]
        except BaseException as err:
            self._fd.reclaim()
            if isinstance(err, OSError):
                self._fail("write", err)
            raise

    def __repr__(self) -> str:
        # Not io.RawIOBase's.
        return SecureEnd.__repr__(self)


class SecureListener(Over, Listener):
    """Accepts TLS connections. Their handshake is made by whoever first uses one, so that a peer that stalls
    in it holds up nobody else."""

    def __init__(self, listener: AnyListener, context: ssl.SSLContext) -> None:
        self._lie_over(listener)
        self._context = context

    def accept(self, *, cancel: CancelToken | None = None) -> SecureConn:
        from ..secure.end import server_engine

        conn = self._listener.accept(cancel=cancel)
        try:
            return SecureConn(conn, server_engine(self._context))
        except BaseException:
            conn.close()
            raise

    @property
    def addr(self) -> Addr:
        """Where it listens."""
        return self._listener.addr  # type: ignore[no-any-return]

    def set_deadline(self, when: When) -> None:
        """Have `accept` fail from the instant `when` on, one that waits included; see `Conn.set_deadline`.

        Raises `OpError`, `ValueError`, `TypeError`.
        """
        self._listener.set_deadline(when)

    def __repr__(self) -> str:
        return f"<tls.Listener over {self._listener!r}>"
