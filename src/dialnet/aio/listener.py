"""Listeners for tasks."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Self

from ..connections.contract import AnyListener
from ..connections.listening import ListeningEnd, UnixFile
from ..errors import ClosedError
from ..poll.signal import CancelToken
from ..poll.tasks import attempt, run_waiting
from ..sockets.config import KeepAliveConfig
from ..sockets.opened import Opened
from .conn import Conn
from .kinds import TCPConn, UnixConn
from .raw import RawConn

__all__ = ["Listener", "TCPListener", "UnixListener"]


class Listener(AnyListener):
    """Accepts connections. All methods may be called at the same time by several tasks.

    Iterating over it gives connections until it is closed.
    """

    @abstractmethod
    async def accept(self, *, cancel: CancelToken | None = None) -> Conn:
        """The next connection.

        Raises `OpError`: `ClosedError`, `DeadlineExceededError`, `CanceledError`, or what the system
        reports (`temporary` is true where a later call may succeed, as when there are no descriptors).
        """

    def __aiter__(self) -> AsyncIterator[Conn]:
        return self

    async def __anext__(self) -> Conn:
        try:
            return await self.accept()
        except ClosedError:
            raise StopAsyncIteration from None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, err: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


class _SocketListener(ListeningEnd, Listener):
    async def _next(self, cancel: CancelToken | None) -> Opened:
        side, call = self._fd.reading, self._accept_one
        try:
            opened = attempt(side, call, None) if cancel is None else None
            return opened if opened is not None else await run_waiting(side, call, None, cancel)
        except OSError as err:
            raise self._failed("accept", err, "accept4") from err

    def syscall_conn(self) -> RawConn:
        """The descriptor itself, for what there is no method for; its `read` and `write` are EINVAL.

        Raises `OpError` if the listener is closed.
        """
        return RawConn(self._raw_fd(), self._network.name, self._source(), None, listens=True)

    def __del__(self) -> None:
        self._warn_unclosed()


class TCPListener(_SocketListener):
    """Accepts TCP connections."""

    async def accept(self, *, cancel: CancelToken | None = None) -> TCPConn:
        return TCPConn(await self._next(cancel))


class UnixListener(_SocketListener):
    """Accepts connections to a Unix socket. Its file, if it has one, is removed when it is closed."""

    def __init__(self, opened: Opened, keep_alive: KeepAliveConfig) -> None:
        super().__init__(opened, keep_alive)
        self._file = UnixFile(opened.network, str(self.addr))

    async def accept(self, *, cancel: CancelToken | None = None) -> UnixConn:
        return UnixConn(await self._next(cancel))

    def set_unlink_on_close(self, unlink: bool) -> None:
        """Whether closing removes the socket's file; it does unless told otherwise."""
        self._file.unlink_on_close = unlink

    def close(self) -> None:
        try:
            # Before the close, so that nobody finds a file behind which nothing listens.
            self._file.remove()
        except OSError as err:
            raise self._failed("close", err, "unlink") from err
        finally:
            super().close()
