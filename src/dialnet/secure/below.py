"""What a connection below TLS has answered, which may be of anybody's class."""

from __future__ import annotations

import errno

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["as_read", "check_written"]


def as_read(data: Any) -> bytes:
    """What its `read` gave, as bytes. Raises `TypeError` for what is not like them: nothing is known of a
    stream then, and least of all that it has ended."""
    if type(data) is bytes:
        return data
    try:
        return bytes(memoryview(data))
    except TypeError:
        given = "None" if data is None else type(data).__name__
        raise TypeError(f"read of the connection below returned {given}, not bytes") from None


def check_written(answer: Any, size: int) -> None:
    """What its `write` of `size` bytes gave: their number, or None for all of them.

    Raises `OSError` (EIO) with `bytes_written` for less, as Go's io.ErrShortWrite; `TypeError` for what is
    no number.
    """
    if answer is None:
        return
    if not isinstance(answer, int):
        raise TypeError(f"write of the connection below returned {type(answer).__name__}, not int")
    if answer < size:
        err = OSError(errno.EIO, "short write")
        err.bytes_written = max(0, answer)  # type: ignore[attr-defined]
        raise err
