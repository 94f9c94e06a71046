"""What a scripted DNS server answers: ordinary messages, a small zone, and messages with something wrong.

Messages are dnspython's; what no library would write is made of its bytes.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Iterable, Mapping

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset
from dns.message import Message

from tests.resolve.scripted import Script, Step, wire

# Longer than any header, and random: different each time, never an answer.
GARBAGE_SIZE = 40


def records(*lines: str) -> list[dns.rrset.RRset]:
    """One record per line of text: `NAME TYPE DATA`."""
    return [_record(*line.split(None, 2)) for line in lines]


def _record(name: str, kind: str, data: str) -> dns.rrset.RRset:
    return dns.rrset.from_text(name, 60, "IN", kind, data)


def reply(
    query: Message,
    *answers: str,
    rcode: int = dns.rcode.NOERROR,
    authoritative: bool = False,
    recursive: bool = True,
    authority: Iterable[str] = (),
    additional: Iterable[str] = (),
    edns: bool = False,
) -> Message:
    """The answer to a query, with these records (`NAME TYPE DATA`); by default a resolver's (RA), no EDNS."""
    response = dns.message.make_response(query, recursion_available=recursive)
    response.use_edns(0 if edns or rcode > 15 else None)
    response.set_rcode(dns.rcode.Rcode(rcode))
    if authoritative:
        response.flags |= dns.flags.AA
    response.answer = records(*answers)
    response.authority = records(*authority)
    response.additional = records(*additional)
    return response


def servfail(query: Message) -> Message:
    return reply(query, rcode=dns.rcode.SERVFAIL)


def refused(query: Message) -> Message:
    return reply(query, rcode=dns.rcode.REFUSED)


def nxdomain(query: Message) -> Message:
    return reply(
        query, rcode=dns.rcode.NXDOMAIN, authority=["example. SOA ns.example. root.example. 1 2 3 4 5"]
    )


def no_data(query: Message) -> Message:
    return reply(query, authority=["example. SOA ns.example. root.example. 1 2 3 4 5"])


def lame(query: Message) -> Message:
    """Neither an answer nor the wish to find one: what a server says that does not serve the zone."""
    return reply(query, recursive=False, authority=["example. NS ns.elsewhere.example."])


Zone = Mapping[str, Mapping[str, str | list[str]]]


def zone(content: Zone) -> Script:
    """The script of an ordinary resolver: `{"a.example.": {"A": ["192.0.2.1"], "TXT": '"x"'}}`.

    It follows CNAMEs, tells NXDOMAIN from no data, and truncates what is too long for the query's UDP size.
    """
    known = {dns.name.from_text(name): kinds for name, kinds in content.items()}

    def script(query: Message, transport: str, _: int) -> list[Step]:
        question = query.question[0]
        kind = dns.rdatatype.to_text(question.rdtype)
        name, lines = question.name, []
        for _hop in range(16):
            found = known.get(name)
            if found is None:
                # What a chain ends in decides; without one, the name itself.
                return [reply(query, *lines, rcode=dns.rcode.NXDOMAIN)]
            target = found.get("CNAME")
            if target is None or kind == "CNAME":
                break
            assert isinstance(target, str), "a name has one CNAME"
            lines.append(f"{name} CNAME {target}")
            name = dns.name.from_text(target)
        data = found.get(kind, [])
        lines += [f"{name} {kind} {item}" for item in ([data] if isinstance(data, str) else data)]
        answer = reply(query, *lines, edns=query.edns >= 0)
        size = query.payload if query.edns >= 0 else 512
        if transport == "udp" and len(wire(answer)) > size:
            return [truncated(reply(query, edns=query.edns >= 0))]
        return [answer]

    return script


# Something wrong with it.


def garbage() -> bytes:
    return os.urandom(GARBAGE_SIZE)


def truncated(message: Message) -> Message:
    message.flags |= dns.flags.TC
    return message


def wrong_id(message: Message) -> Message:
    message.id ^= 1
    return message


