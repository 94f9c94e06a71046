"""Every kind of lookup against real servers on port 53, under every host: the answers are dig's and getent's.

The Python resolver answers for every kind, the system's for addresses and names; whichever is asked for, the
rest goes to the DNS servers.
"""

from __future__ import annotations

import ipaddress
import select
import socket
import subprocess
import sys
import time
from typing import Any

import pytest

import dialnet
from tests import hosts
from tests.resolve.namespaces import Namespace
from tests.resolve.programs_say import dig, dig_end, dig_txt, getent, getent_addresses, status

PYTHON, SYSTEM = True, False


@pytest.fixture(params=[PYTHON, SYSTEM], ids=["python", "system"])
def python(request: pytest.FixtureRequest) -> bool:
    """Which resolver."""
    return bool(request.param)


async def looked_up(host: hosts.Host, python: bool | None, *questions: tuple[str, ...]) -> list[Any]:
    """What each lookup gives, a result or an error: (kind, argument...)."""
    resolver = host.net.Resolver(prefer_python=python)
    found = []
    for kind, *arguments in questions:
        try:
            found.append(await getattr(resolver, f"lookup_{kind}")(*arguments, timeout=hosts.PATIENCE))
        except dialnet.Error as err:
            found.append(err)
    return found


# Addresses.

NAMES = {
    "www.corp.example.": 3,
    "v4.corp.example.": 1,
    "v6.corp.example.": 1,
    "alias3.corp.example.": 3,
    "abroad.corp.example.": 2,
    "any.wild.corp.example.": 1,
    "WWW.Corp.EXAMPLE.": 3,
    "some.more.dots.corp.example.": 1,
    "many.corp.example.": 300,
}


def test_addresses(namespace: Namespace, host_name: str, python: bool) -> None:
    kinds = ("host", "ip_addr", "ip")
    questions = [(kind, name) for name in NAMES for kind in kinds]
    found = iter(namespace.run(host_name, looked_up, python, *questions))
    for name, count in NAMES.items():
        expected = dig(namespace, name, "A") + dig(namespace, name, "AAAA")
        assert len(expected) == count
        assert sorted(getent_addresses(namespace, name)) == sorted(expected)
        as_host, as_addr, as_ip = (next(found) for _ in kinds)
        assert sorted(as_host) == sorted(expected)
        assert sorted(map(str, as_ip)) == sorted(expected)
        assert sorted(str(addr.ip) for addr in as_addr) == sorted(expected)


def test_one_family(namespace: Namespace, host_name: str, python: bool) -> None:
    names = ("www.corp.example.", "v4.corp.example.", "v6.corp.example.")
    questions = [("ip", name, network) for name in names for network in ("ip4", "ip6")]
    found = iter(namespace.run(host_name, looked_up, python, *questions))
    for name in names:
        for kind in ("A", "AAAA"):
            expected, got = dig(namespace, name, kind), next(found)
            if expected:
                assert sorted(map(str, got)) == expected
            else:
                assert got.is_not_found


def test_order(namespace: Namespace, host_name: str, python: bool) -> None:
    """The system's as the C library gives it, the Python resolver's by RFC 6724.

    The latter has IPv4 before unique local addresses; the C library's table is older (RFC 3484) and has not.
    """
    expected = {
        "here2.corp.example.": ["127.0.0.77", "fd00::53"],
        "here3.corp.example.": ["::1", "127.0.0.77"],
    }
    for name, addresses in expected.items():
        if not python:
            addresses = getent_addresses(namespace, name)
        for kind in ("host", "ip", "ip_addr"):
            (found,) = namespace.run(host_name, looked_up, python, (kind, name))
            assert [str(address) for address in found] == addresses


