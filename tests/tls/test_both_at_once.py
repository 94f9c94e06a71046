"""Many threads or tasks read and write one connection, while the peer forces new keys or renegotiates.

This is where `ssl.SSLSocket` crashes or locks up, used by two threads.
"""

from __future__ import annotations

import random
import ssl
import threading
from typing import Any

import pytest

from tests import hosts
from tests.tls.against import V12, V13, against
from tests.tls.forcing import Peer
from tests.tls.support import secure_pair
from tests.tls.test_renegotiation import allowing

WHOLE = 3_000_000
BLOCKS, BLOCK = 200, 15_000


def message(writer: int, number: int, size: int) -> bytes:
    return b"%4d%4d%6d" % (writer, number, size) + bytes([writer]) * size


def sizes(writer: int, count: int, total: int) -> list[int]:
    """So many sizes, of which some are more than a record."""
    chance = random.Random(writer)
    cuts = sorted(chance.randrange(total) for _ in range(count - 1))
    return [end - begin for begin, end in zip([0, *cuts], [*cuts, total])]


class Messages:
    """What the peer gets: whole messages, each writer's in order."""

    def __init__(self) -> None:
        self.last: dict[int, int] = {}
        self.count = 0

    def read(self, peer: Peer) -> None:
        head = peer.read(14)
        writer, number, size = int(head[:4]), int(head[4:8]), int(head[8:])
        assert number == self.last.get(writer, -1) + 1
        self.last[writer] = number
        assert peer.read(size) == bytes([writer]) * size
        self.count += 1


@pytest.mark.parametrize("client_side", [True, False], ids=["client", "server"])
@pytest.mark.parametrize("version", [V12, V13], ids=["renegotiation", "new keys"])
def test_many(host_name: str, version: ssl.TLSVersion, client_side: bool) -> None:
    count = 8 if host_name == "threads" else 100
    writers = readers = count // 2
    each = max(4, 160 // writers)

    async def body(host: hosts.Host) -> None:
        # A close_notify in the middle of a renegotiation would be an error.
        settled = threading.Event()

        def script(peer: Peer) -> dict[int, int]:
            messages, count, sent = Messages(), writers * each, 0
            while messages.count < count:
                if version is V13:
                    peer.update_keys(requested=sent % 3 != 0)
                elif sent % 4 == 0 and messages.count < count * 3 // 4:
                    peer.renegotiate()
                messages.read(peer)
                while not peer.settled:
                    # Here too it would be an error to write now.
                    if messages.count < count:
                        messages.read(peer)
                    else:
                        peer.go_on()
                peer.write(bytes([sent % 251]) * BLOCK)
                sent += 1
            for number in range(sent, BLOCKS):
                peer.write(bytes([number % 251]) * BLOCK)
            settled.set()
            peer.read_end()
            peer.end()
            assert version is V13 or peer.renegotiations > 0
            return messages.last

        async def write(conn: Any, writer: int) -> None:
            for number, size in enumerate(sizes(writer, each, WHOLE // writers)):
                data = message(writer, number, size)
                assert await conn.write(data) == len(data)

        async def read(conn: Any) -> int:
            total = 0
            buffer = bytearray(20_000)
            while True:
                data = await conn.read(9_000)
                got = await conn.readinto(buffer)
                total += len(data) + got
                if not got:
                    return total

        async with against(host, version, script, client_side, allowing_for(version, client_side)) as (
            conn,
            beside,
        ):
            writing = [host.start(write, conn, number) for number in range(writers)]
            reading = [host.start(read, conn) for _ in range(readers)]
            for job in writing:
                await job
            await host.until(lambda: settled.is_set() or beside.ended)
            conn.close_write()
            assert await beside.end(host) == dict.fromkeys(range(writers), each - 1)
            total = 0
            for job in reading:
                total += await job
            assert total == BLOCKS * BLOCK

    hosts.run(host_name, body)


def allowing_for(version: ssl.TLSVersion, client_side: bool) -> ssl.SSLContext | None:
    return allowing(client_side) if version is V12 else None


def test_both_ways_from_the_first_byte(host_name: str) -> None:
    """Whoever writes first makes the handshake, and goes on to more than the system has room for. A reader
    that came meanwhile waits for the handshake alone, or both ends would wait for each other."""
    size = 30_000_000
    data = bytes(size)

    async def read(conn: Any) -> int:
        count = 0
        while count < size:
            count += len(await conn.read(65536))
        return count

    async def body(host: hosts.Host) -> None:
        async with secure_pair(host) as (client, server):
            work = [host.start(end.write, data) for end in (client, server)]
            work += [host.start(read, end) for end in (client, server)]
            assert [await each for each in work] == [size] * 4

    hosts.run(host_name, body)
