"""`OpError`: which operation failed, on which network, between whom, and why.

An `OpError` is also an instance of its cause's class, so `except ConnectionRefusedError` works and
still finds the addresses. Python decides an object's class when it is made, so each class of cause
gets a subclass of `OpError`, made once and kept. A few built-in exceptions have a memory layout that
no `OSError` can share (`StopIteration`, `UnicodeDecodeError`); there the nearest ancestor serves.
"""

from __future__ import annotations

import errno

from .base import Error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["OpError"]

# What Go's syscall.Errno calls a timeout and temporary.
_TIMEOUTS = frozenset({errno.EAGAIN, errno.EWOULDBLOCK, errno.ETIMEDOUT})
_TEMPORARY = frozenset({errno.EINTR, errno.EMFILE, errno.ENFILE})
_ACCEPT_TEMPORARY = frozenset({errno.ECONNRESET, errno.ECONNABORTED})

_kinds: dict[type[BaseException], type[OpError]] = {}


class OpError(Error):
    """An operation on a connection, a listener or an address failed.

    `op` is `dial`, `listen`, `accept`, `handshake`, `read`, `write`, `writev`, `close`, `set`, `get`, `file`,
    `route`; `net` the network as the caller named it; `source` and `addr` the two ends (`Addr` or `None`);
    `err` the cause, the same object as `__cause__`. `errno` is the cause's.

    `syscall` names the system call that failed, where one did. `bytes_written` says how much of a
    failed write had gone. `attempts` has every attempt of a dial that tried several addresses.
    `duration` is how many seconds a dial's attempt took, `local_addr` the address it came from, where those
    are known.
    """

    op: str
    net: str
    source: object | None
    addr: object | None
    err: BaseException
    syscall: str
    bytes_written: int
    attempts: tuple[OpError, ...]
    duration: float | None
    local_addr: object | None

    def __new__(
        cls,
        op: str,
        net: str,
        source: object | None,
        addr: object | None,
        err: BaseException,
        *,
        syscall: str = "",
        bytes_written: int = 0,
    ) -> OpError:
        return OSError.__new__(_kind_for(type(err)))

    def __init__(
        self,
        op: str,
        net: str,
        source: object | None,
        addr: object | None,
        err: BaseException,
        *,
        syscall: str = "",
        bytes_written: int = 0,
    ) -> None:
        # What the cause knows (a DNSError's server, say) is known here too; our own fields win.
        self.__dict__.update({k: v for k, v in vars(err).items() if not k.startswith("__")})
        self.args = (op, net, source, addr, err)
        self.op = op
        self.net = net
        self.source = source
        self.addr = addr
        self.err = err
        self.syscall = syscall
        self.bytes_written = bytes_written
        self.attempts = ()
        self.duration = None
        self.local_addr = None
        self.__cause__ = err
        number = getattr(err, "errno", None)
        self.errno = number
        if isinstance(err, OSError):
            self.strerror = err.strerror
        if isinstance(err, Error):
            self.timeout = err.timeout
            self.temporary = err.temporary
        else:
            self.timeout = number in _TIMEOUTS or isinstance(err, TimeoutError)
            self.temporary = self.timeout or number in _TEMPORARY
            if op == "accept" and number in _ACCEPT_TEMPORARY:
                self.temporary = True

    def _text(self) -> str:
        text = self.op
        if self.net:
            text += f" {self.net}"
        if self.source is not None:
            text += f" {self.source}"
        if self.addr is not None:
            text += f"->{self.addr}" if self.source is not None else f" {self.addr}"
        return f"{text}: {self._why()}"

    def _why(self) -> str:
        err = self.err
        if isinstance(err, OSError) and not isinstance(err, Error) and err.errno is not None:
            why = err.strerror or str(err)
            return f"{self.syscall}: {why}" if self.syscall else why
        return str(err) or type(err).__name__

    def __repr__(self) -> str:
        return f"OpError({', '.join(map(repr, self.args))})"

    def __reduce__(self) -> tuple[Any, ...]:
        state = {k: v for k, v in self.__dict__.items() if k not in ("op", "net", "source", "addr", "err")}
        return _restore, (self.op, self.net, self.source, self.addr, self.err), state


def _restore(op: str, net: str, source: object, addr: object, err: BaseException) -> OpError:
    return OpError(op, net, source, addr, err)


def _kind_for(cause: type[BaseException]) -> type[OpError]:
    kind = _kinds.get(cause)
    if kind is None:
        kind = _make_kind(cause)
        _kinds[cause] = kind
    return kind


def _make_kind(cause: type[BaseException]) -> type[OpError]:
    for ancestor in cause.__mro__:
        if issubclass(OpError, ancestor):
            break
        if issubclass(ancestor, OpError):
            return ancestor
        try:
            return type("OpError", (OpError, ancestor), {"__module__": "dialnet", "__doc__": OpError.__doc__})
        except TypeError:  # instance lay-out conflict: try what it derives from
            continue
    return OpError
