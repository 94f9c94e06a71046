"""`peer_credentials`: who is at the other end."""

from __future__ import annotations

import errno
import os
import socket
import sys
from pathlib import Path

import pytest

import dialnet as net
from tests import hosts
from tests.messages.pairs import pair


@pytest.mark.parametrize("network", ["unix", "unixpacket"])
def test_of_both_ends(host_name: str, network: str) -> None:
    async def body(host: hosts.Host) -> None:
        async with pair(host, network) as (client, server):
            for conn in (client, server):
                who = conn.peer_credentials()
                assert isinstance(who, net.Credentials)
                assert (who.pid, who.uid, who.gid) == (os.getpid(), os.getuid(), os.getgid())
            server.close()
            # It is what it was when they were connected.
            assert client.peer_credentials().pid == os.getpid()
            with pytest.raises(net.ClosedError) as closed:
                server.peer_credentials()
            assert closed.value.op == "get"

    hosts.run(host_name, body)


def test_of_another_user(host_name: str, tmp_path: Path) -> None:
    """A child that is nobody; as root only."""
    if os.getuid() != 0:
        pytest.skip("takes root")

    async def body(host: hosts.Host) -> None:
        # Not in tmp_path, which nobody cannot enter.
        name = f"@dialnet-test-{os.getpid()}-{host.name}"
        async with host.net.listen("unix", name) as ln:
            code = (
                "import os, socket; os.setgid(12345); os.setuid(54321); s = socket.socket(socket.AF_UNIX)\n"
                f"s.connect(b'\\0' + {name[1:].encode()!r}); s.recv(1)"
            )
            child = os.spawnv(os.P_NOWAIT, sys.executable, [sys.executable, "-I", "-c", code])
            async with await ln.accept() as conn:
                assert conn.peer_credentials() == net.Credentials(child, 54321, 12345)
            assert os.waitpid(child, 0)[1] == 0

    hosts.run(host_name, body)


def test_of_none(host_name: str, tmp_path: Path) -> None:
    """Datagram sockets have no such peer."""

    async def body(host: hosts.Host) -> None:
        async with host.net.listen_packet("unixgram", str(tmp_path / "s")) as gram:
            async with host.net.dial("unixgram", str(tmp_path / "s")) as dialed:
                for conn in (gram, dialed):
                    with pytest.raises(OSError) as caught:
                        conn.peer_credentials()
                    assert isinstance(caught.value, net.OpError)
                    assert caught.value.errno == errno.ENOTCONN
                    assert str(caught.value).startswith("get unixgram ")
                    assert "getsockopt" in str(caught.value)

    hosts.run(host_name, body)


def test_of_a_pair() -> None:
    one, two = socket.socketpair()
    with one, two, net.file_conn(one) as conn:
        assert isinstance(conn, net.UnixConn)
        assert conn.peer_credentials() == (os.getpid(), os.getuid(), os.getgid())
