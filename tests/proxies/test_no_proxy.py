"""`ALL_PROXY` and `NO_PROXY`: what is read out of them, row by row."""

from __future__ import annotations

from typing import Any

import pytest

import dialnet as net
from dialnet.proxies.dialers import PerHost
from dialnet.proxies.environment import named
from dialnet.proxies.no_proxy import Exceptions
from tests import hosts

# NO_PROXY, what is dialed, whether it is dialed without the proxy.
ROWS = [
    # Nothing.
    ("", "example.com:80", False),
    (" , ,", "example.com:80", False),
    # Hosts: themselves alone, in whatever case, rooted or not.
    ("example.com", "example.com:80", True),
    ("example.com", "EXAMPLE.com.:443", True),
    ("Example.COM.", "example.com:80", True),
    ("example.com", "www.example.com:80", False),
    ("example.com", "badexample.com:80", False),
    ("a,  example.com ,b", "example.com:80", True),
    ("localhost", "localhost:80", True),
    ("localhost", "127.0.0.1:80", False),
    ("bücher.example", "xn--bcher-kva.example:80", True),
    ("xn--bcher-kva.example", "BÜCHER.example:80", True),
    # Suffixes, each with its domain.
    ("*.example.com", "www.example.com:80", True),
    ("*.example.com", "a.b.example.com:80", True),
    ("*.example.com", "example.com:80", True),
    ("*.example.com", "badexample.com:80", False),
    ("*.EXAMPLE.com.", "www.Example.COM.:80", True),
    (".example.com", "www.example.com:80", True),
    (".example.com", "example.com:80", True),
    (".example.com", "example.com.net:80", False),
    (".example.com", "badexample.com:80", False),
    # An address is under no suffix.
    (".2.1", "192.0.2.1:80", False),
    ("*.2.1", "192.0.2.1:80", False),
    # Addresses, and only for dials of addresses.
    ("192.0.2.1", "192.0.2.1:80", True),
    ("192.0.2.1", "192.0.2.10:80", False),
    ("192.0.2.1", "[::ffff:192.0.2.1]:80", True),
    ("::ffff:192.0.2.1", "192.0.2.1:80", True),
    ("2001:db8::1", "[2001:DB8:0::1]:80", True),
    ("[2001:db8::1]", "[2001:db8::1]:80", True),
    ("2001:db8::1", "[2001:db8::2]:80", False),
    ("fe80::1", "[fe80::1%eth0]:80", True),
    # CIDRs.
    ("192.0.2.0/24", "192.0.2.255:80", True),
    ("192.0.2.77/24", "192.0.2.1:80", True),
    ("192.0.2.0/24", "192.0.3.1:80", False),
    ("192.0.2.0/24", "www.example.com:80", False),
    ("0.0.0.0/0", "192.0.2.1:80", True),
    ("0.0.0.0/0", "[::1]:80", False),
    ("2001:db8::/32", "[2001:db8:ffff::1]:80", True),
    ("2001:db8::/32", "[2001:db9::1]:80", False),
    ("fe80::/10", "[fe80::1%eth0]:80", True),
    ("10.0.0.0/8", "[::ffff:10.1.2.3]:80", True),
    # With a port: only that one.
    ("example.com:8080", "example.com:8080", True),
    ("example.com:8080", "example.com:80", False),
    ("example.com:8080", "www.example.com:8080", False),
    ("example.com:080", "example.com:80", True),
    ("*.example.com:8080", "www.example.com:8080", True),
    (".example.com:8080", "www.example.com:80", False),
    ("192.0.2.1:8080", "192.0.2.1:8080", True),
    ("192.0.2.1:8080", "192.0.2.1:80", False),
    ("[2001:db8::1]:8080", "[2001:db8::1]:8080", True),
    ("[2001:db8::1]:8080", "[2001:db8::1]:80", False),
    ("example.com:https", "example.com:HTTPS", True),
    # Everything.
    ("*", "www.example.com:80", True),
    ("a, *", "[::1]:80", True),
    ("*", "192.0.2.1:80", True),
    # What cannot be read is passed over.
    ("192.0.2.0/33,a", "192.0.2.1:80", False),
    ("192.0.2.0/33,a", "a:80", True),
    ("example.com/path", "example.com:80", False),
    ("a:b:c, example.com", "example.com:80", True),
    ("example.com:99999", "example.com:80", False),
    ("http://example.com", "example.com:80", False),
    ("[::1, .", "[::1]:80", False),
    ("*.", "example.com:80", False),
    ("**", "example.com:80", False),
]


@pytest.mark.parametrize(("text", "address", "direct"), ROWS)
def test_no_proxy(text: str, address: str, direct: bool) -> None:
    exceptions = Exceptions(text)
    assert (address in exceptions) is direct
    if direct:
        assert exceptions


def test_an_empty_list_is_none() -> None:
    assert not Exceptions("")
    assert not Exceptions(" , . ,a/b")


