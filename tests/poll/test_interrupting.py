"""A signal handler raises, as Ctrl-C's does, between any two steps of a call."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.hosts import PATIENCE
from tests.poll.interrupting import KINDS

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_left_behind(kind: str) -> None:
    """It comes out as itself; no turn is kept, no stream goes on without what was lost, and what is closed is
    closed."""
    done = subprocess.run(
        # A coroutine that was made and had not begun is no harm.
        [sys.executable, "-W", "ignore:coroutine:RuntimeWarning", "-m", "tests.poll.interrupting", kind],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=3 * PATIENCE,
        cwd=ROOT,
    )
    assert done.stderr == ""
    *faults, places = done.stdout.splitlines()
    assert faults == []
    # It has come by each step, on every Python.
    assert int(places) >= 10
