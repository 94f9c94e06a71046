"""Datagrams on their way out: several by one system call where there is one, and those of one length to one
address as one that the kernel cuts up (UDP_SEGMENT, udp(7))."""

from __future__ import annotations

import errno
import socket

from .. import system

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..addresses import Addr

__all__ = ["Batch", "Outgoing", "plan"]

# What one call hands over at most, in bytes (if it is more than one message) and in messages.
_MOST_BYTES = 1 << 20
MOST_MESSAGES = 64
# The longest that UDP over IPv4 carries (RFC 768, RFC 791), cut up or not.
_LONGEST = 65_507
# What the kernel says if it does not cut this up: too long for the link, or not by this kernel; or not on
# this interface, which cannot do the sums.
_NOT_SO_LONG = (errno.EINVAL, errno.EMSGSIZE)
_NOT_AT_ALL = (errno.EIO, errno.ENOPROTOOPT, errno.EOPNOTSUPP)


class Batch:
    """Datagrams that have been looked at: the bytes, where each goes as `socket` takes it, and as it was
    given."""

    __slots__ = ("addrs", "data", "to")

    def __init__(self) -> None:
        self.data: list[Any] = []
        self.to: list[Any] = []
        self.addrs: list[Addr | None] = []

    def __len__(self) -> int:
        return len(self.data)


def plan(batch: Batch, start: int, segments: int, below: int) -> tuple[list[tuple[int, Any, int]], list[int]]:
    """The messages of one call, from datagram `start` on: (length, where to, how long each datagram in it is
    or 0 for one alone), and how many datagrams each has.

    At most `segments` datagrams go in one message, and only such as are shorter than `below`.
    """
    data, to = batch.data, batch.to
    messages: list[tuple[int, Any, int]] = []
    counts: list[int] = []
    at, total, end = start, 0, len(data)
    while at < end and len(messages) < MOST_MESSAGES:
        size = length = len(data[at])
        there = to[at]
        following = at + 1
        if 0 < size < below:
            last = min(end, at + segments)
            while following < last:
                more = len(data[following])
                if not 0 < more <= size or length + more > _LONGEST or to[following] != there:
                    break
                length += more
                following += 1
                if more < size:
                    break  # Only the last may be shorter.
        if messages and total + length > _MOST_BYTES:
            break
        count = following - at
        messages.append((length, there, size if count > 1 else 0))
        counts.append(count)
        at = following
        total += length
    return messages, counts


class Outgoing:
    """One socket's. `send` is a call that does not wait; nobody else may call meanwhile, except from a signal
    handler."""

    __slots__ = ("_below", "_sender", "_sock")

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._sender: Any = None
        batches = system.batches()
        # Datagrams as long as this have been refused, or the kernel cuts up none.
        self._below = _LONGEST if batches is not None and batches.can_segment(sock) else 0

    def send(self, what: tuple[Batch, int]) -> int:
        """Send some of a batch, from datagram `start` on; how many went, at least one.

        Raises `OSError`, that of the first datagram, `BlockingIOError` if there is no room for it.
        """
        batch, start = what
        batches = system.batches()
        if batches is None:
            return self._send_one_by_one(batch, start)
        # Taken, so that a signal handler that writes in the middle of this gets another.
        sender, self._sender = self._sender, None
        if sender is None:
            sender = batches.Sender(self._sock.family, MOST_MESSAGES)
        try:
            return self._send(sender, batch, start, batches.MOST_SEGMENTS)
        finally:
            self._sender = sender

    def _send(self, sender: Any, batch: Batch, start: int, segments: int) -> int:
        below = self._below
        while True:
            messages, counts = plan(batch, start, segments, below)
            data = b"".join(batch.data[start : start + sum(counts)])
            try:
                sent = sender.send(self._sock.fileno(), data, messages)
            except OSError as err:
                segment = messages[0][2]
                if segment and err.errno in _NOT_SO_LONG:
                    below = segment
                elif segment and err.errno in _NOT_AT_ALL:
                    below = 0
                else:
                    raise
            else:
                # It was for that, then.
                self._below = below
                return sum(counts[:sent])

    def _send_one_by_one(self, batch: Batch, start: int) -> int:
        at = start
        end = min(len(batch), start + MOST_MESSAGES)
        try:
            while at < end:
                if batch.to[at] is None:
                    self._sock.send(batch.data[at])
                else:
                    self._sock.sendto(batch.data[at], batch.to[at])
                at += 1
        except OSError:
            if at == start:
                raise
            # As sendmmsg(2): what has gone is told first; the next call meets the error again.
        return at - start
