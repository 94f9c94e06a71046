"""What can be set for a dial or a listener, the same in both faces."""

from __future__ import annotations

import math
from collections.abc import Callable

from ..addresses import Addr
from ..poll.deadline import instant, seconds
from ..record import Record
from .raw import RawControl
from .trace import Trace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime, timedelta
    from typing import Any, ClassVar

    Control = Callable[[str, str, RawControl], Any]

__all__ = ["DialOptions", "KeepAliveConfig", "ListenOptions"]


class KeepAliveConfig(Record):
    """TCP keep-alive probes (RFC 9293, section 3.8.4).

    Args:
        enable: whether idle connections are probed at all.
        idle: seconds of silence before the first probe.
        interval: seconds between probes.
        count: probes without an answer before the connection is dropped.

    Fractions are rounded up, the kernel counts whole seconds. 0 means the default (15 s, 15 s, 9); a
    negative number leaves what the system has.
    """

    enable: bool = True
    idle: float | timedelta = 15
    interval: float | timedelta = 15
    count: int = 9
    _fields: ClassVar[tuple[str, ...]] = ("enable", "idle", "interval", "count")

    def __init__(
        self,
        enable: bool = True,
        idle: float | timedelta = 15,
        interval: float | timedelta = 15,
        count: int = 9,
    ) -> None:
        for length in (idle, interval):
            if length is None or not math.isfinite(seconds(length) or 0.0):
                raise ValueError("a keep-alive time is a finite number of seconds")
        if isinstance(count, bool) or not isinstance(count, int):
            raise TypeError(f"a count of probes is an int, not {type(count).__name__}")
        self._set(locals())


def _check_hook(control: object) -> None:
    if control is not None and not callable(control):
        raise TypeError(
            f"control is called with network, address and RawConn; {type(control).__name__} cannot be"
        )


def _check_keep_alive(config: object) -> None:
    if not isinstance(config, KeepAliveConfig):
        raise TypeError(f"keep_alive is a KeepAliveConfig, not {type(config).__name__}")


def _check_multipath(use: object) -> None:
    if use is not None and not isinstance(use, bool):
        raise TypeError(f"multipath_tcp is True, False or None, not {type(use).__name__}")


class DialOptions(Record):
    """What both faces' `Dialer` has.

    Args:
        timeout: seconds (or a `timedelta`) for the whole dial, lookup included; `None` is no limit, 0 or
            less has passed already.
        deadline: the same as a point in time: a float on `time.monotonic()`'s clock, an aware `datetime`
            or a `timedelta`. The earlier of the two counts.
        local_addr: the `Addr` to dial from, of the network's own kind; `None` lets the system choose.
        fallback_delay: seconds (or a `timedelta`) between one attempt and the next where a name has several
            addresses, at least 0.01; `None` is 0.25 (RFC 8305, section 5). Negative: one address after the
            other, each with its share of the deadline.
        keep_alive: keep-alive probes for TCP connections.
        resolver: what looks up the host: a `Resolver`, or any object with its `lookup_ip_addr(host)`, which
            gives a list of `IPAddr`; `None` is the default resolver.
        control: `control(network, address, raw_conn)` is called when the socket is made and before it is
            bound or connected; what it raises ends that attempt.
        multipath_tcp: whether TCP connections use several paths where both ends can (RFC 8684), and are plain
            TCP ones elsewhere; `None` is what `DIALNETDEBUG=multipathtcp=` says, else no.
        trace: callbacks for the steps of the dial.
    """

    timeout: float | timedelta | None = None
    deadline: float | datetime | timedelta | None = None
    local_addr: Addr | None = None
    fallback_delay: float | timedelta | None = None
    keep_alive: KeepAliveConfig = KeepAliveConfig()
    resolver: Any = None
    control: Control | None = None
    multipath_tcp: bool | None = None
    trace: Trace | None = None
    _fields: ClassVar[tuple[str, ...]] = (
        "timeout",
        "deadline",
        "local_addr",
        "fallback_delay",
        "keep_alive",
        "resolver",
        "control",
        "multipath_tcp",
        "trace",
    )

    def __init__(
        self,
        timeout: float | timedelta | None = None,
        deadline: float | datetime | timedelta | None = None,
        local_addr: Addr | None = None,
        fallback_delay: float | timedelta | None = None,
        keep_alive: KeepAliveConfig = KeepAliveConfig(),  # noqa: B008 (frozen)
        resolver: Any = None,
        control: Control | None = None,
        multipath_tcp: bool | None = None,
        trace: Trace | None = None,
    ) -> None:
        seconds(timeout)
        instant(deadline)
        seconds(fallback_delay)
        if local_addr is not None and not isinstance(local_addr, Addr):
            raise TypeError(f"local_addr is an Addr, not {type(local_addr).__name__}")
        _check_keep_alive(keep_alive)
        if resolver is not None and not callable(getattr(resolver, "lookup_ip_addr", None)):
            raise TypeError(f"a resolver has a lookup_ip_addr; {type(resolver).__name__} has none")
        _check_hook(control)
        _check_multipath(multipath_tcp)
        if trace is not None and not isinstance(trace, Trace):
            raise TypeError(f"trace is a Trace, not {type(trace).__name__}")
        self._set(locals())


class ListenOptions(Record):
    """What both faces' `ListenConfig` has.

    Args:
        control: `control(network, address, raw_conn)` is called when the socket is made and before it is
            bound; what it raises ends the call.
        keep_alive: keep-alive probes for the TCP connections that are accepted.
        multipath_tcp: whether TCP connections may use several paths (RFC 8684) where the kernel can; `None`
            is what `DIALNETDEBUG=multipathtcp=` says, else yes. A peer that cannot has a plain
            connection.
        reuse_port: set SO_REUSEPORT, so that several listeners may share one address and the kernel
            spreads connections over them.
        backlog: how many connections may wait to be accepted; `None` is the system's limit.
    """

    control: Control | None = None
    keep_alive: KeepAliveConfig = KeepAliveConfig()
    multipath_tcp: bool | None = None
    reuse_port: bool = False
    backlog: int | None = None
    _fields: ClassVar[tuple[str, ...]] = ("control", "keep_alive", "multipath_tcp", "reuse_port", "backlog")

    def __init__(
        self,
        control: Control | None = None,
        keep_alive: KeepAliveConfig = KeepAliveConfig(),  # noqa: B008 (frozen)
        multipath_tcp: bool | None = None,
        reuse_port: bool = False,
        backlog: int | None = None,
    ) -> None:
        _check_multipath(multipath_tcp)
        _check_keep_alive(keep_alive)
        _check_hook(control)
        if backlog is not None:
            if isinstance(backlog, bool) or not isinstance(backlog, int):
                raise TypeError(f"backlog is an int or None, not {type(backlog).__name__}")
            if backlog < 0:
                raise ValueError("backlog cannot be negative")
        self._set(locals())
