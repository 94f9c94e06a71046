"""A connection of the thread face is a raw file: what reads and writes files works on it."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import pickle
import select
import shutil
import tarfile
import threading
from collections.abc import Callable
from typing import Any

import pytest

import dialnet as net
from tests.files.support import pair


@pytest.fixture(params=["tcp", "unix"])
def network(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def sent(peer: net.Conn, data: bytes) -> threading.Thread:
    """Write all of it and end, beside what reads it."""

    def write() -> None:
        peer.write(data)
        peer.close()

    thread = threading.Thread(target=write)
    thread.start()
    return thread


def test_what_it_is(network: str) -> None:
    with pair(network) as (conn, _):
        assert isinstance(conn, io.RawIOBase)
        assert isinstance(conn, io.IOBase)
        assert isinstance(conn, net.Conn)
        assert (conn.readable(), conn.writable(), conn.seekable(), conn.isatty()) == (
            True,
            True,
            False,
            False,
        )
        assert conn.closed is False
        conn.flush()
        for call in (lambda: conn.seek(0), conn.tell, lambda: conn.truncate(0)):
            with pytest.raises(io.UnsupportedOperation):
                call()
        assert select.select([], [conn], [], 0)[1] == [conn]


def test_raw_file_methods(network: str) -> None:
    with pair(network) as (conn, peer):
        peer.write(b"one\ntwo\nthree")
        assert conn.readline() == b"one\n"
        assert conn.readline(2) == b"tw"
        assert next(conn) == b"o\n"
        peer.close()
        assert conn.readall() == b"three"
        assert conn.readlines() == []
        assert list(conn) == []
        assert conn.read(None) == b""


def test_closed(network: str) -> None:
    with pair(network) as (conn, _):
        conn.close()
        assert conn.closed
        with pytest.raises(net.ClosedError):
            conn.readline()
        with pytest.raises(net.ClosedError):
            conn.readall()
        with pytest.raises(net.ClosedError):
            shutil.copyfileobj(conn, io.BytesIO())


def test_buffered_reader(network: str) -> None:
    """`io`'s own owns what it is given, as always."""
    with pair(network) as (conn, peer):
        thread = sent(peer, b"a\n" + b"b" * 100_000 + b"\nrest")
        with io.BufferedReader(conn) as file:
            assert file.readline() == b"a\n"
            assert file.readline() == b"b" * 100_000 + b"\n"
            assert file.peek()[:4] == b"rest"
            assert file.read() == b"rest"
        assert conn.closed
        thread.join()


def test_buffered_pair_and_text(network: str) -> None:
    with pair(network) as (conn, peer):
        file = io.BufferedRWPair(conn, conn)
        file.write(b"hello")
        file.flush()
        assert peer.read(10) == b"hello"
        text = io.TextIOWrapper(io.BufferedReader(peer), encoding="utf-8", newline="\n")
        conn.write("größer\n".encode())
        assert text.readline() == "größer\n"
        text.detach().detach()
        assert not peer.closed
        writer = io.BufferedWriter(peer)
        writer.write(b"x" * 20_000)
        writer.flush()
        assert len(conn.read(1 << 20)) > 0
        writer.detach()


def test_copyfileobj(network: str) -> None:
    data = os.urandom(3 << 20)
    with pair(network) as (conn, peer):
        thread = sent(peer, data)
        into = io.BytesIO()
        shutil.copyfileobj(conn, into)
        assert into.getvalue() == data
        thread.join()
    with pair(network) as (conn, peer):
        got: list[bytes] = []
        thread = threading.Thread(target=lambda: got.append(peer.read()))
        thread.start()
        shutil.copyfileobj(io.BytesIO(data), conn)
        conn.close()
        thread.join()
        assert got == [data]


def tar_of(data: bytes) -> bytes:
    into = io.BytesIO()
    with tarfile.open(fileobj=into, mode="w") as tar:
        info = tarfile.TarInfo("name")
        info.size = len(data)
        tar.addfile(info, io.BytesIO(data))
    return into.getvalue()


def from_tar(conn: net.Conn) -> bytes:
    with tarfile.open(fileobj=conn, mode="r|") as tar:
        member = tar.next()
        assert member is not None
        found = tar.extractfile(member)
        assert found is not None
        return found.read()


BLOB = bytes(range(256)) * 1000

READERS: list[tuple[str, bytes, Callable[[net.Conn], Any], Any]] = [
    ("json", json.dumps({"a": [1, "½"]}).encode(), lambda conn: json.load(conn.makefile()), {"a": [1, "½"]}),
    ("json binary", b'{"b": 2}', json.load, {"b": 2}),
    ("csv", b"a,b\r\n1,2\r\n", lambda conn: [*csv.reader(conn.makefile(newline=""))], [[*"ab"], [*"12"]]),
    ("pickle", pickle.dumps([1, BLOB]), lambda conn: pickle.load(conn.makefile("rb")), [1, BLOB]),
    ("gzip", gzip.compress(BLOB), lambda conn: gzip.GzipFile(fileobj=conn.makefile("rb")).read(), BLOB),
    ("tar", tar_of(BLOB), from_tar, BLOB),
]  # fmt: skip


@pytest.mark.parametrize(("name", "data", "read", "expected"), READERS, ids=[name for name, *_ in READERS])
@pytest.mark.filterwarnings("ignore::EncodingWarning")
def test_readers_of_files(name: str, data: bytes, read: Callable[[net.Conn], Any], expected: Any) -> None:
    with pair("tcp") as (conn, peer):
        thread = sent(peer, data)
        assert read(conn) == expected
        thread.join()


def test_print_and_dump(network: str) -> None:
    with pair(network) as (conn, peer):
        with conn.makefile("w", encoding="utf-8", newline="\n") as file:
            print("a", "b", sep="-", file=file)
            json.dump({"c": 1}, file)
        assert peer.read(100) == b'a-b\n{"c": 1}'
        with conn.makefile("wb") as file:
            pickle.dump([1], file)
        with peer.makefile("rb") as file:
            assert pickle.load(file) == [1]
