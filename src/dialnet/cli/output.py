"""The standard streams as the commands use them: whole writes, no buffers, a terminal protected."""

from __future__ import annotations

import os
import select
import sys
import threading

from .process import Failed, OutputClosed
from .visible import Visible

__all__ = ["CHUNK", "Output", "Sink", "read_input"]

CHUNK = 1 << 18

_STDIN = 0
_STDOUT = 1


def read_input(size: int = CHUNK) -> bytes:
    """Return what is there on stdin, `b""` at its end.

    Of the descriptor, not of `sys.stdin`: a thread that waits in here must not hold a lock at exit.
    """
    while True:
        try:
            return os.read(_STDIN, size)
        except BlockingIOError:  # made non-blocking by a program that shares it with us
            select.select([_STDIN], [], [])
        except OSError as err:
            raise Failed(f"standard input: {err.strerror}") from err


class Output:
    """Stdout, shared by all connections; each of them writes through a `Sink` of its own."""

    def __init__(self, raw: bool = False) -> None:
        self.visible = not raw and sys.stdout is not None and os.isatty(_STDOUT)
        self.failure: Failed | OutputClosed | None = None
        self._turn = threading.Lock()

    def sink(self) -> Sink:
        return Sink(self)

    def write(self, data: bytes | str) -> None:
        """Write all of it; nothing of another thread's comes in between."""
        try:
            with self._turn:
                if isinstance(data, str):
                    _write_text(data)
                else:
                    _write_bytes(data)
        except BrokenPipeError:
            self.failure = OutputClosed()
            raise self.failure from None
        except OSError as err:
            self.failure = Failed(f"standard output: {err.strerror}")
            raise self.failure from err


class Sink:
    """One peer's way to stdout."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._visible = Visible() if output.visible else None

    def write(self, data: bytes) -> None:
        """A piece of a stream."""
        self._output.write(self._visible.feed(data) if self._visible else data)

    def write_whole(self, data: bytes) -> None:
        """A datagram: what is incomplete at its end will not be completed by the next one."""
        self._output.write(self._visible.feed(data) + self._visible.end() if self._visible else data)

    def end(self) -> None:
        """The peer has ended."""
        if self._visible:
            self._output.write(self._visible.end())


def _write_bytes(data: bytes) -> None:
    view = memoryview(data)
    while view:
        try:
            view = view[os.write(_STDOUT, view) :]
        except BlockingIOError:
            select.select([], [_STDOUT], [])


def _write_text(text: str) -> None:
    # In the terminal's own encoding: a UTF-8 byte on a Latin-1 terminal can be a C1 control.
    encoding = sys.stdout.encoding
    if encoding.lower().replace("-", "") != "utf8":
        text = text.encode(encoding, "backslashreplace").decode(encoding)
    sys.stdout.write(text)
    sys.stdout.flush()
