"""A lookup within its time, and its errors when it is not: they are `DNSError`s too."""

from __future__ import annotations

from ..errors import CanceledError, DeadlineExceededError, DNSError
from ..poll.deadline import earliest, timeout_instant
from ..poll.waits import bounded, now

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Coroutine
    from datetime import timedelta
    from typing import Any, TypeVar

    from ..poll.signal import CancelToken

    T = TypeVar("T")

__all__ = ["limited"]


async def limited(
    lookup: Coroutine[Any, Any, T],
    name: str,
    *,
    timeout: float | timedelta | None = None,
    until: float | None = None,
    cancel: CancelToken | None = None,
) -> T:
    """What the lookup of `name` gives, if it does so within `timeout`, before `until` and uncancelled."""
    time = None
    try:
        if timeout is not None:
            time = await now()
            end = timeout_instant(timeout, time)
            until = end if until is None else earliest(until, end)
        return await bounded(lookup, until, cancel, time=time)
    except DNSError:
        raise
    except DeadlineExceededError as err:
        raise DNSError("i/o timeout", name, is_timeout=True) from err
    except CanceledError as err:
        raise DNSError("operation was canceled", name, canceled=True) from err
    finally:
        lookup.close()
