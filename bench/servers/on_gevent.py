"""gevent's sockets, a greenlet a connection, nothing patched."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

from gevent.server import StreamServer

from . import BACKLOG, CHUNK, HOST


def echo(sock: Any, _address: object) -> None:
    """Serve one connection; the server closes it."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        while data := sock.recv(CHUNK):
            sock.sendall(data)
    except ConnectionError:
        pass


def serve(variant: str, ready: Callable[[int], None]) -> None:
    """There is one variant."""
    server = StreamServer((HOST, 0), echo, backlog=BACKLOG)
    server.start()
    ready(server.server_port)
    server.serve_forever()
