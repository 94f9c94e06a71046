"""`Watched`: follows its file, and is not stopped by whatever stands there instead of one."""

from __future__ import annotations

import gc
import math
import os
import socket
import stat
import types
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialnet.resolve.config import reading, watched
from dialnet.resolve.config.watched import Watched

# Long enough ago for a file's time to tell one content from the next.
AGO = 1_000_000_000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "file"


def put(path: Path, content: bytes, when: int = AGO) -> None:
    path.write_bytes(content)
    os.utime(path, (when, when))


class Seen:
    """A parser that gives back what it is given, and notes it."""

    def __init__(self) -> None:
        self.calls: list[bytes | OSError] = []

    def __call__(self, content: bytes | OSError) -> bytes | OSError:
        self.calls.append(content)
        return content


def watch(path: Path, **options: Any) -> tuple[Watched[bytes | OSError], Seen]:
    seen = Seen()
    return Watched(str(path), seen, **{"limit": 1000, **options}), seen


# Following the file.


def test_a_change_is_seen_after_the_interval(path: Path) -> None:
    put(path, b"one\n")
    file, seen = watch(path)
    assert file.get(100.0) == b"one\n"
    put(path, b"two\n", AGO + 1)
    assert file.get(104.999) == b"one\n"
    assert file.get(105.0) == b"two\n"
    put(path, b"three\n", AGO + 2)
    assert file.get(109.999) == b"two\n"
    assert file.get(110.0) == b"three\n"
    assert seen.calls == [b"one\n", b"two\n", b"three\n"]


def test_a_look_that_finds_nothing_new_counts(path: Path) -> None:
    put(path, b"one\n")
    file, seen = watch(path)
    file.get(0.0)
    file.get(6.0)
    put(path, b"two\n", AGO + 1)
    assert file.get(10.0) == b"one\n"
    assert file.get(11.0) == b"two\n"
    assert len(seen.calls) == 2


def test_what_has_not_changed_is_not_read_again(path: Path) -> None:
    put(path, b"one\n")
    file, seen = watch(path)
    values = {id(file.get(float(now))) for now in range(0, 1000, 10)}
    assert len(values) == len(seen.calls) == 1


