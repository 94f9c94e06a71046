"""What dialnet says of the interfaces is what `ip` (iproute2) says."""

from __future__ import annotations

import copy
import errno
import json
import pickle
import shutil
import subprocess
import sys
import threading
import time
from typing import Any

import pytest

import dialnet as net
import dialnet.aio as aio
from dialnet.netif import groups, linux
from tests.hosts import PATIENCE
from tests.rawip.network import own_network

needs_ip = pytest.mark.skipif(shutil.which("ip") is None, reason="no iproute2")
IP_TUNNELS = {"ipip", "tunnel6", "sit", "gre", "gre6", "ip6gre"}

Said = dict[int, dict[str, Any]]


def ip(*args: str) -> str:
    return subprocess.run(["ip", *args], capture_output=True, text=True, timeout=50, check=True).stdout


def of_ip() -> Said:
    """What `ip` says, in the shape of `of_dialnet`."""
    said: Said = {}
    for each in json.loads(ip("-j", "addr")):
        flags = set(each["flags"])
        words = {"UP", "BROADCAST", "LOOPBACK", "POINTOPOINT", "MULTICAST"} & flags
        if "UP" in flags and "NO-CARRIER" not in flags:
            words.add("RUNNING")
        hardware = each.get("address", "")
        if each["link_type"] in IP_TUNNELS or not hardware.strip("0:"):
            hardware = ""
        said[each["ifindex"]] = {
            "name": each["ifname"],
            "mtu": each["mtu"],
            "flags": words,
            "hardware": hardware,
            "addrs": sorted(f"{addr['local']}/{addr['prefixlen']}" for addr in each["addr_info"]),
            "groups": [],
        }
    for each in json.loads(ip("-j", "maddr")):
        found = [addr["address"] for addr in each["maddr"] if "family" in addr and "address" in addr]
        said[each["ifindex"]]["groups"] = sorted(found)
    return said


def of_dialnet(with_groups: bool = True) -> Said:
    return {
        each.index: {
            "name": each.name,
            "mtu": each.mtu,
            "flags": {(flag.name or "").replace("_", "") for flag in each.flags},
            "hardware": str(each.hardware_addr),
            "addrs": sorted(map(str, each.addrs())),
            "groups": sorted(map(str, each.multicast_addrs())) if with_groups else [],
        }
        for each in net.interfaces()
    }


def compare() -> Said:
    """Both at a moment at which nothing changes: an address or a carrier may take its time."""
    end = time.monotonic() + PATIENCE
    while True:
        before, ours, after = of_ip(), of_dialnet(), of_ip()
        if before == after or time.monotonic() > end:
            assert ours == after
            return ours


@needs_ip
def test_this_machine() -> None:
    assert compare()


def test_one_by_one() -> None:
    every = net.interfaces()
    assert [each.index for each in every] == sorted(each.index for each in every)
    for each in every:
        assert net.interface_by_name(each.name) == each
        assert net.interface_by_index(each.index) == each
    assert sorted(map(str, net.interface_addrs())) == sorted(str(a) for each in every for a in each.addrs())
    loopback = next(each for each in every if net.Flags.LOOPBACK in each.flags)
    assert net.IPNet("127.0.0.1", net.cidr_mask(8, 32)) in loopback.addrs()
    assert loopback.hardware_addr == b""


