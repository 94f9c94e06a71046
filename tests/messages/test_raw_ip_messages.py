"""Messages over raw IP, by an IPConn, which takes privileges."""

from __future__ import annotations

import socket
from typing import Any

import pytest

import dialnet as net
from tests import hosts

# For experiments (RFC 3692), so nobody answers.
PROTOCOL = 253


async def listening(host: hosts.Host, network: str, ip: str) -> Any:
    try:
        return await host.net.listen_ip(f"{network}:{PROTOCOL}", net.IPAddr(ip))
    except PermissionError:
        pytest.skip("raw sockets take privileges")


def test_messages(host_name: str) -> None:
    """A message comes with its IP header, which `read_from` takes off; a dialed one takes none (Go's
    rules)."""

    async def body(host: hosts.Host) -> None:
        for network, ip in (("ip4", "127.0.0.1"), ("ip6", "::1")):
            async with await listening(host, network, ip) as conn:
                here = net.IPAddr(ip)
                assert await conn.write_msg(b"data", b"", here) == 4
                message = await conn.read_msg(100, 0)
                header = 20 if network == "ip4" else 0
                assert message.data[header:] == b"data"
                assert len(message.data) == header + 4
                assert message.addr == here
                with pytest.raises(net.MissingAddressError):
                    await conn.write_msg(b"data", b"", None)
                with conn.file() as sock:
                    level = socket.IPPROTO_IP if network == "ip4" else socket.IPPROTO_IPV6
                    # IP_RECVTTL, IPV6_RECVHOPLIMIT
                    sock.setsockopt(level, 12 if network == "ip4" else 51, 1)
                await conn.write_msg(b"data", b"", here)
                (item,) = (await conn.read_msg(100, 100)).ancdata
                assert item[0] == level
                assert int.from_bytes(item[2], "little") == 64
                async with host.net.dial_ip(f"{network}:{PROTOCOL}", None, here) as dialed:
                    for addr in (None, here):
                        with pytest.raises(net.WriteToConnectedError):
                            await dialed.write_msg(b"data", b"", addr)

    hosts.run(host_name, body)
