"""dialnet's thread face, a thread a connection, every wait under a deadline."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import dialnet as net

from . import CHUNK, HOST

LIMIT = 30.0


def echo_once(conn: net.Conn) -> None:
    """Serve one connection under one deadline, set at its start."""
    with conn:
        conn.set_deadline(time.monotonic() + 10 * LIMIT)
        try:
            while data := conn.read(CHUNK):
                conn.write(data)
        except net.Error:
            pass


def echo_each(conn: net.Conn) -> None:
    """Serve one connection, the deadline moved before each read: what `settimeout` means to most."""
    now = time.monotonic
    with conn:
        try:
            while True:
                conn.set_deadline(now() + LIMIT)
                data = conn.read(CHUNK)
                if not data:
                    return
                conn.write(data)
        except net.Error:
            pass


def serve(variant: str, ready: Callable[[int], None]) -> None:
    """`variant` is `once` or `each`."""
    echo = echo_once if variant == "once" else echo_each
    with net.listen("tcp", f"{HOST}:0") as listener:
        ready(int(net.split_host_port(str(listener.addr))[1]))
        for conn in listener:
            threading.Thread(target=echo, args=(conn,), daemon=True).start()
