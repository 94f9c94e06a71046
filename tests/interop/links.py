"""The kinds of connection, each as dialnet and as socat spells it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.interop.programs import Program


@dataclass(frozen=True)
class Link:
    """In the spellings, `{folder}` is the test's folder and `{name}` a name that nobody else has."""

    name: str
    network: str
    here: str  # where we listen
    connect: str  # how socat connects there; `{}` is the address
    listen: str  # how socat listens
    there: str  # where that is; `{port}` is what socat says
    ready: str = r"listening on .*$"

    def at(self, folder: Path) -> Link:
        """This link with all names in it filled in."""
        names = {"folder": str(folder), "name": f"dialnet-{secrets.token_hex(8)}", "port": "{port}"}
        return Link(
            self.name,
            self.network,
            self.here.format(**names),
            self.connect.format("{}", **names),
            self.listen.format(**names),
            self.there.format(**names),
            self.ready,
        )

    def to(self, addr: Any) -> str:
        """socat's spelling of our listener's address."""
        return self.connect.format(str(addr).removeprefix("@"))

    def dial(self, socat: Program) -> str:
        """The address socat listens on, once it does."""
        found = socat.ready(self.ready)
        return self.there.format(port=found[0].rpartition(":")[2])


TCP4 = Link("tcp4", "tcp4", "127.0.0.1:0", "TCP4:{}", "TCP4-LISTEN:0,bind=127.0.0.1", "127.0.0.1:{port}")
TCP6 = Link("tcp6", "tcp6", "[::1]:0", "TCP6:{}", "TCP6-LISTEN:0,bind=[::1]", "[::1]:{port}")
UNIX = Link(
    "unix", "unix", "{folder}/ours", "UNIX-CONNECT:{}", "UNIX-LISTEN:{folder}/theirs", "{folder}/theirs"
)
ABSTRACT = Link("abstract", "unix", "@{name}", "ABSTRACT-CONNECT:{}", "ABSTRACT-LISTEN:{name}", "@{name}")
SEQPACKET = Link(
    "unixpacket",
    "unixpacket",
    "{folder}/ours",
    "UNIX-CONNECT:{},type=5",
    "UNIX-LISTEN:{folder}/theirs,type=5",
    "{folder}/theirs",
)
UDP4 = Link("udp4", "udp4", "127.0.0.1:0", "UDP4:{}", "UDP4-LISTEN:0,bind=127.0.0.1", "127.0.0.1:{port}")
UDP6 = Link("udp6", "udp6", "[::1]:0", "UDP6:{}", "UDP6-LISTEN:0,bind=[::1]", "[::1]:{port}")
