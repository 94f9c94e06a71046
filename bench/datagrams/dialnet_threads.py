"""dialnet's face for threads: datagrams one by one, with their facts, in batches.

`mixed` are batches in which no datagram is as long as the one before or shorter, so the kernel can neither
cut up nor coalesce them: what is left is the one system call for many.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import dialnet as net

from . import AHEAD, ANSWER, BUFFER, HOST, LARGEST, PATIENCE, WINDOW
from .meter import Meter, Task


def _conn() -> net.UDPConn:
    conn = net.listen_udp("udp4", net.UDPAddr(HOST))
    conn.set_read_buffer(BUFFER)
    conn.set_write_buffer(BUFFER)
    return conn


def receive(variant: str, ready: Callable[[int], None]) -> None:
    """Receive for ever."""
    with _conn() as conn:
        addr = conn.local_addr
        assert isinstance(addr, net.UDPAddr)
        ready(addr.port)
        sender: net.Addr | None
        count = 0
        if variant in ("batch", "mixed"):
            while True:
                packets = conn.read_batch(WINDOW, LARGEST)
                before, count = count, count + len(packets)
                if before // WINDOW != count // WINDOW:
                    conn.write_to(ANSWER, packets[-1].addr)
        while True:
            if variant == "packet":
                sender = conn.read_packet(LARGEST).addr
            else:
                sender = conn.read_from(LARGEST)[1]
            count += 1
            if not count % WINDOW and sender is not None:
                conn.write_to(ANSWER, sender)


def send(variant: str, task: Task, meter: Meter) -> None:
    """Send until the meter has enough."""
    there = net.UDPAddr(HOST, task.port)
    data = bytes(task.size)
    mixed = variant == "mixed"
    batch = [(data + bytes(number if mixed else 0), there) for number in range(WINDOW)]
    with _conn() as conn:
        ahead = 0
        while True:
            if variant in ("batch", "mixed"):
                conn.write_batch(batch)
            else:
                for _ in range(WINDOW):
                    conn.write_to(data, there)
            ahead += 1
            if ahead == AHEAD:
                conn.set_read_deadline(time.monotonic() + PATIENCE)
                conn.read_from(LARGEST)
                ahead -= 1
                if not meter.answered():
                    return
