"""`aio.BufferedReader` beside `asyncio.StreamReader`: the same bytes, the same calls, the same results."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

import dialnet as net
from dialnet import aio


class Pieces:
    """As much of a connection as the reader needs: its reads give the pieces, one at a time, and then end.

    None is a deadline that has come.
    """

    def __init__(self, pieces: list[bytes | None]) -> None:
        self.pieces = list(pieces)

    async def read(self, n: int) -> bytes:
        if not self.pieces:
            return b""
        piece = self.pieces.pop(0)
        if piece is None:
            raise net.OpError("read", "tcp", None, None, net.DeadlineExceededError())
        assert len(piece) <= n
        return piece


DATA = st.lists(st.sampled_from([b"a", b"\n", b"bcd", b"--", b"-", b"x" * 9]), max_size=20).map(b"".join)
CALLS = st.lists(
    st.one_of(
        st.tuples(st.just("read"), st.tuples(st.integers(0, 8))),
        st.tuples(st.just("readexactly"), st.tuples(st.integers(0, 12))),
        st.tuples(st.just("readuntil"), st.tuples(st.sampled_from([b"\n", b"--", b"-\n", b"bcd"]))),
        st.sampled_from([("readline", ()), ("read", ()), ("at_eof", ()), ("__anext__", ())]),
    ),
    max_size=10,
)


def cut(data: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({cut % (len(data) + 1) for cut in cuts} | {0, len(data)})
    return [data[start:end] for start, end in itertools.pairwise(places)]


async def outcome(awaitable: Any) -> Any:
    """What a call gives or raises, so that it can be compared."""
    try:
        return await awaitable
    except asyncio.IncompleteReadError as err:
        return "incomplete", err.partial, err.expected
    except asyncio.LimitOverrunError as err:
        return "limit", str(err), err.consumed
    except ValueError as err:
        return "value", str(err)
    except StopAsyncIteration:
        return "the end"


async def by_asyncio(pieces: list[bytes], limit: int, calls: list[Any]) -> list[Any]:
    """The stream is fed when a call waits for more, as a connection is read only then."""
    reader = asyncio.StreamReader(limit)
    left = list(pieces)
    results = []
    for name, arguments in calls:
        if name == "at_eof":
            results.append(reader.at_eof())
            continue
        call = asyncio.ensure_future(outcome(getattr(reader, name)(*arguments)))
        while True:
            # A call that is not done after it has run waits for data.
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            if call.done():
                break
            if left:
                reader.feed_data(left.pop(0))
            else:
                reader.feed_eof()
        results.append(call.result())
    return results


async def by_dialnet(pieces: list[bytes | None], limit: int, calls: list[Any]) -> list[Any]:
    reader = aio.BufferedReader(Pieces(pieces), limit)  # type: ignore[arg-type]
    results: list[Any] = []
    for name, arguments in calls:
        if name == "at_eof":
            results.append(reader.at_eof())
            continue
        while True:
            try:
                results.append(await outcome(getattr(reader, name)(*arguments)))
                break
            except net.DeadlineExceededError:
                continue
    return results


@settings(deadline=None)
@given(data=DATA, cuts=st.lists(st.integers(0, 80), max_size=6), calls=CALLS, limit=st.integers(1, 30))
def test_alike(data: bytes, cuts: list[int], calls: list[Any], limit: int) -> None:
    """With every deadline there can be in between, too."""
    pieces = cut(data, cuts)
    stuttering: list[bytes | None] = []
    for piece in pieces:
        stuttering += [None, piece]

    async def both() -> None:
        expected = await by_asyncio(pieces, limit, calls)
        assert await by_dialnet(list(pieces), limit, calls) == expected
        assert await by_dialnet([*stuttering, None], limit, calls) == expected

    asyncio.run(both())
