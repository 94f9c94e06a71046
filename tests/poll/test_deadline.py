"""What a deadline and a timeout can be given as."""

from __future__ import annotations

import math
import time
from datetime import UTC, datetime, timedelta, timezone

import pytest

from dialnet.poll.deadline import earliest, instant, seconds, timeout_instant


def test_instants() -> None:
    now = time.monotonic()
    assert instant(None) is None
    assert instant(math.inf) is None
    assert instant(now + 5) == now + 5
    assert instant(0) == 0.0
    assert instant(-math.inf) == -math.inf
    soon = instant(timedelta(minutes=1))
    assert soon is not None
    assert now + 60 <= soon < now + 90
    for zone in (UTC, timezone(timedelta(hours=-9))):
        at = instant(datetime.now(zone) + timedelta(hours=1))
        assert at is not None
        assert now + 3599 <= at < now + 3630


@pytest.mark.parametrize("when", ["5", True, b"x", [1], object()])
def test_what_is_no_instant(when: object) -> None:
    with pytest.raises(TypeError):
        instant(when)  # type: ignore[arg-type]


def test_what_names_no_instant() -> None:
    with pytest.raises(ValueError, match=r"time\.monotonic"):
        instant(time.time() + 30)
    with pytest.raises(ValueError, match="NaN"):
        instant(math.nan)
    with pytest.raises(ValueError, match="time zone"):
        instant(datetime(2030, 1, 1))


def test_timeouts() -> None:
    assert seconds(None) is None
    assert seconds(timedelta(milliseconds=1500)) == 1.5
    assert timeout_instant(3, 10.0) == 13.0
    assert timeout_instant(-1, 10.0) == 9.0
    assert timeout_instant(math.inf, 10.0) is None
    assert timeout_instant(None, 10.0) is None
    for wrong in (True, "1"):
        with pytest.raises(TypeError):
            seconds(wrong)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="NaN"):
        seconds(math.nan)


def test_earliest() -> None:
    assert earliest() is None
    assert earliest(None, None) is None
    assert earliest(None, 3.0, 2.0) == 2.0
