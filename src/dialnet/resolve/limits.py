"""A lookup within its time, and its errors when it is not: they are `DNSError`s too."""

from __future__ import annotations

import functools

from ..errors import DeadlineExceededError, DNSError
from ..poll.waits import bounded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Coroutine
    from datetime import timedelta
    from typing import Any, TypeVar

    from ..poll.signal import CancelToken

    T = TypeVar("T")

__all__ = ["limited"]


def limited(
    lookup: Coroutine[Any, Any, T],
    name: str,
    *,
    timeout: float | timedelta | None = None,
    until: float | None = None,
    cancel: CancelToken | None = None,
) -> Coroutine[Any, Any, T]:
    """What the lookup of `name` gives, if it does so within `timeout`, before `until` and uncancelled."""
    instead = functools.partial(_as_dns_error, name)
    return bounded(lookup, until, cancel, timeout=timeout, instead=instead)


def _as_dns_error(name: str, err: Exception) -> DNSError:
    if isinstance(err, DNSError):
        return err
    if isinstance(err, DeadlineExceededError):
        return DNSError("i/o timeout", name, is_timeout=True)
    return DNSError("operation was canceled", name, canceled=True)
