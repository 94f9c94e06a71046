"""SOCKS version 5 (RFC 1928), with user name and password (RFC 1929).

`socksio` has the messages too, but leaves open where one ends, and that is most of what there is to do.
"""

from __future__ import annotations

import errno

from ..addresses import TCPAddr, split_host_port
from .auth import checked
from .talk import Refused, exactly, nonsense

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .talk import Talk
    from .target import Target

__all__ = ["SOCKS5"]

_VERSION = 5
_NO_AUTH, _USER_PASSWORD, _NONE_ACCEPTABLE = 0, 2, 0xFF
_CONNECT = 1
_IPV4, _NAME, _IPV6 = 1, 3, 4
_LENGTHS = {_IPV4: 4, _IPV6: 16}

# RFC 1928, section 6.
_REPLIES = {
    1: (errno.ECONNABORTED, "general SOCKS server failure"),
    2: (errno.EACCES, "connection not allowed by ruleset"),
    3: (errno.ENETUNREACH, "network unreachable"),
    4: (errno.EHOSTUNREACH, "host unreachable"),
    5: (errno.ECONNREFUSED, "connection refused"),
    6: (errno.ETIMEDOUT, "TTL expired"),
    7: (errno.EOPNOTSUPP, "command not supported"),
    8: (errno.EAFNOSUPPORT, "address type not supported"),
}


class SOCKS5:
    """A SOCKS5 proxy: where it is, and who we are to it."""

    name = "socks5"

    def __init__(self, address: str, auth: tuple[str, str] | None) -> None:
        split_host_port(address)
        self.address = address
        self._auth = None if auth is None else _credentials(*checked(auth))

    def talk(self, target: Target) -> Talk[None]:
        """Have it connect to `target`. Raises `Refused`."""
        methods = bytes([_NO_AUTH] if self._auth is None else [_NO_AUTH, _USER_PASSWORD])
        yield bytes([_VERSION, len(methods)]) + methods
        answer = yield from exactly(2)
        version, method = answer
        if version != _VERSION:
            raise nonsense("not a SOCKS5 proxy's answer", answer)
        if method == _NONE_ACCEPTABLE:
            raise Refused(errno.EACCES, "no acceptable authentication methods")
        if method not in methods:
            raise nonsense("an authentication method that was not offered", answer)
        if method == _USER_PASSWORD:
            assert self._auth is not None
            yield self._auth
            answer = yield from exactly(2)
            if answer[0] != 1:
                raise nonsense("not an answer to user name and password", answer)
            if answer[1] != 0:
                raise Refused(errno.EACCES, "user name or password not accepted")
        yield bytes([_VERSION, _CONNECT, 0]) + _address(target)
        # A proxy that refuses may leave out the rest.
        answer = yield from exactly(2)
        version, reply = answer
        if version != _VERSION:
            raise nonsense("not a SOCKS5 proxy's answer", answer)
        if reply != 0:
            raise Refused(*_REPLIES.get(reply, (errno.ECONNABORTED, f"unknown reply {reply}")))
        answer += yield from exactly(2)
        kind = answer[3]
        if kind not in (_IPV4, _IPV6, _NAME):
            raise nonsense("an address of an unknown type", answer)
        # The address it connects from: of no use to us, and often 0.0.0.0:0.
        length = _LENGTHS[kind] if kind != _NAME else (yield from exactly(1))[0]
        yield from exactly(length + 2)


def _address(target: Target) -> bytes:
    port = target.port.to_bytes(2, "big")
    if isinstance(target, TCPAddr):
        assert target.ip is not None
        return bytes([_IPV4 if target.ip.version == 4 else _IPV6]) + target.ip.packed + port
    name = target.host.encode("ascii")
    return bytes([_NAME, len(name)]) + name + port


def _credentials(user: str, password: str) -> bytes:
    """RFC 1929's request. It wants both to have at least one byte; an empty password is let pass, as some
    proxies do."""
    name, secret = user.encode(), password.encode()
    if not 0 < len(name) <= 255 or len(secret) > 255:
        raise ValueError("SOCKS5 has room for 1 to 255 bytes of user name and for 255 of password")
    return bytes([1, len(name)]) + name + bytes([len(secret)]) + secret
