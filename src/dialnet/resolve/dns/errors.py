"""What is wrong with a message that cannot be read."""

from __future__ import annotations

__all__ = ["EndOfMessage", "MessageError"]


class MessageError(ValueError):
    """These bytes are no DNS message. The text says why, and has nothing of the bytes in it."""


class EndOfMessage(MessageError):
    """The bytes end before the message does: in a truncated message (RFC 2181, section 9) no fault."""
