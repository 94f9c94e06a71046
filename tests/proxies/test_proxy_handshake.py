"""The moments in which a token is cancelled, one by one; and errors that are not the proxy's."""

from __future__ import annotations

import ssl
from typing import Any

import pytest

import dialnet as net
from dialnet.proxies.handshake import Handshake
from dialnet.proxies.socks5 import SOCKS5
from dialnet.proxies.target import HostAddr
from tests.proxies.peers import SUCCESS


class Conn:
    """What a handshake does with its connection, apart from reading and writing."""

    local_addr = net.TCPAddr("127.0.0.1", 1)

    def __init__(self) -> None:
        self.closed = False
        self.deadlines: list[Any] = []

    def close(self) -> None:
        self.closed = True

    def set_deadline(self, when: Any) -> None:
        self.deadlines.append(when)


@pytest.fixture
def conn() -> Conn:
    return Conn()


def shake(conn: Conn, token: net.CancelToken | None) -> Handshake:
    proxy, target = SOCKS5("127.0.0.1:1080", None), HostAddr("www.example.com", 80)
    return Handshake(proxy, "tcp", target, conn, 0.0, 5.0, token)  # type: ignore[arg-type]


def go(handshake: Handshake) -> None:
    """The whole conversation, with the proxy's part in it."""
    answer = b"\5\0" + SUCCESS
    step = handshake.begin()
    while step is not None:
        if isinstance(step, bytes):
            step = handshake.go()
        else:
            got, answer = answer[:step], answer[step:]
            step = handshake.go(got)


def test_not_cancelled(conn: Conn) -> None:
    token = net.CancelToken()
    with shake(conn, token) as handshake:
        go(handshake)
        assert len(token._waiters) == 1
    assert token._waiters == []
    assert conn.deadlines == [5.0, None]
    assert not conn.closed


def test_cancelled_before(conn: Conn) -> None:
    token = net.CancelToken()
    token.cancel()
    with pytest.raises(net.CanceledError) as caught:
        with shake(conn, token) as handshake:
            go(handshake)
            # The first read or write would have said so.
            assert conn.closed
    assert str(caught.value) == "dial tcp www.example.com:80: operation was canceled"


def test_cancelled_during_the_last_step(conn: Conn) -> None:
    """All had been read, and yet: the connection is closed already, and must not be handed out."""
    token = net.CancelToken()
    with pytest.raises(net.CanceledError):
        with shake(conn, token) as handshake:
            go(handshake)
            token.cancel()
    assert conn.closed
    assert conn.deadlines == [5.0]


def test_a_wake_up_that_comes_late(conn: Conn) -> None:
    """A token wakes whom it had before it was detached: by then the connection may be somebody else's."""
    token = net.CancelToken()
    with shake(conn, token) as handshake:
        go(handshake)
        (waiter,) = token._waiters
    waiter.wake()
    assert not conn.closed


def test_an_error_of_the_programs_own(conn: Conn) -> None:
    """It passes as it is; the connection is closed all the same."""
    for error in (ZeroDivisionError(), KeyboardInterrupt()):
        conn.closed = False
        token = net.CancelToken()
        with pytest.raises(type(error)) as caught:
            with shake(conn, token) as handshake:
                handshake.begin()
                raise error
        assert caught.value is error
        assert conn.closed
        assert token._waiters == []


def test_errors_of_other_connections(conn: Conn) -> None:
    """A connection that is no socket may fail in its own way."""
    for error, text in (
        (ssl.SSLError(1, "bad record"), "dial tcp www.example.com:80: bad record"),
        (BrokenPipeError(32, "Broken pipe"), "socks5 127.0.0.1:1080: Broken pipe"),
        (net.ClosedError(), "dial tcp www.example.com:80: use of closed network connection"),
    ):
        with pytest.raises(net.OpError) as caught:
            with shake(conn, None) as handshake:
                handshake.begin()
                raise error
        assert str(caught.value).endswith(text)
        assert isinstance(caught.value, type(error))
