"""A deadline in the middle of a file's call: nothing is lost, nothing goes twice."""

from __future__ import annotations

import os
import threading
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dialnet as net
from tests.files.support import LATER, Scripted, pair, soon


def test_a_deadline_in_a_line() -> None:
    """Over a real connection: half a line, a deadline, the other half."""
    for network in ("tcp", "unix"):
        for mode in ("rb", "r"):
            with pair(network) as (conn, peer):
                file = conn.makefile(mode, encoding=None if mode == "rb" else "utf-8")
                for _ in range(2):
                    peer.write("half ½".encode()[:-1])
                    conn.set_read_deadline(soon())
                    with pytest.raises(net.DeadlineExceededError) as caught:
                        file.readline()
                    assert caught.value.timeout
                    conn.set_read_deadline(None)
                    peer.write("½\nnext\n".encode()[1:])
                    line = file.readline()
                    assert (line if mode == "r" else line.decode()) == "half ½\n"
                    assert next(file) in ("next\n", b"next\n")


def test_a_deadline_in_a_read() -> None:
    with pair("tcp") as (conn, peer):
        file = conn.makefile("rb")
        for read in (lambda: file.read(6), lambda: (buffer := bytearray(6), file.readinto(buffer))[0]):
            peer.write(b"abc")
            conn.set_read_deadline(soon())
            with pytest.raises(net.DeadlineExceededError):
                read()
            conn.set_read_deadline(None)
            peer.write(b"def")
            assert read() == b"abcdef"
        peer.write(b"to the ")
        conn.set_read_deadline(soon())
        with pytest.raises(net.DeadlineExceededError):
            file.read()
        conn.set_read_deadline(None)
        peer.write(b"end")
        peer.close()
        assert file.read() == b"to the end"


# Writing.


class Sink:
    """Reads an end to its end, in a thread."""

    def __init__(self, end: net.Conn) -> None:
        self.got = b""
        self._thread = threading.Thread(target=self._read, args=(end,))
        self._thread.start()

    def _read(self, end: net.Conn) -> None:
        self.got = end.read()

    def all(self) -> bytes:
        self._thread.join()
        return self.got


def test_a_deadline_in_a_flush() -> None:
    """More is buffered than the connection takes. Flushed again, the rest goes, and that alone."""
    data = os.urandom(4 << 20)
    for network in ("tcp", "unix"):
        for mode in ("wb", "rwb", "w"):
            with pair(network) as (conn, peer):
                encoding = None if "b" in mode else "latin-1"
                file = conn.makefile(mode, 8 << 20, encoding=encoding, newline=None if "b" in mode else "")
                file.write(data if "b" in mode else data.decode("latin-1"))
                for _ in range(2):
                    conn.set_write_deadline(soon())
                    with pytest.raises(net.DeadlineExceededError) as caught:
                        file.flush()
                    assert caught.value.op == "write"
                conn.set_write_deadline(LATER)
                sink = Sink(peer)
                file.flush()
                file.flush()
                file.write("end" if mode == "w" else b"end")
                file.close()
                conn.close()
                assert sink.all() == data + b"end"


def test_a_deadline_in_the_writes() -> None:
    """What a write took arrives, also if a later one fails; the one that failed may be made again."""
    for mode in ("wb", "rwb", "w"):
        with pair() as (conn, peer):
            conn.set_write_buffer(4096)
            file = conn.makefile(mode, encoding=None if "b" in mode else "ascii")
            conn.set_write_deadline(soon())
            number = 0
            with pytest.raises(net.DeadlineExceededError):
                while True:
                    line = f"{number:09}\n"
                    file.write(line if mode == "w" else line.encode())
                    number += 1
            conn.set_write_deadline(LATER)
            sink = Sink(peer)
            file.write(line if mode == "w" else line.encode())
            file.close()
            conn.close()
            assert sink.all().decode() == "".join(f"{n:09}\n" for n in range(number + 1))


def test_a_deadline_in_a_large_write() -> None:
    """Larger than the buffer, it goes in part. Made again until it ends, it goes once."""
    data = os.urandom(4 << 20)
    for mode in ("wb", "rwb", "w"):
        with pair("tcp") as (conn, peer):
            encoding = None if "b" in mode else "latin-1"
            file = conn.makefile(mode, encoding=encoding, newline=None if "b" in mode else "")
            conn.set_write_deadline(soon())
            text = data if "b" in mode else data.decode("latin-1")
            sink: Sink | None = None
            while True:
                try:
                    file.write(text)
                    break
                except net.DeadlineExceededError:
                    conn.set_write_deadline(LATER)
                    sink = sink or Sink(peer)
            conn.set_write_deadline(LATER)
            sink = sink or Sink(peer)
            file.close()
            conn.close()
            assert sink.all() == data


def again(call: Any, *arguments: Any) -> None:
    """Make a call until no deadline ends it."""
    for _ in range(20):
        try:
            call(*arguments)
        except net.DeadlineExceededError:
            continue
        return
    raise AssertionError("it never ended")


@settings(deadline=None)
@given(
    pieces=st.lists(st.text("abc\n", max_size=12), max_size=12),
    limits=st.lists(st.integers(0, 8), max_size=12),
    size=st.integers(2, 20),
    mode=st.sampled_from(["wb", "rwb", "w", "rw"]),
    flushes=st.booleans(),
)
def test_deadlines_in_writes(
    pieces: list[str], limits: list[int], size: int, mode: str, flushes: bool
) -> None:
    """Whatever the connection takes at a time, the bytes go once, and in order."""
    conn = Scripted(limits=limits)
    encoding = None if "b" in mode else "ascii"
    file = conn.makefile(mode, size, encoding=encoding, newline=None if encoding is None else "")
    for piece in pieces:
        again(file.write, piece.encode() if encoding is None else piece)
        if flushes:
            again(file.flush)
            assert conn.written.endswith(piece.encode())
    again(file.flush)
    assert conn.written.decode() == "".join(pieces)
    file.close()
