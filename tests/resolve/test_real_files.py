"""resolv.conf, nsswitch.conf and hosts in their places: they mean what the C library takes them to mean.

Where it matters which queries go out, and in which order, a scripted server listens on port 53 there.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import dns.flags
import pytest
from dns.message import Message

import dialnet
from tests import hosts
from tests.resolve import answers, scripted
from tests.resolve.answers import reply
from tests.resolve.namespaces import Namespace
from tests.resolve.programs_say import getent_addresses
from tests.resolve.scripted import Received, Scripted

FIRST, SECOND = "127.0.0.53", "127.0.0.54"


def in_turn(what: str, cases: list[Any]) -> Any:
    """Each case under one host, and the hosts take turns: what files say does not depend on the host."""
    names = [name for name in hosts.HOSTS if hosts.has(name)]
    return pytest.mark.parametrize(
        (what, "host_name"), [(case, names[number % len(names)]) for number, case in enumerate(cases)]
    )


async def host_addresses(host: hosts.Host, python: bool | None, *names: str) -> list[list[str]]:
    """The addresses of each name, sorted; none if there is no such name."""
    resolver = host.net.Resolver(prefer_python=python)
    found = []
    for name in names:
        try:
            found.append(sorted(await resolver.lookup_host(name, timeout=hosts.PATIENCE)))
        except dialnet.DNSError as err:
            if not err.is_not_found:
                raise
            found.append([])
    return found


# What the C library makes of the same files.

NAMES = [
    "both.corp.example",
    "inhosts.corp.example",
    "shortname",
    "mixedcase.corp.example",
    "v4",
    "v4.corp.example.",
    "nothing",
]
# A criterion that comes last may say "return" without Go taking the line for an unusual one.
SOURCES = [
    "files dns",
    "dns files",
    "files",
    "dns",
    "files [NOTFOUND=return UNAVAIL=continue] dns",
    "dns [SUCCESS=continue] files",
    "dns [!UNAVAIL=return] files",
]


@in_turn("sources", SOURCES)
def test_sources(namespace: Namespace, sources: str, host_name: str) -> None:
    """Which of them is asked, and in which order; whoever answers, by the machine's own choice or ours."""
    with namespace.etc(nsswitch_conf=f"hosts: {sources}\n"):
        expected = [sorted(getent_addresses(namespace, name)) for name in NAMES]
        # Both are in the files and in DNS, or else there is nothing to be seen here.
        assert expected[0] in (["192.0.2.30"], ["192.0.2.98"], ["192.0.2.30", "192.0.2.98"])
        assert namespace.run(host_name, host_addresses, None, *NAMES) == expected
        if "[" not in sources:
            assert namespace.run(host_name, host_addresses, True, *NAMES) == expected


def test_missing_files(namespace: Namespace, host_name: str) -> None:
    """Without resolv.conf this machine is asked, and the search list is the domain of its name."""
    names = ["www.corp.example", "only", "both.corp.example"]
    with namespace.etc(resolv_conf=None, nsswitch_conf=None, hosts=None):
        found = namespace.run(host_name, host_addresses, None, *names)
        assert found == [sorted(getent_addresses(namespace, name)) for name in names]
        assert found[1:] == [["192.0.2.51"], ["192.0.2.30"]]
        assert namespace.run(host_name, host_addresses, True, *names) == found


def _stands_for(path: str, what: str) -> None:
    os.unlink(path)
    if what == "a FIFO":
        os.mkfifo(path)
    elif what == "a folder":
        os.mkdir(path)
    else:
        os.symlink("/dev/zero", path)


async def addresses_despite(host: hosts.Host, name: str, what: str, names: list[str]) -> list[Any]:
    """As `host_addresses`, with something that is no file where the machine has one."""
    path = f"/etc/{name}"
    _stands_for(path, what)
    try:
        return await host_addresses(host, None, *names)
    finally:
        if what == "a folder":
            os.rmdir(path)  # else no file could be put there again


@in_turn(
    "case",
    [
        (name, what)
        for name in ("resolv.conf", "nsswitch.conf")
        for what in ("a FIFO", "a folder", "/dev/zero")
    ],
)
def test_no_files(namespace: Namespace, case: tuple[str, str], host_name: str) -> None:
    """As if they were missing. The C library waits for the FIFO for ever, and finds nothing with a folder."""
    name, what = case
    names = ["www.corp.example", "only", "both.corp.example"]
    with namespace.etc(**{name.replace(".", "_"): None}):
        expected = namespace.run(host_name, host_addresses, True, *names)
        assert expected[2] == ["192.0.2.98"]
    with namespace.etc():
        assert namespace.run(host_name, addresses_despite, name, what, names) == expected


