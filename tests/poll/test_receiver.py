"""A datagram socket of one piece of work: what wakes it, and that nothing is left of it."""

from __future__ import annotations

import socket
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from typing import Any

import pytest

from dialnet.poll import task_host, thread_host, waits
from dialnet.poll.receiver import Receiver
from dialnet.poll.tasks import current_poller
from tests.hosts import PATIENCE, Host, run


@pytest.fixture
def peer() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        yield sock


def connected(peer: socket.socket) -> Receiver:
    receiver = Receiver(socket.AF_INET)
    receiver.sock.connect(peer.getsockname())
    return receiver


async def drive(host: Host, coroutine: Any) -> Any:
    return thread_host.drive(coroutine) if host.is_threads else await task_host.drive(coroutine)


def registered(host: Host) -> int:
    return 0 if host.is_threads else len(current_poller().fds)


async def take(receiver: Receiver, limit: float = PATIENCE) -> bytes | None:
    """What comes, or None at the end of the time."""
    end = await waits.now() + limit
    while True:
        if not await waits.wait(receiver, until=end):
            return None
        try:
            return receiver.sock.recv(100)
        except BlockingIOError:
            receiver.ready = False


def test_one_datagram_after_another(host_name: str, peer: socket.socket) -> None:
    """Each wait is a new one, also one that begins with something there."""

    async def body(host: Host) -> None:
        before = registered(host)
        receiver = connected(peer)
        try:
            assert not receiver.sock.getblocking()
            for text in (b"one", b"two"):
                receiver.ready = False
                reading = host.start(drive, host, take(receiver))
                await host.until(lambda: receiver.turn is not None)
                await host.pause(0.01)
                peer.sendto(text, receiver.sock.getsockname())
                assert await reading == text
            receiver.ready = False
            peer.sendto(b"three", receiver.sock.getsockname())
            peer.sendto(b"four", receiver.sock.getsockname())
            assert await drive(host, take(receiver)) == b"three"
            assert await drive(host, take(receiver)) == b"four"
            assert await drive(host, take(receiver, 0.01)) is None
            assert receiver.turn is None
        finally:
            receiver.close()
            receiver.close()
        assert registered(host) == before

    run(host_name, body)


def test_a_refusal_wakes(host_name: str, peer: socket.socket) -> None:
    async def body(host: Host) -> None:
        receiver = connected(peer)
        try:
            peer.close()
            receiver.sock.send(b"is there anybody?")
            with pytest.raises(ConnectionRefusedError):
                await drive(host, take(receiver))
        finally:
            receiver.close()

    run(host_name, body)


def test_cancelled(task_host_name: str, peer: socket.socket) -> None:
    """What is no longer waited for is out of the poller, and its number may be another's."""

    async def ask(receiver: Receiver) -> bytes | None:
        try:
            return await take(receiver)
        finally:
            receiver.close()

    async def body(host: Host) -> None:
        before = registered(host)
        for _ in range(50):
            receiver = connected(peer)
            with pytest.raises(TimeoutError):
                await drive(host, waits.bounded(ask(receiver), timeout=0.001))
            assert receiver.sock.fileno() == -1
            assert registered(host) == before
            receiver = connected(peer)
            peer.sendto(b"here", receiver.sock.getsockname())
            assert await drive(host, ask(receiver)) == b"here"
            assert registered(host) == before

    run(task_host_name, body)


def test_a_forked_child_closes_its_own() -> None:
    """The registration is the parent's: the child's end of it must not end the parent's wait."""
    code = """
    import asyncio, os, socket, sys
    from dialnet.poll import task_host, waits
    from dialnet.poll.receiver import Receiver

    async def take(receiver):
        assert await waits.wait(receiver, until=await waits.now() + 30)
        return receiver.sock.recv(100)

    async def main():
        peer = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        peer.bind(("127.0.0.1", 0))
        receiver = Receiver(socket.AF_INET)
        receiver.sock.connect(peer.getsockname())
        reading = asyncio.create_task(task_host.drive(take(receiver)))
        while receiver.poller is None:
            await asyncio.sleep(0.001)
        child = os.fork()
        if not child:
            receiver.close()
            os._exit(0)
        os.waitpid(child, 0)
        peer.sendto(b"still here", receiver.sock.getsockname())
        assert await reading == b"still here"
        receiver.close()
        peer.close()

    asyncio.run(main())
    """
    command = [sys.executable, "-W", "error", "-W", "ignore::DeprecationWarning", "-c", textwrap.dedent(code)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE * 2)
    assert ran.returncode == 0, ran.stderr
