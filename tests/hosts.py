"""One test body for every host: threads, asyncio, uvloop, trio.

A body is an `async def` that awaits what may wait. Under the task hosts it gets `dialnet.aio` and its objects
as they are. For threads it gets `dialnet` behind a view in which the waiting calls can be awaited: they block
the thread and then return, so the body needs no event loop, and `host.start` runs another body in a thread
of its own.
"""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import trio

import dialnet
import dialnet.aio
import dialnet.aio.memory
import dialnet.aio.proxy
import dialnet.aio.tls
import dialnet.memory
import dialnet.proxy
import dialnet.tls
from dialnet.proxies.dialers import PerHost, ProxyOptions

try:
    import uvloop
except ImportError:  # no wheel for this interpreter
    uvloop = None

Body = Callable[..., Coroutine[Any, Any, Any]]

HOSTS = ["threads", "asyncio", "uvloop", "trio"]
TASK_HOSTS = ["asyncio", "uvloop", "trio"]

# How long anything that must end may take on a loaded machine.
PATIENCE = 30.0


def has(name: str) -> bool:
    return name != "uvloop" or uvloop is not None


def run(name: str, body: Body, *args: Any) -> Any:
    """Run `body(host, *args)` under the host of this name."""
    return _RUNNERS[name](body, args)


class Host:
    """What a body needs beyond the network: other bodies beside it, and pauses."""

    name: str
    net: Any
    proxy: Any
    memory: Any
    tls: Any
    is_threads = False

    def pipe(self) -> tuple[Any, Any]:
        """`pipe()`'s two ends."""
        one, two = self.net.pipe()
        return view(one), view(two)

    def start(self, body: Callable[..., Awaitable[Any]], *args: Any) -> Any:
        """Run another body beside this one; awaiting the result gives its value or raises its error."""
        raise NotImplementedError

    async def pause(self, seconds: float) -> None:
        raise NotImplementedError

    async def until(self, condition: Callable[[], Any], patience: float = PATIENCE) -> None:
        """Until `condition()` is true; fails the test if it does not become true."""
        for _ in range(int(patience / 0.002)):
            if condition():
                return
            await self.pause(0.002)
        raise AssertionError("it never came true")

    async def blocked(
        self, end: Any, side: str = "reading", waiters: int = 1, patience: float = PATIENCE
    ) -> None:
        """Until so many calls wait on this end, asleep."""
        half = getattr(end._fd, side)
        await self.until(lambda: len(half.waiters()) >= waiters, patience)
        # Registered is not yet asleep: give them the moment from the one to the other.
        await self.pause(0.01)


# Threads.

WAITING = {
    "dial", "dial_packet", "dial_tcp", "dial_udp", "dial_unix", "listen", "listen_packet", "listen_tcp",
    "listen_udp", "listen_unix", "listen_unixgram", "resolve_tcp_addr", "resolve_udp_addr",
    "resolve_unix_addr", "accept", "dial_ip", "listen_ip", "resolve_ip_addr",
    "lookup_host", "lookup_ip", "lookup_ip_addr", "lookup_addr", "lookup_cname", "lookup_mx", "lookup_ns",
    "lookup_srv", "lookup_txt", "lookup_port", "read", "readinto", "write", "writelines", "read_from",
    "read_from_into", "write_to", "sendfile", "read_msg", "write_msg", "read_packet", "read_batch",
    "write_batch",
    "send_fds", "recv_fds", "listen_multicast_udp", "handshake",
}  # fmt: skip
_VIEWED = (
    dialnet.Conn,
    dialnet.PacketConn,
    dialnet.Listener,
    dialnet.Dialer,
    dialnet.ListenConfig,
    dialnet.RawConn,
    dialnet.Resolver,
    ProxyOptions,
    PerHost,
)


class View:
    """An object of the thread face whose waiting calls can be awaited."""

    def __init__(self, seen: Any) -> None:
        self.seen = seen

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.seen, name)
        if name in WAITING:
            return lambda *args, **kwargs: _Done(lambda: found(*bare(args), **kwargs))
        if inspect.isclass(found) and issubclass(found, _VIEWED):
            return lambda *args, **kwargs: view(found(*args, **kwargs))
        return view(found)

    async def __aenter__(self) -> Any:
        return self

    async def __aexit__(self, *_: Any) -> None:
        self.seen.close()

    def __aiter__(self) -> Any:
        return self

    async def __anext__(self) -> Any:
        try:
            return view(next(self.seen))
        except StopIteration:
            raise StopAsyncIteration from None

    def __repr__(self) -> str:
        return repr(self.seen)


class _Proxies:
    """`dialnet.proxy`, whose dialers are made of viewed ones and viewed themselves."""

    def __getattr__(self, name: str) -> Any:
        make = getattr(dialnet.proxy, name)

        def made(*args: Any, forward: Any = None, **kwargs: Any) -> Any:
            forward = forward.seen if isinstance(forward, View) else forward
            return view(make(*args, forward=forward, **kwargs))

        return made


class _Tls:
    """`dialnet.tls`, over viewed connections, listeners and dialers."""

    def __getattr__(self, name: str) -> Any:
        found = getattr(dialnet.tls, name)
        if inspect.isclass(found) or not callable(found):
            return found

        def call(*args: Any, **kwargs: Any) -> Any:
            plain = dict(zip(kwargs, bare(tuple(kwargs.values()))))
            made = lambda: found(*bare(args), **plain)  # noqa: E731
            return _Done(made) if name in WAITING else view(made())

        return call


