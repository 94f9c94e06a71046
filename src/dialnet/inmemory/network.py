"""The network in memory: who listens by which name, and how they are dialed."""

from __future__ import annotations

import errno
import itertools
import os
import socket

from ..errors import MissingAddressError, OpError
from ..poll.deadline import timeout_instant
from ..poll.turns import Guard
from ..poll.waits import bounded, now, wait
from ..resolve.networks import Network
from .addr import MemoryAddr
from .backlog import Backlog, Dialing
from .packets import Mailbox

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import timedelta
    from typing import Any

__all__ = ["NETWORK", "MemoryNetwork", "connect", "listen", "open_mailbox"]

NETWORK = Network("memory", "memory", socket.AF_UNSPEC, socket.SOCK_STREAM)


class MemoryNetwork:
    """Streams and packets have their names apart from each other, as TCP and UDP their ports."""

    __slots__ = ("_numbers", "backlogs", "guard", "mailboxes")

    def __init__(self) -> None:
        self.guard = Guard()
        self._numbers = itertools.count(1)
        self.backlogs: dict[str, Backlog] = {}
        self.mailboxes: dict[str, Mailbox] = {}

    def fresh(self) -> MemoryAddr:
        """A name that nobody has. With the lock held."""
        while True:
            name = f"@{next(self._numbers)}"
            if name not in self.backlogs and name not in self.mailboxes:
                return MemoryAddr(name)

    def claim(self, name: str, taken: dict[str, Any]) -> MemoryAddr:
        """The address of that name, which nobody may have; a fresh one of none. With the lock held."""
        if not name:
            return self.fresh()
        if name in taken:
            raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))
        return MemoryAddr(name)


# Both faces' and every thread's: who dials finds who listens.
_network = MemoryNetwork()


def listen(name: str, backlog: int) -> Backlog:
    """Raises `OpError` of op `listen` if somebody listens by that name."""
    addr = MemoryAddr(name)
    if isinstance(backlog, bool) or not isinstance(backlog, int):
        raise TypeError(f"a backlog is a number of connections, not {type(backlog).__name__}")
    if backlog < 1:
        raise ValueError("a backlog below 1 would let nobody in")
    try:
        with _network.guard.lock:
            addr = _network.claim(name, _network.backlogs)
            made = _network.backlogs[addr.name] = Backlog(_network, addr, backlog)
            return made
    except OSError as err:
        raise OpError("listen", "memory", None, addr, err) from err


def open_mailbox(local_name: str, peer: MemoryAddr | None = None) -> Mailbox:
    """For packets to and from everybody, or `peer` alone. Raises `OpError` if somebody has that name."""
    local = MemoryAddr(local_name)
    try:
        if peer is not None and not peer.name:
            raise MissingAddressError
        with _network.guard.lock:
            addr = _network.claim(local_name, _network.mailboxes)
            made = _network.mailboxes[addr.name] = Mailbox(_network, addr, peer)
            return made
    except MissingAddressError as err:
        raise OpError("dial", "memory", None, None, err) from err
    except OSError as err:
        if peer is None:
            raise OpError("listen", "memory", None, local, err) from err
        raise OpError("dial", "memory", local, peer, err) from err


async def connect(name: str, timeout: float | timedelta | None) -> tuple[Dialing, MemoryAddr]:
    """Dial; the dial, which has both ends, and the address that was dialed. Raises `OpError` of op `dial`."""
    addr = MemoryAddr(name)
    limit = timeout_instant(timeout, await now())
    try:
        return await bounded(_knock(name), limit), addr
    except MissingAddressError as err:
        raise OpError("dial", "memory", None, None, err) from err
    except OSError as err:
        raise OpError("dial", "memory", None, addr, err) from err


async def _knock(name: str) -> Dialing:
    if not name:
        raise MissingAddressError
    with _network.guard.lock:
        backlog = _network.backlogs.get(name)
        if backlog is None:
            raise _refused()
        dialing = Dialing(_network.fresh())
        backlog.knock(dialing)
    _network.guard.ring()
    inside = dialing.fired()
    try:
        if not inside:
            await wait(dialing)
            inside = not dialing.refused
    finally:
        if not inside:
            backlog.give_up(dialing)
    if dialing.refused:
        raise _refused()
    return dialing


def _refused() -> OSError:
    return OSError(errno.ECONNREFUSED, os.strerror(errno.ECONNREFUSED))
