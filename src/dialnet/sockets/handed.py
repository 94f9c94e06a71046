"""Sockets that whoever started this process handed over, by systemd's protocol (sd_listen_fds(3)).

`LISTEN_PID` says whom they are for, `LISTEN_FDS` how many there are, from descriptor 3 on, `LISTEN_FDNAMES`
what they are called.
"""

from __future__ import annotations

import os
import socket

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, TypeVar

    T = TypeVar("T", bound=Any)

__all__ = ["take_over"]

_FIRST = 3


def take_over(listener: Callable[[int], T], packets: Callable[[int], T]) -> list[T]:
    """What the face makes of each descriptor, named; afterwards the descriptors are closed and nobody looks
    for them any more. If one of them cannot be had, all are left as they were.

    Raises `ValueError` for variables that are none of systemd's, and what `listener` and `packets` raise.
    """
    made: list[T] = []
    handed = _handed_over(os.environ, os.getpid())
    try:
        for number, name in handed:
            made.append((packets if _has_datagrams(number) else listener)(number))
            made[-1].name = name
    except BaseException:
        for one in made:
            one.close()
        raise
    if handed:
        for name in ("LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"):
            os.environ.pop(name, None)
    for number, _ in handed:
        os.close(number)
    return made


def _handed_over(environ: Mapping[str, str], pid: int) -> list[tuple[int, str]]:
    """The descriptors and their names, if they are for this process; none if nothing was handed over.

    Raises `ValueError` for variables that are none of systemd's.
    """
    count = environ.get("LISTEN_FDS")
    if count is None or environ.get("LISTEN_PID") != str(pid):
        # A parent's, left in the environment, or nobody's.
        return []
    if not (count.isascii() and count.isdigit() and len(count) <= 6):
        raise ValueError(f"LISTEN_FDS is {count!a}, not a number of descriptors")
    names = environ.get("LISTEN_FDNAMES", "").split(":")
    return [(_FIRST + place, names[place] if place < len(names) else "") for place in range(int(count))]


def _has_datagrams(number: int) -> bool:
    """Whether the descriptor is a socket without connections."""
    try:
        sock = socket.socket(fileno=number)
    except OSError:
        return False  # What it is instead, `adopt` says.
    try:
        return sock.type in (socket.SOCK_DGRAM, socket.SOCK_RAW)
    finally:
        sock.detach()
