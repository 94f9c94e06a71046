"""`Buffers`: written together, used up as they go."""

from __future__ import annotations

import array
import io
from datetime import timedelta
from typing import Any

import pytest

import dialnet as net
from tests import hosts
from tests.conformance.kinds import accepted


def bare(end: Any) -> Any:
    return getattr(end, "seen", end)


async def write_to(buffers: Any, conn: Any) -> int:
    made = buffers.write_to(bare(conn))
    return made if isinstance(made, int) else await made


def test_written_and_gone(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        async with accepted(host, "tcp", "127.0.0.1:0") as (client, server):
            pieces = [b"one", b"", bytearray(b"two"), memoryview(b"three"), array.array("H", [12336])]
            buffers = host.net.Buffers(pieces)
            assert await write_to(buffers, client) == 13
            assert await server.read(100) == b"onetwothree00"
            assert buffers == []
            assert await write_to(buffers, client) == 0
            # More pieces than one call takes.
            many = host.net.Buffers(b"%d," % n for n in range(5000))
            expected = b"".join(b"%d," % n for n in range(5000))
            sending = host.start(write_to, many, client)
            received = b""
            while len(received) < len(expected):
                received += await server.read(100_000)
            assert received == expected
            assert await sending == len(expected)
            assert not many

    hosts.run(host_name, body)


def test_what_went_is_gone_when_it_fails(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        async with accepted(host, "tcp", "127.0.0.1:0") as (client, server):
            client.set_write_buffer(50_000)
            server.set_read_buffer(50_000)
            data = bytes(range(256)) * 8_000
            buffers = host.net.Buffers(data[n : n + 999] for n in range(0, len(data), 999))
            writing = host.start(write_to, buffers, client)
            await host.blocked(client, "writing")
            client.set_write_deadline(timedelta(0))
            with pytest.raises(net.DeadlineExceededError) as caught:
                await writing
            sent = caught.value.bytes_written
            assert 0 < sent < len(data)
            assert caught.value.op == "writev"
            assert sum(len(piece) for piece in buffers) == len(data) - sent
            client.set_write_deadline(None)
            sending = host.start(write_to, buffers, client)
            received = b""
            while len(received) < len(data):
                received += await server.read(1_000_000)
            assert received == data
            assert await sending == len(data) - sent

    hosts.run(host_name, body)


def test_one_datagram(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        async with await host.net.listen_packet("udp", "127.0.0.1:0") as server:
            async with host.net.dial("udp", str(server.local_addr)) as conn:
                assert await write_to(host.net.Buffers([b"head", b"body"]), conn) == 8
                assert (await server.read_from())[0] == b"headbody"

    hosts.run(host_name, body)


def test_to_a_file(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        file, buffers = io.BytesIO(), host.net.Buffers([b"a", b"bc"])
        assert await write_to(buffers, file) == 3
        assert (file.getvalue(), buffers) == (b"abc", [])

    hosts.run(host_name, body)


def test_read(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        buffers = host.net.Buffers([b"one", b"", b"two", b"three"])
        assert buffers.read(2) == b"on"
        assert buffers.read(3) == b"etw"
        assert buffers.read(0) == b""
        assert buffers.read() == b"othree"
        assert buffers.read() == buffers.read(5) == b""
        assert buffers == []
        buffers.append(b"again")
        assert buffers.read(100) == b"again"
        with pytest.raises(TypeError):
            host.net.Buffers(["text"]).read()

    hosts.run(host_name, body)
