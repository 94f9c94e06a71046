"""Proxies that keep us waiting: what ends a dial then, and that nothing stays open."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

import dialnet as net
from tests import hosts
from tests.dialing.support import full
from tests.proxies.peers import SUCCESS, Peer, greeting, request, scripted

TARGET = "www.example.com:80"
SHORT = 0.15


class Waits:
    """Scripts that stop at some point and wait for the other side to close; `reached` says they are there."""

    def __init__(self) -> None:
        self.reached = threading.Semaphore(0)

    def _wait(self, peer: Peer) -> None:
        self.reached.release()
        peer.gone()

    def silent(self, peer: Peer) -> None:
        peer.take(3)
        self._wait(peer)

    def no_reply(self, peer: Peer) -> None:
        greeting(peer)
        request(peer)
        self._wait(peer)

    def half_a_reply(self, peer: Peer) -> None:
        greeting(peer)
        request(peer)
        peer.send(SUCCESS[:-1])
        self._wait(peer)

    def no_head(self, peer: Peer) -> None:
        peer.head()
        self._wait(peer)

    def half_a_head(self, peer: Peer) -> None:
        peer.head()
        peer.send(b"HTTP/1.1 200 OK\r\n")
        self._wait(peer)

    def never_done(self, peer: Peer) -> None:
        """Something comes all the time, but never the end."""
        peer.head()
        self.reached.release()
        try:
            peer.send(b"HTTP/1.1 200 OK\r\n")
            while True:
                peer.send(b"X: y\r\n")
                time.sleep(0.02)
        except (ConnectionResetError, BrokenPipeError):
            pass


CASES = [
    ("socks5", Waits.silent),
    ("socks5", Waits.no_reply),
    ("socks5", Waits.half_a_reply),
    ("http_connect", Waits.no_head),
    ("http_connect", Waits.half_a_head),
    ("http_connect", Waits.never_done),
]
each_case = pytest.mark.parametrize(
    ("kind", "script"), CASES, ids=lambda value: getattr(value, "__name__", value)
)


def bound(waits: Waits, script: Callable[[Waits, Peer], None]) -> Callable[[Peer], None]:
    return lambda peer: script(waits, peer)


def hurried(script: Callable[[Peer], None]) -> Callable[[Peer], None]:
    """The same, where the other side may have closed before it came so far."""

    def run(peer: Peer) -> None:
        try:
            script(peer)
        except (AssertionError, ConnectionResetError, BrokenPipeError):
            pass

    return run


def check_timeout(err: Any, kind: str, address: str) -> None:
    assert isinstance(err, net.OpError)
    assert isinstance(err, net.DeadlineExceededError)
    assert err.timeout
    assert str(err) == f"dial tcp {TARGET}: i/o timeout"
    assert err.__notes__ == [f"during the handshake with {kind} {address}"]
    assert err.duration >= 0.8 * SHORT


@each_case
def test_timeout(host_name: str, kind: str, script: Any) -> None:
    """The forward dialer's `timeout` and `deadline` are for the handshake too."""

    async def body(host: hosts.Host) -> None:
        with scripted(hurried(bound(Waits(), script))) as proxy:
            for options in (
                lambda time_: {"timeout": time_},
                lambda time_: {"deadline": timedelta(seconds=time_)},
                lambda time_: {"timeout": 1000, "deadline": time.monotonic() + time_},
            ):
                # On a busy machine the time may be over before the proxy has been reached.
                for length in (SHORT, 10 * SHORT):
                    forward = host.net.Dialer(**options(length))
                    start = time.monotonic()
                    with pytest.raises(net.DeadlineExceededError) as caught:
                        await getattr(host.proxy, kind)(proxy.address, forward=forward).dial("tcp", TARGET)
                    assert time.monotonic() - start < hosts.PATIENCE / 2
                    if not caught.value.__notes__[0].startswith("on the way"):
                        break
                check_timeout(caught.value, kind, proxy.address)

    hosts.run(host_name, body)


def test_one_deadline_for_a_chain(host_name: str) -> None:
    """The dialer at the bottom sets it, whichever proxy it is that does not answer."""

    def relays_nothing(peer: Peer) -> None:
        """The first is fine; what it connects to, the second, says nothing."""
        greeting(peer)
        assert request(peer)[5:-2] == b"second.example"
        peer.send(SUCCESS)
        peer.take(3)
        peer.gone()

    async def body(host: hosts.Host) -> None:
        with scripted(relays_nothing) as proxy:
            first = host.proxy.socks5(proxy.address, forward=host.net.Dialer(timeout=1.5))
            second = host.proxy.socks5("second.example:1080", forward=first)
            with pytest.raises(net.DeadlineExceededError) as caught:
                await second.dial("tcp", TARGET)
            check_timeout(caught.value, "socks5", "second.example:1080")

    hosts.run(host_name, body)


