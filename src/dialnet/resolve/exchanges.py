"""Asking for one name and type until a server has answered: tries, servers, failures.

The rules are Go's `tryOneName` and `exchange` (which follow the C library's `res_send`): each try is a new
socket and a new id; a server that fails or refuses makes room for the next; that a name does not exist is an
answer, and nobody else is asked.
"""

from __future__ import annotations

import functools
import os

from ..errors import DeadlineExceededError, DNSError, OpError
from ..poll.waits import now
from .dns import message as dns
from .dns.plain import PlainAnswer
from .talk import BadAnswerError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from .config.resolv_conf import ResolvConf
    from .dns.message import Message, Query
    from .observer import Observer
    from .transport import Transport

__all__ = ["Asking", "no_such_host"]


def no_such_host(name: str, server: str = "") -> DNSError:
    return DNSError("no such host", name, server, is_not_found=True)


# Drawn at once for many questions, and not used yet.
_ids: list[int] = []


def _draw_id() -> int:
    """Half of what makes a forged answer improbable (the port is the other)."""
    while True:
        try:
            return _ids.pop()
        except IndexError:
            _ids.extend(memoryview(os.urandom(512)).cast("H"))


if hasattr(os, "register_at_fork"):
    # A child must not use what its parent will.
    os.register_at_fork(after_in_child=_ids.clear)


class Asking:
    """How questions are put: over what, as resolv.conf says, and who is told of it."""

    __slots__ = ("conf", "edns", "observer", "transport", "turns")

    def __init__(
        self,
        transport: Transport,
        conf: ResolvConf,
        observer: Observer,
        *,
        turns: Iterator[int],
        edns: bool = True,
    ) -> None:
        self.transport = transport
        self.conf = conf
        self.observer = observer
        # Which server comes first, where they take turns (`options rotate`).
        self.turns = turns
        self.edns = edns

    async def ask(
        self, name: str, qtype: int, *, aliases: bool = False, time: float | None = None
    ) -> tuple[Message, str]:
        """The answer for a rooted name, one that has records of this type, and the server's address.

        With `aliases` an answer will do that has a CNAME and nothing behind it. `time` is what time it is,
        where the caller knows.

        Raises `DNSError`.
        """
        conf = self.conf
        exchange: Callable[..., Awaitable[Message]] = self.transport.exchange
        if self.observer.listens:
            exchange = functools.partial(self._told, name, qtype)
        network = "tcp" if conf.use_tcp else "udp"
        servers = tuple(conf.servers)
        if conf.rotate and servers:
            first = next(self.turns) % len(servers)
            servers = servers[first:] + servers[:first]
        last: DNSError | None = None
        for _ in range(conf.attempts):
            for server in servers:
                query = dns.Query(_draw_id(), name, qtype, conf.trust_ad, self.edns)
                started, time = await now() if time is None else time, None
                try:
                    message = await exchange(network, server, query, started + conf.timeout)
                    if isinstance(message, PlainAnswer):
                        return message, server
                    if message.truncated and network == "udp":
                        # What does not fit into a stream's message either has to do.
                        message = await exchange("tcp", server, query, await now() + conf.timeout)
                except (OSError, EOFError, BadAnswerError) as err:
                    last = _failure(err, name, server)
                    if isinstance(err, BadAnswerError) and err.final:
                        raise last from err
                    last.__cause__ = err
                    continue
                problem = _problem(message, name, qtype, server)
                if problem is None or (aliases and problem.is_not_found and _has_alias(message)):
                    return message, server
                if problem.is_not_found:
                    raise problem
                last = problem
        if last is None:
            # No server and no try at all, which only a made-up configuration has.
            raise DNSError("no DNS servers", name)
        raise last

    async def _told(
        self, name: str, qtype: int, network: str, server: str, query: Query, until: float
    ) -> Message:
        """An exchange of which the observer hears."""
        started = await now()
        try:
            message = await self.transport.exchange(network, server, query, until)
        except (OSError, EOFError, BadAnswerError) as err:
            self.observer.asked(network, server, name, qtype, started, await now(), str(err))
            raise
        self.observer.asked(network, server, name, qtype, started, await now(), _said(message))
        return message


_RCODES = {
    dns.RCODE_FORMERR: "FORMERR",
    dns.RCODE_SERVFAIL: "SERVFAIL",
    dns.RCODE_NXDOMAIN: "NXDOMAIN",
    dns.RCODE_NOTIMP: "NOTIMP",
    dns.RCODE_REFUSED: "REFUSED",
}


def _said(message: Message) -> str:
    if message.rcode != dns.RCODE_NOERROR:
        return _RCODES.get(message.rcode, f"rcode {message.rcode}")
    return "truncated" if message.truncated else f"{len(message.answers)} records"


def _failure(err: OSError | EOFError | BadAnswerError, name: str, server: str) -> DNSError:
    if isinstance(err, OSError):
        timed_out = isinstance(err, DeadlineExceededError) or getattr(err, "timeout", False)
        # As Go: a socket's failure may be over the next time.
        return DNSError(
            str(err), name, server, is_timeout=timed_out, is_temporary=isinstance(err, OpError) or timed_out
        )
    if isinstance(err, EOFError):
        return DNSError("EOF", name, server)
    return DNSError(str(err), name, server)


def _problem(message: Message, name: str, qtype: int, server: str) -> DNSError | None:
    """What is wrong with an answer; None if it answers the question."""
    rcode = message.rcode
    if rcode == dns.RCODE_NXDOMAIN:
        return no_such_host(name, server)
    if rcode == dns.RCODE_SERVFAIL:
        return DNSError("server misbehaving", name, server, is_temporary=True)
    if rcode != dns.RCODE_NOERROR:
        return DNSError("server misbehaving", name, server)
    if not message.answers and not (
        message.authoritative or message.recursion_available or message.additional_count
    ):
        # It knows nothing of the name and asks nobody: libresolv goes on to the next server as well.
        return DNSError("lame referral", name, server)
    for record in message.answers:
        if record.type == qtype:
            return None
    return no_such_host(name, server)


def _has_alias(message: Message) -> bool:
    return any(record.type == dns.TYPE_CNAME for record in message.answers)
