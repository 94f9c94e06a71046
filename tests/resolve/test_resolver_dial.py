"""`Resolver(dial=...)`: connections to the servers that a caller makes."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import dns.message
import pytest
from dns.message import Message

import dialnet
import dialnet.aio
from dialnet.errors import CanceledError
from tests import hosts
from tests.hosts import PATIENCE
from tests.resolve import answers, scripted
from tests.resolve.scripted import Scripted
from tests.resolve.support import NAME, EmptyMachine, failing, ip4, resolver

pytestmark = pytest.mark.usefixtures("machine")

RIGHT = "192.0.2.1"
SERVER = "192.0.2.53:53"
# What something lasts that ends by its deadline.
SHORT = 0.2


def right(query: Message, *_: Any) -> list[scripted.Step]:
    return [answers.reply(query, f"{query.question[0].name} A {RIGHT}")]


def face(host: hosts.Host) -> Any:
    """The module itself: what a caller's own `dial` is written with."""
    return dialnet if host.is_threads else dialnet.aio


class Dialing:
    """A `dial` for the host: `make(network, address)` gives a connection, or what can be awaited for one."""

    def __init__(self, host: hosts.Host, make: Callable[[str, str], Any]) -> None:
        self.asked: list[tuple[str, str]] = []
        self.conns: list[Any] = []
        self._make = make
        self.dial: Any = self._blocking if host.is_threads else self._awaited

    def _blocking(self, network: str, address: str) -> Any:
        self.asked.append((network, address))
        self.conns.append(self._make(network, address))
        return self.conns[-1]

    async def _awaited(self, network: str, address: str) -> Any:
        self.asked.append((network, address))
        self.conns.append(await self._make(network, address))
        return self.conns[-1]

    def all_closed(self) -> bool:
        return all(conn.closed for conn in self.conns)


# Over what it goes.


def test_over_tcp_alone(host_name: str) -> None:
    """What has no datagrams has lengths, whatever the network is called; each question has a connection."""

    async def body(host: hosts.Host) -> None:
        with Scripted(right) as server:
            dialing = Dialing(host, lambda network, address: face(host).dial("tcp", server.address))
            assert await ip4(resolver(host, SERVER, dial=dialing.dial)) == [RIGHT]
            assert dialing.asked == [("udp", SERVER)]
            assert [received.transport for received in server.received] == ["tcp"]
            assert len(dialing.conns) == 1
            await host.until(dialing.all_closed)
            assert await resolver(host, SERVER, dial=dialing.dial).lookup_host(NAME) == [RIGHT]
            assert len(dialing.conns) == 3
            await host.until(dialing.all_closed)

    hosts.run(host_name, body)


def test_over_udp(host_name: str) -> None:
    """Datagrams that are no answer are passed over, and a truncated one is asked for again over TCP."""

    def script(query: Message, transport: str, _: int) -> list[scripted.Step]:
        if transport == "tcp":
            return right(query)
        answer = answers.reply(query, f"{NAME} A 192.0.2.66")
        return [answers.garbage(), b"", answers.wrong_id(answer), answers.truncated(answers.reply(query))]

    async def body(host: hosts.Host) -> None:
        with Scripted(script) as server:
            dialing = Dialing(host, lambda network, _: face(host).dial(network, server.address))
            assert await ip4(resolver(host, SERVER, dial=dialing.dial)) == [RIGHT]
            assert dialing.asked == [("udp", SERVER), ("tcp", SERVER)]
            assert [received.transport for received in server.received] == ["udp", "tcp"]
            await host.until(dialing.all_closed)

    hosts.run(host_name, body)


