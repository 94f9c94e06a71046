"""What can be set for a dial or a listener, the same in both faces."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from ..addresses import Addr
from ..poll.deadline import instant, seconds
from .raw import RawControl

__all__ = ["Control", "DialOptions", "KeepAliveConfig", "ListenOptions"]

Control = Callable[[str, str, RawControl], Any]


@dataclass(frozen=True)
class KeepAliveConfig:
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

    def __post_init__(self) -> None:
        for length in (self.idle, self.interval):
            if length is None or not math.isfinite(seconds(length) or 0.0):
                raise ValueError("a keep-alive time is a finite number of seconds")
        if isinstance(self.count, bool) or not isinstance(self.count, int):
            raise TypeError(f"a count of probes is an int, not {type(self.count).__name__}")


def _check_hook(control: object) -> None:
    if control is not None and not callable(control):
        raise TypeError(
            f"control is called with network, address and RawConn; {type(control).__name__} cannot be"
        )


def _check_keep_alive(config: object) -> None:
    if not isinstance(config, KeepAliveConfig):
        raise TypeError(f"keep_alive is a KeepAliveConfig, not {type(config).__name__}")


@dataclass(frozen=True)
class DialOptions:
    """What both faces' `Dialer` has.

    Args:
        timeout: seconds (or a `timedelta`) for the whole dial, lookup included; `None` is no limit, 0 or
            less has passed already.
        deadline: the same as a point in time: a float on `time.monotonic()`'s clock, an aware `datetime`
            or a `timedelta`. The earlier of the two counts.
        local_addr: the `Addr` to dial from, of the network's own kind; `None` lets the system choose.
        keep_alive: keep-alive probes for TCP connections.
        control: `control(network, address, raw_conn)` is called when the socket is made and before it is
            bound or connected; what it raises ends that attempt.
    """

    timeout: float | timedelta | None = None
    deadline: float | datetime | timedelta | None = None
    local_addr: Addr | None = None
    keep_alive: KeepAliveConfig = field(default=KeepAliveConfig(), kw_only=True)
    control: Control | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        seconds(self.timeout)
        instant(self.deadline)
        if self.local_addr is not None and not isinstance(self.local_addr, Addr):
            raise TypeError(f"local_addr is an Addr, not {type(self.local_addr).__name__}")
        _check_keep_alive(self.keep_alive)
        _check_hook(self.control)


@dataclass(frozen=True)
class ListenOptions:
    """What both faces' `ListenConfig` has.

    Args:
        control: `control(network, address, raw_conn)` is called when the socket is made and before it is
            bound; what it raises ends the call.
        keep_alive: keep-alive probes for the TCP connections that are accepted.
        reuse_port: set SO_REUSEPORT, so that several listeners may share one address and the kernel
            spreads connections over them.
        backlog: how many connections may wait to be accepted; `None` is the system's limit.
    """

    control: Control | None = None
    keep_alive: KeepAliveConfig = KeepAliveConfig()
    reuse_port: bool = field(default=False, kw_only=True)
    backlog: int | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        _check_keep_alive(self.keep_alive)
        _check_hook(self.control)
        if self.backlog is not None:
            if isinstance(self.backlog, bool) or not isinstance(self.backlog, int):
                raise TypeError(f"backlog is an int or None, not {type(self.backlog).__name__}")
            if self.backlog < 0:
                raise ValueError("backlog cannot be negative")
