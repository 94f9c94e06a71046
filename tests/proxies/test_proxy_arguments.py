"""What the dialers are made of, and what is refused when they are made."""

from __future__ import annotations

import copy
import inspect
import pickle
import subprocess
import sys
from types import ModuleType
from typing import Any

import pytest

import dialnet
import dialnet.aio.proxy
import dialnet.proxy
from dialnet.proxies.target import HostAddr

FACES = [dialnet.proxy, dialnet.aio.proxy]
each_face = pytest.mark.parametrize("proxy", FACES, ids=lambda module: module.__name__)


@each_face
def test_bad_arguments(proxy: ModuleType) -> None:
    for make in (proxy.socks5, proxy.http_connect):
        for address, kind in (("", dialnet.AddrError), ("127.0.0.1", dialnet.AddrError), (None, TypeError)):
            with pytest.raises(kind):
                make(address)
        for auth in ("ab", ("a",), ("a", None), (b"a", b"b"), 5, {"a": "b"}):
            with pytest.raises(TypeError) as caught:
                make("p:1", auth=auth)
            assert str(caught.value) == "auth is a user name and a password, both str"
        for forward in (5, object(), "socks5://p:1"):
            with pytest.raises(TypeError):
                make("p:1", forward=forward)
    for auth in (("", "x"), ("u" * 256, "x"), ("u", "x" * 256), ("ü" * 128, "x")):
        with pytest.raises(ValueError):
            proxy.socks5("p:1", auth=auth)
    with pytest.raises(ValueError):
        proxy.http_connect("p:1", auth=("a:b", "c"))
    for headers in ({"": "x"}, {"a b": "x"}, {"a:": "x"}, {"a\r\nb": "x"}, {"a": "x\r\nb: c"}, {"a": "\0"}):
        with pytest.raises(ValueError):
            proxy.http_connect("p:1", headers=headers)
    with pytest.raises(ValueError):
        proxy.http_connect("p:1", headers={"Host": "a\n"})
    with pytest.raises(ValueError):
        proxy.http_connect("p:1", headers={"a": "\u20ac"})


def test_the_other_faces_dialers() -> None:
    for proxy, own, other, other_proxy in (
        (dialnet.proxy, dialnet.Dialer, dialnet.aio.Dialer, dialnet.aio.proxy),
        (dialnet.aio.proxy, dialnet.aio.Dialer, dialnet.Dialer, dialnet.proxy),
    ):
        proxy.socks5("p:1", forward=own())
        proxy.socks5("p:1", forward=proxy.http_connect("q:1"))
        for forward in (other(), other_proxy.socks5("q:1")):
            with pytest.raises(TypeError, match="other face"):
                proxy.socks5("p:1", forward=forward)


@each_face
def test_environment_without_a_proxy(proxy: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    face: Any = dialnet if proxy is dialnet.proxy else dialnet.aio
    mine = face.Dialer(timeout=1)
    assert proxy.from_environment(mine) is mine
    assert proxy.from_environment() == face.Dialer()
    monkeypatch.setenv("no_proxy", "a.example")
    assert proxy.from_environment(mine) is mine
    monkeypatch.setenv("all_proxy", "socks5://u:s3cret@h:1")
    assert repr(proxy.from_environment(mine)) == "<PerHost <ProxyDialer socks5 h:1> but for a.example>"
    monkeypatch.setenv("no_proxy", "")
    assert isinstance(proxy.from_environment(mine), proxy.ProxyDialer)
    monkeypatch.setenv("ALL_PROXY", "nonsense://h")
    with pytest.raises(ValueError):
        proxy.from_environment()


def test_the_faces_are_alike() -> None:
    assert dialnet.proxy.__all__ == dialnet.aio.proxy.__all__
    for name in dialnet.proxy.__all__:
        ours, theirs = getattr(dialnet.proxy, name), getattr(dialnet.aio.proxy, name)
        assert ours.__doc__
        assert theirs.__doc__
        assert list(inspect.signature(ours).parameters) == list(inspect.signature(theirs).parameters)
    assert inspect.signature(dialnet.proxy.ProxyDialer.dial).parameters == (
        inspect.signature(dialnet.aio.proxy.ProxyDialer.dial).parameters
    )
    assert list(inspect.signature(dialnet.proxy.ProxyDialer.dial).parameters) == list(
        inspect.signature(dialnet.Dialer.dial).parameters
    )


def test_loaded_only_when_used() -> None:
    code = "import sys, dialnet, dialnet.aio; print(*[n for n in sys.modules if 'prox' in n])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=50, check=True)
    loaded = ran.stdout.split()
    assert not [name for name in loaded if name.startswith("dialnet")]
    code = "import sys, dialnet.proxy; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=50, check=True)
    assert not set(ran.stdout.split()) & {"asyncio", "typing", "re", "dataclasses", "dialnet.aio", "ssl"}


def test_host_addr() -> None:
    addr = HostAddr("www.example.com", 443)
    assert str(addr) == "www.example.com:443"
    assert addr.network == "tcp"
    assert isinstance(addr, dialnet.Addr)
    assert addr == HostAddr("www.example.com", 443) != HostAddr("www.example.com", 80)
    assert len({addr, HostAddr("www.example.com", 443)}) == 1
    for twin in (copy.copy(addr), pickle.loads(pickle.dumps(addr))):
        assert twin == addr
        assert repr(twin) == repr(addr) == "HostAddr(host='www.example.com', port=443)"
    with pytest.raises(AttributeError):
        addr.port = 1  # type: ignore[misc]
