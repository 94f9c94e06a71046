"""Data together with control data ("out of band", in Go's words): recvmsg(2), sendmsg(2), in both faces."""

from __future__ import annotations

import errno
import os
from collections import namedtuple
from collections.abc import Callable, Iterable

from ..addresses import Addr
from ..errors import MissingAddressError, OpError, WriteToConnectedError
from ..poll.fd import Side
from ..system import control
from .gather import as_view
from .packets import Packets

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NamedTuple

    class _Message(NamedTuple):
        data: bytes
        oob: bytes
        flags: int
        addr: Addr | None

else:
    _Message = namedtuple("Message", ("data", "oob", "flags", "addr"))

__all__ = ["Message", "Messages", "check_size", "descriptors"]


class Message(_Message):
    """What `read_msg` gives: `Message(data, oob, flags, addr)`.

    `oob` is the control data, as it came from the kernel; `flags` are recvmsg(2)'s: `socket.MSG_TRUNC` says
    that the datagram was longer, `socket.MSG_CTRUNC` that there was more control data; `addr` is the sender,
    None where it has no address.
    """

    __slots__ = ()

    @property
    def ancdata(self) -> list[tuple[int, int, bytes]]:
        """The control data taken apart: (level, type, data) of each message, as `socket.recvmsg` has them.

        Raises `ValueError` if it is malformed.
        """
        return control.split(self.oob)


def check_size(n: int) -> None:
    """Raises `TypeError` and `ValueError` for what is no number of bytes."""
    if isinstance(n, bool) or not isinstance(n, int):
        raise TypeError(f"a size is an int, not {type(n).__name__}")
    if n < 0:
        raise ValueError("cannot read a negative number of bytes")


class Messages(Packets):
    """A connection whose messages can carry control data."""

    # `ConnectionEnd`'s.
    _stream: bool
    _ends: bool
    _held: bytearray
    _writing: Side
    _recv: Any
    _check_open: Callable[[str], None]
    # What reads a datagram, where it is not the socket's own method.
    _recv_from: Any = None
    _recv_from_into: Any = None

    def _receive_message(self, sizes: tuple[int, int]) -> tuple[bytes, list[control.Item], int, Any]:
        """recvmsg(2), without waiting: at most so many bytes of data, and of control data."""
        n, oob_n = sizes
        sock: Any = self._fd.sock
        if self._held:
            return self._recv(n), [], 0, None
        if not hasattr(sock, "recvmsg"):  # Windows
            data, sender = sock.recvfrom(n)
            return data, [], 0, sender
        # Of others than Unix sockets no descriptors come, and the flag would be in the answer.
        flags = control.CLOSE_ON_EXEC if self._network.is_unix else 0
        received: tuple[bytes, list[control.Item], int, Any] = sock.recvmsg(n, oob_n, flags)
        if not flags and received[1]:
            for number in descriptors(received[1]):
                os.set_inheritable(number, False)
        return received

    def _message_size(self, n: int, oob_n: int) -> int:
        """How much data to ask for. Raises `ValueError`, `TypeError`.

        Control data comes with data only: for the sake of it a stream is asked for one byte at least.
        """
        check_size(n)
        check_size(oob_n)
        return n or (1 if oob_n and self._ends else 0)

    def _message_sender(self, items: list[control.Item], sockaddr: Any) -> Callable[[Any], int]:
        """A function that sends what it is given, and with the first of it the control messages."""
        sock: Any = self._fd.sock
        left: Any = items

        def send(data: Any) -> int:
            nonlocal left
            if not left and sockaddr is None:
                return int(sock.send(data))
            if not hasattr(sock, "sendmsg"):  # Windows
                if left:
                    raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))
                return int(sock.sendto(data, sockaddr))
            sent = int(sock.sendmsg([data], left, 0, sockaddr))
            left = ()
            return sent

        return send

    def _message(self, data: Any, oob: Any, addr: Addr | None) -> tuple[Callable[[Any], int], Any, int]:
        """What sends a message, what it is to be given, and how long the data is.

        Raises `OpError`, `TypeError`.
        """
        if type(data) is not bytes:
            data = as_view(data)
        try:
            items = _items(oob)
        except ValueError as err:
            malformed = OSError(errno.EINVAL, str(err))
            raise self._failed("write", malformed) from malformed
        send = self._message_sender(items, self._message_destination(addr))
        return send, self._carrier(data, items), len(data)

    def _carrier(self, data: Any, items: list[control.Item]) -> Any:
        """The data, or, of a stream that has none to send with control data, one byte."""
        return b"\0" if items and self._ends and not len(data) else data

    def _message_destination(self, addr: Addr | None) -> Any:
        """As `_destination`, by the rules that Go has for messages: an IP or `unixgram` connection that is
        dialed takes none at all, UDP's none with an address, and streams leave it to the kernel."""
        base = self._network.base
        if addr is not None:
            return self._destination(addr, streams=True)
        wrong: OSError | None
        if self._connected:
            wrong = WriteToConnectedError() if base in ("ip", "unixgram") else None
        else:
            wrong = MissingAddressError() if base in ("ip", "udp") else None
        if wrong is not None:
            raise OpError("write", self._network.name, self._source(), None, wrong) from wrong
        return None

    def _message_failed(self, addr: Addr | None, err: OSError) -> OpError:
        return (
            self._failed("write", err, "sendmsg") if addr is None else self._failed_to(addr, err, "sendmsg")
        )


def descriptors(items: Iterable[control.Item]) -> list[int]:
    """The descriptors that control messages brought."""
    found: list[int] = []
    for level, kind, data in items:
        if (level, kind) == control.RIGHTS:
            found.extend(memoryview(data)[: len(data) & -4].cast("i"))
    return found


def _items(oob: Any) -> list[control.Item]:
    """Control data, in one piece or as (level, type, data), as the `socket` module takes it."""
    if oob is None:
        return []
    try:
        raw = memoryview(oob)
    except TypeError:
        return [_item(*each) for each in oob]
    return control.split(raw.cast("B") if raw.c_contiguous else raw.tobytes())


def _item(level: int, kind: int, data: Any) -> control.Item:
    if not (isinstance(level, int) and isinstance(kind, int)):
        raise TypeError("the level and the type of a control message are an int each")
    return level, kind, bytes(as_view(data))
