"""Programs nobody here wrote, as processes whose every wait has an end."""

from __future__ import annotations

import contextlib
import functools
import itertools
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.hosts import PATIENCE, Host

_SYSTEM = ("/usr/local/sbin", "/usr/sbin", "/sbin")  # where nginx is; an ordinary user's PATH may lack these
_GRACE = 5.0
_numbers = itertools.count(1)


@functools.cache
def _find(name: str) -> str | None:
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), *_SYSTEM])
    found = shutil.which(name, path=path)
    if found is not None and name == "nc":
        usage = subprocess.run([found, "-h"], capture_output=True, text=True, timeout=PATIENCE, check=False)
        # There are several programs of this name; the options used here are this one's.
        if "OpenBSD" not in usage.stdout + usage.stderr:
            return None
    return found


def need(name: str) -> str:
    """Where the program is. Without it the test is skipped, and fails in CI, which installs it."""
    found = _find(name)
    if found is not None:
        return found
    what = "nc (OpenBSD's)" if name == "nc" else name
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} is not installed")
    pytest.skip(f"{what} is not installed")


class Program:
    """A running program. Its input and output are files, so neither side can wait for the other there."""

    def __init__(
        self, folder: Path, argv: Sequence[str], stdin: bytes | Path, fds: Sequence[int], env: dict[str, str]
    ) -> None:
        stem = folder / f"{next(_numbers)}-{argv[0]}"
        self._out, self._err = stem.with_suffix(".out"), stem.with_suffix(".err")
        if isinstance(stdin, bytes):
            given = stem.with_suffix(".in")
            given.write_bytes(stdin)
        else:
            given = stdin
        self.argv = list(argv)
        with open(given, "rb") as source, open(self._out, "wb") as out, open(self._err, "wb") as err:
            self._process = subprocess.Popen(
                [need(argv[0]), *argv[1:]],
                stdin=source,
                stdout=out,
                stderr=err,
                cwd=folder,
                pass_fds=fds,
                env={**os.environ, "LC_ALL": "C", **env},
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def ended(self) -> bool:
        return self._process.poll() is not None

    @property
    def output(self) -> bytes:
        """What it has written to stdout so far."""
        return self._out.read_bytes()

    @property
    def said(self) -> str:
        """The whole lines it has written to stderr so far."""
        text = self._err.read_text(errors="backslashreplace")
        return text[: text.rfind("\n") + 1]

    def ready(self, pattern: str) -> re.Match[str]:
        """Wait until it has said on stderr that it is ready."""
        end = time.monotonic() + PATIENCE
        while True:
            ended = self._process.poll() is not None
            if found := re.search(pattern, self.said, re.MULTILINE):
                return found
            assert not ended, f"{self} ended, with {self._process.returncode}"
            assert time.monotonic() < end, f"{self} never said {pattern!r}"
            time.sleep(0.002)

    async def wrote(self, host: Host, expected: bytes) -> None:
        """Wait until this is on stdout."""
        await host.until(lambda: len(self.output) >= len(expected) or self._process.poll() is not None)
        assert self.output == expected

    async def end(self, host: Host) -> bytes:
        """Wait until it ends by itself, content; what it wrote to stdout."""
        await host.until(lambda: self._process.poll() is not None)
        assert self._process.returncode == 0, f"{self} failed"
        return self.output

    def stop(self) -> None:
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(_GRACE)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(_GRACE)

    def __str__(self) -> str:
        return f"`{' '.join(self.argv)}`"


@contextlib.contextmanager
def start(
    folder: Path,
    *argv: str,
    stdin: bytes | Path = b"",
    fds: Sequence[int] = (),
    env: dict[str, str] | None = None,
) -> Iterator[Program]:
    """The program, until the end of the block. `fds` are passed on to it."""
    program = Program(folder, argv, stdin, fds, env or {})
    try:
        yield program
    except BaseException as err:
        err.add_note(f"stderr of {program}:\n{program.said}")
        raise
    finally:
        program.stop()
