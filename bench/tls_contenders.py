"""The contenders of `bench tls`, each in a process of its own: how it reads, writes and shakes hands.

`python -m bench.tls_contenders JSON` does one `Job` and prints one `Outcome`.
"""

from __future__ import annotations

import asyncio
import gc
import json
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .load import server_clock
from .processes import pin
from .tls_peer import AT_ONCE, BLOCK, REQUEST, client_context, server_context

WARM_UP = 4 << 20
HOST = "127.0.0.1"
WORD = b"k"


@dataclass(frozen=True)
class Job:
    """`what` is `write`, `read`, `readinto`, `client` or `server`; `count` is bytes or handshakes; `peers`
    are the processes of the peer."""

    contender: str
    what: str
    port: int
    peers: list[int]
    folder: str
    core: int
    count: int
    size: int = 0


@dataclass
class Outcome:
    """Seconds; CPU seconds of the contender, of its peer (`None`: unknown), and of the contender what was
    spent from a connected socket to the end of the handshake."""

    seconds: float = 0.0
    cpu: float = 0.0
    peer_cpu: float | None = None
    shaking: float = 0.0


class Clock:
    """Measures what is inside `with`."""

    def __init__(self, peers: list[int]) -> None:
        self._peers = list(map(server_clock, peers))
        self.outcome = Outcome()

    def _peer(self) -> float | None:
        """The CPU time of all processes of the peer, if it can be known."""
        spent = 0.0
        for clock in self._peers:
            seconds = clock()
            if seconds is None:
                return None
            spent += seconds
        return spent

    @contextmanager
    def running(self) -> Iterator[None]:
        peer, start, cpu = self._peer(), time.perf_counter(), time.process_time()
        yield
        out = self.outcome
        out.cpu, out.seconds = time.process_time() - cpu, time.perf_counter() - start
        end = self._peer()
        out.peer_cpu = None if peer is None or end is None else end - peer


def asked(job: Job) -> bytes:
    """What the peer is told."""
    return REQUEST.pack(b"w" if job.what == "write" else b"r", WARM_UP, job.count)


