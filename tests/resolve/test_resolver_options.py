"""What a `Resolver` takes and refuses, and what kind of object it is; in both faces."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from datetime import timedelta
from typing import Any

import pytest

import dialnet
from dialnet import AddrError, aio
from tests import hosts
from tests.resolve.support import NAME, calling, failing

FACES = [dialnet.Resolver, aio.Resolver]


@pytest.fixture(params=FACES, ids=["threads", "tasks"])
def made(request: pytest.FixtureRequest) -> Any:
    """The class of each face."""
    return request.param


def dial(network: str, address: str) -> Any:
    raise NotImplementedError


# Servers.

SERVERS = {
    "192.0.2.53": "192.0.2.53:53",
    "192.0.2.53:5353": "192.0.2.53:5353",
    "192.0.2.53:65535": "192.0.2.53:65535",
    "192.0.2.53:00053": "192.0.2.53:53",
    "[192.0.2.53]:5353": "192.0.2.53:5353",
    "::1": "[::1]:53",
    "[::1]": "[::1]:53",
    "[::1]:1": "[::1]:1",
    "2001:DB8:0::53": "[2001:db8::53]:53",
    # It is an address as it stands.
    "2001:db8::53:5353": "[2001:db8::53:5353]:53",
    "fe80::53%eth0": "[fe80::53%eth0]:53",
    "[fe80::53%eth0]": "[fe80::53%eth0]:53",
    "[fe80::53%eth0]:5353": "[fe80::53%eth0]:5353",
    "::ffff:192.0.2.53": "192.0.2.53:53",
    "0.0.0.0": "0.0.0.0:53",
}


@pytest.mark.parametrize("text", SERVERS)
def test_server(made: Any, text: str) -> None:
    assert made(servers=[text]).servers == (SERVERS[text],)


NO_SERVERS = [
    "", " ", ":53", "53", "dns.example.com", "dns.example.com:53", "localhost", "192.0.2", "192.0.2.053",
    "192.0.2.53:", "192.0.2.53:0", "192.0.2.53:65536", "192.0.2.53:-1", "192.0.2.53:+53", "192.0.2.53:domain",
    "192.0.2.53:5_3", "192.0.2.53:٥٣", "192.0.2.53: 53", "192.0.2.53:000053", "192.0.2.53 ", "192.0.2.53\n",
    "192.0.2.53:53:53", "192.0.2.53%eth0", "[::1", "::1]", "[]", "[]:53", "[::1]:", "[::1]:0", "[::1]53",
    "[[::1]]:53", "fe80::1%", "[fe80::1%]:53", "fe80::1%a]b", "fe80::1%a[b", "fe80::1%a\nb",
    "::ffff:192.0.2.53%eth0", "udp://192.0.2.53", "2001:db8::g", "\udcff", "192.0.2.53\0",
]  # fmt: skip


@pytest.mark.parametrize("text", NO_SERVERS, ids=ascii)
def test_no_server(made: Any, text: str) -> None:
    with pytest.raises(AddrError) as caught:
        made(servers=["192.0.2.1", text])
    assert isinstance(caught.value, ValueError)
    assert text in str(caught.value)


@pytest.mark.parametrize("kind", [list, tuple, iter])
def test_servers_are_any_iterable(made: Any, kind: Any) -> None:
    """They are kept as they come, also twice."""
    assert made(servers=kind(["::1", "::1"])).servers == ("[::1]:53", "[::1]:53")


def test_as_many_servers_as_one_likes(made: Any) -> None:
    given = [f"192.0.2.{i}" for i in range(1, 100)]
    assert len(made(servers=given).servers) == 99


# What it refuses.


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ({"servers": "192.0.2.53"}, TypeError, "servers is a list of addresses, not one str"),
        ({"servers": b"192.0.2.53"}, TypeError, "a server is an address as str, not int"),
        ({"servers": [b"192.0.2.53"]}, TypeError, "a server is an address as str, not bytes"),
        ({"servers": [None]}, TypeError, "a server is an address as str, not NoneType"),
        ({"servers": 53}, TypeError, "not iterable"),
        ({"servers": []}, ValueError, "servers is empty: nobody could be asked"),
        ({"servers": ()}, ValueError, "servers is empty"),
        ({"prefer_python": 1}, TypeError, "prefer_python is True, False or None, not int"),
        ({"prefer_python": "yes"}, TypeError, "prefer_python is True, False or None, not str"),
        ({"strict_errors": "no"}, TypeError, "strict_errors is True or False, not str"),
        ({"strict_errors": None}, TypeError, "strict_errors is True or False, not NoneType"),
        ({"dial": "udp"}, TypeError, "dial is called with network and address; str cannot be"),
        ({"timeout": "5"}, TypeError, "a timeout is a number of seconds or a timedelta, not str"),
        ({"timeout": True}, TypeError, "a timeout is a number of seconds or a timedelta, not bool"),
        ({"timeout": float("nan")}, ValueError, "a timeout cannot be NaN"),
        ({"prefer_python": False, "servers": ["::1"]}, ValueError, "the system's resolver asks the servers"),
        ({"prefer_python": False, "dial": dial}, ValueError, "the system's resolver asks the servers"),
        ({"nameservers": ["::1"]}, TypeError, "nameservers"),
    ],
)
def test_refused(made: Any, arguments: dict[str, Any], error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        made(**arguments)


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"prefer_python": True, "servers": ["::1"], "dial": dial},
        {"prefer_python": False},
        {"strict_errors": True},
        {"timeout": 0},
        {"timeout": -1.5},
        {"timeout": float("inf")},
        {"timeout": timedelta(seconds=2)},
    ],
)
def test_taken(made: Any, arguments: dict[str, Any]) -> None:
    resolver = made(**arguments)
    for name, value in arguments.items():
        if name != "servers":
            assert getattr(resolver, name) is value


def test_positional(made: Any) -> None:
    assert made(None, True, ["::1"], dial, 3) == made(
        prefer_python=None, strict_errors=True, servers=["[::1]:53"], dial=dial, timeout=3
    )


# What kind of object it is.


def full(made: Any) -> Any:
    return made(True, True, ["192.0.2.53", "fe80::1%eth0"], dial, timedelta(seconds=2))


def test_repr(made: Any) -> None:
    assert repr(made()) == (
        "Resolver(prefer_python=None, strict_errors=False, servers=None, dial=None, timeout=None)"
    )
    resolver = made(servers=["192.0.2.53"], timeout=2)
    assert repr(resolver) == (
        "Resolver(prefer_python=None, strict_errors=False, servers=('192.0.2.53:53',), dial=None, timeout=2)"
    )
    assert eval(repr(resolver), {"Resolver": made}) == resolver


def test_equality(made: Any) -> None:
    assert made() == made()
    assert full(made) == full(made)
    assert len({made(), made(), full(made), full(made)}) == 2
    others = [
        made(prefer_python=True), made(prefer_python=False), made(strict_errors=True), made(servers=["::1"]),
        made(servers=["::2"]), made(dial=dial), made(timeout=1),
    ]  # fmt: skip
    assert len({made(), *others}) == 8
    assert all(other != made() for other in others)
    assert made() != "Resolver()"


def test_the_faces_are_not_equal() -> None:
    assert dialnet.Resolver() != aio.Resolver()


@pytest.mark.parametrize("name", ["prefer_python", "strict_errors", "servers", "dial", "timeout", "another"])
def test_frozen(made: Any, name: str) -> None:
    resolver = full(made)
    with pytest.raises(dataclasses.FrozenInstanceError, match=f"cannot assign to field '{name}'"):
        setattr(resolver, name, None)
    with pytest.raises(dataclasses.FrozenInstanceError, match=f"cannot delete field '{name}'"):
        delattr(resolver, name)
    assert resolver == full(made)


@pytest.mark.parametrize(
    "again",
    [copy.copy, copy.deepcopy, dataclasses.replace, *(
        lambda r, n=n: pickle.loads(pickle.dumps(r, n)) for n in range(pickle.HIGHEST_PROTOCOL + 1)
    )],
)  # fmt: skip
def test_copies(made: Any, again: Any) -> None:
    """They are equal and of the same face, and have lookups of their own."""
    resolver = full(made)
    flights = resolver._flights_under_way()
    twin = again(resolver)
    assert type(twin) is made
    assert twin == resolver
    assert twin is not resolver
    assert twin.servers == ("192.0.2.53:53", "[fe80::1%eth0]:53")
    assert twin._flights_under_way() is not flights
    assert resolver._flights_under_way() is flights


def test_replace(made: Any) -> None:
    resolver = full(made)
    assert dataclasses.replace(resolver, timeout=5).timeout == 5
    assert dataclasses.replace(resolver, servers=["::2"]).servers == ("[::2]:53",)
    with pytest.raises(AddrError):
        dataclasses.replace(resolver, servers=["x"])
    assert [field.name for field in dataclasses.fields(resolver)] == [
        "prefer_python", "strict_errors", "servers", "dial", "timeout",
    ]  # fmt: skip


def test_the_default(made: Any) -> None:
    face = dialnet if made is dialnet.Resolver else aio
    assert type(face.default_resolver) is made
    assert face.default_resolver == made()


# What a lookup refuses.

CALLS: list[tuple[str, tuple[Any, ...], type[Exception], str]] = [
    *(
        (kind, (wrong,), TypeError, f"names are str, not {type(wrong).__name__}")
        for kind in (
            "lookup_host", "lookup_ip", "lookup_ip_addr", "lookup_addr", "lookup_cname", "lookup_mx",
            "lookup_ns", "lookup_txt",
        )
        for wrong in (None, b"a.example.", 1)
    ),
    ("lookup_ip", (NAME, 4), TypeError, "names are str, not int"),
    ("lookup_srv", ("sip", "tcp", None), TypeError, "names are str, not NoneType"),
    ("lookup_srv", (b"sip", "tcp", NAME), TypeError, "names are str, not bytes"),
    ("lookup_port", ("tcp", 80), TypeError, "names are str, not int"),
    ("lookup_port", (None, "http"), TypeError, "names are str, not NoneType"),
    ("lookup_ip", (NAME, "tcp"), dialnet.UnknownNetworkError, "unknown network tcp"),
    ("lookup_ip", ("192.0.2.1", ""), dialnet.UnknownNetworkError, "unknown network "),
    ("lookup_port", ("sctp", "http"), AddrError, "address sctp: unknown network"),
    ("lookup_port", ("tcp", "65536"), AddrError, "address 65536: invalid port"),
    ("lookup_port", ("tcp", "-1"), AddrError, "address -1: invalid port"),
    ("lookup_ip", ("192.0.2.1", "ip6"), dialnet.NoSuitableAddressError, "no suitable address found"),
]  # fmt: skip


@pytest.mark.usefixtures("machine")
def test_what_a_lookup_refuses(host_name: str) -> None:
    async def body(host: hosts.Host) -> None:
        resolver = host.net.Resolver(servers=["192.0.2.53"])
        for kind, arguments, error, text in CALLS:
            for owner in (resolver, host.net):
                with pytest.raises(error, match=text):
                    await getattr(owner, kind)(*arguments)
        for wrong, kind_of_error in (("1", TypeError), (True, TypeError), (float("nan"), ValueError)):
            with pytest.raises(kind_of_error, match="timeout"):
                await resolver.lookup_host(NAME, timeout=wrong)

    hosts.run(host_name, body)


@pytest.mark.usefixtures("machine")
def test_a_timeout_that_has_passed(host_name: str) -> None:
    """Only None means none."""

    async def body(host: hosts.Host) -> None:
        plain = host.net.Resolver(servers=["192.0.2.53"])
        for timeout in (0, -1, timedelta(0)):
            resolver = host.net.Resolver(servers=["192.0.2.53"], timeout=timeout)
            for call in (
                calling(resolver, "lookup_host", (NAME,)),
                calling(plain, "lookup_mx", (NAME,), timeout=timeout),
            ):
                assert (await failing(call)).is_timeout

    hosts.run(host_name, body)
