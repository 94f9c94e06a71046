"""How a question travels: over sockets of our own, or over connections that a caller's `dial` makes.

Each question has a new socket, so its port is one the kernel has just drawn, and a late answer to an
earlier question finds nobody. The socket is connected: the kernel drops what others send, and tells when
nobody listens there. Any `OSError` that comes out is an `OpError` that names both ends.
"""

from __future__ import annotations

import errno
import functools
import os
import socket
import types

from ..addresses import TCPAddr, UDPAddr, split_host_port
from ..addresses.sockaddr import from_sockaddr, to_sockaddr
from ..errors import DeadlineExceededError, OpError
from ..poll.fd import FD
from ..poll.receiver import Receiver
from ..poll.waits import Wait, here, readable, start, wait, writable
from .dns.message import Message, Query
from .talk import LARGEST, Stream, datagram_answer
from .threads import pool

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator
    from typing import Any, Protocol

    from ..poll.waits import Request

    class Transport(Protocol):
        def exchange(self, network: str, server: str, query: Query, until: float) -> Awaitable[Message]:
            """The answer to `query` from `server` over `network` (`udp` or `tcp`).

            Raises `OSError` (an `OpError` where a socket failed; its cause a `DeadlineExceededError` at
            `until`), `EOFError`, `BadAnswerError`.
            """


__all__ = ["DialedTransport", "SocketTransport", "Wanted"]


def _address(server: str) -> tuple[int, Any]:
    """The family and socket address of `IP:port`. What a zone means may change, so none is remembered."""
    return _parse(server) if "%" in server else _remembered(server)


def _parse(server: str) -> tuple[int, Any]:
    host, port = split_host_port(server)
    ip, _, zone = host.partition("%")
    addr = UDPAddr(ip, int(port), zone)
    assert addr.ip is not None
    family = socket.AF_INET if addr.ip.version == 4 else socket.AF_INET6
    return family, to_sockaddr(addr, family)


_remembered: Callable[[str], tuple[int, Any]] = functools.lru_cache(64)(_parse)


class SocketTransport:
    """UDP and TCP sockets."""

    def exchange(self, network: str, server: str, query: Query, until: float) -> Awaitable[Message]:
        if network == "udp":
            return self._over_udp(server, query, until)
        return self._over_tcp(server, Stream(query), until)

    async def _over_tcp(self, server: str, talk: Stream, until: float) -> Message:
        family, sockaddr = _address(server)
        op = "dial"
        fd: FD | None = None
        try:
            fd = FD(socket.socket(family, socket.SOCK_STREAM))
            await self._connect(fd, sockaddr, until)
            op = "write"
            await self._send(fd, talk.outgoing, until)
            op = "read"
            return await self._stream(fd, talk, until)
        except OSError as err:
            raise _op_error(op, "tcp", fd, server, err) from err
        finally:
            if fd is not None:
                fd.close()

    # A generator, so that the one wait of every question has no coroutine of its own.
    @types.coroutine
    def _over_udp(self, server: str, query: Query, until: float) -> Generator[Request, Any, Message]:
        family, sockaddr = _address(server)
        op = "dial"
        receiver: Receiver | None = None
        try:
            receiver = Receiver(family)
            sock = receiver.sock
            sock.connect(sockaddr)
            op = "write"
            sock.send(query.packed)
            op = "read"
            while True:
                # Nothing can be there yet.
                if not (yield Wait((receiver,), until)):
                    raise DeadlineExceededError
                try:
                    while True:
                        message = datagram_answer(query, sock.recv(LARGEST))
                        if message is not None:
                            return message
                except BlockingIOError:
                    receiver.ready = False
        except OSError as err:
            raise _op_error(op, "udp", receiver, server, err) from err
        finally:
            if receiver is not None:
                receiver.close()

    async def _connect(self, fd: FD, sockaddr: Any, until: float) -> None:
        code = fd.sock.connect_ex(sockaddr)
        if code in (errno.EINPROGRESS, errno.EINTR, getattr(errno, "WSAEWOULDBLOCK", errno.EINPROGRESS)):
            fd.writing.ready = False
            if not await writable(fd, until):
                raise DeadlineExceededError
            code = fd.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            raise OSError(code, os.strerror(code))
        fd.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    async def _send(self, fd: FD, data: bytes, until: float) -> None:
        while data:
            try:
                data = data[fd.sock.send(data) :]
            except BlockingIOError:
                fd.writing.ready = False
                if not await writable(fd, until):
                    raise DeadlineExceededError from None

    async def _stream(self, fd: FD, talk: Stream, until: float) -> Message:
        while True:
            try:
                message = talk.take(fd.sock.recv(talk.wanted))
            except BlockingIOError:
                fd.reading.ready = False
                if not await readable(fd, until):
                    raise DeadlineExceededError from None
            else:
                if message is not None:
                    return message


def _op_error(op: str, network: str, fd: FD | Receiver | None, server: str, err: OSError) -> OpError:
    kind = UDPAddr if network == "udp" else TCPAddr
    _, sockaddr = _address(server)
    local = None
    if fd is not None and op != "dial":
        try:
            local = from_sockaddr(kind, fd.sock.getsockname())
        except OSError:
            pass  # It is the address that is missing in the text then, nothing more.
    return OpError(op, network, local, from_sockaddr(kind, sockaddr), err)


class Wanted:
    """A connection that somebody else makes, for as long as its answer is wanted.

    Each side first says what it has done and then looks at what the other has, so whichever is later closes.
    """

    __slots__ = ("_conn", "_given_up")

    def __init__(self) -> None:
        self._conn: Any = None
        self._given_up = False

    def adopt(self, conn: Any) -> None:
        """It is made. Closed at once if nobody waits any more."""
        self._conn = conn
        if self._given_up:
            conn.close()

    def give_up(self) -> None:
        """Close it, which wakes a thread that waits in it; now, or when it is made."""
        self._given_up = True
        if self._conn is not None:
            self._conn.close()


class DialedTransport:
    """Connections from a caller's `dial(network, address)`.

    `converse(dial, network, server, query, until, wanted)` is the face's: it dials, asks and closes, in a
    thread or a task of its own, so that a lookup can end while that is stuck. `for_tasks` says which.
    """

    def __init__(self, dial: Callable[..., Any], converse: Callable[..., Any], for_tasks: bool) -> None:
        self._dial = dial
        self._converse = converse
        self._for_tasks = for_tasks

    async def exchange(self, network: str, server: str, query: Query, until: float) -> Message:
        if isinstance(await here(), int) == self._for_tasks:
            # A dialer may have been given the other's: its calls would stop the loop, or never run.
            raise TypeError("a Resolver with a dial of its own serves threads or tasks, as its face does")
        wanted = Wanted()
        call = functools.partial(self._converse, self._dial, network, server, query, until, wanted)
        work = await start(call, pool)
        try:
            if not await wait(work, until=until):
                raise DeadlineExceededError
        finally:
            work.abandon()
            wanted.give_up()
        if work.error is not None:
            raise work.error
        return work.value  # type: ignore[no-any-return]