def test_environment(namespace: Namespace, host_name: str) -> None:
    """What the C library reads from the environment has the C library answer."""
    for env, name, expected in (
        ({"LOCALDOMAIN": "branch.example"}, "www", ["192.0.2.50", "2001:db8::50"]),
        ({"RES_OPTIONS": "ndots:4"}, "v4.branch.example", ["192.0.2.60"]),
        ({}, "v4.branch.example", ["192.0.2.54"]),
        ({}, "www", ["192.0.2.10", "192.0.2.11", "2001:db8::10"]),
    ):
        assert sorted(getent_addresses(namespace, name, **env)) == expected
        assert namespace.run(host_name, host_addresses, None, name, env=env) == [expected]


def test_debug_setting(namespace: Namespace, host_name: str) -> None:
    """`DIALNETDEBUG=netdns=` chooses: to the C library alone LOCALDOMAIN means something."""
    env = {"LOCALDOMAIN": "branch.example"}
    for setting, address in (
        ("system", "192.0.2.50"),
        ("cgo", "192.0.2.50"),
        ("python", "192.0.2.10"),
        ("go", "192.0.2.10"),
    ):
        (found,) = namespace.run(
            host_name, host_addresses, None, "www", env={**env, "DIALNETDEBUG": f"netdns={setting}"}
        )
        assert address in found


async def kinds_of_hosts_file(host: hosts.Host, python: bool) -> list[Any]:
    r = host.net.Resolver(prefer_python=python)
    return [
        sorted(await r.lookup_host("inhosts.corp.example")),
        [str(ip) for ip in await r.lookup_ip("inhosts.corp.example", "ip4")],
        await r.lookup_cname("shortname"),
        await r.lookup_addr("192.0.2.97"),
        sorted(await r.lookup_host("localhost")),
    ]


def test_hosts_file(namespace: Namespace, host_name: str) -> None:
    """What only /etc/hosts has, for names and addresses."""
    for python in (True, False):
        assert namespace.run(host_name, kinds_of_hosts_file, python) == [
            ["192.0.2.99", "2001:db8::99"],
            ["192.0.2.99"],
            "inhosts.corp.example.",
            ["MixedCase.corp.example."],
            ["127.0.0.1", "::1"],
        ]


# The queries that go out.


def not_there(query: Message, *_: Any) -> list[scripted.Step]:
    return [answers.nxdomain(query)]


@contextlib.contextmanager
def serving(
    *scripts: scripted.Script, addresses: tuple[str, ...] = (FIRST, SECOND)
) -> Iterator[list[Scripted]]:
    """Scripted servers on port 53, in the namespace."""
    with contextlib.ExitStack() as stack:
        yield [
            stack.enter_context(Scripted(script, host=host, port=53))
            for script, host in zip(scripts, addresses)
        ]


def names_asked(received: list[Received]) -> list[str]:
    """In order, each once: two families ask for each."""
    return list(dict.fromkeys(query.name for query in received))


async def search(host: hosts.Host, names: list[str]) -> list[list[str]]:
    """The names that are asked for, for each of these."""
    resolver, asked = host.net.Resolver(prefer_python=True), []
    with serving(not_there) as (server,):
        for name in names:
            with pytest.raises(dialnet.DNSError) as caught:
                await resolver.lookup_host(name)
            assert caught.value.is_not_found
            assert caught.value.name == name
            asked.append(names_asked(server.received))
            server.received.clear()
    return asked


def search_of_the_c_library(names: list[str]) -> list[list[str]]:
    asked = []
    with serving(not_there) as (server,):
        for name in names:
            subprocess.run(["getent", "ahosts", name], check=False, timeout=hosts.PATIENCE)
            asked.append(names_asked(server.received))
            server.received.clear()
    return asked


SEARCH = "search corp.example branch.example\n"
CONFIGURATIONS = [
    SEARCH,
    SEARCH + "options ndots:2\n",
    SEARCH + "options ndots:0\n",
    "search a.example b.example c.example d.example e.example f.example g.example h.example\n",
    "domain branch.example\n",
    SEARCH + "domain branch.example\n",
    "domain branch.example\n" + SEARCH,
    "",
    "; comment\n# comment\nsearch\tcorp.example\t branch.example.\n",
]


