"""A program that runs out of descriptors while it accepts, and then has some again."""

from __future__ import annotations

import errno
import os
import resource
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

import dialnet as net
from tests import hosts


@contextmanager
def no_descriptors() -> Iterator[None]:
    """Every descriptor the process may have is taken inside."""
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    taken: list[int] = []
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, limit[1]))
    try:
        while True:
            try:
                taken.append(os.dup(0))
            except OSError as err:
                if err.errno != errno.EMFILE:
                    raise
                break
        yield
    finally:
        for descriptor in taken:
            os.close(descriptor)
        resource.setrlimit(resource.RLIMIT_NOFILE, limit)


def check(err: Any, addr: net.Addr) -> None:
    assert isinstance(err, net.OpError)
    assert err.errno == errno.EMFILE
    assert err.temporary
    assert not err.timeout
    assert str(err) == f"accept {addr.network} {addr}: accept4: {os.strerror(errno.EMFILE)}"


async def body(host: hosts.Host) -> None:
    for network, family in (("tcp", socket.AF_INET), ("unix", socket.AF_UNIX)):
        async with host.net.listen(network, "127.0.0.1:0" if network == "tcp" else "") as ln:
            with ln.file() as sock:
                target = sock.getsockname()

            async def waiting(ln: Any = ln) -> Any:
                with pytest.raises(OSError) as caught:
                    await ln.accept()
                return caught.value

            # The connection is there already.
            with socket.socket(family) as client:
                client.connect(target)
                with no_descriptors():
                    for _ in range(3):
                        check(await waiting(), ln.addr)
                peer = await ln.accept()
                client.sendall(b"not lost")
                assert await peer.read(100) == b"not lost"
                peer.close()

            # It comes while somebody waits, and another queues behind. (The first of two threads would, at
            # its end, leave its own wake descriptor to the second one's accept.)
            waiters = 1 if host.is_threads else 2
            with socket.socket(family) as client:
                jobs = [host.start(waiting) for _ in range(waiters)]
                await host.blocked(ln, waiters=waiters)
                with no_descriptors():
                    client.connect(target)
                    for job in jobs:
                        check(await job, ln.addr)
                peer = await ln.accept()
                client.sendall(b"not lost")
                assert await peer.read(100) == b"not lost"
                peer.close()

            # A loop that goes on is served again.
            served = 0
            with socket.socket(family) as client:
                client.connect(target)
                with no_descriptors():
                    with pytest.raises(OSError):
                        async for _ in ln:
                            served += 1
                async for peer in ln:
                    served += 1
                    peer.close()
                    ln.close()
            assert served == 1
    async with host.net.listen("tcp", "127.0.0.1:0") as ln:
        with no_descriptors():
            for call, op in ((host.net.dial, "dial"), (host.net.listen, "listen")):
                with pytest.raises(OSError) as caught:
                    await call("tcp", str(ln.addr))
                assert caught.value.errno == errno.EMFILE
                assert caught.value.temporary
                assert str(caught.value) == f"{op} tcp {ln.addr}: socket: {os.strerror(errno.EMFILE)}"
            with pytest.raises(OSError) as caught:
                ln.file()
            assert str(caught.value) == f"file tcp {ln.addr}: fcntl: {os.strerror(errno.EMFILE)}"


if __name__ == "__main__":
    hosts.run(sys.argv[1], body)
    print("recovered")
