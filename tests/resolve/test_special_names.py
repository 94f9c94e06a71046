"""Names that are not simply asked for: beyond ASCII (IDNA), localhost, numbers that once were addresses."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import dialnet
from dialnet.resolve.options import ResolverOptions
from tests import hosts
from tests.hosts import PATIENCE
from tests.resolve.support import failing
from tests.resolve.virtual_net import ADDRESSES, VirtualMachine, VirtualNet, check, right

# Every kind that takes a name.
KINDS = ("host", "ip_addr", "cname", "mx", "ns", "txt")
SYSTEM = ResolverOptions(prefer_python=False)


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names that the C library was asked for. It takes anything for a name and knows it."""
    asked: list[str] = []

    def getaddrinfo(host: str, *_: Any, **__: Any) -> list[Any]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "canonical.example", ("192.0.2.7", 0))]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked


def by_the_system(name: str, kind: str = "lookup_host") -> Any:
    """In a thread: the calls are really made."""
    return getattr(dialnet.Resolver(prefer_python=False, timeout=PATIENCE), kind)(name)


# IDNA.

ENCODED = {
    "bücher.example": "xn--bcher-kva.example.",
    "bücher.example.": "xn--bcher-kva.example.",
    "BÜCHER.Example": "xn--bcher-kva.Example.",
    # A letter and a diaeresis are the letter with it (UTS #46 normalizes).
    "bu\u0308cher.example": "xn--bcher-kva.example.",
    # Not the transitional rules, which made two of it.
    "faß.example": "xn--fa-hia.example.",
    "βόλος.example": "xn--nxasmm1c.example.",
    "例え.テスト": "xn--r8jz45g.xn--zckzah.",
    # Other full stops.
    "bücher\u3002example\u3002": "xn--bcher-kva.example.",
    "bücher\uff0eexample": "xn--bcher-kva.example.",
    "bücher\uff61example": "xn--bcher-kva.example.",
    "a\u3002example": "a.example.",
    # Full-width letters and digits are ASCII's.
    "\uff41\uff42\uff43\uff11.example": "abc1.example.",
    # What cannot be seen does not count.
    "bü\u00adcher.example": "xn--bcher-kva.example.",
    # Labels that are no host names stay as they are.
    "_sip._tcp.bücher.example": "_sip._tcp.xn--bcher-kva.example.",
    "_443._tcp.bücher.example": "_443._tcp.xn--bcher-kva.example.",
    "a--b.bücher.example": "a--b.xn--bcher-kva.example.",
    "xn--bcher-kva.bücher.example": "xn--bcher-kva.xn--bcher-kva.example.",
    "_dmarc.münchen.de.": "_dmarc.xn--mnchen-3ya.de.",
}


@pytest.mark.parametrize("name", ENCODED, ids=ascii)
def test_encoded(net: VirtualNet, name: str) -> None:
    """In every kind of lookup, and the system's resolver gets it encoded as well."""
    for kind in KINDS:
        net.asked.clear()
        net.lookup(kind, name)
        assert {asked.name.lower() for asked in net.asked} == {ENCODED[name].lower()}, kind


@pytest.mark.parametrize("name", ENCODED, ids=ascii)
def test_encoded_for_the_system(library: list[str], name: str) -> None:
    assert by_the_system(name) == ["192.0.2.7"]
    assert by_the_system(name, "lookup_cname") == "canonical.example."
    assert {asked.lower().removesuffix(".") for asked in library} == {ENCODED[name].lower().removesuffix(".")}


def test_services_are_encoded(net: VirtualNet) -> None:
    owner, _ = net.lookup("srv", "sip", "tcp", "bücher.example.")
    assert net.names() == [owner] == ["_sip._tcp.xn--bcher-kva.example."]
    net.asked.clear()
    net.lookup("srv", "", "", "_sip._tcp.bücher.example.")
    assert net.names() == [owner]


def test_short_names_are_searched_for(net: VirtualNet) -> None:
    net.conf(search=["one.example."])
    net.lookup("host", "bücher")
    assert net.names() == ["xn--bcher-kva.one.example."]


def test_errors_have_the_name_as_it_was_given(net: VirtualNet) -> None:
    net.conf(servers=[ADDRESSES["A"]], attempts=1)
    net.script = lambda _: None
    for kind in KINDS:
        assert net.failing(kind, "bücher.example").name == "bücher.example", kind
    assert net.failing("srv", "sip", "tcp", "bücher.example").name == "_sip._tcp.bücher.example"
    assert net.failing("host", "bücher.example", timeout=1.0).name == "bücher.example"


NO_NAMES = [
    "\u2603.example",  # a snowman: a sign, no letter (IDNA 2008)
    "ü" * 60 + ".example",  # too long when it is encoded
    "\u0301a.example",  # it begins with an accent
    "a\u200db.ü.example",  # a joiner where nothing joins
    "אa.example",  # both directions in one label
    "ü..example",
    ".ü",
    "\u3002\u3002",
    "\ufffd.example",
    "\udcff.example",  # bytes that were no text
    "ü\0.example",
    "ü .example",
    "xn--ü.example",
]