USED = [
    ("socks5://127.0.0.1", "socks5", "127.0.0.1:1080"),
    ("socks5h://127.0.0.1:9050", "socks5", "127.0.0.1:9050"),
    ("SOCKS5://Proxy.Example:1", "socks5", "proxy.example:1"),
    ("socks5://[::1]", "socks5", "[::1]:1080"),
    ("socks5://[fe80::1%25eth0]:9050/", "socks5", "[fe80::1%eth0]:9050"),
    ("http://proxy.example", "http_connect", "proxy.example:80"),
    ("http://proxy.example:3128/", "http_connect", "proxy.example:3128"),
    ("proxy.example:3128", "http_connect", "proxy.example:3128"),
    ("ursula:s3cret@proxy.example:3128", "http_connect", "proxy.example:3128"),
    (" http://proxy.example \n", "http_connect", "proxy.example:80"),
]


@pytest.mark.parametrize(("url", "kind", "address"), USED)
def test_all_proxy(url: str, kind: str, address: str) -> None:
    for name in ("ALL_PROXY", "all_proxy"):
        found = named({name: url})
        assert found is not None
        assert (found[0].name, found[0].address) == (kind, address)
        assert not found[1]


UNUSED = [
    ("socks4://127.0.0.1:1080", "invalid ALL_PROXY: socks4://127.0.0.1:1080: unknown scheme socks4"),
    ("https://ursula:s3cret@h:1", "invalid ALL_PROXY: https://h:1: unknown scheme https"),
    ("socks5://", "invalid ALL_PROXY: socks5://: no host"),
    ("socks5://:1080", "invalid ALL_PROXY: socks5://:1080: no host"),
    ("socks5://h:99999", "invalid ALL_PROXY: socks5://h:99999: not a URL"),
    ("socks5://[::1", "invalid ALL_PROXY: socks5://[::1: not a URL"),
    # A password that should have been escaped is not shown either.
    ("http://ursula:s3cret/x@h:1", "invalid ALL_PROXY: http://h:1: not a URL"),
    (f"socks5://{'u' * 256}:s3cret@h", "invalid ALL_PROXY: socks5://h: SOCKS5 has room for"),
    ("http://a%3Ab:s3cret@h", "invalid ALL_PROXY: http://h: a user name cannot have a colon in it"),
]


@pytest.mark.parametrize(("url", "text"), UNUSED)
def test_all_proxy_that_cannot_be_used(url: str, text: str) -> None:
    """Not a way around it."""
    with pytest.raises(net.ParseError) as caught:
        named({"ALL_PROXY": url})
    err: Any = caught.value
    assert str(err).startswith(text)
    while err is not None:
        assert "s3cret" not in str(err)
        err = err.__cause__ or (None if err.__suppress_context__ else err.__context__)


def test_which_variable() -> None:
    """Capitals first; an empty one is none. Those for one protocol each mean nothing here."""

    def address(environ: dict[str, str]) -> str | None:
        found = named(environ)
        return None if found is None else found[0].address

    assert address({"ALL_PROXY": "socks5://a", "all_proxy": "socks5://b"}) == "a:1080"
    assert address({"ALL_PROXY": " ", "all_proxy": "socks5://b"}) == "b:1080"
    assert address({"HTTP_PROXY": "http://a", "HTTPS_PROXY": "http://a", "SOCKS_PROXY": "a"}) is None
    assert address({"NO_PROXY": "*"}) is None
    for both, direct in (
        ({"NO_PROXY": "a.example", "no_proxy": "b.example"}, "a.example:1"),
        ({"no_proxy": "b.example"}, "b.example:1"),
    ):
        found = named({"ALL_PROXY": "socks5://a", **both})
        assert found is not None
        assert direct in found[1]
        assert "c.example:1" not in found[1]


class Told:
    """A dialer that notes what it is told to dial."""

    def __init__(self) -> None:
        self.calls: list[Any] = []

    def dial(self, network: str, address: str, *, cancel: Any = None) -> Any:
        self.calls.append((network, address, cancel))
        raise ConnectionRefusedError(111, "told")


def test_the_two_ways() -> None:
    """Everything goes on as it came, by one way or the other."""
    proxy, forward = Told(), Told()
    dialer = PerHost(proxy, forward, Exceptions("a.example,192.0.2.0/24"))
    token = net.CancelToken()
    for network, address in (("tcp", "a.example:1"), ("udp6", "192.0.2.1:https"), ("tcp4", "b.example:2")):
        with pytest.raises(ConnectionRefusedError):
            dialer.dial(network, address, cancel=token)
    assert forward.calls == [("tcp", "a.example:1", token), ("udp6", "192.0.2.1:https", token)]
    assert proxy.calls == [("tcp4", "b.example:2", token)]


def test_what_cannot_go_by_either(host_name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An address that is none is complained of as by every dialer; a Unix socket is no proxy's business."""
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "a.example")

    async def body(host: hosts.Host) -> None:
        dialer = host.proxy.from_environment()
        for network, address, kind in (
            ("tcp", "a.example", net.AddrError),
            ("tcp", "", net.MissingAddressError),
            ("unix", "/nowhere", net.UnknownNetworkError),
            ("udp", "b.example:53", net.UnknownNetworkError),
        ):
            with pytest.raises(kind) as caught:
                await dialer.dial(network, address)
            assert isinstance(caught.value, net.OpError)

    hosts.run(host_name, body)
