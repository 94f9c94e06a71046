"""A DNS server that does what a test's script says, with UDP and TCP on one port of loopback.

    def script(query, transport, nth):
        if nth == 0:
            return []  # nothing at all
        return [delay(0.1), reply(query, "a.example. A 192.0.2.1")]

    with Scripted(script) as server:
        resolver = net.Resolver(servers=[server.address])
        ...
        assert [received.type for received in server.received] == ["A", "A"]

A script is asked for every query and says what follows: a list of messages (`dns.message.Message` or bytes),
which are sent, and of actions such as `delay`. `nth` counts how often this very question has come over this
transport before. A script that fails, and a query that is no DNS message, fail the test at the end of the
`with` block. The messages are in `answers.py`.

The server is an asyncio loop in a thread of its own, which ends with the block.
"""

from __future__ import annotations

import asyncio
import errno
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from dataclasses import dataclass, field
from typing import Any

import dns.flags
import dns.message
import dns.rdatatype

from tests.hosts import PATIENCE

Action = Callable[["Exchange"], Awaitable[None]]
Step = dns.message.Message | bytes | Action
Script = Callable[[dns.message.Message, str, int], Iterable[Step]]


@dataclass(frozen=True)
class Received:
    """One query as it came."""

    query: dns.message.Message
    data: bytes
    transport: str
    source: tuple[str, int]
    at: float = field(default_factory=time.monotonic)

    @property
    def id(self) -> int:
        return self.query.id

    @property
    def flags(self) -> dns.flags.Flag:
        return self.query.flags

    @property
    def name(self) -> str:
        return self.query.question[0].name.to_text()

    @property
    def type(self) -> str:
        return dns.rdatatype.to_text(self.query.question[0].rdtype)


class Exchange:
    """One query and the way back to who asked it. Actions get it."""

    def __init__(self, received: Received, udp: socket.socket, conn: socket.socket | None) -> None:
        self.received = received
        self.udp = udp
        self.conn = conn
        self.loop = asyncio.get_running_loop()

    async def send(self, message: dns.message.Message | bytes) -> None:
        """A whole message, over TCP with its length before it."""
        data = wire(message)
        if self.conn is not None:
            data = len(data).to_bytes(2) + data
        await self.send_raw(data)

    async def send_raw(self, data: bytes) -> None:
        if self.conn is not None:
            await self.loop.sock_sendall(self.conn, data)
        else:
            await self.loop.sock_sendto(self.udp, data, self.received.source)


def wire(message: dns.message.Message | bytes) -> bytes:
    # Left to itself, dnspython keeps to the size that the query allows.
    return message if isinstance(message, bytes) else message.to_wire(max_size=65535)


class _HangUp(Exception):
    """The connection ends here, by the script's wish."""


# Actions.


def delay(seconds: float) -> Action:
    """What comes next comes later."""
    return lambda _: asyncio.sleep(seconds)


def until(event: threading.Event) -> Action:
    """What comes next waits for the test to say so."""

    async def act(_: Exchange) -> None:
        while not event.is_set():
            await asyncio.sleep(0.002)

    return act


def raw(data: bytes) -> Action:
    """These bytes; over TCP without a length before them."""
    return lambda exchange: exchange.send_raw(data)


def from_elsewhere(message: dns.message.Message | bytes, host: str | None = None) -> Action:
    """UDP: the message from another port, or from the same port of another address of this machine."""

    async def act(exchange: Exchange) -> None:
        own = exchange.udp.getsockname()
        with socket.socket(exchange.udp.family, socket.SOCK_DGRAM) as other:
            other.bind((own[0], 0) if host is None else (host, own[1]))
            other.setblocking(False)
            await exchange.loop.sock_sendto(other, wire(message), exchange.received.source)

    return act


def drip(message: dns.message.Message | bytes, interval: float) -> Action:
    """TCP: the message, its length first, byte by byte."""

    async def act(exchange: Exchange) -> None:
        assert exchange.conn is not None, "a datagram does not drip"
        exchange.conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        data = wire(message)
        for byte in len(data).to_bytes(2) + data:
            await exchange.send_raw(bytes([byte]))
            await asyncio.sleep(interval)

    return act


async def hang_up(exchange: Exchange) -> None:
    """TCP: the connection ends."""
    raise _HangUp


