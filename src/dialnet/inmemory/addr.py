"""`MemoryAddr`: the name of an end in memory."""

from __future__ import annotations

from ..addresses import Addr

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["MemoryAddr"]


class MemoryAddr(Addr):
    """An end point of the network in memory: `MemoryAddr(name)`. Its text is the name.

    Names that the network gives itself begin with `@`. Raises `TypeError` for what is no `str`.
    """

    __slots__ = ("_name",)
    __match_args__ = ("name",)

    def __init__(self, name: str) -> None:
        if not isinstance(name, str):
            raise TypeError(f"a name in memory is a str, not {type(name).__name__}")
        self._name = name

    @property
    def name(self) -> str:
        """The name."""
        return self._name

    @property
    def network(self) -> str:
        """Always `"memory"`."""
        return "memory"

    def __str__(self) -> str:
        return self._name

    def __repr__(self) -> str:
        return f"MemoryAddr({self._name!r})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, MemoryAddr):
            return NotImplemented
        return self._name == other._name

    def __hash__(self) -> int:
        return hash((MemoryAddr, self._name))

    def __reduce__(self) -> tuple[Any, ...]:
        return MemoryAddr, (self._name,)


MemoryAddr.__module__ = "dialnet.memory"
