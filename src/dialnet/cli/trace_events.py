"""What a dial tells while it goes on, noted, and made into steps when it is over."""

from __future__ import annotations

import errno
from typing import Any

import dialnet as net

from . import trace_model
from .trace_model import CONNECT, LOOKUP, TLS, Step, Waterfall

__all__ = ["Events"]

_UNREACHABLE = {errno.ENETUNREACH, errno.EHOSTUNREACH}


class Events:
    """Notes what a dial tells, and makes steps of it."""

    def __init__(self) -> None:
        self.began = 0.0
        self._noted: list[_Noted] = []

    def trace(self) -> net.Trace:
        return net.Trace(
            dns_start=lambda host, at: self._start(LOOKUP, "", host, at),
            dns_done=lambda host, addrs, err, at: self._done(LOOKUP, host, err, at, addrs),
            connect_start=lambda network, addr, at: self._start(CONNECT, network, addr, at),
            connect_done=lambda network, addr, err, at: self._done(CONNECT, addr, err, at),
            tls_start=lambda name, at: self._start(TLS, "", name, at),
            tls_done=self._tls_done,
        )

    def _start(self, kind: str, network: str, what: object, at: float) -> None:
        self._noted.append(_Noted(kind, network, what, at))

    def _done(self, kind: str, what: object, err: OSError | None, at: float, addrs: Any = ()) -> None:
        noted = next(n for n in self._noted if n.end is None and (n.kind, n.what) == (kind, what))
        noted.end, noted.err, noted.addrs = at, err, tuple(map(str, addrs))

    def _tls_done(self, state: Any, err: BaseException | None, at: float) -> None:
        if err is not None and not isinstance(err, OSError):
            return  # Ctrl-C: it was given up
        noted = next(n for n in self._noted if n.kind == TLS)
        noted.end, noted.err, noted.state = at, err, state

    def waterfall(
        self,
        network: str,
        address: str,
        ended: float,
        winner: net.Addr | None,
        failure: BaseException | None,
        tls: bool = False,
    ) -> Waterfall:
        """All of it. A step whose end was not told (a lookup, when its first answer was enough) was given
        up when the dial ended."""
        interrupted = isinstance(failure, KeyboardInterrupt)
        won = self._winner(winner)
        return Waterfall(
            network,
            address,
            tuple(self._step(noted, ended, noted is won) for noted in self._noted),
            ended - self.began,
            "interrupted" if interrupted else None if failure is None else str(failure),
            interrupted,
            tls,
        )

    def _winner(self, winner: net.Addr | None) -> _Noted | None:
        """Two may have been connected at once, and then one of them was closed again."""
        connected = [n for n in self._noted if n.kind == CONNECT and n.end is not None and n.err is None]
        if winner is None and any(n.kind == TLS for n in self._noted):
            return next(iter(connected), None)  # and what failed came after it
        # The unspecified address is another one once it is connected to.
        matching = [noted for noted in connected if str(noted.what) == str(winner)]
        return next(iter(matching or connected), None) if winner is not None else None

    def _step(self, noted: _Noted, ended: float, won: bool) -> Step:
        outcome, reason = _outcome(noted, won)
        return Step(
            noted.kind,
            "" if noted.what is None else str(noted.what),
            noted.start - self.began,
            (ended if noted.end is None else noted.end) - self.began,
            outcome,
            noted.network,
            noted.addrs,
            None if noted.err is None else str(noted.err),
            reason,
            *(() if noted.state is None else (noted.state.version, noted.state.cipher, noted.state.alpn)),
        )


class _Noted:
    """What has been told of one step so far."""

    def __init__(self, kind: str, network: str, what: object, start: float) -> None:
        self.kind = kind
        self.network = network
        self.what = what
        self.start = start
        self.end: float | None = None
        self.err: OSError | None = None
        self.addrs: tuple[str, ...] = ()
        self.state: Any = None


def _outcome(noted: _Noted, won: bool) -> tuple[str, str]:
    """The outcome, and the reason in few words where that is no more than `failed`."""
    err = noted.err
    if noted.end is None or isinstance(err, net.CanceledError):
        return trace_model.GIVEN_UP, ""
    if err is None:
        if noted.kind == LOOKUP:
            return trace_model.FOUND, ""
        if noted.kind == TLS:
            return trace_model.AGREED, ""
        return trace_model.CONNECTED if won else trace_model.GIVEN_UP, ""
    if isinstance(err, ConnectionRefusedError):
        return trace_model.REFUSED, ""
    if isinstance(err, TimeoutError):
        return trace_model.TIMED_OUT, ""
    if isinstance(err, net.DNSError) and err.is_not_found:
        return trace_model.UNKNOWN, ""
    if err.errno in _UNREACHABLE:
        return trace_model.UNREACHABLE, ""
    if getattr(err, "verify_message", ""):
        return trace_model.UNVERIFIED, ""  # why is a long story, and told elsewhere
    if noted.kind == TLS and hasattr(err, "record_header"):
        return trace_model.FAILED, "not TLS"
    cause = err.err if isinstance(err, net.OpError) else err
    return trace_model.FAILED, getattr(cause, "strerror", None) or str(cause)
