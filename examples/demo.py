"""What dialnet does, shown over real sockets on this machine, by threads and by asyncio: `./dev demo`.

Each face starts its own listeners on free ports and takes the same steps. The exit status is 0 if every step
did what it should.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import ssl
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from errno import ECONNREFUSED
from pathlib import Path
from typing import Any, cast

import demo_certificate
import echo_asyncio
import echo_threads

import dialnet
from dialnet import aio, tls
from dialnet.aio import tls as aio_tls

Contexts = tuple[ssl.SSLContext, ssl.SSLContext]

LIMIT = 5.0  # No step may hang: every connection that is dialed has a deadline.
AT_LEAST, AT_MOST = 0.1, 1.0
HELLO = b"hello, dialnet"
SPARE_DESCRIPTORS = 100

TLS = "echo, tls, the name verified"
DEADLINE = "a deadline in 100 ms ends a read"
CLOSE = "close wakes a blocked reader"
REFUSED = "a dial is refused"
LEFT = "left behind"


def say(text: str, style: str = "") -> None:
    """Print a line, in colour if rich is there and this is a terminal."""
    try:
        from rich.console import Console
    except ImportError:
        print(text)
    else:
        Console(highlight=False, markup=False).print(text, style=style, soft_wrap=True)


class FailedStep(Exception):
    """A step ran, and what came out is not what it should be."""


def expect(true: bool, otherwise: str) -> None:
    """Fail the step unless this holds."""
    if not true:
        raise FailedStep(otherwise)


class Report:
    """Steps by title, and for each face what came of it."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, str]] = {}
        self.failures: list[str] = []
        self.refusal = ""

    @contextmanager
    def step(self, face: str, title: str) -> Iterator[dict[str, str]]:
        """Take one step; it leaves its result in `fact["is"]`, or raises."""
        fact = self.rows.setdefault(title, {})
        fact[face] = "FAILED"
        result: dict[str, str] = {}
        try:
            yield result
        except Exception as err:
            self.failures.append(f"{title}, {face}: {type(err).__name__}: {err}")
        else:
            fact[face] = result.get("is", "FAILED")
            if not result:
                self.failures.append(f"{title}, {face}: it did not")

    @contextmanager
    def face(self, face: str) -> Iterator[None]:
        """Take all steps of a face; an error between two steps, as when nothing can listen, ends it."""
        try:
            yield
        except Exception as err:
            self.failures.append(f"{face}: {type(err).__name__}: {err}")

    def refused(self, err: OSError, address: str) -> str:
        """Check the one text that a refused dial has in both faces."""
        text = f"dial tcp {address}: connect: {os.strerror(ECONNREFUSED)}"
        expect(isinstance(err, ConnectionRefusedError), f"is no ConnectionRefusedError: {err!r}")
        expect(str(err) == text, f"its text is {str(err)!r}, not {text!r}")
        self.refusal = text
        return "refused"

    def lines(self, faces: list[str]) -> Iterator[tuple[str, str]]:
        """Yield lines of at most 80 columns (an error's may be longer), each with a style."""
        yield f"{'':38}" + "".join(f"{face:<21}" for face in faces), "bold"
        for title, results in self.rows.items():
            cells = "".join(f"{results.get(face, ''):<21}" for face in faces)
            yield f"{title:<38}{cells}".rstrip(), "red" if "FAILED" in results.values() else ""
        if self.refusal:
            yield f"the refused dial says: {self.refusal}", ""
        for text in self.failures:
            yield f"FAILED: {text}", "red"


def many(count: int) -> str:
    """Return the title of the step with all the connections."""
    return f"{count:,} connections at once, echoed"


def end_points(tcp: Any, udp: Any, unix: Any) -> list[tuple[str, str, str]]:
    """Return title, network and address of every end point there is to dial."""
    host, port = dialnet.split_host_port(str(tcp.addr))
    found = [("echo, tcp, IPv4", "tcp", f"127.0.0.1:{port}")]
    if host == "::":
        found.append(("echo, tcp, IPv6, the same listener", "tcp", f"[::1]:{port}"))
    found.append(("echo, udp", "udp", str(udp.local_addr)))
    found.append(("echo, unix", "unix", str(unix.addr)))
    return found


def listening(face: str, tcp: Any, udp: Any, unix: Any) -> str:
    """Say where a face listens."""
    return f"{face + ':':<9}tcp {tcp.addr}, udp {udp.local_addr}, unix {Path(str(unix.addr)).name}"


def milliseconds(since: float, until: float | None = None) -> str:
    """Return the time passed on `time.perf_counter`'s clock."""
    return f"{1000 * ((until or time.perf_counter()) - since):.2f} ms"


def in_time(start: float) -> str:
    """Check that 100 ms were waited for, and not much longer."""
    took = time.perf_counter() - start
    expect(AT_LEAST - 0.001 <= took < AT_MOST, f"took {1000 * took:.1f} ms instead of 100")
    return f"took {1000 * took:.1f} ms"


# Threads


