"""100 MiB each way, compared by hash, with socat at the other end; never more than a piece in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import hosts
from tests.interop import links, programs, traffic
from tests.interop.links import Link

TOTAL = 100 * traffic.MIB
OPTIONS = ("-u", "-d", "-d", "-b262144")
LINKS = pytest.mark.parametrize("link", [links.TCP4, links.UNIX], ids=lambda link: link.name)


@pytest.fixture(scope="module")
def big_file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    path = tmp_path_factory.mktemp("bulk") / "big"
    with open(path, "wb") as file:
        for block in traffic.blocks(TOTAL):
            file.write(block)
    yield path
    path.unlink()


@pytest.fixture(scope="module")
def big_hash() -> str:
    return traffic.hash_of_blocks(TOTAL)


def hash_of_file(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


async def hash_by_read(conn: Any) -> str:
    digest = hashlib.sha256()
    while data := await conn.read(262144):
        digest.update(data)
    return digest.hexdigest()


async def hash_by_readinto(conn: Any) -> str:
    digest = hashlib.sha256()
    view = memoryview(bytearray(262144))
    while count := await conn.readinto(view):
        digest.update(view[:count])
    return digest.hexdigest()


async def send_by_write(conn: Any) -> None:
    for block in traffic.blocks(TOTAL):
        assert await conn.write(block) == traffic.MIB


async def send_by_writelines(conn: Any) -> None:
    for block in traffic.blocks(TOTAL):
        assert await conn.writelines([block[:1000], block[1000:500_000], block[500_000:]]) == traffic.MIB


@LINKS
def test_to_our_listener(host_name: str, folder: Path, link: Link, big_file: Path, big_hash: str) -> None:
    link = link.at(folder)

    async def body(host: hosts.Host) -> None:
        async with traffic.listening(host, link.network, link.here) as ln:
            with programs.start(folder, "socat", *OPTIONS, f"FILE:{big_file}", link.to(ln.addr)) as socat:
                async with traffic.accepted(ln) as conn:
                    assert await hash_by_read(conn) == big_hash
                await socat.end(host)

    hosts.run(host_name, body)


@LINKS
def test_to_our_dial(host_name: str, folder: Path, link: Link, big_file: Path, big_hash: str) -> None:
    link = link.at(folder)

    async def body(host: hosts.Host) -> None:
        with programs.start(folder, "socat", *OPTIONS, f"FILE:{big_file}", link.listen) as socat:
            async with traffic.dialed(host, link.network, link.dial(socat)) as conn:
                assert await hash_by_readinto(conn) == big_hash
            await socat.end(host)

    hosts.run(host_name, body)


@LINKS
def test_from_our_dial(host_name: str, folder: Path, link: Link, big_hash: str) -> None:
    link = link.at(folder)

    async def body(host: hosts.Host) -> None:
        with programs.start(folder, "socat", *OPTIONS, link.listen, "CREATE:taken") as socat:
            async with traffic.dialed(host, link.network, link.dial(socat)) as conn:
                await send_by_write(conn)
            await socat.end(host)

    hosts.run(host_name, body)
    assert hash_of_file(folder / "taken") == big_hash


@LINKS
def test_from_our_listener(host_name: str, folder: Path, link: Link, big_hash: str) -> None:
    link = link.at(folder)

    async def body(host: hosts.Host) -> None:
        async with traffic.listening(host, link.network, link.here) as ln:
            argv = ("socat", *OPTIONS, link.to(ln.addr), "CREATE:taken")
            with programs.start(folder, *argv) as socat:
                async with traffic.accepted(ln) as conn:
                    await send_by_writelines(conn)
                await socat.end(host)

    hosts.run(host_name, body)
    assert hash_of_file(folder / "taken") == big_hash
