"""What a connection or a listener of TLS is made of: checked before anything is done with it."""

from __future__ import annotations

from ..connections.contract import AnyConn, AnyListener

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["check_conn", "check_dialed", "check_listener"]

# What `inspect.CO_COROUTINE` is; `inspect` takes longer to load than all of this.
_CO_COROUTINE = 0x80


def check_conn(conn: Any, face: Any) -> None:
    """Raises `TypeError` for what is no connection, one of messages, or one of the other face: `face` is the
    right one's `Conn`."""
    if not isinstance(conn, AnyConn):
        raise TypeError(f"TLS needs a connection, not {type(conn).__name__}")
    if not getattr(conn, "_stream", True):
        raise TypeError("TLS needs a connection of bytes, and this is one of messages")
    _check_face(conn, face, "read")


def check_dialed(conn: Any, face: Any) -> None:
    """As `check_conn`, for what a dialer has made and nobody else has: what it raises for is closed."""
    try:
        check_conn(conn, face)
    except TypeError:
        close = getattr(conn, "close", None)
        if callable(close):
            close()
        raise


def check_listener(listener: Any, face: Any) -> None:
    """Raises `TypeError` for what accepts nothing, or for the other face: `face` is the right one's
    `Listener`."""
    if not callable(getattr(listener, "accept", None)):
        raise TypeError(f"a listener has an accept; {type(listener).__name__} has none")
    _check_face(listener, face, "accept")


def _check_face(given: Any, face: Any, name: str) -> None:
    """By its method of this name, for classes of the user's need not come from the face's own."""
    for_tasks = _is_async(getattr(face, name))
    if _is_async(getattr(given, name)) is for_tasks:
        return
    # A plain method is right in tasks too if it gives something to await, as far as can be told here.
    if for_tasks and (isinstance(given, face) or not isinstance(given, (AnyConn, AnyListener))):
        return
    whose, module = ("threads", "dialnet.tls") if for_tasks else ("tasks", "dialnet.aio.tls")
    raise TypeError(f"{type(given).__name__} is of the face for {whose}: {module} is the module for it")


def _is_async(method: Any) -> bool:
    code = getattr(method, "__code__", None)
    return code is not None and bool(code.co_flags & _CO_COROUTINE)
