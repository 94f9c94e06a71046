"""Files that a command writes: whole, or not at all."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from dialnet.cli.files import write_file
from dialnet.cli.process import Failed


def test_a_new_file(tmp_path: Path) -> None:
    path = tmp_path / "new"
    write_file(str(path), b"data")
    assert path.read_bytes() == b"data"
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~mask
    assert os.listdir(tmp_path) == ["new"]


def test_a_name_without_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_file("n" * 255, b"data")
    assert os.listdir(tmp_path) == ["n" * 255]


def test_an_old_file(tmp_path: Path) -> None:
    """Its mode stays; who has it open goes on with what was there."""
    path = tmp_path / "old"
    path.write_bytes(b"what was there")
    path.chmod(0o640)
    with open(path, "rb") as reader:
        write_file(str(path), b"new")
        assert reader.read() == b"what was there"
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_link(tmp_path: Path) -> None:
    folder, link, loose = tmp_path / "folder", tmp_path / "link", tmp_path / "loose"
    folder.mkdir()
    (folder / "file").write_bytes(b"old")
    link.symlink_to("folder/file")
    loose.symlink_to("folder/not-yet")
    for path in (link, loose):
        write_file(str(path), b"new")
        assert path.is_symlink()
        assert path.read_bytes() == b"new"
    assert sorted(os.listdir(folder)) == ["file", "not-yet"]


def test_a_pipe(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    found: list[bytes] = []
    reader = threading.Thread(target=lambda: found.append(path.read_bytes()))
    reader.start()
    write_file(str(path), b"data")
    reader.join()
    assert found == [b"data"]
    assert stat.S_ISFIFO(path.stat().st_mode)


@pytest.mark.parametrize("broken", ["replace", "chmod"])
def test_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str) -> None:
    path = tmp_path / "old"
    path.write_bytes(b"old")

    def fail(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, broken, fail)
    with pytest.raises(Failed, match=r"old: No space left on device$"):
        write_file(str(path), b"new")
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["old"]


def test_no_file_at_all(tmp_path: Path) -> None:
    for path, said in ((tmp_path, "Is a directory"), (tmp_path / "a" / "b", "No such file or directory")):
        with pytest.raises(Failed, match=f"^{path}: {said}$"):
            write_file(str(path), b"")
    assert os.listdir(tmp_path) == []
