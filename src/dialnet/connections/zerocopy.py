"""Bytes of a file that go to a socket without coming by here: sendfile(2).

A `FilePart` looks like data to `send_all` and its kin: it has a length, slicing it says where to go on, and a
`FileSender` sends as much as the socket takes.
"""

from __future__ import annotations

import errno
import io
import os
import stat

from .. import system

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    E = TypeVar("E", bound=BaseException)

__all__ = [
    "COPY_CHUNK",
    "FileEnd",
    "FilePart",
    "FileSender",
    "check_part",
    "is_unsuited",
    "part_of",
    "reader",
    "told",
    "wanted",
    "went",
]

# What a buffered copy moves at a time.
COPY_CHUNK = 256 * 1024
# The most that Linux moves in one call, whatever is asked for.
_MOST = 0x7FFF_F000


class FilePart:
    """The part of a file that is to be sent; sliced, where the rest of it begins and how long that is."""

    __slots__ = ("_length", "offset")

    def __init__(self, offset: int, length: int) -> None:
        self.offset = offset
        self._length = length

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, rest: slice) -> FilePart:
        return FilePart(self.offset + rest.start, self._length - rest.start)


def part_of(file: Any, offset: int | None, count: int | None) -> tuple[int, FilePart] | None:
    """A regular file's descriptor and the part of it that is meant; None for what is to be read instead.

    Raises `ValueError` for a file open for text and for negative numbers, `TypeError` for what is no file.
    """
    check_part(file, offset, count)
    number = None if system.sendfile is None else _bare_descriptor(file)
    if number is None:
        return None
    found = os.fstat(number)
    # Of what the kernel makes up when it is read (/proc) it says that it is empty.
    if not stat.S_ISREG(found.st_mode) or not found.st_size:
        return None
    begin = int(file.tell()) if offset is None else offset
    length = max(0, found.st_size - begin)
    return number, FilePart(begin, length if count is None else min(length, count))


def _bare_descriptor(file: Any) -> int | None:
    """The descriptor of a file whose bytes are the descriptor's own, all of them written there; else None.

    Many an object has a `fileno` and reads something else than that: a decompressor, a decoder, whatever
    somebody has derived from a file. So it is only what `open` and `tempfile` give.
    """
    if type(file).__module__ == "tempfile":
        file = getattr(file, "file", file)
    raw = file
    if type(file) in (io.BufferedReader, io.BufferedRandom):
        raw = file.raw
    if type(raw) is not io.FileIO or not raw.readable():
        return None
    file.flush()
    return raw.fileno()


def check_part(file: Any, offset: int | None, count: int | None) -> None:
    """Raises as `part_of`."""
    if not hasattr(file, "read"):
        raise TypeError(f"expected a file open for reading, not {type(file).__name__}")
    if isinstance(file, io.TextIOBase) or "b" not in _mode(file):
        raise ValueError("a file is sent as bytes, and this one is open for text")
    for number, what in ((offset, "offset"), (count, "count")):
        if number is not None:
            if isinstance(number, bool) or not isinstance(number, int):
                raise TypeError(f"{what} is a number of bytes or None, not {type(number).__name__}")
            if number < 0:
                raise ValueError(f"{what} cannot be negative")


def _mode(file: Any) -> str:
    # gzip's is a number.
    mode = getattr(file, "mode", "b")
    return mode if isinstance(mode, str) else "b"


class FileEnd(OSError):
    """The file has ended before its part, and is as long as it was: the kernel had only guessed."""


class FileSender:
    """Called, it sends as much as the socket takes of a `FilePart`. Only where `system.sendfile` is.

    `sent` is what has gone in all, however the calls have ended.
    """

    __slots__ = ("_file", "_sock", "sent")

    def __init__(self, sock: int, file: int) -> None:
        self._sock = sock
        self._file = file
        self.sent = 0

    def __call__(self, part: FilePart) -> int:
        sendfile = system.sendfile
        assert sendfile is not None
        sent = sendfile(self._sock, self._file, part.offset, min(len(part), _MOST))
        if sent == 0:
            if os.fstat(self._file).st_size > part.offset:
                # One of /sys: they are all said to be a page long.
                raise FileEnd
            raise OSError(errno.EIO, f"the file has become shorter: {len(part)} bytes of it are missing")
        self.sent += sent
        return sent


def is_unsuited(err: OSError) -> bool:
    """Whether the kernel says that this kind of descriptor cannot be used this way, before anything moved."""
    return err.errno in (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP)


def told(err: E, done: int) -> E:
    """What has ended a copy, which says how much had gone in all."""
    err.bytes_written = done  # type: ignore[attr-defined]
    return err


def wanted(done: int, count: int | None) -> int:
    """How much to take next."""
    return COPY_CHUNK if count is None else min(COPY_CHUNK, count - done)


def reader(src: Any) -> Callable[[int], Any]:
    """What reads up to so many bytes, as soon as any are there. A buffered pipe's `read` waits for all."""
    read: Callable[[int], Any] = getattr(src, "read1", None) or src.read
    return read


def went(err: BaseException) -> int:
    """How much of a write that has failed had gone."""
    # The second is what `io`'s own writers say.
    sent = getattr(err, "bytes_written", None)
    return int(getattr(err, "characters_written", 0) if sent is None else sent)