def test_canonical_names(namespace: Namespace, host_name: str, python: bool) -> None:
    names = ["alias.corp.example.", "alias3.corp.example.", "abroad.corp.example.", "www.corp.example."]
    # No addresses: the C library knows nothing of these, and DNS is asked.
    names += ["noaddress.corp.example."]
    found = namespace.run(host_name, looked_up, python, *(("cname", name) for name in names))
    assert found == [dig_end(namespace, name) for name in names]
    assert found[2] == "www.branch.example."


def test_names_of_addresses(namespace: Namespace, host_name: str, python: bool) -> None:
    addresses = ("192.0.2.20", "192.0.2.21", "2001:db8::10")
    found = namespace.run(host_name, looked_up, python, *(("addr", address) for address in addresses))
    for address, names in zip(addresses, found, strict=True):
        expected = dig(namespace, ipaddress.ip_address(address).reverse_pointer + ".", "PTR")
        if python:
            assert sorted(names) == expected
        else:
            # The C library gives one.
            assert len(names) == 1
            assert set(names) <= set(expected)
            (line,) = getent(namespace, "hosts", address)
            assert line.split()[1] + "." in expected


# The kinds that only DNS has.


def test_mail(namespace: Namespace, host_name: str, python: bool) -> None:
    names = ("corp.example.", "literal.corp.example.", "nomail.corp.example.")
    found = namespace.run(host_name, looked_up, python, *(("mx", name) for name in names))
    for name, exchangers in zip(names, found, strict=True):
        assert [f"{mx.pref} {mx.host}" for mx in exchangers] == dig(namespace, name, "MX")
    assert [mx.pref for mx in found[0]] == [10, 20, 30]
    assert found[2] == [dialnet.MX(".", 0)]


def test_name_servers(namespace: Namespace, host_name: str, python: bool) -> None:
    names = ("corp.example.", "branch.example.", ".")
    found = namespace.run(host_name, looked_up, python, *(("ns", name) for name in names))
    for name, servers in zip(names, found, strict=True):
        assert sorted(ns.host for ns in servers) == dig(namespace, name, "NS")


def test_services(namespace: Namespace, host_name: str, python: bool) -> None:
    found = namespace.run(
        host_name,
        looked_up,
        python,
        ("srv", "sip", "tcp", "corp.example."),
        ("srv", "", "", "_sip._tcp.corp.example."),
        ("srv", "alias", "udp", "corp.example."),
        ("srv", "none", "tcp", "corp.example."),
    )
    expected = dig(namespace, "_sip._tcp.corp.example.", "SRV")
    for cname, services in found[:3]:
        assert cname == "_sip._tcp.corp.example."
        assert sorted(f"{s.priority} {s.weight} {s.port} {s.target}" for s in services) == expected
        assert [s.priority for s in services] == [5, 10, 10, 20]
    assert found[3] == ("_none._tcp.corp.example.", [dialnet.SRV(".", 0, 0, 0)])


def test_texts(namespace: Namespace, host_name: str, python: bool) -> None:
    names = {"text": 1, "strings": 1, "bytes": 2, "nothinginit": 1, "long": 1, "manytext": 200, "any.wild": 1}
    questions = [("txt", f"{name}.corp.example.") for name in names]
    found = namespace.run(host_name, looked_up, python, *questions)
    for (name, count), texts in zip(names.items(), found, strict=True):
        assert len(texts) == count
        assert sorted(texts) == dig_txt(namespace, f"{name}.corp.example.")
    assert found[1] == ["one two three"]
    assert sorted(found[2]) == ["café", '\udcff\udcfe\0 "quoted" \\ \t']


def test_ports(namespace: Namespace, host_name: str, python: bool) -> None:
    """Those of the services file, whose names and aliases getent knows as well."""
    questions = [
        ("tcp", "rehearsal"),
        ("udp", "rehearsal"),
        ("tcp", "practice"),
        ("udp", "ntp"),
        ("tcp", "http"),
    ]
    found = namespace.run(host_name, looked_up, python, *(("port", *question) for question in questions))
    assert found == [4711, 4712, 4711, 123, 80]
    for (network, service), port in zip(questions, found, strict=True):
        (line,) = getent(namespace, "services", f"{service}/{network}")
        assert line.split()[1] == f"{port}/{network}"
    assert namespace.run(host_name, looked_up, python, ("port", "ip", "rehearsal")) == [4711]


