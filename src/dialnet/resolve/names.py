"""Names as callers write them, and as DNS has them."""

from __future__ import annotations

from ..errors import DNSError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["ascii_name"]


def ascii_name(name: str) -> str:
    """The name as DNS has it: letters beyond ASCII become A-labels (RFC 5891), by the rules of UTS #46.

    ASCII labels beside them are left alone (`_sip._tcp` is no host name, and IDNA would refuse it).

    Raises `DNSError`, also where the `idna` library is missing.
    """
    if name.isascii():
        return name
    try:
        import idna
    except ImportError as err:
        raise DNSError("a name beyond ASCII needs the library idna: dialnet[idna]", name) from err
    try:
        mapped = idna.uts46_remap(name, std3_rules=False, transitional=False)
        return ".".join(_label(idna, label) for label in mapped.split("."))
    except UnicodeError as err:  # idna.IDNAError is one
        raise DNSError("no such host", name, is_not_found=True) from err


def _label(idna: Any, label: str) -> str:
    return label if label.isascii() else idna.alabel(label).decode("ascii")
