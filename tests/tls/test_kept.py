"""What a failed call keeps alive: nothing."""

from __future__ import annotations

import contextlib
import datetime
import gc
import time

import pytest

from tests import hosts
from tests.tls.support import talking_pair


@pytest.fixture
def _errors_have_their_shape() -> None:
    """Nothing looks at them here: that would keep them."""


SOON = datetime.timedelta(seconds=0.1)


def test_the_data_of_a_write(host_name: str) -> None:
    """It can be resized, be it that nothing of it has gone or a part."""

    async def body(host: hosts.Host) -> None:
        async with talking_pair(host) as (client, _server):
            small, big = bytearray(100), bytearray(64 << 20)
            gc.disable()
            try:
                for data, until in ((small, time.monotonic()), (big, SOON)):
                    client.set_write_deadline(until)
                    with contextlib.suppress(OSError):
                        await client.write(data)
                    # trio's scheduler knows what it threw until the task's next step.
                    await host.pause(0)
                    data.append(1)
            finally:
                gc.enable()

    hosts.run(host_name, body)


def test_no_cycles(host_name: str) -> None:
    """A poller with short deadlines makes no work for the garbage collector."""

    async def body(host: hosts.Host) -> None:
        async with talking_pair(host) as (client, _server):
            client.set_read_deadline(time.monotonic())
            gc.collect()
            gc.disable()
            try:
                for _ in range(50):
                    with contextlib.suppress(OSError):
                        await client.read(1)
                # Some of it may be of the event loop's.
                assert gc.collect() < 50
            finally:
                gc.enable()

    hosts.run(host_name, body)
