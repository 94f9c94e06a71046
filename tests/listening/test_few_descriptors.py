"""Out of descriptors, `accept` says so and loses nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests import hosts

pytest.importorskip("resource")

ROOT = Path(__file__).parents[2]


def test_out_of_descriptors(host_name: str) -> None:
    """In a process of its own, whose limit is low."""
    found = subprocess.run(
        [sys.executable, "-W", "error", "-m", "tests.listening.few_descriptors", host_name],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=hosts.PATIENCE,
    )
    assert found.returncode == 0, found.stderr
    assert found.stdout == "recovered\n"
