"""The namespace is what the tests in it take it for: its network, its files, its servers."""

from __future__ import annotations

import os
import socket
import threading
from typing import Any

import pytest

import dialnet
from tests import hosts
from tests.resolve.namespaces import ETC, ZONES, Namespace


def test_machine(namespace: Namespace) -> None:
    """Loopback alone, a name of its own, /etc with files of ours beside the real ones."""
    assert namespace.call(socket.gethostname) == "box.branch.example"
    assert socket.gethostname() != "box.branch.example"
    assert namespace.call(os.listdir, "/sys/class/net") is not None
    assert [name for _, name in namespace.call(socket.if_nameindex)] == ["lo"]
    for name in ETC:
        assert namespace.call(read, f"/etc/{name}") == (ZONES / name).read_text()
        assert read(f"/etc/{name}") != (ZONES / name).read_text()
    assert namespace.call(read, "/etc/passwd") == read("/etc/passwd")
    assert set(os.listdir("/etc")) <= set(namespace.call(os.listdir, "/etc"))


def read(path: str) -> str:
    with open(path) as file:
        return file.read()


def test_servers(namespace: Namespace) -> None:
    """dig asks unbound, at each of its addresses, and named."""
    for server in ("127.0.0.1", "::1", "fd00::53", "127.0.0.2"):
        found = namespace.output("dig", f"@{server}", "+short", "www.corp.example", "A")
        assert sorted(found) == ["192.0.2.10", "192.0.2.11"]
    assert namespace.output("dig", "+short", "-x", "2001:db8::10") == ["www.corp.example."]
    assert len(namespace.output("dig", "+short", "many.corp.example")) == 300
    for name, status in (
        ("nothing.corp.example", "NXDOMAIN"),
        ("empty.corp.example", "NOERROR"),
        ("x.lame.corp.example", "SERVFAIL"),
    ):
        assert any(f"status: {status}" in line for line in namespace.output("dig", name, "A"))
    assert namespace.output("getent", "ahosts", "v4.corp.example")[0].split() == [
        "192.0.2.12",
        "STREAM",
        "v4.corp.example",
    ]


def test_etc(namespace: Namespace) -> None:
    with namespace.etc(resolv_conf="nameserver 127.0.0.9\n", hosts=None):
        assert namespace.call(read, "/etc/resolv.conf") == "nameserver 127.0.0.9\n"
        with pytest.raises(FileNotFoundError):
            namespace.call(read, "/etc/hosts")
    assert namespace.call(read, "/etc/resolv.conf") == (ZONES / "resolv.conf").read_text()
    assert namespace.call(read, "/etc/hosts") == (ZONES / "hosts").read_text()


def fail_to_look_up() -> None:
    raise dialnet.DNSError("no such host", "x", is_not_found=True)


def unpicklable() -> Any:
    return threading.Lock()


def killed() -> None:
    os.kill(os.getpid(), 9)


def test_calls(namespace: Namespace) -> None:
    """Errors come back as they are, and whatever a call does the next one works."""
    with pytest.raises(dialnet.DNSError) as caught:
        namespace.call(fail_to_look_up)
    assert caught.value.is_not_found
    assert "fail_to_look_up" in caught.value.__notes__[0]
    with pytest.raises(AssertionError, match="cannot be sent"):
        namespace.call(unpicklable)
    with pytest.raises(AssertionError, match="signal 9"):
        namespace.call(killed)
    assert namespace.call(os.getenv, "LOCALDOMAIN", env={"LOCALDOMAIN": "x"}) == "x"
    assert namespace.call(os.getenv, "LOCALDOMAIN") is None


async def own_name(host: hosts.Host, prefix: str) -> str:
    return prefix + host.name


def test_hosts(namespace: Namespace, host_name: str) -> None:
    assert namespace.run(host_name, own_name, "under ") == f"under {host_name}"