@needs_ip
def test_a_network_of_its_own() -> None:
    with own_network():
        for command in (
            "link add near type veth peer name far",
            "link set near mtu 1280 up",
            "link set far address 02:00:5e:10:00:01 up",
            "link add off type veth peer name off2",
            "link add half type veth peer name half2",
            "link set half up",
            "link add name bytes type dummy",
            "addr add 192.0.2.1 peer 198.51.100.7/32 dev near",
            "addr add 192.0.2.9/25 brd + dev near label near:1",
            "addr add 2001:db8::5/48 dev far nodad",
            "addr add 2001:db8:1::1 peer 2001:db8:2::/64 dev far nodad",
            "addr add ::ffff:192.0.2.77/120 dev far nodad",
            "addr add 203.0.113.5/0 dev off",
            "maddr add 33:33:00:00:00:77 dev near",
        ):
            try:
                ip(*command.split())
            except subprocess.CalledProcessError as err:
                if "dummy" not in command:  # a kernel may be without
                    raise AssertionError(f"{command}: {err.stderr}") from err
        end = time.monotonic() + PATIENCE
        while True:
            before, ours, after = of_ip(), of_dialnet(), of_ip()
            if before == after or time.monotonic() > end:
                break
        # The one thing that is said differently: a mapped address is IPv4 here, with an IPv4 mask.
        for said in after.values():
            said["addrs"] = sorted(a.replace("::ffff:192.0.2.77/120", "192.0.2.77/24") for a in said["addrs"])
        assert ours == after
        near, far = net.interface_by_name("near"), net.interface_by_name("far")
        assert near.mtu == 1280
        assert str(net.interface_by_name("off").flags) == "broadcast|multicast"
        assert str(net.interface_by_name("half").flags) == "up|broadcast|multicast"
        assert str(far.flags) == "up|broadcast|multicast|running"
        assert str(far.hardware_addr) == "02:00:5e:10:00:01"
        assert "192.0.2.1/32" in map(str, near.addrs())
        assert {"2001:db8::5/48", "2001:db8:1::1/64"} <= set(map(str, far.addrs()))
        with net.listen_multicast_udp("udp4", near, net.UDPAddr("233.252.0.1", 0)):
            assert net.IPAddr("233.252.0.1") in near.multicast_addrs()
            assert net.IPAddr("233.252.0.1") not in far.multicast_addrs()
            compare_groups(near)
        ip("link", "del", "near")
        assert near.addrs() == near.multicast_addrs() == []
        with pytest.raises(net.OpError, match=r"^route ip\+net: no such network interface$"):
            net.interface_by_name("far")


def compare_groups(interface: net.Interface) -> None:
    said = json.loads(ip("-j", "maddr", "show", "dev", interface.name))[0]["maddr"]
    assert sorted(map(str, interface.multicast_addrs())) == sorted(
        a["address"] for a in said if "family" in a
    )


@needs_ip
def test_many() -> None:
    """More than a datagram holds, of links and of addresses."""
    with own_network():
        lines = [f"addr add 10.7.{n // 250}.{n % 250 + 1}/16 dev lo" for n in range(300)]
        lines += [f"addr add 2001:db8::{n:x}/64 dev lo nodad" for n in range(1, 301)]
        lines += [f"link add v{n} type veth peer name w{n}" for n in range(40)]
        batch = subprocess.run(
            ["ip", "-batch", "-"], input="\n".join(lines), capture_output=True, text=True, timeout=50
        )
        assert batch.returncode == 0, batch.stderr
        ours = compare()
        assert len(ours) >= 81
        assert len(net.interface_by_name("lo").addrs()) >= 600
        assert len(set(net.interface_addrs())) == len(net.interface_addrs())


@needs_ip
def test_a_thread_in_another_network() -> None:
    """The addresses and the groups are those of the calling thread's network."""
    found: list[Said] = []

    def look() -> None:
        try:
            with own_network():
                ip("link", "add", "elsewhere", "type", "veth", "peer", "name", "elsewhere2")
                ip("link", "set", "elsewhere", "up")
                found.append(compare())
        except pytest.skip.Exception:
            pass

    thread = threading.Thread(target=look)
    thread.start()
    thread.join(50)
    if not found:
        pytest.skip("no network namespace for this user")
    assert "elsewhere" in [said["name"] for said in found[0].values()]
    assert "elsewhere" not in [each.name for each in net.interfaces()]


@pytest.mark.parametrize(
    ("ask", "text", "kind"),
    [
        (lambda: net.interface_by_name("no such one"), "no such network interface", net.Error),
        (lambda: net.interface_by_name("x\0y"), "no such network interface", net.Error),
        (lambda: net.interface_by_name("\udc80"), "no such network interface", net.Error),
        (lambda: net.interface_by_name(""), "invalid network interface name", ValueError),
        (lambda: net.interface_by_index(0), "invalid network interface index", ValueError),
        (lambda: net.interface_by_index(-1), "invalid network interface index", ValueError),
        (lambda: net.interface_by_index(10**30), "no such network interface", net.Error),
    ],
)
def test_there_is_none(ask: Any, text: str, kind: type[Exception]) -> None:
    with pytest.raises(net.OpError) as caught:
        ask()
    assert str(caught.value) == f"route ip+net: {text}"
    assert isinstance(caught.value, kind)
    assert (caught.value.op, caught.value.net) == ("route", "ip+net")