# What is not there, and what is not right.


def test_errors(namespace: Namespace, host_name: str, python: bool) -> None:
    questions = [
        ("host", "nothing.corp.example."),
        ("host", "empty.corp.example."),
        ("host", "dangling.corp.example."),
        ("mx", "www.corp.example."),
        ("txt", "nothing.corp.example."),
        ("addr", "192.0.2.200"),
        ("host", "x.lame.corp.example."),
        ("txt", "x.lame.corp.example."),
        ("host", "loop.corp.example."),
    ]
    found = namespace.run(host_name, looked_up, python, *questions)
    for (kind, name), err in zip(questions, found, strict=True):
        assert isinstance(err, dialnet.DNSError), (kind, name, err)
        assert not err.is_timeout
        by_dns = python or kind not in ("host", "addr")
        asked = "200.2.0.192.in-addr.arpa." if kind == "addr" and python else name
        where = " on 127.0.0.1:53" if by_dns else ""
        code = status(namespace, asked, "A") if kind != "addr" else "NXDOMAIN"
        assert err.is_not_found == (code in ("NXDOMAIN", "NOERROR"))
        assert err.is_temporary == (code == "SERVFAIL")
        if err.is_not_found:
            assert str(err) == f"lookup {asked}{where}: no such host"
        elif by_dns:
            assert str(err) == f"lookup {asked}{where}: server misbehaving"
    assert sum(err.is_temporary for err in found) == 3


def test_invalid_names(namespace: Namespace, host_name: str) -> None:
    """dig shows them; here they are left out, and the error has the others."""
    questions = [
        ("mx", "badmx.corp.example."),
        ("addr", "192.0.2.66"),
        ("srv", "", "", "badsrv.corp.example."),
    ]
    assert len(dig(namespace, "badmx.corp.example.", "MX")) == 2
    mx, addr, srv = namespace.run(host_name, looked_up, PYTHON, *questions)
    assert mx.records == (dialnet.MX("mail.corp.example.", 20),)
    assert addr.records == ("good.corp.example.",)
    assert srv.records == (dialnet.SRV("www.corp.example.", 1, 1, 0),)
    for err in (mx, addr, srv):
        assert err.err == "DNS response contained records which contain invalid names"


# By name to a connection.


async def dialed(host: hosts.Host, python: bool, address: str, network: str, port: int, name: str) -> str:
    """What comes over a connection to `name` from a listener at `address`, whose port is put in the name."""
    resolver = host.net.Resolver(prefer_python=python)
    # The thread face takes the resolver itself, not the view of it.
    dialer = host.net.Dialer(resolver=getattr(resolver, "seen", resolver), timeout=hosts.PATIENCE)
    async with host.net.listen(network, dialnet.join_host_port(address, str(port))) as ln:
        async with dialer.dial(network, name.format(port=ln.addr.port)) as conn:
            accepted = await ln.accept()
            await accepted.write(b"hello from " + str(conn.remote_addr).encode())
            accepted.close()
            return (await conn.read(-1)).decode()


def test_dial(namespace: Namespace, host_name: str, python: bool) -> None:
    for address, port, name, remote in (
        ("127.0.0.77", 0, "here4.corp.example:{port}", "127.0.0.77:"),
        ("fd00::53", 0, "here6.corp.example.:{port}", "[fd00::53]:"),
        # Of its two addresses one refuses.
        ("127.0.0.77", 0, "here2.corp.example:{port}", "127.0.0.77:"),
        ("fd00::53", 0, "here2:{port}", "[fd00::53]:"),
        # From the hosts file, and a service by its name.
        ("127.0.0.1", 4711, "localhost:rehearsal", "127.0.0.1:4711"),
    ):
        said = namespace.run(host_name, dialed, python, address, "tcp", port, name)
        assert said.startswith(f"hello from {remote}")


