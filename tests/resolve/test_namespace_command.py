"""`dialnet lookup` on a machine whose files it has to go by: no server is given."""

from __future__ import annotations

import json
import sys

import pytest

from tests.resolve.namespaces import Namespace


def lookup(namespace: Namespace, *args: str) -> list[str]:
    return namespace.output(sys.executable, "-m", "dialnet", "lookup", *args)


@pytest.mark.parametrize("resolver", [(), ("--resolver", "python"), ("--resolver", "system")])
def test_hosts_of_the_file_and_of_dns(namespace: Namespace, resolver: tuple[str, ...]) -> None:
    assert lookup(namespace, "host", "both.corp.example", *resolver) == ["192.0.2.98"]
    assert lookup(namespace, "addr", "192.0.2.99", *resolver)[0].rstrip(".") == "inhosts.corp.example"
    # By the search list.
    assert lookup(namespace, "ip", "v4", "--network", "ip4", *resolver) == ["192.0.2.12"]
    assert lookup(namespace, "cname", "alias3", *resolver) == ["www.corp.example."]


@pytest.mark.parametrize(
    ("kind", "name"),
    [("mx", "corp.example"), ("ns", "corp.example"), ("srv", "_sip._tcp.corp.example"), ("txt", "text")],
)
def test_records_as_dig_has_them(namespace: Namespace, kind: str, name: str) -> None:
    theirs = namespace.output("dig", "+search", "+short", name, kind)
    assert sorted(lookup(namespace, kind, name)) == sorted(line.strip('"') for line in theirs)


def test_the_configuration_is_followed(namespace: Namespace) -> None:
    with namespace.etc(resolv_conf="nameserver 127.0.0.9\nnameserver 127.0.0.1\nsearch branch.example\n"):
        document = json.loads("".join(lookup(namespace, "ip", "www", "--json", "--network", "ip4")))
    assert document["records"] == namespace.output("dig", "+short", "www.branch.example", "A")
    with namespace.etc(services="made-up 4242/udp\n"):
        assert lookup(namespace, "port", "udp/made-up") == ["4242"]