def serve_packets(packets: dialnet.PacketConn) -> None:
    """Echo datagrams until the connection is closed."""
    with suppress(dialnet.ClosedError):
        while True:
            data, sender = packets.read_from()
            packets.write_to(data, cast(dialnet.Addr, sender))


def dial(network: str, address: str) -> dialnet.Conn:
    """Dial, with a deadline for all that follows."""
    conn = dialnet.dial(network, address, timeout=LIMIT)
    conn.set_deadline(timedelta(seconds=LIMIT))
    return conn


def with_threads(report: Report, folder: str, contexts: Contexts, count: int) -> str:
    """Take all steps from threads; return where they were listening."""
    face = "threads"
    before = threading.active_count()
    with (
        dialnet.listen("tcp", ":0") as tcp,
        dialnet.listen_packet("udp", "127.0.0.1:0") as udp,
        dialnet.listen("unix", f"{folder}/{face}.sock") as unix,
        tls.listen("tcp", "127.0.0.1:0", contexts[0]) as secure,
    ):
        where = listening(face, tcp, udp, unix)
        for target, served in (
            (echo_threads.serve, tcp),
            (echo_threads.serve, unix),
            (echo_threads.serve, secure),
            (serve_packets, udp),
        ):
            threading.Thread(target=target, args=(served,), daemon=True).start()
        for title, network, address in end_points(tcp, udp, unix):
            with report.step(face, title) as fact, dial(network, address) as conn:
                start = time.perf_counter()
                conn.write(HELLO)
                expect(conn.read(100) == HELLO, "another text came back")
                fact["is"] = milliseconds(start)

        with report.step(face, TLS) as fact:
            _, port = dialnet.split_host_port(str(secure.addr))
            with tls.dial("tcp4", f"{demo_certificate.NAME}:{port}", contexts[1], timeout=LIMIT) as conn:
                conn.set_deadline(timedelta(seconds=LIMIT))
                start = time.perf_counter()
                conn.write(HELLO)
                expect(conn.read(100) == HELLO, "another text came back")
                fact["is"] = f"{milliseconds(start)}, {conn.connection_state.version}"

        _, _, address = end_points(tcp, udp, unix)[0]
        with report.step(face, DEADLINE) as fact, dial("tcp", address) as conn:
            start = time.perf_counter()
            conn.set_read_deadline(timedelta(milliseconds=100))
            try:
                conn.read(100)
            except dialnet.DeadlineExceededError:
                fact["is"] = in_time(start)

        with report.step(face, CLOSE) as fact, dial("tcp", address) as conn:
            woken: list[float] = []

            def read_until_closed() -> None:
                try:
                    conn.read(100)
                except dialnet.ClosedError:
                    woken.append(time.perf_counter())

            reader = threading.Thread(target=read_until_closed, daemon=True)
            reader.start()
            time.sleep(0.05)
            start = time.perf_counter()
            conn.close()
            reader.join(AT_MOST)
            expect(bool(woken), "the reader was not woken with a ClosedError")
            fact["is"] = f"after {milliseconds(start, woken[0])}"

        with report.step(face, many(count)) as fact:
            start = time.perf_counter()
            conns = []
            try:
                for number in range(count):
                    conns.append(dial("tcp", address))
                    conns[-1].write(b"%d" % number)
                for number, conn in enumerate(conns):
                    expect(conn.read(100) == b"%d" % number, "a connection got another's text")
            finally:
                for conn in conns:
                    conn.close()
            fact["is"] = f"{len(conns):,} in {time.perf_counter() - start:.2f} s"

    with report.step(face, REFUSED) as fact:
        with dialnet.listen("tcp", "127.0.0.1:0") as nobody:
            address = str(nobody.addr)
        try:
            dial("tcp", address).close()
        except OSError as err:
            fact["is"] = report.refused(err, address)

    with report.step(face, LEFT) as fact:
        until = time.monotonic() + LIMIT
        while (left := threading.active_count() - before) and time.monotonic() < until:
            time.sleep(0.01)
        expect(not left, f"{left} threads")
        fact["is"] = "no thread"
    return where


# asyncio: the same text with `await`


async def aio_serve_packets(packets: aio.PacketConn) -> None:
    """Echo datagrams until the connection is closed."""
    with suppress(aio.ClosedError):
        while True:
            data, sender = await packets.read_from()
            await packets.write_to(data, cast(aio.Addr, sender))


async def aio_dial(network: str, address: str) -> aio.Conn:
    """Dial, with a deadline for all that follows."""
    conn = await aio.dial(network, address, timeout=LIMIT)
    conn.set_deadline(timedelta(seconds=LIMIT))
    return conn


async def aio_echo(address: str, text: bytes, opened: asyncio.Barrier) -> None:
    """Have one text echoed while all the others are connected too."""
    async with await aio_dial("tcp", address) as conn:
        await opened.wait()
        await conn.write(text)
        expect(await conn.read(100) == text, "a connection got another's text")


