"""`openssl s_client` and `s_server`, with a pipe to type into, and the files they and others want."""

from __future__ import annotations

import contextlib
import os
import ssl
from collections.abc import Iterator
from pathlib import Path

from tests.certificates import NAME, authority
from tests.hosts import Host
from tests.interop import programs
from tests.interop.programs import Program
from tests.proxies.real import listens_on

VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}
OPTIONS = {"1.2": "-tls1_2", "1.3": "-tls1_3"}


def files(folder: Path) -> dict[str, str]:
    """Certificates with their keys: the authority's (without), a server's, a client's."""
    made = {who: folder / f"{who}.pem" for who in ("ca", "server", "client")}
    if not made["ca"].exists():
        made["ca"].write_bytes(authority().cert_pem.bytes())
        for who, names in (("server", (NAME, "localhost", "127.0.0.1")), ("client", ("client.example",))):
            made[who].write_bytes(authority().issue_cert(*names).private_key_and_cert_chain_pem.bytes())
    return {who: str(path) for who, path in made.items()}


def server_options(folder: Path, version: str, *more: str) -> list[str]:
    """Of an `s_server` that speaks one version, on a port of the system's choice."""
    return ["s_server", "-accept", "127.0.0.1:0", "-cert", files(folder)["server"], OPTIONS[version], *more]


def client_options(folder: Path, version: str, address: str, *more: str) -> list[str]:
    """Of an `s_client` that verifies, and fails if it cannot."""
    argv = ["s_client", "-connect", address, "-CAfile", files(folder)["ca"], "-verify_return_error"]
    return [*argv, "-servername", NAME, "-verify_hostname", NAME, OPTIONS[version], *more]


def address_of(program: Program) -> str:
    port = listens_on(program)
    assert port is not None, f"{program} has ended: {program.said}"
    return f"127.0.0.1:{port}"


class Typed:
    """A program and what is typed into it. A command of openssl's is one that comes by itself."""

    def __init__(self, program: Program, keys: int) -> None:
        self.program = program
        self._keys = keys

    def type(self, text: bytes) -> None:
        os.write(self._keys, text)

    async def shows(self, host: Host, text: str, times: int = 1) -> None:
        """Wait until it has written this, so many times."""
        await host.until(lambda: (self.program.output.decode() + self.program.said).count(text) >= times)


@contextlib.contextmanager
def typed(folder: Path, *argv: str) -> Iterator[Typed]:
    out, keys = os.pipe()
    try:
        with programs.start(folder, "openssl", *argv, stdin=Path(f"/proc/self/fd/{out}")) as program:
            yield Typed(program, keys)
    finally:
        os.close(keys)
        os.close(out)
