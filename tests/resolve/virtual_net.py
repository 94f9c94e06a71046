"""Lookups in virtual time: servers that follow a script, a clock that jumps, and what was asked when.

    net = VirtualNet(lambda asked: after(0.1, "192.0.2.1"))
    assert net.lookup("host", "a.example.") == ["192.0.2.1"]
    assert net.host.time == 0.1

The lookups are whole ones; only the transport, the clock and the machine's files are not the real ones. A
script is asked for every query and says when which answer comes, or None for never.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import dns.message
import dns.rcode
import dns.rdatatype
import pytest
from dns.message import Message as Built

import dialnet
from dialnet.errors import DeadlineExceededError
from dialnet.poll import waits
from dialnet.poll.virtual import VirtualHost
from dialnet.resolve import lookups
from dialnet.resolve.config.resolv_conf import ResolvConf
from dialnet.resolve.dns.message import Message, Query, parse
from dialnet.resolve.options import ResolverOptions
from tests.resolve import answers

NAME = "a.example."
# The servers of most tests, in resolv.conf's order, and how they are called in what is asserted.
SERVERS = {"192.0.2.1:53": "A", "192.0.2.2:53": "B", "192.0.2.3:53": "C"}
ADDRESSES = {letter: address for address, letter in SERVERS.items()}


class Asked(NamedTuple):
    """One question to one server (by its letter): what a script is given and a test compares."""

    at: float
    network: str
    server: str
    name: str
    type: str


class Reply(NamedTuple):
    """What comes, and how long after the question; an exception is raised."""

    delay: float
    made: Callable[[Built], Built | Exception]


Script = Callable[[Asked], Reply | None]


def after(delay: float, *what: str | Callable[[Built], Built] | Exception) -> Reply:
    """An answer: what a function of `answers` makes, an exception, or the records' data."""
    if what and isinstance(what[0], Exception):
        return Reply(delay, lambda _: what[0])  # type: ignore[arg-type, return-value]
    if what and callable(what[0]):
        return Reply(delay, what[0])

    def made(query: Built) -> Built:
        question = query.question[0]
        kind = dns.rdatatype.to_text(question.rdtype)
        return answers.reply(query, *(f"{question.name} {kind} {data}" for data in what))

    return Reply(delay, made)


# What most records are.
DATA = {
    "A": "192.0.2.9", "AAAA": "2001:db8::9", "TXT": '"x"', "MX": "1 m.example.", "NS": "n.example.",
    "PTR": "p.example.", "SRV": "1 1 1 s.example.", "CNAME": "c.example.",
}  # fmt: skip


def right(asked: Asked, delay: float = 0.0) -> Reply:
    return after(delay, DATA[asked.type])


def op_error(op: str, network: str, cause: OSError, addr: dialnet.Addr | None = None) -> dialnet.OpError:
    """What a socket's failure looks like."""
    err = dialnet.OpError(op, network, None, addr, cause)
    err.__cause__ = cause
    return err


def answered_truncated(query: Built) -> Built:
    return answers.truncated(answers.reply(query))


def rcode(code: int) -> Callable[[Built], Built]:
    return lambda query: answers.reply(query, rcode=code)


class VirtualMachine(lookups.machine.__class__):
    """A machine with this resolv.conf."""

    conf = ResolvConf()

    def resolv(self, now: float) -> ResolvConf:
        return self.conf


class VirtualNet:
    """The transport of a test's lookups, its clock, and what was asked. Times are from 0."""

    def __init__(self, patch: pytest.MonkeyPatch, machine: VirtualMachine) -> None:
        self.host = VirtualHost()
        self.machine = machine
        self.asked: list[Asked] = []
        # When each exchange was over, however it ended.
        self.ended: list[float] = []
        self.script: Script = right
        patch.setattr(lookups, "machine", machine)
        patch.setattr(lookups, "_sockets", self)
        self.conf(servers=SERVERS)

    def conf(self, **changes: Any) -> None:
        """What resolv.conf says."""
        self.machine.conf = self.machine.conf.with_(**changes)

    async def exchange(self, network: str, server: str, query: Query, until: float) -> Message:
        question = dns.message.from_wire(query.packed).question[0]
        asked = Asked(
            await waits.now(),
            network,
            SERVERS.get(server, server),
            question.name.to_text(),
            dns.rdatatype.to_text(question.rdtype),
        )
        self.asked.append(asked)
        try:
            reply = self.script(asked)
            if reply is None or asked.at + reply.delay >= until:
                await waits.until(until)
                host, port = dialnet.split_host_port(server)
                kind = dialnet.UDPAddr if network == "udp" else dialnet.TCPAddr
                raise op_error("read", network, DeadlineExceededError(), kind(host, int(port)))
            await waits.until(asked.at + reply.delay)
            made = reply.made(dns.message.from_wire(query.packed))
            if isinstance(made, Exception):
                raise made
            return parse(answers.wire(made))
        finally:
            self.ended.append(self.host.time)

    def lookup(self, kind: str, *args: str, resolver: ResolverOptions | None = None, **options: Any) -> Any:
        """The whole lookup, from now on the clock to its end."""
        chosen = resolver or ResolverOptions(prefer_python=True)
        return self.host.run(chosen._lookup(kind, *args, **options))

    def failing(self, kind: str, *args: str, **options: Any) -> dialnet.DNSError:
        with pytest.raises(dialnet.DNSError) as caught:
            self.lookup(kind, *args, **options)
        return caught.value

    def when(self) -> list[tuple[float, str]]:
        """The instants and the servers."""
        return [(asked.at, asked.server) for asked in self.asked]

    def names(self) -> list[str]:
        """The names that were asked for, each once."""
        return list(dict.fromkeys(asked.name for asked in self.asked))


def silent(_: Asked) -> None:
    """The script of servers that never answer."""
    return None


def check(err: dialnet.DNSError, text: str, server: str, flag: str = "", name: str = NAME) -> None:
    """The error says this, of this server (by its letter), and is `not found`, `timeout`, `temporary` or
    none of it."""
    assert (err.err, err.name, err.server) == (text, name, ADDRESSES.get(server, server))
    assert (err.is_not_found, err.is_timeout) == (flag == "not found", flag == "timeout")
    assert err.temporary == (flag in ("temporary", "timeout"))


@pytest.fixture
def net(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> VirtualNet:
    """Three servers, and a machine without files."""
    return VirtualNet(monkeypatch, VirtualMachine(str(tmp_path)))
