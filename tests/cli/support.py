"""The real command as a process, with a limit on every wait."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import IO, Any, TypeVar

T = TypeVar("T")

HANG = 30.0
COMMAND = (sys.executable, "-m", "dialnet")

STREAMS = ("tcp", "tcp4", "tcp6", "unix", "unixpacket")
DATAGRAMS = ("udp", "udp4", "udp6", "unixgram")


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as sock:
            sock.bind(("::1", 0))
        return True
    except OSError:
        return False


def ephemeral(network: str, directory: str) -> str:
    """An address of `network` to listen on that nobody else has."""
    if network.startswith("unix"):
        return os.path.join(directory, f"{network}.sock")
    return {"4": "127.0.0.1:0", "6": "[::1]:0"}.get(network[-1], ":0")


class Process:
    """A running program. Its stderr is collected; `line` waits for one that matches."""

    def __init__(self, argv: Sequence[str], stdin: Any, stdout: Any, **more: Any) -> None:
        self.popen = subprocess.Popen(argv, stdin=stdin, stdout=stdout, stderr=subprocess.PIPE, **more)
        self.lines: list[str] = []
        self._ended = False
        self._changed = threading.Condition()
        self._collector = threading.Thread(target=self._collect, daemon=True)
        self._collector.start()

    def _collect(self) -> None:
        assert self.popen.stderr is not None
        for line in self.popen.stderr:
            with self._changed:
                self.lines.append(line.decode(errors="backslashreplace").rstrip("\n"))
                self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def line(self, pattern: str) -> re.Match[str]:
        """The first line of stderr that has `pattern` in it, as soon as it is there."""

        def find() -> re.Match[str] | None:
            return next(filter(None, (re.search(pattern, line) for line in self.lines)), None)

        until = time.monotonic() + HANG
        with self._changed:
            while (found := find()) is None:
                assert not self._ended, f"no {pattern!r} in {self.lines}"
                assert time.monotonic() < until, f"no {pattern!r} in {self.lines} so far"
                self._changed.wait(0.2)
            return found

    @property
    def address(self) -> str:
        """Where a `dialnet listen` listens."""
        return self.line(r"^listening on \S+ (.+)$")[1]

    @property
    def stdin(self) -> IO[bytes]:
        assert self.popen.stdin is not None
        return self.popen.stdin

    @property
    def stdout(self) -> IO[bytes]:
        assert self.popen.stdout is not None
        return self.popen.stdout

    def send(self, data: bytes) -> None:
        self.stdin.write(data)
        self.stdin.flush()

    def receive(self, size: int) -> bytes:
        """Exactly `size` bytes of stdout, or what came before its end."""
        data = b""
        with limit(self):
            while len(data) < size and (chunk := os.read(self.stdout.fileno(), size - len(data))):
                data += chunk
        return data

    def end(self, data: bytes = b"") -> bytes:
        """Write `data` and the end of input; what comes on stdout until the process ends."""
        chunks: list[bytes] = []
        reader = None
        if self.popen.stdout is not None:
            reader = threading.Thread(target=lambda: chunks.append(self.stdout.read()), daemon=True)
            reader.start()
        with limit(self):
            if self.popen.stdin is not None and not self.stdin.closed:
                with contextlib.suppress(BrokenPipeError):
                    self.stdin.write(data)
                with contextlib.suppress(BrokenPipeError):
                    self.stdin.close()
            self.status()
            if reader is not None:
                reader.join(HANG)
        return b"".join(chunks)

    def status(self) -> int:
        """The exit status, once it has ended."""
        status = self.popen.wait(HANG)
        self._collector.join(HANG)
        return status

    def signal(self, number: int) -> None:
        self.popen.send_signal(number)

    @property
    def stderr(self) -> str:
        """All of stderr, once the process has ended."""
        self.status()
        return "\n".join(self.lines)

    def close(self) -> None:
        if self.popen.poll() is None:
            self.popen.kill()
        self.popen.wait(HANG)
        self._collector.join(HANG)
        for pipe in (self.popen.stdin, self.popen.stdout, self.popen.stderr):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()


@contextlib.contextmanager
def limit(process: Process) -> Iterator[None]:
    """Kill the process if the block takes too long, so that what waits for its pipes ends and fails."""
    timer = threading.Timer(HANG, process.popen.kill)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


class Programs:
    """Starts programs, and sees that none outlives the test."""

    def __init__(self) -> None:
        self._started: list[Process] = []

    def run(
        self, *argv: str, stdin: Any = subprocess.PIPE, stdout: Any = subprocess.PIPE, **more: Any
    ) -> Process:
        process = Process(argv, stdin, stdout, **more)
        self._started.append(process)
        return process

    def __call__(self, *args: str, **more: Any) -> Process:
        """`dialnet ARGS`."""
        return self.run(*COMMAND, *args, **more)

    def close(self) -> None:
        for process in self._started:
            process.close()


def interrupt(process: Process) -> int:
    process.signal(signal.SIGINT)
    return process.status()


def in_time(attempt: Callable[[str], T], there: Callable[[T], bool]) -> T:
    """What `attempt` comes to with enough time for all that comes before what is to take too long. On a busy
    machine that may be much."""
    for length in ("300ms", "2s", "10s"):
        result = attempt(length)
        if there(result):
            break
    return result


def connect(address: str) -> socket.socket:
    """A plain TCP connection to where a process under test listens."""
    host, _, port = address.rpartition(":")
    host = host.strip("[]")
    return socket.create_connection(("127.0.0.1" if host == "::" else host, int(port)), timeout=HANG)


def receive_all(sock: socket.socket) -> bytes:
    data = b""
    while chunk := sock.recv(65536):
        data += chunk
    return data
