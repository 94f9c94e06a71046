"""Every check, over every kind of connection, under every host, as client and as server."""

from __future__ import annotations

from typing import Any

import pytest

from tests import hosts
from tests.conformance import checks, deadlines, ends
from tests.conformance.kinds import KINDS, Kind

CHECKS = [
    *(check for module in (checks, deadlines, ends) for check in module.CHECKS),
]
ROLES = ["client", "server"]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every check with every kind, in both roles; on a further Python (`--again`) in one, by turns."""
    again = metafunc.config.getoption("--again")
    metafunc.parametrize(
        ("role", "check", "kind"),
        [
            pytest.param(role, check, kind, id=f"{role}-{check.__name__}-{kind.name}")
            for row, check in enumerate(CHECKS)
            for column, kind in enumerate(KINDS)
            for role in (ROLES[(row + column) % 2 :][:1] if again else ROLES)
        ],
    )


def test_conformance(host_name: str, kind: Kind, check: Any, role: str) -> None:
    unfit = getattr(check, "unfit", None)
    if unfit is not None and unfit(kind):
        # Said here, not skipped: a kind that cannot be half closed has nothing to check.
        return

    async def body(host: hosts.Host) -> None:
        async with kind.pair(host) as (client, server):
            one, two = (client, server) if role == "client" else (server, client)
            await check(host, kind, one, two)

    hosts.run(host_name, body)
