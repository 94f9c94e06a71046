"""Control messages ("ancillary data") as the kernel lays them out: cmsg(3); RFC 3542, section 20.

The `socket` module takes them apart; Go's interface, and so ours, has them in one piece.
"""

from __future__ import annotations

import socket
import struct
import sys
from collections.abc import Iterable

__all__ = ["CLOSE_ON_EXEC", "MOST_DESCRIPTORS", "Item", "join", "split"]

Item = tuple[int, int, bytes]
"""Level, type and data of one control message, as `socket.recvmsg` gives them."""

# `struct cmsghdr`: a length, which is a size_t on Linux and a socklen_t elsewhere, the level, the type.
_HEADER = struct.Struct("@Nii" if sys.platform == "linux" else "@Iii")
# Windows has no recvmsg, so neither message nor length.
_BEFORE: int = socket.CMSG_LEN(0) if hasattr(socket, "CMSG_LEN") else _HEADER.size
_ALIGN: int = socket.CMSG_SPACE(1) - _BEFORE if hasattr(socket, "CMSG_SPACE") else 1
# What has received descriptors closed by exec from the start. Where there is none it is done a moment later.
CLOSE_ON_EXEC: int = getattr(socket, "MSG_CMSG_CLOEXEC", 0)
# The most descriptors that go with one message (linux/net/scm.h); 0: it is not known.
MOST_DESCRIPTORS = 253 if sys.platform == "linux" else 0
# SCM_RIGHTS: descriptors.
RIGHTS: tuple[int, int] = (socket.SOL_SOCKET, getattr(socket, "SCM_RIGHTS", 1))
# SCM_PIDFD: a descriptor of the sender's process, which a socket with SO_PASSPIDFD gets with every message.
PIDFD = (socket.SOL_SOCKET, 4) if sys.platform == "linux" else None


def join(items: Iterable[Item]) -> bytes:
    """Control messages in a row, each padded to where the next may begin."""
    raw = bytearray()
    for level, kind, data in items:
        header = _HEADER.pack(_BEFORE + len(data), level, kind)
        raw += header.ljust(_BEFORE, b"\0") + data + bytes(-len(data) % _ALIGN)
    return bytes(raw)


def split(raw: bytes | memoryview) -> list[Item]:
    """The messages in `raw`, the padding of the last of which may be missing.

    Raises `ValueError` if there is one that is no whole message.
    """
    items = []
    start = 0
    while start < len(raw):
        if start + _BEFORE > len(raw):
            raise ValueError("malformed control message: it ends within its header")
        length, level, kind = _HEADER.unpack_from(raw, start)
        if not _BEFORE <= length <= len(raw) - start:
            raise ValueError(f"malformed control message: a length of {length}")
        items.append((level, kind, bytes(raw[start + _BEFORE : start + length])))
        start += length + -length % _ALIGN
    return items
