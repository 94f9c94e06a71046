"""What dig and getent say in the namespace, for comparison. dig is asked once for the same thing."""

from __future__ import annotations

import functools

import dns.rdata

from tests.resolve.namespaces import Namespace


@functools.lru_cache(256)
def dig(namespace: Namespace, name: str, kind: str, *more: str) -> list[str]:
    """The data of the answer's records of this type, sorted."""
    lines = namespace.output("dig", "+noall", "+answer", *more, name, kind)
    found = [line.split(None, 4) for line in lines]
    return sorted(data for _, _, _, got, data in found if got == kind)


@functools.lru_cache(256)
def dig_end(namespace: Namespace, name: str) -> str:
    """Where a chain of aliases ends."""
    lines = namespace.output("dig", "+noall", "+answer", name, "A")
    targets = {
        owner: data for owner, _, _, kind, data in (line.split(None, 4) for line in lines) if kind == "CNAME"
    }
    while name in targets:
        name = targets[name]
    return name


def dig_txt(namespace: Namespace, name: str) -> list[str]:
    """Each record's strings as one text, sorted."""
    found = [dns.rdata.from_text("IN", "TXT", data) for data in dig(namespace, name, "TXT")]
    return sorted(b"".join(txt.strings).decode("utf-8", "surrogateescape") for txt in found)


@functools.lru_cache(256)
def status(namespace: Namespace, name: str, kind: str = "A") -> str:
    """The code of the answer, as dig names it."""
    (line,) = [line for line in namespace.output("dig", name, kind) if "status:" in line]
    return line.split("status: ")[1].split(",")[0]


def getent_addresses(namespace: Namespace, name: str, **env: str) -> list[str]:
    """The addresses of a name in the C library's order; none if it is not found."""
    found = [line.split() for line in getent(namespace, "ahosts", name, **env)]
    return [words[0] for words in found if words[1] == "STREAM"]


def getent(namespace: Namespace, *arguments: str, **env: str) -> list[str]:
    """It fails without a word for what is not found."""
    settings = [f"{name}={value}" for name, value in env.items()]
    return namespace.output("env", *settings, "getent", *arguments)
