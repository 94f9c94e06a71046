"""Netlink (RFC 3549; netlink(7), rtnetlink(7)) without I/O: what to ask, and what the answer's bytes say.

Whatever the bytes, the answer is values, an `OSError` that the kernel reported, or a `NetlinkError`.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator

from ..errors import Error

__all__ = [
    "RTM_GETADDR",
    "RTM_GETLINK",
    "RTM_NEWADDR",
    "RTM_NEWLINK",
    "Dump",
    "NetlinkError",
    "attributes",
    "dump_request",
]

RTM_NEWLINK, RTM_GETLINK = 16, 18
RTM_NEWADDR, RTM_GETADDR = 20, 22

_NLMSG_ERROR, _NLMSG_DONE, _NLMSG_OVERRUN = 2, 3, 4
_NLM_F_REQUEST, _NLM_F_MULTI, _NLM_F_DUMP_INTR, _NLM_F_DUMP = 0x1, 0x2, 0x10, 0x300
_TYPE_MASK = 0x3FFF  # beside it NLA_F_NESTED and NLA_F_NET_BYTEORDER
_HEADER = struct.Struct("=IHHII")  # struct nlmsghdr: length, type, flags, sequence number, port
_ATTRIBUTE = struct.Struct("=HH")  # struct rtattr: length, type
_NUMBER = struct.Struct("=i")
_LARGEST_ERRNO = 4095  # MAX_ERRNO


class NetlinkError(Error, ValueError):
    """Bytes that are no netlink answer; the text says what is wrong with them."""


def dump_request(kind: int, sequence: int) -> bytes:
    """A request for all that there is of a kind: `RTM_GETLINK` or `RTM_GETADDR`."""
    # As long as struct ifinfomsg, which is longer than ifaddrmsg: no kernel takes it for cut off.
    body = bytes(16)
    flags = _NLM_F_REQUEST | _NLM_F_DUMP
    return _HEADER.pack(_HEADER.size + len(body), kind, flags, sequence, 0) + body


class Dump:
    """The answer to one request: datagrams go in until `done`."""

    def __init__(self, kind: int, sequence: int) -> None:
        self._kind = kind
        self._sequence = sequence
        self.payloads: list[bytes] = []
        self.done = False
        # Something changed meanwhile: entries may be missing, or there twice.
        self.interrupted = False

    def feed(self, data: bytes) -> None:
        """Take a datagram in. Raises `NetlinkError`, or the `OSError` that the kernel answers with."""
        if not data:
            raise NetlinkError("netlink: an empty datagram")
        for kind, flags, sequence, payload in _messages(data):
            if self.done or sequence != self._sequence:
                continue  # an answer to somebody else
            if flags & _NLM_F_DUMP_INTR:
                self.interrupted = True
            if kind == _NLMSG_ERROR:
                raise _system_error(payload)
            if kind == _NLMSG_DONE:
                # A dump that failed halfway says so at its end.
                if len(payload) >= _NUMBER.size and _NUMBER.unpack_from(payload)[0] < 0:
                    raise _system_error(payload)
                self.done = True
            elif kind == _NLMSG_OVERRUN:
                raise NetlinkError("netlink: part of the answer was lost")
            elif kind == self._kind:
                self.payloads.append(payload)
                self.done = not flags & _NLM_F_MULTI


def _messages(data: bytes) -> Iterator[tuple[int, int, int, bytes]]:
    """Each message in a datagram: type, flags, sequence number, payload."""
    at = 0
    while at < len(data):
        if len(data) - at < _HEADER.size:
            raise NetlinkError("netlink: a message's header is cut off")
        length, kind, flags, sequence, _ = _HEADER.unpack_from(data, at)
        if length < _HEADER.size:
            raise NetlinkError("netlink: a message shorter than its header")
        if length > len(data) - at:
            raise NetlinkError("netlink: a message is cut off")
        yield kind, flags, sequence, data[at + _HEADER.size : at + length]
        at += length + 3 & ~3


def attributes(data: bytes) -> dict[int, bytes]:
    """The attributes in `data` by type; of two of a type the last. Raises `NetlinkError`."""
    found = {}
    at = 0
    while at < len(data):
        if len(data) - at < _ATTRIBUTE.size:
            raise NetlinkError("netlink: an attribute's header is cut off")
        length, kind = _ATTRIBUTE.unpack_from(data, at)
        if length < _ATTRIBUTE.size:
            raise NetlinkError("netlink: an attribute shorter than its header")
        if length > len(data) - at:
            raise NetlinkError("netlink: an attribute is cut off")
        found[kind & _TYPE_MASK] = data[at + _ATTRIBUTE.size : at + length]
        at += length + 3 & ~3
    return found


def _system_error(payload: bytes) -> OSError:
    """What struct nlmsgerr begins with: an error number, negated. 0 would be an acknowledgment, which nobody
    has asked for."""
    number = -_NUMBER.unpack_from(payload)[0] if len(payload) >= _NUMBER.size else 0
    if not 0 < number <= _LARGEST_ERRNO:
        return NetlinkError("netlink: an error message without an error number")
    return OSError(number, os.strerror(number))
