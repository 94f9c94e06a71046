"""Without the right to open raw sockets there is nothing to try here but names and bytes."""

from __future__ import annotations

import pytest

from tests.rawip.network import need_raw


@pytest.fixture
def raw() -> None:
    """Skip the test where raw sockets are forbidden."""
    need_raw()
