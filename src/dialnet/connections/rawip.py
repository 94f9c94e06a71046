"""What raw IP connections are in both faces."""

from __future__ import annotations

import socket

from ..sockets.ipv4 import LONGEST_HEADER, without_header
from ..sockets.opened import Opened
from .packets import Packets

__all__ = ["RawPackets"]


class RawPackets(Packets):
    """A connection of IP packets."""

    _stream = _ends = False
    # How much more is read than the caller wants, to have that much left without the header.
    _room = 0

    def __init__(self, opened: Opened) -> None:
        super().__init__(opened)  # type: ignore[call-arg]
        self._connected = opened.remote is not None
        if opened.fd.sock.family == socket.AF_INET:
            self._room = LONGEST_HEADER

    def _payload(self, packet: bytes) -> bytes:
        return without_header(packet) if self._room else packet
