"""Reading what an answer means for a name: its addresses, and where its aliases end."""

from __future__ import annotations

from ipaddress import IPv4Address

from ..addresses import IPAddr
from ..errors import ParseError
from .dns import message as dns
from .dns.names import is_domain_name
from .dns.plain import PlainAnswer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .dns.message import Message

__all__ = ["addresses_in", "end_of_chain", "is_mail_host"]


def addresses_in(message: Message) -> list[IPAddr]:
    """Every address of the answer section, whoever owns it: the server has followed the aliases (as Go)."""
    if isinstance(message, PlainAnswer):
        found = []
        for ip in message.addresses:
            found.append(IPAddr._make(ip, "") if isinstance(ip, IPv4Address) else IPAddr(ip))
        return found
    return [
        # What the codec makes of an A record needs no more looking at.
        IPAddr._make(record.data, "") if record.type == dns.TYPE_A else IPAddr(record.data)
        for record in message.answers
        if record.type in (dns.TYPE_A, dns.TYPE_AAAA) and record.class_ == dns.CLASS_IN
    ]


def end_of_chain(name: str, message: Message) -> str:
    """Where the aliases of `name` in this answer end; empty if there is neither alias nor address.

    Go gives the first alias' target or the first address' owner, whichever comes first in the message. A
    loop ends where it would begin anew.
    """
    targets: dict[str, str] = {}
    relevant = ""
    for record in message.answers:
        if record.class_ != dns.CLASS_IN:
            continue
        if record.type == dns.TYPE_CNAME:
            targets.setdefault(record.name.lower(), record.data)
            relevant = relevant or name
        elif record.type in (dns.TYPE_A, dns.TYPE_AAAA):
            relevant = relevant or record.name
    end = relevant
    while end.lower() in targets:
        end = targets.pop(end.lower())
    return end


def is_mail_host(host: str) -> bool:
    """A name, or, as some zones have it, an IP address (Go accepts it; a zone is none of it)."""
    if is_domain_name(host):
        return True
    from ..addresses import parse_ip

    try:
        parse_ip(host.removesuffix("."))
    except ParseError:
        return False
    return True