async def with_asyncio(report: Report, folder: str, contexts: Contexts, count: int) -> str:
    """Take all steps from tasks; return where they were listening."""
    face = "asyncio"
    async with (
        asyncio.TaskGroup() as tasks,
        aio.listen("tcp", ":0") as tcp,
        aio.listen_packet("udp", "127.0.0.1:0") as udp,
        aio.listen("unix", f"{folder}/{face}.sock") as unix,
        aio_tls.listen("tcp", "127.0.0.1:0", contexts[0]) as secure,
    ):
        where = listening(face, tcp, udp, unix)
        for listener in (tcp, unix, secure):
            tasks.create_task(echo_asyncio.serve(listener))
        tasks.create_task(aio_serve_packets(udp))
        for title, network, address in end_points(tcp, udp, unix):
            with report.step(face, title) as fact:
                async with await aio_dial(network, address) as conn:
                    start = time.perf_counter()
                    await conn.write(HELLO)
                    expect(await conn.read(100) == HELLO, "another text came back")
                    fact["is"] = milliseconds(start)

        with report.step(face, TLS) as fact:
            _, port = dialnet.split_host_port(str(secure.addr))
            name = f"{demo_certificate.NAME}:{port}"
            async with aio_tls.dial("tcp4", name, contexts[1], timeout=LIMIT) as conn:
                conn.set_deadline(timedelta(seconds=LIMIT))
                start = time.perf_counter()
                await conn.write(HELLO)
                expect(await conn.read(100) == HELLO, "another text came back")
                fact["is"] = f"{milliseconds(start)}, {conn.connection_state.version}"

        _, _, address = end_points(tcp, udp, unix)[0]
        with report.step(face, DEADLINE) as fact:
            async with await aio_dial("tcp", address) as conn:
                start = time.perf_counter()
                conn.set_read_deadline(timedelta(milliseconds=100))
                try:
                    await conn.read(100)
                except aio.DeadlineExceededError:
                    fact["is"] = in_time(start)

        with report.step(face, CLOSE) as fact:
            conn = await aio_dial("tcp", address)
            reader = asyncio.create_task(conn.read(100))
            await asyncio.sleep(0.05)
            start = time.perf_counter()
            conn.close()
            try:
                await asyncio.wait_for(reader, LIMIT)
            except aio.ClosedError:
                fact["is"] = f"after {milliseconds(start)}"

        with report.step(face, many(count)) as fact:
            start = time.perf_counter()
            opened = asyncio.Barrier(count)
            async with asyncio.timeout(LIMIT):
                texts = (b"%d" % number for number in range(count))
                served = await asyncio.gather(*(aio_echo(address, text, opened) for text in texts))
            fact["is"] = f"{len(served):,} in {time.perf_counter() - start:.2f} s"

    with report.step(face, REFUSED) as fact:
        async with aio.listen("tcp", "127.0.0.1:0") as nobody:
            address = str(nobody.addr)
        try:
            (await aio_dial("tcp", address)).close()
        except OSError as err:
            fact["is"] = report.refused(err, address)

    with report.step(face, LEFT) as fact:
        left = len(asyncio.all_tasks()) - 1
        expect(not left, f"{left} tasks")
        fact["is"] = "no task"
    return where


def descriptors(wanted: int) -> int:
    """Raise the limit of open files towards so many; return what it is then."""
    try:
        import resource
    except ImportError:
        return wanted
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted:
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))
    return min(wanted, resource.getrlimit(resource.RLIMIT_NOFILE)[0])


def by_hand() -> list[str]:
    """Return three commands to try, as they work from here."""
    beside = shutil.which("dialnet", path=str(Path(sys.executable).parent))
    if beside:
        name = os.path.relpath(beside) if Path(beside).is_relative_to(Path.cwd()) else beside
    else:
        name = "dialnet" if shutil.which("dialnet") else f"{Path(sys.executable).name} -m dialnet"
    return [
        f"{name} listen tcp :7000 --echo --keep-open",
        f"{name} dial tcp localhost:7000",
        f"{name} dial tcp localhost:1 --verbose",
    ]


def main() -> int:
    """Take all steps, print the report, return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--connections", type=int, default=1000, metavar="N", help="default %(default)s")
    asked = parser.parse_args().connections
    # Both ends of every connection are in this process.
    count = max(1, min(asked, (descriptors(2 * asked + SPARE_DESCRIPTORS) - SPARE_DESCRIPTORS) // 2))
    report, start = Report(), time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        contexts = demo_certificate.contexts(folder)
        with report.face("threads"):
            say(with_threads(report, folder, contexts, count))
        with report.face("asyncio"):
            say(asyncio.run(with_asyncio(report, folder, contexts, count)))
    say("")
    for line, style in report.lines(["threads", "asyncio"]):
        say(line, style)
    if count < asked:
        say(f"Only {count:,} connections: the limit of open files allows no more.", "yellow")
    say("")
    failed = len(report.failures)
    said = f"Failed: {failed}" if failed else "Every step did what it should"
    say(f"{said}; {time.perf_counter() - start:.1f} s.", "red" if failed else "green")
    say("")
    say("Try it by hand (the first in a terminal of its own):")
    for line in by_hand():
        say(f"  {line}")
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
