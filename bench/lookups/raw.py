"""Loops that are no resolvers: queries out and answers in, of which only the size is looked at.

`one` sends all queries over one socket, which shows how fast the server is. `each` opens, connects, registers
and closes a socket for every query, as a resolver must whose ports are to be unpredictable; this is what the
kernel, and as much of Python as makes system calls, leave for resolving.
"""

from __future__ import annotations

import select
import socket

from dialnet.resolve.dns.message import pack_query

from . import HOST, TIMEOUT
from .meter import Meter, Task

LARGEST = 65535


def run(variant: str, task: Task, meter: Meter) -> None:
    """`variant` is `one` or `each`."""
    (_each if variant == "each" else _one)(task, meter)


def _one(task: Task, meter: Meter) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(TIMEOUT)
        sock.connect((HOST, task.port))
        pending = 0
        for _ in range(task.concurrent):
            sock.send(pack_query(pending, meter.name(), 1))
            pending += 1
        while pending:
            sock.recv(LARGEST)
            if name := meter.name():
                sock.send(pack_query(0, name, 1))
            else:
                pending -= 1


def _each(task: Task, meter: Meter) -> None:
    poller = select.poll() if not hasattr(select, "epoll") else select.epoll()
    edge = getattr(select, "EPOLLET", 0)
    socks: dict[int, socket.socket] = {}

    def begin() -> None:
        if name := meter.name():
            sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            sock.setblocking(False)
            sock.connect((HOST, task.port))
            sock.send(pack_query(0, name, 1))
            poller.register(sock.fileno(), select.POLLIN | edge)
            socks[sock.fileno()] = sock

    for _ in range(task.concurrent):
        begin()
    while socks:
        for number, _ in poller.poll():
            sock = socks.pop(number)
            sock.recv(LARGEST)
            poller.unregister(number)
            sock.close()
            begin()
