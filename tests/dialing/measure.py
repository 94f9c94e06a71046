"""Dials in the client's machine of `network.py`, and what came of them."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from typing import Any

import dialnet as net
from dialnet.poll.thread_host import drive
from tests import hosts
from tests.dialing.cases import BY_NAME, Case
from tests.dialing.go_race import go_dial
from tests.dialing.tun import DNS_SERVER


@dataclass
class Outcome:
    """One dial. Addresses are `6.1` for the first of IPv6; times count from the dial's beginning."""

    seconds: float = 0.0
    won: str | None = None
    error: net.OpError | None = None
    tried: list[tuple[float, str]] = field(default_factory=list)
    done: list[tuple[float, str, str]] = field(default_factory=list)
    lookups: list[str] = field(default_factory=list)

    def trace(self, case: Case, began: float) -> net.Trace:
        def connect_start(network: str, addr: Any, at: float) -> None:
            self.tried.append((at - began, case.which(str(addr.ip))))

        def connect_done(network: str, addr: Any, err: BaseException | None, at: float) -> None:
            how = "connected" if err is None else kind(err)
            self.done.append((at - began, case.which(str(addr.ip)), how))

        return net.Trace(
            dns_start=lambda host, at: self.lookups.append("start"),
            dns_done=lambda host, addrs, err, at: self.lookups.append("done" if err is None else kind(err)),
            connect_start=connect_start,
            connect_done=connect_done,
        )


def kind(err: BaseException) -> str:
    if isinstance(err, net.OpError):
        err = err.err
    return type(err).__name__


def _options(resolver: Any, case: Case, outcome: Outcome, began: float) -> dict[str, Any]:
    return {"resolver": resolver, "timeout": case.timeout, "trace": outcome.trace(case, began)}


async def dial(host: hosts.Host, name: str) -> Outcome:
    case, outcome = BY_NAME[name], Outcome()
    # The resolver itself, out of the view that the bodies for threads have of it.
    resolver = host.net.Resolver(servers=[DNS_SERVER])
    began = time.monotonic()
    dialer = host.net.Dialer(**_options(getattr(resolver, "seen", resolver), case, outcome, began))
    try:
        conn = await dialer.dial("tcp", case.address)
    except net.OpError as err:
        outcome.seconds, outcome.error = time.monotonic() - began, err
    else:
        outcome.seconds, outcome.won = time.monotonic() - began, case.which(str(conn.remote_addr.ip))
        conn.close()
    return outcome


def go(name: str) -> Outcome:
    """The same with Go's algorithm."""
    case, outcome = BY_NAME[name], Outcome()
    resolver = net.Resolver(servers=[DNS_SERVER])
    began = time.monotonic()
    try:
        opened = drive(go_dial(case.address, net.Dialer(**_options(resolver, case, outcome, began))))
    except net.OpError as err:
        outcome.seconds, outcome.error = time.monotonic() - began, err
    else:
        outcome.seconds, outcome.won = time.monotonic() - began, case.which(opened.remote[0])
        opened.fd.close()
    return outcome


async def dial_all(host: hosts.Host, names: list[str]) -> tuple[dict[str, Outcome], int]:
    """All at once, after one that makes what is made only once; and how many sockets are left over."""
    await dial(host, names[0])
    before = sockets()
    jobs = {name: host.start(dial, host, name) for name in names}
    outcomes = {name: await job for name, job in jobs.items()}
    return outcomes, len(sockets() - before)


def sockets() -> set[str]:
    """The sockets this process has open."""
    found = set()
    for number in os.listdir("/proc/self/fd"):
        try:
            what = os.readlink(f"/proc/self/fd/{number}")
        except FileNotFoundError:
            continue  # The one that listed them.
        if what.startswith("socket:"):
            found.add(what)
    return found
