"""The commonest answer, read at once: it must be nothing but what the codec reads in it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialnet.resolve.answers import addresses_in
from dialnet.resolve.dns.message import (
    TYPE_A,
    TYPE_AAAA,
    TYPE_MX,
    Message,
    Query,
    is_answer_to,
    parse,
)
from dialnet.resolve.dns.plain import read_plain_answer

# One byte of a plain answer, and another value for it: places and values that some rule is about.
DAMAGE = st.tuples(st.integers(0, 75), st.sampled_from([0, 1, 2, 4, 12, 16, 28, 41, 0x80, 0xC0, 255]))


@given(
    st.sampled_from([TYPE_A, TYPE_AAAA, TYPE_MX]),
    st.lists(st.ip_addresses(), max_size=4),
    st.sampled_from(
        [b"", bytes.fromhex("00 0029 04d0 00000000 0000"), b"\0\0\x29\4\xd0\0\0\0\0\0\4\0\1\0\0"]
    ),
    st.lists(DAMAGE, max_size=2),
    st.integers(0, 12),
    st.booleans(),
)
def test_what_is_read_at_once_is_what_the_codec_reads(
    qtype: int, ips: list[Any], opt: bytes, damage: list[tuple[int, int]], cut: int, same: bool
) -> None:
    """An answer is plain only if it is one by the general rules; it then has the same addresses and parts."""
    if same:
        ips = [ip for ip in ips if (ip.version == 4) == (qtype == TYPE_A)]
    query = Query(7, "www.example.com.", qtype)
    data = bytearray(b"\0\7\x81\x80\0\1\0" + bytes([len(ips)]) + b"\0\0\0" + (b"\1" if opt else b"\0"))
    data += query.echo
    for ip in ips:
        type = TYPE_A if ip.version == 4 else TYPE_AAAA
        data += b"\xc0\x0c\0" + bytes([type]) + b"\0\1\0\0\0\x3c\0" + bytes([len(ip.packed)]) + ip.packed
    data += opt
    wanted = bool(ips) and same and qtype != TYPE_MX and not damage and not cut and len(opt) < 12
    for place, value in damage:
        data[place % len(data)] = value
    read = bytes(data[: len(data) - cut])

    plain = read_plain_answer(read, query)

    assert plain is not None or not wanted
    if plain is not None:
        whole = parse(read)
        assert is_answer_to(query.packed, read)
        assert (whole.rcode, whole.truncated) == (0, False)
        assert [record.data for record in whole.answers] == plain.addresses
        assert {record.type for record in whole.answers} == {qtype}
        assert addresses_in(plain) == addresses_in(whole)
        assert [getattr(plain, name) for name in Message.__slots__] == list(whole._fields())
        with pytest.raises(AttributeError):
            plain.nothing  # noqa: B018
