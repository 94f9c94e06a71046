"""The Python resolver: the machine's hosts file and its DNS servers, asked as coroutines over waits.

A lookup costs no thread and can be closed at any wait. The rules are those of Go's resolver (`goLookup...`);
where it falls short of them, the comment says what is done instead.
"""

from __future__ import annotations

import socket

from ...addresses import IPAddr
from ...errors import DNSError
from ...poll.waits import gather
from ..answers import addresses_in, end_of_chain, is_mail_host
from ..dns import message as dns
from ..dns.names import is_domain_name, reverse_name
from ..exchanges import Asking, no_such_host
from ..records import MX, NS, SRV
from ..search import names
from ..sorting import by_rfc6724

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence
    from typing import Any, TypeVar

    from ..config.hosts import Hosts
    from ..dns.message import Message, Record

    R = TypeVar("R")
    Tell = Callable[[Sequence[IPAddr]], None]

__all__ = ["PythonWay"]

_INVALID = "DNS response contained records which contain invalid names"


class PythonWay:
    """A resolver's view of the machine: `asking` puts the questions, `hosts()` is the hosts file, `sources`
    says which of `files` and `dns` are asked, in order."""

    __slots__ = ("_asking", "_hosts", "_sources", "_strict")

    def __init__(
        self,
        asking: Asking,
        hosts: Callable[[], Hosts],
        sources: tuple[str, ...] = ("dns",),
        *,
        strict_errors: bool = False,
    ) -> None:
        self._asking = asking
        self._hosts = hosts
        self._sources = sources
        self._strict = strict_errors

    # Addresses.

    async def lookup_ip_addr(self, host: str, family: int, tell: Tell | None = None) -> list[IPAddr]:
        """In RFC 6724 order. A hit in the hosts file is final, whatever its families.

        `tell` is called with the addresses of each DNS answer that has some, as soon as it is there; not with
        strict errors, for which half an answer is none.
        """
        return await self.addresses(host, family, tell)

    async def lookup_cname(self, host: str) -> str:
        """The end of the chain, also where no address stands there."""
        names: list[str] = []
        await self.addresses(host, socket.AF_UNSPEC, canonical=names)
        name = names[-1]
        # The hosts file's own may have no dot at all.
        return name if name.endswith(".") else name + "."

    def addresses(
        self,
        host: str,
        family: int,
        tell: Tell | None = None,
        time: float | None = None,
        canonical: list[str] | None = None,
    ) -> Coroutine[Any, Any, list[IPAddr]]:
        """As `lookup_ip_addr`. The canonical name is put into `canonical`, where that is given. `time` is
        what time it is, if that is known."""
        sources = self._sources
        if sources == _FILES_FIRST:
            # What is usual, without a coroutine that would do no more than this.
            found = self._from_files(host, canonical)
            if found:
                return _known(by_rfc6724(found))
            sources = _DNS_ALONE
        if sources == _DNS_ALONE:
            return self._from_dns(host, family, canonical, tell, time)
        return self._from_sources(sources, host, family, canonical, tell, time)

    async def _from_sources(
        self,
        sources: tuple[str, ...],
        host: str,
        family: int,
        canonical: list[str] | None,
        tell: Tell | None,
        time: float | None,
    ) -> list[IPAddr]:
        error: DNSError | None = None
        for source in sources:
            if source == "files":
                found = self._from_files(host, canonical)
                if found:
                    return by_rfc6724(found)
            else:
                try:
                    return await self._from_dns(host, family, canonical, tell, time)
                except DNSError as err:
                    error = err
        raise error if error is not None else no_such_host(host)

    def _from_files(self, host: str, canonical: list[str] | None) -> list[IPAddr]:
        texts, name = self._hosts().lookup_host(host)
        if not texts:
            return []
        if canonical is not None:
            canonical.append(name)
        observer = self._asking.observer
        if observer.listens:
            observer.decided(host, f"{len(texts)} addresses in the hosts file")
        return [_ip_addr(text) for text in texts]

    async def _from_dns(
        self, host: str, family: int, canonical: list[str] | None, tell: Tell | None, time: float | None
    ) -> list[IPAddr]:
        if not is_domain_name(host):
            raise no_such_host(host)
        qtypes = _QTYPES[family]
        if canonical is not None:
            qtypes = (*qtypes, dns.TYPE_CNAME)
        last: DNSError | None = None
        for name in names(host, self._asking.conf):
            answers: list[tuple[int, Message | DNSError]]
            if len(qtypes) == 1:
                # There is no other to wait for, so nothing need be told before the end.
                try:
                    answers = [(qtypes[0], (await self._asking.ask(name, qtypes[0], time=time))[0])]
                except DNSError as err:
                    answers = [(qtypes[0], err)]
            else:
                early = None if self._strict else tell
                answers = await self._ask_all(name, qtypes, early, aliases=canonical is not None)
            # For the first question alone: by now something may have been waited for.
            time = None
            found: list[IPAddr] = []
            ends: dict[int, str] = {}
            strict: DNSError | None = None
            for qtype, answer in answers:
                if isinstance(answer, DNSError):
                    if answer.temporary and self._strict:
                        strict = answer
                    elif last is None or name == host + ".":
                        # The first, or what is said of the bare name, which tells most (as Go).
                        last = answer
                    continue
                found += addresses_in(answer)
                if canonical is not None:
                    ends[qtype] = end_of_chain(name, answer)
            if strict is not None:
                # One family's failure may hide that the other's answer is not all there is.
                raise strict._renamed(host)
            end = ""
            if canonical is not None:
                # The answer about CNAME comes last: it holds no more than the chain's first link.
                end = next((ends[qtype] for qtype in qtypes if ends.get(qtype)), "")
            if found or end:
                if canonical is not None:
                    if not is_domain_name(end):
                        raise DNSError(_INVALID, host)
                    canonical.append(end)
                return by_rfc6724(found)
        raise no_such_host(host) if last is None else last._renamed(host)

    async def _ask_all(
        self, name: str, qtypes: Sequence[int], tell: Tell | None, *, aliases: bool
    ) -> list[tuple[int, Message | DNSError]]:
        """In the order in which they end."""
        answers: list[tuple[int, Message | DNSError]] = []

        async def answer(qtype: int) -> None:
            try:
                message, _ = await self._asking.ask(name, qtype, aliases=aliases)
            except DNSError as err:
                answers.append((qtype, err))
                return
            answers.append((qtype, message))
            if tell is not None and (found := addresses_in(message)):
                tell(found)

        if self._asking.conf.single_request:
            # For servers and firewalls that lose one of two questions from one client.
            for qtype in qtypes:
                await answer(qtype)
        else:
            await gather(*map(answer, qtypes))
        return answers

    # Names of addresses.

    async def lookup_addr(self, ip: IPAddr) -> list[str]:
        error: DNSError | None = None
        for source in self._sources:
            if source == "files":
                hosts = self._hosts()
                await hosts.ready_for_addresses()
                found = hosts.lookup_addr(str(ip))
                if found:
                    return list(found)
            elif error is None:
                if ip.zone:
                    # What it stands for is known on this machine alone.
                    error = DNSError("unrecognized address", str(ip))
                    continue
                assert ip.ip is not None
                name = reverse_name(ip.ip)
                try:
                    records, server = await self._lookup(name, dns.TYPE_PTR)
                except DNSError as err:
                    if not err.is_not_found:
                        raise
                    error = err
                else:
                    return _checked(records, name, server, lambda data: data, lambda found: found)
        raise error if error is not None else no_such_host(str(ip))

    # Single types: DNS alone, whatever the sources.

    async def lookup_mx(self, name: str) -> list[MX]:
        records, server = await self._lookup(name, dns.TYPE_MX)
        return _checked(
            records, name, server, lambda data: data[1], lambda data: MX(data[1], data[0]), valid=is_mail_host
        )

    async def lookup_ns(self, name: str) -> list[NS]:
        records, server = await self._lookup(name, dns.TYPE_NS)
        return _checked(records, name, server, lambda data: data, NS)

    async def lookup_txt(self, name: str) -> list[str]:
        records, _ = await self._lookup(name, dns.TYPE_TXT)
        return [b"".join(record.data).decode("utf-8", "surrogateescape") for record in records]

    async def lookup_srv(self, name: str) -> tuple[str, list[SRV]]:
        records, server = await self._lookup(name, dns.TYPE_SRV)
        owner = records[0].name
        if not is_domain_name(owner):
            raise DNSError("SRV header name is invalid", name)

        def made(data: Any) -> SRV:
            priority, weight, port, target = data
            return SRV(target, port, priority, weight)

        return owner, _checked(records, name, server, lambda data: data[3], made)

    async def _lookup(self, name: str, qtype: int) -> tuple[list[Record], str]:
        """The answer's records of this type, at least one, and which server gave them."""
        if not is_domain_name(name):
            # It can be no name, so nobody need be asked.
            raise no_such_host(name)
        last: DNSError | None = None
        for each in names(name, self._asking.conf):
            try:
                message, server = await self._asking.ask(each, qtype)
            except DNSError as err:
                last = err
                if err.temporary and self._strict:
                    break
            else:
                return [record for record in message.answers if record.type == qtype], server
        raise no_such_host(name) if last is None else last._renamed(name)


_FILES_FIRST = ("files", "dns")
_DNS_ALONE = ("dns",)
_QTYPES: dict[int, tuple[int, ...]] = {
    socket.AF_INET: (dns.TYPE_A,),
    socket.AF_INET6: (dns.TYPE_AAAA,),
    socket.AF_UNSPEC: (dns.TYPE_A, dns.TYPE_AAAA),
}


async def _known(found: list[IPAddr]) -> list[IPAddr]:
    return found


def _ip_addr(text: str) -> IPAddr:
    ip, _, zone = text.partition("%")
    return IPAddr(ip, zone)


def _checked(
    records: list[Record],
    name: str,
    server: str,
    host: Callable[[Any], str],
    made: Callable[[Any], R],
    *,
    valid: Callable[[str], bool] = is_domain_name,
) -> list[R]:
    """What the records say. Names that are none could do harm where they are used (a shell, a page), so they
    are left out, and the error that says so carries the others."""
    good = [made(record.data) for record in records if valid(host(record.data))]
    if len(good) < len(records):
        err = DNSError(_INVALID, name, server)
        err.records = tuple(good)
        raise err
    return good