@in_turn("configuration", CONFIGURATIONS)
def test_search_list(namespace: Namespace, configuration: str, host_name: str) -> None:
    """The names tried for a name, and their order, are the C library's."""
    names = ["x", "x.y", "x.y.z", "x.", "x.y.", "x-1_2"]
    with namespace.etc(resolv_conf=f"nameserver {FIRST}\n{configuration}"):
        expected = namespace.call(search_of_the_c_library, names)
        assert expected[3] == ["x."]
        assert namespace.run(host_name, search, names) == expected


async def answer_after_failures(
    host: hosts.Host, kind: str, name: str, fails: int
) -> tuple[list[str], list[Any]]:
    """Which server got each query for A, and what was found; the first so many queries fail."""
    order: list[str] = []

    def script(address: str) -> scripted.Script:
        def act(query: Message, *_: Any) -> Iterable[scripted.Step]:
            order.append(address)
            return [
                answers.servfail(query)
                if len(order) <= fails
                else reply(query, f"{query.question[0].name} A 192.0.2.1")
            ]

        return act

    with serving(script(FIRST), script(SECOND)):
        resolver = host.net.Resolver(prefer_python=True)
        found = []
        for _ in range(4):
            try:
                found.append(list(map(str, await resolver.lookup_ip(name, kind))))
            except dialnet.DNSError as err:
                found.append(err.server)
            order.append("")
    return order, found


def test_servers(namespace: Namespace, host_name: str) -> None:
    """Which is asked first, how often each, and the same with `rotate`."""
    two = f"nameserver {FIRST}\nnameserver {SECOND}\n"
    found = ["192.0.2.1"]

    def run(options: str, fails: int) -> tuple[list[str], list[Any]]:
        with namespace.etc(resolv_conf=two + options):
            return namespace.run(host_name, answer_after_failures, "ip4", "a.example.", fails)

    assert run("", 0) == ([FIRST, ""] * 4, [found] * 4)
    assert run("", 1) == ([FIRST, SECOND, "", *[FIRST, ""] * 3], [found] * 4)
    assert run("", 4)[0][:5] == [FIRST, SECOND] * 2 + [""]
    assert run("options attempts:3\n", 6)[0][:7] == [FIRST, SECOND] * 3 + [""]
    assert run("options attempts:1\n", 2)[1] == [f"{SECOND}:53", found, found, found]
    assert run("options rotate\n", 0) == ([FIRST, "", SECOND, ""] * 2, [found] * 4)
    assert run("options rotate\n", 1) == ([FIRST, SECOND, "", SECOND, "", FIRST, "", SECOND, ""], [found] * 4)
    # Only three are kept, and what is no address is none.
    with namespace.etc(
        resolv_conf=f"nameserver x.example\nnameserver {FIRST}\n" + "nameserver 127.0.0.9\n" * 3
    ):
        order, _ = namespace.run(host_name, answer_after_failures, "ip4", "a.example.", 0)
        assert order == [FIRST, ""] * 4


async def observed(host: hosts.Host, delay: float) -> list[tuple[str, str, bool, float]]:
    """What comes for a lookup of both families: type, transport, the AD bit, and when after the first."""

    def script(query: Message, transport: str, _: int) -> Iterable[scripted.Step]:
        kind = "A 192.0.2.1" if query.question[0].rdtype == 1 else "AAAA 2001:db8::1"
        return [scripted.delay(delay), reply(query, f"{query.question[0].name} {kind}")]

    with serving(script) as (server,):
        found = await host.net.Resolver(prefer_python=True).lookup_host("a.example.")
        assert sorted(found) == ["192.0.2.1", "2001:db8::1"]
        start = server.received[0].at
        return [(r.type, r.transport, bool(r.flags & dns.flags.AD), r.at - start) for r in server.received]


def observe(namespace: Namespace, host_name: str, options: str, delay: float = 0.0) -> list[Any]:
    with namespace.etc(resolv_conf=f"nameserver {FIRST}\noptions {options}\n"):
        return namespace.run(host_name, observed, delay)


@in_turn(
    "case",
    [
        ("edns0", "udp", False),
        ("trust-ad", "udp", True),
        ("use-vc", "tcp", False),
        ("usevc trust-ad", "tcp", True),
    ],
)
def test_options(namespace: Namespace, case: tuple[str, str, bool], host_name: str) -> None:
    """TCP from the beginning, and the AD bit, which says that the server is trusted to check signatures."""
    options, transport, trusted = case
    seen = sorted(observe(namespace, host_name, options))
    assert [one[:3] for one in seen] == [("A", transport, trusted), ("AAAA", transport, trusted)]