def test_the_clock_is_the_monotonic_one(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = 50.0
    monkeypatch.setattr(watched, "monotonic", lambda: clock)
    put(path, b"one\n")
    file, _ = watch(path)
    file.get()
    put(path, b"two\n", AGO + 1)
    clock = 54.0
    assert file.get() == b"one\n"
    clock = 55.0
    assert file.get() == b"two\n"


@pytest.mark.parametrize("now", [-1000.0, 0.0, 94.0, math.inf, math.nan])
def test_a_clock_that_is_far_off_leads_to_a_look(path: Path, now: float) -> None:
    put(path, b"one\n")
    file, _ = watch(path)
    file.get(100.0)
    put(path, b"two\n", AGO + 1)
    assert file.get(99.0) == b"one\n"
    assert file.get(now) == b"two\n"
    # And it goes on from there.
    put(path, b"three\n", AGO + 2)
    assert file.get(200.0) == b"three\n"


def test_force(path: Path) -> None:
    put(path, b"one\n")
    file, seen = watch(path, interval=math.inf)
    assert file.get(0.0, force=True) == b"one\n"
    put(path, b"two\n", AGO + 1)
    assert file.get(0.0) == b"one\n"
    assert file.get(0.0, force=True) == b"two\n"
    assert file.get(0.0, force=True) == b"two\n"
    assert len(seen.calls) == 2


def test_the_interval_may_depend_on_the_value(path: Path) -> None:
    intervals = {b"always\n": 0.0, b"never\n": math.inf, b"10\n": 10.0}
    put(path, b"always\n")
    file, seen = watch(path, interval=intervals.get)
    assert file.get(0.0) == file.get(0.0) == b"always\n"
    assert len(seen.calls) == 1
    put(path, b"10\n", AGO + 1)
    assert file.get(0.0) == b"10\n"
    put(path, b"never\n", AGO + 2)
    assert file.get(9.9) == b"10\n"
    assert file.get(10.0) == b"never\n"
    put(path, b"10\n", AGO + 3)
    assert file.get(1e12) == b"never\n"


@pytest.mark.parametrize("by", ["rename", "size", "mtime", "back in time"])
def test_any_way_to_change_a_file_is_seen(path: Path, by: str) -> None:
    put(path, b"one\n")
    file, _ = watch(path)
    file.get(0.0)
    if by == "rename":
        # As tools do it; same size, same time.
        other = path.with_name("other")
        put(other, b"two\n")
        other.rename(path)
        expected = b"two\n"
    elif by == "size":
        put(path, b"more\n")
        expected = b"more\n"
    else:
        put(path, b"two\n", AGO + (1 if by == "mtime" else -1))
        expected = b"two\n"
    assert file.get(5.0) == expected


@pytest.mark.parametrize("fresh", [True, False])
def test_two_changes_within_a_tick(path: Path, monkeypatch: pytest.MonkeyPatch, fresh: bool) -> None:
    """Right after a change a file's times may not tell it from the next; so it is read once more."""
    same = (0, 0, 0, 0, 0)
    monkeypatch.setattr(reading, "signature", lambda st: same)
    monkeypatch.setattr(watched, "signature", lambda st: same)
    put(path, b"one\n")
    clock = AGO + (2.0 if fresh else 4.0)
    monkeypatch.setattr(reading.time, "time", lambda: clock)
    file, _ = watch(path)
    assert file.get(0.0) == b"one\n"
    path.write_bytes(b"two\n")
    os.utime(path, (AGO, AGO))
    clock = AGO + 10.0
    assert file.get(5.0) == (b"two\n" if fresh else b"one\n")
    assert file.get(10.0) == (b"two\n" if fresh else b"one\n")


@pytest.mark.parametrize("field", ["st_mtime_ns", "st_ctime_ns", "st_size", "st_ino", "st_dev"])
def test_each_of_these_tells_two_files_apart(path: Path, field: str) -> None:
    put(path, b"one\n")
    found = os.stat(path)
    names = ("st_mtime_ns", "st_ctime_ns", "st_size", "st_ino", "st_dev")
    values = {name: getattr(found, name) for name in names}
    other = types.SimpleNamespace(**{**values, field: values[field] + 1})
    assert reading.signature(types.SimpleNamespace(**values)) == reading.signature(found)
    assert reading.signature(other) != reading.signature(found)


def test_gone_and_back(path: Path) -> None:
    file, _ = watch(path)
    assert isinstance(file.get(0.0), FileNotFoundError)
    put(path, b"one\n")
    assert isinstance(file.get(4.0), FileNotFoundError)
    assert file.get(5.0) == b"one\n"
    path.unlink()
    assert isinstance(file.get(10.0), FileNotFoundError)
    put(path, b"one\n")
    assert file.get(15.0) == b"one\n"


# What may stand there instead of a file.


def make_directory(path: Path) -> None:
    path.mkdir()


def make_fifo(path: Path) -> None:
    os.mkfifo(path)


def make_socket(path: Path) -> None:
    # Its path may be too long to bind.
    here = os.open(path.parent, os.O_RDONLY)
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(f"/proc/self/fd/{here}/{path.name}")
    os.close(here)


def link_to(target: str) -> Callable[[Path], None]:
    return lambda path: path.symlink_to(target)


UNREADABLE: dict[str, tuple[Callable[[Path], None], type[OSError]]] = {
    "directory": (make_directory, IsADirectoryError),
    "fifo": (make_fifo, OSError),
    "socket": (make_socket, OSError),
    "endless device": (link_to("/dev/zero"), OSError),
    "terminal": (link_to("/dev/tty"), OSError),
    "dangling link": (link_to("nowhere"), FileNotFoundError),
    "link to itself": (link_to("file"), OSError),
    "through a file": (link_to("/etc/passwd/x"), NotADirectoryError),
    "fails when read": (link_to("/proc/self/mem"), OSError),
}


@pytest.mark.parametrize("kind", UNREADABLE)
def test_what_is_no_file_is_an_error(path: Path, kind: str) -> None:
    make, expected = UNREADABLE[kind]
    make(path)
    file, seen = watch(path)
    value = file.get(0.0)
    assert isinstance(value, expected)
    assert value.errno
    assert file.get(4.0) is value
    # And it is a file again.
    path.rmdir() if path.is_dir() else path.unlink()
    put(path, b"one\n")
    assert file.get(5.0) == b"one\n"
    assert len(seen.calls) == 2


@pytest.mark.parametrize("kind", ["directory", "fifo", "socket", "endless device", "terminal"])
def test_what_is_no_file_is_not_even_opened(path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """Opening some devices does something: a tape rewinds, a watchdog starts."""
    make, _ = UNREADABLE[kind]
    make(path)
    opened = []
    monkeypatch.setattr(os, "open", lambda *args: opened.append(args))
    file, _ = watch(path)
    assert isinstance(file.get(0.0), OSError)
    assert not opened


@pytest.mark.parametrize("error", [PermissionError(13, "no"), OSError(24, "too many open files")])
def test_a_file_that_cannot_be_opened(path: Path, monkeypatch: pytest.MonkeyPatch, error: OSError) -> None:
    put(path, b"one\n")

    def refuse(*_: Any) -> int:
        raise error

    monkeypatch.setattr(os, "open", refuse)
    file, _ = watch(path)
    assert file.get(0.0) is error
    monkeypatch.undo()
    assert file.get(5.0) == b"one\n"


def test_a_fifo_that_takes_the_place_of_a_file_while_it_is_opened(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(path, b"one\n")
    before = os.stat(path)
    path.unlink()
    os.mkfifo(path)
    monkeypatch.setattr(reading.os, "stat", lambda path: before)
    file, _ = watch(path)
    # Without O_NONBLOCK this would wait for a writer.
    value = file.get(0.0)
    assert isinstance(value, OSError)
    assert "not a regular file" in str(value)


def test_a_file_masked_by_dev_null_is_empty(path: Path) -> None:
    path.symlink_to(os.devnull)
    file, _ = watch(path)
    assert file.get(0.0) == b""


def test_a_device_node_of_its_own_for_null(path: Path) -> None:
    try:
        os.mknod(path, stat.S_IFCHR | 0o666, os.stat(os.devnull).st_rdev)
    except PermissionError:
        pytest.skip("only root makes devices")
    file, _ = watch(path)
    assert file.get(0.0) == b""


def test_a_file_whose_size_is_zero_until_it_is_read() -> None:
    file, _ = watch(Path("/proc/self/status"), limit=100_000)
    assert b"Pid:" in file.get(0.0)  # type: ignore[operator]


# Limits.


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", b""),
        (b"x" * 1000, b"x" * 1000),
        (b"x" * 1001, b""),
        (b"x" * 999 + b"\n", b"x" * 999 + b"\n"),
        (b"x" * 999 + b"\n\n", b"x" * 999 + b"\n"),
        (b"x" * 1000 + b"\n", b""),
        (b"a\n" + b"x" * 999, b"a\n"),
        (b"line\n" * 300, b"line\n" * 200),
        (bytes(range(256)) * 2, bytes(range(256)) * 2),
    ],
)
def test_no_more_than_whole_lines_within_the_limit(path: Path, content: bytes, expected: bytes) -> None:
    put(path, content)
    file, _ = watch(path, limit=1000)
    assert file.get(0.0) == expected


def test_a_huge_file_costs_no_more_than_the_limit(path: Path) -> None:
    with path.open("wb") as huge:
        huge.write(b"first\n")
        huge.truncate(100 << 20)
    asked = []
    read = os.read

    def counting(number: int, size: int) -> bytes:
        asked.append(size)
        return read(number, size)

    file, _ = watch(path, limit=1 << 20)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "read", counting)
        assert file.get(0.0) == b"first\n"
    assert sum(asked) <= (1 << 20) + 1


