"""Many datagrams by one system call: recvmmsg(2) and sendmmsg(2), which the `socket` module has not.

A `Receiver` and a `Sender` keep what they hand to the kernel, since setting it up costs more than a call.
Each serves one call at a time; that is its owner's business.
"""

from __future__ import annotations

import ctypes
import errno
import functools
import mmap
import os
import socket
import struct
import sys
from collections.abc import Sequence

from .control import join

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

assert sys.platform == "linux"

__all__ = [
    "MOST_SEGMENTS",
    "MOST_SLOTS",
    "SEGMENT",
    "Outgoing",
    "Receiver",
    "Received",
    "Sender",
    "can_segment",
]

Received = tuple[bytes, "Any", bytes, int]
"""A datagram, its sender (as `socket` gives it; None for none), its control messages, its flags."""

Outgoing = tuple[int, "Any", int]
"""The length of a message, where it goes (as `socket` takes it; None on a connected socket), and, if it is
several datagrams in a row, how long each but the last is (else 0)."""

# linux/udp.h. The kernel cuts a message into at most so many (more since Linux 6.9).
SEGMENT = (17, 103)
MOST_SEGMENTS = 64

# No datagram, nor what several of them are received as, is longer.
_SLOT = 65_536
# 4 MiB of them, which the kernel gives only as they are filled. More make a call no cheaper.
MOST_SLOTS = 64
# Room for all that `facts` asks for, and for what a program may have asked for beside it.
_CONTROL = 256
_NAME = 32


class _IOVec(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


class _MsgHdr(ctypes.Structure):
    """The kernel's; musl's differs from it in padding only."""

    _fields_ = (
        ("name", ctypes.c_void_p),
        ("name_length", ctypes.c_uint),
        ("vector", ctypes.c_void_p),
        ("vector_length", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("control_length", ctypes.c_size_t),
        ("flags", ctypes.c_int),
    )


class _MMsgHdr(ctypes.Structure):
    _fields_ = (("header", _MsgHdr), ("length", ctypes.c_uint))


_HEADER = ctypes.sizeof(_MMsgHdr)
_VECTOR = ctypes.sizeof(_IOVec)
# The same for `struct`, which is several times as fast; "0P" is padding.
_MESSAGE = struct.Struct("@PI0PPNPNi0PI0P")
_PIECE = struct.Struct("@PN")
assert (_MESSAGE.size, _PIECE.size) == (_HEADER, _VECTOR)

_libc = ctypes.CDLL(None, use_errno=True)
_recvmmsg = _libc.recvmmsg
_recvmmsg.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_int, ctypes.c_void_p)
_sendmmsg = _libc.sendmmsg
_sendmmsg.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_int)


def can_segment(sock: socket.socket) -> bool:
    """Whether the kernel cuts a message into datagrams (since Linux 4.18)."""
    try:
        sock.getsockopt(*SEGMENT)
    except OSError:
        return False
    return True


def _checked(result: int) -> int:
    """The result, or the error; a call that a signal has interrupted is -1."""
    if result >= 0:
        return result
    number = ctypes.get_errno()
    if number == errno.EINTR:
        return -1
    raise OSError(number, os.strerror(number))


def _address(memory: Any) -> int:
    return ctypes.addressof(ctypes.c_char.from_buffer(memory))


