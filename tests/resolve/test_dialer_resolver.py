"""`Dialer(resolver=...)` with an object that is no `Resolver`: whatever has a `lookup_ip_addr`."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest

import dialnet
from dialnet import DNSError, IPAddr, OpError
from dialnet.errors import CanceledError
from tests import hosts
from tests.hosts import PATIENCE

SHORT = 0.2


class Book:
    """A resolver of one's own: it gives (or raises) what `answer(host)` gives, now or when it is let go."""

    def __init__(self, host: hosts.Host, answer: Callable[[str], Any], *, slow: bool = False) -> None:
        self._host = host
        self._answer = answer
        self._slow = slow
        self.asked: list[str] = []
        self.cancelled = self.ended = 0
        self.release = threading.Event()
        self.lookup_ip_addr: Any = self._blocking if host.is_threads else self._awaited

    def _blocking(self, name: str) -> Any:
        self.asked.append(name)
        if self._slow:
            self.release.wait(PATIENCE)
        self.ended += 1
        return self._answer(name)

    async def _awaited(self, name: str) -> Any:
        self.asked.append(name)
        if self._slow:
            try:
                await self._host.until(self.release.is_set)
            except BaseException:
                self.cancelled += 1
                raise
        self.ended += 1
        return self._answer(name)

    async def left(self) -> None:
        """The dial is over; it is not for the book to decide when."""
        if self._host.is_threads:
            assert self.ended == 0
            self.release.set()
            await self._host.until(lambda: self.ended == 1)
        else:
            await self._host.until(lambda: self.cancelled == 1)
            assert self.ended == 0


def dialer(host: hosts.Host, book: Any, **options: Any) -> Any:
    return host.net.Dialer(resolver=book, **{"timeout": PATIENCE, **options})


async def failing(call: Callable[[], Any]) -> OpError:
    with pytest.raises(OpError) as caught:
        await call()
    assert caught.value.op == "dial"
    return caught.value


def test_it_is_asked(host_name: str) -> None:
    """For the host alone, once, and only for what is a name."""

    async def body(host: hosts.Host) -> None:
        book = Book(host, lambda _: [IPAddr("127.0.0.1")])
        async with host.net.listen("tcp", "127.0.0.1:0") as ln:
            port = ln.addr.port
            for network in ("tcp", "tcp4", "udp"):
                async with dialer(host, book).dial(network, f"some where.example:{port}") as conn:
                    assert str(conn.remote_addr) == f"127.0.0.1:{port}"
            assert book.asked == ["some where.example"] * 3
            book.asked.clear()
            for address in (f"127.0.0.1:{port}", f":{port}"):
                async with dialer(host, book).dial("tcp4", address):
                    pass
            assert book.asked == []

    hosts.run(host_name, body)


@pytest.mark.parametrize("made", [list, tuple, iter, lambda addrs: dict.fromkeys(addrs)])
def test_it_may_give_any_iterable(host_name: str, made: Any) -> None:
    async def body(host: hosts.Host) -> None:
        async with host.net.listen("tcp", "127.0.0.1:0") as ln:
            book = Book(host, lambda _: made([IPAddr("127.0.0.1"), IPAddr("127.0.0.1")]))
            async with dialer(host, book).dial("tcp", f"x:{ln.addr.port}"):
                pass

    hosts.run(host_name, body)


def test_a_plain_method_for_tasks(task_host_name: str) -> None:
    """As long as it does not block."""

    class Plain:
        def lookup_ip_addr(self, host: str) -> list[IPAddr]:
            return [IPAddr("127.0.0.1")]

    async def body(host: hosts.Host) -> None:
        async with host.net.listen("tcp", "127.0.0.1:0") as ln:
            async with dialer(host, Plain()).dial("tcp", f"x:{ln.addr.port}"):
                pass

    hosts.run(task_host_name, body)


def test_an_async_method_for_threads() -> None:
    """There is nobody to await it, and no coroutine is left that was never awaited."""

    async def body(host: hosts.Host) -> None:
        class Awaited:
            async def lookup_ip_addr(self, host: str) -> list[IPAddr]:
                raise NotImplementedError

        with pytest.raises(TypeError, match="lookup_ip_addr has to be awaited here, which only tasks can"):
            await dialer(host, Awaited()).dial("tcp", "x:80")

    hosts.run("threads", body)


# What it knows.


