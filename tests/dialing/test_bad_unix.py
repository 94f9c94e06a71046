"""Unix socket names that cannot be dialed or listened at."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

import dialnet as net
from tests import hosts

ROOT = Path(__file__).parents[2]


def test_missing(host_name: str, tmp_path: Path) -> None:
    async def body(host: hosts.Host) -> None:
        path = tmp_path / "nobody"
        for network in ("unix", "unixgram", "unixpacket"):
            with pytest.raises(FileNotFoundError) as caught:
                await host.net.dial(network, str(path))
            assert str(caught.value) == f"dial {network} {path}: connect: {os.strerror(errno.ENOENT)}"
            assert caught.value.addr == net.UnixAddr(path, network)
            with pytest.raises(ConnectionRefusedError) as refused:
                await host.net.dial(network, f"@{path}")
            assert str(refused.value).endswith(f" @{path}: connect: {os.strerror(errno.ECONNREFUSED)}")
        with pytest.raises(NotADirectoryError):
            await host.net.dial("unix", os.path.join(__file__, "x"))
        with pytest.raises(FileNotFoundError) as caught:
            await host.net.listen("unix", str(path / "deeper"))
        assert str(caught.value) == f"listen unix {path}/deeper: bind: {os.strerror(errno.ENOENT)}"

    hosts.run(host_name, body)


def test_left_behind(host_name: str, tmp_path: Path) -> None:
    """A file whose listener is gone, and a socket of another kind."""

    async def body(host: hosts.Host) -> None:
        path = str(tmp_path / "stale")
        ln = await host.net.listen("unix", path)
        ln.set_unlink_on_close(False)
        with pytest.raises(OSError) as caught:
            await host.net.dial("unixgram", path)
        assert caught.value.errno == errno.EPROTOTYPE
        ln.close()
        with pytest.raises(ConnectionRefusedError):
            await host.net.dial("unix", path)
        os.unlink(path)

    hosts.run(host_name, body)


def test_length(host_name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """107 bytes of path, 108 of an abstract name with its `@`; what is longer is EINVAL, as the kernel's."""
    monkeypatch.chdir(tmp_path)

    async def body(host: hosts.Host) -> None:
        abstract = f"@{os.getpid()}-".ljust(108, "p")
        for longest in ("p" * 107, "é" * 53 + "p", abstract):
            async with host.net.listen("unix", longest) as ln:
                assert str(ln.addr) == longest
                accepting = host.start(ln.accept)
                async with host.net.dial("unix", longest) as conn:
                    assert str(conn.remote_addr) == longest
                    (await accepting).close()
        for too_long in ("p" * 108, "é" * 54, abstract + "p", "p" * 100_000):
            for call, op in ((host.net.dial, "dial"), (host.net.listen, "listen")):
                with pytest.raises(OSError) as caught:
                    await call("unix", too_long)
                assert caught.value.errno == errno.EINVAL
                assert str(caught.value).startswith(f"{op} unix {too_long}: ")
                assert str(caught.value).endswith(os.strerror(errno.EINVAL))
        local = net.UnixAddr("x" * 108, "unixgram")
        with pytest.raises(OSError) as caught:
            await host.net.dial_unix("unixgram", local, net.UnixAddr("y", "unixgram"))
        assert caught.value.errno == errno.EINVAL

    hosts.run(host_name, body)


def test_strange_names(host_name: str, tmp_path: Path) -> None:
    async def body(host: hosts.Host) -> None:
        for path in (f"{tmp_path}/a\0b", f"{tmp_path}/\0"):
            for call in (host.net.dial, host.net.listen):
                with pytest.raises(net.InvalidAddrError, match="NUL byte in unix socket path"):
                    await call("unix", path)
        assert os.listdir(tmp_path) == []
        for call in (host.net.dial, host.net.listen):
            with pytest.raises(net.InvalidAddrError, match="cannot be encoded"):
                await call("unix", "\ud800")
        # Bytes that are no text are a name like any other.
        name = os.fsdecode(os.fsencode(tmp_path) + b"/\xff\n ")
        async with host.net.listen("unix", name) as ln:
            assert os.listdir(os.fsencode(tmp_path)) == [b"\xff\n "]
            assert ln.addr.name == name
            accepting = host.start(ln.accept)
            (await host.net.dial("unix", name)).close()
            (await accepting).close()
        # An abstract name may have a NUL in it, if not be read back with it (Go's rule).
        name = f"@{os.getpid()}\0x"
        async with host.net.listen("unix", name) as ln:
            accepting = host.start(ln.accept)
            (await host.net.dial("unix", name)).close()
            (await accepting).close()
            with pytest.raises(ConnectionRefusedError):
                await host.net.dial("unix", f"@{os.getpid()}")

    hosts.run(host_name, body)


@pytest.mark.skipif(sys.platform == "win32", reason="permissions of other kinds")
def test_permission(host_name: str, tmp_path: Path) -> None:
    """What the file system forbids, as an ordinary user sees it."""
    found = subprocess.run(
        [sys.executable, "-W", "error", "-m", "tests.dialing.unprivileged", host_name, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=hosts.PATIENCE,
    )
    tmp_path.chmod(0o700)
    assert found.returncode == 0, found.stderr
    assert found.stdout == "refused\n"
