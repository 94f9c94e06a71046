"""A deadline ends what waits for the other direction too; what it kept back goes once it is moved."""

from __future__ import annotations

import datetime
import errno
import threading
import time
from typing import Any

import pytest

import dialnet
import dialnet.aio
import dialnet.aio.secure
import dialnet.sync.secure
from dialnet.secure import link
from tests import hosts
from tests.certificates import NAME, client_context, server_context
from tests.tls.against import V12, V13, against
from tests.tls.forcing import Peer
from tests.tls.support import LIMIT, over_a_pipe, plain_pair, secure_pair, talk
from tests.tls.test_below import OwnForTasks, OwnForThreads

SOON = datetime.timedelta(seconds=0.1)


@pytest.mark.parametrize("call", ["write", "handshake", "second write"])
@pytest.mark.parametrize("side", ["client", "server"])
def test_a_write_deadline_ends_a_handshake(host_name: str, side: str, call: str) -> None:
    """The peer says nothing, which is to be read. Later the handshake goes on."""

    async def body(host: hosts.Host) -> None:
        async with secure_pair(host) as (client, server):
            ours, theirs = (client, server) if side == "client" else (server, client)
            ours.set_deadline(None)
            first = None
            if call == "second write":
                # Somebody else makes the handshake, and this one waits for the turn.
                first = host.start(ours.handshake)
                await host.blocked(ours.net_conn, "reading")
            ours.set_write_deadline(SOON)
            with pytest.raises(dialnet.DeadlineExceededError):
                await (ours.handshake() if call == "handshake" else ours.write(b"."))
            if first is not None:
                with pytest.raises(dialnet.DeadlineExceededError):
                    await first
            ours.set_deadline(LIMIT)
            talking = host.start(talk, theirs)
            await talk(ours)
            await talking

    hosts.run(host_name, body)


def test_a_read_deadline_ends_a_handshake(host_name: str) -> None:
    """The peer reads nothing of what has to be said first."""

    async def body(host: hosts.Host) -> None:
        one, two = host.net.pipe()
        client, server = host.tls.client(one, client_context(), NAME), host.tls.server(two, server_context())
        client.set_read_deadline(SOON)
        with pytest.raises(dialnet.DeadlineExceededError):
            await client.read(1)
        for end in (client, server):
            end.set_deadline(LIMIT)
        saying = host.start(server.write, b".")
        assert await client.read(1) == b"."
        await saying
        # Without a word, for which nobody is there.
        for end in (one, two, client, server):
            end.close()

    hosts.run(host_name, body)


