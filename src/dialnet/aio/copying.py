"""From one end to another, the shortest way there is, for tasks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import system
from ..connections.zerocopy import is_unsuited, told, went
from ..poll.tasks import attempt, run_waiting, send_waiting
from .conn import SocketConn
from .plainly import copy_plainly

__all__ = ["copy"]


async def copy(dst: Any, src: Any) -> int:
    """Write to `dst` what can be read from `src`, until its end; how many bytes that was.

    Either is a connection, or a binary file or anything else with `read` and `write`, which are awaited if
    they have to be. Between TCP and Unix stream
    connections, and from a regular file to one, the bytes never come to memory where the system can do
    without (splice(2), sendfile(2)). Neither is closed.

    Raises what reading and writing raise; the error's `bytes_written` says how much had reached `dst`, and
    what had been read beyond that is read next from `src`, if that is a connection, a reader of one, or can
    seek.
    `TypeError` for what cannot be read from or written to.

    If the task is cancelled, `bytes_written` of that exception says it. Reading a file, or a pipe that is not
    a connection, holds the event loop up.
    """
    if not hasattr(src, "read") or not hasattr(dst, "write"):
        raise TypeError(f"cannot copy from {type(src).__name__} to {type(dst).__name__}")
    if isinstance(dst, SocketConn):
        if isinstance(src, SocketConn):
            if dst._stream and src._stream and system.make_pipe is not None:
                return await _splice(dst, src, system.make_pipe)
        elif hasattr(src, "fileno"):
            return await dst.sendfile(src)
    return await copy_plainly(dst, src)


async def _splice(dst: SocketConn, src: SocketConn, make_pipe: Callable[[], Any]) -> int:
    done = await _send_held(dst, src)
    try:
        pipe = make_pipe()
    except OSError:
        return await _go_on_plainly(dst, src, done)  # No descriptors are left: memory will do.
    drain = pipe.drainer(dst._fd.number)
    try:
        while True:
            try:
                taken = await _fill(src, pipe)
            except OSError as err:
                if is_unsuited(err) and not pipe.moved:
                    break
                raise src._failed("read", err, "splice") from err
            if not taken:
                return done + int(pipe.moved)
            try:
                await send_waiting(dst._writing, drain, pipe.piped(), 0)
            except OSError as err:
                raise dst._failed("write", err, "splice") from err
    except BaseException as err:
        told(err, done + pipe.moved)
        raise
    finally:
        try:
            src._unread(pipe.rest())
        finally:
            pipe.close()
    return await _go_on_plainly(dst, src, done)


async def _send_held(dst: SocketConn, src: SocketConn) -> int:
    """What has come already and was put back."""
    done = 0
    while src._held:
        held = src._take_held()
        try:
            done += await dst.write(held)
        except BaseException as err:
            src._unread(held[went(err) :])
            told(err, done + went(err))
            raise
    return done


async def _go_on_plainly(dst: SocketConn, src: SocketConn, done: int) -> int:
    try:
        return done + await copy_plainly(dst, src)
    except BaseException as err:
        told(err, done + went(err))
        raise


async def _fill(src: SocketConn, pipe: Any) -> int:
    side, number = src._reading, src._fd.number
    taken: int | None = attempt(side, pipe.fill, number)
    return await run_waiting(side, pipe.fill, number) if taken is None else taken
