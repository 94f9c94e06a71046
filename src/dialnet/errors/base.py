"""The root of all errors, and those that are a plain fact with a fixed text.

`OSError` reads `errno` and `strerror` out of two positional arguments unless a subclass has an
`__init__` of its own and passes nothing up; so every class here sets `args` itself, which is also
what `repr`, `pickle` and `copy` go by.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = [
    "CanceledError",
    "ClosedError",
    "ClosedPipeError",
    "DNSConfigError",
    "DeadlineExceededError",
    "Error",
    "WriteToConnectedError",
]


class Error(OSError):
    """The base of every error dialnet raises.

    `timeout` says that time ran out, `temporary` that the same call may succeed later.
    """

    timeout: bool = False
    temporary: bool = False

    def __init__(self, *args: object) -> None:
        self.args = args

    def _text(self) -> str:
        return ": ".join(str(arg) for arg in self.args)

    def __str__(self) -> str:
        return self._text()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(repr, self.args))})"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), self.args, self.__dict__ or None


class DeadlineExceededError(Error, TimeoutError):
    """A call's deadline passed before it was done: `i/o timeout`."""

    timeout = True
    temporary = True

    def __init__(self) -> None:
        self.args = ()

    def _text(self) -> str:
        return "i/o timeout"


class ClosedError(Error):
    """The connection or listener was closed on this side, before the call or while it waited."""

    def __init__(self) -> None:
        self.args = ()

    def _text(self) -> str:
        return "use of closed network connection"


class ClosedPipeError(ClosedError, BrokenPipeError):
    """An end of an in-memory pipe was closed."""

    def _text(self) -> str:
        return "io: read/write on closed pipe"


class CanceledError(Error):
    """A `CancelToken` given to the call was cancelled."""

    def __init__(self) -> None:
        self.args = ()

    def _text(self) -> str:
        return "operation was canceled"


class WriteToConnectedError(Error):
    """`write_to` on a connection that was dialed, and so has its one destination."""

    def __init__(self) -> None:
        self.args = ()

    def _text(self) -> str:
        return "use of WriteTo with pre-connected connection"


class DNSConfigError(Error):
    """The machine's resolver configuration could not be read; `err` says why."""

    def __init__(self, err: BaseException) -> None:
        self.args = (err,)
        self.err = err
        self.__cause__ = err

    def _text(self) -> str:
        return f"error reading DNS config: {self.err}"
