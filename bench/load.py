"""The load: one loop that keeps one message in flight on every connection.

It has to cost less than any server it measures, so it is bare: an edge-triggered epoll, `recv_into` one
buffer, one comparison of all the bytes, `send`. Each connection has a message of its own, so an answer that
went to the wrong connection is noticed; the buffer is a byte longer than the message, so that a surplus byte
is; and the last message of each connection differs from all before, so that a repeated answer is.

With a core to itself the load spins instead of sleeping: waking a process that sleeps on another core costs
the server that sends to it (on a virtual machine as much as the echo), and real servers, whose clients are
elsewhere, have no such cost. What it spun is told apart from what it worked: turns with nothing to do are
counted, and what one costs is measured before the first message.

As a process it takes a `Task` a line on standard input and answers with a `Result` a line, both in JSON.
"""

from __future__ import annotations

import gc
import json
import select
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

from .processes import cpu_clock, pin

SIZE = 1024
SILENCE = 10.0
CALIBRATION = 0.01


@dataclass(frozen=True)
class Task:
    """What to measure: the server's port and process, how many connections, for how long."""

    port: int
    pid: int
    connections: int
    seconds: float
    warm_up: float
    spin: bool
    fresh: bool
    host: str = "127.0.0.1"


@dataclass(frozen=True)
class Result:
    """Echoed messages in `seconds`, and the CPU seconds both processes worked for them (`None`: unknown)."""

    messages: int
    seconds: float
    server_cpu: float | None
    load_cpu: float
    error: str | None = None


class WrongEchoError(Exception):
    """The server sent back something else, or nothing."""


def message(number: int, word: bytes = b"echo") -> bytes:
    """Return a message of one connection; the words have four letters."""
    stamp = b"%s%08d|" % (word, number)
    return (stamp * (SIZE // len(stamp) + 1))[:SIZE]


def expect(sock: socket.socket, text: bytes, got: bytes = b"") -> None:
    """Wait for an echo of which `got` is there already."""
    sock.settimeout(SILENCE)
    while len(got) < len(text):
        data = sock.recv(SIZE + 1)
        if not data:
            raise WrongEchoError(f"the stream ended after {len(got)} of {len(text)} bytes")
        got += data
    if got != text:
        raise WrongEchoError("an echo differs from what was sent")


class Load:
    """All connections of one task, each seen served once before the next is opened."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.socks: list[socket.socket] = []
        self.texts = [message(number) for number in range(task.connections)]
        self.partial: dict[int, bytes] = {}
        self.buffer = bytearray(SIZE + 1)
        self.empty_turns = 0
        self.poller = select.epoll() if hasattr(select, "epoll") else select.poll()
        self.edge = getattr(select, "EPOLLET", 0)

    def open(self) -> None:
        """Connect; unless the server is to be fresh, one connection comes and goes before all others."""
        if not self.task.fresh:
            self._connect(message(0, b"once"))
            self.socks.pop().close()
        for text in self.texts:
            self._connect(text)
        for sock in self.socks:
            sock.setblocking(False)
            self.poller.register(sock.fileno(), select.POLLIN | self.edge)

    def _connect(self, text: bytes) -> None:
        sock = socket.create_connection((self.task.host, self.task.port), timeout=SILENCE)
        self.socks.append(sock)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.sendall(text)
        expect(sock, text)

    def close(self) -> None:
        """Close all connections."""
        for sock in self.socks:
            sock.close()
        if hasattr(self.poller, "close"):
            self.poller.close()

    def run(self) -> Result:
        """Put a message on every connection, warm up, measure; then each echo due must come, and no other."""
        task, own_cpu, server_cpu = self.task, time.process_time, server_clock(self.task.pid)
        empty_turn = self._empty_turn() if task.spin else 0.0
        for sock, text in zip(self.socks, self.texts, strict=True):
            sock.send(text)
        self._echo_until(time.perf_counter() + task.warm_up)
        start, server, own = time.perf_counter(), server_cpu(), own_cpu()
        messages = self._echo_until(start + task.seconds)
        seconds, worked = time.perf_counter() - start, own_cpu() - own
        server_end, empty_turns = server_cpu(), self.empty_turns
        for number, (sock, text) in enumerate(zip(self.socks, self.texts, strict=True)):
            expect(sock, text, self.partial.pop(sock.fileno(), b""))
            last = message(number, b"last")
            sock.sendall(last)
            expect(sock, last)
        spent = None if server is None or server_end is None else server_end - server
        return Result(messages, seconds, spent, max(0.0, worked - empty_turn * empty_turns))

    def _empty_turn(self) -> float:
        """Return the CPU seconds that a turn takes when nothing has come."""
        start = time.process_time()
        self._echo_until(time.perf_counter() + CALIBRATION)
        return (time.process_time() - start) / max(1, self.empty_turns)

    def _echo_until(self, end: float) -> int:
        """Answer every whole echo with the next message until then; return how many came."""
        ends = {s.fileno(): (s.recv_into, s.send, t) for s, t in zip(self.socks, self.texts, strict=True)}
        buffer, startswith, clock, wait = (
            self.buffer,
            self.buffer.startswith,
            time.perf_counter,
            self.poller.poll,
        )
        patience = 0 if self.task.spin else 1
        count, empty, heard = 0, 0, clock()
        while (now := clock()) < end:
            events = wait(patience)
            if not events:
                empty += 1
                if now - heard > SILENCE:
                    raise WrongEchoError(f"no echo in {SILENCE:.0f} s")
                continue
            heard = now
            for fd, _ in events:
                receive, send, text = ends[fd]
                size = receive(buffer)
                if (size == SIZE and startswith(text)) or self._piece(fd, size, text):
                    count += 1
                    send(text)
        self.empty_turns = empty
        return count

    def _piece(self, fd: int, size: int, text: bytes) -> bool:
        """Add a part of an echo; return whether it is whole, and raise if it is wrong."""
        got = self.partial.pop(fd, b"") + self.buffer[:size]
        if not size:
            raise WrongEchoError("the server closed a connection")
        if not text.startswith(got):
            raise WrongEchoError("an echo differs from what was sent")
        if len(got) < SIZE:
            self.partial[fd] = got
            return False
        return True


def server_clock(pid: int) -> Callable[[], float | None]:
    """Return what reads the CPU time of the server's process, where that can be known."""
    clock = cpu_clock(pid)
    return lambda: None if clock is None else time.clock_gettime(clock)


def perform(task: Task) -> Result:
    """Do one task; a server's fault is a result too."""
    load = Load(task)
    try:
        load.open()
        return load.run()
    except (OSError, WrongEchoError) as err:
        return Result(0, 0.0, None, 0.0, str(err) or type(err).__name__)
    finally:
        load.close()


def main() -> None:
    """Argument: the core (-1: any)."""
    pin(int(sys.argv[1]))
    gc.disable()
    for line in sys.stdin:
        print(json.dumps(asdict(perform(Task(**json.loads(line))))), flush=True)
        gc.collect()


if __name__ == "__main__":
    main()
