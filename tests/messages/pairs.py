"""Connected pairs of the kinds that messages go over, and what is done with descriptors in tests."""

from __future__ import annotations

import errno
import fcntl
import os
import resource
import socket
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import dialnet as net
from tests import hosts

UNIX = ["unix", "unixpacket", "unixgram"]


@asynccontextmanager
async def pair(host: hosts.Host, network: str) -> AsyncIterator[tuple[Any, Any]]:
    """A dialed end and the end that it sends to, with a deadline far away."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "s")
        if network == "unixgram":
            server = await host.net.listen_unixgram(network, net.UnixAddr(path, network))
            client = await host.net.dial(network, path)
        elif network.startswith("udp"):
            local = net.UDPAddr("::1" if network == "udp6" else "127.0.0.1")
            server = await host.net.listen_udp(network, local)
            client = await host.net.dial_udp(network, None, server.local_addr)
        else:
            async with host.net.listen(network, path) as ln:
                accepting = host.start(ln.accept)
                client = await host.net.dial(network, path)
                server = await accepting
        try:
            yield client, server
        finally:
            client.close()
            server.close()


def rights(*fds: int) -> bytes:
    """Control data that carry descriptors, made by hand for this machine."""
    data = b"".join(fd.to_bytes(4, "little") for fd in fds)
    before = socket.CMSG_LEN(0)
    header = (before + len(data)).to_bytes(8, "little")
    header += socket.SOL_SOCKET.to_bytes(4, "little") + socket.SCM_RIGHTS.to_bytes(4, "little")
    return (header + data).ljust(socket.CMSG_SPACE(len(data)), b"\0")


def numbers(oob: bytes) -> list[int]:
    """The descriptors in what `rights` makes."""
    length = int.from_bytes(oob[:8], "little")
    return [int.from_bytes(oob[at : at + 4], "little") for at in range(socket.CMSG_LEN(0), length, 4)]


def same(one: int, other: int) -> bool:
    """Whether two descriptors are of one file."""
    return os.path.sameopenfile(one, other)


def closed_by_exec(fd: int) -> bool:
    return bool(fcntl.fcntl(fd, fcntl.F_GETFD) & fcntl.FD_CLOEXEC)


@contextmanager
def free_descriptors(count: int) -> Iterator[None]:
    """Inside, the process may open so many descriptors and no more."""
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    taken: list[int] = []
    lowest = max(int(name) for name in os.listdir("/proc/self/fd")) + 1
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest + 8, limit[1]))
    try:
        while True:
            try:
                taken.append(os.dup(0))
            except OSError as err:
                if err.errno != errno.EMFILE:
                    raise
                break
        for _ in range(count):
            os.close(taken.pop())
        yield
    finally:
        for descriptor in taken:
            os.close(descriptor)
        resource.setrlimit(resource.RLIMIT_NOFILE, limit)
