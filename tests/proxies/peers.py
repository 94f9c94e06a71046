"""What dials through proxies meet: proxies that follow a script, and a server that echoes.

    def script(peer):
        assert peer.take(3) == b"\\5\\1\\0"
        peer.send(b"\\5\\0")
        peer.gone()  # what is dialed is given up

    with scripted(script) as proxy:
        ...proxy.socks5(proxy.address).dial(...)

Each connection is served by a thread of its own. A script that fails, or has not ended with the block, fails
the test.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

from tests.hosts import PATIENCE

Script = Callable[["Peer"], Any]


class Peer:
    """One connection, seen from the proxy."""

    def __init__(self, sock: socket.socket) -> None:
        sock.settimeout(PATIENCE)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock = sock

    def take(self, n: int) -> bytes:
        """The next `n` bytes."""
        data = b""
        while len(data) < n:
            more = self.sock.recv(n - len(data))
            assert more, f"the end, after {data!r}"
            data += more
        return data

    def head(self) -> list[str]:
        """The lines of an HTTP message's head."""
        data = b""
        while not data.endswith(b"\r\n\r\n"):
            data += self.take(1)
        return data[:-4].decode("latin-1").split("\r\n")

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def gone(self) -> None:
        """Until the other side has closed; it must not have sent anything more."""
        try:
            assert self.sock.recv(1) == b""
        except ConnectionResetError:
            pass  # closed, with something of ours unread

    def echo(self) -> None:
        while data := self.sock.recv(65536):
            self.sock.sendall(data)


class Server:
    """A listener on loopback whose connections follow a script."""

    def __init__(self, script: Script, address: str) -> None:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self._listener = socket.create_server((address, 0), family=family)
        self._script = script
        self._threads: list[threading.Thread] = []
        self._failures: list[BaseException] = []
        self.port: int = self._listener.getsockname()[1]
        self.address = f"[{address}]:{self.port}" if ":" in address else f"{address}:{self.port}"
        self.count = 0
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return  # shut down
            self.count += 1
            thread = threading.Thread(target=self._serve, args=(sock,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, sock: socket.socket) -> None:
        with sock:
            try:
                self._script(Peer(sock))
            except BaseException as err:
                self._failures.append(err)

    def is_idle(self) -> bool:
        """Whether all scripts have ended."""
        return not any(thread.is_alive() for thread in self._threads)

    def stop(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._accepting.join(PATIENCE)
        self._listener.close()
        for thread in self._threads:
            thread.join(PATIENCE)
            assert not thread.is_alive(), "a script that must end did not"
        if self._failures:
            raise self._failures[0]


@contextlib.contextmanager
def scripted(script: Script, address: str = "127.0.0.1") -> Iterator[Server]:
    server = Server(script, address)
    try:
        yield server
    finally:
        server.stop()


@contextlib.contextmanager
def echoing(address: str = "127.0.0.1") -> Iterator[Server]:
    """A server that sends everything back."""
    with scripted(Peer.echo, address) as server:
        yield server


# SOCKS5, as proxies say it.

BOUND = b"\0\1\0\0\0\0\0\0"
SUCCESS = b"\5\0" + BOUND


def greeting(peer: Peer) -> None:
    """A proxy that wants no authentication, up to the request."""
    assert peer.take(1) == b"\5"
    peer.take(peer.take(1)[0])
    peer.send(b"\5\0")


def request(peer: Peer) -> bytes:
    """A whole request to connect."""
    data = peer.take(4)
    assert data[:3] == b"\5\1\0"
    if data[3] == 3:
        data += peer.take(1)
        return data + peer.take(data[4] + 2)
    return data + peer.take({1: 4, 4: 16}[data[3]] + 2)
