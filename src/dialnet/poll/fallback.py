"""For asyncio loops that watch no descriptors for others, but only offer `sock_*` calls (Windows' Proactor).

A thread waits on the poller's behalf and calls the loop when something is ready; everything else, the
queues, deadlines and cancellation, is the same code as everywhere. The loop's own `sock_recv` was the
other way, and was rejected: one that is cancelled may already have taken data, which is then lost.
"""

from __future__ import annotations

import asyncio
import threading

from .. import system
from ..system.starting import start
from .asyncio_host import AsyncioPoller, _begin, _until_shutdown
from .fd import FD, Side
from .receiver import Receiver

__all__ = ["FallbackPoller"]


class FallbackPoller(AsyncioPoller):
    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop)
        self._wake = system.WakeDescriptor()
        self._taken = threading.Event()
        self._stopping = False
        self._lifetime: object = None

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        # Here the thread keeps the poller, and the poller the generator, until the loop is shut down.
        self._lifetime = _begin(_until_shutdown(self))
        self._thread = start(lambda: self._watch(loop), "dialnet poller")

    def detach(self, loop: asyncio.AbstractEventLoop) -> None:
        self._stopping = True
        self._taken.set()
        self._wake.wake()
        self._thread.join()
        self._lifetime = None

    def adopt(self, fd: FD | Receiver, side: Side | Receiver) -> None:
        super().adopt(fd, side)
        if self.readiness.one_shot:
            self._wake.wake()

    def drop(self, fd: FD | Receiver) -> None:
        super().drop(fd)
        if not self._stopping:
            # Also so that a thread whose loop was closed without being shut down finds out.
            self._wake.wake()

    def _watch(self, loop: asyncio.AbstractEventLoop) -> None:
        while not self._stopping:
            self.readiness.wait(self._wake.fileno())
            self._wake.drain()
            if self._stopping:
                return
            # The descriptor stays readable until the loop has looked: once is enough.
            self._taken.clear()
            if self._stopping:
                return
            try:
                loop.call_soon_threadsafe(self._look)
            except RuntimeError:
                # The loop was closed without being shut down. Its generators know it, and it us.
                self._lifetime = None
                return
            self._taken.wait()

    def _look(self) -> None:
        try:
            self.dispatch()
        finally:
            self._taken.set()
