"""Time limits in a heap: who is resumed, in which order, and how few timers the loop gets for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dialnet.poll import alarms
from dialnet.poll.alarms import Alarms


class Loop:
    """A clock, and timers that go off a bit early, as a loop's may."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.time = 0.0
        self.timers: list[tuple[float, Callable[[], None]]] = []
        self.set_so_far = 0
        monkeypatch.setattr(alarms, "monotonic", lambda: self.time)

    def call_at(self, instant: float, call: Callable[[], None]) -> None:
        self.timers.append((instant, call))
        self.set_so_far += 1

    def run_until(self, end: float, early: float = 0.0) -> None:
        while self.timers:
            timer = min(self.timers, key=lambda timer: timer[0])
            if timer[0] > end:
                break
            self.timers.remove(timer)
            self.time = max(self.time, timer[0] - early)
            early = 0.0
            timer[1]()
        self.time = end


class Waiter:
    def __init__(self, log: list[Any], name: str) -> None:
        self.log = log
        self.name = name

    def resume(self) -> None:
        self.log.append(self.name)

    def wake(self) -> None:
        self.log.append(f"{self.name} woken")


class Interrupted(Waiter):
    def resume(self) -> None:
        super().resume()
        raise KeyboardInterrupt


@pytest.fixture
def loop(monkeypatch: pytest.MonkeyPatch) -> Loop:
    return Loop(monkeypatch)


@pytest.fixture
def log() -> list[Any]:
    return []


def test_each_in_its_time(loop: Loop, log: list[Any]) -> None:
    made = Alarms(loop.call_at)
    for instant in (3.0, 1.0, 2.0, 1.0):
        made.set(instant, Waiter(log, f"{instant}"))  # type: ignore[arg-type]
    # One timer for the first, one for the earlier one.
    assert loop.set_so_far == 2
    loop.run_until(0.5)
    assert log == []
    loop.run_until(2.5, early=0.25)
    assert log == ["1.0", "1.0", "2.0"]
    loop.run_until(10.0)
    assert log == ["1.0", "1.0", "2.0", "3.0"]
    assert loop.timers == []


def test_what_is_dropped_stays_silent(loop: Loop, log: list[Any]) -> None:
    made = Alarms(loop.call_at)
    kept = made.set(1.0, Waiter(log, "kept"))  # type: ignore[arg-type]
    dropped = made.set(1.0, Waiter(log, "dropped"))  # type: ignore[arg-type]
    made.drop(dropped)
    made.drop(dropped)
    loop.run_until(2.0)
    assert log == ["kept"]
    made.drop(kept)
    assert made.set(3.0, Waiter(log, "again"))  # type: ignore[arg-type]
    loop.run_until(4.0)
    assert log == ["kept", "again"]


def test_many_that_are_dropped_take_no_room_and_no_timers(loop: Loop, log: list[Any]) -> None:
    made = Alarms(loop.call_at)
    last = made.set(1e6, Waiter(log, "last"))  # type: ignore[arg-type]
    for number in range(10_000):
        loop.time += 0.001
        made.drop(made.set(loop.time + 5.0, Waiter(log, "")))  # type: ignore[arg-type]
        assert len(made._heap) <= 2 * alarms._FEW + 2, number
    # One for the last, one for the first of the others.
    assert loop.set_so_far == 2
    loop.run_until(100.0)
    assert log == []
    assert made._heap == [last]
    loop.run_until(1e6)
    assert log == ["last"]


def test_an_earlier_one_does_not_multiply_the_timers(loop: Loop, log: list[Any]) -> None:
    """The timer it overtakes goes off too, and finds the rest in good hands."""
    made = Alarms(loop.call_at)
    for instant in range(20, 0, -1):
        made.set(float(instant), Waiter(log, str(instant)))  # type: ignore[arg-type]
    assert loop.set_so_far == 20
    loop.run_until(30.0)
    assert log == [str(instant) for instant in range(1, 21)]
    assert loop.set_so_far <= 40


def test_an_interrupt_in_one_is_no_end_for_the_others(loop: Loop, log: list[Any]) -> None:
    made = Alarms(loop.call_at)
    for waiter in (Waiter(log, "a"), Interrupted(log, "b"), Waiter(log, "c"), Waiter(log, "d")):
        made.set(1.0, waiter)  # type: ignore[arg-type]
    made.set(2.0, Waiter(log, "e"))  # type: ignore[arg-type]
    with pytest.raises(KeyboardInterrupt):
        loop.run_until(1.5)
    assert sorted(log) == ["a", "b", "c woken", "d woken"]
    loop.run_until(3.0)
    assert log[-1] == "e"
