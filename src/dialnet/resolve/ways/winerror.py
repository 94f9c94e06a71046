"""Windows' error codes, and what each means for a lookup."""

from __future__ import annotations

from ...errors import DNSError
from ..exchanges import no_such_host

__all__ = ["DNS_ERROR_BAD_PACKET", "DNS_INFO_NO_RECORDS", "UNKNOWN_SERVICE", "WSATRY_AGAIN", "CallFailed"]

ERROR_INVALID_NAME = 123
ERROR_TIMEOUT = 1460
DNS_ERROR_RCODE_FORMAT_ERROR = 9001
DNS_ERROR_RCODE_SERVER_FAILURE = 9002
DNS_ERROR_RCODE_NAME_ERROR = 9003
DNS_ERROR_RCODE_NOT_IMPLEMENTED = 9004
DNS_ERROR_RCODE_REFUSED = 9005
DNS_INFO_NO_RECORDS = 9501
DNS_ERROR_BAD_PACKET = 9502
DNS_ERROR_INVALID_NAME_CHAR = 9560
WSAETIMEDOUT = 10060
WSATYPE_NOT_FOUND = 10109
WSAHOST_NOT_FOUND = 11001
WSATRY_AGAIN = 11002
WSANO_RECOVERY = 11003
WSANO_DATA = 11004

_NOT_FOUND = {
    DNS_ERROR_RCODE_NAME_ERROR,
    DNS_INFO_NO_RECORDS,
    WSAHOST_NOT_FOUND,
    WSANO_DATA,
    # What can be no name in the DNS is none.
    ERROR_INVALID_NAME,
    DNS_ERROR_INVALID_NAME_CHAR,
}
_TIMED_OUT = {ERROR_TIMEOUT, WSAETIMEDOUT}
_TEMPORARY = {DNS_ERROR_RCODE_SERVER_FAILURE, WSATRY_AGAIN}
_MISBEHAVING = {
    *_TEMPORARY,
    DNS_ERROR_RCODE_FORMAT_ERROR,
    DNS_ERROR_RCODE_NOT_IMPLEMENTED,
    DNS_ERROR_RCODE_REFUSED,
    WSANO_RECOVERY,
}
# What GetAddrInfoW says of a service that it does not know.
UNKNOWN_SERVICE = {WSATYPE_NOT_FOUND, WSAHOST_NOT_FOUND}


class CallFailed(Exception):
    """A call into one of Windows' libraries that gave an error code."""

    def __init__(self, call: str, code: int) -> None:
        super().__init__(call, code)
        self.call = call
        self.code = code

    def as_error(self, name: str) -> DNSError:
        """What it means for the lookup of `name`."""
        code = self.code
        if code in _NOT_FOUND:
            return no_such_host(name)
        if code in _TIMED_OUT:
            return DNSError("i/o timeout", name, is_timeout=True)
        if code in _MISBEHAVING:
            return DNSError("server misbehaving", name, is_temporary=code in _TEMPORARY)
        if code == DNS_ERROR_BAD_PACKET:
            return DNSError("cannot unmarshal DNS message", name)
        return DNSError(f"{self.call}: {_text(code)}", name)


def _text(code: int) -> str:
    """The system's own words."""
    import ctypes

    words = getattr(ctypes, "FormatError", None)
    return str(words(code)).strip() if words is not None else f"error {code}"