class Receiver:
    """Receives up to `slots` datagrams by one call."""

    __slots__ = ("_control", "_data", "_fresh", "_headers", "_headers_at", "_names", "_vectors", "slots")

    def __init__(self, slots: int) -> None:
        self.slots = slots = min(slots, MOST_SLOTS)
        # Not a bytearray: of this the kernel gives only what is touched.
        self._data = mmap.mmap(-1, slots * _SLOT, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        self._names = bytearray(slots * _NAME)
        self._control = bytearray(slots * _CONTROL)
        data, names, control = map(_address, (self._data, self._names, self._control))
        self._vectors = (_IOVec * slots)(*(_IOVec(data + slot * _SLOT, _SLOT) for slot in range(slots)))
        vectors = ctypes.addressof(self._vectors)
        headers = (_MMsgHdr * slots)()
        for slot, each in enumerate(headers):
            each.header = _MsgHdr(
                names + slot * _NAME,
                _NAME,
                vectors + slot * _VECTOR,
                1,
                control + slot * _CONTROL,
                _CONTROL,
                0,
            )
        self._headers = memoryview(headers).cast("B")
        self._headers_at = ctypes.addressof(headers)
        # The kernel writes into the headers how much there was: they are made anew for each call.
        self._fresh = bytes(self._headers)

    def receive(self, number: int, most: int) -> list[Received]:
        """What has come, at most `most` datagrams, without waiting; at least one.

        Raises `OSError`, `BlockingIOError` if there is none.
        """
        count = min(most, self.slots)
        got = -1
        while got < 0:
            self._headers[: count * _HEADER] = self._fresh[: count * _HEADER]
            got = _checked(_recvmmsg(number, self._headers_at, count, socket.MSG_DONTWAIT, None))
        data = self._data
        names, control = bytes(self._names[: got * _NAME]), bytes(self._control[: got * _CONTROL])
        received: list[Received] = []
        headers = _MESSAGE.iter_unpack(self._headers[: got * _HEADER])
        for slot, (_, named, _, _, _, controlled, flags, length) in enumerate(headers):
            begin, name, told = slot * _SLOT, slot * _NAME, slot * _CONTROL
            received.append(
                (
                    data[begin : begin + length],
                    _sockaddr(names[name : name + named]),
                    control[told : told + controlled],
                    flags,
                )
            )
        return received


class Sender:
    """Sends up to `slots` messages by one call, to addresses of one family."""

    __slots__ = (
        "_control",
        "_control_at",
        "_family",
        "_headers",
        "_headers_at",
        "_names",
        "_names_at",
        "_vectors",
        "_vectors_at",
        "slots",
    )

    def __init__(self, family: int, slots: int) -> None:
        self.slots = slots = min(slots, MOST_SLOTS)
        self._family = family
        self._names = bytearray(slots * _NAME)
        self._control = bytearray(slots * _CONTROL)
        self._vectors = bytearray(slots * _VECTOR)
        self._headers = bytearray(slots * _HEADER)
        self._names_at, self._control_at, self._vectors_at, self._headers_at = map(
            _address, (self._names, self._control, self._vectors, self._headers)
        )

    def send(self, number: int, data: bytes, messages: Sequence[Outgoing]) -> int:
        """Send messages whose data follow each other in `data`; how many of them went, at least one.

        Raises `OSError`, that of the first message, `BlockingIOError` if there is no room.
        """
        # It points at the bytes themselves, which live as long as this call.
        at = ctypes.cast(ctypes.c_char_p(data), ctypes.c_void_p).value or 0
        slot = 0
        for length, sockaddr, segment in messages:
            named = controlled = 0
            if sockaddr is not None:
                raw = _raw_sockaddr(self._family, sockaddr)
                named = len(raw)
                self._names[slot * _NAME : slot * _NAME + named] = raw
            if segment:
                raw = _segment_message(segment)
                controlled = len(raw)
                self._control[slot * _CONTROL : slot * _CONTROL + controlled] = raw
            _PIECE.pack_into(self._vectors, slot * _VECTOR, at, length)
            _MESSAGE.pack_into(
                self._headers,
                slot * _HEADER,
                self._names_at + slot * _NAME if named else 0,
                named,
                self._vectors_at + slot * _VECTOR,
                1,
                self._control_at + slot * _CONTROL if controlled else 0,
                controlled,
                0,
                0,
            )
            at += length
            slot += 1
        sent = -1
        while sent < 0:
            sent = _checked(_sendmmsg(number, self._headers_at, slot, socket.MSG_DONTWAIT))
        return sent


@functools.lru_cache(1024)
def _sockaddr(raw: bytes) -> Any:
    """A `struct sockaddr_in` or `sockaddr_in6` as `socket` gives it."""
    if not raw:
        return None
    family = int.from_bytes(raw[:2], sys.byteorder)
    if family == socket.AF_INET:
        port, ip = struct.unpack_from("!H4s", raw, 2)
        return socket.inet_ntop(family, ip), port
    port, flow, ip = struct.unpack_from("!HI16s", raw, 2)
    (scope,) = struct.unpack_from("@I", raw, 24)
    return socket.inet_ntop(family, ip), port, flow, scope


@functools.lru_cache(1024)
def _raw_sockaddr(family: int, sockaddr: Any) -> bytes:
    """The other way."""
    before = struct.pack("@H", family)
    if family == socket.AF_INET:
        host, port = sockaddr
        return before + struct.pack("!H4s8x", port, socket.inet_pton(family, host))
    host, port, flow, scope = sockaddr
    return (
        before + struct.pack("!HI16s", port, flow, socket.inet_pton(family, host)) + struct.pack("@I", scope)
    )


@functools.lru_cache(64)
def _segment_message(size: int) -> bytes:
    return join([(*SEGMENT, struct.pack("@H", size))])