@given(content=st.binary(max_size=300), limit=st.integers(1, 300))
def test_any_content_and_limit(tmp_path_factory: pytest.TempPathFactory, content: bytes, limit: int) -> None:
    path = tmp_path_factory.getbasetemp() / "any"
    path.write_bytes(content)
    file, _ = watch(path, limit=limit)
    expected = content if len(content) <= limit else content[: content[:limit].rfind(b"\n") + 1]
    assert file.get(0.0) == expected


# Errors.


def test_keep(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(path, b"one\n")
    file, seen = watch(path, keep=True)
    file.get(0.0)
    path.unlink()
    path.mkdir()
    assert file.get(5.0) == b"one\n"
    # It counts as a look, and the next one tries again.
    assert file.get(6.0) == b"one\n"
    path.rmdir()
    put(path, b"one\n")
    assert file.get(9.0) == b"one\n"
    assert len(seen.calls) == 1
    assert file.get(10.0) == b"one\n"
    assert len(seen.calls) == 2
    path.unlink()
    assert isinstance(file.get(15.0), FileNotFoundError)


def test_keep_is_not_for_what_is_forbidden(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(path, b"one\n")
    file, _ = watch(path, keep=True)
    file.get(0.0)

    def refuse(path: str) -> os.stat_result:
        raise PermissionError(13, "no")

    monkeypatch.setattr(os, "stat", refuse)
    assert isinstance(file.get(5.0), PermissionError)


def test_keep_has_nothing_to_keep_at_first(path: Path) -> None:
    path.mkdir()
    file, _ = watch(path, keep=True)
    assert isinstance(file.get(0.0), IsADirectoryError)


def test_without_keep_an_error_is_the_value(path: Path) -> None:
    put(path, b"one\n")
    file, _ = watch(path)
    file.get(0.0)
    path.unlink()
    path.mkdir()
    assert isinstance(file.get(5.0), IsADirectoryError)


def test_an_error_holds_nothing_alive(path: Path) -> None:
    class Local:
        pass

    file, _ = watch(path)

    def call() -> weakref.ref[Local]:
        local = Local()
        try:
            raise RuntimeError(local)
        except RuntimeError:
            file.get(0.0)
        return weakref.ref(local)

    ref = call()
    gc.collect()
    assert ref() is None
