"""How a conversation with a proxy is written: a generator that does no I/O.

It yields `bytes` to be written, or a number: how many bytes may be read at most, and is sent those that came
(none at the end of the stream). So it reads not one byte beyond the proxy's answer, and what follows, the
peer's data, stays in the connection for whoever reads from it next, whatever kind of connection it is.
"""

from __future__ import annotations

import errno
from collections.abc import Generator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeVar

    T = TypeVar("T")
    Talk = Generator[bytes | int, bytes | None, T]

__all__ = ["Refused", "exactly", "hung_up", "nonsense"]

# How much of an answer that makes no sense is shown.
_SHOWN = 40


class Refused(Exception):
    """The proxy made no connection: an `errno`, and the reason in words."""

    def __init__(self, number: int, why: str) -> None:
        super().__init__(number, why)
        self.number = number
        self.why = why


def hung_up() -> Refused:
    return Refused(errno.ECONNABORTED, "connection closed before the answer was complete")


def nonsense(what: str, data: bytes) -> Refused:
    """What is not the protocol's. The bytes tell what is listening there in the proxy's place."""
    dots = "..." if len(data) > _SHOWN else ""
    return Refused(errno.EPROTO, f"{what}: {data[:_SHOWN]!r}{dots}")


def exactly(n: int) -> Talk[bytes]:
    """`n` bytes of the answer."""
    data = b""
    while len(data) < n:
        more = yield n - len(data)
        if not more:
            raise hung_up()
        data += more
    return data
