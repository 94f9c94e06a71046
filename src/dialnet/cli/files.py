"""A file that a command writes: whole, or not at all."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat

from .process import Failed

__all__ = ["write_file"]


def write_file(path: str, data: bytes) -> None:
    """Put `data` in place of what `path` holds now, if anything. Raises `Failed`, and leaves that alone then.

    A device or a pipe (`/dev/stderr`, `>(...)`) is written to: nothing may take its place.
    """
    try:
        mode = _mode(path)
        if mode is not None and not stat.S_ISREG(mode):
            with open(path, "wb") as file:
                file.write(data)
        else:
            _replace(os.path.realpath(path), data, mode)  # a link goes on pointing where it does
    except OSError as err:
        raise Failed(f"{path}: {err.strerror or err}") from err


def _mode(path: str) -> int | None:
    try:
        return os.stat(path).st_mode
    except FileNotFoundError:
        return None


def _replace(path: str, data: bytes, mode: int | None) -> None:
    # Beside it: only within one file system is a renaming at once.
    new = os.path.join(os.path.dirname(path), f".dialnet-{secrets.token_hex(8)}")
    with open(new, "xb") as file:
        try:
            file.write(data)
            file.close()
            if mode is not None:
                os.chmod(new, stat.S_IMODE(mode))
            os.replace(new, path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(new)
            raise