@pytest.mark.parametrize("name", NO_NAMES, ids=ascii)
def test_no_names(net: VirtualNet, library: list[str], name: str) -> None:
    for kind in KINDS:
        check(net.failing(kind, name), "no such host", "", "not found", name=name)
    assert net.asked == []


@pytest.mark.parametrize("name", NO_NAMES[:5], ids=ascii)
def test_no_names_for_the_system(library: list[str], name: str) -> None:
    with pytest.raises(dialnet.DNSError, match="no such host"):
        by_the_system(name)
    assert library == []


def test_what_is_special_is_so_in_other_letters(net: VirtualNet) -> None:
    """It is the encoded name that decides."""
    assert set(net.lookup("host", "\uff4c\uff4f\uff43\uff41\uff4c\uff48\uff4f\uff53\uff54")) <= {
        "127.0.0.1",
        "::1",
    }
    assert set(net.lookup("host", "ü\u3002\uff4cocalhost")) <= {"127.0.0.1", "::1"}
    check(net.failing("host", "ü\uff0e\uff4fnion"), "no such host", "", "not found", name="ü\uff0e\uff4fnion")
    assert net.asked == []


@pytest.mark.parametrize(
    "name",
    [
        "\uff11\uff12\uff17.0.0.1",
        "127\u30020\u30020\u30021",
        "\uff11\uff12\uff17.1",
        "\uff10x7f.1",
        "\uff1a\uff1a\uff11",
        "fe80\uff1a\uff1a1\uff05lo",
        "\u2488.1.1.1",
    ],
    ids=ascii,
)
def test_addresses_in_other_letters_are_none(net: VirtualNet, library: list[str], name: str) -> None:
    """A check that let them pass as names must not be answered by what IDNA makes of them."""
    check(net.failing("host", name), "no such host", "", "not found", name=name)
    with pytest.raises(dialnet.DNSError) as caught:
        by_the_system(name)
    check(caught.value, "no such host", "", "not found", name=name)
    assert net.asked == []
    assert library == []


