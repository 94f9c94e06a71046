"""A TLS connection of ours whose other end is a forcing peer, in a thread of its own."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from tests.certificates import NAME, client_context, server_context
from tests.hosts import Host
from tests.tls.forcing import Peer, peer
from tests.tls.support import LIMIT

V12, V13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


class Beside:
    """What the peer does, in a thread."""

    def __init__(self, work: Callable[[], Any]) -> None:
        self.value: Any = None
        self.error: BaseException | None = None

        def run() -> None:
            try:
                self.value = work()
            except BaseException as err:
                self.error = err

        self._thread = threading.Thread(target=run, name="peer", daemon=True)
        self._thread.start()

    @property
    def ended(self) -> bool:
        return not self._thread.is_alive()

    async def end(self, host: Host) -> Any:
        await host.until(lambda: self.ended)
        if self.error is not None:
            raise self.error
        return self.value


@asynccontextmanager
async def against(
    host: Host,
    version: ssl.TLSVersion,
    script: Callable[[Peer], Any],
    client_side: bool = True,
    context: ssl.SSLContext | None = None,
) -> AsyncIterator[tuple[Any, Beside]]:
    """Our end (a client's or a server's), and the peer, which does as the script says after the handshake."""
    with socket.create_server(("127.0.0.1", 0)) as ln:
        below = await host.net.dial("tcp", f"127.0.0.1:{ln.getsockname()[1]}")
        sock, _ = ln.accept()
    if context is None:
        context = client_context(version) if client_side else server_context(version)
    conn = host.tls.client(below, context, NAME) if client_side else host.tls.server(below, context)
    conn.set_deadline(LIMIT)
    with peer(sock, client_side, version) as other:

        def work() -> Any:
            other.handshake()
            return script(other)

        beside = Beside(work)
        try:
            await conn.handshake()
            yield conn, beside
        finally:
            conn.close()
            beside._thread.join(30)


async def read_exactly(conn: Any, n: int) -> bytes:
    data = bytearray()
    while len(data) < n:
        got = await conn.read(n - len(data))
        assert got, "the stream ended"
        data += got
    return bytes(data)
