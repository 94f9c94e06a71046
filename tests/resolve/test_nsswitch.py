"""nsswitch.conf: sources, criteria, and which mistakes make it an error."""

from __future__ import annotations

import errno
import os
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialnet.resolve.config.nsswitch import Criterion, Source, nsswitch_conf, parse_nsswitch

DATA = Path(__file__).parent / "testdata" / "nsswitch"
AGO = 1_000_000_000

FILES_DNS = (Source("files"), Source("dns"))
NOT_FOUND = Criterion(False, "notfound", "return")

FILES: dict[str, tuple[dict[str, tuple[Source, ...]], str | None]] = {
    "usual": (
        {
            "hosts": (
                Source("files", (Criterion(True, "unavail", "return"),)),
                Source("mdns4_minimal", (NOT_FOUND,)),
                Source("dns"),
                # A second line for a database adds to the first.
                Source("myhostname"),
            ),
            "services": (Source("db"), Source("files")),
            "passwd": (Source("files"), Source("systemd")),
        },
        None,
    ),
    "tab": ({"hosts": (Source("files\tdns"),)}, None),
    "glued": (
        {
            "hosts": (
                Source("files[notfound=return]"),
                Source("dns", (Criterion(False, "success", "return"),)),
                # One block a source.
                Source("[notfound=return]"),
            )
        },
        None,
    ),
    # What came before the mistake is there.
    "no_colon": ({"passwd": (Source("files"),), "hosts": FILES_DNS}, "no colon on line"),
    "unclosed": ({}, "unclosed criterion bracket"),
    "short": ({"passwd": (Source("files"),), "hosts": (Source("files"),)}, "invalid criteria: ="),
    "no_equals": ({}, "invalid criteria: notfound return"),
    "junk": ({"passwd": (Source("files"),), "hosts": FILES_DNS}, "no colon on line"),
}


def test_every_file_is_in_the_table() -> None:
    assert set(FILES) == set(os.listdir(DATA))


@pytest.mark.parametrize("name", FILES)
def test_files(name: str) -> None:
    sources, mistake = FILES[name]
    conf = parse_nsswitch((DATA / name).read_bytes())
    assert conf.sources == sources
    assert not conf.missing
    if mistake is None:
        assert conf.error is None
    else:
        assert isinstance(conf.error, ValueError)
        assert str(conf.error) == mistake
        assert conf.error.__traceback__ is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", None),
        ("hosts:", None),
        ("hosts: \t\r", None),
        ("# hosts: files", None),
        ("hosts: # files", None),
        ("hosts: fi#les", (Source("fi"),)),
        ("hosts:files dns", FILES_DNS),
        ("\thosts\t:\tfiles  dns \t\r\n", FILES_DNS),
        ("hosts: files \t dns", FILES_DNS),
        ("hosts: files\t dns", FILES_DNS),
        ("hosts: files \r\n", (Source("files"),)),
        ("HOSTS: files", None),
        ("hosts: Files", (Source("Files"),)),
        ("hosts: files []dns", (Source("files"), Source("dns"))),
        ("hosts: files [ ] dns", (Source("files"), Source("dns"))),
        ("hosts: files [ab=]", (Source("files", (Criterion(False, "ab", ""),)),)),
        ("hosts: dns [NotFound=Return  !x=y ]", (Source("dns", (NOT_FOUND, Criterion(True, "x", "y"))),)),
        ("hosts: dns [=ab]", (Source("dns", (Criterion(False, "", "ab"),)),)),
        ("hosts: dns [a=b=c]", (Source("dns", (Criterion(False, "a", "b=c"),)),)),
        ("hosts: a:b", (Source("a:b"),)),
        ("hosts: \xff", (Source("\udcff"),)),
    ],
)
def test_lines(text: str, expected: tuple[Source, ...] | None) -> None:
    conf = parse_nsswitch(text.encode("latin-1"))
    assert conf.error is None
    assert conf.sources.get("hosts") == expected


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("hosts", "no colon on line"),
        ("[", "no colon on line"),
        ("hosts: files [", "unclosed criterion bracket"),
        ("hosts: files [a=b\n]", "unclosed criterion bracket"),
        ("hosts: files [a=b # ]", "unclosed criterion bracket"),
        ("hosts: files [ab]", "invalid criteria: ab"),
        ("hosts: files [a=]", "invalid criteria: a="),
        ("hosts: files [a=b !a=]", "invalid criteria: a=b !a="),
        ("hosts: files [abc]", "invalid criteria: abc"),
        ("hosts: files [!]", "invalid criteria: !"),
    ],
)
def test_mistakes(text: str, mistake: str) -> None:
    assert str(parse_nsswitch(text.encode()).error) == mistake


