"""TLS connections and listeners for tasks."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from time import monotonic
from types import CoroutineType
from typing import TYPE_CHECKING, Any, TypeVar

from ..connections.contract import AnyListener
from ..connections.gather import as_view
from ..connections.serving import Over
from ..errors import CanceledError
from ..inmemory.ends import writable_view
from ..poll.signal import CancelToken
from ..poll.task_turns import take_turn
from ..poll.tasks import FAIR_SHARE, TaskWork, current_poller, give_way
from ..secure.below import check_written
from ..secure.end import SecureEnd
from ..secure.link import PATIENCE, Claim, Link, hold
from ..secure.passing import read, write
from ..secure.steps import drain, handshake
from .conn import Conn, Rereadable
from .listener import Listener

if TYPE_CHECKING:
    import ssl

    from ..addresses import Addr
    from ..poll.deadline import When
    from ..secure.engine import Engine
    from ..secure.sessions import SessionCache

__all__ = ["SecureConn", "SecureListener"]

T = TypeVar("T")


async def _do(conn: Any, steps: Coroutine[Any, Any, T]) -> T:
    """Do what the steps say: read from the connection below, write to it, or wait for a turn."""
    go = steps.send
    answer: Any = None
    try:
        while True:
            request = go(answer)
            go = steps.send
            try:
                if isinstance(request, int):
                    answer = await conn.read(request)
                elif isinstance(request, Claim):
                    answer = await take_turn(request.waits_at, hold, request)
                else:
                    answer = await conn.write(request)
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


class _Apart:
    """What goes on in the background for `link`, as long as it does and its event loop."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._offer = link.offered
        self._work: TaskWork | None = None
        self._poller = poller = current_poller()
        poller.background.add(self)
        try:
            self._work = poller.start(self._drain)
        except BaseException:
            poller.background.discard(self)
            raise
        self._work.attach(self)

    async def _drain(self) -> None:
        link = self._link
        limit = self._poller.start(lambda: _cut_off(link)) if link.endless else None
        try:
            await _do(link.conn, drain(link))
        finally:
            if limit is not None:
                limit.abandon()

    def lasts(self) -> bool:
        return self._poller.lasts()

    def abandon(self) -> None:
        if self._work is not None:
            self._work.abandon()

    def wake(self) -> None:
        """It has ended; or it was cancelled before it began."""
        self._poller.background.discard(self)
        self._link.unsent(CanceledError(), self._offer)

    resume = wake

    def left(self) -> None:
        """There is no descriptor of its own."""


async def _cut_off(link: Link) -> None:
    """What has no deadlines of its own."""
    waiter = current_poller().waiter()
    until = monotonic() + PATIENCE
    try:
        while monotonic() < until:
            waiter.arm(until)
            await waiter
    finally:
        waiter.disarm()
    link.conn.close()


def _apart(link: Link) -> Callable[[], bool]:
    """Raises `RuntimeError` where no event loop runs."""
    return _Apart(link).lasts


class SecureConn(SecureEnd, Rereadable):
    """A TLS connection over any other connection, with the same deadlines and the same close.

    The handshake is made by the first call that needs it, or by `handshake`. A write that failed has left
    half a record behind: later ones raise `BrokenRecordError` (a `BrokenPipeError`), and reads go on. A
    stream that is cut off without a close_notify raises `UnexpectedEOFError`.
    """

    def __init__(self, conn: Conn, engine: tuple[Engine, str], sessions: SessionCache | None = None) -> None:
        self._secure(conn, engine, sessions, _apart)

    async def handshake(self) -> None:
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
                await _do(self._fd.conn, steps)
        except OSError as err:
            self._fail("handshake", err)

    async def read(self, n: int | None = -1) -> bytes:
        if n is None or n <= 0:
            return await self._read_all_or_nothing(n)
        data: bytes = await self._read(self._engine.decrypt, n)
        return data

    async def readinto(self, buffer: Any) -> int:
        view = writable_view(buffer)
        if not view:
            self._check_open("read")
            return 0
        size: int = await self._read(self._engine.decrypt_into, view)
        return size

    async def _read(self, call: Any, argument: Any) -> Any:
        if not self._engine.ready:
            await self.handshake()
        side = self._fd.reading
        side.spins += 1
        if side.spins >= FAIR_SHARE:
            side.spins = 0
            await give_way()
        try:
            result = read(self._fd, call, argument)
            if type(result) is CoroutineType:
                result = await _do(self._fd.conn, result)
            return result
        except OSError as err:
            self._fail("read", err)

    async def write(self, data: Any) -> int:
        if type(data) is not bytes:
            data = as_view(data)
        if not self._engine.ready:
            await self.handshake()
        side = self._fd.writing
        side.spins += 1
        if side.spins >= FAIR_SHARE:
            side.spins = 0
            await give_way()
        try:
            done = write(self._fd, data)
            if type(done) is CoroutineType:
                done = await _do(self._fd.conn, done)
            return done  # type: ignore[return-value]
        except BaseException as err:
            self._fd.reclaim()
            if isinstance(err, OSError):
                self._fail("write", err)
            raise


class SecureListener(Over, Listener):
    """Accepts TLS connections. Their handshake is made by whoever first uses one, so that a peer that stalls
    in it holds up nobody else."""

    def __init__(self, listener: AnyListener, context: ssl.SSLContext) -> None:
        self._lie_over(listener)
        self._context = context

    async def accept(self, *, cancel: CancelToken | None = None) -> SecureConn:
        from ..secure.end import server_engine

        conn = await self._listener.accept(cancel=cancel)
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
