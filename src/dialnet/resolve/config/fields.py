"""The words and numbers of configuration files."""

from __future__ import annotations

__all__ = ["fields", "number", "text"]

_DIGITS = b"0123456789"
# Go's numbers end here; what is larger is this.
_LARGEST = 0xFFFFFF


def fields(line: bytes) -> list[bytes]:
    """What stands between spaces, tabs and carriage returns (a file may have DOS's line ends)."""
    return [field for field in line.replace(b"\t", b" ").replace(b"\r", b" ").split(b" ") if field]


def number(field: bytes) -> tuple[int, bytes]:
    """The decimal digits that the field begins with, 0 if there are none, and what follows them."""
    rest = field.lstrip(_DIGITS)
    digits = field[: len(field) - len(rest)].lstrip(b"0")
    # int() takes quadratic time, and from some length on refuses.
    return (min(int(digits or b"0"), _LARGEST) if len(digits) <= 8 else _LARGEST), rest


def text(field: bytes) -> str:
    """As `str`, in which bytes that are no UTF-8 stay what they are."""
    return field.decode("utf-8", "surrogateescape")
