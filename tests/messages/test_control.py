"""Control messages in one piece, against the C library's own idea of them."""

from __future__ import annotations

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialnet.system import control

ITEMS = st.lists(
    st.tuples(st.integers(-(2**31), 2**31 - 1), st.integers(-(2**31), 2**31 - 1), st.binary(max_size=40)),
    max_size=5,
)


@given(ITEMS)
def test_there_and_back(items: list[control.Item]) -> None:
    raw = control.join(items)
    assert control.split(raw) == items
    assert control.split(memoryview(raw)) == items
    assert len(raw) == sum(socket.CMSG_SPACE(len(data)) for _, _, data in items)
    # The last one's padding may be missing.
    if items:
        cut = socket.CMSG_SPACE(len(items[-1][2])) - socket.CMSG_LEN(len(items[-1][2]))
        assert control.split(raw[: len(raw) - cut]) == items


@given(st.binary(max_size=100))
def test_any_bytes(raw: bytes) -> None:
    """Nothing but a ValueError, and no end of time."""
    try:
        items = control.split(raw)
    except ValueError:
        return
    assert all(len(data) <= len(raw) for _, _, data in items)


def test_as_the_kernel_has_it() -> None:
    """What the `socket` module took apart, put together again, is what the kernel takes."""
    one, two = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with one, two:
        two.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        two.setsockopt(socket.SOL_SOCKET, 29, 1)  # SO_TIMESTAMP
        one.send(b"x")
        _, items, _, _ = two.recvmsg(10, 500)
        assert [kind for _, kind, _ in items] == [29, socket.SCM_CREDENTIALS]
        assert control.split(control.join(items)) == items


@pytest.mark.parametrize(
    "raw",
    [b"\1", bytes(15), bytes(16), (15).to_bytes(8, "little") + bytes(8), b"\xff" * 16, b"\xff" * 64,
     (17).to_bytes(8, "little") + bytes(8), control.join([(1, 1, b"x")]) + b"\0"],
)  # fmt: skip
def test_malformed(raw: bytes) -> None:
    with pytest.raises(ValueError, match="malformed control message"):
        control.split(raw)
