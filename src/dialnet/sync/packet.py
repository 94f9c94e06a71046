"""Datagrams for threads."""

from __future__ import annotations

from abc import abstractmethod
from types import TracebackType

from ..addresses import Addr
from ..connections.base import address
from ..connections.contract import AnyEnd
from ..connections.gather import as_view
from ..connections.limits import DATAGRAM
from ..connections.messages import Message, Messages
from ..poll.threads import run, send_all
from ..system.control import join

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Self

__all__ = ["PacketConn", "SocketPackets"]


class PacketConn(AnyEnd):
    """An end that datagrams arrive at from anywhere and can be sent anywhere from.

    All methods may be called at the same time by several threads. `close` ends every call that waits.
    """

    @abstractmethod
    def read_from(self, n: int = DATAGRAM) -> tuple[bytes, Addr | None]:
        """One datagram and who sent it, cut without a word if it is longer than `n` bytes.

        The address is None where the sender has none (an unbound Unix socket).
        Raises `OpError`: `ClosedError`, `DeadlineExceededError`, or what the system reports.
        """

    @abstractmethod
    def read_from_into(self, buffer: Any) -> tuple[int, Addr | None]:
        """As `read_from`, into a writable buffer; how many bytes, and who sent them."""

    @abstractmethod
    def write_to(self, data: Any, addr: Addr) -> int:
        """Send one datagram to `addr`; its length in bytes.

        Raises `OpError`: `ClosedError`, `DeadlineExceededError`, `WriteToConnectedError` on a dialed
        connection, EINVAL for an address of another network, or what the system reports; `TypeError` for
        what is no address.
        """

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, err: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


class SocketPackets(Messages, PacketConn):
    """A socket's datagrams."""

    def read_from(self, n: int = DATAGRAM) -> tuple[bytes, Addr | None]:
        if n < 0:
            raise ValueError("cannot read a negative number of bytes")
        try:
            data, sender = run(self._fd.reading, self._recv_from or self._fd.sock.recvfrom, n)
        except OSError as err:
            raise self._failed("read", err, "recvfrom") from err
        return data, address(self._network, sender)

    def read_from_into(self, buffer: Any) -> tuple[int, Addr | None]:
        view = memoryview(buffer).cast("B")
        try:
            n, sender = run(self._fd.reading, self._recv_from_into or self._fd.sock.recvfrom_into, view)
        except OSError as err:
            raise self._failed("read", err, "recvfrom") from err
        return n, address(self._network, sender)

    def write_to(self, data: Any, addr: Addr) -> int:
        if type(data) is not bytes:
            data = as_view(data)
        sockaddr = self._destination(addr)
        try:
            return run(self._fd.writing, self._send_to, (data, sockaddr))
        except OSError as err:
            raise self._failed_to(addr, err, "sendto") from err

    def read_msg(self, n: int, oob_n: int) -> Message:
        """Up to `n` bytes and, with them, up to `oob_n` bytes of control data (recvmsg(2)).

        Descriptors that come in it are the caller's to close, and are closed by exec; `recv_fds` is the
        safer way. Of a stream a byte is read with control data even if `n` is 0.

        Raises `OpError` as `read_from`; `ValueError` for negative numbers, `TypeError`.
        """
        sizes = self._message_size(n, oob_n), oob_n
        if not sizes[0] and self._ends:
            self._check_open("read")
            return Message(b"", b"", 0, None)
        try:
            data, items, flags, sender = run(self._fd.reading, self._receive_message, sizes)
        except OSError as err:
            raise self._failed("read", err, "recvmsg") from err
        return Message(data, join(items), flags, address(self._network, sender))

    def write_msg(self, data: Any, oob: Any, addr: Addr | None) -> int:
        """Send `data` with control data (sendmsg(2)) to `addr`; the length of the data, in bytes.

        `oob` is control data in one piece, or (level, type, data) of each message as `socket.sendmsg` takes
        them. `addr` is None where there is one peer (UDP, streams), and an address where there is none; a
        dialed IP or `unixgram` connection takes neither (Go's rule). A stream without data to send with
        control data sends a zero byte.

        Raises `OpError` as `write_to`: also `MissingAddressError`, and EINVAL for control data that is
        malformed; `TypeError`.
        """
        send, carried, length = self._message(data, oob, addr)
        try:
            if self._stream:
                send_all(self._writing, send, carried)
            else:
                run(self._writing, send, carried)
        except OSError as err:
            raise self._message_failed(addr, err) from err
        return length
