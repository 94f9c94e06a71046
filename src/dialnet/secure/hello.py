"""What can be seen of a conversation from outside: whether it is TLS at all, which name a client asks for,
where records end.

OpenSSL tells neither: it takes an HTTP answer for a wrong version number, and the name (RFC 6066, section 3)
only to a callback on the context, which is the program's to set.
"""

from __future__ import annotations

import struct

__all__ = [
    "HEADS",
    "Records",
    "has_client_hello",
    "header_of",
    "is_record",
    "looks_like_tls",
    "server_name",
]

# A record's head, as far as it is of interest: major version, length.
_HEAD = struct.Struct("!xBxH")

_ALERT, _HANDSHAKE = 21, 22
# The beginnings of a first record (RFC 8446, 5.1): a handshake or an alert, of version 3.x.
HEADS = (b"\x16\x03", b"\x15\x03")
_CLIENT_HELLO = 1
_SERVER_NAME = 0
# RFC 8446, section 5.2; TLS 1.2 had 2 KiB for what encryption adds, and nothing that uses them.
_MOST_IN_RECORD = 16_384 + 2048
# No ClientHello is longer; what is, is not looked into.
_MOST = 16_384


def looks_like_tls(data: bytes) -> bool:
    """Whether `data`, the beginning of what a peer sent, can be the head of a first record (RFC 8446, 5.1): a
    handshake or an alert, of version 3.x."""
    return data[:1] in (b"\x16", b"\x15") and data[1:2] in (b"", b"\x03")


def is_record(data: bytes) -> bool:
    """Whether `data` is one record from beginning to end, as far as its head says."""
    size = len(data) - 5
    return size >= 0 and data[1] == 3 and data[3] << 8 | data[4] == size <= _MOST_IN_RECORD


def has_client_hello(data: bytes) -> bool:
    """Whether `data` begins with a record that all of a ClientHello is in, as it mostly is."""
    if len(data) < 9 or data[:2] != b"\x16\x03" or data[5] != _CLIENT_HELLO or data[6]:
        return False
    length = 4 + (data[7] << 8 | data[8])
    return length <= (data[3] << 8 | data[4]) and 5 + length <= len(data)


def header_of(data: bytes) -> bytes:
    """A record's head: type, version, length."""
    return bytes(data[:5])


class Records:
    """Counts how much of what came so far, one read after the other, is a `part` of a record: all that is
    behind the last whole one. None, if something cannot be a record: OpenSSL will say what is wrong."""

    __slots__ = ("_head", "_missing", "part")

    def __init__(self) -> None:
        self.part = 0
        # Of a record that has begun: what there is of its head, or how much of its body is to come.
        self._head = b""
        self._missing = 0

    def add(self, data: bytes) -> None:
        """What was read next."""
        at = whole = self._missing
        if self._head:
            data = self._head + data
            self._head = b""
        end = len(data)
        if at > end:
            self._missing = at - end
            self.part += end
            return
        last = end - _HEAD.size
        while at <= last:
            major, length = _HEAD.unpack_from(data, at)
            if major != 3 or length > _MOST_IN_RECORD:
                self.part = self._missing = 0
                return
            whole, at = at, at + _HEAD.size + length
        if at <= end:
            whole, self._head, self._missing = at, data[at:], 0
        else:
            self._missing = at - end
        self.part = end - whole


def server_name(data: bytes | bytearray) -> str | None:
    """The name in a ClientHello, `""` if it has none; None while it is not complete."""
    try:
        hello = _first_message(data)
        return None if hello is None else _name_in(hello)
    except IndexError:
        return ""  # OpenSSL will say what is wrong with it.


def _first_message(data: bytes | bytearray) -> memoryview | None:
    """The first handshake message, put together from its records."""
    message, at = bytearray(), 0
    while True:
        if len(message) >= 4:
            length = 4 + int.from_bytes(message[1:4], "big")
            if message[0] != _CLIENT_HELLO or length > _MOST:
                raise IndexError
            if len(message) >= length:
                return memoryview(message)[4:length]
        if len(data) < at + 5:
            return None
        if data[at] != _HANDSHAKE:
            raise IndexError
        length = int.from_bytes(data[at + 3 : at + 5], "big")
        message += data[at + 5 : at + 5 + length]
        at += 5 + length


def _name_in(hello: memoryview) -> str:
    at = 2 + 32  # version, random
    at += 1 + hello[at]  # session id
    at += 2 + _number(hello, at)  # cipher suites
    at += 1 + hello[at]  # compression methods
    at += 2  # how long the extensions are
    while at < len(hello):
        kind, length = _number(hello, at), _number(hello, at + 2)
        at += 4
        if kind == _SERVER_NAME:
            # The length of the list, a name's type (0: a host's), its length, and the name.
            name = bytes(hello[at + 5 : at + length])
            return name.decode("ascii", "backslashreplace") if hello[at + 2] == 0 else ""
        at += length
    return ""


def _number(data: memoryview, at: int) -> int:
    return data[at] << 8 | data[at + 1]
