"""What the tests against scripted servers share: names, resolvers, and the shape of a lookup's error.

The lookups take place on a machine whose /etc is empty, so that nothing of the real one has a say in them.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import dialnet as net
from dialnet.resolve import lookups
from dialnet.resolve.config.resolv_conf import ResolvConf
from dialnet.resolve.machine import Machine
from tests.hosts import PATIENCE, Host
from tests.resolve.scripted import Scripted

# Rooted: no search list is gone through.
NAME = "a.example."

# Every kind of lookup that asks a server: the method, its arguments, and the names that are then asked.
KINDS: list[tuple[str, tuple[str, ...], str]] = [
    ("lookup_host", (NAME,), NAME),
    ("lookup_ip", (NAME,), NAME),
    ("lookup_ip_addr", (NAME,), NAME),
    ("lookup_cname", (NAME,), NAME),
    ("lookup_mx", (NAME,), NAME),
    ("lookup_ns", (NAME,), NAME),
    ("lookup_txt", (NAME,), NAME),
    ("lookup_srv", ("sip", "tcp", NAME), f"_sip._tcp.{NAME}"),
    ("lookup_addr", ("192.0.2.1",), "1.2.0.192.in-addr.arpa."),
    ("lookup_addr", ("2001:db8::1",), "1." + "0." * 23 + "8.b.d.0.1.0.0.2.ip6.arpa."),
]


class EmptyMachine(Machine):
    """A machine without files. A try has `each_try` seconds: time enough, unless a test is about its end, for
    which resolv.conf's shortest, a second, would be long."""

    def __init__(self, folder: Path) -> None:
        super().__init__(str(folder))
        self.each_try = PATIENCE
        self._changed: dict[float, ResolvConf] = {}

    def resolv(self, now: float) -> ResolvConf:
        if self.each_try not in self._changed:
            self._changed[self.each_try] = super().resolv(now).with_(timeout=self.each_try)
        return self._changed[self.each_try]


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> EmptyMachine:
    """The machine on which this test's lookups take place."""
    made = EmptyMachine(tmp_path)
    monkeypatch.setattr(lookups, "machine", made)
    return made


def resolver(host: Host, *servers: Scripted | str, timeout: float | None = PATIENCE, **options: Any) -> Any:
    """A resolver that asks these servers, and gives up in the end."""
    addresses = [server if isinstance(server, str) else server.address for server in servers]
    return host.net.Resolver(servers=addresses, timeout=timeout, **options)


def calling(asking: Any, kind: str, arguments: tuple[str, ...], **options: Any) -> Callable[[], Any]:
    return functools.partial(getattr(asking, kind), *arguments, **options)


async def ip4(asking: Any, name: str = NAME, **options: Any) -> list[str]:
    """The IPv4 addresses, sorted: a lookup that sends one query."""
    return sorted(map(str, await asking.lookup_ip(name, "ip4", **options)))


async def failing(call: Callable[[], Any]) -> net.DNSError:
    """The error of a lookup, which comes in reasonable time and has its shape."""
    start = time.monotonic()
    with pytest.raises(net.DNSError) as caught:
        await call()
    assert time.monotonic() - start < PATIENCE
    err = caught.value
    assert err.timeout == err.is_timeout == isinstance(err, TimeoutError)
    assert err.temporary == (err.is_temporary or err.is_timeout)
    assert not (err.is_not_found and err.temporary)
    return err


def check(
    err: net.DNSError, text: str, server: Scripted | str = "", name: str = NAME, flag: str = ""
) -> None:
    """The error says this, of this server, and what it is: not found, a timeout, temporary, or none of it."""
    where = server if isinstance(server, str) else server.address
    assert str(err) == (f"lookup {name} on {where}: {text}" if where else f"lookup {name}: {text}")
    assert (err.name, err.server) == (name, where)
    check_flag(err, flag)


def check_flag(err: net.DNSError, flag: str) -> None:
    assert err.is_not_found == (flag == "not found")
    assert err.is_timeout == (flag == "timeout")
    if flag != "timeout":
        assert err.is_temporary == (flag == "temporary")
