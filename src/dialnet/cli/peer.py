"""A connection as the commands use it: its bytes counted, its silence measured."""

from __future__ import annotations

import errno
import threading
import time

import dialnet as net

__all__ = ["MESSAGE", "Idle", "Peer", "describe", "format_seconds", "is_named"]

# More than the largest seqpacket or Unix datagram Linux lets anybody send by default (`net.core.wmem_max`,
# doubled). A read of a message with less room loses the rest of it.
MESSAGE = 1 << 19

# The most there is in a record of TLS (RFC 8446, section 5.1).
_RECORD = 16_384


class Idle(Exception):
    """Nothing went either way for as long as was allowed."""


class Peer:
    """A `Conn` with a limit on silence.

    One thread reads and another writes. The limit is on the connection and not on one direction, so a read
    that ran out of time looks first whether the writer had better luck meanwhile, and the other way round.
    """

    def __init__(self, conn: net.Conn, limit: float | None = None) -> None:
        self.conn = conn
        self.limit = limit
        self.received = 0
        self.sent = 0
        self.started = self.last = time.monotonic()
        # A write of TLS that has timed out in the middle of a record cannot be gone on with.
        self._sealed = hasattr(conn, "handshake")
        self._sealing = False
        self._moving = threading.Lock()

    def read(self, size: int) -> bytes:
        """Return what has come, `b""` at the end; `Idle` when the limit passed."""
        self.last = time.monotonic()  # waiting for a slow stdout was not silence
        while True:
            if self.limit is not None:
                self.conn.set_read_deadline(self.last + self.limit)
            try:
                data = self.conn.read(size)
            except net.DeadlineExceededError:
                if self.is_idle():
                    raise Idle from None
                continue
            self.last = time.monotonic()
            self.received += len(data)
            if self.limit is not None and self._sealed:
                with self._moving:
                    if self._sealing:
                        self.conn.set_write_deadline(self.last + self.limit)
            return data

    def write(self, data: bytes) -> None:
        """Write all of it; `Idle` when the limit passed and the peer took nothing."""
        self.last = time.monotonic()
        view = memoryview(data)
        if self.limit is not None and self._sealed:
            self._write_records(view, self.limit)
            return
        while True:
            if self.limit is not None:
                # A part of the limit, so that a peer that takes little at a time is seen to take it.
                self.conn.set_write_deadline(time.monotonic() + self.limit / 4)
            try:
                self.conn.write(view)
            except net.OpError as err:
                self._took(err.bytes_written)
                if not isinstance(err, net.DeadlineExceededError):
                    raise
                view = view[err.bytes_written :]
                if self.is_idle():
                    raise Idle from None
                continue
            self._took(len(view))
            return

    def _write_records(self, view: memoryview, limit: float) -> None:
        """Little at a time, each with all of the limit, which whoever reads extends meanwhile."""
        while view:
            with self._moving:
                self._sealing = True
                self.conn.set_write_deadline(time.monotonic() + limit)
            try:
                self.conn.write(view[:_RECORD])
            except net.DeadlineExceededError:
                raise Idle from None
            finally:
                with self._moving:
                    self._sealing = False
                    self.conn.set_write_deadline(None)
            self._took(len(view[:_RECORD]))
            view = view[_RECORD:]

    def end_writing(self) -> None:
        """Half close. A peer that is gone altogether is no failure: the reader finds out how it went."""
        close_write = getattr(self.conn, "close_write", None)
        if close_write is None:
            return
        try:
            close_write()
        except OSError as err:
            if err.errno != errno.ENOTCONN:
                raise

    def expect(self, limit: float) -> None:
        """From now on be patient for `limit` seconds, also in a read that waits already."""
        self.last = time.monotonic()
        self.limit = limit
        self.conn.set_read_deadline(self.last + limit)

    def is_idle(self) -> bool:
        return self.limit is not None and time.monotonic() >= self.last + self.limit

    def summary(self) -> str:
        """What went each way, for `--verbose`."""
        took = time.monotonic() - self.started
        return f"sent {self.sent} bytes, received {self.received} bytes in {format_seconds(took)}"

    def _took(self, count: int) -> None:
        if count:
            self.sent += count
            self.last = time.monotonic()


def format_seconds(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms" if seconds < 1 else f"{seconds:.2f} s"


def describe(conn: net.Conn) -> str:
    """Between whom, as far as the two ends have names."""
    text = f"{conn.local_addr.network} {conn.local_addr}"
    return f"{text} with {conn.remote_addr}" if is_named(conn.remote_addr) else text


def is_named(addr: net.Addr | None) -> bool:
    """Whether `addr` can be answered: a Unix socket that was never bound has no name."""
    return addr is not None and str(addr) not in ("", "@")
