"""Copying through memory, for threads: where no system call does it."""

from __future__ import annotations

import errno
import os

from ..connections.zerocopy import check_part, reader, told, wanted, went

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["copy_plainly", "send_plainly", "write_all"]


def send_plainly(dst: Any, file: Any, offset: int | None, count: int | None) -> int:
    """`Conn.sendfile` for whatever has a `read`."""
    check_part(file, offset, count)
    if offset is not None:
        file.seek(offset)
    return copy_plainly(dst, file, count)


def copy_plainly(dst: Any, src: Any, count: int | None = None) -> int:
    """From `src` to `dst`, to the end or `count` bytes; how many. An error's `bytes_written` says it too."""
    done = 0
    read = reader(src)
    while count is None or done < count:
        data: Any = b""
        try:
            data = read(wanted(done, count))
            if data is None:
                raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
            if not data:
                break
            write_all(dst, data)
        except BaseException as err:
            sent = went(err) if data else 0
            told(err, done + sent)
            if data:
                _put_back(src, data[sent:])
            raise
        done += len(data)
    return done


def write_all(dst: Any, data: Any) -> None:
    """To a connection, or to a file, of which a raw one may take a part.

    Whatever ends it before has `bytes_written`, which is about all of the data.
    """
    view = memoryview(data)
    done = 0
    try:
        while done < len(view):
            taken = dst.write(view[done:] if done else view)
            if taken is None:
                raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
            done += taken
    except BaseException as err:
        told(err, done + went(err))
        raise


def _put_back(src: Any, data: Any) -> None:
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
