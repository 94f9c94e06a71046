"""The socket that ICMP echo requests go out by, and their answers come in at.

A raw one where that is allowed, which takes privileges. Else the kernel's own ICMP socket, if it has one
(Linux, where net.ipv4.ping_group_range says who may use it; macOS): it sends nothing but echo requests, whose
identifier it chooses, and passes nothing on but the answers to them.
"""

from __future__ import annotations

import os
import socket
from collections import namedtuple

from .. import system
from ..addresses import IPAddr
from ..addresses.sockaddr import from_sockaddr, to_sockaddr
from ..errors import OpError
from ..poll.fd import FD
from ..poll.waits import now, readable, writable
from ..system.facts import ASKED, told
from .icmp import PROTOCOLS, Trouble, pack_request, parse, parse_request
from .ipv4 import LONGEST_HEADER, without_header

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Any, Self

__all__ = ["EchoSocket", "Heard", "open_echo"]

Heard = namedtuple("Heard", "sender ttl at message")
Heard.__doc__ = """What came for one of our requests: a `Reply` or a `Trouble`, from whom (`IPAddr`), how many
hops it had left (None if the system does not say), and when it was taken."""

_MOST = 65_535 + LONGEST_HEADER


def open_echo(version: int) -> EchoSocket:
    """For IPv4 or IPv6. Raises `OpError` of op `listen`, a `PermissionError` if neither kind is allowed."""
    protocol, network = PROTOCOLS[version]
    family = socket.AF_INET if version == 4 else socket.AF_INET6
    refused: OSError | None = None
    for kind in (socket.SOCK_RAW, socket.SOCK_DGRAM):
        try:
            sock = socket.socket(family, kind, protocol)
        except OSError as err:
            refused = refused or err
            # Where raw sockets are forbidden it is for that reason, whatever is wrong with the others.
            if isinstance(err, PermissionError):
                continue
            break
        try:
            return EchoSocket(sock, version)
        except BaseException:
            sock.close()
            raise
    assert refused is not None
    raise OpError("listen", network, None, None, refused, syscall="socket") from refused


class EchoSocket:
    """`identifier` is what our requests have in them."""

    def __init__(self, sock: socket.socket, version: int) -> None:
        self.version = version
        self.is_raw = sock.type == socket.SOCK_RAW
        self._network = f"ip{version}"
        self.identifier = int.from_bytes(os.urandom(2), "big")
        self._errors: Any = None
        if not self.is_raw:
            sock.bind(("0.0.0.0" if version == 4 else "::", 0))
            # Linux has it in place of the port, and writes it into every request; macOS leaves ours alone.
            self.identifier = sock.getsockname()[1] or self.identifier
            if system.error_queue is not None:
                self._errors = system.error_queue(sock)
        for level, option in ASKED[sock.family]:
            try:
                sock.setsockopt(level, option, 1)
            except OSError:
                pass  # The answers are the same without what it would tell of them.
        self._fd = FD(sock)

    async def send(self, addr: IPAddr, sequence: int, data: bytes) -> float:
        """Send a request; when it went. Raises `OpError` of op `write`."""
        fd = self._fd
        try:
            sockaddr = to_sockaddr(addr, fd.family)
            message = pack_request(self.version, self.identifier, sequence, data)
            # With an error queue, the error of an earlier request comes up here as well, once.
            again = self._errors is not None
            while True:
                time = await now()
                try:
                    fd.sock.sendto(message, sockaddr)
                    return time
                except BlockingIOError:
                    fd.writing.ready = False
                    await writable(fd)
                except OSError:
                    if not again:
                        raise
                    again = False
        except OSError as err:
            raise OpError("write", self._network, None, addr, err, syscall="sendto") from err

    async def receive(self, until: float | None = None) -> Heard | None:
        """What comes next for our requests, or None at the instant `until`. Raises `OpError` of op `read`."""
        fd = self._fd
        while True:
            try:
                heard = self._next(await now())
            except BlockingIOError:
                fd.reading.ready = False
                if not await readable(fd, until):
                    return None
                continue
            except OSError as err:
                raise OpError("read", self._network, None, None, err, syscall="recvmsg") from err
            if heard is not None:
                return heard
            if until is not None and await now() >= until:
                return None

    def _next(self, time: float) -> Heard | None:
        """The next message, None if it is not for us. Raises `BlockingIOError` if there is none."""
        if self._errors is not None:
            try:
                return self._next_error(time)
            except BlockingIOError:
                pass
        try:
            packet, hops, sockaddr = self._receive()
        except BlockingIOError:
            raise
        except OSError:
            # An error has come in just now.
            if self._errors is None:
                raise
            return self._next_error(time)
        if self.version == 4:
            payload = without_header(packet)
            if payload is not packet:
                hops = packet[8]
            packet = payload
        message = parse(self.version, packet)
        if message is None or message.identifier != self.identifier:
            return None
        return Heard(from_sockaddr(IPAddr, sockaddr), hops, time, message)

    def _receive(self) -> tuple[bytes, int | None, Any]:
        sock = self._fd.sock
        if not hasattr(sock, "recvmsg"):  # Windows
            packet, sockaddr = sock.recvfrom(_MOST)
            return packet, None, sockaddr
        packet, items, _, sockaddr = sock.recvmsg(_MOST, 512)
        return packet, told(items).ttl, sockaddr

    def _next_error(self, time: float) -> Heard | None:
        assert self._errors is not None
        error = self._errors.next()
        if error is None:
            return None
        kind, code, offender, quoted = error
        request = parse_request(self.version, quoted)
        if request is None:
            return None
        return Heard(from_sockaddr(IPAddr, offender), None, time, Trouble(kind, code, *request, None))

    def close(self) -> None:
        self._fd.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, err: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
