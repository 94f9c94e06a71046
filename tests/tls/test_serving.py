"""`serve` over a listener of TLS: one that is closed while there is no room for anybody else."""

from __future__ import annotations

from typing import Any

import pytest

from tests import hosts
from tests.certificates import server_context


class OwnForThreads:
    """A listener of a user's: only what is called."""

    def __init__(self, below: Any) -> None:
        self.below = below
        self.addr = below.addr

    def accept(self, *, cancel: Any = None) -> Any:
        return self.below.accept(cancel=cancel)

    def close(self) -> None:
        self.below.close()


class OwnForTasks(OwnForThreads):
    async def accept(self, *, cancel: Any = None) -> Any:
        return await self.below.accept(cancel=cancel)


async def listening(host: hosts.Host, kind: str) -> tuple[Any, Any]:
    """A listener of TLS, and what is to be closed."""
    if kind == "listen":
        ln = await host.tls.listen("tcp", "127.0.0.1:0", server_context())
        return ln, ln
    below = await host.net.listen("tcp", "127.0.0.1:0")
    if kind == "below":
        return host.tls.new_listener(below, server_context()), below
    own = OwnForThreads(below.seen) if host.is_threads else OwnForTasks(below)
    ln = host.tls.new_listener(own, server_context())
    if kind == "twice":
        ln = host.tls.new_listener(ln, server_context())
    return ln, ln


@pytest.mark.parametrize("kind", ["listen", "below", "own", "twice"])
def test_closing_while_there_is_no_room(host_name: str, kind: str) -> None:
    """A peer that stalls in its handshake has the grace and no more."""

    async def body(host: hosts.Host) -> None:
        ln, closed = await listening(host, kind)
        bare = hosts.bare((ln,))[0]

        def stalled(conn: Any) -> Any:
            return conn.handshake()

        async def serve() -> None:
            made = host.net.serve(bare, stalled, limit=1, grace=0)
            if made is not None:
                await made

        job = host.start(serve)
        async with host.net.dial("tcp", str(ln.addr)) as peer:
            await host.until(lambda: bare._shut._waiters)
            closed.close()
            await host.until(job.done)
            await job
            assert await peer.read() == b""

    hosts.run(host_name, body)
