"""`Conn.makefile`: `socket.makefile`'s modes and buffers, on a connection that stays its owner's."""

from __future__ import annotations

import gc
import io
import sys
import threading

import pytest

import dialnet as net
from tests.files.support import Scripted, pair


@pytest.fixture(params=["tcp", "unix"])
def network(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_reading(network: str) -> None:
    with pair(network) as (conn, peer):
        peer.write(b"one\ntwo\nthree four\nfive")
        peer.close_write()
        with conn.makefile("rb") as file:
            assert (file.readable(), file.writable(), file.seekable()) == (True, False, False)
            assert file.fileno() == conn.fileno()
            assert file.readline() == b"one\n"
            assert file.readline(2) == b"tw"
            assert file.readline(0) == b""
            assert file.readline() == b"o\n"
            assert file.peek()[:5] == b"three"
            assert file.read(6) == b"three "
            assert file.read(0) == b""
            buffer = bytearray(4)
            assert file.readinto(buffer) == 4
            assert buffer == b"four"
            assert file.read1(1) == b"\n"
            assert file.read1() == b"five"
            assert file.read() == file.read(5) == file.readline() == file.read1() == file.peek() == b""
            assert file.readinto(buffer) == 0
        assert file.closed
        assert not conn.closed


def test_exactly_what_is_asked_for(network: str) -> None:
    """`read(n)` waits for n bytes, `read1` for none that are there."""
    with pair(network) as (conn, peer):
        file = conn.makefile("rb")
        peer.write(b"abc")
        assert file.read1(100) == b"abc"
        peer.write(b"abc")
        writer = threading.Timer(0.05, peer.write, [b"defg"])
        writer.start()
        assert file.read(6) == b"abcdef"
        assert file.read1() == b"g"
        writer.join()


def test_iteration(network: str) -> None:
    lines = [b"a\n", b"\n", b"b" * 100_000 + b"\n", b"no end"]
    with pair(network) as (conn, peer):
        writer = threading.Thread(target=lambda: (peer.writelines(lines), peer.close()))
        writer.start()
        assert list(conn.makefile("rb")) == lines
        writer.join()
    for pieces in ([b"a\nb\n", b"c"], [b"a", b"\n", b"b\n", b"c"]):
        assert Scripted(pieces).makefile("rb").readlines() == [b"a\n", b"b\n", b"c"]
        assert list(Scripted(pieces).makefile("r", encoding="ascii")) == ["a\n", "b\n", "c"]


def test_writing(network: str) -> None:
    with pair(network) as (conn, peer):
        file = conn.makefile("wb")
        assert (file.readable(), file.writable()) == (False, True)
        assert file.write(b"held ") == 5
        file.writelines([b"back ", memoryview(b"until ")])
        file.write(b"the flush")
        peer.set_read_deadline(0.0)
        file.flush()
        peer.set_read_deadline(None)
        assert peer.read(100) == b"held back until the flush"
        file.write(b"or the close")
        file.close()
        assert peer.read(100) == b"or the close"
        with pytest.raises(ValueError, match="closed"):
            file.write(b"more")
        with pytest.raises(OSError):
            conn.makefile("wb").read()
        with pytest.raises(OSError):
            conn.makefile("rb").write(b"x")


def test_both_ways(network: str) -> None:
    for mode in ("rwb", "rb w".replace(" ", ""), "brw"):
        with pair(network) as (conn, peer), conn.makefile(mode) as file:
            assert (file.readable(), file.writable()) == (True, True)
            file.write(b"question\n")
            file.flush()
            assert peer.read(100) == b"question\n"
            peer.write(b"answer\nand more\n")
            assert file.readline() == b"answer\n"
            assert next(file) == b"and more\n"


def test_buffering(network: str) -> None:
    """0: every call is one on the connection. 1, for text: every line goes at once."""
    with pair(network) as (conn, peer):
        file = conn.makefile("rwb", 0)
        assert isinstance(file, io.RawIOBase)
        assert file.write(b"at once") == 7
        assert peer.read(100) == b"at once"
        peer.write(b"abcdef")
        assert file.read(2) == b"ab"
        # Nothing was taken that was not asked for.
        assert conn.read(2) == b"cd"
        assert file.readline(2) == b"ef"
        file.close()
        text = conn.makefile("w", 1, encoding="utf-8")
        text.write("a line\n")
        assert peer.read(100) == b"a line\n"
        text.write("no line")
        text.flush()
        assert peer.read(100) == b"no line"
        small = conn.makefile("wb", 4)
        small.write(b"12345678")
        assert peer.read(100).startswith(b"1234")
        small.close()
        for buffering in (None, -1, 100):
            assert conn.makefile("rb", buffering).readable()


def test_unbuffered_one_way() -> None:
    """A file that was opened to be read is not written to, nor the other way round."""
    conn = Scripted([b"x"])
    for mode, call in (
        ("rb", lambda file: file.write(b"x")),
        ("wb", lambda file: file.read(1)),
        ("wb", lambda file: file.readinto(bytearray(1))),
    ):
        with pytest.raises(OSError):
            call(conn.makefile(mode, 0))
    assert conn.written == b""


def test_bad_modes() -> None:
    conn = Scripted()
    for mode in ("a", "rx", "r+", "x", "rt"):
        with pytest.raises(ValueError, match=r"invalid mode .*only r, w, b allowed"):
            conn.makefile(mode)
    for mode in ("r", "w", "rw"):
        with pytest.raises(ValueError, match="unbuffered streams must be binary"):
            conn.makefile(mode, 0)
    with pytest.raises(LookupError):
        conn.makefile("r", encoding="no-such")
    with pytest.raises(ValueError, match="newline"):
        conn.makefile("r", newline="x")


def test_it_does_not_own_the_connection(network: str) -> None:
    with pair(network) as (conn, peer):
        for mode, buffering in (("rb", None), ("wb", None), ("rwb", None), ("r", None), ("w", 1), ("rwb", 0)):
            encoding = None if "b" in mode else "utf-8"
            file = conn.makefile(mode, buffering, encoding=encoding)
            file.close()
            file.close()
            assert file.closed
            with conn.makefile(mode, buffering, encoding=encoding):
                pass
            # Forgotten, not closed.
            conn.makefile(mode, buffering, encoding=encoding)
        gc.collect()
        conn.write(b"still open")
        assert peer.read(100) == b"still open"


def test_after_its_close() -> None:
    """A closed file gives nothing, even of what it had."""
    for mode in ("rb", "rwb", "r"):
        file = Scripted([b"abc\ndef\n"]).makefile(mode, encoding=None if "b" in mode else "utf-8")
        file.readline()
        file.close()
        calls = [lambda file=file: file.read(2), lambda file=file: file.readline()]
        if "b" in mode:
            calls += [
                lambda file=file: file.read1(2),
                lambda file=file: file.peek(),
                lambda file=file: file.readinto(bytearray(2)),
            ]
        for call in calls:
            with pytest.raises(ValueError, match="closed"):
                call()


def test_on_a_closed_connection(network: str) -> None:
    with pair(network) as (conn, _):
        reading, writing = conn.makefile("rb"), conn.makefile("wb")
        writing.write(b"never sent")
        conn.close()
        with pytest.raises(net.ClosedError):
            reading.read(1)
        for call in (writing.flush, writing.close):
            with pytest.raises(net.ClosedError):
                call()
        assert writing.closed
        assert conn.makefile("rb").fileno() == -1


def test_close_wakes_the_reader(network: str) -> None:
    with pair(network) as (conn, _):
        closer = threading.Timer(0.05, conn.close)
        closer.start()
        with pytest.raises(net.ClosedError):
            conn.makefile("r", encoding="utf-8").readline()
        closer.join()


def test_messages() -> None:
    """Of messages, each is a piece of the stream."""
    with pair("unixpacket") as (conn, peer):
        file = conn.makefile("rb")
        peer.write(b"one mes")
        peer.write(b"sage\nand")
        assert file.readline() == b"one message\n"
        peer.close()
        assert file.read() == b"and"


@pytest.mark.parametrize("mode", ["r", "w", "rw", "rb", "wb", "rwb"])
def test_forgotten_in_a_cycle(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The collector ends its parts in any order: that is nothing to complain of."""
    complaints: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", complaints.append)
    for _ in range(3):
        file = Scripted([b"abc\n"]).makefile(mode, encoding=None if "b" in mode else "utf-8")
        cycle: list[object] = [file]
        cycle.append(cycle)
        del file, cycle
        gc.collect()
    assert [str(complaint) for complaint in complaints] == []


def test_what_is_underneath_is_closed_first() -> None:
    for mode in ("r", "w", "rw"):
        file = Scripted().makefile(mode, encoding="utf-8")
        file.buffer.close()
        file.close()
        assert file.closed
