"""Who competes, and what dialnet is held to.

A contender is one variant of one module of `bench.lookups`. The raw loops are no resolvers: they show what
the server can answer, and what a socket of its own for each question costs. No target refers to them.
"""

from __future__ import annotations

from ..contenders import Contender, Target

CEILING = "raw"

ASYNC = (
    Contender("dialnet-asyncio", "dialnet.aio, asyncio", "async", "dialnet_aio", "asyncio", ("dialnet.aio",)),
    Contender(
        "dialnet-uvloop", "dialnet.aio, uvloop", "async", "dialnet_aio", "uvloop", ("dialnet.aio", "uvloop")
    ),
    Contender("dialnet-trio", "dialnet.aio, trio", "async", "dialnet_aio", "trio", ("dialnet.aio", "trio")),
    Contender("aiodns", "aiodns, asyncio", "async", "on_aiodns", "asyncio", ("aiodns",)),
    Contender("aiodns-uvloop", "aiodns, uvloop", "async", "on_aiodns", "uvloop", ("aiodns", "uvloop")),
    Contender("dnspython", "dnspython, asyncio", "async", "on_dnspython", "asyncio", ("dns",)),
)

THREADS = (
    Contender("dialnet", "dialnet, threads", "threads", "dialnet_threads", needs=("dialnet",)),
    Contender("dnspython-threads", "dnspython, threads", "threads", "on_dnspython", "threads", ("dns",)),
)

CONTENDERS = (
    Contender(CEILING, "raw, one socket", "ceiling", "raw", "one", information=True),
    Contender("raw-each", "raw, a socket each", "ceiling", "raw", "each", information=True),
    *ASYNC,
    *THREADS,
)

# At the largest number of lookups at once.
TARGETS = (
    Target("dialnet-asyncio", "dnspython", 5.0),
    Target("dialnet-asyncio", "aiodns", 1.0),
)

BY_KEY = {contender.key: contender for contender in CONTENDERS}
