"""What is closed or forgotten at the interpreter's end, when a thread has stopped with every lock of it.

Run as `python -m tests.poll.ending KIND`. It prints what happens, and is to end by itself.
"""

from __future__ import annotations

import gc
import sys
import threading
from typing import Any

import dialnet as net
from dialnet import memory, tls
from tests.certificates import NAME, client_context, server_context


def _tcp() -> tuple[Any, Any]:
    with net.listen("tcp", "127.0.0.1:0") as listener:
        return net.dial("tcp", str(listener.addr)), listener.accept()


def _memory() -> tuple[Any, Any]:
    with memory.listen("here") as listener:
        return memory.dial("here"), listener.accept()


def _packets() -> tuple[Any, Any]:
    return memory.listen_packet("here"), memory.listen("there")


def _tls(pair: Any) -> tuple[Any, Any]:
    below = pair()
    one, two = tls.client(below[0], client_context(), NAME), tls.server(below[1], server_context())
    # What the server sends by itself is read with it: nothing is under way.
    beside = threading.Thread(target=lambda: two.write(b"."))
    beside.start()
    one.read(1)
    beside.join()
    return one, two


KINDS: dict[str, Any] = {
    "tcp": _tcp,
    "pipe": net.pipe,
    "memory": _memory,
    "memory-others": _packets,
    "tls": lambda: _tls(_tcp),
    # What one has to say at its close is not heard by anybody, and no thread can wait for that any more.
    "tls-pipe": lambda: _tls(net.pipe),
}


class Forgotten:
    """In a cycle, which nothing comes by but the last collection."""

    def __init__(self, conn: Any) -> None:
        self.itself = self
        self.conn = conn


class Kept:
    """A user's, who closes what is still open."""

    conn: Any

    def __init__(self) -> None:
        self.itself = self

    def __del__(self) -> None:
        before = self.conn.closed
        self.conn.close()
        print(f"at the end: {sys.is_finalizing()}, closed: {before}, {self.conn.closed}", flush=True)


def _locks(conn: Any) -> list[Any]:
    """All that a call on it may hold."""
    found = []
    while conn is not None:
        found += [side.lock for side in (conn._fd.reading, getattr(conn._fd, "writing", conn._fd.reading))]
        conn = getattr(conn, "net_conn", None)
    return found


def main(kind: str) -> None:
    # So that the last collection comes by it, and none before.
    gc.disable()
    # Made first, its turn comes before what it keeps is forgotten.
    kept = Kept()
    pair = KINDS[kind]()
    held = threading.Event()
    locks = [lock for conn in pair for lock in _locks(conn)]

    def hold() -> None:
        for lock in locks:
            lock.acquire()
        held.set()
        threading.Event().wait()

    threading.Thread(target=hold, daemon=True).start()
    held.wait()
    kept.conn, forgotten = pair
    Forgotten(forgotten)


if __name__ == "__main__":
    main(sys.argv[1])
