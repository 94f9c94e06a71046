"""The file of a listening Unix socket: made by the listener, removed with it, and never anybody else's."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

import dialnet as net
from tests import hosts


def is_socket(path: Path) -> bool:
    return path.exists() and stat.S_ISSOCK(path.lstat().st_mode)


def test_goes_with_the_listener(host_name: str, tmp_path: Path) -> None:
    """Before the listener is closed, and exactly once."""

    async def body(host: hosts.Host) -> None:
        for network in ("unix", "unixpacket"):
            path = tmp_path / network
            ln = await host.net.listen(network, str(path))
            assert is_socket(path)
            assert ln.addr == net.UnixAddr(path, network)
            ln.close()
            assert not path.exists()
            path.write_text("somebody's")
            ln.close()
            assert path.read_text() == "somebody's"
            typed = await host.net.listen_unix(network, net.UnixAddr(f"{path}-typed", network))
            typed.close()
            assert os.listdir(tmp_path) == [network]
            path.unlink()

    hosts.run(host_name, body)


def test_unless_told_otherwise(host_name: str, tmp_path: Path) -> None:
    """A file that stays is in the next one's way: nothing is ever removed before a listen."""

    async def body(host: hosts.Host) -> None:
        path = tmp_path / "s"
        ln = await host.net.listen("unix", str(path))
        ln.set_unlink_on_close(False)
        ln.close()
        assert is_socket(path)
        with pytest.raises(OSError) as caught:
            await host.net.listen_packet("unixgram", str(path))
        assert caught.value.errno == errno.EADDRINUSE
        with pytest.raises(OSError) as caught:
            await host.net.listen("unix", str(path))
        assert str(caught.value) == f"listen unix {path}: bind: {os.strerror(errno.EADDRINUSE)}"
        assert caught.value.errno == errno.EADDRINUSE
        assert is_socket(path)
        path.unlink()
        ln = await host.net.listen("unix", str(path))
        ln.set_unlink_on_close(False)
        ln.set_unlink_on_close(True)
        ln.close()
        assert not path.exists()

    hosts.run(host_name, body)


def test_a_failed_listen_removes_nothing(host_name: str, tmp_path: Path) -> None:
    async def body(host: hosts.Host) -> None:
        path = tmp_path / "s"
        path.write_text("a file")
        for network in ("unix", "unixpacket"):
            with pytest.raises(OSError) as caught:
                await host.net.listen(network, str(path))
            assert caught.value.errno == errno.EADDRINUSE
        assert path.read_text() == "a file"
        async with host.net.listen("unix", f"{tmp_path}/other") as ln:
            with pytest.raises(OSError):
                await host.net.listen("unix", str(ln.addr))
            assert is_socket(tmp_path / "other")

    hosts.run(host_name, body)


def test_replaced(host_name: str, tmp_path: Path) -> None:
    """A new server that has taken the path over loses nothing by the old one's end."""

    async def body(host: hosts.Host) -> None:
        path = tmp_path / "s"
        old = await host.net.listen("unix", str(path))
        path.unlink()
        new = await host.net.listen("unix", str(path))
        old.close()
        assert is_socket(path)
        conn = await host.net.dial("unix", str(path))
        (await new.accept()).close()
        conn.close()
        path.unlink()
        path.write_text("a file")
        new.close()
        assert path.read_text() == "a file"
        # Gone already: there is nothing to complain of.
        path.unlink()
        ln = await host.net.listen("unix", str(path))
        path.unlink()
        ln.close()

    hosts.run(host_name, body)


def test_moved(host_name: str, tmp_path: Path) -> None:
    """Renamed, it is no longer at the path that the listener knows, and stays."""

    async def body(host: hosts.Host) -> None:
        ln = await host.net.listen("unix", f"{tmp_path}/a")
        os.rename(tmp_path / "a", tmp_path / "b")
        conn = await host.net.dial("unix", f"{tmp_path}/b")
        (await ln.accept()).close()
        conn.close()
        ln.close()
        assert is_socket(tmp_path / "b")

    hosts.run(host_name, body)


def test_relative(host_name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The path is the one it was when listening began, wherever the process has gone since."""
    (tmp_path / "elsewhere").mkdir()

    async def body(host: hosts.Host) -> None:
        monkeypatch.chdir(tmp_path)
        ln = await host.net.listen("unix", "s")
        assert str(ln.addr) == "s"
        monkeypatch.chdir(tmp_path / "elsewhere")
        Path("s").write_text("another")
        ln.close()
        assert not (tmp_path / "s").exists()
        assert Path("s").read_text() == "another"

    hosts.run(host_name, body)


def test_cannot_be_removed(host_name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Close says so, and has closed all the same."""

    async def body(host: hosts.Host) -> None:
        path = tmp_path / "s"
        ln = await host.net.listen("unix", str(path))

        def refuse(_: object) -> None:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

        with monkeypatch.context() as patch:
            patch.setattr(os, "unlink", refuse)
            with pytest.raises(PermissionError) as caught:
                ln.close()
        assert str(caught.value) == f"close unix {path}: unlink: {os.strerror(errno.EACCES)}"
        with pytest.raises(net.ClosedError):
            await ln.accept()
        ln.close()
        path.unlink()

    hosts.run(host_name, body)


def test_unixgram_stays(host_name: str, tmp_path: Path) -> None:
    """The file of a datagram socket is nobody's to remove but the caller's (Go's rule)."""

    async def body(host: hosts.Host) -> None:
        path = tmp_path / "s"
        async with host.net.listen_packet("unixgram", str(path)) as conn:
            assert conn.local_addr == net.UnixAddr(path, "unixgram")
        assert is_socket(path)
        with pytest.raises(OSError) as caught:
            await host.net.listen_unixgram("unixgram", net.UnixAddr(path, "unixgram"))
        assert caught.value.errno == errno.EADDRINUSE
        path.unlink()

    hosts.run(host_name, body)


def test_a_child_removes_nothing(tmp_path: Path) -> None:
    """The copy of the listener that a fork gives a child goes without the file."""
    path = tmp_path / "s"
    with net.listen("unix", str(path)) as ln:
        child = os.fork()
        if child == 0:
            try:
                ln.close()
            finally:
                os._exit(0 if ln.fileno() == -1 else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert is_socket(path)
        with net.dial("unix", str(path)) as conn, ln.accept() as peer:
            conn.write(b"parent")
            assert peer.read(10) == b"parent"
    assert not path.exists()
