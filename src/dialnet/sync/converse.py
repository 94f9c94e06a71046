"""A question to a DNS server over a connection that a resolver's `dial` has made, for threads."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ..resolve.dns.message import Message, Query
    from ..resolve.transport import Wanted

__all__ = ["converse"]


def converse(
    dial: Callable[[str, str], Any], network: str, server: str, query: Query, until: float, wanted: Wanted
) -> Message:
    """The answer. Raises what the connection does, `EOFError` and `BadAnswerError`."""
    from ..resolve.talk import talk_over

    conn = dial(network, server)
    try:
        wanted.adopt(conn)
        conn.set_deadline(until)
        talk = talk_over(conn, query)
        conn.write(talk.outgoing)
        while True:
            message = talk.take(conn.read(talk.wanted))
            if message is not None:
                return message
    finally:
        conn.close()
