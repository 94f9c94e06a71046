"""The attempts of a dial: what they have in common, and one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from time import monotonic

from ..addresses import Addr, UnixAddr
from ..errors import CanceledError, OpError
from ..poll.deadline import earliest, instant, timeout_instant
from ..poll.signal import CancelToken
from ..poll.waits import now
from ..resolve.networks import Network
from .config import DialOptions
from .connect import attempt
from .opened import Opened
from .trace import Teller

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .connect import Begun

__all__ = ["Dialing", "dialable", "limit", "one_by_one"]

# No attempt gets less than this of what is left of a deadline, as long as so much is left (Go's rule).
_LEAST_SHARE = 2.0


class Dialing:
    """What all attempts of one dial have in common."""

    __slots__ = ("cancel", "local", "network", "options", "teller", "until")

    def __init__(
        self,
        network: Network,
        local: Addr | None,
        options: DialOptions,
        until: float | None,
        cancel: CancelToken | None,
        teller: Teller,
    ) -> None:
        self.network = network
        self.local = local
        self.options = options
        self.until = until
        self.cancel = cancel
        self.teller = teller

    async def attempt(
        self,
        remote: Addr | None,
        until: float | None,
        began: float | None = None,
        begun: Begun | None = None,
    ) -> Opened:
        """One attempt, told of. Its error has its `duration`. `began` is the time, where it is known; `begun`
        what was done of it already."""
        teller, name = self.teller, self.network.name
        if began is None:
            began = await now()
        if teller.listens:
            teller.tell("connect_start", name, remote, began)
        try:
            opened = await attempt(
                self.network,
                self.local,
                dialable(remote) if self.network.is_unix else remote,
                self.options,
                until,
                self.cancel,
                begun,
            )
        except OpError as err:
            ended = await now()
            err.duration = ended - began
            teller.tell("connect_done", name, remote, err, ended)
            raise
        except GeneratorExit:
            # Closed, because another has won. The host cannot be asked for the time any more.
            teller.tell("connect_done", name, remote, CanceledError(), monotonic())
            raise
        if teller.listens:
            teller.tell("connect_done", name, remote, None, await now())
        return opened

    def failure(self, failures: Sequence[OpError]) -> OpError:
        """The first failure (or the cancellation), with all of them as `attempts` and in the traceback."""
        canceled = self.cancel is not None and self.cancel.cancelled
        shown = failures[-1] if canceled else failures[0]
        if len(failures) > 1:
            # An error of its own: one that held itself would keep its traceback's frames until a collection.
            err = OpError(shown.op, shown.net, shown.source, shown.addr, shown.err, syscall=shown.syscall)
            err.attempts = tuple(failures)
            err.duration = shown.duration
            err.local_addr = shown.local_addr
            for failure in failures:
                err.add_note(str(failure))
            shown = err
        return shown


def limit(options: DialOptions, began: float) -> float | None:
    """The instant by which all has to be done."""
    if options.timeout is None and options.deadline is None:
        return None
    return earliest(timeout_instant(options.timeout, began), instant(options.deadline))


async def one_by_one(dialing: Dialing, found: Sequence[Addr]) -> Opened:
    """The first address that answers. Of a deadline each gets its share of what is left."""
    failures: list[OpError] = []
    until, cancel = dialing.until, dialing.cancel
    for place, remote in enumerate(found):
        time = await now()
        if failures and until is not None and time >= until:
            break
        try:
            return await dialing.attempt(remote, _share(time, until, len(found) - place))
        except OpError as err:
            failures.append(err)
            if cancel is not None and cancel.cancelled:
                break
    raise dialing.failure(failures)


def _share(time: float, until: float | None, remaining: int) -> float | None:
    if until is None or remaining == 1:
        return until
    left = until - time
    share = left / remaining
    return time + (share if share >= _LEAST_SHARE else min(left, _LEAST_SHARE))


def dialable(remote: Addr | None) -> Addr | None:
    return None if isinstance(remote, UnixAddr) and remote.name == "" else remote
