"""One question to one server, as bytes that go and come: no I/O, no clock.

`Datagrams` passes over whatever is not the answer, since anyone may send a datagram: a wrong id, another
question, garbage. `Stream` has only the server at its other end, so there the same is an error.
"""

from __future__ import annotations

from .dns.message import MessageError, is_answer_to, parse
from .dns.plain import read_plain_answer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .dns.message import Message, Query

__all__ = ["LARGEST", "BadAnswerError", "Datagrams", "Stream", "datagram_answer", "talk_over"]

# What a datagram of an answer can have at most; a server may send more than it was told we take (1232).
LARGEST = 65535


class BadAnswerError(Exception):
    """An answer that is none; its text is the error's. `final`: no other server is worth asking."""

    def __init__(self, text: str, *, final: bool = False) -> None:
        super().__init__(text)
        self.final = final


def _read(data: bytes, query: Query) -> Message:
    try:
        return parse(data, query)
    except MessageError as err:
        # Its head is right, so it is the server that wrote this, and others have the same from it.
        raise BadAnswerError("cannot unmarshal DNS message", final=True) from err


def datagram_answer(query: Query, data: bytes) -> Message | None:
    """The answer, if this datagram is it. Raises `BadAnswerError`."""
    plain = read_plain_answer(data, query)
    if plain is not None:
        return plain
    return _read(data, query) if is_answer_to(query.packed, data) else None


class Datagrams:
    """`outgoing` is what to send, `wanted` how much to receive at once."""

    __slots__ = ("_query", "outgoing", "wanted")

    def __init__(self, query: Query) -> None:
        self._query = query
        self.outgoing = query.packed
        self.wanted = LARGEST

    def take(self, data: bytes) -> Message | None:
        """As `datagram_answer`."""
        return datagram_answer(self._query, data)


class Stream:
    """Each message after two bytes that say how long it is (RFC 1035, section 4.2.2)."""

    __slots__ = ("_query", "_received", "outgoing", "wanted")

    def __init__(self, query: Query) -> None:
        self._query = query
        self.outgoing = len(query.packed).to_bytes(2, "big") + query.packed
        self._received = bytearray()
        self.wanted = 2

    def take(self, data: bytes) -> Message | None:
        """The answer, once it is all there; `wanted` says how much is missing.

        Raises `BadAnswerError`, and `EOFError` for the end of the stream.
        """
        if not data:
            raise EOFError
        self._received += data
        received = self._received
        if len(received) < 2:
            self.wanted = 1
            return None
        self.wanted = 2 + int.from_bytes(received[:2], "big") - len(received)
        if self.wanted > 0:
            return None
        message = bytes(received[2:])
        if is_answer_to(self._query.packed, message):
            return _read(message, self._query)
        try:
            parse(message)
        except MessageError as err:
            raise BadAnswerError("cannot unmarshal DNS message") from err
        raise BadAnswerError("invalid DNS response")


def talk_over(conn: Any, query: Query) -> Datagrams | Stream:
    """The talk for a connection that somebody else has made: by datagrams, if it has any.

    A TLS connection, say, takes lengths, whatever the network is called (as Go). A Unix connection has the
    methods for both and says by its address which it is.
    """
    network = getattr(getattr(conn, "local_addr", None), "network", "")
    if hasattr(conn, "read_from") and network != "unix":
        return Datagrams(query)
    return Stream(query)
