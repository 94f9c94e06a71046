"""Somebody in the middle, who passes on records, and stops, cuts off or changes them at a chosen place."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import dialnet
from tests.certificates import NAME, client_context, server_context
from tests.hosts import Host
from tests.tls.support import LIMIT, plain_pair


class Place:
    """After so many whole records of one direction, and so much of the next: `portion` of 0 to 1, or as many
    bytes. What happens there, a subclass says. `records` may be set later."""

    passed = 0

    def __init__(self, records: int = 1 << 30, portion: float | int = 0) -> None:
        self.records = records
        self.portion = portion
        self.reached = False

    def split(self, record: bytes) -> int:
        if isinstance(self.portion, int):
            return min(self.portion, len(record) - 1)
        return int(len(record) * self.portion)

    async def act(self, host: Host, target: Any, rest: bytes) -> bytes:
        """What is passed on instead of the rest of the record."""
        raise NotImplementedError


class Cut(Place):
    """The end of the stream."""

    async def act(self, host: Host, target: Any, rest: bytes) -> bytes:
        target.close_write()
        return b""


class Stall(Place):
    """Nothing more, until `released` is set."""

    released = False

    async def act(self, host: Host, target: Any, rest: bytes) -> bytes:
        await host.until(lambda: self.released)
        return rest


class Change(Place):
    """The rest is something else."""

    def __init__(self, change: Callable[[bytes], bytes], records: int = 1 << 30, portion: float = 0) -> None:
        super().__init__(records, portion)
        self.change = change

    async def act(self, host: Host, target: Any, rest: bytes) -> bytes:
        return self.change(rest)


async def _pass_on(host: Host, source: Any, target: Any, place: Place | None) -> None:
    place = place or Place()
    part = b""
    try:
        while data := await source.read(65536):
            part += data
            while len(part) >= 5 and len(part) >= (size := 5 + int.from_bytes(part[3:5], "big")):
                record, part = part[:size], part[size:]
                if place.passed == place.records:
                    at = place.split(record)
                    if at:
                        await target.write(record[:at])
                    place.reached = True
                    record = await place.act(host, target, record[at:])
                # First, so that whoever has read it can count on it.
                place.passed += 1
                if record:
                    await target.write(record)
        target.close_write()
    except dialnet.OpError:
        pass  # closed, or cut off above


@asynccontextmanager
async def relayed(
    host: Host,
    to_client: Place | None = None,
    to_server: Place | None = None,
    version: ssl.TLSVersion | None = None,
) -> AsyncIterator[Any]:
    """The client's and the server's end of TLS, with somebody in the middle."""
    async with plain_pair(host) as (one, near), plain_pair(host) as (far, two):
        client = host.tls.client(one, client_context(version), NAME)
        server = host.tls.server(two, server_context(version))
        client.set_deadline(LIMIT)
        server.set_deadline(LIMIT)
        jobs = [
            host.start(_pass_on, host, near, far, to_server),
            host.start(_pass_on, host, far, near, to_client),
        ]
        try:
            yield client, server
        finally:
            for place in (to_client, to_server):
                if isinstance(place, Stall):
                    place.released = True
            for end in (client, server, near, far):
                end.close()
            for job in jobs:
                await job
