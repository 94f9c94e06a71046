"""`Watched` in several threads and in forked children: one at a time looks, and nobody waits for it."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dialnet.resolve.config.watched import Watched

# How long anything that must end may take on a loaded machine.
PATIENCE = 30.0
# Long enough ago for a file's time to tell one content from the next.
AGO = 1_000_000_000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "file"


def put(path: Path, content: bytes, when: int = AGO) -> None:
    path.write_bytes(content)
    os.utime(path, (when, when))


def in_thread(call: Callable[[], Any], expected: Any) -> None:
    """`call()` in another thread must end, with this."""
    got: list[Any] = []
    thread = threading.Thread(target=lambda: got.append(call()), daemon=True)
    thread.start()
    thread.join(PATIENCE)
    assert got == [expected]


def test_a_parser_that_fails_does_not_block_the_next_look(path: Path) -> None:
    put(path, b"one\n")
    fail = True

    def parse(content: bytes | OSError) -> bytes | OSError:
        if fail:
            raise MemoryError
        return content

    file = Watched(str(path), parse, limit=1000)
    with pytest.raises(MemoryError):
        file.get(0.0)
    fail = False
    assert file.get(0.0) == b"one\n"
    put(path, b"two\n", AGO + 1)
    fail = True
    with pytest.raises(MemoryError):
        file.get(5.0)
    fail = False
    in_thread(lambda: file.get(5.0), b"two\n")


class Slow:
    """A parser that stops at the content `at` until it is let go."""

    def __init__(self, at: bytes) -> None:
        self.at = at
        self.count = 0
        self.inside = threading.Event()
        self.go = threading.Event()

    def __call__(self, content: bytes | OSError) -> bytes | OSError:
        self.count += 1
        if content == self.at:
            self.inside.set()
            assert self.go.wait(PATIENCE)
        return content


@pytest.fixture
def slow() -> Iterator[Slow]:
    made = Slow(b"two\n")
    yield made
    made.go.set()


def test_one_looks_and_the_others_take_what_is_there(path: Path, slow: Slow) -> None:
    put(path, b"one\n")
    file = Watched(str(path), slow, limit=1000)
    file.get(0.0)
    put(path, b"two\n", AGO + 1)
    looking = threading.Thread(target=file.get, args=(5.0,))
    looking.start()
    assert slow.inside.wait(PATIENCE)
    for _ in range(5):
        in_thread(lambda: file.get(6.0), b"one\n")
    assert file.get(7.0) == b"one\n"
    assert slow.count == 2
    slow.go.set()
    looking.join(PATIENCE)
    assert file.get(7.0) == b"two\n"
    assert slow.count == 2


def test_force_waits_for_whoever_is_looking_and_then_looks(path: Path, slow: Slow) -> None:
    put(path, b"one\n")
    file = Watched(str(path), slow, limit=1000)
    file.get(0.0)
    put(path, b"two\n", AGO + 1)
    looking = threading.Thread(target=file.get, args=(5.0,))
    looking.start()
    assert slow.inside.wait(PATIENCE)
    put(path, b"three\n", AGO + 2)
    got = []
    forcing = threading.Thread(target=lambda: got.append(file.get(5.0, force=True)))
    forcing.start()
    slow.go.set()
    forcing.join(PATIENCE)
    looking.join(PATIENCE)
    assert got == [b"three\n"]


def test_the_first_value_is_made_once(path: Path, slow: Slow) -> None:
    # As new as it is, every look would read it.
    path.write_bytes(b"two\n")
    file = Watched(str(path), slow, limit=1000)
    got: list[bytes | OSError] = []
    threads = [threading.Thread(target=lambda: got.append(file.get(0.0))) for _ in range(8)]
    for thread in threads:
        thread.start()
    assert slow.inside.wait(PATIENCE)
    slow.go.set()
    for thread in threads:
        thread.join(PATIENCE)
    assert got == [b"two\n"] * 8
    assert slow.count == 1


@pytest.mark.parametrize("first", [True, False])
def test_a_lookup_within_a_look(path: Path, first: bool) -> None:
    """As a signal handler's or a finalizer's in the thread that is just reading."""
    put(path, b"one\n")
    inner: list[bytes | OSError] = []
    armed = first

    def parse(content: bytes | OSError) -> bytes | OSError:
        nonlocal armed
        if armed:
            armed = False
            inner.append(file.get(5.0))
        return content

    file = Watched(str(path), parse, limit=1000)
    file.get(0.0)
    if not first:
        put(path, b"two\n", AGO + 1)
        armed = True
        assert file.get(5.0) == b"two\n"
    assert len(inner) == 1
    assert file.get(6.0) == (b"one\n" if first else b"two\n")
    in_thread(lambda: file.get(6.0), b"one\n" if first else b"two\n")


def test_many_threads_see_whole_values_only(path: Path) -> None:
    put(path, b"0" * 500)
    file = Watched(str(path), lambda content: content, limit=1000, interval=0.0)
    wrong: list[object] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            value = file.get(0.0)
            if not (isinstance(value, bytes) and len(value) == 500 and len(set(value)) == 1):
                wrong.append(value)
                return

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        other = path.with_name("other")
        for n in range(1, 31):
            put(other, b"%d" % (n % 10) * 500, AGO + n)
            other.rename(path)
    finally:
        done.set()
    for thread in threads:
        thread.join(PATIENCE)
    assert wrong == []
    assert file.get(0.0) == b"0" * 500


# Fork.


@pytest.mark.parametrize("first", [True, False])
def test_a_child_looks_though_a_thread_was_looking_when_it_was_forked(path: Path, first: bool) -> None:
    code = f"""
    import faulthandler, os, signal, threading
    from dialnet.resolve.config.watched import Watched

    path = {str(path)!r}
    inside, go = threading.Event(), threading.Event()

    def parse(content):
        if content == b"slow" and os.getpid() == parent:
            inside.set()
            go.wait()
        return content

    def put(content):
        with open(path, "wb") as file:
            file.write(content)

    parent = os.getpid()
    file = Watched(path, parse, limit=1000)
    if not {first}:
        put(b"one")
        file.get(0.0)
    put(b"slow")
    thread = threading.Thread(target=file.get, args=(5.0,))
    thread.start()
    inside.wait()
    pid = os.fork()
    if not pid:
        try:
            faulthandler.register(signal.SIGALRM, chain=True)
            signal.alarm(20)
            assert file.get(10.0) == b"slow"
            put(b"later")
            assert file.get(15.0) == b"later"
            os._exit(0)
        finally:
            os._exit(1)
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0, status
    go.set()
    thread.join()
    assert file.get(15.0) == b"later"
    """
    # Forking while another thread runs is what is tested; newer Pythons warn of it.
    command = [sys.executable, "-W", "error", "-W", "ignore::DeprecationWarning", "-c", textwrap.dedent(code)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=50)
    assert ran.returncode == 0, ran.stderr
