"""A question to a DNS server over a connection that a resolver's `dial` has made, for tasks."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from ..resolve.dns.message import Message, Query
from ..resolve.talk import talk_over
from ..resolve.transport import Wanted

__all__ = ["converse"]


async def converse(
    dial: Callable[[str, str], Any], network: str, server: str, query: Query, until: float, wanted: Wanted
) -> Message:
    """The answer. Raises what the connection does, `EOFError` and `BadAnswerError`."""
    conn = dial(network, server)
    if inspect.isawaitable(conn):
        conn = await conn
    try:
        wanted.adopt(conn)
        conn.set_deadline(until)
        talk = talk_over(conn, query)
        await conn.write(talk.outgoing)
        while True:
            message = talk.take(await conn.read(talk.wanted))
            if message is not None:
                return message
    finally:
        conn.close()
