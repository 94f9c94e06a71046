"""Names of raw IP networks: what is one, and what the parts mean. Nothing is opened here."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dialnet as net
from dialnet.resolve import networks
from dialnet.resolve.config.services import Protocols
from dialnet.resolve.networks import parse_network
from tests import hosts

FAMILIES = {"ip": socket.AF_UNSPEC, "ip4": socket.AF_INET, "ip6": socket.AF_INET6}
PROTOCOLS = [
    ("icmp", 1),
    ("igmp", 2),
    ("tcp", 6),
    ("udp", 17),
    ("ipv6-icmp", 58),
    ("ICMP", 1),
    ("IPv6-ICMP", 58),
    ("0", 0),
    ("1", 1),
    ("58", 58),
    ("0058", 58),
    ("255", 255),
    ("99999999", 99999999),
]
UNKNOWN = [
    "",
    " ",
    "icmp ",
    "nosuch",
    "-1",
    "+1",
    "1.0",
    "0x1",
    "1e3",
    "٣",
    "²",
    "999999999",
    "9" * 5000,
    "\0",
]


@pytest.mark.parametrize("plain", FAMILIES)
@pytest.mark.parametrize(("text", "number"), PROTOCOLS)
def test_protocols(plain: str, text: str, number: int) -> None:
    for to_open in (True, False):
        network = parse_network(f"{plain}:{text}", to_open=to_open)
        assert network.name == f"{plain}:{text}"
        assert network.base == "ip"
        assert network.family == FAMILIES[plain]
        assert network.type == socket.SOCK_RAW
        assert network.protocol == number
        assert network.plain is parse_network(plain)
        assert not network.is_unix


@pytest.mark.parametrize("plain", FAMILIES)
@pytest.mark.parametrize("text", UNKNOWN)
def test_unknown_protocols(plain: str, text: str) -> None:
    with pytest.raises(net.AddrError) as caught:
        parse_network(f"{plain}:{text}")
    assert str(caught.value) == (f"address {text}: " if text else "") + "unknown IP protocol specified"
    assert caught.value.addr == text


@pytest.mark.parametrize(
    "name", ["ip5:1", "tcp:6", "udp:17", "unix:1", ":1", "IP:1", "ip 4:1", "ip:4:1", "ip4::1"]
)
def test_unknown_networks(name: str) -> None:
    for bases in ((), ("ip",)):
        with pytest.raises(net.UnknownNetworkError) as caught:
            parse_network(name, *bases)
        assert str(caught.value) == f"unknown network {name}"


@pytest.mark.parametrize("plain", FAMILIES)
def test_without_a_protocol(plain: str) -> None:
    """Good enough to look an address up, but not to open a socket."""
    assert parse_network(plain).protocol == 0
    assert parse_network(plain).plain is parse_network(plain)
    with pytest.raises(net.UnknownNetworkError):
        parse_network(plain, to_open=True)


def test_the_caller_wants_another() -> None:
    """That is said first, whatever the protocol."""
    for name in ("ip4:icmp", "ip:nosuch", "ip6"):
        with pytest.raises(net.UnknownNetworkError):
            parse_network(name, "tcp", "udp")


def test_other_networks_are_their_own_plain_ones() -> None:
    for name in ("tcp", "tcp4", "udp6", "unix", "unixgram"):
        network = parse_network(name, to_open=True)
        assert network.plain is network
        assert network.protocol == 0


@given(st.text())
def test_any_text(text: str) -> None:
    for name in (text, f"ip:{text}", f"{text}:icmp"):
        try:
            network = parse_network(name, to_open=True)
        except (net.UnknownNetworkError, net.AddrError):
            continue
        assert network.name == name


def test_protocols_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are looked at when a name is not well known, and never in place of one that is."""
    path = tmp_path / "protocols"
    known = Protocols(str(path))
    monkeypatch.setattr(networks, "_protocols", lambda: known)
    assert parse_network("ip4:icmp").protocol == 1
    # It has not been read yet, and it is read only once.
    path.write_text("icmp 99\nours 253 OURS also\nmuch 262\n")
    for text, number in (("ours", 253), ("also", 253), ("much", 262)):
        assert parse_network(f"ip:{text}").protocol == number
    assert parse_network("ip:icmp").protocol == 1
    with pytest.raises(net.AddrError):
        parse_network("ip:theirs")


def test_the_file_is_left_alone() -> None:
    """Nobody opens /etc/protocols, or loads the reader of it, for a number or for another network."""
    code = """
import os, sys, dialnet
opened = []
sys.addaudithook(lambda event, args: opened.append(args[0]) if event == "open" else None)
from dialnet.resolve.networks import parse_network
parse_network("ip4:1"), parse_network("tcp"), parse_network("ip6:058")
assert "dialnet.resolve.config.services" not in sys.modules
parse_network("ip4:icmp"), parse_network("ip6:ipv6-icmp")
assert "/etc/protocols" not in opened
try:
    parse_network("ip4:surely-nobody-has-this")
except dialnet.AddrError:
    pass
assert ("/etc/protocols" in opened) == os.path.exists("/etc/protocols")
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=hosts.PATIENCE)
