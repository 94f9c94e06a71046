"""A signal handler raises, as Ctrl-C's does, between any two steps on the way to a thread that runs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.hosts import PATIENCE

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("kind", ["started", "served"])
def test_it_comes_out_as_itself(kind: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.poll.interrupting", kind],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=2 * PATIENCE,
        cwd=ROOT,
    )
    assert done.stderr == ""
    *faults, places = done.stdout.splitlines()
    assert faults == []
    # It has come by the condition's waiting, on every Python.
    assert int(places) > 30
