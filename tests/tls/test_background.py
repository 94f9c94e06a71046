"""The last words that could not go at once go from the background, and what ends that."""

from __future__ import annotations

import asyncio
import gc
import os
import select
import socket
import warnings
import weakref
from typing import Any

import pytest

import dialnet
import dialnet.aio
from dialnet.aio import tls as atls
from dialnet.tls import BrokenRecordError, UnexpectedEOFError
from tests import hosts
from tests.certificates import NAME, client_context, server_context
from tests.tls.support import over_a_pipe, talking_pair


@pytest.mark.parametrize("name", ["asyncio", "uvloop"])
@pytest.mark.parametrize("last", ["close", "close_write"])
def test_the_background_is_cancelled_before_it_begins(name: str, last: str) -> None:
    """As by a program that cancels all tasks. The connection below is closed all the same."""

    async def body(host: hosts.Host) -> None:
        one, _, client, server = await over_a_pipe(host)
        before = asyncio.all_tasks()
        getattr(client, last)()
        (background,) = asyncio.all_tasks() - before
        background.cancel()
        await asyncio.wait([background])
        if last == "close_write":
            with pytest.raises(BrokenRecordError):
                await client.write(b"x")
            client.close()
        assert one.closed
        with pytest.raises(UnexpectedEOFError):
            await server.read(1)
        server.close()

    hosts.run(name, body)


@pytest.mark.parametrize("name", ["asyncio", "uvloop"])
@pytest.mark.parametrize("ending", ["closed", "generators", "forgotten"])
def test_the_loop_ends_before_the_background(name: str, ending: str) -> None:
    """As by a program that runs its loop itself, and closes it with a close_notify under way."""
    if name == "uvloop":
        loop = pytest.importorskip("uvloop").new_event_loop()
    else:
        loop = asyncio.new_event_loop()
    kept: list[Any] = []

    async def body() -> None:
        one, two = dialnet.aio.pipe()
        client, server = atls.client(one, client_context(), NAME), atls.server(two, server_context())
        saying = asyncio.ensure_future(server.write(b"."))
        assert await client.read(1) == b"."
        await saying
        client.close()
        kept.extend((client, server, one))

    loop.run_until_complete(body())
    client, server, one = kept
    assert not one.closed
    if ending == "generators":
        # All that asyncio tells of the end of a loop.
        loop.run_until_complete(loop.shutdown_asyncgens())
        assert one.closed
    loop.close()
    if ending == "closed":
        client.close()
        assert one.closed
    if ending != "forgotten":
        server.close()
    else:
        alive = weakref.ref(one)
        server.close()
        kept.clear()
        del client, server, one, loop
        with warnings.catch_warnings():
            # It may not have begun.
            warnings.simplefilter("ignore", RuntimeWarning)
            gc.collect()
        assert alive() is None


def fill(conn: Any) -> None:
    """Until the system takes no more, with what is no TLS."""
    with socket.socket(fileno=os.dup(conn.fileno())) as same:
        same.setblocking(False)
        while True:
            try:
                same.send(bytes(1 << 16))
            except BlockingIOError:
                # The peer's kernel may take some of it yet.
                if not select.select([], [same], [], 0.2)[1]:
                    return


def test_fork() -> None:
    """A child that closes its copy does so at once: the last words are the parent's to say."""

    async def body(host: hosts.Host) -> None:
        async with talking_pair(host) as (client, server):
            below = client.net_conn
            below.set_write_buffer(1 << 14)
            fill(below)
            client.close()
            assert not below.closed
            go, on = os.pipe()
            child = os.fork()
            if child == 0:
                try:
                    os.close(on)
                    client.seen.close()
                    os.read(go, 1)  # The end of it, however the test goes.
                    os._exit(0 if below.closed else 1)
                finally:
                    os._exit(2)
            os.close(go)
            try:
                while await server.net_conn.read(1 << 16):
                    pass
            finally:
                os.close(on)
                _, status = os.waitpid(child, 0)
            assert os.waitstatus_to_exitcode(status) == 0

    hosts.run("threads", body)
