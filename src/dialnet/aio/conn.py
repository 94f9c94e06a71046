"""Connections for tasks."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any, Self

from ..connections.contract import AnyConn
from ..connections.ends import ConnectionEnd
from ..connections.gather import IOV_MAX, Gathered, as_view, sender
from ..connections.limits import CHUNK, DATAGRAM
from ..connections.zerocopy import FileEnd, FileSender, is_unsuited, part_of
from ..poll.tasks import FAIR_SHARE, attempt, run_waiting, send_waiting
from .plainly import send_plainly
from .raw import RawConn

__all__ = ["Conn", "Rereadable", "SocketConn"]


class Conn(AnyConn):
    """A connection: a stream of bytes each way, or messages to and from one peer.

    All methods may be called at the same time by several tasks. Data of one `write` is never interleaved
    with another's. `close` ends every call that waits. A cancelled `read` loses no data; a cancelled `write`
    may have sent a part.
    """

    @abstractmethod
    async def read(self, n: int | None = -1) -> bytes:
        """Up to `n` bytes as soon as any are there; `b""` at the end of the stream.

        -1 (or None) reads to the end; should that fail halfway, what had come is there for the next read.
        Of a connection of messages it is one message, cut at `n` bytes; where messages have no end
        (`udp`, `unixgram`), -1 is one of up to 65,536 bytes.

        Raises `OpError`: `ClosedError`, `DeadlineExceededError`, or what the system reports.
        """

    @abstractmethod
    async def readinto(self, buffer: Any) -> int:
        """Read into a writable buffer, as much as is there; how many bytes, 0 at the end of the stream.

        Raises as `read`.
        """

    @abstractmethod
    async def write(self, data: Any) -> int:
        """Write all of `data`, any bytes-like object; its length in bytes.

        Raises `OpError`: `ClosedError`, `DeadlineExceededError`, or what the system reports. Its
        `bytes_written` says how much had gone.
        """

    async def writelines(self, buffers: Iterable[Any]) -> int:
        """Write the buffers one after the other; the length of all, in bytes. Raises as `write`."""
        return await self.write(b"".join(bytes(as_view(buffer)) for buffer in buffers))

    async def sendfile(self, file: Any, offset: int | None = None, count: int | None = None) -> int:
        """Write what a file holds, from `offset` on (None: from where it stands), `count` bytes of it (None:
        to its end); how many bytes that was. The file's position is behind them afterwards.

        `file` is anything with a binary `read`. A regular file goes to a TCP or Unix socket without being
        copied to memory (sendfile(2)), where the system can.

        Raises as `write`; also `OpError` with EIO if the file becomes shorter meanwhile. `bytes_written` says
        how much had gone, and there the file stands. `ValueError` for a file open for text or a negative
        number, `TypeError` for what is no file.
        """
        return await send_plainly(self, file, offset, count)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, err: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


class Rereadable(Conn):
    """A connection that takes back what could not be returned, and so reads to the end without a loss."""

    # What has no end of its own cannot be read to it.
    _ends: bool

    @abstractmethod
    def _check_open(self, op: str) -> None:
        """A call that asks for nothing still fails on a closed connection."""

    @abstractmethod
    def _unread(self, data: bytes) -> None:
        """Have the next reads return `data` first."""

    async def _read_all_or_nothing(self, n: int | None) -> bytes:
        if n == 0:
            self._check_open("read")
            return b""
        if not self._ends:
            return await self.read(DATAGRAM)
        data = bytearray()
        try:
            while chunk := await self.read(DATAGRAM):
                data += chunk
        except BaseException:
            self._unread(bytes(data))
            raise
        return bytes(data)


class SocketConn(ConnectionEnd, Rereadable):
    """A connection that is a socket: each call is tried at once, and only what would block waits."""

    async def read(self, n: int | None = -1) -> bytes:
        if n is None or n <= 0:
            return await self._read_all_or_nothing(n)
        if n > CHUNK and self._stream:
            n = CHUNK
        side = self._reading
        try:
            data = attempt(side, self._recv, n) if side.ready else None
            if data is None:
                data = await run_waiting(side, self._recv, n)
        except OSError as err:
            raise self._failed("read", err, "read") from err
        if len(data) < n and data and self._stream and not side.sticky:
            # The queue is empty: the poller will tell when there is more.
            side.ready = False
        return data

    async def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        if not view:
            self._check_open("read")
            return 0
        side = self._reading
        try:
            n = attempt(side, self._recv_into, view)
            if n is None:
                n = await run_waiting(side, self._recv_into, view)
        except OSError as err:
            raise self._failed("read", err, "read") from err
        if 0 < n < len(view) and self._stream and not side.sticky:
            side.ready = False
        return n

    async def write(self, data: Any) -> int:
        if type(data) is not bytes:
            data = as_view(data)
        side = self._writing
        sent = None
        try:
            # `poll.tasks.attempt`, written out: nearly every write ends here.
            if side.ready and side.turn is None and side.spins < FAIR_SHARE:
                if side.closed or side.deadline is not None:
                    side.check()
                side.spins += 1
                try:
                    sent = self._send(data)
                except BlockingIOError:
                    side.ready = False
                else:
                    if sent == len(data):
                        return sent
            return await self._write_rest(self._send, data, sent)
        except OSError as err:
            raise self._failed("write", err, "write") from err

    async def writelines(self, buffers: Iterable[Any]) -> int:
        """Write the buffers one after the other in one gathered call (sendmsg(2)); to a connection of
        messages, as one message. The length of all, in bytes. Raises as `write`, with op `writev`."""
        data = Gathered.of(buffers)
        if self._stream:
            if not len(data):
                self._check_open("writev")
                return 0
        elif len(data.pieces) > IOV_MAX:
            data = Gathered.of([data.joined()])
        send = sender(self._fd.sock)
        try:
            sent = attempt(self._writing, send, data)
            if sent == len(data):
                return sent
            return await self._write_rest(send, data, sent)
        except OSError as err:
            raise self._failed("writev", err, "writev") from err

    async def sendfile(self, file: Any, offset: int | None = None, count: int | None = None) -> int:
        self._check_open("write")
        found = part_of(file, offset, count) if self._stream else None
        if found is None:
            return await send_plainly(self, file, offset, count)
        number, part = found
        send = FileSender(self._fd.number, number)
        unsuited = False
        try:
            if len(part):
                await send_waiting(self._writing, send, part, 0)
        except FileEnd:
            pass
        except OSError as err:
            unsuited = not send.sent and is_unsuited(err)
            if not unsuited:
                raise self._failed("write", err, "sendfile") from err
        finally:
            # Also when something else ends the wait: there the rest of the file begins.
            file.seek(part.offset + send.sent)
        return await send_plainly(self, file, None, count) if unsuited else send.sent

    def syscall_conn(self) -> RawConn:
        """The descriptor itself, for what there is no method for.

        Raises `OpError` if the connection is closed.
        """
        return RawConn(self._raw_fd(), self._network.name, self._source(), self._target())

    async def _write_rest(self, send: Callable[[Any], int], data: Any, sent: int | None) -> int:
        if self._stream:
            return await send_waiting(self._writing, send, data, sent or 0)
        return sent if sent is not None else await run_waiting(self._writing, send, data)
