"""Descriptors sent and received over a Unix socket, for threads."""

from __future__ import annotations

from collections.abc import Iterable

from ..connections.descriptors import Descriptors
from ..poll.threads import run, send_all

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["SocketDescriptors"]


class SocketDescriptors(Descriptors):
    """A Unix socket."""

    def send_fds(self, data: Any, fds: Iterable[Any]) -> int:
        """Write `data` and, with the first byte of it, duplicates of descriptors, which stay the caller's;
        the length of the data. Goes to the peer: of `unixgram` to the one that was dialed.

        `fds` are numbers or objects with `fileno()`. A stream needs a byte that they go with: without data it
        is a zero byte.

        Raises `OpError` as `write` (EBADF for one that is not open, ETOOMANYREFS if too many are on their
        way); `ValueError` for more than the system takes (Linux: 253), `TypeError`.
        """
        send, carried, length = self._descriptor_message(data, fds)
        try:
            if self._stream:
                send_all(self._writing, send, carried)
            else:
                run(self._writing, send, carried)
        except OSError as err:
            raise self._failed("write", err, "sendmsg") from err
        return length

    def recv_fds(self, n: int, max_fds: int) -> tuple[bytes, list[int]]:
        """Up to `n` bytes, and the descriptors that came with them, which are the caller's to close (and
        closed by exec). Of a stream these are the descriptors sent with any of these bytes; the kernel ends a
        read behind a byte that has some. `(b"", [])` is the end of the stream.

        If more than `max_fds` came, or more than this process may have, none is left open and `OpError` is
        raised, with EMSGSIZE or EMFILE; its `data` is what was read.

        Raises also as `read`; `ValueError` for negative numbers, `TypeError`.
        """
        sizes = self._message_size(n, max_fds), max_fds
        if not sizes[0] and self._ends:
            self._check_open("read")
            return b"", []
        try:
            return run(self._fd.reading, self._receive_descriptors, sizes)
        except OSError as err:
            raise self._failed("read", err, "recvmsg") from err
