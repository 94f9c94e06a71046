"""Who wants to know what a dial does: callbacks with the facts of each step."""

from __future__ import annotations

from collections.abc import Callable, Hashable

from ..record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, ClassVar

    Hook = Callable[..., Any]

__all__ = ["Teller", "Trace", "teller"]


class Trace(Record):
    """Callbacks for the steps of a dial, as `net/http/httptrace` has them. All are optional.

    Args:
        dns_start: `dns_start(host, time)`, before a name is looked up. A literal address needs no lookup.
        dns_done: `dns_done(host, addrs, err, time)`: the addresses found (each an `IPAddr`), or the error.
        connect_start: `connect_start(network, addr, time)` for each attempt; several may be under way.
        connect_done: `connect_done(network, addr, err, time)`; `err` is None for a connection. An attempt
            that is given up because another won is done with a `CanceledError`.
        tls_start: `tls_start(server_name, time)`, before a TLS handshake.
        tls_done: `tls_done(state, err, time)`: the connection's state, or the error.

    `time` is `time.monotonic()`. Callbacks are called by the thread that dials, or in the event loop, and
    should be brief; an `async` one runs in a task of its own, so an asynchronous dial never waits for it.
    What a callback raises is logged (logger `dialnet`), and the dial goes on.
    """

    dns_start: Hook | None = None
    dns_done: Hook | None = None
    connect_start: Hook | None = None
    connect_done: Hook | None = None
    tls_start: Hook | None = None
    tls_done: Hook | None = None
    _fields: ClassVar[tuple[str, ...]] = (
        "dns_start",
        "dns_done",
        "connect_start",
        "connect_done",
        "tls_start",
        "tls_done",
    )

    def __init__(
        self,
        dns_start: Hook | None = None,
        dns_done: Hook | None = None,
        connect_start: Hook | None = None,
        connect_done: Hook | None = None,
        tls_start: Hook | None = None,
        tls_done: Hook | None = None,
    ) -> None:
        given = locals()
        for name in self._fields:
            hook = given[name]
            if hook is not None and not callable(hook):
                raise TypeError(f"{name} is called with facts; {type(hook).__name__} cannot be")
        self._set(given)


class Teller:
    """Calls the callbacks of one dial. `who` is the host that drives it (`waits.here`)."""

    __slots__ = ("_trace", "_who", "listens")

    def __init__(self, trace: Trace | None, who: Hashable) -> None:
        self._trace = trace
        self._who = who
        self.listens = trace is not None

    def tell(self, step: str, *facts: object) -> None:
        """Call the callback for this step, if there is one. Never raises, never waits."""
        hook = getattr(self._trace, step, None)
        if hook is None:
            return
        try:
            made = hook(*facts)
            if hasattr(made, "__await__"):
                self._await(hook, made)
        except Exception as err:
            _report(err, hook)

    def _await(self, hook: Hook, made: Any) -> None:
        start = getattr(self._who, "start", None)
        if start is None:
            if hasattr(made, "close"):
                made.close()
            raise TypeError("an async callback needs an event loop, and this dial has none")

        async def call() -> None:
            try:
                await made
            except Exception as err:
                _report(err, hook)
            finally:
                _awaited.discard(work)

        work = start(call)
        _awaited.add(work)


# Where nobody listens there is nothing to tell apart.
_SILENT = Teller(None, None)


def teller(trace: Trace | None, who: Hashable) -> Teller:
    """Who calls the callbacks of `trace`, if there is one."""
    return _SILENT if trace is None else Teller(trace, who)


# The event loop itself holds on to a task only loosely.
_awaited: set[Any] = set()


def _report(err: Exception, hook: object) -> None:
    # Without a handler of the program's it goes to stderr.
    import logging

    logging.getLogger("dialnet").error("a callback of Trace failed: %r", hook, exc_info=err)
