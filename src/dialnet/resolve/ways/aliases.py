"""What Plan 9's and Windows' answers have in common: names without their final dot, aliases of aliases."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from ...errors import DNSError
from .valid import checked_name

__all__ = ["end_of_aliases", "folded", "rooted"]

# Go's bound. Resolvers give up at about as many.
_MAX_ALIASES = 10


def rooted(name: str) -> str:
    """`name` with its final dot; the root itself is `.`, also where the service writes nothing for it."""
    return name if name.endswith(".") else name + "."


def folded(name: str) -> str:
    """What two spellings of one name have in common (RFC 4343: the case of ASCII letters says nothing)."""
    return "".join(c.lower() if c.isascii() else c for c in name).removesuffix(".")


async def end_of_aliases(name: str, alias: Callable[[str], Awaitable[str | None]]) -> str:
    """The rooted name at the end of the chain of CNAME records that begins at `name`.

    `alias(name)` gives the target of the name's record, None where it has none. Who is asked for a CNAME
    record gives that one and follows nothing (RFC 1034, section 4.3.2), so each step is a question of its
    own. An alias for a name that does not exist ends the chain, and a loop ends where it would begin anew;
    that `name` itself does not exist is an error.
    """
    end = name
    seen = set()
    for _ in range(_MAX_ALIASES + 1):
        seen.add(folded(end))
        try:
            target = await alias(end)
        except DNSError as err:
            if end == name or not err.is_not_found:
                raise
            target = None
        if target is None:
            break
        end = target
        if folded(end) in seen:
            break
    else:
        raise DNSError("server misbehaving", name)
    return checked_name(rooted(end), name)
