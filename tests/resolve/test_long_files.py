"""Long hosts files: a thread parses them, and no lookup is later for it than it has to be."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import dialnet
from dialnet.resolve import lookups
from dialnet.resolve.config.aside import LONG, Aside
from dialnet.resolve.config.hosts import Hosts, hosts_file
from dialnet.resolve.machine import Machine
from tests import hosts
from tests.hosts import PATIENCE

AGO = 1_000_000_000
COMMENT = "# " + "x" * LONG + "\n"
SERVICES = "rehearsal 4711/tcp\n"


def put(path: Path, text: str, when: int = AGO) -> None:
    new = path.with_name("new")
    new.write_text(text)
    os.utime(new, (when, when))
    new.replace(path)


class Parsing:
    """The parsing of all files with names or ports in them: it begins when it may, and is counted."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun = threading.Event()
        self.may = threading.Event()
        self.threads: list[int] = []
        fill, reverse = Hosts._fill, Hosts._reversed

        def filled(made: Hosts) -> None:
            self._begin()
            fill(made)

        def reversed_(made: Hosts) -> dict[bytes, list[bytes]]:
            if made._by_address is None:
                self._begin()
            return reverse(made)

        monkeypatch.setattr(Hosts, "_fill", filled)
        monkeypatch.setattr(Hosts, "_reversed", reversed_)

    def _begin(self) -> None:
        self.threads.append(threading.get_ident())
        self.begun.set()
        assert self.may.wait(PATIENCE)

    def stop(self) -> None:
        self.begun.clear()
        self.may.clear()


@pytest.fixture
def parsing(monkeypatch: pytest.MonkeyPatch) -> Iterator[Parsing]:
    made = Parsing(monkeypatch)
    yield made
    made.may.set()


@pytest.fixture
def etc(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The folder of this test's machine, in which hosts and services are long."""
    put(tmp_path / "hosts", f"192.0.2.1 a.example\n{COMMENT}")
    put(tmp_path / "services", f"{SERVICES}{COMMENT}")
    (tmp_path / "nsswitch.conf").write_text("hosts: files\n")
    monkeypatch.setattr(lookups, "machine", Machine(str(tmp_path), "linux"))
    return tmp_path


ASKED: list[tuple[str, tuple[str, ...], Any]] = [
    ("lookup_host", ("a.example",), ["192.0.2.1"]),
    ("lookup_host", ("localhost",), None),
    ("lookup_cname", ("a.example",), "a.example."),
    ("lookup_addr", ("192.0.2.1",), ["a.example."]),
]


@pytest.mark.parametrize("asked", ASKED, ids=lambda asked: asked[0])
def test_the_first_lookups_wait_for_it(
    host_name: str, etc: Path, parsing: Parsing, asked: tuple[str, tuple[str, ...], Any]
) -> None:
    kind, arguments, expected = asked

    async def body(host: hosts.Host) -> None:
        resolver = host.net.Resolver(prefer_python=True)
        here = threading.get_ident()
        token = host.net.CancelToken()

        async def lookup(**limits: Any) -> Any:
            return await getattr(resolver, kind)(*arguments, **limits)

        waiting = [host.start(lookup) for _ in range(5)]
        cancelled = host.start(lambda: failing(lookup, cancel=token))
        # Neither a deadline nor a token waits for the file.
        assert (await failing(lookup, timeout=0.01)).is_timeout
        token.cancel()
        assert isinstance(await cancelled, dialnet.CanceledError)
        await host.until(parsing.begun.is_set)
        parsing.may.set()
        for job in waiting:
            found = await job
            assert found == expected or expected is None
        # One parses, for all, and so it is with the table for reverse lookups.
        assert len(parsing.threads) == (2 if kind == "lookup_addr" else 1)
        assert here not in parsing.threads

    hosts.run(host_name, body)


async def failing(lookup: Any, **limits: Any) -> dialnet.DNSError:
    with pytest.raises(dialnet.DNSError) as caught:
        await lookup(**limits)
    return caught.value


def test_what_was_there_holds_meanwhile(etc: Path, parsing: Parsing) -> None:
    parsing.may.set()
    file = hosts_file(str(etc / "hosts"))
    assert file.get(0.0).lookup_host("a.example")[0] == ["192.0.2.1"]
    parsing.stop()
    put(etc / "hosts", f"192.0.2.2 a.example\n{COMMENT}", AGO + 1)
    for now in (4.9, 5.0, 5.1, 10.0, 15.0):
        assert file.get(now).lookup_host("a.example")[0] == ["192.0.2.1"]
    assert parsing.begun.wait(PATIENCE)
    assert len(parsing.threads) == 2
    parsing.may.set()
    # Whoever looks next with force does so after the thread.
    assert file.get(force=True).lookup_host("a.example")[0] == ["192.0.2.2"]
    assert len(parsing.threads) == 2
    assert parsing.threads[1] != threading.get_ident()


def test_it_is_followed(host_name: str, etc: Path) -> None:
    async def body(host: hosts.Host) -> None:
        resolver = host.net.Resolver(prefer_python=True)
        assert await resolver.lookup_host("a.example") == ["192.0.2.1"]
        put(etc / "hosts", f"192.0.2.2 a.example\n{COMMENT}", AGO + 1)
        found: list[str] = ["192.0.2.1"]
        while found == ["192.0.2.1"]:
            await host.pause(0.05)
            found = await resolver.lookup_host("a.example")
        assert found == ["192.0.2.2"]

    hosts.run(host_name, body)


def test_services(host_name: str, etc: Path) -> None:
    async def body(host: hosts.Host) -> None:
        assert await host.net.lookup_port("tcp", "rehearsal") == 4711
        assert (await failing(host.net.lookup_port, network="tcp", service="x")).is_not_found

    hosts.run(host_name, body)


def test_where_no_thread_can_be_had(
    task_host_name: str, etc: Path, parsing: Parsing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is parsed all the same, by whoever asks."""

    def start(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    async def body(host: hosts.Host) -> None:
        with monkeypatch.context() as patched:
            patched.setattr(threading.Thread, "start", start)
            assert await host.net.Resolver(prefer_python=True).lookup_host("a.example") == ["192.0.2.1"]
        assert parsing.threads == [threading.get_ident()]

    parsing.may.set()
    hosts.run(task_host_name, body)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # that there are threads
def test_a_child_does_not_wait_for_its_parents_thread(etc: Path) -> None:
    may, begun = threading.Event(), threading.Event()
    aside = Aside()

    def call() -> None:
        begun.set()
        assert may.wait(PATIENCE)

    job = aside.begin(call)
    assert begun.wait(PATIENCE)
    child = os.fork()
    if not child:
        try:
            other = aside.begin(lambda: None)
            os._exit(0 if other is not job else 2)
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    may.set()
    assert os.waitstatus_to_exitcode(status) == 0
