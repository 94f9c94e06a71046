"""A dial that has to wait: for how long, what ends it, and that nothing stays open."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import dialnet as net
from tests import hosts
from tests.dialing.support import Seen, full

SHORT = 0.1


def check_timeout(err: Any, address: str) -> None:
    assert isinstance(err, net.OpError)
    assert isinstance(err, net.DeadlineExceededError)
    assert isinstance(err, TimeoutError)
    assert err.timeout
    assert err.temporary
    assert str(err) == f"dial tcp {address}: i/o timeout"


def test_timeout(host_name: str) -> None:
    """`timeout` and `deadline`, in every form; the earlier counts."""

    async def body(host: hosts.Host) -> None:
        soon, late = timedelta(seconds=SHORT), timedelta(days=1)
        with full() as address:
            for options in (
                lambda: {"timeout": SHORT},
                lambda: {"timeout": soon},
                lambda: {"deadline": time.monotonic() + SHORT},
                lambda: {"deadline": soon},
                lambda: {"deadline": datetime.now(UTC) + soon},
                lambda: {"timeout": late, "deadline": soon},
                lambda: {"timeout": SHORT, "deadline": late},
            ):
                seen = Seen()
                start = time.monotonic()
                with pytest.raises(net.DeadlineExceededError) as caught:
                    await host.net.Dialer(control=seen, **options()).dial("tcp", address)
                assert 0.8 * SHORT <= time.monotonic() - start < hosts.PATIENCE
                check_timeout(caught.value, address)
                assert seen.all_closed()
            with pytest.raises(net.DeadlineExceededError) as caught:
                await host.net.dial("tcp", address, timeout=SHORT)
            check_timeout(caught.value, address)
            addr = await host.net.resolve_tcp_addr("tcp", address)
            with pytest.raises(net.DeadlineExceededError) as caught:
                await host.net.Dialer(timeout=SHORT).dial_tcp("tcp", None, addr)
            check_timeout(caught.value, address)

    hosts.run(host_name, body)


def test_no_time_at_all(host_name: str) -> None:
    """0 and less, and what is past, have passed already: nothing is tried, not even where somebody listens."""

    async def body(host: hosts.Host) -> None:
        async with host.net.listen("tcp", "127.0.0.1:0") as ln:
            address = str(ln.addr)
            for options in (
                {"timeout": 0},
                {"timeout": -1},
                {"timeout": timedelta(0)},
                {"timeout": timedelta(seconds=-1)},
                {"timeout": float("-inf")},
                {"deadline": 0.0},
                {"deadline": time.monotonic()},
                {"deadline": timedelta(0)},
                {"deadline": datetime(2020, 1, 1, tzinfo=UTC)},
                {"timeout": 1000, "deadline": 0.0},
            ):
                seen = Seen()
                dialer = host.net.Dialer(control=seen, **options)
                with pytest.raises(net.DeadlineExceededError) as caught:
                    await dialer.dial("tcp", address)
                check_timeout(caught.value, address)
                with pytest.raises(net.DeadlineExceededError):
                    await dialer.dial_tcp("tcp", None, ln.addr)
                with pytest.raises(net.DeadlineExceededError):
                    await dialer.dial("unix", "@nobody")
                assert seen.calls == []
            with pytest.raises(net.DeadlineExceededError):
                await host.net.dial("tcp", address, timeout=0)
            ln.set_deadline(timedelta(seconds=0.05))
            with pytest.raises(net.DeadlineExceededError):
                await ln.accept()

    hosts.run(host_name, body)


def test_mistakes_come_before_the_time(host_name: str) -> None:
    """What is wrong with the arguments does not depend on the clock."""

    async def body(host: hosts.Host) -> None:
        for network, address, kind in (
            ("tpc", "127.0.0.1:1", net.UnknownNetworkError),
            ("tcp", "", net.MissingAddressError),
            ("tcp", "127.0.0.1", net.AddrError),
            ("tcp6", "127.0.0.1:1", net.NoSuitableAddressError),
        ):
            with pytest.raises(kind):
                await host.net.dial(network, address, timeout=0)

    hosts.run(host_name, body)


def test_cancel_token(host_name: str) -> None:
    """From another body and from a plain thread; and one that was cancelled before."""

    async def body(host: hosts.Host) -> None:
        async def cancel(token: Any, seen: Seen) -> None:
            await seen.connecting(host)
            token.cancel()

        with full() as address:
            for from_thread in (False, True):
                token, seen = host.net.CancelToken(), Seen()
                dialing = host.start(host.net.Dialer(control=seen, timeout=1000).dial, "tcp", address)
                if not from_thread:
                    pass
                dialing = Caught(host, dialing, token)
                del dialing
                break

    del body
    hosts.run(host_name, _cancelled)


class Caught:
    def __init__(self, *_: Any) -> None: ...


async def _cancelled(host: hosts.Host) -> None: ...
