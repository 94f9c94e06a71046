"""Plan 9: its connection server and its resolver, which are the files `/net/cs` and `/net/dns`; see ndb(8).

`cs` is asked for addresses and ports, since it also knows the names of the local network; `dns` for
everything else. They are asked as Go asks them, with these differences:

- `dns` gives an SRV record as priority, weight, port, target. Go takes the first for the weight.
- Go's buffers hold 128 and 1,024 bytes, and a record that is longer comes out as two.
- A name too long for `cs` is asked of `dns`.
"""

from __future__ import annotations

import functools
import ipaddress
import socket
from collections.abc import Callable

from ...addresses import IPAddr
from ...errors import DNSError
from ...poll.pool import blocking
from ..answers import is_mail_host
from ..dns.names import is_domain_name, reverse_name
from ..exchanges import no_such_host
from ..records import MX, NS, SRV
from ..threads import pool
from .aliases import end_of_aliases, rooted
from .ndb import NO_RECORD, Refused, SystemFile, ask
from .valid import checked, checked_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeVar

    from .ndb import File

    T = TypeVar("T")

__all__ = ["Plan9Way"]

# `cs` takes questions shorter than this.
_MAX_CS_QUESTION = 128

# Servers differ in what they say of a name that has no CNAME record.
_NO_ALIAS = (*NO_RECORD, "dns failure")


