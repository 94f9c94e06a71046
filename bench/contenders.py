"""Who competes, and what dialnet is held to.

A contender is one variant of one server module of `bench.servers`. Rows marked as information stand in the
table to show where the others' limits are; no target refers to them.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass


@dataclass(frozen=True)
class Contender:
    """One echo server: `bench.servers.<module>.serve(variant, ready)`.

    `fresh`: no connection has ended before those that are measured. It matters to asyncio on glibc. asyncio
    receives into 256 KiB, beyond malloc's threshold, so every message costs an mmap, an mremap and a munmap,
    until the first connection ends: then a whole block of that size is freed, which raises the threshold.
    """

    key: str
    title: str
    face: str
    module: str
    variant: str = ""
    needs: tuple[str, ...] = ()
    information: bool = False
    fresh: bool = False

    def missing(self) -> str | None:
        """Name the first module this contender needs and that is not installed."""
        for name in self.needs:
            try:
                if importlib.util.find_spec(name) is None:
                    return name
            except ModuleNotFoundError:
                return name
        return None


@dataclass(frozen=True)
class Target:
    """`contender` is to reach at least `factor` times the rate of `base`."""

    contender: str
    base: str
    factor: float


CEILING = "raw"

ASYNC = (
    Contender("asyncio", "asyncio streams", "async", "on_asyncio", "streams"),
    Contender("asyncio-fresh", "asyncio streams, fresh", "async", "on_asyncio", "streams", fresh=True),
    Contender("asyncio-protocol", "asyncio Protocol", "async", "on_asyncio", "protocol", information=True),
    Contender("uvloop", "uvloop streams", "async", "on_asyncio", "streams uvloop", ("uvloop",)),
    Contender("uvloop-protocol", "uvloop Protocol", "async", "on_asyncio", "uvloop", ("uvloop",), True),
    Contender("dialnet-asyncio", "dialnet.aio, asyncio", "async", "dialnet_aio", "asyncio", ("dialnet.aio",)),
    Contender(
        "dialnet-uvloop", "dialnet.aio, uvloop", "async", "dialnet_aio", "uvloop", ("dialnet.aio", "uvloop")
    ),
    Contender("dialnet-trio", "dialnet.aio, trio", "async", "dialnet_aio", "trio", ("dialnet.aio", "trio")),
    Contender("trio", "trio SocketStream", "async", "on_trio", needs=("trio",)),
    Contender("anyio", "anyio on asyncio", "async", "on_anyio", needs=("anyio",)),
    Contender("gevent", "gevent", "async", "on_gevent", needs=("gevent",)),
)

THREADS = (
    Contender("socket", "socket, settimeout", "threads", "plain_threads", "timeout"),
    Contender("socket-bare", "socket, no time-out", "threads", "plain_threads", "bare", information=True),
    Contender("dialnet", "dialnet, one deadline", "threads", "dialnet_threads", "once", ("dialnet",)),
    Contender("dialnet-each", "dialnet, one per read", "threads", "dialnet_threads", "each", ("dialnet",)),
)

CONTENDERS = (Contender(CEILING, "raw epoll loop", "ceiling", "raw", information=True), *ASYNC, *THREADS)

TARGETS = (
    Target("dialnet-asyncio", "asyncio-fresh", 2.5),
    Target("dialnet-asyncio", "asyncio", 2.5),
    Target("dialnet-asyncio", "uvloop", 0.9),
    Target("dialnet-uvloop", "uvloop", 1.0),
    Target("dialnet", "socket", 0.9),
    Target("dialnet-each", "socket", 0.9),
)

BY_KEY = {contender.key: contender for contender in CONTENDERS}