def test_families(host_name: str) -> None:
    """What the network cannot use is left out."""

    async def body(host: hosts.Host) -> None:
        both = [IPAddr("::1"), IPAddr("127.0.0.1")]
        async with host.net.listen("tcp", "127.0.0.1:0") as ln:
            async with dialer(host, Book(host, lambda _: both)).dial("tcp4", f"x:{ln.addr.port}") as conn:
                assert conn.remote_addr == ln.addr
        for network, found in (("tcp6", both[1:]), ("udp4", both[:1]), ("tcp", [IPAddr()])):
            err = await failing(
                lambda network=network, found=found: dialer(host, Book(host, lambda _: found)).dial(
                    network, "x:80"
                )
            )
            assert isinstance(err.err, dialnet.NoSuitableAddressError)
            assert str(err) == f"dial {network}: address x: no suitable address found"

    hosts.run(host_name, body)


def test_it_knows_nothing(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        err = await failing(lambda: dialer(host, Book(host, lambda _: [])).dial("tcp", "x:80"))
        assert isinstance(err, DNSError)
        assert err.err.is_not_found
        assert str(err) == "dial tcp: lookup x: no such host"

    hosts.run(host_name, body)


@pytest.mark.parametrize("wrong", [None, 5, ["127.0.0.1"], [("127.0.0.1", 80)], [None], "127.0.0.1", b"x"])
def test_it_gives_something_else(host_name: str, wrong: Any) -> None:
    async def body(host: hosts.Host) -> None:
        with pytest.raises(TypeError, match=r"lookup_ip_addr gives IPAddr, not|not iterable"):
            await dialer(host, Book(host, lambda _: wrong)).dial("tcp", "x:80")

    hosts.run(host_name, body)


def test_no_resolver(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        class Wrong:
            lookup_ip_addr = None

        for wrong in (5, "192.0.2.53", object(), Wrong()):
            with pytest.raises(TypeError, match="a resolver has a lookup_ip_addr"):
                dialer(host, wrong)

    hosts.run(host_name, body)


# It fails.


def raise_(err: BaseException) -> Any:
    raise err


def test_it_raises_what_a_lookup_raises(host_name: str) -> None:
    """It is the cause of the dial's error, and decides of what class that is."""

    async def body(host: hosts.Host) -> None:
        for err, kind in (
            (DNSError("no such host", "x", "book", is_not_found=True), DNSError),
            (DNSError("slow", "x", is_timeout=True), TimeoutError),
            (ConnectionResetError(104, "gone"), ConnectionResetError),
            (PermissionError(13, "not for you"), PermissionError),
        ):
            found = await failing(
                lambda err=err: dialer(host, Book(host, lambda _: raise_(err))).dial("tcp", "x:80")
            )
            assert found.err is err
            assert found.__cause__ is err
            assert isinstance(found, kind)

    hosts.run(host_name, body)


def test_it_has_a_mistake(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        err = ZeroDivisionError("mine")
        with pytest.raises(ZeroDivisionError) as caught:
            await dialer(host, Book(host, lambda _: raise_(err))).dial("tcp", "x:80")
        assert caught.value is err

    hosts.run(host_name, body)


# It is slow.


@pytest.mark.parametrize("network", ["tcp", "udp"])
def test_the_dials_time_is_its_time(host_name: str, network: str) -> None:
    async def body(host: hosts.Host) -> None:
        book = Book(host, lambda _: [IPAddr("127.0.0.1")], slow=True)
        err = await failing(lambda: dialer(host, book, timeout=SHORT).dial(network, "x:80"))
        assert isinstance(err, TimeoutError)
        assert isinstance(err.err, DNSError)
        assert str(err) == f"dial {network}: lookup x: i/o timeout"
        await book.left()

    hosts.run(host_name, body)


def test_a_token(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        book, token = Book(host, lambda _: [IPAddr("127.0.0.1")], slow=True), dialnet.CancelToken()
        job = host.start(lambda: failing(lambda: dialer(host, book).dial("tcp", "x:80", cancel=token)))
        await host.until(lambda: book.asked)
        token.cancel()
        err = await job
        assert isinstance(err, CanceledError)
        assert str(err) == "dial tcp: lookup x: operation was canceled"
        await book.left()

    hosts.run(host_name, body)


def test_a_cancelled_task(task_host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        book = Book(host, lambda _: [IPAddr("127.0.0.1")], slow=True)
        job = host.start(lambda: dialer(host, book).dial("tcp", "x:80"))
        await host.until(lambda: book.asked)
        job.cancel()
        with pytest.raises(asyncio.CancelledError):
            await job
        await book.left()

    hosts.run(task_host_name, body)


def test_a_slow_one_that_comes_in_time(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        async with host.net.listen("tcp", "127.0.0.1:0") as ln:
            book = Book(host, lambda _: [IPAddr("127.0.0.1")], slow=True)
            job = host.start(lambda: dialer(host, book).dial("tcp", f"x:{ln.addr.port}"))
            await host.until(lambda: book.asked)
            book.release.set()
            (await job).close()

    hosts.run(host_name, body)