def a_query(message: Message) -> Message:
    """With the bit that says it is a query."""
    message.flags &= ~dns.flags.QR
    return message


def _asking(message: Message, *questions: str) -> Message:
    """With other questions: `NAME CLASS TYPE` each."""
    message.question = []
    for name, class_, kind in map(str.split, questions):
        rdclass, rdtype = dns.rdataclass.from_text(class_), dns.rdatatype.from_text(kind)
        message.question.append(dns.rrset.RRset(dns.name.from_text(name), rdclass, rdtype))
    return message


def wrong_name(message: Message) -> Message:
    """Of the same length."""
    return _asking(message, f"9{str(message.question[0].name)[1:]} IN {_kind(message)}")


def longer_name(message: Message) -> Message:
    return _asking(message, f"x.{message.question[0].name} IN {_kind(message)}")


def wrong_type(message: Message) -> Message:
    return _asking(message, f"{message.question[0].name} IN HINFO")


def wrong_class(message: Message) -> Message:
    return _asking(message, f"{message.question[0].name} CH {_kind(message)}")


def extra_question(message: Message) -> Message:
    name = message.question[0].name
    return _asking(message, f"{name} IN {_kind(message)}", f"x{name} IN {_kind(message)}")


def no_question(message: Message) -> Message:
    return _asking(message)


def swapped_case(message: Message) -> Message:
    """Capitals for small letters in the question and the other way round, which changes nothing."""
    return _asking(message, f"{str(message.question[0].name).swapcase()} IN {_kind(message)}")


def _kind(message: Message) -> str:
    return dns.rdatatype.to_text(message.question[0].rdtype)


def with_answer(query: Message, *answers: bytes) -> bytes:
    """An answer with these records in it, bytes and all."""
    data = bytearray(wire(reply(query)))
    data[6:8] = len(answers).to_bytes(2)
    return bytes(data) + b"".join(answers)


def self_pointing(query: Message) -> bytes:
    """A record whose name is a pointer to itself."""
    start = len(wire(reply(query)))
    name = (0xC000 | start).to_bytes(2)
    return with_answer(query, name + bytes.fromhex("0001 0001 0000003c 0004 c0000201"))


def looping(query: Message) -> bytes:
    """Two names, each of which ends with a pointer to the other."""
    start = len(wire(reply(query)))
    first = b"\x01a" + (0xC000 | (start + 4 + 10)).to_bytes(2)
    second = b"\x01b" + (0xC000 | start).to_bytes(2)
    # A CNAME whose owner is the first and whose target is the second.
    return with_answer(query, first + bytes.fromhex("0005 0001 0000003c 0004") + second)


def cut_short(query: Message) -> bytes:
    """An answer that says it has two records and ends in the middle of the first."""
    data = bytearray(wire(reply(query, f"{query.question[0].name} A 192.0.2.1"))[:-2])
    data[6:8] = (2).to_bytes(2)
    return bytes(data)


def of_size(query: Message, size: int) -> bytes:
    """An answer of exactly so many bytes, with as many addresses as go into it; see `addresses_in`."""
    return query.id.to_bytes(2) + _of_size(str(query.question[0].name), size)[2:]


@functools.cache
def _of_size(name: str, size: int) -> bytes:
    # dnspython takes a quarter of a second for the largest.
    query = dns.message.make_query(name, "A")
    empty = len(wire(reply(query)))
    # An address is 16 bytes, its name being a pointer; a record of a private type fills what is left.
    count, filler = divmod(size - empty - 12, 16)
    lines = [f"{name} A 10.{n >> 16}.{n >> 8 & 255}.{n & 255}" for n in range(count)]
    padding = f"{name} TYPE65280 \\# {filler} {'00' * filler}"
    return wire(reply(query, *lines, additional=[padding]))


@functools.cache
def addresses_in(data: bytes) -> list[str]:
    """The IPv4 addresses of an answer, sorted."""
    answer = dns.message.from_wire(data).answer
    return sorted(item.address for rrset in answer for item in rrset if item.rdtype == dns.rdatatype.A)
