"""A peer that stalls in any step of the handshake: an error at the deadline, and later it goes on."""

from __future__ import annotations

import datetime
import ssl
from typing import Any

import pytest

import dialnet
from tests import hosts
from tests.certificates import NAME, client_context, server_context
from tests.tls.relay import Stall, relayed
from tests.tls.support import LIMIT, plain_pair, talk

V12, V13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
RECORDS = {("client", V12): 7, ("server", V12): 4, ("client", V13): 6, ("server", V13): 3}
SOON = datetime.timedelta(seconds=0.05)


@pytest.mark.parametrize("version", [V12, V13], ids=["1.2", "1.3"])
@pytest.mark.parametrize("side", ["client", "server"])
def test_each_step(host_name: str, version: ssl.TLSVersion, side: str) -> None:
    async def body(host: hosts.Host) -> None:
        for records in range(RECORDS[side, version]):
            place = Stall(records, 0.5)
            async with relayed(host, version=version, **{f"to_{side}": place}) as ends:
                end, other = ends if side == "client" else reversed(ends)
                job = host.start(talk, other)
                waiting = host.start(end.handshake)
                await host.until(lambda place=place: place.reached)  # type: ignore[misc]
                end.set_deadline(SOON)
                for _ in range(2):
                    with pytest.raises(dialnet.OpError) as caught:
                        await waiting
                    waiting = host.start(end.handshake)
                    err = caught.value
                    assert isinstance(err, dialnet.DeadlineExceededError)
                    assert err.timeout
                    assert err.op == "handshake"
                    assert err.source == end.local_addr
                    assert err.addr == end.remote_addr
                # The lazy one of a read and a write is the same.
                for call, argument in [(end.read, 10), (end.write, b"x")]:
                    with pytest.raises(dialnet.OpError) as caught:
                        await call(argument)
                    assert caught.value.op == "handshake"
                    assert caught.value.timeout
                with pytest.raises(dialnet.DeadlineExceededError):
                    await waiting
                place.released = True
                end.set_deadline(LIMIT)
                await talk(end)
                await job

    hosts.run(host_name, body)


@pytest.mark.parametrize("side", ["client", "server"])
def test_closed_meanwhile(host_name: str, side: str) -> None:
    """Everyone who waits for the handshake comes out at once."""

    async def body(host: hosts.Host) -> None:
        async with plain_pair(host) as (one, _two):
            if side == "client":
                end = host.tls.client(one, client_context(), NAME)
            else:
                end = host.tls.server(one, server_context())
            calls = [(end.handshake,), (end.read, 10), (end.write, b"x"), (end.handshake,)]
            jobs = [host.start(*call) for call in calls]
            await host.blocked(end, "reading", len(calls))
            end.close()
            for job in jobs:
                with pytest.raises(dialnet.OpError) as caught:
                    await job
                assert isinstance(caught.value, dialnet.ClosedError)
                assert caught.value.op == "handshake"

    hosts.run(host_name, body)


def test_accept_goes_on(host_name: str) -> None:
    """Connections that say nothing hold up nobody, neither do those that talk nonsense."""

    async def body(host: hosts.Host) -> None:
        async def serve(conn: Any) -> str:
            try:
                conn.set_deadline(LIMIT)
                await talk(conn)
            except dialnet.OpError as err:
                return str(err.err)
            finally:
                conn.close()
            return "talked"

        async with host.tls.listen("tcp", "127.0.0.1:0", server_context()) as ln:
            ln.set_deadline(LIMIT)
            silent = await host.net.dial("tcp", str(ln.addr))
            nonsense = await host.net.dial("tcp", str(ln.addr))
            await nonsense.write(b"GET / HTTP/1.0\r\n\r\n")
            jobs = [host.start(serve, await ln.accept()) for _ in range(2)]
            dialing = host.start(dialed, host, str(ln.addr))
            jobs.append(host.start(serve, await ln.accept()))
            await dialing
            assert await jobs[2] == "talked"
            assert "looks like HTTP" in await jobs[1]
            silent.close()
            assert await jobs[0] == "unexpected EOF"
            nonsense.close()

    async def dialed(host: hosts.Host, address: str) -> None:
        async with host.tls.dial("tcp", address, client_context(), timeout=hosts.PATIENCE) as conn:
            await talk(conn)

    hosts.run(host_name, body)


def test_serve_goes_on(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        served: list[str] = []

        async def handle(conn: Any) -> None:
            try:
                await talk(conn)
                served.append("talked")
            except dialnet.OpError as err:
                served.append(type(err.err).__name__)

        def handle_in_thread(conn: dialnet.Conn) -> None:
            hosts._drive(handle(hosts.view(conn)))

        async with host.tls.listen("tcp", "127.0.0.1:0", server_context()) as ln:
            silent = await host.net.dial("tcp", str(ln.addr))
            if host.is_threads:
                serving = host.start(serve_threads, ln.seen, handle_in_thread)
            else:
                serving = host.start(host.net.serve, ln, handle)
            async with host.tls.dial("tcp", str(ln.addr), client_context(), timeout=hosts.PATIENCE) as conn:
                await talk(conn)
            await host.until(lambda: served == ["talked"])
            silent.close()
            await host.until(lambda: served == ["talked", "UnexpectedEOFError"])
            ln.close()
            await serving

    async def serve_threads(ln: Any, handler: Any) -> None:
        dialnet.serve(ln, handler)

    hosts.run(host_name, body)


def test_nobody_reads(host_name: str) -> None:
    """Over a pipe, which has no buffer: the deadline comes when a part of the first flight has gone. The
    rest goes in the next call."""

    async def body(host: hosts.Host) -> None:
        one, two = host.pipe()
        client = host.tls.client(one, client_context(), NAME)
        client.set_deadline(SOON)
        reading = host.start(two.read, 10)
        with pytest.raises(dialnet.DeadlineExceededError) as caught:
            await client.handshake()
        assert isinstance(caught.value, dialnet.OpError)
        assert caught.value.op == "handshake"
        begin = await reading
        assert len(begin) == 10
        hosts.bare((two,))[0]._unread(begin)
        server = host.tls.server(two, server_context())
        client.set_deadline(LIMIT)
        server.set_deadline(LIMIT)
        shaking = host.start(server.handshake)
        await client.handshake()
        await shaking
        one.close()
        two.close()
        client.close()
        server.close()

    hosts.run(host_name, body)
