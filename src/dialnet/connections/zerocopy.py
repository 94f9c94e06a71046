"""Bytes of a file that go to a socket without coming by here: sendfile(2).

A `FilePart` looks like data to `send_all` and its kin: it has a length, slicing it says where to go on, and
`file_sender`'s function sends as much as the socket takes.
"""

from __future__ import annotations

import errno
import io
import os
import stat
from collections.abc import Callable

from .. import system

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = [
    "COPY_CHUNK",
    "FilePart",
    "file_sender",
    "is_unsuited",
    "part_of",
    "plain_part",
    "put_back",
    "told",
    "wanted",
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
    """A regular file's descriptor and the part of it that is meant; None for what has no such descriptor.

    Raises `ValueError` for a file open for text and for negative numbers, `TypeError` for what is no file.
    """
    begin = plain_part(file, offset, count)
    try:
        number = file.fileno()
        size = os.fstat(number)
    except (AttributeError, io.UnsupportedOperation, OSError):
        return None
    if system.sendfile is None or not stat.S_ISREG(size.st_mode) or begin is None:
        return None
    length = max(0, size.st_size - begin)
    return number, FilePart(begin, length if count is None else min(length, count))


def plain_part(file: Any, offset: int | None, count: int | None) -> int | None:
    """Where in the file to begin; None for one that has no position. Checks the arguments as `part_of`."""
    if not hasattr(file, "read"):
        raise TypeError(f"expected a file open for reading, not {type(file).__name__}")
    if isinstance(file, io.TextIOBase) or "b" not in getattr(file, "mode", "b"):
        raise ValueError("a file is sent as bytes, and this one is open for text")
    for number, what in ((offset, "offset"), (count, "count")):
        if number is not None:
            if isinstance(number, bool) or not isinstance(number, int):
                raise TypeError(f"{what} is a number of bytes or None, not {type(number).__name__}")
            if number < 0:
                raise ValueError(f"{what} cannot be negative")
    if offset is not None:
        return offset
    try:
        return int(file.tell())
    except (AttributeError, OSError):
        return None


def file_sender(sock: int, file: int) -> Callable[[FilePart], int]:
    """A function that sends as much as the socket takes of a `FilePart`. Only where `system.sendfile` is."""
    sendfile = system.sendfile
    assert sendfile is not None

    def send(part: FilePart) -> int:
        sent = sendfile(sock, file, part.offset, min(len(part), _MOST))
        if sent == 0:
            raise OSError(errno.EIO, f"the file has become shorter: {len(part)} bytes of it are missing")
        return sent

    return send


def is_unsuited(err: OSError) -> bool:
    """Whether the kernel says that this kind of descriptor cannot be used this way, before anything moved."""
    return err.errno in (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP)


def told(err: OSError, done: int) -> OSError:
    """The error of a copy, which says how much had gone in all."""
    err.bytes_written = done  # type: ignore[attr-defined]
    return err


def wanted(done: int, count: int | None) -> int:
    """How much to take next."""
    return COPY_CHUNK if count is None else min(COPY_CHUNK, count - done)


def put_back(src: Any, data: Any) -> None:
    """What was read from `src` and did not go anywhere is read next again, where that can be had."""
    if not len(data):
        return
    if hasattr(src, "_unread"):
        src._unread(bytes(data))
        return
    try:
        src.seek(-len(data), os.SEEK_CUR)
    except (AttributeError, OSError):
        pass  # A pipe, say: there is no way back.
