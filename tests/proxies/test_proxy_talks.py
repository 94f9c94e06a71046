"""The protocols without any I/O: what is said, what is understood, and where each answer ends."""

from __future__ import annotations

import errno
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dialnet as net
from dialnet.proxies.http_connect import MOST_HEAD, HTTPConnect
from dialnet.proxies.socks5 import SOCKS5
from dialnet.proxies.talk import Refused
from dialnet.proxies.target import HostAddr
from tests.proxies.peers import BOUND, SUCCESS

NAME = HostAddr("www.example.com", 443)
FOUR = net.TCPAddr("192.0.2.1", 80)
SIX = net.TCPAddr("2001:db8::1", 65535)
AUTH = ("ursula", "s3cret")

OK = b"HTTP/1.1 200 OK\r\n\r\n"


class Spoken:
    """A talk, fed with an answer in pieces of at most `piece` bytes."""

    def __init__(self, talk: Any, answer: bytes, piece: int = 1 << 20) -> None:
        self.said: list[bytes] = []
        self.rest = answer
        self.reads = 0
        self.error: Refused | None = None
        got = None
        try:
            while True:
                step = talk.send(got)
                got = None
                if isinstance(step, bytes):
                    assert step
                    self.said.append(step)
                else:
                    assert step > 0
                    self.reads += 1
                    n = min(step, piece)
                    got, self.rest = self.rest[:n], self.rest[n:]
        except StopIteration:
            pass
        except Refused as err:
            self.error = err

    @property
    def number(self) -> int | None:
        return None if self.error is None else self.error.number


# What is said.


@pytest.mark.parametrize(
    ("target", "request_"),
    [
        (FOUR, b"\5\1\0\1\xc0\0\2\1\0\x50"),
        (SIX, b"\5\1\0\4\x20\1\r\xb8" + bytes(11) + b"\1\xff\xff"),
        (NAME, b"\5\1\0\3\x0fwww.example.com\1\xbb"),
    ],
    ids=str,
)
def test_socks5_request(target: Any, request_: bytes) -> None:
    spoken = Spoken(SOCKS5("p:1", None).talk(target), b"\5\0" + SUCCESS)
    assert spoken.error is None
    assert spoken.said == [b"\5\1\0", request_]


def test_socks5_authentication() -> None:
    """RFC 1929; not said to who does not ask."""
    proxy = SOCKS5("p:1", AUTH)
    spoken = Spoken(proxy.talk(FOUR), b"\5\2\1\0" + SUCCESS)
    assert spoken.error is None
    assert spoken.said[:2] == [b"\5\2\0\2", b"\1\x06ursula\x06s3cret"]
    spoken = Spoken(proxy.talk(FOUR), b"\5\0" + SUCCESS)
    assert spoken.error is None
    assert len(spoken.said) == 2
    beyond_ascii = Spoken(SOCKS5("p:1", ("ü", "")).talk(FOUR), b"\5\2\1\0" + SUCCESS)
    assert beyond_ascii.said[1] == b"\1\x02\xc3\xbc\0"


@pytest.mark.parametrize(
    ("target", "authority"),
    [(FOUR, "192.0.2.1:80"), (SIX, "[2001:db8::1]:65535"), (NAME, "www.example.com:443")],
    ids=str,
)
def test_http_request(target: Any, authority: str) -> None:
    spoken = Spoken(HTTPConnect("p:1", None).talk(target), OK)
    assert spoken.error is None
    assert spoken.said == [f"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n\r\n".encode()]


def test_http_authentication_and_headers() -> None:
    def lines(*args: Any) -> list[bytes]:
        said = Spoken(HTTPConnect("p:1", *args).talk(NAME), OK).said[0]
        assert said.endswith(b"\r\n\r\n")
        return said[:-4].split(b"\r\n")[1:]

    host, basic = b"Host: www.example.com:443", b"Proxy-Authorization: Basic dXJzdWxhOnMzY3JldA=="
    assert lines(AUTH) == [host, basic]
    assert lines(AUTH, {"User-Agent": "x/1", "X-Empty": ""}) == [
        host,
        basic,
        b"User-Agent: x/1",
        b"X-Empty: ",
    ]
    # One's own in the place of ours, however it is spelt.
    assert lines(AUTH, {"proxy-authorization": "Bearer abc"}) == [host, b"Proxy-Authorization: Bearer abc"]
    assert lines(None, {"HOST": "example.net"}) == [b"Host: example.net"]


# What is understood.