def half(message: dns.message.Message | bytes) -> Action:
    """TCP: the message's length and half of it, and then the end."""

    async def act(exchange: Exchange) -> None:
        data = wire(message)
        await exchange.send_raw(len(data).to_bytes(2) + data[: len(data) // 2])
        raise _HangUp

    return act


async def reset(exchange: Exchange) -> None:
    """TCP: the connection is reset."""
    assert exchange.conn is not None, "there is no connection"
    # Lingering for no time at all means RST instead of FIN.
    exchange.conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    raise _HangUp


# The server.


class Scripted:
    """The server, while its `with` block lasts; see above. Without `host` it listens on the family's loopback
    address, without `port` on a free one."""

    def __init__(
        self,
        script: Script,
        *,
        family: socket.AddressFamily = socket.AF_INET,
        host: str | None = None,
        port: int = 0,
    ) -> None:
        self.received: list[Received] = []
        self.address = ""
        self.port = 0
        self._script = script
        self._family = family
        self._where = (host or ("::1" if family == socket.AF_INET6 else "127.0.0.1"), port)
        self._counts: Counter[tuple[str, str, str]] = Counter()
        self._failures: list[BaseException] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._ready = threading.Event()
        self._caught_up = threading.Semaphore(0)

    def asked(self, type: str, transport: str | None = None) -> list[Received]:
        """The queries for records of this type so far."""
        return [r for r in self.received if r.type == type and transport in (None, r.transport)]

    def catch_up(self) -> None:
        """Return when whatever was sent over UDP so far is in `received`: a lookup that was given up leaves
        queries on their way."""
        with socket.socket(self._family, socket.SOCK_DGRAM) as sock:
            sock.sendto(b"", self._udp.getsockname())
        assert self._caught_up.acquire(timeout=PATIENCE), "the server does not read"

    def __enter__(self) -> Scripted:
        self._udp, self._tcp = bound(self._family, self._where)
        self._tcp.listen(1024)
        host, self.port = self._udp.getsockname()[:2]
        self.address = f"[{host}]:{self.port}" if self._family == socket.AF_INET6 else f"{host}:{self.port}"
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name=f"DNS {self.address}")
        self._thread.start()
        assert self._ready.wait(PATIENCE), "the server did not start"
        return self

    def __exit__(self, kind: object, err: BaseException | None, traceback: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive(), "the server did not end"
        for failure in self._failures:
            if err is None:
                raise failure
            err.add_note(f"the server {self.address} failed too: {failure!r}")

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        with self._udp, self._tcp:
            self._begin(self._receive())
            self._loop.add_reader(self._tcp, self._accept)
            self._ready.set()
            await self._stop.wait()
            self._loop.remove_reader(self._tcp)
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def _begin(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (err := task.exception()) is not None:
            self._failures.append(err)

    async def _receive(self) -> None:
        while True:
            data, source = await self._loop.sock_recvfrom(self._udp, 65535)
            if data:
                self._begin(self._answer(data, source, None))
            else:
                # A mark. The tasks of those before it have been begun, and take their first step before this.
                self._loop.call_soon(self._caught_up.release)

    def _accept(self) -> None:
        # Not a task with sock_accept(): cancelled at the wrong moment, it loses a connection.
        try:
            conn, source = self._tcp.accept()
        except BlockingIOError:
            return  # It has been given up meanwhile.
        conn.setblocking(False)
        self._begin(self._converse(conn, source)).add_done_callback(lambda _: conn.close())

    async def _converse(self, conn: socket.socket, source: Any) -> None:
        with conn:
            try:
                while True:
                    size = int.from_bytes(await self._exactly(conn, 2))
                    await self._answer(await self._exactly(conn, size), source, conn)
            except (_HangUp, EOFError, ConnectionError):
                return  # The script's wish, or the client is gone.

    async def _exactly(self, conn: socket.socket, size: int) -> bytes:
        data = b""
        while len(data) < size:
            more = await self._loop.sock_recv(conn, size - len(data))
            if not more:
                raise EOFError
            data += more
        return data

    async def _answer(self, data: bytes, source: Any, conn: socket.socket | None) -> None:
        transport = "udp" if conn is None else "tcp"
        received = Received(dns.message.from_wire(data), data, transport, source)
        self.received.append(received)
        key = (received.name.lower(), received.type, transport)
        nth = self._counts[key]
        self._counts[key] += 1
        exchange = Exchange(received, self._udp, conn)
        for step in self._script(received.query, transport, nth):
            if isinstance(step, (dns.message.Message, bytes)):
                await exchange.send(step)
            else:
                await step(exchange)


def bound(family: int, where: tuple[str, int]) -> tuple[socket.socket, socket.socket]:
    """A UDP and a TCP socket with the same port, neither of which blocks."""
    for _ in range(100):
        udp, tcp = socket.socket(family, socket.SOCK_DGRAM), socket.socket(family, socket.SOCK_STREAM)
        try:
            # A link-local address needs its zone taken out of the text, which getaddrinfo does.
            udp.bind(_resolved(family, where))
            tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tcp.bind(udp.getsockname())
        except OSError as err:
            udp.close()
            tcp.close()
            if err.errno != errno.EADDRINUSE or where[1]:
                raise
            continue
        for sock in (udp, tcp):
            sock.setblocking(False)
        return udp, tcp
    raise AssertionError("no port is free for both")


def _resolved(family: int, where: tuple[str, int]) -> Any:
    return socket.getaddrinfo(*where, family, socket.SOCK_DGRAM, 0, socket.AI_NUMERICHOST)[0][4]
