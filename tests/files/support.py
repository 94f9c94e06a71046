"""Connections to make files of: real pairs, and one that follows a script."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import dialnet as net
from tests.hosts import PATIENCE


@contextmanager
def pair(network: str = "unix") -> Iterator[tuple[net.Conn, net.Conn]]:
    """Two connected ends, on which nothing waits for ever."""
    with net.listen(network, "127.0.0.1:0" if network == "tcp" else "") as ln:
        with net.dial(network, str(ln.addr)) as one, ln.accept() as two:
            for end in (one, two):
                end.set_deadline(timedelta(seconds=PATIENCE))
            yield one, two


def soon() -> timedelta:
    return timedelta(seconds=0.03)


LATER = timedelta(seconds=PATIENCE)


class Scripted(net.Conn):
    """Reads give the pieces, one at a time, and end; None is a deadline that has come. Writes take so many
    bytes, one limit after the other, before a deadline comes; then all."""

    def __init__(self, pieces: Sequence[bytes | None] = (), limits: Sequence[int] = ()) -> None:
        self.pieces = list(pieces)
        self.limits = list(limits)
        self.written = bytearray()

    def read(self, n: int | None = -1) -> bytes:
        assert n is not None
        assert n > 0
        if not self.pieces:
            return b""
        piece = self.pieces.pop(0)
        if piece is None:
            raise net.OpError("read", "tcp", None, None, net.DeadlineExceededError())
        if len(piece) > n:
            self.pieces.insert(0, piece[n:])
        return piece[:n]

    def readinto(self, buffer: Any) -> int:
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def write(self, data: Any) -> int:
        limit = self.limits.pop(0) if self.limits else len(data)
        self.written += bytes(data)[:limit]
        if limit < len(data):
            raise net.OpError("write", "tcp", None, None, net.DeadlineExceededError(), bytes_written=limit)
        return len(data)

    def close(self) -> None:
        pass

    @property
    def closed(self) -> bool:
        return False

    @property
    def local_addr(self) -> net.Addr:
        return net.TCPAddr()

    @property
    def remote_addr(self) -> net.Addr:
        return net.TCPAddr()

    def set_deadline(self, when: Any) -> None:
        raise NotImplementedError

    set_read_deadline = set_write_deadline = set_deadline