@pytest.mark.parametrize(
    ("reply", "number", "kind"),
    [
        (1, errno.ECONNABORTED, ConnectionAbortedError),
        (2, errno.EACCES, PermissionError),
        (3, errno.ENETUNREACH, OSError),
        (4, errno.EHOSTUNREACH, OSError),
        (5, errno.ECONNREFUSED, ConnectionRefusedError),
        (6, errno.ETIMEDOUT, TimeoutError),
        (7, errno.EOPNOTSUPP, OSError),
        (8, errno.EAFNOSUPPORT, OSError),
        (9, errno.ECONNABORTED, ConnectionAbortedError),
        (255, errno.ECONNABORTED, ConnectionAbortedError),
    ],
)
@pytest.mark.parametrize("rest", [BOUND, b""], ids=["whole", "cut off"])
def test_socks5_replies(reply: int, number: int, kind: type, rest: bytes) -> None:
    spoken = Spoken(SOCKS5("p:1", None).talk(FOUR), b"\5\0\5" + bytes([reply]) + rest)
    assert spoken.number == number
    assert type(OSError(number, "")) is kind
    assert spoken.error is not None
    assert ("unknown reply" in spoken.error.why) == (reply > 8)


@pytest.mark.parametrize(
    ("answer", "number", "why"),
    [
        (b"\5\xff", errno.EACCES, "no acceptable authentication methods"),
        (b"\5\2\1\1", errno.EACCES, "user name or password not accepted"),
        (b"\5\2\1\xff", errno.EACCES, "user name or password not accepted"),
        (b"\5\2\5\0", errno.EPROTO, "not an answer to user name and password"),
        (b"\5\1", errno.EPROTO, "an authentication method that was not offered"),
        (b"\4\0", errno.EPROTO, "not a SOCKS5 proxy's answer"),
        (b"HTTP/1.0 400 Bad Request\r\n", errno.EPROTO, "not a SOCKS5 proxy's answer: b'HT'"),
        (b"\5\0\0\0", errno.EPROTO, "not a SOCKS5 proxy's answer"),
        (b"\5\0\5\0\0\2", errno.EPROTO, "an address of an unknown type"),
    ],
)
def test_socks5_answers(answer: bytes, number: int, why: str) -> None:
    spoken = Spoken(SOCKS5("p:1", AUTH).talk(FOUR), answer)
    assert spoken.number == number
    assert spoken.error is not None
    assert spoken.error.why.startswith(why)


def test_socks5_method_not_offered() -> None:
    """A proxy that wants a password without our having one to give."""
    assert Spoken(SOCKS5("p:1", None).talk(FOUR), b"\5\2").number == errno.EPROTO


@pytest.mark.parametrize(
    ("answer", "number", "why"),
    [
        (
            b"HTTP/1.1 407 Proxy Authentication Required\r\n",
            errno.EACCES,
            "407 Proxy Authentication Required",
        ),
        (b"HTTP/1.1 401 Unauthorized\r\n", errno.EACCES, "401 Unauthorized"),
        (b"HTTP/1.0 403 Forbidden\n", errno.EACCES, "403 Forbidden"),
        (b"HTTP/1.1 408 Request Timeout\r\n", errno.ETIMEDOUT, "408 Request Timeout"),
        (b"HTTP/1.1 504 Gateway Timeout\r\n", errno.ETIMEDOUT, "504 Gateway Timeout"),
        (b"HTTP/1.1 502 Bad Gateway\r\n", errno.ECONNABORTED, "502 Bad Gateway"),
        (b"HTTP/1.1 302 Found\r\n", errno.ECONNABORTED, "302 Found"),
        (b"HTTP/1.1 101 Switching Protocols\r\n", errno.ECONNABORTED, "101 Switching Protocols"),
        (b"HTTP/1.1 999 ?\r\n", errno.ECONNABORTED, "999 ?"),
        (b"HTTP/1.1 500\r\n", errno.ECONNABORTED, "500"),
        (b"HTTP/1.1 500 \x1b[31m\xe9\r\n", errno.ECONNABORTED, "500 ?[31mé"),
        (b"HTTP/1.1 500 " + b"x" * 1000 + b"\n", errno.ECONNABORTED, "500 " + "x" * 196),
        (b"HTTP/1.1 2000 OK\r\n", errno.EPROTO, "not an HTTP proxy's answer: b'HTTP/1.1 2000 OK'"),
        (b"HTTP/1.1 +20 OK\r\n", errno.EPROTO, "not an HTTP proxy's answer: b'HTTP/1.1 +20 OK'"),
        (b"HTTP/1.1  200\r\n\r\n", errno.EPROTO, "not an HTTP proxy's answer: b'HTTP/1.1  200'"),
        (b"HTTP/1. 200 OK\r\n", errno.EPROTO, "not an HTTP proxy's answer: b'HTTP/1. 200 OK'"),
        (b"HTTP/1.11 200 OK\r\n", errno.EPROTO, "not an HTTP proxy's answer: b'HTTP/1.11 200 OK'"),
        (b"HTTP/2 200\r\n\r\n", errno.EPROTO, "not an HTTP proxy's answer: b'HTTP/2 200\\r\\n\\r\\n'"),
        (b"SSH-2.0-OpenSSH", errno.EPROTO, "not an HTTP proxy's answer: b'SSH-2.0-OpenSS'"),
        (b"\r\nHTTP/1.1 200 OK\r\n\r\n", errno.EPROTO, "not an HTTP proxy's answer"),
    ],
)
def test_http_answers(answer: bytes, number: int, why: str) -> None:
    """A refusal is one as soon as its first line is there: what follows may never come."""
    spoken = Spoken(HTTPConnect("p:1", None).talk(NAME), answer)
    assert spoken.number == number
    assert spoken.error is not None
    assert spoken.error.why == why if number != errno.EPROTO else spoken.error.why.startswith(why)


