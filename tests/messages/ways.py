"""The ways there are to send and receive batches, one of which a system has."""

from __future__ import annotations

from typing import Any

import pytest

import dialnet as net
from dialnet import system
from dialnet.system import mmsg


def plainly(patch: pytest.MonkeyPatch) -> None:
    """As on a system that has neither call."""
    patch.setattr(system, "batches", lambda: None)


def one_by_one(patch: pytest.MonkeyPatch) -> None:
    """A kernel that neither cuts up nor coalesces."""
    patch.setattr(mmsg, "can_segment", lambda sock: False)
    patch.setattr("dialnet.connections.incoming.COALESCED", None)


def cut_up(patch: pytest.MonkeyPatch) -> None:
    """It cuts up, and does not coalesce."""
    patch.setattr("dialnet.connections.incoming.COALESCED", None)


def offloaded(patch: pytest.MonkeyPatch) -> None:
    """All that this kernel can."""


WAYS = {"plainly": plainly, "one by one": one_by_one, "cut up": cut_up, "offloaded": offloaded}


async def read_all(conn: Any, count: int, most: int = 1000, n: int = 65_536) -> list[net.Packet]:
    """So many datagrams, in as few calls as it takes."""
    packets: list[net.Packet] = []
    while len(packets) < count:
        got = await conn.read_batch(min(most, count - len(packets)), n)
        assert 0 < len(got) <= min(most, count - len(packets))
        packets += got
    return packets
