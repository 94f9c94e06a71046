"""A system whose sockets have neither recvmsg nor sendmsg in Python, as Windows."""

from __future__ import annotations

import errno
import socket
from typing import Any

import pytest

import dialnet as net
from dialnet import system
from tests import hosts
from tests.messages.pairs import pair


class Poor:
    """A socket with less."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def __getattr__(self, name: str) -> Any:
        if name in ("recvmsg", "sendmsg", "recvmsg_into"):
            raise AttributeError(name)
        return getattr(self._sock, name)


def test_datagrams(host_name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system, "batches", lambda: None)

    async def body(host: hosts.Host) -> None:
        async with pair(host, "udp4") as (client, server):
            for conn in (client, server):
                conn._fd.sock = Poor(conn._fd.sock)
            assert await client.write_msg(b"abc", b"", None) == 3
            assert await server.read_msg(2, 100) == (b"ab", b"", 0, client.local_addr)
            assert await server.write_msg(b"abc", None, client.local_addr) == 3
            assert (await client.read_msg(10, 0)).data == b"abc"
            with pytest.raises(OSError) as caught:
                await client.write_msg(b"abc", [(socket.SOL_SOCKET, 1, b"1234")], None)
            assert isinstance(caught.value, net.OpError)
            assert caught.value.errno == errno.EOPNOTSUPP
            addr = client.local_addr
            assert await client.write_batch([(b"one", None), (b"two", None), (b"three", None)]) == 3
            assert await server.read_packet() == (b"one", addr, None, None, None, None, None, False)
            assert await server.read_batch(5, 4) == [
                (b"two", addr, None, None, None, None, None, False),
                (b"thre", addr, None, None, None, None, None, True),
            ]

    hosts.run(host_name, body)
