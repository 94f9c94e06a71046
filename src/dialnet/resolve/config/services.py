"""services(5) and protocols(5): the numbers that go by a name. Each file is read once, when it is first
needed.

The well-known names need no file, which on small machines there is none of.
"""

from __future__ import annotations

import math

from .aside import LONG
from .fields import fields, number, text
from .watched import Watched

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Coroutine
    from typing import Any

__all__ = ["Protocols", "Services", "parse_protocols", "parse_services"]

LIMIT = 1 << 20
_LARGEST = 0xFFFF

_SERVICES = {
    "tcp": {
        "ftp": 21,
        "ftps": 990,
        "gopher": 70,
        "http": 80,
        "https": 443,
        "imap2": 143,
        "imap3": 220,
        "imaps": 993,
        "pop3": 110,
        "pop3s": 995,
        "smtp": 25,
        "submissions": 465,
        "ssh": 22,
        "telnet": 23,
    },
    "udp": {"domain": 53},
}
_PROTOCOLS = {"icmp": 1, "igmp": 2, "tcp": 6, "udp": 17, "ipv6-icmp": 58}


class Services:
    """The ports of services: what the file says, else what is well known."""

    __slots__ = ("_file",)

    def __init__(self, path: str = "/etc/services") -> None:
        # Lists of all that is registered are close to a MiB long.
        self._file = Watched(path, parse_services, limit=LIMIT, interval=math.inf, long=LONG)

    def ready(self) -> Coroutine[Any, Any, bool]:
        """Wait until `lookup_port` takes no time; whether there was a wait."""
        return self._file.ready()

    def lookup_port(self, network: str, service: str) -> int | None:
        """The port, or None. `network` is `tcp`, `udp` (both may have a 4 or 6 behind), or `ip`, which is
        either.

        The service is looked for in lower case, and the file's names are taken as they are.
        """
        name = service.lower()
        ports = self._file.get()
        if network == "ip":
            port = ports["tcp"].get(name)
            return ports["udp"].get(name) if port is None else port
        found = ports.get(network[:-1] if network.endswith(("4", "6")) else network)
        return None if found is None else found.get(name)


class Protocols:
    """The numbers of the protocols over IP: what is well known, else what the file says."""

    __slots__ = ("_file",)

    def __init__(self, path: str = "/etc/protocols") -> None:
        self._file = Watched(path, parse_protocols, limit=LIMIT, interval=math.inf)

    def lookup_protocol(self, name: str) -> int | None:
        """The number, or None. The name is looked for in lower case, and the file's are taken as they are.

        The file is read at the first name that is not well known.
        """
        name = name.lower()
        number = _PROTOCOLS.get(name)
        return self._file.get().get(name) if number is None else number


def parse_services(data: bytes | OSError) -> dict[str, dict[str, int]]:
    """Ports by name, by `tcp` and `udp`. Takes any bytes, in linear time.

    Of two lines the earlier holds, as in the C library, so that both resolvers say the same. (In Go the later
    does.)
    """
    ports: dict[str, dict[str, int]] = {network: {} for network in _SERVICES}
    for words in _lines(data):
        port, rest = number(words[1])
        network = rest.removeprefix(b"/")
        if network == rest or not 0 < port <= _LARGEST:
            continue
        # Nobody asks for those of sctp, or of what else a file may have.
        known = ports.get(text(network))
        if known is not None:
            for name in (words[0], *words[2:]):
                known.setdefault(text(name), port)
    return {network: {**_SERVICES[network], **known} for network, known in ports.items()}


def parse_protocols(data: bytes | OSError) -> dict[str, int]:
    """Numbers by name. Takes any bytes, in linear time. Of two lines the earlier holds."""
    numbers = dict(_PROTOCOLS)
    for words in _lines(data):
        # More than the eight bits of the IP header: Linux's 262 is MPTCP.
        value, rest = number(words[1])
        if not rest and value <= _LARGEST:
            for name in (words[0], *words[2:]):
                numbers.setdefault(text(name), value)
    return numbers


def _lines(data: bytes | OSError) -> list[list[bytes]]:
    """The words of each line that has two or more, without comments."""
    if isinstance(data, OSError):
        return []
    words = (fields(line.partition(b"#")[0]) for line in data.split(b"\n"))
    return [found for found in words if len(found) >= 2]