@contextlib.contextmanager
def on_a_unix_socket(path: Path, kind: socket.SocketKind) -> Iterator[None]:
    """A server that answers one question."""

    def answer(data: bytes) -> bytes:
        return answers.wire(right(dns.message.from_wire(data))[0])  # type: ignore[arg-type]

    def serve() -> None:
        conn, _ = listener.accept()
        with conn:
            if kind == socket.SOCK_SEQPACKET:
                # A boundary tells where a message ends. What is no answer is passed over, as with datagrams.
                data = conn.recv(65535)
                conn.send(answers.garbage())
                conn.send(answer(data))
            else:
                with conn.makefile("rwb") as stream:
                    reply = answer(stream.read(int.from_bytes(stream.read(2))))
                    stream.write(len(reply).to_bytes(2) + reply)

    with socket.socket(socket.AF_UNIX, kind) as listener:
        listener.bind(str(path))
        listener.listen()
        listener.settimeout(PATIENCE)
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield
        thread.join(PATIENCE)
        assert not thread.is_alive()


@pytest.mark.parametrize("network", ["unix", "unixpacket"])
def test_over_a_unix_socket(host_name: str, network: str, tmp_path: Path) -> None:
    async def body(host: hosts.Host) -> None:
        path = tmp_path / "s"
        kind = socket.SOCK_STREAM if network == "unix" else socket.SOCK_SEQPACKET
        with on_a_unix_socket(path, kind):
            dialing = Dialing(host, lambda *_: face(host).dial(network, str(path)))
            assert await ip4(resolver(host, SERVER, dial=dialing.dial)) == [RIGHT]
            await host.until(dialing.all_closed)

    hosts.run(host_name, body)


def test_a_plain_function_for_tasks(task_host_name: str) -> None:
    """What it gives is awaited, if it can be."""

    async def body(host: hosts.Host) -> None:
        with Scripted(right) as server:
            made = resolver(host, SERVER, dial=lambda network, _: dialnet.aio.dial(network, server.address))
            assert await ip4(made) == [RIGHT]
            conn = await dialnet.aio.dial("udp", server.address)
            assert await ip4(resolver(host, SERVER, dial=lambda *_: conn)) == [RIGHT]
            assert conn.closed

    hosts.run(task_host_name, body)


def test_it_sees_the_callers_context(host_name: str) -> None:
    where: contextvars.ContextVar[str] = contextvars.ContextVar("where", default="nowhere")

    async def body(host: hosts.Host) -> None:
        with Scripted(right) as server:
            seen = []

            def make(network: str, _: str) -> Any:
                seen.append(where.get())
                return face(host).dial(network, server.address)

            where.set("here")
            assert await ip4(resolver(host, SERVER, dial=Dialing(host, make).dial)) == [RIGHT]
            assert seen == ["here"]

    hosts.run(host_name, body)


# One that hangs.


class Hanging:
    """A `dial` that hangs until it is let go (threads) or cancelled (tasks)."""

    def __init__(self, host: hosts.Host, make: Callable[[], Any]) -> None:
        self._host = host
        self._make = make
        self.begun = 0
        self.cancelled = 0
        self.late: list[Any] = []
        self.release = threading.Event()
        self.dial: Any = self._blocking if host.is_threads else self._awaited

    def _blocking(self, *_: str) -> Any:
        self.begun += 1
        self.release.wait(PATIENCE)
        self.late.append(self._make())
        return self.late[-1]

    async def _awaited(self, *_: str) -> Any:
        self.begun += 1
        ended = False
        try:
            await self._host.pause(PATIENCE)
            ended = True
        finally:
            self.cancelled += not ended

    async def left(self, count: int = 1) -> None:
        """The lookup is over. A task has been cancelled; a thread's connection is closed when it comes."""
        if self._host.is_threads:
            assert not self.late
            self.release.set()
            await self._host.until(lambda: len(self.late) == count and all(conn.closed for conn in self.late))
        else:
            await self._host.until(lambda: self.cancelled == count)
        assert self.begun == count


