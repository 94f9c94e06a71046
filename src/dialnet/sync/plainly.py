"""Copying through memory, for threads: where no system call does it."""

from __future__ import annotations

import errno
import os

from ..connections.zerocopy import plain_part, put_back, wanted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["copy_plainly", "send_plainly", "write_all"]


def send_plainly(dst: Any, file: Any, offset: int | None, count: int | None) -> int:
    """`Conn.sendfile` for whatever has a `read`."""
    begin = plain_part(file, offset, count)
    if offset is not None:
        file.seek(offset)
    try:
        return copy_plainly(dst, file, count)
    except OSError as err:
        if begin is not None:
            file.seek(begin + getattr(err, "bytes_written", 0))
        raise


def copy_plainly(dst: Any, src: Any, count: int | None = None) -> int:
    """From `src` to `dst`, to the end or `count` bytes; how many. An error's `bytes_written` says it too."""
    done = 0
    while count is None or done < count:
        data: Any = b""
        try:
            data = src.read(wanted(done, count))
            if not data:
                break
            write_all(dst, data)
        except OSError as err:
            sent = getattr(err, "bytes_written", 0)
            err.bytes_written = done + sent  # type: ignore[attr-defined]
            put_back(src, data[sent:])
            raise
        done += len(data)
    return done


def write_all(dst: Any, data: Any) -> None:
    """To a connection, or to a file, of which a raw one may take a part."""
    view = memoryview(data)
    while len(view):
        taken = dst.write(view)
        if taken is None:
            raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        view = view[taken:]
