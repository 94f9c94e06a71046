"""`pipe`, for threads."""

from __future__ import annotations

from ..inmemory.pipe import pipe_halves
from .conn import Conn
from .lines import PipeConn

__all__ = ["pipe"]


def pipe() -> tuple[Conn, Conn]:
    """Two ends of a connection in memory, without a buffer: a write returns when all of it was read.

    A read gets at most what one write has left. Also a write of nothing waits until the other end reads, and
    that read goes on waiting. Once either end is closed, reads at the other give the end of the stream, and
    everything else raises `OpError` (`ClosedPipeError`), setting a deadline included. There is no descriptor:
    `fileno`, `file` and `syscall_conn` raise `OpError`, which is an `io.UnsupportedOperation`.

    Never waits.
    """
    one, two = pipe_halves()
    return PipeConn(one), PipeConn(two)
