"""The `socket` module's own calls, one for each datagram."""

from __future__ import annotations

import socket
from collections.abc import Callable

from . import AHEAD, ANSWER, BUFFER, HOST, LARGEST, WINDOW
from .meter import Meter, Task


def _socket() -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((HOST, 0))
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER)
    return sock


def receive(variant: str, ready: Callable[[int], None]) -> None:
    """Receive for ever."""
    sock = _socket()
    ready(sock.getsockname()[1])
    count = 0
    while True:
        _, sender = sock.recvfrom(LARGEST)
        count += 1
        if not count % WINDOW:
            sock.sendto(ANSWER, sender)


def send(variant: str, task: Task, meter: Meter) -> None:
    """Send until the meter has enough."""
    sock, there, data = _socket(), (HOST, task.port), bytes(task.size)
    ahead = 0
    while True:
        for _ in range(WINDOW):
            sock.sendto(data, there)
        ahead += 1
        if ahead == AHEAD:
            sock.recvfrom(LARGEST)
            ahead -= 1
            if not meter.answered():
                return
