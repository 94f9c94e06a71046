"""Text files on a connection, in which a call that fails loses nothing.

`io.TextIOWrapper` drops the piece of a line it has decoded when the next read fails, and what it has encoded
when a write does.
"""

from __future__ import annotations

import codecs
import io
import locale
import os
import sys

from ..connections.limits import DATAGRAM

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["Text"]


class Text(io.TextIOBase):
    """Decodes what a binary file reads and encodes what it writes; arguments as `io.TextIOWrapper`'s."""

    def __init__(
        self, file: Any, encoding: str | None, errors: str | None, newline: str | None, line_buffering: bool
    ) -> None:
        # First, for a half-made one is closed too.
        self._file = file
        if newline not in (None, "", "\n", "\r", "\r\n"):
            raise ValueError(f"illegal newline value: {newline!r}")
        if encoding is None or encoding == "locale":
            encoding = "utf-8" if sys.flags.utf8_mode else locale.getencoding()
        self._encoding = encoding
        self._errors = errors or "strict"
        self._newline = newline
        self._line_buffering = line_buffering
        decoder: Any = codecs.getincrementaldecoder(encoding)(self._errors)
        if not newline:
            # It holds a last \r back, as long as it may be the half of an \r\n.
            decoder = io.IncrementalNewlineDecoder(decoder, translate=newline is None)
        self._decoder = decoder
        self._encoder = codecs.getincrementalencoder(encoding)(self._errors)
        # Decoded, and not asked for yet.
        self._held = ""
        self._ended = False

    @property
    def buffer(self) -> Any:
        """The binary file underneath."""
        return self._file

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._encoding

    @property
    def errors(self) -> str:  # type: ignore[override]
        return self._errors

    @property
    def newlines(self) -> Any:  # type: ignore[override]
        return getattr(self._decoder, "newlines", None)

    @property
    def line_buffering(self) -> bool:
        return self._line_buffering

    def readable(self) -> bool:
        return bool(self._file.readable())

    def writable(self) -> bool:
        return bool(self._file.writable())

    def fileno(self) -> int:
        return int(self._file.fileno())

    def _check_open(self) -> None:
        if self.closed:
            raise ValueError("I/O operation on closed file.")

    def _fill(self) -> bool:
        """Read and decode once more; False at the end of the stream."""
        self._check_open()
        data = self._file.read1(DATAGRAM)
        self._held += self._decoder.decode(data, final=not data)
        return bool(data)

    def _take(self, n: int) -> str:
        taken, self._held = self._held[:n], self._held[n:]
        return taken

    def read(self, size: int | None = -1, /) -> str:
        """`size` characters, fewer only at the end of the stream; -1 reads to it."""
        self._check_open()
        limit = -1 if size is None else size
        while (limit < 0 or len(self._held) < limit) and self._fill():
            continue
        return self._take(len(self._held) if limit < 0 else limit)

    def readline(self, size: int = -1, /) -> str:  # type: ignore[override]
        """A line with its end, or what there is up to `size` characters or the end of the stream."""
        self._check_open()
        limit = -1 if size is None else size
        searched = 0
        while True:
            end = self._line_end(searched)
            if end >= 0:
                return self._take(end if limit < 0 else min(end, limit))
            if 0 <= limit <= len(self._held):
                return self._take(limit)
            searched = len(self._held)
            if not self._fill():
                end = self._line_end(0)
                return self._take(end if end >= 0 else len(self._held))

    def _line_end(self, start: int) -> int:
        """Where the first line ends, or -1. `start` is how much was searched in vain before."""
        if self._newline != "":
            end = self._newline or "\n"
            at = self._held.find(end, max(0, start - len(end) + 1))
            return -1 if at < 0 else at + len(end)
        ends = [at for at in (self._held.find("\n", start), self._held.find("\r", start)) if at >= 0]
        if not ends:
            return -1
        at = min(ends)
        return at + (2 if self._held.startswith("\r\n", at) else 1)

    def __next__(self) -> str:  # type: ignore[override]
        line = self.readline()
        if not line:
            raise StopIteration
        return line

    def write(self, text: str, /) -> int:
        """Take all of `text`; its length in characters. One that raises has taken none of it."""
        self._check_open()
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        end = os.linesep if self._newline is None else self._newline
        shown = text.replace("\n", end) if end not in ("", "\n") else text
        before = self._encoder.getstate()
        try:
            self._file.write(self._encoder.encode(shown))
        except BaseException:
            self._encoder.setstate(before)  # A byte order mark, say, has not gone either.
            raise
        if self._line_buffering and ("\n" in text or "\r" in text):
            self._file.flush()
        return len(text)

    def flush(self) -> None:
        self._check_open()
        # It may be closed already: a collector ends the parts of a cycle in any order.
        if not self._file.closed:
            self._file.flush()

    def close(self) -> None:
        if not self.closed:
            try:
                super().close()
            finally:
                self._file.close()
