"""A program that gives up root's rights and then tries to open raw sockets."""

from __future__ import annotations

import errno
import os
import sys

import pytest

import dialnet as net
from tests import hosts


async def body(host: hosts.Host) -> None:
    # Whatever is loaded at the first use is loaded while its files can be read.
    (await host.net.dial("udp", "127.0.0.1:1")).close()
    (await host.net.listen_packet("udp", "127.0.0.1:0")).close()
    with pytest.raises(net.UnknownNetworkError):
        await host.net.dial("ip4", "127.0.0.1")
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
    why = os.strerror(errno.EPERM)
    loopback = net.IPAddr("127.0.0.1")
    for call, text in (
        (lambda: host.net.dial("ip4:icmp", "127.0.0.1"), f"dial ip4:icmp 127.0.0.1: socket: {why}"),
        (lambda: host.net.dial_ip("ip:253", None, loopback), f"dial ip:253 127.0.0.1: socket: {why}"),
        (lambda: host.net.listen_packet("ip6:58", "::1"), f"listen ip6:58 ::1: socket: {why}"),
        (lambda: host.net.listen_ip("ip4:1", loopback), f"listen ip4:1 127.0.0.1: socket: {why}"),
    ):
        with pytest.raises(PermissionError) as caught:
            await call()
        assert str(caught.value) == text
        assert caught.value.errno == errno.EPERM
        assert isinstance(caught.value, net.OpError)


if __name__ == "__main__":
    hosts.run(sys.argv[1], body)
    print("refused")
