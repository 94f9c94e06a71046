"""HTTP's CONNECT (RFC 9110, section 9.3.6; RFC 9112), with Basic authentication (RFC 7617).

Of the answer nothing but the status counts: RFC 9110 has the length fields of a success ignored. h11 would
have to be given more than the head to find its end; here it is found without a byte too many.
"""

from __future__ import annotations

import errno
from binascii import b2a_base64
from collections.abc import Mapping

from ..addresses import split_host_port
from .auth import checked
from .talk import Refused, hung_up, nonsense

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .talk import Talk
    from .target import Target

__all__ = ["MOST_HEAD", "HTTPConnect"]

# Of all heads of an answer together: the interim ones (1xx) count too.
MOST_HEAD = 16_384
_MAGIC = b"HTTP/1."
_SHORTEST = len(b"HTTP/1.1 200\n\n")

# RFC 9110, section 5.6.2.
_TOKEN = frozenset("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")

# What has no entry here says no more than that there is no connection.
_STATUSES = {
    401: errno.EACCES,
    403: errno.EACCES,
    407: errno.EACCES,
    408: errno.ETIMEDOUT,
    504: errno.ETIMEDOUT,
}


class HTTPConnect:
    """An HTTP proxy: where it is, who we are to it, and what else it is to be told."""

    name = "http_connect"

    def __init__(
        self, address: str, auth: tuple[str, str] | None, headers: Mapping[str, str] | None = None
    ) -> None:
        split_host_port(address)
        self.address = address
        fields = {} if auth is None else {"Proxy-Authorization": _basic(*checked(auth))}
        ours = {name.lower(): name for name in ("Host", *fields)}
        for name, value in (headers or {}).items():
            fields[ours.get(name.lower(), name)] = value
        self._host = fields.pop("Host", None)
        self._fields = b"".join(_field(name, value) for name, value in fields.items())
        if self._host is not None:
            _field("Host", self._host)

    def talk(self, target: Target) -> Talk[None]:
        """Have it connect to `target`. Raises `Refused`."""
        authority = str(target)
        yield (
            f"CONNECT {authority} HTTP/1.1\r\n".encode("ascii")
            + _field("Host", self._host or authority)
            + self._fields
            + b"\r\n"
        )
        left = MOST_HEAD
        while True:
            size, status = yield from _head(left)
            if status >= 200:
                return
            left -= size


def _head(most: int) -> Talk[tuple[int, int]]:
    """One head of the answer, up to the empty line and no further: its size, and its status.

    Raises `Refused` for a status that ends the hope of a connection, without waiting for the rest.
    """
    head = bytearray()
    status: int | None = None
    # A line may end without a carriage return (RFC 9112, section 2.2).
    while not head.endswith((b"\n\n", b"\n\r\n")):
        if len(head) < _SHORTEST:
            wanted = _SHORTEST - len(head)
        else:
            wanted = 1 if head.endswith((b"\n", b"\n\r")) else 2
        if len(head) + wanted > most:
            raise Refused(errno.EPROTO, f"an answer whose head has more than {MOST_HEAD} bytes")
        more = yield wanted
        if not more:
            raise hung_up()
        head += more
        if not head.startswith(_MAGIC[: len(head)]):
            raise nonsense("not an HTTP proxy's answer", bytes(head))
        if status is None and b"\n" in head:
            status = _status(head)
    assert status is not None
    return len(head), status


def _status(head: bytearray) -> int:
    """The status: a success, or one that is followed by another."""
    line = bytes(head.partition(b"\n")[0]).removesuffix(b"\r")
    version, _, rest = line.partition(b" ")
    code, _, _ = rest.partition(b" ")
    if len(version) != len(_MAGIC) + 1 or not version[-1:].isdigit() or len(code) != 3 or not code.isdigit():
        raise nonsense("not an HTTP proxy's answer", line)
    status = int(code)
    # 101 is the end of HTTP here, and nobody has asked for it.
    if status != 101 and 100 <= status < 300:
        return status
    # The phrase is anybody's text: nothing in it may play tricks on a terminal or a log.
    text = rest[:200].decode("latin-1")
    raise Refused(
        _STATUSES.get(status, errno.ECONNABORTED),
        "".join(char if char.isprintable() else "?" for char in text).strip(),
    )


def _basic(user: str, password: str) -> str:
    if ":" in user:
        raise ValueError("a user name cannot have a colon in it (RFC 7617)")
    return "Basic " + b2a_base64(f"{user}:{password}".encode(), newline=False).decode("ascii")


def _field(name: str, value: str) -> bytes:
    if not name or not _TOKEN.issuperset(name):
        raise ValueError(f"not a header's name: {name!r}")
    if any((char < " " and char != "\t") or char == "\x7f" for char in value):
        raise ValueError(f"a control character in the header {name}")
    return f"{name}: {value}\r\n".encode("latin-1")
