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


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("role", ["client", "server"])
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
