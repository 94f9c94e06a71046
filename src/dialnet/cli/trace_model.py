"""What happened in a dial: steps, each with a start, an end and an outcome. All times are seconds since the
dial began.

No text here is fit to be shown yet: names come from the command line and from servers.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import dialnet as net

__all__ = [
    "AGREED",
    "CONNECT",
    "CONNECTED",
    "FAILED",
    "FOUND",
    "GIVEN_UP",
    "LOOKUP",
    "REFUSED",
    "TIMED_OUT",
    "TLS",
    "UNKNOWN",
    "UNREACHABLE",
    "UNVERIFIED",
    "Step",
    "Waterfall",
    "as_json",
    "milliseconds",
    "ticks",
]

LOOKUP, CONNECT, TLS = "lookup", "connect", "tls"

# Outcomes. One connection is made, at most: the winner.
FOUND, CONNECTED, GIVEN_UP = "found", "connected", "given up"
REFUSED, TIMED_OUT, UNREACHABLE = "refused", "timed out", "unreachable"
UNKNOWN, FAILED = "no such host", "failed"
AGREED, UNVERIFIED = "agreed", "not verified"

_NAMED = 3


@dataclass(frozen=True)
class Step:
    """A lookup, an attempt to connect, or a TLS handshake."""

    kind: str
    what: str  # the name that is looked up or verified, or the address that is connected to
    start: float
    end: float
    outcome: str
    network: str = ""
    addresses: tuple[str, ...] = ()
    error: str | None = None
    reason: str = ""  # the error in fewer words
    version: str = ""  # of TLS, and what else was agreed upon
    cipher: str = ""
    alpn: str | None = None

    @property
    def length(self) -> float:
        return self.end - self.start

    @property
    def won(self) -> bool:
        return self.outcome == CONNECTED

    @property
    def manner(self) -> str:
        """How it looks: found, connected, agreed, given up, or failed."""
        return self.outcome if self.outcome in (FOUND, CONNECTED, AGREED, GIVEN_UP) else FAILED

    @property
    def ending(self) -> str:
        """How it ended, in few words."""
        if self.outcome == FOUND:
            count = len(self.addresses)
            return f"{count} address" if count == 1 else f"{count} addresses"
        if self.outcome == CONNECTED:
            return "winner"
        if self.outcome == AGREED:
            return self.version
        return self.reason or self.outcome if self.outcome == FAILED else self.outcome


@dataclass(frozen=True)
class Waterfall:
    """A whole dial, its steps in the order in which they began."""

    network: str
    address: str
    steps: tuple[Step, ...]
    total: float
    error: str | None = None
    interrupted: bool = False
    tls: bool = False

    @property
    def winner(self) -> Step | None:
        return next((step for step in self.steps if step.won), None)

    @property
    def untried(self) -> tuple[str, ...]:
        """The addresses that were found and not dialed."""
        found = [addr for step in self.steps for addr in step.addresses]
        if not found:
            return ()  # what was connected to may be a path
        tried = {net.split_host_port(step.what)[0] for step in self.steps if step.kind == CONNECT}
        return tuple(addr for addr in found if addr not in tried)

    @property
    def span(self) -> float:
        """What the time axis covers. A loser is closed, and its end told, before the dial is over."""
        return max([self.total, *(step.end for step in self.steps)])

    @property
    def headline(self) -> str:
        how = "interrupted after" if self.interrupted else "failed after"
        if self.error is None:
            winner = self.winner
            to = f" to {winner.what}" if winner is not None and winner.what != self.address else ""
            how = f"connected{to} in"
        tls = " with TLS" if self.tls else ""
        return f"dial {self.network} {self.address}{tls}: {how} {milliseconds(self.total)} ms"

    @property
    def agreement(self) -> str:
        """What TLS has agreed upon; maybe nothing."""
        step = next((step for step in self.steps if step.outcome == AGREED), None)
        if step is None:
            return ""
        return f"{step.version}, {step.cipher}, {f'ALPN {step.alpn}' if step.alpn else 'no ALPN'}"

    @property
    def footnote(self) -> str:
        """What no step shows; maybe nothing."""
        first, more = self.untried[:_NAMED], len(self.untried) - _NAMED
        text = f"not tried: {', '.join(first)}" if first else ""
        return f"{text} and {more} more" if more > 0 else text


def milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.1f}"


def ticks(span: float, most: int) -> list[tuple[float, str]]:
    """Round instants from 0 to `span`, at most `most` of them after 0, and what they are called in ms."""
    micros = max(round(span * 1e6), 1)
    step, scale = 1, 1
    while micros // step > most:
        for step in (2 * scale, 5 * scale, 10 * scale):
            if micros // step <= most:
                break
        else:
            scale *= 10
    return [(at / 1e6, f"{at / 1000:.15g}") for at in range(0, micros + 1, step)]


def as_json(waterfall: Waterfall) -> str:
    """One document on one line, every control character escaped: `json` keeps to ASCII that prints."""
    winner = waterfall.winner
    document = {
        "network": waterfall.network,
        "address": waterfall.address,
        "steps": [_step(step) for step in waterfall.steps],
        "winner": None if winner is None else winner.what,
        "total": _seconds(waterfall.total),
        "error": waterfall.error,
    }
    return json.dumps(document) + "\n"


def _step(step: Step) -> dict[str, object]:
    fields: dict[str, object] = {"step": step.kind}
    if step.kind != CONNECT:
        fields |= {"name": step.what}
    else:
        fields |= {"network": step.network, "address": step.what}
    fields |= {"start": _seconds(step.start), "length": _seconds(step.length), "outcome": step.outcome}
    if step.kind == LOOKUP:
        fields |= {"addresses": step.addresses}
    elif step.kind == TLS:
        fields |= {"version": step.version or None, "cipher": step.cipher or None, "alpn": step.alpn}
    return {**fields, "error": step.error}


def _seconds(value: float) -> float:
    return round(value, 6)
