"""dnspython as the judge: whether it reads the same in the same bytes."""

from __future__ import annotations

import io
from ipaddress import IPv4Address, IPv6Address
from typing import Any

import dns.edns
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset
from dns.rdatatype import RdataType

from dialnet.resolve.dns import message as codec
from dialnet.resolve.dns.message import Message, MessageError, Record

__all__ = ["REFUSED", "check", "differences", "read"]

# What dnspython says to bytes that are no message, or none that it can check the signature of.
REFUSED = (dns.exception.DNSException, ValueError)

# Updates (RFC 2136) put another meaning on the sections, so dnspython's objects are others there.
_UPDATE = dns.opcode.UPDATE


def read(data: bytes) -> dns.message.Message | None:
    """What dnspython reads in `data`, each record a set of its own; `None` if that is nothing."""
    try:
        return dns.message.from_wire(data, one_rr_per_rrset=True, ignore_trailing=True)
    except REFUSED:
        return None


def check(data: bytes) -> Message | None:
    """Parse any bytes: what we read is what dnspython reads, and we read whatever it does."""
    theirs = read(data)
    ours = None
    try:
        ours = codec.parse(data)
    except MessageError as err:
        reason = str(err)
    assert ours is not None or theirs is None, f"refused, but not by dnspython: {reason}"
    if ours is not None and theirs is not None and theirs.opcode() != _UPDATE:
        assert differences(ours, theirs) == []
    return ours


def differences(ours: Message, theirs: dns.message.Message) -> list[tuple[str, Any, Any]]:
    """Each fact in which they differ: what it is, ours, dnspython's."""
    facts = [
        ("id", ours.id, theirs.id),
        ("response", ours.response, bool(theirs.flags & dns.flags.QR)),
        ("opcode", ours.opcode, int(theirs.opcode())),
        ("authoritative", ours.authoritative, bool(theirs.flags & dns.flags.AA)),
        ("truncated", ours.truncated, bool(theirs.flags & dns.flags.TC)),
        ("recursion_desired", ours.recursion_desired, bool(theirs.flags & dns.flags.RD)),
        ("recursion_available", ours.recursion_available, bool(theirs.flags & dns.flags.RA)),
        ("authentic_data", ours.authentic_data, bool(theirs.flags & dns.flags.AD)),
        ("checking_disabled", ours.checking_disabled, bool(theirs.flags & dns.flags.CD)),
        ("rcode", ours.rcode, int(theirs.rcode())),
        ("edns", *_edns(ours, theirs)),
        ("options", len(ours.edns.options) if ours.edns else 0, len(theirs.options)),
        (
            "questions",
            [(question.name, question.type, question.class_) for question in ours.questions],
            [(rrset.name.to_text(), rrset.rdtype, rrset.rdclass) for rrset in theirs.question],
        ),
    ]
    for section in ("answer", "authority", "additional"):
        records: list[Record] = getattr(ours, {"authority": "authorities"}.get(section, section + "s"))
        rrsets: list[dns.rrset.RRset] = getattr(theirs, section)
        facts.append((f"{section}: how many", len(records), len(rrsets)))
        for record, rrset in zip(records, rrsets):
            expected = _record(rrset)
            found = (record.name, record.type, record.class_, record.ttl, record.data)
            told = 4 if expected[4] is _UNTOLD else 5
            facts.append((section, found[:told], expected[:told]))
    return [fact for fact in facts if fact[1] != fact[2]]


_UNTOLD = object()


def _edns(ours: Message, theirs: dns.message.Message) -> tuple[Any, Any]:
    if ours.edns is None or theirs.opt is None:
        return ours.edns, theirs.opt
    options = []
    for option, (_, data) in zip(theirs.options, ours.edns.options):
        # What dnspython understands it would write back in its own way.
        known = not isinstance(option, dns.edns.GenericOption)
        options.append((int(option.otype), data if known else option.data))
    found = (ours.edns.udp_size, ours.edns.version, ours.edns.dnssec_ok, ours.edns.options)
    dnssec_ok = bool(theirs.ednsflags & dns.flags.DO)
    return found, (theirs.payload, theirs.edns, dnssec_ok, options)


def _record(rrset: dns.rrset.RRset) -> tuple[Any, ...]:
    (data,) = rrset
    return rrset.name.to_text(), int(rrset.rdtype), int(rrset.rdclass), rrset.ttl, _value(data)


def _value(data: Any) -> Any:
    """A record's data as our codec gives it; `_UNTOLD` where dnspython does not keep the bytes."""
    if isinstance(data, dns.rdata.GenericRdata):
        return data.data
    if data.rdclass != dns.rdataclass.IN:
        return _UNTOLD
    match data.rdtype:
        case RdataType.A:
            return IPv4Address(data.address)
        case RdataType.AAAA:
            return IPv6Address(data.address)
        case RdataType.CNAME | RdataType.NS | RdataType.PTR:
            return data.target.to_text()
        case RdataType.MX:
            return data.preference, data.exchange.to_text()
        case RdataType.SRV:
            return data.priority, data.weight, data.port, data.target.to_text()
        case RdataType.TXT:
            return data.strings
        case RdataType.SOA:
            times = data.serial, data.refresh, data.retry, data.expire, data.minimum
            return data.mname.to_text(), data.rname.to_text(), *times
        case RdataType.SVCB | RdataType.HTTPS:
            parameters = {int(key): _parameter(value) for key, value in data.params.items()}
            return data.priority, data.target.to_text(), parameters
    return _UNTOLD


def _parameter(value: Any) -> bytes:
    file = io.BytesIO()
    if value is not None:
        value.to_wire(file)
    return file.getvalue()