class _Done:
    """Awaited, it makes the call; entered, it also closes what it made."""

    def __init__(self, call: Callable[[], Any]) -> None:
        self.call = call

    def __await__(self) -> Any:
        return view(self.call())
        yield

    async def __aenter__(self) -> Any:
        self.made = await self
        return self.made

    async def __aexit__(self, *_: Any) -> None:
        self.made.close()


def bare(args: tuple[Any, ...]) -> tuple[Any, ...]:
    """Arguments as the package knows them: what is seen, not the view of it."""
    return tuple(arg.seen if isinstance(arg, View) else arg for arg in args)


def view(made: Any) -> Any:
    return View(made) if isinstance(made, _VIEWED) else made


class _ThreadJob:
    def __init__(self, coroutine: Any) -> None:
        self._value: Any = None
        self._error: BaseException | None = None

        def work() -> None:
            try:
                self._value = _drive(coroutine)
            except BaseException as err:
                self._error = err

        self._thread = threading.Thread(target=work, daemon=True)
        self._thread.start()

    def done(self) -> bool:
        return not self._thread.is_alive()

    def __await__(self) -> Any:
        self._thread.join(PATIENCE)
        if self._thread.is_alive():
            raise AssertionError("a thread that must end did not")
        if self._error is not None:
            raise self._error
        return self._value
        yield


class _Threads(Host):
    name = "threads"
    net = View(dialnet)
    proxy = _Proxies()
    memory = View(dialnet.memory)
    tls = _Tls()
    is_threads = True

    def start(self, body: Any, *args: Any) -> Any:
        return _ThreadJob(body(*args))

    async def pause(self, seconds: float) -> None:
        threading.Event().wait(seconds)


async def _awaiting(awaitable: Any) -> Any:
    return await awaitable


def _drive(awaitable: Any) -> Any:
    coroutine = awaitable if inspect.iscoroutine(awaitable) else _awaiting(awaitable)
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    raise AssertionError("a body for threads waited for something else than dialnet")


def _run_threads(body: Body, args: Any) -> Any:
    return _drive(body(_Threads(), *args))


# asyncio and uvloop.


class _AsyncioHost(Host):
    net = dialnet.aio
    proxy = dialnet.aio.proxy
    memory = dialnet.aio.memory
    tls = dialnet.aio.tls

    def __init__(self, name: str) -> None:
        self.name = name

    def start(self, body: Any, *args: Any) -> Any:
        return asyncio.create_task(_awaiting(body(*args)))

    async def pause(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def _asyncio_main(name: str, body: Body, args: Any) -> Any:
    async def main() -> Any:
        value = await body(_AsyncioHost(name), *args)
        # Let tasks that are done be done with.
        await asyncio.sleep(0)
        left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        assert not left, f"tasks left behind: {left}"
        return value

    return main()


def _run_asyncio(body: Body, args: Any) -> Any:
    return asyncio.run(_asyncio_main("asyncio", body, args))


def _run_uvloop(body: Body, args: Any) -> Any:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_asyncio_main("uvloop", body, args))


# trio.


class _TrioJob:
    def __init__(self) -> None:
        self._done = trio.Event()
        self._value: Any = None
        self._error: BaseException | None = None
        self._scope = trio.CancelScope()

    async def work(self, awaitable: Any) -> None:
        try:
            with self._scope:
                self._value = await awaitable
        except Exception as err:
            self._error = err
        finally:
            self._done.set()

    def cancel(self) -> None:
        self._scope.cancel()

    def cancelled(self) -> bool:
        return self._scope.cancelled_caught

    def done(self) -> bool:
        return self._done.is_set()

    def __await__(self) -> Any:
        return self._result().__await__()

    async def _result(self) -> Any:
        await self._done.wait()
        if self._error is not None:
            raise self._error
        if self._scope.cancelled_caught:
            raise asyncio.CancelledError
        return self._value


class _TrioHost(Host):
    name = "trio"
    net = dialnet.aio
    proxy = dialnet.aio.proxy
    memory = dialnet.aio.memory
    tls = dialnet.aio.tls

    def __init__(self, nursery: trio.Nursery) -> None:
        self._nursery = nursery

    def start(self, body: Any, *args: Any) -> Any:
        job = _TrioJob()
        self._nursery.start_soon(job.work, body(*args))
        return job

    async def pause(self, seconds: float) -> None:
        await trio.sleep(seconds)


def _run_trio(body: Body, args: Any) -> Any:
    async def main() -> Any:
        error: BaseException | None = None
        value: Any = None
        async with trio.open_nursery() as nursery:
            # Out of the nursery it would come wrapped in a group.
            try:
                value = await body(_TrioHost(nursery), *args)
                await trio.lowlevel.checkpoint()
            except Exception as err:
                error = err
            left = list(nursery.child_tasks)
            nursery.cancel_scope.cancel()
        if error is not None:
            raise error
        assert not left, f"tasks left behind: {left}"
        return value

    return trio.run(main)


_RUNNERS = {"threads": _run_threads, "asyncio": _run_asyncio, "uvloop": _run_uvloop, "trio": _run_trio}
