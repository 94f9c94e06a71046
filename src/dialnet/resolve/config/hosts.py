"""hosts(5): names and addresses that need no query.

Files of hundreds of thousands of lines are in use (lists of hosts to block), so this is about bytes: a
line costs a microsecond or two, addresses are kept packed and names as they stand, both become text when
they are looked up, and the table for reverse lookups is made when one is first used. Both tables of a long
file are made aside.
"""

from __future__ import annotations

import io
import socket
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address

from .aside import LONG, Aside
from .fields import text
from .watched import INTERVAL, Watched

__all__ = ["Hosts", "hosts_file", "parse_hosts"]

LIMIT = 1 << 24
# What a file may cost: with so many names, all different, about 300 MB.
_MAX_NAMES = 1_000_000
# As many as the largest DNS answer could bring; beyond it sorting them takes longer than anybody waits.
_MAX_ADDRESSES = 4096
# "::", a space and a letter.
_SHORTEST_LINE = 4
# ::ffff:0:0/96, the IPv4-mapped addresses.
_MAPPED = bytes(10) + b"\xff\xff"


class Hosts:
    """What a hosts file says; `error` is why it could not be read, and then it says nothing."""

    __slots__ = ("_aside", "_by_address", "_by_name", "_data", "_more", "error")

    def __init__(self, data: bytes = b"", error: OSError | None = None) -> None:
        self.error = error
        self._data = data
        # By key: the name's first address, and the key of the canonical name beside it.
        self._by_name: dict[bytes, tuple[bytes, bytes]] = {}
        # Its other addresses, for names on several lines.
        self._more: dict[bytes, list[bytes]] = {}
        self._by_address: dict[bytes, list[bytes]] | None = None
        self._aside = Aside() if len(data) > LONG else None
        self._fill()

    def _fill(self) -> None:
        by_name, more = self._by_name, self._more
        for address, names in _lines(self._data):
            entry = (address, _key(names[0]))
            for name in names:
                key = _key(name)
                first = by_name.setdefault(key, entry)
                if first is not entry and first[0] != address:
                    others = more.setdefault(key, [])
                    if (not others or others[-1] != address) and len(others) < _MAX_ADDRESSES:
                        others.append(address)

    @property
    def empty(self) -> bool:
        """Whether there is no name in it."""
        return not self._by_name

    def lookup_host(self, name: str) -> tuple[list[str], str]:
        """The name's addresses and its canonical name, `([], "")` if it is not there.

        Case does not matter, nor does a final dot on a name that has another dot. Addresses are in the
        order of the file, each once, in their canonical form and IPv4-mapped ones as IPv4. The canonical
        name is the first on the first line that has the name, in lower case, and rooted if it has a dot.
        """
        key = _key(name.encode() if name.isascii() else _encoded(name))
        first = self._by_name.get(key)
        if first is None:
            return [], ""
        address, canonical = first
        addresses = dict.fromkeys((address, *self._more.get(key, ())))
        return [_address_text(packed) for packed in addresses], text(canonical)

    def lookup_addr(self, addr: str) -> list[str]:
        """The address's names, each once, in the order and the case of the file, rooted if they have a dot.

        The address may be in any form; a zone is part of it. What is no address has no names.
        """
        packed = _packed(_encoded(addr))
        if packed is None:
            return []
        names = self._reversed().get(packed, ())
        return [text(_rooted(name)) for name in dict.fromkeys(names)]

    async def ready_for_addresses(self) -> None:
        """Wait until `lookup_addr` takes no time."""
        if self._by_address is None and self._aside is not None:
            await self._aside.made(self._reversed)

    def _reversed(self) -> dict[bytes, list[bytes]]:
        by_address = self._by_address
        if by_address is None:
            by_address = {}
            for address, names in _lines(self._data):
                by_address.setdefault(address, []).extend(names)
            # Two threads may both come here and make the same.
            self._by_address = by_address
        return by_address


def hosts_file(path: str = "/etc/hosts") -> Watched[Hosts]:
    """The file, followed: at every call while it holds no name.

    If it cannot be read for another reason than that it is missing or forbidden, what it said still holds.
    """
    return Watched(
        path,
        parse_hosts,
        limit=LIMIT,
        interval=lambda hosts: 0.0 if hosts.empty else INTERVAL,
        keep=True,
        long=LONG,
    )


def parse_hosts(data: bytes | OSError) -> Hosts:
    """What the file's bytes say.

    Takes any bytes, in linear time, some 2 to 4 s for 16 MiB. Of what is too much for any use the end is left
    out: a million names a file, 4,096 addresses a name.
    """
    return Hosts(error=data) if isinstance(data, OSError) else Hosts(data)


def _lines(data: bytes) -> Iterator[tuple[bytes, list[bytes]]]:
    """The packed address and the names of each line that has an address and at least one name."""
    left = _MAX_NAMES
    field, address = b"", None
    # A list of all lines would be eight times the size of a file of empty ones.
    for line in io.BytesIO(data):
        if len(line) < _SHORTEST_LINE:
            continue
        if b"#" in line:
            line = line.partition(b"#")[0]
        # One more than there may be: the last then is the rest of the line.
        words = line.split(None, left + 1)
        if len(words) < 2:
            continue
        # Most long files have the same address on every line.
        if words[0] != field:
            field = words[0]
            address = _packed(field)
        if address is None:
            continue
        names = words[1 : left + 1]
        left -= len(names)
        yield address, names
        if not left:
            return


def _encoded(name: str) -> bytes:
    try:
        return name.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return b" "  # Surrogates that are no bytes: a word that no line has.


def _rooted(name: bytes) -> bytes:
    # A name without a dot is local and has no root: "localhost" and "localhost." are two names.
    return name + b"." if b"." in name and not name.endswith(b".") else name


def _key(name: bytes) -> bytes:
    """What a name is found by: with the ASCII letters in lower case."""
    key = name.lower()
    # As `_rooted`, without another call for each of a file's names.
    return key if key.endswith(b".") or b"." not in key else key + b"."


def _packed(field: bytes) -> bytes | None:
    """The address as 4 or 16 bytes, and behind 16 the zone if it has one; None for what is no address.

    inet_pton(3) reads addresses ten times as fast as `ipaddress` does. Some let leading zeros in IPv4
    addresses pass; only an address without any comes back from inet_ntop as it was.
    """
    try:
        if b":" not in field:
            host = field.decode("ascii")
            packed = socket.inet_pton(socket.AF_INET, host)
            return packed if socket.inet_ntop(socket.AF_INET, packed) == host else None
        literal, percent, zone = field.partition(b"%")
        packed = socket.inet_pton(socket.AF_INET6, literal.decode("ascii"))
    except (OSError, ValueError):
        return None
    if percent:
        return packed + zone if zone and not packed.startswith(_MAPPED) else None
    return packed[12:] if packed.startswith(_MAPPED) else packed


def _address_text(packed: bytes) -> str:
    if len(packed) == 4:
        return str(IPv4Address(packed))
    address = str(IPv6Address(packed[:16]))
    return f"{address}%{text(packed[16:])}" if len(packed) > 16 else address