def pieces(job: Job) -> memoryview:
    """What is written at a time; its beginning is what the peer expects."""
    return memoryview(BLOCK * -(-job.size // len(BLOCK)))[: job.size]


def threads_bulk(job: Job, clock: Clock, write: Callable[..., Any], read: Any, into: Any) -> None:
    """The same loops for both: `write` is one of all, `read` and `into` as much as there is."""

    def send(count: int) -> None:
        data = pieces(job)
        for _ in range(count // job.size):
            write(data)
        if read(1) != WORD:
            raise ConnectionError("no answer")

    def receive(count: int) -> None:
        size = job.size
        if job.what == "read":
            while count > 0:
                count -= len(read(size))
        else:
            buffer = memoryview(bytearray(size))
            while count > 0:
                count -= into(buffer)
        write(WORD)

    go = send if job.what == "write" else receive
    write(asked(job))
    go(WARM_UP)
    with clock.running():
        go(job.count)


async def tasks_bulk(job: Job, clock: Clock, write: Any, read: Any, into: Any) -> None:
    """`threads_bulk` with awaits."""

    async def send(count: int) -> None:
        data = pieces(job)
        for _ in range(count // job.size):
            await write(data)
        if await read(1) != WORD:
            raise ConnectionError("no answer")

    async def receive(count: int) -> None:
        size = job.size
        if job.what == "read":
            while count > 0:
                count -= len(await read(size))
        else:
            buffer = memoryview(bytearray(size))
            while count > 0:
                count -= await into(buffer)
        await write(WORD)

    go = send if job.what == "write" else receive
    await write(asked(job))
    await go(WARM_UP)
    with clock.running():
        await go(job.count)


def on_socket(job: Job, clock: Clock) -> None:
    context = client_context(Path(job.folder))
    with (
        socket.create_connection((HOST, job.port)) as sock,
        context.wrap_socket(sock, server_hostname=HOST) as made,
    ):
        threads_bulk(job, clock, made.sendall, made.recv, made.recv_into)


def on_dialnet(job: Job, clock: Clock) -> None:
    from dialnet import tls

    with tls.dial("tcp", f"{HOST}:{job.port}", client_context(Path(job.folder))) as conn:
        threads_bulk(job, clock, conn.write, conn.read, conn.readinto)


async def on_dialnet_aio(job: Job, clock: Clock) -> None:
    from dialnet.aio import tls

    async with tls.dial("tcp", f"{HOST}:{job.port}", client_context(Path(job.folder))) as conn:
        await tasks_bulk(job, clock, conn.write, conn.read, conn.readinto)


async def on_streams(job: Job, clock: Clock) -> None:
    context = client_context(Path(job.folder))
    reader, writer = await asyncio.open_connection(
        HOST, job.port, ssl=context, server_hostname=HOST, limit=max(job.size, 65536)
    )

    async def write(data: Any) -> None:
        writer.write(data)
        await writer.drain()

    await tasks_bulk(job, clock, write, reader.read, None)
    writer.transport.abort()


def _uvloop(job: Any) -> Any:
    import uvloop

    return uvloop.run(job)


BULK: dict[str, Callable[[Job, Clock], Any]] = {
    "socket": on_socket,
    "dialnet": on_dialnet,
    "asyncio": lambda job, clock: asyncio.run(on_streams(job, clock)),
    "uvloop": lambda job, clock: _uvloop(on_streams(job, clock)),
    "dialnet-asyncio": lambda job, clock: asyncio.run(on_dialnet_aio(job, clock)),
    "dialnet-uvloop": lambda job, clock: _uvloop(on_dialnet_aio(job, clock)),
}


def in_threads(work: Callable[[], None], count: int) -> None:
    """`work` so many times, in as many threads as the peer has."""
    left = list(range(count))

    def some() -> None:
        while True:
            try:
                left.pop()
            except IndexError:
                return
            work()

    workers = [threading.Thread(target=some, daemon=True) for _ in range(AT_ONCE)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


def as_clients(job: Job, spent: list[float]) -> Callable[[], None]:
    """One handshake with the peer, and the word that says it has ended there too."""
    clock = time.thread_time
    context = client_context(Path(job.folder))
    if job.contender == "socket":

        def visit() -> None:
            with socket.create_connection((HOST, job.port)) as sock:
                began = clock()
                with context.wrap_socket(sock, server_hostname=HOST) as made:
                    spent.append(clock() - began)
                    made.recv(1)
    else:
        import dialnet as net
        from dialnet import tls

        def visit() -> None:
            below = net.dial("tcp", f"{HOST}:{job.port}")
            began = clock()
            with tls.client(below, context, HOST) as conn:
                conn.handshake()
                spent.append(clock() - began)
                conn.read(1)

    return visit


def as_servers(job: Job, spent: list[float]) -> tuple[int, Callable[[], None]]:
    """A port, and one handshake with whoever comes there."""
    clock = time.thread_time
    context = server_context(Path(job.folder))
    if job.contender == "socket":
        listener = socket.create_server((HOST, 0), backlog=64)

        def greet() -> None:
            sock, _ = listener.accept()
            began = clock()
            with sock, context.wrap_socket(sock, server_side=True) as made:
                spent.append(clock() - began)
                made.sendall(b"x")

        return listener.getsockname()[1], greet

    import dialnet as net
    from dialnet import tls

    listening = net.listen("tcp", f"{HOST}:0")

    def serve() -> None:
        below = listening.accept()
        began = clock()
        with tls.server(below, context) as conn:
            conn.handshake()
            spent.append(clock() - began)
            conn.write(b"x")

    return listening.addr.port, serve  # type: ignore[union-attr]


def shake(job: Job, clock: Clock) -> None:
    """`job.count` handshakes, after a few that do not count."""
    spent: list[float] = []
    if job.what == "client":
        work = as_clients(job, spent)
    else:
        port, work = as_servers(job, spent)
        print(port, flush=True)
    in_threads(work, 2 * AT_ONCE)
    spent.clear()
    with clock.running():
        in_threads(work, job.count)
    clock.outcome.shaking = sum(spent)


def main() -> None:
    """Argument: the `Job`, in JSON."""
    job = Job(**json.loads(sys.argv[1]))
    pin(job.core)
    clock = Clock(job.peers)
    # As programs do before they serve.
    gc.freeze()
    if job.what in ("client", "server"):
        shake(job, clock)
    else:
        BULK[job.contender](job, clock)
    print(json.dumps(asdict(clock.outcome)), flush=True)


if __name__ == "__main__":
    main()
