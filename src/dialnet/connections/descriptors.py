"""Descriptors that are handed to another process over a Unix socket: SCM_RIGHTS, unix(7)."""

from __future__ import annotations

import errno
import os
import socket
from array import array
from collections.abc import Callable, Iterable

from ..system import control
from .gather import as_view
from .messages import Messages, descriptors

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["Descriptors"]

# Room beside the descriptors for what else a socket may have been told to tell (credentials, a label), as
# that comes first. Surplus descriptors that come in for it are closed.
_ROOM = 1024


class Descriptors(Messages):
    """A Unix socket."""

    def _descriptor_message(self, data: Any, fds: Iterable[Any]) -> tuple[Callable[[Any], int], Any, int]:
        """As `_message`. Raises `TypeError`, `ValueError`."""
        if type(data) is not bytes:
            data = as_view(data)
        # Whose descriptors they are live as long as this does, and so the descriptors are open.
        given = tuple(fds)
        numbers = [_number(each) for each in given]
        if control.MOST_DESCRIPTORS and len(numbers) > control.MOST_DESCRIPTORS:
            raise ValueError(
                f"{len(numbers)} descriptors: at most {control.MOST_DESCRIPTORS} go with a message"
            )
        items = [(*control.RIGHTS, array("i", numbers).tobytes())] if numbers else []
        send = self._message_sender(items, None)

        def send_theirs(data: Any, _kept: Any = given) -> int:
            return send(data)

        return send_theirs, self._carrier(data, items), len(data)

    def _receive_descriptors(self, sizes: tuple[int, int]) -> tuple[bytes, list[int]]:
        """Data and the descriptors that came with it, or none of them open any more."""
        n, most = sizes
        # Linux takes all the room there is for descriptors; no message has more than so many.
        room = min(most, 1024) * 4 + _ROOM
        found: list[int] = []
        try:
            data, items, flags, _ = self._receive_message((n, room))
            found = descriptors(items)
            for level, kind, raw in items:
                if (level, kind) == control.PIDFD:
                    os.close(memoryview(raw).cast("i")[0])
            wrong = _wrong(len(found), most, bool(flags & socket.MSG_CTRUNC))
            if wrong is not None:
                wrong.data = data  # type: ignore[attr-defined]
                raise wrong
        except BaseException:
            for number in found:
                os.close(number)
            raise
        return data, found


def _wrong(count: int, most: int, truncated: bool) -> OSError | None:
    if count > most or (truncated and count == most):
        return OSError(errno.EMSGSIZE, f"more than {most} descriptors came with the message")
    if truncated:
        # The kernel has given as many as the process may have, and closed the others.
        return OSError(errno.EMFILE, os.strerror(errno.EMFILE))
    return None


def _number(given: Any) -> int:
    if isinstance(given, bool) or not (isinstance(given, int) or hasattr(given, "fileno")):
        raise TypeError(f"expected a descriptor or an object with fileno(), not {type(given).__name__}")
    number = given if isinstance(given, int) else given.fileno()
    if not isinstance(number, int):
        raise TypeError(f"fileno() gave {type(number).__name__}, not a descriptor")
    if not 0 <= number < 1 << 31:
        raise ValueError(f"{number} is no descriptor")
    return number
