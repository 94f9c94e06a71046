"""`host:port` texts: where the one ends and the other begins."""

from __future__ import annotations

from ..errors import AddrError

__all__ = ["join_host_port", "split_host_port"]


def split_host_port(s: str) -> tuple[str, str]:
    """The host and the port, both `str`, of `host:port`, `[host]:port` or `[host%zone]:port`.

    A host that has a colon in it, an IPv6 address, must be in brackets (RFC 3986, 3.2.2); they are
    taken off, a zone stays. Either part may be empty, and neither is looked at: a port may be a
    service's name.

    Raises `AddrError` with the reason `missing port in address`, `too many colons in address`,
    `missing ']' in address`, `unexpected '[' in address` or `unexpected ']' in address`; `TypeError` when
    `s` is not a `str`.
    """
    if not isinstance(s, str):
        raise TypeError(f"an address is a str, not {type(s).__name__}")
    colon = s.rfind(":")
    if colon < 0:
        raise AddrError("missing port in address", s)
    # What is left of the text in which a bracket of either kind would be out of place.
    after_open = after_close = 0
    if s[0] == "[":
        end = s.find("]")
        if end < 0:
            raise AddrError("missing ']' in address", s)
        if end + 1 != colon:
            # Not "]:" and a port: nothing after "]", or no colon, or one that is not the last.
            too_many = s.startswith(":", end + 1)
            raise AddrError("too many colons in address" if too_many else "missing port in address", s)
        host = s[1:end]
        after_open, after_close = 1, end + 1
    else:
        host = s[:colon]
        if ":" in host:
            raise AddrError("too many colons in address", s)
    if s.find("[", after_open) >= 0:
        raise AddrError("unexpected '[' in address", s)
    if s.find("]", after_close) >= 0:
        raise AddrError("unexpected ']' in address", s)
    return host, s[colon + 1 :]


def join_host_port(host: str, port: str | int) -> str:
    """`host:port`, or `[host]:port` when there is a colon in the host, as a `str`.

    Neither is looked at. What `split_host_port` took apart this puts together.

    Raises `TypeError` when `host` is not a `str`, or `port` neither `str` nor `int`.
    """
    if not isinstance(host, str):
        raise TypeError(f"a host is a str, not {type(host).__name__}")
    if not isinstance(port, (str, int)) or isinstance(port, bool):
        raise TypeError(f"a port is a str or an int, not {type(port).__name__}")
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
