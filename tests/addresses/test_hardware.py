"""`HardwareAddr` and `parse_mac`."""

import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialnet.addresses import HardwareAddr, parse_mac
from dialnet.errors import AddrError

INFINIBAND = "00:00:00:00:fe:80:00:00:00:00:00:00:02:00:5e:10:00:00:00:01"


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("00:00:5e:00:53:01", "00:00:5e:00:53:01"),
        ("00-00-5e-00-53-01", "00:00:5e:00:53:01"),
        ("0000.5e00.5301", "00:00:5e:00:53:01"),
        ("00005e005301", "00:00:5e:00:53:01"),
        ("00:00:5E:00:53:AB", "00:00:5e:00:53:ab"),
        ("00005E0053aB", "00:00:5e:00:53:ab"),
        ("02:00:5e:10:00:00:00:01", "02:00:5e:10:00:00:00:01"),
        ("02-00-5e-10-00-00-00-01", "02:00:5e:10:00:00:00:01"),
        ("0200.5e10.0000.0001", "02:00:5e:10:00:00:00:01"),
        ("02005e1000000001", "02:00:5e:10:00:00:00:01"),
        (INFINIBAND, INFINIBAND),
        (INFINIBAND.replace(":", "-"), INFINIBAND),
        ("0000.0000.fe80.0000.0000.0000.0200.5e10.0000.0001", INFINIBAND),
        (INFINIBAND.replace(":", ""), INFINIBAND),
    ],
)
def test_parse(text, canonical):
    address = parse_mac(text)
    assert isinstance(address, HardwareAddr)
    assert str(address) == canonical
    assert address == bytes.fromhex(canonical.replace(":", ""))


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":",
        "01",
        "01.02.03.04.05.06",
        "01:02:03:04:05",
        "01:02:03:04:05:06:",
        ":01:02:03:04:05:06",
        "01:02:03:04:05:06:07",
        "01:02:03:04:05:06:07:08:09",
        "x1:02:03:04:05:06",
        "01:02:03:04:05:0g",
        "01:02:03:04:05:6",
        "1:2:3:4:5:6",
        "001:02:03:04:05:6",
        "01:2:003:04:05:06",
        "01::03:04:05:06",
        "01-02:03:04:05:06",
        "01:02-03-04-05-06",
        "01:02:03.04:05:06",
        "0102.0304",
        "0102-0304-0506",
        "0102:0304:0506",
        "0102.0304.050",
        "0102.03040506",
        "01020.304.0506",
        "0102.0304.0506.",
        "0102.0304.0506.0708.0910",
        "0102030405",
        "010203040506a",
        "01020304050607",
        "0102 0304 0506",
        "01 02 03 04 05 06",
        "01:02:03:04:05:06\n",
        " 1:02:03:04:05:06",
        "+1:02:03:04:05:06",
        "0x0102030405",
        "01:02:03:04:05:٠٦",
        "010203040506".replace("0", "０"),
    ],
)
def test_parse_errors(text):
    with pytest.raises(AddrError) as caught:
        parse_mac(text)
    assert (caught.value.err, caught.value.addr) == ("invalid MAC address", text)
    assert str(caught.value) == (f"address {text}: invalid MAC address" if text else "invalid MAC address")


@pytest.mark.parametrize("wrong", [None, b"00005e005301", 6, HardwareAddr(bytes(6))])
def test_parse_takes_text(wrong):
    with pytest.raises(TypeError):
        parse_mac(wrong)


@given(st.sampled_from([6, 8, 20]).flatmap(lambda size: st.binary(min_size=size, max_size=size)))
def test_parse_reads_text_back(raw):
    address = HardwareAddr(raw)
    assert parse_mac(str(address)) == parse_mac(str(address).upper()) == address
    assert parse_mac(raw.hex()) == parse_mac(raw.hex("-")) == parse_mac(raw.hex(".", 2)) == address


def test_is_bytes():
    address = HardwareAddr(b"\0\0^\0S\1")
    assert isinstance(address, bytes)
    assert address == b"\0\0^\0S\1" == HardwareAddr(bytearray(address)) == HardwareAddr([0, 0, 94, 0, 83, 1])
    assert hash(address) == hash(bytes(address))
    assert address[2] == 0x5E
    assert len(address) == 6


def test_text():
    assert str(HardwareAddr(b"\0\0^\0S\1")) == "00:00:5e:00:53:01"
    assert f"{HardwareAddr(b'^')} {HardwareAddr(b'^')!s} {HardwareAddr(b'^'):>4}" == "5e 5e   5e"
    assert str(HardwareAddr()) == str(HardwareAddr(b"")) == ""
    assert repr(HardwareAddr(b"\0\xab")) == "HardwareAddr(bytes.fromhex('00ab'))"
    assert eval(repr(HardwareAddr(b"\0\xab"))) == b"\0\xab"


@pytest.mark.parametrize("wrong", [6, True, "00:00:5e:00:53:01", None, 1.5])
def test_wrong_types(wrong):
    with pytest.raises(TypeError):
        HardwareAddr(wrong)


def test_bytes_out_of_range():
    with pytest.raises(ValueError):
        HardwareAddr([256])


def test_immutable_and_copied():
    address = HardwareAddr(b"\0\0^\0S\1")
    with pytest.raises(AttributeError):
        address.name = "eth0"
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        again = pickle.loads(pickle.dumps(address, protocol))
        assert (type(again), again) == (HardwareAddr, address)
    assert type(copy.deepcopy(address)) is HardwareAddr
    assert copy.copy(address) == address
