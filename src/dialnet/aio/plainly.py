"""Copying through memory, for tasks: where no system call does it."""

from __future__ import annotations

import errno
import os
from inspect import iscoroutinefunction
from typing import Any

from ..connections.zerocopy import check_part, reader, told, wanted, went

__all__ = ["copy_plainly", "send_plainly", "write_all"]


async def send_plainly(dst: Any, file: Any, offset: int | None, count: int | None) -> int:
    """`Conn.sendfile` for whatever has a `read`."""
    check_part(file, offset, count)
    if offset is not None:
        await _awaited(file.seek(offset))
    return await copy_plainly(dst, file, count)


async def copy_plainly(dst: Any, src: Any, count: int | None = None) -> int:
    """From `src` to `dst`, to the end or `count` bytes; how many. An error's `bytes_written` says it too."""
    done = 0
    read = reader(src)
    while count is None or done < count:
        data: Any = b""
        try:
            data = await _awaited(read(wanted(done, count)))
            if data is None:
                raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
            if not data:
                break
            await write_all(dst, data)
        except BaseException as err:
            sent = went(err) if data else 0
            told(err, done + sent)
            if data:
                await _put_back(src, data[sent:], err)
            raise
        done += len(data)
    return done


async def write_all(dst: Any, data: Any) -> None:
    """To a connection, or to a file, of which a raw one may take a part.

    Whatever ends it before has `bytes_written`, which is about all of the data.
    """
    view = memoryview(data)
    done = 0
    try:
        while done < len(view):
            taken = await _awaited(dst.write(view[done:] if done else view))
            if taken is None:
                raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
            done += taken
    except BaseException as err:
        told(err, done + went(err))
        raise


async def _put_back(src: Any, data: Any, err: BaseException) -> None:
    """What was read from `src` and did not go anywhere is read next again, where that can be had."""
    if not len(data):
        return
    if hasattr(src, "_unread"):
        src._unread(bytes(data))
        return
    if isinstance(err, GeneratorExit) and iscoroutinefunction(getattr(src, "seek", None)):
        return  # Nothing is awaited any more.
    try:
        await _awaited(src.seek(-len(data), os.SEEK_CUR))
    except (AttributeError, OSError):
        pass  # A pipe, say: there is no way back.


async def _awaited(value: Any) -> Any:
    """What a connection's call gives is awaited; a file's is there."""
    return await value if hasattr(value, "__await__") else value
