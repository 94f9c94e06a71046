"""`UnixAddr`."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialnet.addresses import UnixAddr
from dialnet.errors import UnknownNetworkError


@pytest.mark.parametrize(
    ("given_name", "name"),
    [
        ("", ""),
        ("/run/x.sock", "/run/x.sock"),
        ("relative", "relative"),
        (b"/run/x.sock", "/run/x.sock"),
        (Path("/run/x.sock"), os.fspath(Path("/run/x.sock"))),
        ("@name", "@name"),
        (b"@name", "@name"),
        ("\0name", "@name"),
        (b"\0name", "@name"),
        ("@", "@"),
        ("\0", "@"),
        ("/run/@x", "/run/@x"),
    ],
)
@pytest.mark.parametrize("net", ["unix", "unixgram", "unixpacket"])
def test_name_and_network(given_name, name, net):
    address = UnixAddr(given_name, net)
    assert (address.name, address.net, address.network, str(address)) == (name, net, net, name)
    assert address == UnixAddr(name, net)


def test_defaults_and_repr():
    assert UnixAddr().network == "unix"
    assert str(UnixAddr()) == ""
    assert repr(UnixAddr()) == "UnixAddr('')"
    assert repr(UnixAddr("@x")) == "UnixAddr('@x')"
    assert repr(UnixAddr("/x", "unixgram")) == "UnixAddr('/x', 'unixgram')"


@given(st.binary().filter(lambda raw: not raw.startswith((b"\0", b"@"))))
def test_bytes_survive(raw):
    assert os.fsencode(UnixAddr(raw).name) == raw


@pytest.mark.parametrize("net", ["", "tcp", "udp", "unix4", "Unix", "unixstream", "unix\n"])
def test_unknown_network(net):
    with pytest.raises(UnknownNetworkError) as caught:
        UnixAddr("/x", net)
    assert str(caught.value) == f"unknown network {net}"


@pytest.mark.parametrize(
    ("name", "net"), [(None, "unix"), (3, "unix"), (["/x"], "unix"), ("/x", None), ("/x", b"unix")]
)
def test_wrong_types(name, net):
    with pytest.raises(TypeError):
        UnixAddr(name, net)
