"""What a message is made of, as objects."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, ClassVar

__all__ = ["EDNS", "TRUNCATED", "Message", "Question", "Record"]

# The TC bit among a message's flags.
TRUNCATED = 0x0200


class _Value:
    """Shown with its fields, and equal to another that has the same ones."""

    __slots__ = ()
    __hash__: ClassVar[None]  # type: ignore[assignment]

    def _fields(self) -> tuple[Any, ...]:
        names: tuple[str, ...] = self.__slots__
        return tuple(getattr(self, name) for name in names)

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self) or not isinstance(other, _Value):
            return NotImplemented
        return self._fields() == other._fields()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(repr, self._fields()))})"


class Question(_Value):
    """What is asked for: the records of a name, of one type and class."""

    __slots__ = ("name", "type", "class_")

    def __init__(self, name: str, type: int, class_: int) -> None:
        self.name = name
        self.type = type
        self.class_ = class_


class Record(_Value):
    """A resource record. Its `data`, by type, in class IN:

    A `IPv4Address`, AAAA `IPv6Address`; CNAME, NS, PTR the name; MX (preference, exchange); SRV (priority,
    weight, port, target); TXT a tuple of `bytes`; SOA (mname, rname, serial, refresh, retry, expire,
    minimum); SVCB and HTTPS (priority, target, parameters by key). Any other type, or class, is `bytes`.
    """

    __slots__ = ("name", "type", "class_", "ttl", "data")

    def __init__(self, name: str, type: int, class_: int, ttl: int, data: Any) -> None:
        self.name = name
        self.type = type
        self.class_ = class_
        self.ttl = ttl
        self.data = data


class EDNS(_Value):
    """What the OPT record says (RFC 6891, section 6.1), but for the rcode, which is the message's."""

    __slots__ = ("udp_size", "version", "dnssec_ok", "options")

    def __init__(
        self, udp_size: int, version: int, dnssec_ok: bool, options: list[tuple[int, bytes]]
    ) -> None:
        self.udp_size = udp_size
        self.version = version
        self.dnssec_ok = dnssec_ok
        self.options = options


class Message(_Value):
    """A DNS message. `flags` is the header's second word, `additional_count` its last: the records that are
    said to be in the additional section, where the OPT record counts. Among `additionals` it is not: it is
    `edns`."""

    __slots__ = (
        "id",
        "flags",
        "rcode",
        "questions",
        "answers",
        "authorities",
        "additionals",
        "additional_count",
        "edns",
    )

    def __init__(self, id: int, flags: int, additional_count: int) -> None:
        self.id = id
        self.flags = flags
        self.rcode = flags & 0x000F
        self.questions: list[Question] = []
        self.answers: list[Record] = []
        self.authorities: list[Record] = []
        self.additionals: list[Record] = []
        self.additional_count = additional_count
        self.edns: EDNS | None = None

    @property
    def response(self) -> bool:
        """QR."""
        return self.flags & 0x8000 != 0

    @property
    def opcode(self) -> int:
        """OPCODE: 0 is a query."""
        return self.flags >> 11 & 0x000F

    @property
    def authoritative(self) -> bool:
        """AA."""
        return self.flags & 0x0400 != 0

    @property
    def truncated(self) -> bool:
        """TC."""
        return self.flags & TRUNCATED != 0

    @property
    def recursion_desired(self) -> bool:
        """RD."""
        return self.flags & 0x0100 != 0

    @property
    def recursion_available(self) -> bool:
        """RA."""
        return self.flags & 0x0080 != 0

    @property
    def authentic_data(self) -> bool:
        """AD (RFC 4035, section 3.2.3)."""
        return self.flags & 0x0020 != 0

    @property
    def checking_disabled(self) -> bool:
        """CD (RFC 4035, section 3.2.2)."""
        return self.flags & 0x0010 != 0