@in_turn("option", ["single-request", "single-request-reopen", "ndots:1", "ndots:1"])
def test_single_request(namespace: Namespace, option: str, host_name: str) -> None:
    """The second query goes when the first is answered; else both at once."""
    first, second = observe(namespace, host_name, option, 0.25)
    assert {first[0], second[0]} == {"A", "AAAA"}
    assert (second[3] >= 0.25) == option.startswith("single")


async def silent_server(host: hosts.Host) -> tuple[dialnet.DNSError, float, int]:
    with serving(lambda *_: []) as (server,):
        start = time.monotonic()
        with pytest.raises(dialnet.DNSError) as caught:
            await host.net.Resolver(prefer_python=True).lookup_txt("a.example.")
        return caught.value, time.monotonic() - start, len(server.received)


def test_timeout(namespace: Namespace) -> None:
    """A second is the shortest time a try can be given."""
    with namespace.etc(resolv_conf=f"nameserver {FIRST}\noptions timeout:1 attempts:1\n"):
        err, took, queries = namespace.run("asyncio", silent_server)
    assert err.is_timeout
    assert err.server == f"{FIRST}:53"
    assert queries == 1
    assert 1 <= took < hosts.PATIENCE


async def over_ipv6(host: hosts.Host, address: str) -> list[str]:
    def script(query: Message, *_: Any) -> list[scripted.Step]:
        return [reply(query, "a.example. A 192.0.2.1")]

    with Scripted(script, family=socket.AF_INET6, host=address, port=53) as server:
        await host.net.Resolver(prefer_python=True).lookup_ip("a.example.", "ip4")
        return [received.transport for received in server.received]


def test_ipv6_servers(namespace: Namespace, host_name: str) -> None:
    """unbound at its IPv6 addresses; and a link-local address, whose zone has to be kept."""
    for server in ("::1", "fd00::53"):
        with namespace.etc(resolv_conf=f"nameserver {server}\n"):
            (found,) = namespace.run(host_name, host_addresses, True, "v4.corp.example")
            assert found == ["192.0.2.12"]
    with namespace.etc(resolv_conf="nameserver fe80::53%lo\n"):
        assert namespace.run(host_name, over_ipv6, "fe80::53%lo") == ["udp"]


# Files that change while a program runs.

LONGEST = 15.0


def replace(path: str, text: str) -> None:
    """As programs do that must not be seen halfway."""
    new = Path(f"{path}.new")
    new.write_text(text)
    new.replace(path)


def changes() -> dict[str, float]:
    """How long after a change each host and resolver saw it, for both files."""
    calls: dict[str, Callable[[Any], Any]] = {
        "hosts": lambda r: r.lookup_host("both.corp.example"),
        "resolv.conf": lambda r: r.lookup_host("mail"),
    }
    expected = {"hosts": ("192.0.2.98", "192.0.2.123"), "resolv.conf": ("192.0.2.20", "192.0.2.52")}
    seen: dict[str, float] = {}
    followers = [(name, python) for name in hosts.HOSTS if hosts.has(name) for python in (True, None)]
    changed, ready = threading.Event(), threading.Barrier(1 + len(followers))
    at = [0.0]

    async def follow(host: hosts.Host, python: bool | None) -> None:
        resolver = host.net.Resolver(prefer_python=python)
        for what, call in calls.items():
            assert await call(resolver) == [expected[what][0]]
        ready.wait(hosts.PATIENCE)
        assert changed.wait(hosts.PATIENCE)
        for what, call in calls.items():
            found = [expected[what][0]]
            while found != [expected[what][1]] and time.monotonic() < at[0] + LONGEST:
                await host.pause(0.05)
                found = await call(resolver)
            seen[f"{what} {host.name} {python}"] = time.monotonic() - at[0]

    threads = [
        threading.Thread(target=hosts.run, args=(name, follow, p), daemon=True) for name, p in followers
    ]
    for thread in threads:
        thread.start()
    ready.wait(hosts.PATIENCE)
    replace("/etc/hosts", Path("/etc/hosts").read_text().replace("192.0.2.98", "192.0.2.123"))
    with open("/etc/resolv.conf", "a") as file:
        file.write("search branch.example\n")
    at[0] = time.monotonic()
    changed.set()
    for thread in threads:
        thread.join(hosts.PATIENCE)
    assert not any(thread.is_alive() for thread in threads)
    return seen


def test_changes(namespace: Namespace) -> None:
    """A new hosts file and a changed resolv.conf are followed within 5 seconds, by every host at once."""
    with namespace.etc():
        seen = namespace.call(changes)
    assert len(seen) == 4 * sum(map(hosts.has, hosts.HOSTS))
    # What a loaded machine adds to the 5 seconds is not the files' affair.
    assert max(seen.values()) < 5 + 3, seen
