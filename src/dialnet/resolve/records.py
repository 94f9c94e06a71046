"""What a lookup of mail exchangers, name servers and services gives."""

from __future__ import annotations

from ..record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import ClassVar

__all__ = ["MX", "NS", "SRV"]


class MX(Record):
    """A mail exchanger (RFC 1035, section 3.3.9): `host`, a rooted name, and its preference `pref`,
    0 to 65535, of which lower comes first."""

    host: str = ""
    pref: int = 0
    _fields: ClassVar[tuple[str, ...]] = ("host", "pref")

    def __init__(self, host: str = "", pref: int = 0) -> None:
        self._set(locals())


class NS(Record):
    """A name server of a zone (RFC 1035, section 3.3.11): `host`, a rooted name."""

    host: str = ""
    _fields: ClassVar[tuple[str, ...]] = ("host",)

    def __init__(self, host: str = "") -> None:
        self._set(locals())


class SRV(Record):
    """Where a service is (RFC 2782): `target`, a rooted name, `port`, `priority` (lower comes first) and
    `weight` among those of the same priority, each 0 to 65535."""

    target: str = ""
    port: int = 0
    priority: int = 0
    weight: int = 0
    _fields: ClassVar[tuple[str, ...]] = ("target", "port", "priority", "weight")

    def __init__(self, target: str = "", port: int = 0, priority: int = 0, weight: int = 0) -> None:
        self._set(locals())
