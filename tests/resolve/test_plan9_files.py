"""Plan 9's way, against files as the system opens them, and against hostile ones."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dialnet import IPAddr
from dialnet.resolve.records import MX
from dialnet.resolve.ways.plan9 import Plan9Way
from tests.resolve.driving import drive, failed

UNSPEC, V4, V6 = socket.AF_UNSPEC, socket.AF_INET, socket.AF_INET6


class Scripted:
    """A file whose operations do what a test says."""

    def __init__(self, **operations: Callable[..., Any]) -> None:
        self.closed = False
        self.write: Callable[..., Any] = operations.get("write", len)
        self.seek: Callable[..., Any] = operations.get("seek", lambda offset: offset)
        self.read: Callable[..., Any] = operations.get("read", lambda size: b"")

    def close(self) -> None:
        self.closed = True


def raising(code: int, text: str = "") -> Callable[..., Any]:
    def operation(*_: Any) -> Any:
        raise OSError(code, text or os.strerror(code))

    return operation


@pytest.mark.parametrize(
    ("file", "text"),
    [
        (Scripted(write=raising(errno.EIO)), "Input/output error"),
        (Scripted(seek=raising(errno.ESPIPE)), "Illegal seek"),
        (Scripted(read=raising(errno.EIO, "hungup")), "hungup"),
        (Scripted(write=lambda data: 1), "short write"),
        (Scripted(), "bad response from ndb/dns"),
        (Scripted(read=lambda size: b"x" * size), "bad response from ndb/dns"),
    ],
    ids=["write", "seek", "read", "short", "empty", "endless"],
)
def test_a_failing_file_is_closed(file: Scripted, text: str) -> None:
    err = failed(Plan9Way("/", lambda path: file).lookup_mx("example.org"))
    assert str(err) == f"lookup example.org: {text}"
    assert not err.is_not_found
    assert file.closed


@pytest.mark.parametrize(
    ("code", "temporary"), [(errno.EACCES, False), (errno.EMFILE, True), (errno.ENFILE, True)]
)
def test_a_file_that_does_not_open(code: int, temporary: bool) -> None:
    err = failed(Plan9Way("/x/", raising(code)).lookup_mx("example.org"))
    assert str(err) == f"lookup example.org: open /x/net/dns: {os.strerror(code)}"
    assert (err.is_temporary, err.is_not_found) == (temporary, False)


def test_no_tree(tmp_path: Path) -> None:
    way = Plan9Way(str(tmp_path))
    for lookup, name in (
        (way.lookup_ip_addr("example.org", UNSPEC), "example.org: open {}/net/cs"),
        (way.lookup_port("tcp", "http"), "tcp/http: open {}/net/cs"),
        (way.lookup_addr(IPAddr("192.0.2.1")), "192.0.2.1: open {}/net/dns"),
        (way.lookup_cname("example.org"), "example.org: open {}/net/dns"),
    ):
        err = failed(lookup)
        assert str(err) == f"lookup {name.format(tmp_path)}: No such file or directory"
        assert not err.is_not_found
        assert isinstance(err.__cause__, FileNotFoundError)


def test_the_root_is_the_systems() -> None:
    def opener(path: str) -> Any:
        raise OSError(errno.ENOENT, path)

    assert failed(Plan9Way(opener=opener).lookup_mx("example.org")).err == "open /net/dns: /net/dns"


def prefilled(root: Path, name: str, question: str, answer: bytes) -> Path:
    """A plain file that gives the question back, as a record of `dns` begins with it, and then the answer."""
    (root / "net").mkdir(exist_ok=True)
    path = root / "net" / name
    path.write_bytes(b"#" * len(question) + answer)
    return path


def test_files_as_the_system_opens_them(tmp_path: Path) -> None:
    way = Plan9Way(str(tmp_path))
    path = prefilled(tmp_path, "dns", "example.org mx", b"\t10 mail.example.org\n")
    assert drive(way.lookup_mx("example.org")) == [MX("mail.example.org.", 10)]
    # The question was written, and at the start.
    assert path.read_bytes() == b"example.org mx\t10 mail.example.org\n"
    prefilled(tmp_path, "dns", "example.org txt", b"\t" + b"x" * 7000)
    assert drive(way.lookup_txt("example.org")) == ["x" * 7000]
    prefilled(tmp_path, "cs", "tcp!127.0.0.1!http", b" 127.0.0.1!80")
    assert drive(way.lookup_port("tcp", "http")) == 80
    prefilled(tmp_path, "cs", "net!example.org!1", b" 192.0.2.1!1")
    assert drive(way.lookup_ip_addr("example.org", UNSPEC)) == [IPAddr("192.0.2.1")]


def test_what_may_stand_in_their_place(tmp_path: Path) -> None:
    way = Plan9Way(str(tmp_path))
    (tmp_path / "net" / "cs").mkdir(parents=True)
    assert "Is a directory" in str(failed(way.lookup_ip_addr("example.org", UNSPEC)))
    os.mkfifo(tmp_path / "net" / "dns")
    assert str(failed(way.lookup_mx("example.org"))) == "lookup example.org: Illegal seek"
    os.unlink(tmp_path / "net" / "dns")
    # It takes everything, and never ends.
    os.symlink("/dev/zero", tmp_path / "net" / "dns")
    assert failed(way.lookup_mx("example.org")).err == "bad response from ndb/dns"