def test_to_each_its_own_after_the_handshake(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        async with secure_pair(host) as (client, server):
            one = client.net_conn
            until = time.monotonic() + hosts.PATIENCE
            client.set_read_deadline(None)
            client.set_write_deadline(until)
            assert (one._fd.reading.deadline, one._fd.writing.deadline) == (until, until)
            serving = host.start(talk, server)
            await talk(client)
            await serving
            assert (one._fd.reading.deadline, one._fd.writing.deadline) == (None, until)

    hosts.run(host_name, body)


@pytest.mark.parametrize("reading", [True, False], ids=["read beside it", "written only"])
def test_a_renegotiation_that_stalls(host_name: str, reading: bool) -> None:
    """A write that waits for its end is ended by its own deadline, and by no other."""

    async def body(host: hosts.Host) -> None:
        asked, on = threading.Event(), threading.Event()

        def script(peer: Peer) -> bytes:
            peer.renegotiate()
            asked.set()
            assert on.wait(hosts.PATIENCE)
            return peer.read(1)

        async with against(host, V12, script) as (conn, beside):
            await host.until(asked.is_set)
            conn.set_deadline(None)
            job = None
            if reading:
                before = conn._fd.engine.fed
                job = host.start(conn.read, 1)
                # It has read of the renegotiation, and its answer is on its way.
                await host.until(lambda: conn._fd.engine.fed > before)
                await host.blocked(conn.net_conn, "reading")
            else:
                conn.set_read_deadline(SOON)
                with pytest.raises(dialnet.DeadlineExceededError):
                    await conn.read(1)
            conn.set_write_deadline(SOON)
            with pytest.raises(dialnet.DeadlineExceededError):
                await conn.write(b"x")
            conn.set_write_deadline(LIMIT)
            writing = host.start(conn.write, b"y")
            on.set()
            assert await beside.end(host) == b"y"
            assert await writing == 1
            conn.close()
            if job is not None:
                with pytest.raises(dialnet.ClosedError):
                    await job

    hosts.run(host_name, body)


def test_the_end_is_said_once_the_deadline_is_moved(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        one, two, client, server = await over_a_pipe(host)
        # Nobody reads the pipe until it is too late.
        client.set_write_deadline(SOON)
        client.close_write()
        await host.until(lambda: client._fd.writing.turn is None)
        client.set_write_deadline(LIMIT)
        assert await server.read(1) == b""
        server.close()
        client.close()
        await host.until(lambda: one.closed and two.closed)

    hosts.run(host_name, body)


@pytest.mark.parametrize("name", hosts.TASK_HOSTS)
def test_the_turn_comes_to_one_that_was_cancelled(name: str) -> None:
    """`close_write` leaves the end to be said by whoever has the turn, which then is nobody."""

    async def body(host: hosts.Host) -> None:
        one, two, client, server = await over_a_pipe(host)
        jobs: list[Any] = []

        async def first() -> None:
            await client.write(b"first")
            # In the same step in which the turn is handed on.
            jobs[1].cancel()
            client.close_write()

        jobs.append(host.start(first))
        await host.until(lambda: client._fd.writing.turn is not None)
        jobs.append(host.start(client.write, b"second"))
        await host.until(lambda: len(client._fd.writing.queue) == 1)
        assert await server.read(5) == b"first"
        await jobs[0]
        assert await server.read(1) == b""
        server.close()
        client.close()
        await host.until(lambda: one.closed and two.closed)

    hosts.run(name, body)


class Endless:
    """A connection of a user's without deadlines."""

    def set_deadline(self, when: Any) -> None:
        raise OSError(errno.EOPNOTSUPP, "it has no deadlines")

    set_read_deadline = set_write_deadline = set_deadline


class EndlessForThreads(Endless, OwnForThreads):
    pass


class EndlessForTasks(Endless, OwnForTasks):
    pass


def test_the_last_word_over_what_has_no_deadlines(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        async with plain_pair(host) as (one, two):
            own: Any = EndlessForThreads(one.seen) if host.is_threads else EndlessForTasks(one)
            client = host.tls.client(own, client_context(), NAME)
            server = host.tls.server(two, server_context())
            serving = host.start(talk, server)
            await talk(client)
            await serving
            await client.write(b"all of it")
            client.close()
            assert await server.read() == b"all of it"
            server.close()
            await host.until(lambda: one.closed)

    hosts.run(host_name, body)


def test_it_is_cut_off_in_the_end(host_name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody reads the last word, and nothing below ends the wait."""
    for face in (dialnet.sync.secure, dialnet.aio.secure):
        monkeypatch.setattr(face, "PATIENCE", 0.2)

    async def body(host: hosts.Host) -> None:
        one, two = host.net.pipe()
        own: Any = EndlessForThreads(one) if host.is_threads else EndlessForTasks(one)
        client, server = host.tls.client(own, client_context(), NAME), host.tls.server(two, server_context())
        saying = host.start(server.write, b".")
        assert await client.read(1) == b"."
        await saying
        client.close()
        assert not one.closed
        await host.until(lambda: one.closed)
        server.close()
        await host.until(lambda: two.closed)

    hosts.run(host_name, body)


def test_what_went_before_is_not_waited_for(host_name: str) -> None:
    """A server's tickets, which nobody reads either: that has begun, and nothing could end it."""

    async def body(host: hosts.Host) -> None:
        one, two = host.net.pipe()
        own: Any = EndlessForThreads(two) if host.is_threads else EndlessForTasks(two)
        client, server = host.tls.client(one, client_context(), NAME), host.tls.server(own, server_context())
        shaking = host.start(server.handshake)
        await client.handshake()
        await shaking
        await host.blocked(two, "writing")
        server.close()
        assert two.closed
        client.close()
        await host.until(lambda: one.closed)

    hosts.run(host_name, body)


def test_new_keys_without_end(host_name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A peer that asks for them and reads no answers does not fill the memory."""
    monkeypatch.setattr(link, "_MOST_ANSWERS", 1 << 14)

    async def body(host: hosts.Host) -> None:
        over = threading.Event()

        def script(peer: Peer) -> None:
            while not over.is_set():
                peer.update_keys(requested=True)

        async with against(host, V13, script) as (conn, beside):
            conn.net_conn.set_write_buffer(4096)
            with pytest.raises(dialnet.OpError) as caught:
                await conn.read(1)
            assert caught.value.errno == errno.ENOBUFS
            over.set()
            conn.net_conn.close()
            await host.until(lambda: beside.ended)

    hosts.run(host_name, body)
