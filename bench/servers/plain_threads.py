"""The standard `socket`, a thread a connection, with a time-out per call or with none."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable

from . import BACKLOG, CHUNK, HOST


def echo(sock: socket.socket, timeout: float | None) -> None:
    """Serve one connection."""
    with sock:
        sock.settimeout(timeout)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            while data := sock.recv(CHUNK):
                sock.sendall(data)
        except OSError:
            pass


def serve(variant: str, ready: Callable[[int], None]) -> None:
    """`variant` is `timeout` (30 seconds for every call) or `bare`."""
    timeout = 30.0 if variant == "timeout" else None
    listener = socket.create_server((HOST, 0), backlog=BACKLOG)
    ready(listener.getsockname()[1])
    while True:
        sock, _ = listener.accept()
        threading.Thread(target=echo, args=(sock, timeout), daemon=True).start()
