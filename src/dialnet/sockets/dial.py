"""A dial from beginning to end: names to addresses, and attempts at these."""

from __future__ import annotations

import errno
import os
from collections.abc import Coroutine, Sequence
from time import monotonic

from ..addresses import Addr, IPAddr, TCPAddr, UDPAddr, UnixAddr
from ..errors import CanceledError, MissingAddressError, OpError
from ..poll.deadline import seconds
from ..poll.signal import CancelToken
from ..poll.waits import now, now_and_here
from ..resolve import candidates
from ..resolve.networks import Network, parse_network
from .attempts import Dialing, dialable, limit, one_by_one
from .config import DialOptions
from .connect import begin, complete, failed
from .opened import Opened
from .race import Found, race
from .trace import teller

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


__all__ = ["dial", "dial_typed", "dialing"]

# How long after one attempt the next begins: RFC 8305's recommendation, and the least it allows.
_DELAY, _LEAST_DELAY = 0.25, 0.01


def dial(
    network: str, address: str, options: DialOptions, cancel: CancelToken | None
) -> Opened | Coroutine[Any, Any, Opened]:
    """Connect to `address`: what was opened, where that is done at once; else the work that is to do.

    Raises `OpError` of op `dial`; `TypeError` for arguments of a wrong type.
    """
    try:
        net = parse_network(network, to_open=True)
        known = candidates.spelt_out(net, address) if address else None
    except OSError as err:
        raise OpError("dial", str(network), None, None, err) from err
    if known is not None and len(known) == 1 and net.base == "tcp" and cancel is None and _plain(options):
        return _at_once(net, known[0], options)
    return _dial(net, address, known, options, cancel)


async def dialing(network: str, address: str, options: DialOptions, cancel: CancelToken | None) -> Opened:
    """The same, all of it as work."""
    opened = dial(network, address, options, cancel)
    return opened if isinstance(opened, Opened) else await opened


def _plain(options: DialOptions) -> bool:
    """Whether nothing bounds a dial, and nobody wants to have a say in it."""
    known: bool | None = options.__dict__.get("_plain")
    if known is None:
        given = options.timeout, options.deadline, options.local_addr, options.control, options.trace
        known = options.__dict__["_plain"] = all(one is None for one in given)
    return known


def _at_once(net: Network, remote: Addr, options: DialOptions) -> Opened | Coroutine[Any, Any, Opened]:
    """One attempt. To an address of this machine's it mostly is done when connect(2) returns, and as work for
    a host it would cost more than the system's part of it."""
    began = monotonic()
    used: list[Any] = []
    try:
        begun = fd, code, peer = begin(net, None, remote, options, used)
        if not code:
            try:
                opened = complete(net, remote, options, fd, peer)
            except BaseException:
                fd.close()
                raise
            if opened.local is not None and opened.local[:2] != peer[:2]:
                return opened
    except Exception as err:
        failure = failed(net, None, remote, err, used)
        failure.duration = monotonic() - began
        try:
            raise failure from failure.err
        finally:
            del failure  # Its traceback keeps this frame.
    return Dialing(net, None, options, None, None, teller(None, None)).attempt(remote, None, began, begun)


async def _dial(
    net: Network,
    address: str,
    known: Sequence[Addr] | None,
    options: DialOptions,
    cancel: CancelToken | None,
) -> Opened:
    """`known` are the addresses that `address` says itself."""
    began: float | None
    began, who = await now_and_here()
    until = limit(options, began)
    outcome: Opened | list[OpError] | None = None
    dialing = Dialing(net, options.local_addr, options, until, cancel, teller(options.trace, who))
    delay = _delay(options)
    try:
        if known is not None:
            if options.local_addr is not None:
                known = candidates.matching_local(known, net, options.local_addr)
        elif net.base == "tcp" and delay is not None and candidates.name_in(net, address):
            # Connecting begins while the lookup still goes on.
            found = Found(candidates.ranked)
            lookup = _lookup(dialing, address, found)
            outcome = await race(lookup, found, dialing.attempt, delay, until, cancel)
        else:
            known = await _lookup(dialing, address)
            began = None
    except OSError as err:
        raise OpError("dial", net.name, None, None, err) from err
    if known is not None:
        if len(known) == 1:
            return await dialing.attempt(known[0], until, began)
        if net.base != "tcp" or delay is None:
            return await one_by_one(dialing, known)
        # A literal has two addresses only where it is the unspecified one.
        outcome = await race(_given(known), Found(list), dialing.attempt, delay, until, cancel)
    if isinstance(outcome, Opened):
        return outcome
    assert outcome is not None
    raise dialing.failure(outcome)


