"""Every kind of connection the conformance checks run over; a new kind joins by one line in `KINDS`."""

from __future__ import annotations

import os
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from dialnet import IPAddr, UDPAddr, UnixAddr
from tests.certificates import NAME, client_context, server_context
from tests.hosts import Host
from tests.rawip.network import ONE, TWO, need_raw, own_network

Pair = Callable[[Host], Any]


@dataclass(frozen=True)
class Kind:
    """How to make a connected pair, and what holds for it."""

    name: str
    pair: Pair
    stream: bool = True  # bytes, no messages
    ends: bool = True  # the peer's close is the end of the stream
    half_close: bool = True
    reliable: bool = True  # writing waits for the reader
    buffered: bool = True  # writing need not wait for the reader
    socket: bool = True  # there is a descriptor
    sized: bool = True  # its buffers have a size that can be set
    close_read: bool = True  # reading can be ended alone, where half closing can be had
    revives: bool = True  # a write that failed halfway is no obstacle to the next
    gathers: bool = True  # `writelines` is a call of its own kind
    closed_text: str = "use of closed network connection"


@asynccontextmanager
async def accepted(host: Host, network: str, address: str) -> AsyncIterator[tuple[Any, Any]]:
    """The dialing and the accepting end of one connection."""
    async with host.net.listen(network, address) as ln:
        accepting = host.start(ln.accept)
        client = await host.net.dial(network, str(ln.addr))
        server = await accepting
    try:
        yield client, server
    finally:
        client.close()
        server.close()


def stream(network: str, address: str) -> Pair:
    return lambda host: accepted(host, network, address)


def in_a_file(network: str) -> Pair:
    @asynccontextmanager
    async def pair(host: Host) -> AsyncIterator[tuple[Any, Any]]:
        with tempfile.TemporaryDirectory() as folder:
            async with accepted(host, network, os.path.join(folder, "s")) as ends:
                yield ends

    return pair


def udp(host_ip: str) -> Pair:
    @asynccontextmanager
    async def pair(host: Host) -> AsyncIterator[tuple[Any, Any]]:
        async with host.net.listen_udp("udp", UDPAddr(host_ip)) as first:
            here = first.local_addr
            client = await host.net.dial_udp("udp", None, here)
        server = await host.net.dial_udp("udp", here, client.local_addr)
        try:
            yield client, server
        finally:
            client.close()
            server.close()

    return pair


@asynccontextmanager
async def raw_ip6(host: Host) -> AsyncIterator[tuple[Any, Any]]:
    """Not over IPv4, where a read has the header in front."""
    need_raw()
    one, two = IPAddr(ONE), IPAddr(TWO)
    with own_network():
        client = await host.net.dial_ip("ip6:253", one, two)
        server = await host.net.dial_ip("ip6:253", two, one)
    try:
        yield client, server
    finally:
        client.close()
        server.close()


@asynccontextmanager
async def unixgram(host: Host) -> AsyncIterator[tuple[Any, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        one, two = (UnixAddr(os.path.join(folder, name), "unixgram") for name in ("1", "2"))
        async with host.net.listen_unixgram("unixgram", two):
            client = await host.net.dial_unix("unixgram", one, two)
        os.unlink(two.name)
        # The socket the client is connected to is gone. It learns of that by a failed send, and can then be
        # connected anew, once the other end is connected to it.
        with client.file() as again:
            with pytest.raises(ConnectionRefusedError):
                again.send(b"")
            server = await host.net.dial_unix("unixgram", two, one)
            again.connect(two.name)
        try:
            yield client, server
        finally:
            client.close()
            server.close()


@asynccontextmanager
async def pipe(host: Host) -> AsyncIterator[tuple[Any, Any]]:
    one, two = host.pipe()
    try:
        yield one, two
    finally:
        one.close()
        two.close()


@asynccontextmanager
async def memory(host: Host) -> AsyncIterator[tuple[Any, Any]]:
    async with host.memory.listen("") as ln:
        client = await host.memory.dial(str(ln.addr))
        server = await ln.accept()
    try:
        yield client, server
    finally:
        client.close()
        server.close()


@asynccontextmanager
async def memory_packets(host: Host) -> AsyncIterator[tuple[Any, Any]]:
    async with host.memory.listen_packet("") as taken:
        name = str(taken.local_addr)
        client = await host.memory.dial_packet(name)
    server = await host.memory.dial_packet(str(client.local_addr), local_name=name)
    try:
        yield client, server
    finally:
        client.close()
        server.close()


def secured(below: Pair) -> Pair:
    """TLS over another kind."""

    @asynccontextmanager
    async def pair(host: Host) -> AsyncIterator[tuple[Any, Any]]:
        async with below(host) as (one, two):
            client = host.tls.client(one, client_context(), NAME)
            server = host.tls.server(two, server_context())
            shaking = host.start(server.handshake)
            await client.handshake()
            await shaking
            # What a server sends after its handshake is none of the conversation's, and of a pipe it would be
            # in the way until somebody reads.
            reading = host.start(client.read, 1)
            await server.write(b"x")
            assert await reading == b"x"
            try:
                yield client, server
            finally:
                # So that none waits for what the other will not read any more.
                one.close()
                two.close()
                client.close()
                server.close()

    return pair


def secured_kind(name: str, below: Pair, **differences: Any) -> Kind:
    return Kind(
        name,
        secured(below),
        socket=False,
        sized=False,
        close_read=False,
        revives=False,
        gathers=False,
        **differences,
    )


KINDS = [
    Kind("tcp4", stream("tcp4", "127.0.0.1:0")),
    Kind("tcp6", stream("tcp6", "[::1]:0")),
    Kind("tcp-dual", stream("tcp", ":0")),
    Kind("unix", in_a_file("unix")),
    Kind("unix-abstract", stream("unix", "")),
    Kind("unixpacket", in_a_file("unixpacket"), stream=False),
    Kind("udp4", udp("127.0.0.1"), stream=False, ends=False, half_close=False, reliable=False),
    Kind("udp6", udp("::1"), stream=False, ends=False, half_close=False, reliable=False),
    Kind("ip6", raw_ip6, stream=False, ends=False, half_close=False, reliable=False),
    Kind("unixgram", unixgram, stream=False, ends=False, half_close=False),
    Kind(
        "pipe",
        pipe,
        half_close=False,
        buffered=False,
        socket=False,
        closed_text="io: read/write on closed pipe",
    ),
    Kind("memory", memory, socket=False),
    secured_kind("tls-tcp", stream("tcp4", "127.0.0.1:0")),
    secured_kind("tls-unix", stream("unix", "")),
    secured_kind("tls-pipe", pipe, buffered=False, half_close=False),
    secured_kind("tls-memory", memory),
    secured_kind("tls-tls", secured(stream("tcp4", "127.0.0.1:0"))),
    Kind("memory-packet", memory_packets, stream=False, ends=False, half_close=False, socket=False),
]

__all__ = ["KINDS", "Kind"]
