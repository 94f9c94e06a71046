"""Datagrams for threads."""

from __future__ import annotations

from abc import abstractmethod
from types import TracebackType

from ..addresses import Addr
from ..connections.base import address
from ..connections.contract import AnyEnd
from ..connections.gather import as_view
from ..connections.limits import DATAGRAM
from ..connections.packets import Packets
from ..poll.threads import run

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


class SocketPackets(Packets, PacketConn):
    """A socket's datagrams."""

    def read_from(self, n: int = DATAGRAM) -> tuple[bytes, Addr | None]:
        if n < 0:
            raise ValueError("cannot read a negative number of bytes")
        try:
            data, sender = run(self._fd.reading, self._fd.sock.recvfrom, n)
        except OSError as err:
            raise self._failed("read", err, "recvfrom") from err
        return data, address(self._network, sender)

    def read_from_into(self, buffer: Any) -> tuple[int, Addr | None]:
        view = memoryview(buffer).cast("B")
        try:
            n, sender = run(self._fd.reading, self._fd.sock.recvfrom_into, view)
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
