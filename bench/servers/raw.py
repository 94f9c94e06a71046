"""The ceiling: the cheapest echo server Python can write, one epoll loop over bare descriptors.

It serves nobody in earnest: an answer the socket's buffer cannot take is an error here.
"""

from __future__ import annotations

import select
import socket
from collections.abc import Callable

from . import BACKLOG, CHUNK, HOST


def serve(variant: str, ready: Callable[[int], None]) -> None:
    """Echo from a single loop without objects, tasks or threads."""
    listener = socket.create_server((HOST, 0), backlog=BACKLOG)
    listener.setblocking(False)
    poller = select.epoll()
    poller.register(listener.fileno(), select.EPOLLIN)
    ready(listener.getsockname()[1])
    serving: dict[int, socket.socket] = {}
    wait = poller.poll
    while True:
        for fd, _ in wait():
            sock = serving.get(fd)
            if sock is None:
                sock = listener.accept()[0]
                sock.setblocking(False)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                serving[sock.fileno()] = sock
                poller.register(sock.fileno(), select.EPOLLIN | select.EPOLLET)
                continue
            try:
                data = sock.recv(CHUNK)
            except OSError:
                data = b""
            if not data:
                del serving[fd]
                sock.close()
            elif sock.send(data) != len(data):
                raise RuntimeError("the raw server cannot wait, and a write was cut short")