@pytest.mark.parametrize("bad", [None, b"lo", 1.0, True])
def test_arguments_of_a_wrong_type(bad: Any) -> None:
    with pytest.raises(TypeError):
        net.interface_by_name(bad)
    with pytest.raises(TypeError):
        net.interface_by_index(bad)


def test_the_kernel_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(kind: int, sequence: int) -> bytes:
        return b"\x20\0\0\0\xff\0\x01\x03" + bytes(24)  # a type of message that there is not

    monkeypatch.setattr(linux, "dump_request", refuse)
    monkeypatch.setattr(linux, "_SEQUENCE", 0)
    with pytest.raises(net.OpError, match=r"^route ip\+net: netlinkrib: ") as caught:
        net.interfaces()
    assert caught.value.errno == errno.EOPNOTSUPP


def test_a_kernel_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linux, "_SEQUENCE", 5)
    monkeypatch.setattr(linux, "_PATIENCE", 0.05)
    monkeypatch.setattr(linux, "dump_request", lambda kind, sequence: b"\0" * 16)
    with pytest.raises(TimeoutError) as caught:
        net.interface_addrs()
    assert isinstance(caught.value, net.OpError)
    assert caught.value.timeout


def test_a_kernel_without_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "_FOLDERS", ("/nonexistent",))
    assert net.interfaces()[0].multicast_addrs() == []
    monkeypatch.setattr(groups, "_FOLDERS", ("/etc/hostname",))
    with pytest.raises(NotADirectoryError, match=r"^route ip\+net: open: "):
        net.interfaces()[0].multicast_addrs()


def test_flags() -> None:
    flags = net.Flags
    assert str(flags(0)) == "0"
    assert str(flags.UP | flags.LOOPBACK | flags.RUNNING) == "up|loopback|running"
    assert str(~flags(0)) == "up|broadcast|loopback|pointtopoint|multicast|running"
    assert f"{flags.POINT_TO_POINT}" == "pointtopoint"
    assert [flag.value for flag in flags] == [1, 2, 4, 8, 16, 32]
    assert pickle.loads(pickle.dumps(flags.UP | flags.MULTICAST)) is flags.UP | flags.MULTICAST


def test_an_interface_is_a_value() -> None:
    interface = net.Interface(7, 1500, "x", net.HardwareAddr(b"\2" * 6), net.Flags.UP)
    for twin in (copy.copy(interface), copy.deepcopy(interface), pickle.loads(pickle.dumps(interface))):
        assert twin == interface
        assert hash(twin) == hash(interface)
    assert interface != net.Interface(8, 1500, "x", net.HardwareAddr(b"\2" * 6), net.Flags.UP)
    with pytest.raises(AttributeError):
        interface.mtu = 9  # type: ignore[misc]
    match interface:
        case net.Interface(index, mtu, name):
            assert (index, mtu, name) == (7, 1500, "x")
        case _:
            raise AssertionError


def test_both_faces_have_the_same() -> None:
    for name in (
        "Flags",
        "Interface",
        "interfaces",
        "interface_by_name",
        "interface_by_index",
        "interface_addrs",
    ):
        assert getattr(net, name) is getattr(aio, name)
        assert name in dir(net)
        assert name in dir(aio)
    with pytest.raises(AttributeError, match="'dialnet' has no attribute 'nothing'"):
        net.nothing  # noqa: B018


def test_loaded_late() -> None:
    code = (
        "import sys, dialnet\n"
        "assert 'dialnet.netif.interface' not in sys.modules\n"
        "from dialnet import *\n"
        "assert Interface is dialnet.Interface and Flags.UP and callable(interfaces)\n"
        "assert isinstance(dialnet.interfaces()[0], Interface)\n"
        "assert callable(dialnet.interfaces)\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=50)
    assert ran.returncode == 0, ran.stderr
