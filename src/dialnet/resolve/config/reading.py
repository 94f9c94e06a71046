"""A configuration file's bytes, so many at most, and never a wait for them.

What stands at the path may be anything. A FIFO would block the open, a terminal the read, /dev/zero never
ends, and opening some devices does something (a tape rewinds, a watchdog starts): only a regular file is
opened, and since it may become something else before it is, it is opened with O_NONBLOCK and looked at
again. What remains is a file system that does not answer (NFS whose server is gone); no call on it can be
given up.
"""

from __future__ import annotations

import errno
import os
import stat
import time

__all__ = ["Signature", "is_no_file", "read", "signature"]

# What tells one state of a file from the next; the change time (ctime), since no program can set it back.
Signature = tuple[int, int, int, int, int]

_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_BINARY", 0)
)
_CHUNK = 1 << 18
# File systems stamp a change with the time of the last tick: 10 ms ago on some kernels, 2 s on FAT.
_TICK = 3.0


def signature(st: os.stat_result) -> Signature:
    return st.st_mtime_ns, st.st_ctime_ns, st.st_size, st.st_ino, st.st_dev


def read(path: str, limit: int) -> tuple[bytes, Signature | None]:
    """The file's first `limit` bytes and its signature, None if a later change might leave that as it is.

    A line that the limit cuts through is left out: half a name or an address is another one. Raises
    `OSError`: `IsADirectoryError`, one with EINVAL for what else is no regular file, or what the system
    says. /dev/null counts as an empty file, because linking to it is how a file is masked.
    """
    found = os.stat(path)
    if _is_null(found):
        return b"", signature(found)
    _must_be_regular(found, path)
    number = os.open(path, _FLAGS)
    try:
        found = os.fstat(number)
        _must_be_regular(found, path)
        data = _read_all(number, limit)
    finally:
        os.close(number)
    # A file that was changed just now may be changed again within the same tick (and to the same length).
    settled = abs(time.time() - found.st_mtime) >= _TICK
    return data, signature(found) if settled else None


def is_no_file(err: Exception | None) -> bool:
    """Whether `read` raised it because no regular file stands there: a folder, a FIFO, a device.

    Or because it has to be waited for, as for some of /proc that say they are files.
    """
    if isinstance(err, (IsADirectoryError, BlockingIOError)):
        return True
    return isinstance(err, OSError) and err.errno == errno.EINVAL


def _read_all(number: int, limit: int) -> bytes:
    chunks: list[bytes] = []
    # One more than the limit tells whether there is more. The size does not: in /proc it is 0.
    left = limit + 1
    while left > 0:
        chunk = os.read(number, min(left, _CHUNK))
        if not chunk:
            return b"".join(chunks)
        chunks.append(chunk)
        left -= len(chunk)
    data = b"".join(chunks)
    return data[: data.rfind(b"\n", 0, limit) + 1]


def _must_be_regular(found: os.stat_result, path: str) -> None:
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, "not a regular file", path)


def _is_null(found: os.stat_result) -> bool:
    if not stat.S_ISCHR(found.st_mode):
        return False
    try:
        null = os.stat(os.devnull)
    except OSError:
        return False  # A root folder without /dev.
    # By the device's number: a masked file may be a node of its own.
    return getattr(found, "st_rdev", None) == getattr(null, "st_rdev", found)