@pytest.mark.parametrize("kind", ["timeout", "token"])
def test_one_that_hangs(host_name: str, kind: str) -> None:
    """The lookup ends at its time-out, or when it is cancelled."""

    async def body(host: hosts.Host) -> None:
        with Scripted(right) as server:
            hanging = Hanging(host, lambda: dialnet.dial("udp", server.address))
            token = dialnet.CancelToken()
            if kind == "timeout":
                made = resolver(host, SERVER, dial=hanging.dial, timeout=SHORT)
                assert (await failing(lambda: ip4(made))).is_timeout
            else:
                made = resolver(host, SERVER, dial=hanging.dial)
                job = host.start(lambda: failing(lambda: ip4(made, cancel=token)))
                await host.until(lambda: hanging.begun)
                token.cancel()
                assert isinstance(await job, CanceledError)
            await hanging.left()
            assert server.received == []

    hosts.run(host_name, body)


def test_a_task_that_is_cancelled(task_host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        hanging = Hanging(host, lambda: None)
        job = host.start(lambda: ip4(resolver(host, SERVER, dial=hanging.dial)))
        await host.until(lambda: hanging.begun)
        job.cancel()
        with pytest.raises(asyncio.CancelledError):
            await job
        await hanging.left()

    hosts.run(task_host_name, body)


def test_one_that_hangs_makes_room(host_name: str, machine: EmptyMachine) -> None:
    """A try has its time, whoever makes the connection; then the next server is asked."""
    machine.each_try = SHORT

    async def body(host: hosts.Host) -> None:
        with Scripted(right) as server:
            hanging = Hanging(host, lambda: dialnet.dial("udp", server.address))

            def dial(network: str, address: str) -> Any:
                if address == SERVER:
                    return hanging.dial(network, address)
                return face(host).dial(network, server.address)

            assert await ip4(resolver(host, SERVER, "192.0.2.54", dial=dial)) == [RIGHT]
            await hanging.left()

    hosts.run(host_name, body)


def test_a_connection_that_hangs(host_name: str) -> None:
    """Nobody answers on it: the lookup ends in time, and it is closed."""

    async def body(host: hosts.Host) -> None:
        with Scripted(lambda *_: []) as server:
            for network in ("udp", "tcp"):
                dialing = Dialing(host, lambda *_, network=network: face(host).dial(network, server.address))
                made = resolver(host, SERVER, dial=dialing.dial)
                assert (await failing(lambda made=made: ip4(made, timeout=SHORT))).is_timeout
                await host.until(dialing.all_closed)
                token = dialnet.CancelToken()
                job = host.start(
                    lambda made=made, token=token: failing(lambda: ip4(made, cancel=token)),
                )
                await host.until(lambda dialing=dialing: len(dialing.conns) == 2)
                token.cancel()
                assert isinstance(await job, CanceledError)
                await host.until(dialing.all_closed)

    hosts.run(host_name, body)


# One that fails.


def raising(host: hosts.Host, err: BaseException) -> Any:
    def at_once(*_: str) -> Any:
        raise err

    async def later(*_: str) -> Any:
        await host.pause(0.001)
        raise err

    return at_once if host.is_threads else later


@pytest.mark.parametrize(
    ("err", "text", "flag"),
    [
        (ConnectionRefusedError(111, "not today"), "not today", ""),
        (TimeoutError("too late"), "too late", ""),
        (dialnet.DeadlineExceededError(), "i/o timeout", "timeout"),
        (dialnet.ClosedError(), "use of closed network connection", ""),
        (EOFError(), "EOF", ""),
    ],
)
def test_one_that_fails(host_name: str, err: Exception, text: str, flag: str) -> None:
    """It is a try that failed."""

    async def body(host: hosts.Host) -> None:
        with Scripted(right) as server:
            failing_one = raising(host, err)

            def dial(network: str, address: str) -> Any:
                if address == SERVER:
                    return failing_one(network, address)
                return face(host).dial(network, server.address)

            assert await ip4(resolver(host, SERVER, "192.0.2.54", dial=dial)) == [RIGHT]
            found = await failing(lambda: ip4(resolver(host, SERVER, dial=dial)))
            assert text in found.err
            assert found.server == SERVER
            assert found.is_timeout == (flag == "timeout")
            assert found.__cause__ is err

    hosts.run(host_name, body)


@pytest.mark.parametrize("err", [ZeroDivisionError("mine"), KeyError("k")])
def test_a_mistake_in_it(host_name: str, err: Exception) -> None:
    """It is the caller's, who is to see it."""

    async def body(host: hosts.Host) -> None:
        made = resolver(host, SERVER, "192.0.2.54", dial=raising(host, err))
        for call in (lambda: ip4(made), lambda: made.lookup_host(NAME), lambda: made.lookup_mx(NAME)):
            with pytest.raises(type(err)) as caught:
                await call()
            assert caught.value is err

    hosts.run(host_name, body)


def test_an_exit_in_it() -> None:
    """In threads it is the caller's, and the thread that had it goes on to serve others."""

    async def body(host: hosts.Host) -> None:
        made = resolver(host, SERVER, dial=raising(host, SystemExit(3)))
        for _ in range(3):
            with pytest.raises(SystemExit):
                await ip4(made)

    hosts.run("threads", body)


@pytest.mark.parametrize("name", ["asyncio", "uvloop"])
def test_one_that_is_cancelled_by_another(name: str) -> None:
    """What it awaits was cancelled, not the lookup: that is a failure like others."""
    if not hosts.has(name):
        pytest.skip(f"no {name} for this interpreter")

    async def body(host: hosts.Host) -> None:
        with Scripted(right) as server:

            async def dial(network: str, address: str) -> Any:
                if address == SERVER:
                    future = asyncio.get_running_loop().create_future()
                    asyncio.get_running_loop().call_soon(future.cancel)
                    await future
                return await dialnet.aio.dial(network, server.address)

            assert await ip4(resolver(host, SERVER, "192.0.2.54", dial=dial)) == [RIGHT]
            err = await failing(lambda: ip4(resolver(host, SERVER, dial=dial)))
            assert err.err == "operation was canceled"
            assert err.server == SERVER

    hosts.run(name, body)


def test_a_connection_that_ends(host_name: str) -> None:
    """Without an answer, or in the midst of it."""

    def script(query: Message, *_: Any) -> list[scripted.Step]:
        if query.question[0].name.labels[0] == b"none":
            return [scripted.hang_up]
        return [scripted.half(right(query)[0])]  # type: ignore[arg-type]

    async def body(host: hosts.Host) -> None:
        with Scripted(script) as server:
            dialing = Dialing(host, lambda *_: face(host).dial("tcp", server.address))
            made = resolver(host, SERVER, dial=dialing.dial)
            for name in ("none.example.", "half.example."):
                err = await failing(lambda name=name: ip4(made, name))
                assert err.err == "EOF"
            await host.until(dialing.all_closed)

    hosts.run(host_name, body)


# Whose it is.


def test_a_dialer_of_the_other_face(host_name: str) -> None:
    """A resolver is both faces', but a `dial` of its own is written for one: it would stop the other's loop,
    or never run."""

    async def body(host: hosts.Host) -> None:
        other = dialnet.aio if host.is_threads else dialnet
        with Scripted(answers.zone({"a.example.": {"A": "127.0.0.1"}})) as server:
            async with host.net.listen("tcp", "127.0.0.1:0") as ln:
                address = f"{NAME}:{ln.addr.port}"
                made = other.Resolver(servers=[server.address])
                conn = await host.net.Dialer(resolver=made, timeout=PATIENCE).dial("tcp4", address)
                conn.close()
            calls = []
            made = other.Resolver(servers=[SERVER], dial=lambda *given: calls.append(given))
            with pytest.raises(TypeError, match="serves threads or tasks, as its face does"):
                await host.net.Dialer(resolver=made, timeout=PATIENCE).dial("tcp4", address)
            assert calls == []

    hosts.run(host_name, body)
