"""trio's SocketStream; it turns Nagle's algorithm off itself."""

from __future__ import annotations

from collections.abc import Callable

import trio

from . import BACKLOG, CHUNK, HOST


async def echo(stream: trio.SocketStream) -> None:
    """Serve one connection; `serve_listeners` closes it."""
    try:
        while data := await stream.receive_some(CHUNK):
            await stream.send_all(data)
    except trio.BrokenResourceError:
        pass


async def _serve(ready: Callable[[int], None]) -> None:
    listeners = await trio.open_tcp_listeners(0, host=HOST, backlog=BACKLOG)
    ready(listeners[0].socket.getsockname()[1])
    await trio.serve_listeners(echo, listeners)


def serve(variant: str, ready: Callable[[int], None]) -> None:
    """There is one variant."""
    trio.run(_serve, ready)
