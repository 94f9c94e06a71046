"""Connections for threads."""

from __future__ import annotations

import io
from abc import abstractmethod
from collections.abc import Iterable
from types import TracebackType

from ..connections.contract import AnyConn
from ..connections.ends import ConnectionEnd
from ..connections.gather import IOV_MAX, Gathered, as_view, sender
from ..connections.limits import CHUNK, DATAGRAM
from ..connections.zerocopy import FileEnd, FileSender, is_unsuited, part_of
from ..poll.threads import run, run_waiting, send_all
from .plainly import send_plainly
from .raw import RawConn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Self

__all__ = ["Conn", "Rereadable", "SocketConn"]


class Conn(AnyConn, io.RawIOBase):
    """A connection: a stream of bytes each way, or messages to and from one peer.

    All methods may be called at the same time by several threads. Data of one `write` is never interleaved
    with another's. `close` ends every call that waits.
    """

    @abstractmethod
    def read(self, n: int | None = -1) -> bytes:
        """Up to `n` bytes as soon as any are there; `b""` at the end of the stream.

        -1 (or None) reads to the end; should that fail halfway, what had come is there for the next read.
        Of a connection of messages it is one message, cut at `n` bytes; where messages have no end
        (`udp`, `unixgram`), -1 is one of up to 65,536 bytes.

        Raises `OpError`: `ClosedError`, `DeadlineExceededError`, or what the system reports.
        """

    @abstractmethod
    def readinto(self, buffer: Any) -> int:
        """Read into a writable buffer, as much as is there; how many bytes, 0 at the end of the stream.

        Raises as `read`.
        """

    @abstractmethod
    def write(self, data: Any) -> int:
        """Write all of `data`, any bytes-like object; its length in bytes.

        Raises `OpError`: `ClosedError`, `DeadlineExceededError`, or what the system reports. Its
        `bytes_written` says how much had gone.
        """

    def writelines(self, buffers: Iterable[Any]) -> int:  # type: ignore[override]
        """Write the buffers one after the other; the length of all, in bytes. Raises as `write`."""
        return self.write(b"".join(bytes(as_view(buffer)) for buffer in buffers))

    def sendfile(self, file: Any, offset: int | None = None, count: int | None = None) -> int:
        """Write what a file holds, from `offset` on (None: from where it stands), `count` bytes of it (None:
        to its end); how many bytes that was. The file's position is behind them afterwards.

        `file` is anything with a binary `read`. A regular file goes to a TCP or Unix socket without being
        copied to memory (sendfile(2)), where the system can.

        Raises as `write`; also `OpError` with EIO if the file becomes shorter meanwhile. `bytes_written` says
        how much had gone, and there the file stands. `ValueError` for a file open for text or a negative
        number, `TypeError` for what is no file.
        """
        return send_plainly(self, file, offset, count)

    def makefile(
        self,
        mode: str = "r",
        buffering: int | None = None,
        *,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
    ) -> Any:
        """A file object on this connection, with `socket.makefile`'s arguments.

        It does not own the connection: closing it flushes it, and gives back what a binary one has read
        ahead. A call that a deadline ends has lost nothing and sent nothing twice; it may be made again.

        Raises `ValueError` for a mode other than of `r`, `w`, `b`.
        """
        from .files import open_file

        return open_file(self, mode, buffering, encoding, errors, newline)

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return True

    def readall(self) -> bytes:
        return self.read(-1)

    def flush(self) -> None:
        """Nothing is held back here."""

    def isatty(self) -> bool:
        return False

    def __enter__(self) -> Self:
        return self

    def __exit__(
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

    def _read_all_or_nothing(self, n: int | None) -> bytes:
        if n == 0:
            self._check_open("read")
            return b""
        if not self._ends:
            return self.read(DATAGRAM)
        data = bytearray()
        try:
            while chunk := self.read(DATAGRAM):
                data += chunk
        except BaseException:
            self._unread(bytes(data))
            raise
        return bytes(data)


class SocketConn(ConnectionEnd, Rereadable):
    """A connection that is a socket."""

    def read(self, n: int | None = -1) -> bytes:
        if n is None or n <= 0:
            return self._read_all_or_nothing(n)
        if n > CHUNK and self._stream:
            n = CHUNK
        side = self._reading
        try:
            data = (run if side.ready else run_waiting)(side, self._recv, n)
        except OSError as err:
            raise self._failed("read", err, "read") from err
        if len(data) < n and self._stream and data:
            side.ready = False
        return data

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        if not view:
            self._check_open("read")
            return 0
        side = self._reading
        try:
            n = run(side, self._recv_into, view)
        except OSError as err:
            raise self._failed("read", err, "read") from err
        if 0 < n < len(view) and self._stream:
            side.ready = False
        return n

    def write(self, data: Any) -> int:
        if type(data) is not bytes:
            data = as_view(data)
        try:
            if self._stream:
                return send_all(self._writing, self._send, data)
            return run(self._writing, self._send, data)
        except OSError as err:
            raise self._failed("write", err, "write") from err

    def writelines(self, buffers: Iterable[Any]) -> int:  # type: ignore[override]
        """Write the buffers one after the other in one gathered call (sendmsg(2)); to a connection of
        messages, as one message. The length of all, in bytes. Raises as `write`, with op `writev`."""
        data = Gathered.of(buffers)
        side, send = self._writing, sender(self._fd.sock)
        try:
            if not self._stream:
                return run(side, send, data if len(data.pieces) <= IOV_MAX else [data.joined()])
            if len(data):
                return send_all(side, send, data)
            side.check()
            return 0
        except OSError as err:
            raise self._failed("writev", err, "writev") from err

    def sendfile(self, file: Any, offset: int | None = None, count: int | None = None) -> int:
        self._check_open("write")
        found = part_of(file, offset, count) if self._stream else None
        if found is None:
            return send_plainly(self, file, offset, count)
        number, part = found
        send = FileSender(self._fd.number, number)
        unsuited = False
        try:
            if len(part):
                send_all(self._writing, send, part)
        except FileEnd:
            pass
        except OSError as err:
            unsuited = not send.sent and is_unsuited(err)
            if not unsuited:
                raise self._failed("write", err, "sendfile") from err
        finally:
            # Also when something else ends the wait: there the rest of the file begins.
            file.seek(part.offset + send.sent)
        return send_plainly(self, file, None, count) if unsuited else send.sent

    def _nothing_yet(self) -> None:
        """Nothing can have come so far: the next read waits before it tries. (Should something have come all
        the same, that wait is none.)"""
        if not self._held:
            self._reading.ready = False

    def syscall_conn(self) -> RawConn:
        """The descriptor itself, for what there is no method for.

        Raises `OpError` if the connection is closed.
        """
        return RawConn(self._raw_fd(), self._network.name, self._source(), self._target())

    def __repr__(self) -> str:
        # Not io.RawIOBase's.
        return ConnectionEnd.__repr__(self)