def test_environment_has_its_forwards_deadline(host_name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a chain on a dialer from the environment, too."""

    async def body(host: hosts.Host) -> None:
        def fine(peer: Peer) -> None:
            greeting(peer)
            request(peer)
            peer.send(SUCCESS)
            peer.take(3)
            peer.gone()

        with scripted(fine) as proxy:
            monkeypatch.setenv("ALL_PROXY", f"socks5://{proxy.address}")
            monkeypatch.setenv("NO_PROXY", "localhost")
            forward = host.proxy.from_environment(forward=host.net.Dialer(timeout=1.5))
            with pytest.raises(net.DeadlineExceededError) as caught:
                await host.proxy.socks5("second.example:1", forward=forward).dial("tcp", TARGET)
            check_timeout(caught.value, "socks5", "second.example:1")

    hosts.run(host_name, body)


def test_on_the_way_to_the_proxy(host_name: str) -> None:
    """The proxy's own address does not answer, or there is no time at all."""

    async def body(host: hosts.Host) -> None:
        with full() as address:
            for timeout in (SHORT, 0):
                through = host.proxy.socks5(address, forward=host.net.Dialer(timeout=timeout))
                with pytest.raises(net.DeadlineExceededError) as caught:
                    await through.dial("tcp", TARGET)
                assert str(caught.value) == f"dial tcp {address}: i/o timeout"
                assert caught.value.__notes__ == [f"on the way to {TARGET} by socks5 {address}"]

    hosts.run(host_name, body)


@each_case
@pytest.mark.parametrize("how", ["here", "thread"])
def test_cancel_token(host_name: str, kind: str, script: Any, how: str) -> None:
    async def body(host: hosts.Host) -> None:
        async def dial() -> Any:
            with pytest.raises(net.CanceledError) as caught:
                await through.dial("tcp", TARGET, cancel=token)
            return caught.value

        waits, token = Waits(), host.net.CancelToken()
        with scripted(bound(waits, script)) as proxy:
            through = getattr(host.proxy, kind)(proxy.address, forward=host.net.Dialer(timeout=1000))
            job = host.start(dial)
            await host.until(lambda: waits.reached.acquire(blocking=False))
            await host.pause(0.01)
            if how == "here":
                token.cancel()
            else:
                thread = threading.Thread(target=token.cancel)
                thread.start()
                thread.join()
            err = await job
            assert str(err) == f"dial tcp {TARGET}: operation was canceled"
            assert isinstance(err, net.OpError)
            assert not err.timeout
            assert err.__notes__ == [f"during the handshake with {kind} {proxy.address}"]
            # What is given it later does not even begin.
            with pytest.raises(net.CanceledError):
                await through.dial("tcp", TARGET, cancel=token)
            assert proxy.count == 1

    hosts.run(host_name, body)


def test_cancelled_on_the_way(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        async def dial() -> None:
            with pytest.raises(net.CanceledError):
                await host.proxy.socks5(address).dial("tcp", TARGET, cancel=token)

        token = host.net.CancelToken()
        with full() as address:
            job = host.start(dial)
            await host.pause(0.05)
            token.cancel()
            await job

    hosts.run(host_name, body)


def test_cancelled_too_late(host_name: str) -> None:
    """After a success a token means nothing to the connection."""

    def script(peer: Peer) -> None:
        greeting(peer)
        request(peer)
        peer.send(SUCCESS)
        peer.echo()

    async def body(host: hosts.Host) -> None:
        token = host.net.CancelToken()
        with scripted(script) as proxy:
            async with host.proxy.socks5(proxy.address).dial("tcp", TARGET, cancel=token) as conn:
                token.cancel()
                conn.set_deadline(timedelta(seconds=hosts.PATIENCE))
                await conn.write(b"still there")
                assert await conn.read(11) == b"still there"

    hosts.run(host_name, body)


def test_cancelled_at_any_moment(host_name: str) -> None:
    """A connection or a `CanceledError`, never a connection that is dead; nothing is left open."""

    def script(peer: Peer) -> None:
        greeting(peer)
        request(peer)
        peer.send(SUCCESS)
        peer.echo()

    async def body(host: hosts.Host) -> None:
        with scripted(hurried(script)) as proxy:
            through = host.proxy.socks5(proxy.address)
            for number in range(60):
                token = host.net.CancelToken()
                timer = threading.Timer(number * 0.0001, token.cancel)
                timer.start()
                try:
                    conn = await through.dial("tcp", TARGET, cancel=token)
                except net.CanceledError:
                    pass
                else:
                    timer.join()
                    await conn.write(b"x")
                    assert await conn.read(1) == b"x"
                    conn.close()
                timer.join()
            # What a token has closed in its own thread is closed when the loop comes to it, which the end of
            # this block would hold up.
            await host.until(proxy.is_idle)

    hosts.run(host_name, body)


@each_case
def test_cancelled_task(task_host_name: str, kind: str, script: Any) -> None:
    async def body(host: hosts.Host) -> None:
        waits = Waits()
        with scripted(bound(waits, script)) as proxy:
            through = getattr(host.proxy, kind)(proxy.address, forward=host.net.Dialer(timeout=1000))
            job = host.start(through.dial, "tcp", TARGET)
            await host.until(lambda: waits.reached.acquire(blocking=False))
            await host.pause(0.01)
            job.cancel()
            with pytest.raises(asyncio.CancelledError):
                await job
            assert job.cancelled()

    hosts.run(task_host_name, body)
