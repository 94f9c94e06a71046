"""`close` and `close_write`: what the peer sees, and that nobody waits."""

from __future__ import annotations

import datetime
import errno
import gc
import select
import ssl
import time
import warnings
from typing import Any

import pytest

import dialnet
from dialnet.tls import BrokenRecordError, UnexpectedEOFError
from tests import hosts
from tests.certificates import NAME, client_context, server_context
from tests.tls.support import over_a_pipe, secure_pair, talking_pair

V12, V13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
VERSIONS = pytest.mark.parametrize("version", [V12, V13], ids=["1.2", "1.3"])
SOON = datetime.timedelta(seconds=0.1)


def contexts(version: ssl.TLSVersion) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    return client_context(version), server_context(version)


@VERSIONS
@pytest.mark.parametrize("side", ["client", "server"])
def test_a_clean_end(host_name: str, version: ssl.TLSVersion, side: str) -> None:
    async def body(host: hosts.Host) -> None:
        async with talking_pair(host, *contexts(version)) as ends:
            one, two = ends if side == "client" else reversed(ends)
            await one.write(b"the last word")
            one.close()
            assert await two.read() == b"the last word"
            assert await two.read(10) == b""
            one.close()

    hosts.run(host_name, body)


def test_the_last_word_comes_before_a_reset(host_name: str) -> None:
    """Where the peer's tickets are unread, Linux resets what is closed; what was written is heard before."""

    async def body(host: hosts.Host) -> None:
        for _ in range(20):
            async with secure_pair(host) as (client, server):

                async def end(client: Any = client) -> None:
                    await client.handshake()
                    await client.write(b"the last word")
                    # Until there is something unread.
                    with client.net_conn.file() as sock:
                        await host.until(lambda: select.select([sock], [], [], 0)[0])
                    client.close()

                ending = host.start(end)
                await server.handshake()
                await ending
                assert await server.read() == b"the last word"

    hosts.run(host_name, body)


@VERSIONS
def test_half_close(host_name: str, version: ssl.TLSVersion) -> None:
    """Both ways, one after the other."""

    async def body(host: hosts.Host) -> None:
        for first in (0, 1):
            async with talking_pair(host, *contexts(version)) as ends:
                one, two = ends[first], ends[1 - first]
                one.close_write()
                one.close_write()
                with pytest.raises(BrokenPipeError) as caught:
                    await one.write(b"x")
                assert not isinstance(caught.value, BrokenRecordError)
                assert await two.read() == b""
                await two.write(b"still talking" * 10_000)
                two.close_write()
                assert await one.read() == b"still talking" * 10_000

    hosts.run(host_name, body)


def test_close_write_too_early(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        async with secure_pair(host) as (client, _):
            with pytest.raises(dialnet.OpError) as caught:
                client.close_write()
            assert caught.value.errno == errno.ENOTCONN
            client.close()
            with pytest.raises(dialnet.ClosedError):
                client.close_write()

    hosts.run(host_name, body)


@VERSIONS
def test_a_write_out_of_time(host_name: str, version: ssl.TLSVersion) -> None:
    """Later writes fail, reads go on, and the peer never takes it for a whole."""

    async def body(host: hosts.Host) -> None:
        async with talking_pair(host, *contexts(version)) as (client, server):
            client.set_write_deadline(SOON)
            with pytest.raises(dialnet.DeadlineExceededError) as caught:
                await client.write(bytes(64 << 20))
            assert isinstance(caught.value, dialnet.OpError)
            sent = caught.value.bytes_written
            assert 0 < sent < 64 << 20
            assert sent % 16384 == 0
            client.set_write_deadline(None)
            for call in (client.write, client.write):
                with pytest.raises(BrokenRecordError) as broken:
                    await call(b"x")
                assert isinstance(broken.value, BrokenPipeError)
                assert "middle of a record" in str(broken.value)
            with pytest.raises(BrokenRecordError):
                client.close_write()
            await server.write(b"still readable")
            assert await client.read(100) == b"still readable"
            client.close()
            # All that is said to have gone can be read, and hardly more.
            total = 0
            with pytest.raises(UnexpectedEOFError):
                while data := await server.read(65536):
                    total += len(data)
            assert sent <= total <= sent + 16384

    hosts.run(host_name, body)


def test_close_during_a_write(host_name: str) -> None:
    """It comes out at once; the peer does not read, and nobody waits for it."""

    async def body(host: hosts.Host) -> None:
        async with talking_pair(host) as (client, server):
            jobs = [host.start(client.write, bytes(64 << 20)) for _ in range(3)]
            await host.blocked(client, "writing", 3)
            begin = time.monotonic()
            client.close()
            for job in jobs:
                with pytest.raises(dialnet.ClosedError):
                    await job
            assert time.monotonic() - begin < 5
            with pytest.raises(UnexpectedEOFError):
                while await server.read(1 << 20):
                    pass

    hosts.run(host_name, body)


def test_nobody_reads_a_pipe(host_name: str) -> None:
    """The last word waits for a reader in the background, 5 seconds at most."""

    async def body(host: hosts.Host) -> None:
        one, two, client, server = await over_a_pipe(host)
        begin = time.monotonic()
        client.close()
        assert time.monotonic() - begin < 2
        assert not one.closed
        with pytest.raises(dialnet.ClosedError):
            await client.read(1)
        await host.until(lambda: one.closed)
        assert 3 < time.monotonic() - begin < 20
        with pytest.raises(dialnet.OpError):
            await server.read(1)
        server.close()
        await host.until(lambda: two.closed)

    hosts.run(host_name, body)


def test_a_pipe_with_a_reader(host_name: str) -> None:
    """Half closing goes by close_notify, also over what cannot half close itself."""

    async def body(host: hosts.Host) -> None:
        one, two, client, server = await over_a_pipe(host)
        reading = host.start(server.read)
        await client.write(b"one way")
        client.close_write()
        assert await reading == b"one way"
        reading = host.start(client.read)
        await server.write(b"the other")
        server.close()
        assert await reading == b"the other"
        client.close()
        await host.until(lambda: one.closed and two.closed)

    hosts.run(host_name, body)


def test_unclosed(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        async with talking_pair(host) as (client, _server):
            below = client.net_conn
            made: Any = host.tls.client(below, client_context(), NAME)
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                del made
                gc.collect()
            assert [str(one.message) for one in caught if one.category is ResourceWarning] == [
                f"unclosed <tls.Conn tcp {below.local_addr}->{below.remote_addr}>"
            ]

    hosts.run(host_name, body)