async def dialed_in_vain(host: hosts.Host, name: str) -> None:
    await host.net.dial("tcp", name)


def test_dial_in_vain(namespace: Namespace, host_name: str) -> None:
    with pytest.raises(dialnet.DNSError) as caught:
        namespace.run(host_name, dialed_in_vain, "nothing.corp.example.:80")
    text = "dial tcp: lookup nothing.corp.example. on 127.0.0.1:53: no such host"
    assert str(caught.value) == text
    assert isinstance(caught.value, socket.gaierror)


async def resolved(host: hosts.Host) -> list[Any]:
    return [
        await host.net.resolve_tcp_addr("tcp", "v4.corp.example:rehearsal"),
        await host.net.resolve_tcp_addr("tcp", "[www.branch.example]:http"),
        await host.net.resolve_udp_addr("udp", "v6.corp.example.:rehearsal"),
    ]


def test_resolve(namespace: Namespace, host_name: str) -> None:
    assert namespace.run(host_name, resolved) == [
        dialnet.TCPAddr("192.0.2.12", 4711),
        dialnet.TCPAddr("2001:db8::50", 80),
        dialnet.UDPAddr("2001:db8::12", 4712),
    ]


# A server that never answers.

GIVING_UP = """
import asyncio, sys, time
from dialnet import aio as net

async def lookup(python):
    try:
        async with asyncio.timeout(0.1):
            await net.Resolver(prefer_python=python).lookup_host("www.corp.example.")
    except TimeoutError:
        return
    raise AssertionError("it came back")

for python in (True, False):
    asyncio.run(lookup(python))
"""


def give_up() -> float:
    """How long a program takes that asks a server which never answers, and does not wait for it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.53", 53))
        start = time.monotonic()
        subprocess.run(
            [sys.executable, "-c", GIVING_UP], check=True, capture_output=True, timeout=hosts.PATIENCE
        )
        return time.monotonic() - start


def test_giving_up(namespace: Namespace) -> None:
    """A cancelled lookup, of either resolver, holds up neither `asyncio.run` nor the program's end."""
    with namespace.etc(resolv_conf="nameserver 127.0.0.53\noptions timeout:20 attempts:1\n"):
        assert namespace.call(give_up) < 10


async def in_vain(host: hosts.Host, python: bool, how: str) -> tuple[dialnet.DNSError, float]:
    """The error of a lookup that ends by its time-out or its token, and how long it took to end."""
    resolver, token = host.net.Resolver(prefer_python=python), host.net.CancelToken()

    async def lookup() -> dialnet.DNSError:
        with pytest.raises(dialnet.DNSError) as caught:
            await resolver.lookup_host(
                "www.corp.example.", timeout=0.1 if how == "timeout" else None, cancel=token
            )
        return caught.value

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.53", 53))
        silent.setblocking(False)
        start = time.monotonic()
        job = host.start(lookup)
        await host.until(lambda: select.select([silent], [], [], 0)[0])
        if how == "cancel":
            token.cancel()
        return await job, time.monotonic() - start


def test_in_vain(namespace: Namespace, host_name: str, python: bool) -> None:
    """A lookup ends when it has to, though the C library goes on waiting."""
    with namespace.etc(resolv_conf="nameserver 127.0.0.53\noptions timeout:20 attempts:1\n"):
        err, took = namespace.run(host_name, in_vain, python, "timeout")
        assert err.is_timeout
        assert 0.1 <= took < 10
        err, took = namespace.run(host_name, in_vain, python, "cancel")
        assert isinstance(err, dialnet.CanceledError)
        assert took < 10
    assert str(err) == "lookup www.corp.example.: operation was canceled"
