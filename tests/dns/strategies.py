"""Messages as dnspython makes them, of every type, and the same ones damaged."""

from __future__ import annotations

from typing import Any

import dns.edns
import dns.flags
import dns.message
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset
from dns.rdataclass import RdataClass
from dns.rdatatype import RdataType
from dns.rdtypes import svcbbase
from hypothesis import strategies as st

__all__ = ["damaged", "messages"]

BYTE = st.integers(0, 255)
U16 = st.integers(0, 65535)
U32 = st.integers(0, 2**32 - 1)

# Few labels, so that names share endings and are compressed; some are odd, and of one four make a name of 253
# bytes.
LABELS = st.sampled_from(
    [b"www", b"WWW", b"example", b"com", b"x" * 62, b"a.b", b"\0", b"\\", b"\xff ", b"_t"]
)
NAMES = st.lists(LABELS, max_size=4).map(lambda labels: dns.name.Name([*labels, b""]))


def _made(kind: RdataType, *parts: st.SearchStrategy[Any]) -> st.SearchStrategy[dns.rdata.Rdata]:
    made = dns.rdata.get_rdata_class(RdataClass.IN, kind)
    return st.tuples(*parts).map(lambda drawn: made(RdataClass.IN, kind, *drawn))


_V4 = st.ip_addresses(v=4).map(str)
_V6 = st.ip_addresses(v=6).map(str)
_PARAMETERS = st.fixed_dictionaries(
    {},
    optional={
        1: st.lists(st.binary(min_size=1, max_size=8), min_size=1, max_size=3).map(svcbbase.ALPNParam),
        3: U16.map(svcbbase.PortParam),
        4: st.lists(_V4, min_size=1, max_size=3).map(svcbbase.IPv4HintParam),
        6: st.lists(_V6, min_size=1, max_size=3).map(svcbbase.IPv6HintParam),
        100: st.binary(min_size=1, max_size=9).map(svcbbase.GenericParam),
        65280: st.none(),
        65534: st.binary(min_size=1, max_size=300).map(svcbbase.GenericParam),
    },
)

# Of these ours knows nothing; dnspython knows CAA.
_UNKNOWN = st.tuples(st.sampled_from([999, 12345, 65280, 65535]), st.binary(max_size=40)).map(
    lambda drawn: dns.rdata.GenericRdata(RdataClass.IN, RdataType.make(drawn[0]), drawn[1])
)

DATA = st.one_of(
    _made(RdataType.A, _V4),
    _made(RdataType.AAAA, _V6),
    _made(RdataType.CNAME, NAMES),
    _made(RdataType.NS, NAMES),
    _made(RdataType.PTR, NAMES),
    _made(RdataType.MX, U16, NAMES),
    _made(RdataType.SRV, U16, U16, U16, NAMES),
    _made(RdataType.TXT, st.lists(st.binary(max_size=255), min_size=1, max_size=4)),
    _made(RdataType.SOA, NAMES, NAMES, U32, U32, U32, U32, U32),
    _made(RdataType.SVCB, st.integers(1, 65535), NAMES, _PARAMETERS),
    _made(RdataType.HTTPS, st.integers(1, 65535), NAMES, _PARAMETERS),
    _made(RdataType.HTTPS, st.just(0), NAMES, st.just({})),
    _made(RdataType.CAA, BYTE, st.just(b"issue"), st.binary(max_size=20)),
    _UNKNOWN,
)


@st.composite
def records(draw: st.DrawFn) -> dns.rrset.RRset:
    """A set of one record."""
    return dns.rrset.from_rdata(draw(NAMES), draw(st.integers(0, 2**31 - 1)), draw(DATA))


@st.composite
def messages(draw: st.DrawFn) -> dns.message.Message:
    """A message with records in all sections and, mostly, EDNS."""
    message = dns.message.Message(id=draw(U16))
    # Any flags, but the opcode that makes an update of it.
    message.flags = dns.flags.Flag(draw(U16) & ~(5 << 11))
    for _ in range(draw(st.integers(0, 2))):
        message.question.append(dns.rrset.RRset(draw(NAMES), RdataClass.IN, RdataType.make(draw(U16))))
    for section in (message.answer, message.authority, message.additional):
        section.extend(draw(st.lists(records(), max_size=5)))
    if draw(st.booleans()) or draw(st.booleans()):
        options = draw(
            st.lists(
                st.builds(dns.edns.GenericOption, st.integers(100, 65535), st.binary(max_size=20)), max_size=3
            )
        )
        message.use_edns(
            draw(BYTE), draw(st.sampled_from([0, dns.flags.DO, 0x7FFF])), draw(U16), options=options
        )
        message.set_rcode(draw(st.integers(0, 4095)))
    return message


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A message's bytes, a few of which were changed, taken out, put in or cut off."""
    data = bytearray(draw(messages()).to_wire(max_size=65535))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        match draw(st.integers(0, 5)):
            case 0:
                data[at : at + 1] = bytes([draw(BYTE)])
            case 1:
                data[at : at + 1] = bytes([draw(st.sampled_from([0, 1, 0x3F, 0x40, 0x80, 0xC0, 0xFF]))])
            case 2:
                data[at : at + 2] = (0xC000 | draw(st.integers(0, len(data)))).to_bytes(2, "big")
            case 3:
                data[at:at] = draw(st.binary(min_size=1, max_size=4))
            case 4:
                del data[at : at + draw(st.integers(1, 4))]
            case 5:
                del data[at:]
    return bytes(data)
