"""What a buffered reader has read ahead goes back to the connection: nothing is lost when a conversation
changes."""

from __future__ import annotations

import gc
import socket
import threading
from typing import Any

import pytest

import dialnet
from dialnet import aio
from tests import hosts
from tests.certificates import NAME, client_context, server_context
from tests.conformance.kinds import KINDS, Kind

STREAMS = [kind for kind in KINDS if kind.stream]


@pytest.mark.parametrize("kind", STREAMS, ids=lambda kind: kind.name)
def test_what_was_read_ahead_is_read_next(task_host_name: str, kind: Kind) -> None:
    async def body(host: hosts.Host) -> None:
        async with kind.pair(host) as (one, two):
            reader = aio.BufferedReader(one)
            writing = host.start(two.write, b"line\nand the rest")
            assert await reader.readline() == b"line\n"
            assert reader.detach() is one
            assert reader.detach() is one
            assert await one.read(7) == b"and the"
            assert await one.read(100) == b" rest"
            await writing

    hosts.run(task_host_name, body)


@pytest.mark.parametrize("kind", STREAMS, ids=lambda kind: kind.name)
@pytest.mark.parametrize("mode", ["rb", "rwb"])
@pytest.mark.parametrize("how", ["close", "detach", "forget"])
def test_a_file_that_is_closed_gives_back(kind: Kind, mode: str, how: str) -> None:
    async def body(host: hosts.Host) -> None:
        async with kind.pair(host) as (one, two):
            file = one.seen.makefile(mode)
            writing = host.start(two.write, b"line\nand the rest")
            assert file.readline() == b"line\n"
            if how == "close":
                file.close()
            elif how == "detach":
                assert file.detach() is one.seen
                assert file.closed
            del file
            if how == "forget":
                gc.collect()
            assert await one.read(100) == b"and the rest"
            await writing

    hosts.run("threads", body)


def test_a_closed_connection_takes_nothing_back() -> None:
    one, two = dialnet.pipe()
    writing = threading.Thread(target=two.write, args=(b"a line\nand the rest",))
    writing.start()
    file = one.makefile("rb")
    assert file.readline() == b"a line\n"
    writing.join()
    one.close()
    two.close()
    file.close()


def test_a_connection_that_takes_none_back(task_host_name: str) -> None:
    class Mine(aio.Conn):
        closed = False
        local_addr = remote_addr = None
        close = set_deadline = set_read_deadline = set_write_deadline = readinto = write = None

        async def read(self, n: int | None = -1) -> bytes:
            return b"line\nrest"

    async def body(host: hosts.Host) -> None:
        mine: Any = Mine()
        reader = aio.BufferedReader(mine)
        assert reader.detach() is mine
        assert await reader.readline() == b"line\n"
        with pytest.raises(ValueError, match="takes none back"):
            reader.detach()
        assert await reader.read(100) == b"rest"

    hosts.run(task_host_name, body)


def early_client(address: tuple[str, int], replies: list[bytes]) -> None:
    """Sends its ClientHello in one piece with the command before it, as a client in a hurry may."""
    import ssl

    with socket.create_connection(address, 30) as sock:
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = client_context().wrap_bio(incoming, outgoing, server_hostname=NAME)
        with pytest.raises(ssl.SSLWantReadError):
            tls.do_handshake()
        sock.sendall(b"STARTTLS\r\n" + outgoing.read())
        before = b""
        while not before.endswith(b"\r\n"):
            before += sock.recv(1)
        while True:
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                incoming.write(sock.recv(65536))
        tls.write(b"secret\n")
        sock.sendall(outgoing.read())
        while True:
            try:
                replies.append(before + tls.read(100))
                return
            except ssl.SSLWantReadError:
                incoming.write(sock.recv(65536))


def test_starttls(host_name: str) -> None:
    """The peer's first TLS record came along with the last plain line, and was read with it."""

    async def body(host: hosts.Host) -> None:
        replies: list[bytes] = []
        async with host.net.listen("tcp4", "127.0.0.1:0") as ln:
            client = threading.Thread(
                target=early_client, args=((str(ln.addr.ip), ln.addr.port), replies), daemon=True
            )
            client.start()
            conn = await ln.accept()
        if host.is_threads:
            file = conn.makefile("rb")
            assert file.readline() == b"STARTTLS\r\n"
            file.close()
        else:
            reader = aio.BufferedReader(conn)
            assert await reader.readline() == b"STARTTLS\r\n"
            assert reader.detach() is conn
        await conn.write(b"go ahead\r\n")
        async with host.tls.server(conn, server_context()) as secure:
            assert await secure.read(100) == b"secret\n"
            await secure.write(b"heard")
            await host.until(lambda: replies)
        client.join(hosts.PATIENCE)
        assert replies == [b"go ahead\r\nheard"]

    hosts.run(host_name, body)
