"""What ends in memory are in both faces, as far as it never waits: pipes and streams."""

from __future__ import annotations

import io

from ..connections.end import End, Timed
from ..connections.gather import as_view
from ..errors import OpError
from . import pipe
from .half import Half, Offer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

__all__ = ["LineEnd", "NoDescriptor", "PipeEnd", "offered", "writable_view"]


class NoDescriptor(End):
    """An end that is no socket."""

    def fileno(self) -> NoReturn:
        """There is none: raises `OpError`, which is an `io.UnsupportedOperation`."""
        self._no_descriptor()

    def file(self) -> NoReturn:
        """There is no socket to duplicate: raises `OpError`, which is an `io.UnsupportedOperation`."""
        self._no_descriptor()

    def syscall_conn(self) -> NoReturn:
        """There is no descriptor to call with: raises `OpError`, which is an `io.UnsupportedOperation`."""
        self._no_descriptor()

    def _no_descriptor(self) -> NoReturn:
        err = io.UnsupportedOperation("what is in memory has no descriptor")
        raise self._failed("file", err) from err

    def _check_open(self, op: str) -> None:
        """A call that asks for nothing still fails on a closed connection."""
        if self._fd.closed:
            try:
                self._fd.reading.check()
            except OSError as err:
                raise self._failed(op, err) from err


class LineEnd(Timed, NoDescriptor):
    """An end of a pipe or of a stream."""

    _fd: Half
    _ends = True

    def _unread(self, data: bytes) -> None:
        """Have the next reads return `data` first."""
        self._fd.inbound.unread(data)

    def _try_write(self, data: bytes) -> int:
        """How much of `data` there is room for, if nobody else is writing: it is written. Raises
        `ClosedError` and `BrokenPipeError`."""
        side, line = self._fd.writing, self._fd.outbound
        offer = Offer(memoryview(data))
        with side.lock:
            if side.closed:
                raise side.closed_error
            if side.turn is None:
                line.put(offer)
        line.withdraw(offer)
        side.guard.ring()
        return offer.taken

    def _unwritten(self, op: str, offer: Offer, err: OSError) -> int:
        """What a write that has failed comes to: its size if all was taken all the same. Raises `OpError`."""
        if offer.done:
            return len(offer.data)
        err.bytes_written = offer.taken  # type: ignore[attr-defined]
        raise self._failed(op, err) from err


class PipeEnd(LineEnd):
    """An end of a pipe. One that was forgotten is closed, without a word: it holds nothing but memory."""

    def __init__(self, half: Half) -> None:
        self._fd = half
        self._network = pipe.NETWORK
        self._local_addr = self._remote_addr = pipe.ADDR

    def _failed(self, op: str, err: OSError, syscall: str = "") -> OpError:
        if op in ("set", "file"):
            return super()._failed(op, err)
        # Between two ends of the same name there is nothing to tell apart: `read pipe: i/o timeout`, as Go.
        sent = getattr(err, "bytes_written", 0)
        return OpError(op, "pipe", None, None, err, bytes_written=sent)

    def __del__(self) -> None:
        half = getattr(self, "_fd", None)
        if half is not None:
            half.close()


def writable_view(buffer: Any) -> memoryview:
    """A buffer to read into, as a row of bytes. Raises `TypeError` for one that is none, before anything is
    taken that could not be put into it."""
    view = memoryview(buffer)
    if view.readonly:
        raise TypeError("cannot read into a read-only buffer")
    return view.cast("B")


def offered(data: Any) -> Offer:
    """A write's data. Raises `TypeError` for what is none."""
    return Offer(as_view(data))
