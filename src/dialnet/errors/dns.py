"""The error of every lookup."""

from __future__ import annotations

import socket

from .base import CanceledError, Error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["DNSError"]


class DNSError(Error, socket.gaierror):
    """A lookup that failed: `lookup NAME[ on SERVER]: ERR`.

    `errno` is the `socket.EAI_*` code a `getaddrinfo` that failed like this would have had. A lookup
    that ran out of time is a `TimeoutError` as well, one that was cancelled a `CanceledError`.
    `records` holds what was good in an answer that also had something bad in it.
    """

    def __new__(
        cls,
        err: str,
        name: str,
        server: str = "",
        is_timeout: bool = False,
        is_temporary: bool = False,
        is_not_found: bool = False,
        *,
        canceled: bool = False,
    ) -> DNSError:
        kind: type[DNSError] = cls
        if cls is DNSError:
            kind = _CanceledLookup if canceled else _TimedOutLookup if is_timeout else cls
        return super().__new__(kind)

    def __init__(
        self,
        err: str,
        name: str,
        server: str = "",
        is_timeout: bool = False,
        is_temporary: bool = False,
        is_not_found: bool = False,
        *,
        canceled: bool = False,
    ) -> None:
        self.args = (err, name, server, is_timeout, is_temporary, is_not_found)
        self.err = err
        self.name = name
        self.server = server
        self.is_timeout = is_timeout
        self.is_temporary = is_temporary
        self.is_not_found = is_not_found
        self.records: tuple[Any, ...] = ()
        self.timeout = is_timeout
        self.temporary = is_timeout or is_temporary
        if is_not_found:
            self.errno = socket.EAI_NONAME
        else:
            self.errno = socket.EAI_AGAIN if self.temporary else socket.EAI_FAIL
        self.strerror = err

    def _renamed(self, name: str) -> DNSError:
        """The same error, about `name`: what was asked for may be another name than what was looked up."""
        if name == self.name:
            return self
        another = self._again()
        another.name = name
        another.args = (self.err, name, *self.args[2:])
        return another

    def _again(self) -> DNSError:
        """The same error anew, for another who waits: one object would collect the tracebacks of all."""
        another = _restore(*self.args, isinstance(self, CanceledError))
        another.__dict__.update(self.__dict__)
        another.__cause__ = self.__cause__
        return another

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (*self.args, isinstance(self, CanceledError)), self.__dict__

    def _text(self) -> str:
        where = f" on {self.server}" if self.server else ""
        return f"lookup {self.name}{where}: {self.err}"


class _TimedOutLookup(DNSError, TimeoutError):
    """A lookup whose deadline passed."""


class _CanceledLookup(DNSError, CanceledError):
    """A lookup whose cancel token was cancelled."""


def _restore(*args: Any) -> DNSError:
    return DNSError(*args[:-1], canceled=args[-1])


# What a traceback and a repr show is the name people can import.
for _kind in (_TimedOutLookup, _CanceledLookup):
    _kind.__name__ = _kind.__qualname__ = "DNSError"
    _kind.__module__ = "dialnet"