def _delay(options: DialOptions) -> float | None:
    """Seconds between attempts; None for one attempt after the other."""
    delay = seconds(options.fallback_delay)
    if delay is None:
        return _DELAY
    return None if delay < 0 else max(delay, _LEAST_DELAY)


async def _given(known: Sequence[Addr]) -> Sequence[Addr]:
    return known


async def _lookup(dialing: Dialing, address: str, found: Found | None = None) -> Sequence[Addr]:
    """All addresses to try; those of each answer go to `found` as soon as it is there.

    Raises `AddrError`, `DNSError`, `MissingAddressError`, `NoSuitableAddressError`.
    """
    options, local, teller = dialing.options, dialing.local, dialing.teller

    def tell(addrs: Sequence[Addr]) -> None:
        assert found is not None
        found.add(addrs if local is None else candidates.reachable(addrs, local))

    async def look_up() -> Sequence[Addr]:
        every = await candidates.addresses(
            "dial",
            dialing.network,
            address,
            dialing.until,
            dialing.cancel,
            options.resolver,
            None if found is None else tell,
        )
        return every if local is None else candidates.matching_local(every, dialing.network, local)

    host = candidates.name_in(dialing.network, address) if teller.listens else ""
    if not host:
        return await look_up()
    teller.tell("dns_start", host, await now())
    try:
        every = await look_up()
    except OSError as err:
        teller.tell("dns_done", host, [], err, await now())
        raise
    except GeneratorExit:
        # Closed, because an address of the first answer has won.
        teller.tell("dns_done", host, [], CanceledError(), monotonic())
        raise
    teller.tell("dns_done", host, [_host(addr) for addr in every], None, await now())
    return every


def _host(addr: Addr) -> IPAddr:
    assert isinstance(addr, (TCPAddr, UDPAddr, IPAddr))
    return IPAddr(addr.ip, addr.zone)


async def dial_typed(
    network: str,
    kind: type[TCPAddr] | type[UDPAddr] | type[IPAddr] | type[UnixAddr],
    local: Addr | None,
    remote: Addr | None,
    options: DialOptions,
    cancel: CancelToken | None,
) -> Opened:
    """Connect to an address that is known already: no lookup, no second address.

    Raises `OpError` of op `dial` (with EINVAL for an address of another network); `TypeError` for what is no
    address.
    """
    began, who = await now_and_here()
    until = limit(options, began)
    for addr in (local, remote):
        if addr is not None and not isinstance(addr, Addr):
            raise TypeError(f"expected a {kind.__name__} or None, not {type(addr).__name__}")
    try:
        net = parse_network(network, *_BASES[kind], to_open=True)
        for addr in (local, remote):
            if addr is not None and not isinstance(addr, kind):
                raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        # A Unix address without a name counts as none.
        if isinstance(remote, UnixAddr):
            remote = dialable(remote)
        if isinstance(local, UnixAddr):
            local = dialable(local)
        if remote is None and not (net.base == "unixgram" and local is not None):
            raise MissingAddressError
    except OSError as err:
        raise OpError("dial", str(network), local, remote, err) from err
    dialing = Dialing(net, local, options, until, cancel, teller(options.trace, who))
    return await dialing.attempt(remote, until, began)


_BASES: dict[type[Addr], tuple[str, ...]] = {
    TCPAddr: ("tcp",),
    UDPAddr: ("udp",),
    IPAddr: ("ip",),
    UnixAddr: ("unix", "unixgram", "unixpacket"),
}
