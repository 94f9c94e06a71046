"""Who receives what another of the same kind sends: `bench tls --what transfer`.

As a process it takes the `Job`, in JSON, and prints its port. One connection comes.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import sys
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from .processes import end_with_parent, pin
from .tls_contenders import HOST, WARM_UP, WORD, Job
from .tls_peer import REQUEST, server_context


def _amounts(job: Job) -> list[int]:
    """What comes, in whole pieces: to warm up, and what counts. Each is answered with a word."""
    return [count // job.size * job.size for count in (WARM_UP, job.count)]


def in_thread(job: Job, read: Callable[[int], bytes], write: Callable[[bytes], Any]) -> None:
    """`read` gives as much as there is, at most what it is asked for."""
    asked = REQUEST.size
    while asked:
        asked -= len(read(asked))
    for count in _amounts(job):
        while count > 0:
            got = len(read(min(job.size, count)))
            if not got:
                raise ConnectionError("cut off")
            count -= got
        write(WORD)
    with contextlib.suppress(OSError):
        read(1)


async def in_task(
    job: Job, read: Callable[[int], Awaitable[bytes]], write: Callable[[bytes], Awaitable[Any]]
) -> None:
    """`in_thread` with awaits."""
    asked = REQUEST.size
    while asked:
        asked -= len(await read(asked))
    for count in _amounts(job):
        while count > 0:
            got = len(await read(min(job.size, count)))
            if not got:
                raise ConnectionError("cut off")
            count -= got
        await write(WORD)
    with contextlib.suppress(OSError):
        await read(1)


def on_socket(job: Job) -> None:
    listener = socket.create_server((HOST, 0))
    print(listener.getsockname()[1], flush=True)
    sock, _ = listener.accept()
    with sock, server_context(Path(job.folder)).wrap_socket(sock, server_side=True) as made:
        in_thread(job, made.recv, made.sendall)


def on_dialnet(job: Job) -> None:
    from dialnet import tls

    with tls.listen("tcp", f"{HOST}:0", server_context(Path(job.folder))) as listener:
        print(listener.addr.port, flush=True)  # type: ignore[union-attr]
        with listener.accept() as conn:
            in_thread(job, conn.read, conn.write)


async def on_dialnet_aio(job: Job) -> None:
    from dialnet.aio import tls

    async with await tls.listen("tcp", f"{HOST}:0", server_context(Path(job.folder))) as listener:
        print(listener.addr.port, flush=True)  # type: ignore[union-attr]
        async with await listener.accept() as conn:
            await in_task(job, conn.read, conn.write)


async def on_streams(job: Job) -> None:
    over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def write(data: bytes) -> None:
            writer.write(data)
            await writer.drain()

        try:
            await in_task(job, reader.read, write)
        finally:
            writer.transport.abort()
            over.set_result(None)

    server = await asyncio.start_server(
        serve, HOST, 0, ssl=server_context(Path(job.folder)), limit=max(job.size, 65536)
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await over


def main() -> None:
    """Argument: the `Job`, in JSON."""
    job = Job(**json.loads(sys.argv[1]))
    pin(job.core)
    threading.Thread(target=end_with_parent, name="parent", daemon=True).start()
    if job.contender == "socket":
        on_socket(job)
    elif job.contender == "dialnet":
        on_dialnet(job)
    else:
        work = on_dialnet_aio(job) if job.contender.startswith("dialnet") else on_streams(job)
        if job.contender.endswith("uvloop"):
            import uvloop

            uvloop.run(work)
        else:
            asyncio.run(work)


if __name__ == "__main__":
    main()
