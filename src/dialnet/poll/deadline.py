"""Points in time: everything inside the package is a float on `time.monotonic()`'s clock, or None."""

from __future__ import annotations

import math
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime, timedelta

    When = float | datetime | timedelta | None

__all__ = ["earliest", "instant", "seconds", "timeout_instant"]

_TEN_YEARS = 10 * 366 * 86400.0


def instant(when: When) -> float | None:
    """A deadline as callers give it, on the monotonic clock; None is never.

    Raises `ValueError` for a naive `datetime`, for NaN, and for a float that lies years away on the
    monotonic clock but is a plausible `time.time()`: that is what it must have been taken from.
    """
    if when is None:
        return None
    if isinstance(when, bool):
        raise TypeError("a deadline is a float, a datetime, a timedelta or None, not bool")
    if isinstance(when, (int, float)):
        when = float(when)
        if math.isnan(when):
            raise ValueError("a deadline cannot be NaN")
        if abs(when - time.time()) < _TEN_YEARS < abs(when - time.monotonic()):
            raise ValueError("deadlines are on time.monotonic()'s clock, and this is time.time()'s")
        return None if when == math.inf else when
    from datetime import datetime, timedelta  # a millisecond to import, and mostly not used

    if isinstance(when, timedelta):
        return time.monotonic() + when.total_seconds()
    if isinstance(when, datetime):
        if when.tzinfo is None:
            raise ValueError("a datetime without a time zone names no point in time")
        return time.monotonic() + (when.timestamp() - time.time())
    raise TypeError(f"a deadline is a float, a datetime, a timedelta or None, not {type(when).__name__}")


def seconds(length: float | timedelta | None) -> float | None:
    """A length of time as callers give it, in seconds; None is no limit."""
    if length is None:
        return None
    if isinstance(length, bool) or not isinstance(length, (int, float)):
        from datetime import timedelta

        if isinstance(length, timedelta):
            return length.total_seconds()
        raise TypeError(f"a timeout is a number of seconds or a timedelta, not {type(length).__name__}")
    if math.isnan(length):
        raise ValueError("a timeout cannot be NaN")
    return float(length)


def timeout_instant(timeout: float | timedelta | None, now: float) -> float | None:
    """When a timeout that starts now runs out. Zero or less has run out already."""
    if (type(timeout) is float or type(timeout) is int) and -math.inf < timeout < math.inf:
        return now + timeout  # Nearly always, and nothing to look at.
    length = seconds(timeout)
    return None if length is None or length == math.inf else now + length


def earliest(*instants: float | None) -> float | None:
    return min((i for i in instants if i is not None), default=None)
