"""What dials are tried against: ports nobody listens on, and listeners that never answer."""

from __future__ import annotations

import errno
import select
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import dialnet as net
from tests.hosts import PATIENCE, Host


@contextmanager
def nobody(family: int = socket.AF_INET, kind: int = socket.SOCK_STREAM) -> Iterator[int]:
    """A port at which nothing listens, kept from others; with AF_INET6 it is free in both families."""
    with socket.socket(family, kind) as sock:
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        sock.bind(("::" if family == socket.AF_INET6 else "127.0.0.1", 0))
        yield sock.getsockname()[1]


@asynccontextmanager
async def alone(host: Host, network: str, address: str, v4: bool, v6: bool) -> AsyncIterator[Any]:
    """A listener whose port is nobody's in the family, of the two, in which it does not listen itself."""
    while True:
        async with host.net.listen(network, address) as ln:
            with socket.socket(socket.AF_INET6 if v4 else socket.AF_INET) as sock:
                try:
                    if not (v4 and v6):
                        sock.bind(("::1" if v4 else "127.0.0.1", ln.addr.port))
                except OSError as err:
                    if err.errno != errno.EADDRINUSE:
                        raise
                    continue
                yield ln
                return


@contextmanager
def full(address: str = "127.0.0.1") -> Iterator[str]:
    """The address of a listener whose queue is full: Linux drops what else comes, so a dial waits."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as listener, socket.socket(family) as first:
        listener.bind((address, 0))
        listener.listen(0)
        first.connect(listener.getsockname())
        assert select.select([listener], [], [], PATIENCE)[0]
        yield net.join_host_port(address, listener.getsockname()[1])


class Seen:
    """A `control` hook that notes what it is called with."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str]] = []
        self.raws: list[Any] = []

    def __call__(self, network: str, address: str, raw: Any) -> None:
        self.calls.append((network, address))
        self.raws.append(raw)

    def all_closed(self) -> bool:
        return bool(self.raws) and all(raw._fd.closed for raw in self.raws)

    async def connecting(self, host: Host) -> None:
        """Until the dial that has this hook sleeps, waiting for its connection."""
        await host.until(lambda: self.raws and self.raws[-1]._fd.writing.waiters())
        await host.pause(0.01)


def taken(err: BaseException) -> str:
    """The text of an error with all of the text of its notes."""
    return "\n".join([str(err), *getattr(err, "__notes__", [])])
