"""What the dialers of both faces have in common."""

from __future__ import annotations

from ..errors import AddrError
from ..poll.deadline import earliest, instant, timeout_instant
from ..sockets.config import DialOptions
from .handshake import described

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..poll.signal import CancelToken
    from ..sockets.trace import Trace
    from .http_connect import HTTPConnect
    from .no_proxy import Exceptions
    from .socks5 import SOCKS5

    Proxy = SOCKS5 | HTTPConnect

__all__ = ["PerHost", "ProxyOptions", "trace_of", "until_of", "within"]


class ProxyOptions:
    """A proxy, and the dialer that gets us there. `faces` are the face's own dialers."""

    __slots__ = ("_forward", "_proxy")

    def __init__(self, proxy: Proxy, forward: Any, *faces: type) -> None:
        if not callable(getattr(forward, "dial", None)):
            raise TypeError(f"forward is a dialer; {type(forward).__name__} has no dial")
        if isinstance(forward, (DialOptions, ProxyOptions)) and not isinstance(forward, faces):
            raise TypeError(
                "forward is a dialer of the other face: dialnet's for threads, dialnet.aio's for tasks"
            )
        self._proxy = proxy
        self._forward = forward

    def _until(self, began: float) -> float | None:
        """When a dial that began then has to be done: what the dialer at the bottom of it says."""
        return until_of(self._forward, began)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {described(self._proxy)}>"


class PerHost:
    """Dials some addresses through a proxy, and others, the exceptions, without it."""

    __slots__ = ("_exceptions", "_forward", "_proxy")

    def __init__(self, proxy: Any, forward: Any, exceptions: Exceptions) -> None:
        self._proxy = proxy
        self._forward = forward
        self._exceptions = exceptions

    def dial(self, network: str, address: str, *, cancel: CancelToken | None = None) -> Any:
        """Connect to `address` on `network` by the way that is its own."""
        try:
            direct = address in self._exceptions
        except AddrError:
            # The dialer will say so, in an error of the right shape.
            direct = False
        return (self._forward if direct else self._proxy).dial(network, address, cancel=cancel)

    def _until(self, began: float) -> float | None:
        return until_of(self._forward, began)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._proxy!r} but for {self._exceptions}>"


def until_of(dialer: Any, began: float) -> float | None:
    """When a dial that began then has to be done, by what the dialer says; None where it says nothing."""
    if isinstance(dialer, DialOptions):
        return earliest(timeout_instant(dialer.timeout, began), instant(dialer.deadline))
    if isinstance(dialer, (ProxyOptions, PerHost)):
        return dialer._until(began)
    return None


def within(dialer: Any, until: float | None) -> Any:
    """The same dialer, whose dials have to be done then, as far as it can be told."""
    if until is None:
        return dialer
    if isinstance(dialer, DialOptions):
        return dialer.__replace__(timeout=None, deadline=until)
    if isinstance(dialer, ProxyOptions):
        return type(dialer)(dialer._proxy, within(dialer._forward, until))  # type: ignore[call-arg]
    if isinstance(dialer, PerHost):
        return PerHost(within(dialer._proxy, until), within(dialer._forward, until), dialer._exceptions)
    return dialer


def trace_of(dialer: Any) -> Trace | None:
    """Who wants to know of its steps."""
    if isinstance(dialer, DialOptions):
        return dialer.trace
    if isinstance(dialer, (ProxyOptions, PerHost)):
        return trace_of(dialer._forward)
    return None
