"""Which datagrams go out as one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialnet.connections.outgoing import MOST_MESSAGES, Batch, plan

A, B = ("192.0.2.1", 1), ("192.0.2.2", 2)


def batch(*packets: tuple[int, Any]) -> Batch:
    made = Batch()
    for size, to in packets:
        made.data.append(bytes(size))
        made.to.append(to)
        made.addrs.append(None)
    return made


@pytest.mark.parametrize(
    ("packets", "messages", "counts"),
    [
        ([(5, A)], [(5, A, 0)], [1]),
        ([(5, A), (5, A)], [(10, A, 5)], [2]),
        ([(5, A), (5, A), (3, A)], [(13, A, 5)], [3]),
        # Only the last may be shorter; none longer.
        ([(5, A), (3, A), (5, A)], [(8, A, 5), (5, A, 0)], [2, 1]),
        ([(5, A), (6, A)], [(5, A, 0), (6, A, 0)], [1, 1]),
        ([(5, A), (5, B), (5, B)], [(5, A, 0), (10, B, 5)], [1, 2]),
        # An equal address is the same one.
        ([(5, A), (5, ("192.0.2.1", 1))], [(10, A, 5)], [2]),
        ([(5, None), (5, None)], [(10, None, 5)], [2]),
        # Of empty ones the kernel could not tell how many there are.
        ([(0, A), (0, A)], [(0, A, 0), (0, A, 0)], [1, 1]),
        ([(5, A), (0, A), (5, A)], [(5, A, 0), (0, A, 0), (5, A, 0)], [1, 1, 1]),
        # Not too many, not too long altogether, and none as long as has been refused.
        ([(1, A)] * 65, [(64, A, 1), (1, A, 0)], [64, 1]),
        ([(30_000, A)] * 3, [(60_000, A, 30_000), (30_000, A, 0)], [2, 1]),
        ([(40_000, A)] * 2, [(40_000, A, 0), (40_000, A, 0)], [1, 1]),
        ([(60_000, A)] * 2, [(60_000, A, 0), (60_000, A, 0)], [1, 1]),
    ],
)
def test_plan(packets: Any, messages: Any, counts: Any) -> None:
    assert plan(batch(*packets), 0, 64, 50_000) == (messages, counts)
    assert plan(batch((9, B), *packets), 1, 64, 50_000) == (messages, counts)


@given(
    st.lists(
        st.tuples(st.sampled_from([0, 1, 2, 2, 2, 1400, 65_507]), st.sampled_from([A, B])), max_size=200
    ),
    st.sampled_from([0, 2, 3, 1401, 65_507]),
    st.sampled_from([1, 2, 64]),
)
def test_nothing_is_lost(packets: Any, below: int, segments: int) -> None:
    """One plan after the other covers all, in order, each message by the rules."""
    whole = batch(*packets)
    start = 0
    while start < len(whole):
        messages, counts = plan(whole, start, segments, below)
        assert 0 < len(messages) == len(counts) <= MOST_MESSAGES
        total = 0
        for (length, to, segment), count in zip(messages, counts, strict=True):
            sizes = [len(data) for data in whole.data[start : start + count]]
            assert sum(sizes) == length
            assert {whole.to[start + number] for number in range(count)} == {to}
            assert 1 <= count <= segments
            if count > 1:
                assert 0 < segment < below
                assert all(size == segment for size in sizes[:-1])
                assert 0 < sizes[-1] <= segment
                assert length <= 65_507
            else:
                assert segment == 0
            start += count
            total += length
        assert total <= 1 << 20 or len(messages) == 1
    assert start == len(whole)
