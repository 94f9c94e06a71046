"""From one end to another, the shortest way there is, for threads."""

from __future__ import annotations

from collections.abc import Callable

from .. import system
from ..connections.zerocopy import is_unsuited, told, went
from ..poll.threads import run, send_all
from .conn import SocketConn
from .plainly import copy_plainly

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["copy"]


def copy(dst: Any, src: Any) -> int:
    """Write to `dst` what can be read from `src`, until its end; how many bytes that was.

    Either is a connection, or a binary file or anything else with `read` and `write`. Between TCP and Unix
    stream connections, and from a regular file to one, the bytes never come to memory where the system can do
    without (splice(2), sendfile(2)). Neither is closed.

    Raises what reading and writing raise; the error's `bytes_written` says how much had reached `dst`, and
    what had been read beyond that is read next from `src`, if that is a connection, a reader of one, or can
    seek.
    `TypeError` for what cannot be read from or written to.
    """
    if not hasattr(src, "read") or not hasattr(dst, "write"):
        raise TypeError(f"cannot copy from {type(src).__name__} to {type(dst).__name__}")
    if isinstance(dst, SocketConn):
        if isinstance(src, SocketConn):
            if dst._stream and src._stream and system.make_pipe is not None:
                return _splice(dst, src, system.make_pipe)
        elif hasattr(src, "fileno"):
            return dst.sendfile(src)
    return copy_plainly(dst, src)


def _splice(dst: SocketConn, src: SocketConn, make_pipe: Callable[[], Any]) -> int:
    done = _send_held(dst, src)
    try:
        pipe = make_pipe()
    except OSError:
        return _go_on_plainly(dst, src, done)  # No descriptors are left: memory will do.
    drain = pipe.drainer(dst._fd.number)
    try:
        while True:
            try:
                taken = run(src._reading, pipe.fill, src._fd.number)
            except OSError as err:
                if is_unsuited(err) and not pipe.moved:
                    break
                raise src._failed("read", err, "splice") from err
            if not taken:
                return done + int(pipe.moved)
            try:
                send_all(dst._writing, drain, pipe.piped())
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
    return _go_on_plainly(dst, src, done)


def _send_held(dst: SocketConn, src: SocketConn) -> int:
    """What has come already and was put back."""
    done = 0
    while src._held:
        held = src._take_held()
        try:
            done += dst.write(held)
        except BaseException as err:
            src._unread(held[went(err) :])
            told(err, done + went(err))
            raise
    return done


def _go_on_plainly(dst: SocketConn, src: SocketConn, done: int) -> int:
    try:
        return done + copy_plainly(dst, src)
    except BaseException as err:
        told(err, done + went(err))
        raise
