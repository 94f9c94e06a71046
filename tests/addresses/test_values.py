"""What all addresses have in common: they are values."""

import copy
import enum
import inspect
import pickle
from ipaddress import IPv4Address, IPv6Address

import pytest

import dialnet
from dialnet import addresses
from dialnet.addresses import Addr, IPAddr, IPNet, TCPAddr, UDPAddr, UnixAddr

VALUES = [
    TCPAddr(),
    TCPAddr("192.0.2.1", 25),
    TCPAddr("192.0.2.1", 26),
    TCPAddr("192.0.2.2", 25),
    TCPAddr("::192.0.2.1", 25),
    TCPAddr("0.0.0.0", 25),
    TCPAddr("::", 25),
    TCPAddr(None, 25),
    TCPAddr("fe80::1", 25),
    TCPAddr("fe80::1", 25, "eth0"),
    TCPAddr("fe80::1", 25, "eth1"),
    UDPAddr(),
    UDPAddr("192.0.2.1", 25),
    UDPAddr("fe80::1", 25, "eth0"),
    IPAddr(),
    IPAddr("192.0.2.1"),
    IPAddr("fe80::1"),
    IPAddr("fe80::1", "eth0"),
    UnixAddr(),
    UnixAddr("/run/x"),
    UnixAddr("/run/x", "unixgram"),
    UnixAddr("/run/x", "unixpacket"),
    UnixAddr("@x"),
    UnixAddr(b"\xff"),
    IPNet("192.0.2.0", b"\xff\xff\xff\0"),
    IPNet("192.0.2.1", b"\xff\xff\xff\0"),
    IPNet("192.0.2.0", b"\xff\xff\0\0"),
    IPNet("::192.0.2.0", bytes(16)),
]
each = pytest.mark.parametrize("value", VALUES, ids=repr)


@each
def test_is_an_addr(value):
    assert isinstance(value, Addr)
    assert isinstance(value.network, str)
    assert f"{value}" == str(value)
    assert f"{value!s:>50}" == f"{value:>50}"


@each
def test_equal_to_its_like_alone(value):
    again = eval(repr(value))
    assert value == again
    assert (value != again) is False
    assert hash(value) == hash(again) == hash(value)
    assert [other for other in VALUES if other == value] == [value]
    assert {value: 1}[again] == 1
    for other in (None, 0, str(value), (), object()):
        assert value != other


def test_all_distinct():
    assert len(set(VALUES)) == len(VALUES)


@each
def test_not_ordered(value):
    with pytest.raises(TypeError):
        value < value  # noqa: B015


@each
def test_pickled_and_copied(value):
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        again = pickle.loads(pickle.dumps(value, protocol))
        assert (type(again), again, hash(again)) == (type(value), value, hash(value))
    assert copy.copy(value) == copy.deepcopy(value) == value


@each
def test_immutable(value):
    before = repr(value)
    for name in ("ip", "port", "zone", "name", "net", "network", "mask", "anything"):
        with pytest.raises(AttributeError):
            setattr(value, name, None)
        with pytest.raises(AttributeError):
            delattr(value, name)
    value.__init__()
    assert repr(value) == before
    assert not hasattr(value, "__dict__")


@each
def test_subclass_is_another_type(value):
    class Own(type(value)):
        __slots__ = ()

    arguments = value.__reduce__()[1]
    own = Own(*arguments)
    assert own != value
    assert value != own
    assert own == Own(*arguments)
    assert repr(own).startswith("Own(")
    assert str(own) == str(value)


def test_addr_is_abstract():
    with pytest.raises(TypeError):
        Addr()

    class PipeAddr(Addr):
        @property
        def network(self):
            return "pipe"

        def __str__(self):
            return "pipe"

    assert f"{PipeAddr():<6}|" == "pipe  |"


def test_patterns():
    match TCPAddr("fe80::1%eth0", 80):
        case TCPAddr(ip, port, zone):
            assert (ip, port, zone) == (IPv6Address("fe80::1"), 80, "eth0")
    match UnixAddr("/x", "unixgram"):
        case UnixAddr(name, net):
            assert (name, net) == ("/x", "unixgram")
    match IPNet("192.0.2.0", bytes(4)):
        case IPNet(IPv4Address() as ip, mask):
            assert (str(ip), mask) == ("192.0.2.0", bytes(4))
    match IPAddr("192.0.2.0"):
        case IPAddr(_, zone):
            assert zone == ""


def test_port_of_another_int_type():
    class Port(enum.IntEnum):
        SMTP = 25

    class Index:
        def __index__(self):
            return 25

    for port in (Port.SMTP, Index()):
        address = TCPAddr("192.0.2.1", port)
        assert address == TCPAddr("192.0.2.1", 25)
        assert type(address.port) is int
        assert str(address) == "192.0.2.1:25"


@pytest.mark.parametrize("name", addresses.__all__)
def test_public_names(name):
    thing = getattr(addresses, name)
    assert thing is getattr(dialnet, name)
    assert thing.__module__ == "dialnet"
    assert inspect.getdoc(thing)
    if inspect.isclass(thing):
        for attribute, value in vars(thing).items():
            if not attribute.startswith("_") and (callable(value) or isinstance(value, property)):
                assert inspect.getdoc(value), attribute