@pytest.mark.parametrize(
    "answer",
    [
        OK,
        b"HTTP/1.1 200\r\n\r\n",
        b"HTTP/1.1 200\n\n",
        b"HTTP/1.0 200 Connection established\r\n\r\n",
        b"HTTP/1.1 204 No Content\r\n\r\n",
        b"HTTP/1.1 200 OK\nVia: x\r\n\n",
        b"HTTP/1.1 200 OK\nVia: x\n\r\n",
        # Fields of length mean nothing here, RFC 9110, section 9.3.6.
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + OK,
    ],
)
@pytest.mark.parametrize("piece", [1, 3, 1 << 20])
@pytest.mark.parametrize("after", [b"", b"\n", b"\r\n", b"\r\n\r\n", b"220 ready"])
def test_http_ends_where_it_ends(answer: bytes, piece: int, after: bytes) -> None:
    spoken = Spoken(HTTPConnect("p:1", None).talk(NAME), answer + after, piece)
    assert spoken.error is None
    assert spoken.rest == after


def test_http_too_much() -> None:
    """The bound is on all heads together, and a little below it is still good."""
    field = b"X: " + b"y" * 95 + b"\r\n"
    fits = b"HTTP/1.1 200 OK\r\n" + field * 160 + b"\r\n"
    assert len(fits) < MOST_HEAD
    assert Spoken(HTTPConnect("p:1", None).talk(NAME), fits).error is None
    endless = [b"HTTP/1.1 200 OK\r\n" + field * 1000, b"HTTP/1.1 " + b"2" * 100_000]
    endless.append(b"HTTP/1.1 100 Continue\r\n\r\n" * 10_000)
    for answer in endless:
        spoken = Spoken(HTTPConnect("p:1", None).talk(NAME), answer)
        assert spoken.number == errno.EPROTO
        assert spoken.error is not None
        assert spoken.error.why == f"an answer whose head has more than {MOST_HEAD} bytes"
        assert len(answer) - len(spoken.rest) <= MOST_HEAD


# Where answers end.

GOOD = [
    (SOCKS5("p:1", AUTH), b"\5\0" + SUCCESS),
    (SOCKS5("p:1", AUTH), b"\5\2\1\0" + SUCCESS),
    (SOCKS5("p:1", None), b"\5\0\5\0\0\4" + bytes(18)),
    (SOCKS5("p:1", None), b"\5\0\5\0\0\3\x05proxy\1\1"),
    (SOCKS5("p:1", None), b"\5\0\5\0\0\3\0\1\1"),
    (HTTPConnect("p:1", None), OK),
    (HTTPConnect("p:1", None), b"HTTP/1.1 100 \n\nHTTP/1.1 299 \nA: b\r\n\n"),
]


@given(st.sampled_from(GOOD), st.integers(1, 20), st.binary(max_size=50))
def test_not_a_byte_too_many(good: tuple[Any, bytes], piece: int, after: bytes) -> None:
    proxy, answer = good
    spoken = Spoken(proxy.talk(NAME), answer + after, piece)
    assert spoken.error is None
    assert spoken.rest == after


@pytest.mark.parametrize(("proxy", "answer"), GOOD)
def test_cut_off_anywhere(proxy: Any, answer: bytes) -> None:
    for length in range(len(answer)):
        assert Spoken(proxy.talk(NAME), answer[:length]).number == errno.ECONNABORTED, answer[:length]


@given(
    st.sampled_from([proxy for proxy, _ in GOOD]),
    st.binary(max_size=100),
    st.integers(1, 20),
    st.sampled_from([b"", b"\5\0", b"\5\2\1\0\5\0\0", b"HTTP/1.1 ", b"HTTP/1.1 200 OK\r\n"]),
)
def test_whatever_comes(proxy: Any, answer: bytes, piece: int, start: bytes) -> None:
    """It ends, with a connection or a `Refused`; nothing else is raised."""
    spoken = Spoken(proxy.talk(NAME), start + answer, piece)
    if spoken.error is not None:
        assert spoken.error.why.isprintable()
        assert len(spoken.error.why) < 300
        assert str(OSError(spoken.error.number, spoken.error.why))
