"""The way through psutil: with the real one on this machine, with one as on Windows, with none."""

from __future__ import annotations

import socket
import sys
import types
from typing import Any

import pytest

import dialnet as net
from dialnet import system


@pytest.fixture
def _elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """A system that is not Linux, as far as anybody asks."""
    monkeypatch.setattr(system, "NAME", "freebsd")


def test_the_same_as_by_netlink(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("psutil")

    def look() -> list[Any]:
        return [(each, sorted(map(str, each.addrs()))) for each in net.interfaces()]

    # Twice, for what changes meanwhile on this machine.
    for _ in range(5):
        before = look()
        with monkeypatch.context() as patch:
            patch.setattr(system, "NAME", "freebsd")
            ours = look()
            addrs = sorted(map(str, net.interface_addrs()))
        if before == look():
            break
    assert ours == before
    assert addrs == sorted(addr for _, each in ours for addr in each)


@pytest.mark.usefixtures("_elsewhere")
def test_by_name_and_index() -> None:
    pytest.importorskip("psutil")
    for each in net.interfaces():
        assert net.interface_by_name(each.name) == each
        assert net.interface_by_index(each.index) == each
    with pytest.raises(net.OpError, match="no such network interface"):
        net.interface_by_name("none")


@pytest.mark.usefixtures("_elsewhere")
def test_groups_are_unknown() -> None:
    with pytest.raises(net.OpError, match=r"^route ip\+net: ") as caught:
        net.Interface(1, 1500, "lo").multicast_addrs()
    assert caught.value.errno is not None


@pytest.mark.usefixtures("_elsewhere")
def test_without_psutil(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psutil", None)
    for ask in (net.interfaces, net.interface_addrs, lambda: net.interface_by_index(1)):
        with pytest.raises(ModuleNotFoundError, match=r"psutil.*dialnet\[interfaces\]"):
            ask()


@pytest.mark.usefixtures("_elsewhere")
def test_psutil_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setitem(sys.modules, "psutil", types.SimpleNamespace(net_if_stats=fail, net_if_addrs=fail))
    with pytest.raises(PermissionError, match=r"^route ip\+net: Permission denied$") as caught:
        net.interfaces()
    assert isinstance(caught.value, net.OpError)


@pytest.mark.usefixtures("_elsewhere")
def test_as_on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names that have no index, no words for flags, no masks for IPv6, another way to write a MAC."""
    link = -1

    def addr(family: int, address: str, netmask: str | None = None) -> Any:
        return types.SimpleNamespace(family=family, address=address, netmask=netmask)

    def stats(isup: bool, mtu: int) -> Any:
        return types.SimpleNamespace(isup=isup, mtu=mtu, flags="")

    fake = types.SimpleNamespace(
        AF_LINK=link,
        net_if_stats=lambda: {
            "Ethernet 7": stats(True, 1500),
            "Loopback Pseudo-Interface 1": stats(True, 2**32 - 1),
            "Off": stats(False, 1400),
        },
        net_if_addrs=lambda: {
            "Ethernet 7": [
                addr(link, "02-00-5E-10-00-01"),
                addr(socket.AF_INET, "192.0.2.7", "255.255.255.0"),
                addr(socket.AF_INET6, "fe80::7%12"),
            ],
            "Loopback Pseudo-Interface 1": [
                addr(socket.AF_INET, "127.0.0.1", "255.0.0.0"),
                addr(socket.AF_INET6, "::1"),
            ],
            "Off": [addr(link, "00-00-00-00-00-00-00-E0-00"), addr(socket.AF_INET, "198.51.100.1")],
            "Gone": [addr(link, "02-00-5E-10-00-02")],
        },
    )
    monkeypatch.setitem(sys.modules, "psutil", fake)
    loopback, off, ethernet = net.interfaces()
    assert (ethernet.index, ethernet.name, ethernet.mtu) == (12, "Ethernet 7", 1500)
    assert str(ethernet.flags) == "up|running"
    assert str(ethernet.hardware_addr) == "02:00:5e:10:00:01"
    assert list(map(str, ethernet.addrs())) == ["192.0.2.7/24", "fe80::7/128"]
    assert str(loopback.flags) == "up|loopback|running"
    assert loopback.index == 0
    assert list(map(str, loopback.addrs())) == ["127.0.0.1/8", "::1/128"]
    assert (str(off.flags), off.hardware_addr) == ("0", b"")
    assert list(map(str, off.addrs())) == ["198.51.100.1/32"]
    assert net.interface_by_name("Off") == off
