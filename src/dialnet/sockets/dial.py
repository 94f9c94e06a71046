"""A dial from beginning to end: names to addresses, then one attempt after the other."""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence

from ..addresses import Addr, TCPAddr, UDPAddr, UnixAddr
from ..errors import MissingAddressError, OpError
from ..poll.deadline import earliest, instant, timeout_instant
from ..poll.signal import CancelToken
from ..poll.waits import now
from ..resolve import candidates
from ..resolve.networks import Network, parse_network
from .config import DialOptions
from .connect import attempt
from .opened import Opened

__all__ = ["dial", "dial_typed"]

# No attempt gets less than this of what is left of a deadline, as long as so much is left (Go's rule).
_LEAST_SHARE = 2.0


async def dial(network: str, address: str, options: DialOptions, cancel: CancelToken | None) -> Opened:
    """Connect to `address`. Raises `OpError` of op `dial`; `TypeError` for arguments of a wrong type."""
    until = await _deadline(options)
    local = options.local_addr
    try:
        net = parse_network(network)
        found = await candidates.addresses("dial", net, address, until, cancel)
        if local is not None:
            found = candidates.matching_local(found, net, local)
    except OSError as err:
        raise OpError("dial", str(network), None, None, err) from err
    return await _one_by_one(net, local, found, options, until, cancel)


async def _deadline(options: DialOptions) -> float | None:
    time = await now()
    return earliest(timeout_instant(options.timeout, time), instant(options.deadline))


async def _one_by_one(
    network: Network,
    local: Addr | None,
    found: Sequence[Addr],
    options: DialOptions,
    until: float | None,
    cancel: CancelToken | None,
) -> Opened:
    """The first address that answers. Of a deadline each gets its share of what is left."""
    failures: list[OpError] = []
    for place, remote in enumerate(found):
        time = await now()
        if failures and until is not None and time >= until:
            break
        share = _share(time, until, len(found) - place)
        try:
            return await attempt(network, local, _dialable(remote), options, share, cancel)
        except OpError as err:
            failures.append(err)
            if cancel is not None and cancel.cancelled:
                break
    raise failures[0] if len(failures) == 1 else _summary(failures, cancel)


def _summary(failures: list[OpError], cancel: CancelToken | None) -> OpError:
    """The first failure (or the cancellation), with all of them as `attempts` and in the traceback."""
    shown = failures[-1] if cancel is not None and cancel.cancelled else failures[0]
    # An error of its own: one that held itself would keep its traceback's frames until a collection.
    err = OpError(shown.op, shown.net, shown.source, shown.addr, shown.err, syscall=shown.syscall)
    err.attempts = tuple(failures)
    for failure in failures:
        err.add_note(str(failure))
    return err


def _share(time: float, until: float | None, remaining: int) -> float | None:
    if until is None or remaining == 1:
        return until
    left = until - time
    share = left / remaining
    return time + (share if share >= _LEAST_SHARE else min(left, _LEAST_SHARE))


def _dialable(remote: Addr) -> Addr | None:
    return None if isinstance(remote, UnixAddr) and remote.name == "" else remote


async def dial_typed(
    network: str,
    kind: type[TCPAddr] | type[UDPAddr] | type[UnixAddr],
    local: Addr | None,
    remote: Addr | None,
    options: DialOptions,
    cancel: CancelToken | None,
) -> Opened:
    """Connect to an address that is known already: no lookup, no second address.

    Raises `OpError` of op `dial` (with EINVAL for an address of another network); `TypeError` for what is no
    address.
    """
    until = await _deadline(options)
    for addr in (local, remote):
        if addr is not None and not isinstance(addr, Addr):
            raise TypeError(f"expected a {kind.__name__} or None, not {type(addr).__name__}")
    try:
        net = parse_network(network, *_BASES[kind])
        for addr in (local, remote):
            if addr is not None and not isinstance(addr, kind):
                raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        # A Unix address without a name counts as none.
        if isinstance(remote, UnixAddr):
            remote = _dialable(remote)
        if isinstance(local, UnixAddr):
            local = _dialable(local)
        if remote is None and not (net.base == "unixgram" and local is not None):
            raise MissingAddressError
    except OSError as err:
        raise OpError("dial", str(network), local, remote, err) from err
    return await attempt(net, local, remote, options, until, cancel)


_BASES: dict[type[Addr], tuple[str, ...]] = {
    TCPAddr: ("tcp",),
    UDPAddr: ("udp",),
    UnixAddr: ("unix", "unixgram", "unixpacket"),
}
