"""`Living`: all that is alive of a kind, for what a forked child has to set right."""

from __future__ import annotations

from weakref import ref

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["Living"]


class Living:
    """A set that keeps nothing in it alive: `keep(ref(thing, forget))`.

    `weakref.WeakSet` is that too, but calls functions written in Python for each thing that comes and goes,
    and every connection has some of these. Here what comes and goes is added and removed by the set itself,
    in one step, so that neither a thread nor a fork can meet it half-way.
    """

    __slots__ = ("_refs", "forget", "keep")

    def __init__(self) -> None:
        self._refs: set[ref[Any]] = set()
        self.keep = self._refs.add
        self.forget = self._refs.discard

    def all(self) -> list[Any]:
        """What is alive just now."""
        found = (one() for one in list(self._refs))
        return [thing for thing in found if thing is not None]
