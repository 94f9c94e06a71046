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
    """0 and less, and what is past, have passed already: nothing is tried, even where somebody listens."""

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
    """From another body, from a plain thread, for every way to dial; and a token cancelled before."""

    async def body(host: hosts.Host) -> None:
        async def cancelled(dialing: Any) -> Any:
            with pytest.raises(net.CanceledError) as caught:
                await dialing()
            return caught.value

        with full() as address:
            addr = net.TCPAddr(*parts(address))
            for how in ("here", "thread"):
                for typed in (False, True):
                    token, seen = host.net.CancelToken(), Seen()
                    dialer = host.net.Dialer(control=seen, timeout=1000)

                    def dial(dialer: Any = dialer, token: Any = token, typed: bool = typed) -> Any:
                        if typed:
                            return dialer.dial_tcp("tcp", None, addr, cancel=token)
                        return dialer.dial("tcp", address, cancel=token)

                    job = host.start(cancelled, dial)
                    await seen.connecting(host)
                    if how == "here":
                        token.cancel()
                    else:
                        thread = threading.Thread(target=token.cancel)
                        thread.start()
                        thread.join()
                    err = await job
                    assert str(err) == f"dial tcp {address}: operation was canceled"
                    assert isinstance(err, net.OpError)
                    assert not err.timeout
                    assert seen.all_closed()
                    # What is given it later does not even begin.
                    with pytest.raises(net.CanceledError):
                        await dial()
                    assert len(seen.calls) == 1

    hosts.run(host_name, body)


def parts(address: str) -> tuple[str, int]:
    name, port = net.split_host_port(address)
    return name, int(port)


def test_one_token_for_many(host_name: str) -> None:
    """One `cancel` ends all who were given it, and nobody else; after a success it means nothing."""

    async def body(host: hosts.Host) -> None:
        token = host.net.CancelToken()
        seens = [Seen() for _ in range(4)]

        async def dial(seen: Seen) -> None:
            with pytest.raises(net.CanceledError):
                await host.net.Dialer(control=seen).dial("tcp", address, cancel=token)

        with full() as address:
            jobs = [host.start(dial, seen) for seen in seens]
            for seen in seens:
                await seen.connecting(host)
            async with host.net.listen("tcp", "127.0.0.1:0") as ln:
                conn = await host.net.Dialer().dial("tcp", str(ln.addr), cancel=token)
                other = await host.net.dial("tcp", str(ln.addr))
                token.cancel()
                for job in jobs:
                    await job
                for end in (conn, other):
                    assert await end.write(b"x") == 1
                    end.close()

    hosts.run(host_name, body)


def test_cancelled_task(task_host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        with full() as address:
            addr = net.TCPAddr(*parts(address))
            for typed in (False, True):
                seen = Seen()
                dialer = host.net.Dialer(control=seen, timeout=1000)
                if typed:
                    job = host.start(dialer.dial_tcp, "tcp", None, addr)
                else:
                    job = host.start(dialer.dial, "tcp", address)
                await seen.connecting(host)
                job.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await job
                assert job.cancelled()
                assert seen.all_closed()

    hosts.run(task_host_name, body)


# A lookup that never comes back.


@contextmanager
def stuck(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """`getaddrinfo` does not return inside; the names it was asked for."""
    asked: list[str] = []
    goes_on = threading.Event()

    def getaddrinfo(name: str, *_: Any) -> Any:
        asked.append(name)
        assert goes_on.wait(hosts.PATIENCE)
        raise socket.gaierror(socket.EAI_NONAME, "too late")

    with monkeypatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", getaddrinfo)
        patch.setenv("DIALNETDEBUG", "netdns=system")
        try:
            yield asked
        finally:
            goes_on.set()


def test_lookup_in_time(host_name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def body(host: hosts.Host) -> None:
        with stuck(monkeypatch) as asked:
            for options in ({"timeout": SHORT}, {"deadline": timedelta(seconds=SHORT)}):
                with pytest.raises(net.DNSError) as caught:
                    await host.net.Dialer(**options).dial("tcp", "slow.example:80")
                err = caught.value
                assert str(err) == "dial tcp: lookup slow.example: i/o timeout"
                assert isinstance(err, TimeoutError)
                assert err.timeout
                assert err.is_timeout
                assert not err.is_not_found
            assert asked[0] == "slow.example"

    hosts.run(host_name, body)


def test_lookup_cancelled(host_name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def body(host: hosts.Host) -> None:
        token = host.net.CancelToken()

        async def dial() -> Any:
            with pytest.raises(net.CanceledError) as caught:
                await host.net.Dialer().dial("tcp", "slow.example:80", cancel=token)
            return caught.value

        with stuck(monkeypatch) as asked:
            job = host.start(dial)
            await host.until(lambda: asked)
            token.cancel()
            err = await job
            assert str(err) == "dial tcp: lookup slow.example: operation was canceled"
            assert isinstance(err, net.DNSError)
            assert not err.timeout

    hosts.run(host_name, body)


def test_lookup_in_a_cancelled_task(task_host_name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def body(host: hosts.Host) -> None:
        with stuck(monkeypatch) as asked:
            for call, arguments in (
                (host.net.dial, ("tcp", "slow.example:80")),
                (host.net.listen, ("tcp", "slow.example:80")),
                (host.net.resolve_tcp_addr, ("tcp", "slow.example:80")),
            ):
                asked.clear()
                job = host.start(call, *arguments)
                await host.until(lambda: asked)
                job.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await job

    hosts.run(task_host_name, body)
