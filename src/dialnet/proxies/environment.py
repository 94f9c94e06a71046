"""The proxy that the environment names: `ALL_PROXY` and `NO_PROXY`, in capitals or not."""

from __future__ import annotations

from collections.abc import Mapping

from ..addresses import join_host_port
from ..errors import ParseError
from .http_connect import HTTPConnect
from .no_proxy import Exceptions
from .socks5 import SOCKS5

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .dialers import Proxy

__all__ = ["named"]

# The way names go, the proxy looking them up, is socks5h's; as in Go, socks5 means the same here.
_PORTS = {"socks5": 1080, "socks5h": 1080, "http": 80}


def named(environ: Mapping[str, str]) -> tuple[Proxy, Exceptions] | None:
    """The proxy and what is dialed without it; None where no proxy is named.

    Raises `ParseError` for a proxy that cannot be used: going around it could be what must not happen.
    """
    name, url = _first(environ, "ALL_PROXY", "all_proxy")
    if not url:
        return None
    exceptions = Exceptions(_first(environ, "NO_PROXY", "no_proxy")[1])
    return _proxy(name, url), exceptions


def _first(environ: Mapping[str, str], *names: str) -> tuple[str, str]:
    for name in names:
        value = environ.get(name, "").strip()
        if value:
            return name, value
    return names[0], ""


def _proxy(name: str, url: str) -> Proxy:
    # It brings `re`, which no other way to a proxy needs.
    from urllib.parse import unquote, urlsplit

    # As curl and Go's net/http have it: a bare host:port is an HTTP proxy.
    text = url if "://" in url else f"http://{url}"
    try:
        parts = urlsplit(text)
        host, port = unquote(parts.hostname or ""), parts.port
    except ValueError:
        # The reason may quote what urlsplit took for a port and is a password.
        raise _unusable(name, url, "not a URL") from None
    if parts.scheme not in _PORTS:
        raise _unusable(name, url, f"unknown scheme {parts.scheme}")
    if not host:
        raise _unusable(name, url, "no host")
    address = join_host_port(host, _PORTS[parts.scheme] if port is None else port)
    auth = None
    if parts.username or parts.password:
        auth = unquote(parts.username or ""), unquote(parts.password or "")
    try:
        return HTTPConnect(address, auth) if parts.scheme == "http" else SOCKS5(address, auth)
    except ValueError as err:
        raise _unusable(name, url, str(err)) from err


def _unusable(name: str, url: str, why: str) -> ParseError:
    # A password is not for everybody who reads an error.
    scheme, mark, rest = url.rpartition("://")
    return ParseError(name, f"{scheme}{mark}{rest.rpartition('@')[2]}: {why}")