def test_without_the_library(host_name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says what is missing. Names in ASCII need nothing."""
    monkeypatch.setitem(sys.modules, "idna", None)

    async def body(host: hosts.Host) -> None:
        for prefer_python in (True, False):
            r = host.net.Resolver(prefer_python=prefer_python, timeout=PATIENCE)
            for kind in (
                "lookup_host",
                "lookup_ip_addr",
                "lookup_cname",
                "lookup_mx",
                "lookup_ns",
                "lookup_txt",
            ):
                err = await failing(lambda r=r, kind=kind: getattr(r, kind)("bücher.example"))
                assert str(err) == (
                    "lookup bücher.example: a name beyond ASCII needs the library idna: dialnet[idna]"
                )
                assert not err.is_not_found
                assert isinstance(err.__cause__, ImportError)
            assert await r.lookup_host("LOCALHOST")
        with pytest.raises(dialnet.OpError, match="needs the library idna") as caught:
            await host.net.dial("tcp", "bücher.example:80")
        assert isinstance(caught.value, dialnet.DNSError)

    hosts.run(host_name, body)


def test_it_is_not_loaded_for_ascii() -> None:
    code = (
        "import sys, dialnet\n"
        "dialnet.lookup_host('localhost')\n"
        "try: dialnet.Resolver(servers=['127.0.0.1'], timeout=0).lookup_mx('a.example')\n"
        "except dialnet.DNSError: pass\n"
        "assert 'idna' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], timeout=PATIENCE, check=True)


# localhost (RFC 6761, section 6.3).

LOCAL = [
    "localhost",
    "localhost.",
    "LocalHost",
    "LOCALHOST.",
    "a.localhost",
    "a.b.LocalHost.",
    "_x.localhost",
]


@pytest.mark.parametrize("name", LOCAL)
@pytest.mark.parametrize("prefer_python", [True, False])
def test_localhost(net: VirtualNet, library: list[str], name: str, prefer_python: bool) -> None:
    """It is this machine, whoever would answer, and nobody is asked."""
    r = ResolverOptions(prefer_python=prefer_python)
    assert sorted(net.lookup("host", name, resolver=r)) == ["127.0.0.1", "::1"]
    assert {str(addr) for addr in net.lookup("ip_addr", name, resolver=r)} == {"127.0.0.1", "::1"}
    assert [str(ip) for ip in net.lookup("ip", "ip4", name, resolver=r)] == ["127.0.0.1"]
    assert [str(ip) for ip in net.lookup("ip", "ip6", name, resolver=r)] == ["::1"]
    assert net.lookup("cname", name, resolver=r) == name.removesuffix(".") + "."
    for kind in ("mx", "ns", "txt"):
        check(net.failing(kind, name, resolver=r), "no such host", "", "not found", name=name)
    err = net.failing("srv", "sip", "tcp", name, resolver=r)
    check(err, "no such host", "", "not found", name=f"_sip._tcp.{name}")
    assert net.asked == []
    assert library == []
    assert net.host.time == 0.0


@pytest.mark.parametrize(
    "name", ["localhost.example.", "notlocalhost.", "localhostx", "localhost.localdomain"]
)
def test_not_localhost(net: VirtualNet, name: str) -> None:
    net.lookup("txt", name)
    assert net.names() == [name if name.endswith(".") else name + "."]


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ("127.0.0.1 localhost\n", {"127.0.0.1"}),
        ("::1 localhost ip6-localhost\n", {"::1"}),
        ("127.0.0.1 localhost\n::1 localhost\n127.0.0.2 localhost\n", {"127.0.0.1", "::1", "127.0.0.2"}),
        # It cannot be elsewhere.
        ("192.0.2.66 localhost\n", {"127.0.0.1", "::1"}),
        ("127.0.0.1 localhost\n192.0.2.66 localhost\n", {"127.0.0.1", "::1"}),
        ("127.0.0.1 other\n", {"127.0.0.1", "::1"}),
    ],
)
def test_the_hosts_file_says_which(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, lines: str, found: set[str]
) -> None:
    """Of the loopback addresses, and for the name itself, unless files are no source."""
    (tmp_path / "hosts").write_text(lines)
    net = VirtualNet(monkeypatch, VirtualMachine(str(tmp_path)))
    for resolver in (ResolverOptions(prefer_python=True), SYSTEM):
        assert set(net.lookup("host", "localhost", resolver=resolver)) == found
    assert set(net.lookup("host", "a.localhost")) == {"127.0.0.1", "::1"}
    (tmp_path / "nsswitch.conf").write_text("hosts: dns\n")
    net = VirtualNet(monkeypatch, VirtualMachine(str(tmp_path)))
    assert set(net.lookup("host", "localhost")) == {"127.0.0.1", "::1"}
    assert net.asked == []


def test_dialing_localhost(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        async with host.net.listen("tcp4", "127.0.0.1:0") as ln:
            for name in ("localhost", "Any.LocalHost.", "ü.localhost"):
                async with host.net.dial("tcp", f"{name}:{ln.addr.port}") as conn:
                    assert str(conn.remote_addr) == str(ln.addr)

    hosts.run(host_name, body)


# Numbers.

NUMBERS = [
    "1", "127", "127.1", "127.0.1", "1.2.3", "0", "00", "010.0.0.1", "1.2.3.04", "0x7f.1", "0X7F.0.0.1",
    "0x7f000001", "017700000001", "2130706433", "0x7f.0.0x0.1", "4294967295", "1.2.3.4 ", "1.2.3.4 x",
]  # fmt: skip


@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_that_once_were_addresses(net: VirtualNet, library: list[str], name: str) -> None:
    """`inet_aton` takes them, and with it the C library. Here they are neither addresses nor names: what they
    mean depends on who reads them."""
    socket.inet_aton(name)
    net.conf(search=["one.example."])
    for kind in KINDS:
        check(net.failing(kind, name), "no such host", "", "not found", name=name)
    for kind in ("lookup_host", "lookup_ip_addr", "lookup_cname"):
        with pytest.raises(dialnet.DNSError) as caught:
            by_the_system(name, kind)
        check(caught.value, "no such host", "", "not found", name=name)
    assert net.asked == []
    assert library == []
    with pytest.raises(dialnet.OpError, match="no such host"):
        dialnet.dial("tcp", f"{name}:80")


@pytest.mark.parametrize("name", ["1.2.3.4.", "127.1.", "1.2.3.4.5", "256.0.0.1", "12345678901234567890"])
def test_numbers_that_are_nothing_at_all(net: VirtualNet, name: str) -> None:
    """A name has something in it that is no digit."""
    for kind in KINDS:
        check(net.failing(kind, name), "no such host", "", "not found", name=name)
    assert net.asked == []


@pytest.mark.parametrize("name", ["1.example.", "0x7f.example.", "3com.com.", "1a.", "0x7f.1.", "1-2."])
def test_names_with_numbers_in_them(net: VirtualNet, name: str) -> None:
    net.script = right
    net.lookup("host", name)
    assert net.names() == [name]


@pytest.mark.parametrize("text", ["192.0.2.1", "::1", "fe80::1%lo", "::ffff:192.0.2.1", "2001:DB8::1"])
def test_addresses_are_no_names(net: VirtualNet, library: list[str], text: str) -> None:
    """Addresses are their own; they have neither canonical names nor other records."""
    for r in (ResolverOptions(prefer_python=True), SYSTEM):
        assert net.lookup("host", text, resolver=r) == [text]
        for kind in ("cname", "mx", "ns", "txt"):
            check(net.failing(kind, text, resolver=r), "no such host", "", "not found", name=text)
    assert net.asked == []
    assert library == []
