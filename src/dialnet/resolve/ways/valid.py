"""Names in answers that are none: they could do harm where they are used, in a shell or on a page."""

from __future__ import annotations

from collections.abc import Callable

from ...errors import DNSError
from ..dns.names import is_domain_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeVar

    R = TypeVar("R")

__all__ = ["checked", "checked_name"]

_INVALID = "DNS response contained records which contain invalid names"


def checked(
    found: list[R], name: str, host: Callable[[R], str], valid: Callable[[str], bool] = is_domain_name
) -> list[R]:
    """`found`, if `host` of each is a name; else the error that says so carries those of which it is."""
    good = [record for record in found if valid(host(record))]
    if len(good) < len(found):
        err = DNSError(_INVALID, name)
        err.records = tuple(good)
        raise err
    return good


def checked_name(found: str, name: str, error: str = _INVALID) -> str:
    """`found`, if it is a name."""
    if not is_domain_name(found):
        raise DNSError(error, name)
    return found
