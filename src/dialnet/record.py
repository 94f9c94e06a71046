"""Frozen records: dataclasses in all but their import.

`import dataclasses` brings `inspect`, `ast` and `dis`, 16 ms against the 6 ms that `import socket` takes; too
much for what every program would pay. `Record` does what a frozen dataclass does here, and when somebody
asks `dataclasses` about one (`replace`, `fields`, `asdict`), it has the fields that are looked for.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, ClassVar

__all__ = ["Record"]


class _Fields:
    """`__dataclass_fields__`, made when it is first looked at."""

    def __get__(self, _: object, owner: type[Record]) -> dict[str, Any]:
        import dataclasses

        given = [(name, object, dataclasses.field(default=getattr(owner, name))) for name in owner._fields]
        made = dataclasses.make_dataclass(owner.__name__, given, frozen=True)
        fields: dict[str, Any] = vars(made)["__dataclass_fields__"]
        return fields


class Record:
    """A class whose `_fields` have their defaults as class attributes. Its instances are frozen."""

    _fields: ClassVar[tuple[str, ...]] = ()
    __dataclass_fields__: ClassVar[Any] = _Fields()

    def _set(self, values: dict[str, Any]) -> None:
        """For `__init__`: the one time that attributes are set."""
        own = self.__dict__
        for name in self._fields:
            own[name] = values[name]

    def __setattr__(self, name: str, value: object) -> None:
        from dataclasses import FrozenInstanceError

        raise FrozenInstanceError(f"cannot assign to field {name!r}")

    def __delattr__(self, name: str) -> None:
        from dataclasses import FrozenInstanceError

        raise FrozenInstanceError(f"cannot delete field {name!r}")

    def _key(self) -> tuple[Any, ...]:
        return tuple(getattr(self, name) for name in self._fields)

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self._key() == other._key()

    def __hash__(self) -> int:
        return hash((type(self), self._key()))

    def __replace__(self, **changes: Any) -> Any:
        return type(self)(**{**dict(zip(self._fields, self._key(), strict=True)), **changes})

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._fields)
        return f"{type(self).__name__}({shown})"
