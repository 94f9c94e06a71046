"""Sockets that whoever started this process handed over, by systemd's protocol (sd_listen_fds(3)).

`LISTEN_PID` says whom they are for, `LISTEN_FDS` how many there are, from descriptor 3 on, `LISTEN_FDNAMES`
what they are called.
"""

from __future__ import annotations

import os
import socket

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

__all__ = ["handed_over", "has_datagrams", "take_over"]

_FIRST = 3


def handed_over(environ: Mapping[str, str], pid: int) -> list[tuple[int, str]]:
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


def take_over(environ: MutableMapping[str, str], handed: list[tuple[int, str]]) -> None:
    """Close the descriptors, of which there are duplicates by now, and have nobody look for them any more."""
    if handed:
        for name in ("LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"):
            environ.pop(name, None)
    for number, _ in handed:
        os.close(number)


def has_datagrams(number: int) -> bool:
    """Whether the descriptor is a socket without connections."""
    try:
        sock = socket.socket(fileno=number)
    except OSError:
        return False  # What it is instead, `adopt` says.
    try:
        return sock.type in (socket.SOCK_DGRAM, socket.SOCK_RAW)
    finally:
        sock.detach()