class Plan9Way:
    """Lookups through the files below `root`; `opener` opens one for reading and writing."""

    def __init__(self, root: str = "/", opener: Callable[[str], File] = SystemFile) -> None:
        net = root.rstrip("/") + "/net"
        self._cs = net + "/cs"
        self._dns = net + "/dns"
        self._opener = opener

    async def lookup_ip_addr(self, host: str, family: int) -> list[IPAddr]:
        if not _is_one_field(host):
            raise no_such_host(host)
        question = f"net!{host}!1"
        if len(question.encode()) >= _MAX_CS_QUESTION:
            texts = await self._texts_from_dns(host, family)
        else:
            try:
                lines = await self._ask(self._cs, question, host)
            except Refused as refusal:
                raise refusal.as_error(host) from refusal
            # "/net/tcp/clone 192.0.2.1!1", with more parts after it for some ports.
            texts = [line.partition(" ")[2].partition("!")[0] for line in lines]
        found = []
        for text in texts:
            try:
                addr = IPAddr(ipaddress.ip_address(text))
            except ValueError:
                continue  # A network of another kind, or a wildcard.
            if addr.ip is not None and _VERSIONS.get(family, addr.ip.version) == addr.ip.version:
                found.append(addr)
        if not found:
            raise no_such_host(host)
        return list(dict.fromkeys(found))

    async def _texts_from_dns(self, host: str, family: int) -> list[str]:
        texts = []
        for kind, kind_family in (("ip", socket.AF_INET), ("ipv6", socket.AF_INET6)):
            if family in (socket.AF_UNSPEC, kind_family):
                try:
                    texts += [data for _, data in await self._records(host, kind)]
                except DNSError as err:
                    if not err.is_not_found:
                        raise
        return texts

    async def lookup_port(self, network: str, service: str) -> int:
        name = f"{network}/{service}"
        networks = _PORT_NETWORKS.get(network)
        if networks is None:
            raise DNSError("unknown network", name)
        for base in networks if _is_one_field(service) else ():
            question = f"{base}!127.0.0.1!{service.lower()}"
            if len(question.encode()) >= _MAX_CS_QUESTION:
                break
            try:
                lines = await self._ask(self._cs, question, name)
            except Refused as refusal:
                if refusal.text.endswith("can't translate service"):
                    continue
                raise refusal.as_error(name) from refusal
            for line in lines:
                # "/net/tcp/clone 127.0.0.1!25", and "!r" after it where the port is a restricted one.
                digits = line.partition(" ")[2].partition("!")[2].partition("!")[0].strip()
                port = _number(digits)
                if port is not None:
                    return port
        raise DNSError("unknown port", name, is_not_found=True)

    async def lookup_addr(self, ip: IPAddr) -> list[str]:
        if ip.ip is None or ip.zone:
            raise DNSError("unrecognized address", str(ip))
        records = await self._records(reverse_name(ip.ip), "ptr", str(ip))
        return checked([rooted(host.strip()) for _, host in records], str(ip), str)

    async def lookup_cname(self, host: str) -> str:
        async def alias(name: str) -> str | None:
            try:
                return (await self._answer(name, "cname", host))[0][1].strip()
            except Refused as refusal:
                if refusal.text.endswith(_NO_ALIAS):
                    return None
                raise refusal.as_error(host) from refusal

        return await end_of_aliases(host, alias)

    async def lookup_mx(self, name: str) -> list[MX]:
        found = []
        for _, data in await self._records(name, "mx"):
            numbers, host = _numbers_and_name(data, 1)
            if numbers:
                found.append(MX(host, numbers[0]))
        return checked(_some(found, name), name, lambda mx: mx.host, is_mail_host)

    async def lookup_ns(self, name: str) -> list[NS]:
        found = [NS(rooted(host.strip())) for _, host in await self._records(name, "ns")]
        return checked(found, name, lambda ns: ns.host)

    async def lookup_srv(self, name: str) -> tuple[str, list[SRV]]:
        owners, found = [], []
        for owner, data in await self._records(name, "srv"):
            numbers, target = _numbers_and_name(data, 3)
            if numbers:
                priority, weight, port = numbers
                found.append(SRV(target, port, priority, weight))
                owners.append(rooted(owner))
        owner = checked_name(_some(owners, name)[0], name, "SRV header name is invalid")
        return owner, checked(found, name, lambda srv: srv.target)

    async def lookup_txt(self, name: str) -> list[str]:
        return [text for _, text in await self._records(name, "txt")]

    async def _records(self, name: str, kind: str, shown: str = "") -> list[tuple[str, str]]:
        try:
            return await self._answer(name, kind, shown or name)
        except Refused as refusal:
            raise refusal.as_error(shown or name) from refusal

    async def _answer(self, name: str, kind: str, shown: str) -> list[tuple[str, str]]:
        """The owner and the data of each record of this kind, at least one. Errors name `shown`."""
        if not is_domain_name(name):
            # A space, a "!" or a line's end in it would make another question, or a command, of it.
            raise no_such_host(shown)
        # "target N" is a command that sets the size of the server's cache. DNS knows no case, commands do.
        asked = "Target" if name == "target" else name
        lines = await self._ask(self._dns, f"{asked} {kind}", shown)
        found = []
        for line in lines:
            # "example.org mx\t10 mail.example.org"; the root's name is empty.
            head, tab, data = line.partition("\t")
            owner, _, got = head.rpartition(" ")
            if tab and got == kind:
                found.append((owner, data))
        return _some(found, shown)

    async def _ask(self, path: str, question: str, name: str) -> list[str]:
        return await blocking(pool, functools.partial(ask, self._opener, path, question, name))


_VERSIONS: dict[int, int] = {socket.AF_INET: 4, socket.AF_INET6: 6}
_PORT_NETWORKS = {"ip": ("tcp", "udp"), "": ("tcp", "udp")} | {
    base + suffix: (base,) for base in ("tcp", "udp") for suffix in ("", "4", "6")
}


def _is_one_field(text: str) -> bool:
    """Whether the text cannot be mistaken for more than one part of a question to `cs`."""
    return text != "" and text.isprintable() and " " not in text and "!" not in text


def _number(text: str) -> int | None:
    """The 16-bit number that the text says, or None."""
    if not (text.isascii() and text.isdigit() and len(text) <= 5):
        return None
    number = int(text)
    return number if number <= 65535 else None


def _numbers_and_name(data: str, count: int) -> tuple[list[int], str]:
    """So many numbers and the name after them, rooted; no numbers where they cannot be read."""
    fields = data.split()
    numbers = [number for text in fields[:count] if (number := _number(text)) is not None]
    if len(numbers) < count:
        return [], ""
    # The root's name is empty: no mail (RFC 7505), no service (RFC 2782).
    return numbers, rooted(fields[count] if len(fields) > count else "")


def _some(found: list[T], name: str) -> list[T]:
    if not found:
        raise DNSError("bad response from ndb/dns", name)
    return found
