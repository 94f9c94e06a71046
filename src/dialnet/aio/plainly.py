"""Copying through memory, for tasks: where no system call does it."""

from __future__ import annotations

import errno
import os
from typing import Any

from ..connections.zerocopy import plain_part, put_back, wanted

__all__ = ["copy_plainly", "send_plainly", "write_all"]


async def send_plainly(dst: Any, file: Any, offset: int | None, count: int | None) -> int:
    """`Conn.sendfile` for whatever has a `read`."""
    begin = plain_part(file, offset, count)
    if offset is not None:
        file.seek(offset)
    try:
        return await copy_plainly(dst, file, count)
    except OSError as err:
        if begin is not None:
            file.seek(begin + getattr(err, "bytes_written", 0))
        raise


async def copy_plainly(dst: Any, src: Any, count: int | None = None) -> int:
    """From `src` to `dst`, to the end or `count` bytes; how many. An error's `bytes_written` says it too."""
    done = 0
    while count is None or done < count:
        data: Any = b""
        try:
            data = await _awaited(src.read(wanted(done, count)))
            if not data:
                break
            await write_all(dst, data)
        except OSError as err:
            sent = getattr(err, "bytes_written", 0)
            err.bytes_written = done + sent  # type: ignore[attr-defined]
            put_back(src, data[sent:])
            raise
        done += len(data)
    return done


async def write_all(dst: Any, data: Any) -> None:
    """To a connection, or to a file, of which a raw one may take a part."""
    view = memoryview(data)
    while len(view):
        taken = await _awaited(dst.write(view))
        if taken is None:
            raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        view = view[taken:]


async def _awaited(value: Any) -> Any:
    """What a connection's call gives is awaited; a file's is there."""
    return await value if hasattr(value, "__await__") else value
