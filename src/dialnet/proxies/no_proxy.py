"""`NO_PROXY`: which addresses are dialed without the proxy.

The entries are those of Go's x/net/proxy (host, `*.suffix`, address, CIDR), and what other programs that read
the same variable take besides: `.suffix`, `host:port`, `*`.
"""

from __future__ import annotations

from ..addresses import IPNet, parse_cidr, split_host_port
from ..errors import AddrError, DNSError, ParseError
from ..resolve.literals import ip_literal, port_number
from ..resolve.names import ascii_name

__all__ = ["Exceptions"]


class Exceptions:
    """What a text like `localhost,*.example.com,192.0.2.0/24` says: `address in exceptions`.

    An entry that cannot be read is none: the variable is shared with programs of other tastes.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._all = False
        self._networks: list[IPNet] = []
        # Hosts, literal ones too, and suffixes, which begin with a dot; None is any port.
        self._hosts: set[tuple[str, str | None]] = set()
        self._suffixes: set[tuple[str, str | None]] = set()
        for entry in text.split(","):
            self._add(entry.strip())

    def _add(self, entry: str) -> None:
        if entry == "*":
            self._all = True
        elif "/" in entry:
            try:
                self._networks.append(parse_cidr(entry)[1])
            except ParseError:
                pass
        elif entry:
            try:
                host, port = _host_and_port(entry)
            except AddrError:
                return
            # A suffix names its domain too.
            if host.startswith("*."):
                self._suffixes.add((host[1:], port))
            elif host.startswith("."):
                self._suffixes.add((host, port))
            elif host:
                self._hosts.add((host, port))

    def __bool__(self) -> bool:
        return self._all or bool(self._networks or self._hosts or self._suffixes)

    def __contains__(self, address: str) -> bool:
        """Whether `host:port` is among them. Nothing is looked up: a name is in no CIDR, an address under no
        suffix. Raises `AddrError`, and `TypeError` for what is no text."""
        host, service = split_host_port(address)
        if self._all:
            return True
        ports = (_port(service), None)
        literal = ip_literal(host)
        host = _folded(host)
        if any((host, port) in self._hosts for port in ports):
            return True
        if literal is not None:
            ip = literal.ip
            return ip is not None and any(net.contains(ip) for net in self._networks)
        return any(
            port in ports and (host.endswith(suffix) or host == suffix[1:]) for suffix, port in self._suffixes
        )

    def __str__(self) -> str:
        return self._text


def _host_and_port(entry: str) -> tuple[str, str | None]:
    # An IPv6 address without a port needs no brackets, but may have them.
    bare = entry[1:-1] if entry.startswith("[") and entry.endswith("]") else entry
    if ":" not in entry or ip_literal(bare) is not None:
        return _folded(bare), None
    host, port = split_host_port(entry)
    return _folded(host), _port(port)


def _folded(host: str) -> str:
    """One spelling for all that mean the same."""
    literal = ip_literal(host)
    if literal is not None:
        # Zones are this machine's affair.
        return str(literal.ip)
    try:
        host = ascii_name(host)
    except DNSError:
        pass  # then it is the same only as itself
    return host.lower().removesuffix(".")


def _port(service: str) -> str:
    number = port_number(service)
    return service.lower() if number is None else str(number)
