"""Who competes, and what dialnet is held to.

A contender is one variant of one module of `bench.datagrams`, which has `send` and `receive`. The plain
socket is there to show what a loop without deadlines, addresses and close would do.
"""

from __future__ import annotations

from ..contenders import Contender, Target

PLAIN = "socket"

THREADS = (
    Contender("dialnet", "dialnet, one by one", "threads", "dialnet_threads", "one", ("dialnet",)),
    Contender("dialnet-facts", "dialnet, read_packet", "threads", "dialnet_threads", "packet", ("dialnet",)),
    Contender("dialnet-batch", "dialnet, batches", "threads", "dialnet_threads", "batch", ("dialnet",)),
    Contender(
        "dialnet-mixed",
        "dialnet, batches of many lengths",
        "threads",
        "dialnet_threads",
        "mixed",
        ("dialnet",),
    ),
)

ASYNC = (
    Contender("asyncio", "asyncio DatagramProtocol", "async", "on_asyncio", "asyncio"),
    Contender("uvloop", "uvloop DatagramProtocol", "async", "on_asyncio", "uvloop", ("uvloop",)),
    *(
        Contender(
            f"dialnet-{loop}{'-' * bool(way)}{way}",
            f"dialnet.aio, {loop}, {'batches' if way else 'one by one'}",
            "async",
            "dialnet_aio",
            f"{loop} {way}",
            ("dialnet.aio", *([] if loop == "asyncio" else [loop])),
        )
        for loop in ("asyncio", "uvloop", "trio")
        for way in ("", "batch")
    ),
)

CONTENDERS = (Contender(PLAIN, "socket, no time-out", "threads", "plain", information=True), *THREADS, *ASYNC)

TARGETS = (
    Target("dialnet-batch", "dialnet", 2.0),
    Target("dialnet-mixed", "dialnet", 1.0),
    Target("dialnet-asyncio-batch", "dialnet-asyncio", 2.0),
    Target("dialnet-uvloop-batch", "dialnet-uvloop", 2.0),
    Target("dialnet-trio-batch", "dialnet-trio", 2.0),
)

BY_KEY = {contender.key: contender for contender in CONTENDERS}
