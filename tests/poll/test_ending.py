"""A daemon thread that the interpreter's end stops in the middle of a call takes nothing along."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.hosts import PATIENCE
from tests.poll.ending import KINDS

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("kind", KINDS)
def test_the_process_ends(kind: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.poll.ending", kind],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        cwd=ROOT,
    )
    assert done.stderr == ""
    assert done.stdout == "at the end: True, closed: False, True\n"
    assert done.returncode == 0
