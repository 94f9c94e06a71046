"""Errors about text that names something: addresses, literals, networks."""

from __future__ import annotations

from .base import Error

__all__ = [
    "AddrError",
    "InvalidAddrError",
    "MissingAddressError",
    "NoSuitableAddressError",
    "ParseError",
    "UnknownNetworkError",
]


class AddrError(Error, ValueError):
    """An address that cannot be used as it was; `err` is the reason, `addr` the text (may be empty)."""

    def __init__(self, err: str, addr: str) -> None:
        self.args = (err, addr)
        self.err = err
        self.addr = addr

    def _text(self) -> str:
        return f"address {self.addr}: {self.err}" if self.addr else self.err


class NoSuitableAddressError(AddrError):
    """A name has addresses, but none of the family the network or the local address asks for."""

    def __init__(self, addr: str = "") -> None:
        super().__init__("no suitable address found", addr)
        self.args = (addr,)


class MissingAddressError(Error):
    """An address was needed and none was given."""

    def __init__(self) -> None:
        self.args = ()

    def _text(self) -> str:
        return "missing address"


class ParseError(Error, ValueError):
    """A literal that is not what it should be; `type` is what was expected, `text` what was given."""

    def __init__(self, type: str, text: str) -> None:
        self.args = (type, text)
        self.type = type
        self.text = text

    def _text(self) -> str:
        return f"invalid {self.type}: {self.text}"


class UnknownNetworkError(Error, ValueError):
    """No network has this name, or the call does not do this network."""

    def __init__(self, name: str) -> None:
        self.args = (name,)
        self.name = name

    def _text(self) -> str:
        return f"unknown network {self.name}"


class InvalidAddrError(Error, ValueError):
    """An address that no socket can have; the text is the reason."""

    def __init__(self, text: str) -> None:
        self.args = (text,)
        self.text = text

    def _text(self) -> str:
        return self.text
