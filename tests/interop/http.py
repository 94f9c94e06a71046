"""Just enough HTTP, written on a connection, for either end of it."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import AsyncIterator
from typing import Any

from tests.hosts import Host
from tests.interop import traffic

# What a GET of /file answers.
FILE = traffic.random_bytes(3 * traffic.MIB + 17, 5)


def upload(size: int) -> bytes:
    return traffic.random_bytes(size, 6)


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


class Reader:
    """The messages that come over a connection."""

    def __init__(self, conn: Any) -> None:
        self._conn = conn
        self._rest = b""

    async def head(self) -> tuple[str, dict[str, str]]:
        """The first line of the next message, and its headers by lower-case name."""
        while b"\r\n\r\n" not in self._rest:
            data = await self._conn.read(65536)
            assert data, "the stream ended in a message's head"
            self._rest += data
        head, _, self._rest = self._rest.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines)
        return first, {name.lower(): value for name, value in headers.items()}

    async def body(self, headers: dict[str, str]) -> AsyncIterator[bytes]:
        left = int(headers.get("content-length", 0))
        while left:
            data = self._rest[:left] or await self._conn.read(min(left, 65536))
            assert data, f"the stream ended {left} bytes before the body's end"
            self._rest = self._rest[len(data) :]
            left -= len(data)
            yield data

    async def hash(self, headers: dict[str, str]) -> str:
        """The body's SHA-256, and nothing kept of the body."""
        sha = hashlib.sha256()
        async for data in self.body(headers):
            sha.update(data)
        return sha.hexdigest()


async def respond(conn: Any) -> None:
    """Answer one request: a GET of /file with `FILE`, a POST with the SHA-256 of what came."""
    reader = Reader(conn)
    first, headers = await reader.head()
    method, path, _ = first.split(" ")
    if headers.get("expect") == "100-continue":
        await conn.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    if method == "POST":
        status, content = "200 OK", (await reader.hash(headers)).encode()
    elif path == "/file":
        status, content = "200 OK", FILE
    else:
        status, content = "404 Not Found", b"nothing here"
    head = f"HTTP/1.0 {status}\r\nContent-Length: {len(content)}\r\nConnection: close\r\n\r\n"
    # One gathered write.
    assert await conn.writelines([head.encode(), content]) == len(head) + len(content)


@contextlib.asynccontextmanager
async def responding(host: Host, network: str, address: str) -> AsyncIterator[Any]:
    """A listener whose every connection is answered, until the end of the block."""

    async def serve(ln: Any) -> None:
        async for conn in ln:
            async with conn:
                conn.set_deadline(traffic.LIMIT)
                await respond(conn)

    async with traffic.listening(host, network, address) as ln:
        serving = host.start(serve, ln)
        try:
            yield ln
        finally:
            ln.close()
            await serving


async def request(conn: Any, method: str, path: str, content: bytes = b"") -> tuple[int, str]:
    """Send a request over a connection that stays open; the answer's status and the SHA-256 of its body."""
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(content)}\r\n\r\n"
    assert await conn.write(head.encode() + content) == len(head) + len(content)
    reader = Reader(conn)
    first, headers = await reader.head()
    return int(first.split(" ")[1]), await reader.hash(headers)
