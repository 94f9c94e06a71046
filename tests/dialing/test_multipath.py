"""Multipath TCP: who asks for it, who has it, and that nobody notices where there is none."""

from __future__ import annotations

import socket
from typing import Any

import pytest

import dialnet as net
from dialnet import system
from tests import hosts


def kernel_has_it() -> bool:
    try:
        socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262).close()
    except OSError:
        return False
    return True


needs_it = pytest.mark.skipif(
    not kernel_has_it(), reason="this kernel has no Multipath TCP, or not switched on"
)


async def in_use(host: hosts.Host, listens: bool | None, dials: bool | None, address: str) -> Any:
    config, dialer = host.net.ListenConfig(multipath_tcp=listens), host.net.Dialer(multipath_tcp=dials)
    async with config.listen("tcp", address) as ln:
        async with dialer.dial("tcp", str(ln.addr)) as conn:
            async with await ln.accept() as peer:
                await conn.write(b"both ways")
                assert await peer.read(100) == b"both ways"
                await peer.write(b"and back")
                assert await conn.read(100) == b"and back"
                both = conn.multipath_tcp(), peer.multipath_tcp()
            assert not peer.multipath_tcp()
        assert not conn.multipath_tcp()
    assert both[0] == both[1]
    return both[0]


@needs_it
@pytest.mark.parametrize("address", ["127.0.0.1:0", "[::1]:0", ":0"])
def test_both_must_want_it(host_name: str, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A dialer has to be asked, a listener is willing unless it is told otherwise."""
    monkeypatch.delenv("DIALNETDEBUG", raising=False)

    async def body(host: hosts.Host) -> None:
        for listens in (None, True, False):
            for dials in (None, True, False):
                expected = listens is not False and dials is True
                assert await in_use(host, listens, dials, address) == expected

    hosts.run(host_name, body)


@needs_it
@pytest.mark.parametrize(
    ("setting", "dials", "listens"),
    [("0", False, False), ("1", True, True), ("2", False, True), ("3", True, False)],
)
def test_by_setting(
    host_name: str, setting: str, dials: bool, listens: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIALNETDEBUG", f"multipathtcp={setting}")

    async def body(host: hosts.Host) -> None:
        assert await in_use(host, None, True, "127.0.0.1:0") == listens
        assert await in_use(host, True, None, "127.0.0.1:0") == dials
        # What the code says counts for more.
        assert await in_use(host, True, True, "127.0.0.1:0")
        assert not await in_use(host, False, False, "127.0.0.1:0")

    hosts.run(host_name, body)


def test_quiet_without_it(host_name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """On another system, and on a kernel that does not know the protocol."""

    async def body(host: hosts.Host) -> None:
        # 251 is a protocol that no kernel has.
        for protocol in (None, 251):
            monkeypatch.setattr(system, "MULTIPATH_TCP", protocol)
            assert not await in_use(host, True, True, "127.0.0.1:0")

    hosts.run(host_name, body)


def test_other_networks(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        dialer, config = host.net.Dialer(multipath_tcp=True), host.net.ListenConfig(multipath_tcp=True)
        async with await config.listen_packet("udp", "127.0.0.1:0") as server:
            async with dialer.dial("udp", str(server.local_addr)) as conn:
                await conn.write(b"datagram")
                assert (await server.read_from())[0] == b"datagram"

    hosts.run(host_name, body)


def test_bad_values() -> None:
    for value in (1, "yes", 0.5):
        with pytest.raises(TypeError):
            net.Dialer(multipath_tcp=value)  # type: ignore[arg-type]
        with pytest.raises(TypeError):
            net.ListenConfig(multipath_tcp=value)  # type: ignore[arg-type]