@pytest.mark.parametrize(
    ("criteria", "standard"),
    [
        ("", True),
        ("success=return", True),
        ("notfound=continue", True),
        ("unavail=continue tryagain=continue", True),
        ("success=return notfound=continue unavail=continue tryagain=continue", True),
        # The last may also end the search,
        ("notfound=return", True),
        ("tryagain=return", True),
        ("success=return notfound=return", True),
        # and only the last.
        ("notfound=return success=return", False),
        ("notfound=return notfound=continue", False),
        ("success=continue", False),
        ("success=merge", False),
        ("!success=return", False),
        ("!notfound=continue", False),
        ("other=return", False),
        ("other=continue", False),
        ("notfound=", False),
    ],
)
def test_standard_criteria(criteria: str, standard: bool) -> None:
    (source,) = parse_nsswitch(f"hosts: dns [{criteria.upper()}]".encode()).sources["hosts"]
    assert source.standard_criteria() is standard


def test_an_unreadable_file() -> None:
    for number, missing in (
        (errno.ENOENT, True),
        (errno.EACCES, False),
        (errno.EISDIR, False),
        (errno.EIO, False),
    ):
        err = OSError(number, os.strerror(number))
        conf = parse_nsswitch(err)
        assert conf.error is err
        assert conf.missing is missing
        assert conf.sources == {}


PIECES = st.sampled_from(
    [b":", b" ", b"[", b"]", b"!", b"=", b"\n", b"\t", b"#", b"hosts", b"notfound=return"]
)


@given(st.binary() | st.lists(PIECES | st.binary(max_size=5), max_size=50).map(b"".join))
def test_any_bytes(data: bytes) -> None:
    conf = parse_nsswitch(data)
    assert conf.error is None or isinstance(conf.error, ValueError)
    for sources in conf.sources.values():
        for source in sources:
            assert source.name
            assert source.standard_criteria() in (True, False)


@given(st.binary().map(lambda junk: junk.replace(b"\n", b" ")))
def test_lines_before_junk_count(junk: bytes) -> None:
    conf = parse_nsswitch(b"hosts: files dns\n" + junk)
    assert conf.sources["hosts"][:2] == FILES_DNS


@pytest.mark.parametrize(
    "data",
    [
        b"\n" * (1 << 20),
        b"hosts:" + b" " * (1 << 20),
        b"hosts:" + b" a" * (1 << 19),
        b"hosts:" + b" a [b=c]" * (1 << 17),
        b"hosts: a [" + b"b=c " * (1 << 18) + b"]",
        b"hosts:" + b" [" * (1 << 19),
        b"hosts: a" + b"\t" * (1 << 20),
        b"a:b\n" * (1 << 18),
        b"".join(b"%d:b\n" % i for i in range(1 << 17)),
    ],
    ids=lambda data: repr(data[:12]),
)
def test_the_largest_files_take_no_time(data: bytes) -> None:
    before = time.process_time()
    parse_nsswitch(data[: 1 << 20])
    # A second or less; what is quadratic would take hours.
    assert time.process_time() - before < 20


def test_the_file_is_followed(tmp_path: Path) -> None:
    path = tmp_path / "nsswitch.conf"
    file = nsswitch_conf(str(path))
    assert file.get(0.0).missing
    path.write_bytes(b"hosts: files dns\n")
    os.utime(path, (AGO, AGO))
    assert file.get(4.9).missing
    assert file.get(5.0).sources == {"hosts": FILES_DNS}
    # The end of what is longer than any such file is left out: the rest is read while a loop waits.
    path.write_bytes(b"hosts: dns\n" + b"#\n" * (1 << 15) + b"passwd: files\n")
    assert file.get(10.0).sources == {"hosts": (Source("dns"),)}


def test_the_default_path() -> None:
    assert nsswitch_conf().path == "/etc/nsswitch.conf"
