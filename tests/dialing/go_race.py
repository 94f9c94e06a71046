"""How Go's `net` races, as a coroutine over waits, to be compared with ours under the same host.

Two racers at most: the addresses of the family that sorts first, and the rest. Each goes from address to
address; the second begins 300 ms after the first, or when that one has failed. Nothing begins before the
lookup is over. Of a deadline each address gets its share of what is left, at least 2 s.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import dialnet as net
from dialnet.poll.crowd import Crowd
from dialnet.poll.deadline import earliest, instant, timeout_instant
from dialnet.poll.waits import here, now
from dialnet.resolve import candidates
from dialnet.resolve.networks import parse_network
from dialnet.sockets.attempts import Dialing
from dialnet.sockets.config import DialOptions
from dialnet.sockets.trace import Teller

FALLBACK_DELAY = 0.3
LEAST_SHARE = 2.0

Attempt = Callable[[Any, float | None], Coroutine[Any, Any, Any]]


async def go_race(
    lookup: Coroutine[Any, Any, Sequence[Any]], attempt: Attempt, until: float | None = None
) -> Any:
    """The connection, or the list of the one error that Go gives: that of the first address."""
    every = await lookup
    primaries = [addr for addr in every if addr.ip.version == every[0].ip.version]
    fallbacks = [addr for addr in every if addr.ip.version != every[0].ip.version]
    try:
        if not fallbacks:
            return await _serial(primaries, attempt, until)
        return await _parallel(primaries, fallbacks, attempt, until)
    except net.OpError as err:
        return [err]


async def _parallel(primaries: list[Any], fallbacks: list[Any], attempt: Attempt, until: float | None) -> Any:
    crowd = Crowd()
    primary = crowd.add(_serial(primaries, attempt, until))
    fallback = None
    fallback_at = await now() + FALLBACK_DELAY
    ended: list[Any] = []
    try:
        while len(ended) < 2:
            if fallback is None and (ended or await now() >= fallback_at):
                fallback = crowd.add(_serial(fallbacks, attempt, until))
            child = await crowd.next(until=fallback_at if fallback is None else None)
            if child is None:
                continue
            if child.error is None:
                return child.value
            if not isinstance(child.error, net.OpError):
                raise child.error
            ended.append(child)
    finally:
        for child in crowd.close():
            if child.error is None:
                child.value.fd.close()
    raise primary.error


async def _serial(addrs: list[Any], attempt: Attempt, until: float | None) -> Any:
    first: net.OpError | None = None
    for place, addr in enumerate(addrs):
        time = await now()
        limit = until
        if until is not None:
            left = until - time
            if left <= 0:
                break
            share = left / (len(addrs) - place)
            limit = time + (share if share >= LEAST_SHARE else min(left, LEAST_SHARE))
        try:
            return await attempt(addr, limit)
        except net.OpError as err:
            first = first or err
    raise first or net.OpError("dial", "tcp", None, addrs[0], net.DeadlineExceededError())


async def go_dial(address: str, options: DialOptions) -> Any:
    """A dial of a name over TCP with this race in the place of ours, over real sockets."""
    began = await now()
    until = earliest(timeout_instant(options.timeout, began), instant(options.deadline))
    network = parse_network("tcp")
    dialing = Dialing(network, None, options, until, None, Teller(options.trace, await here()))
    lookup = candidates.addresses("dial", network, address, until, None, options.resolver)
    outcome = await go_race(lookup, dialing.attempt, until)
    if isinstance(outcome, list):
        raise outcome[0]
    return outcome
