"""What can go wrong, as values.

Floor 1: nothing here imports anything of the package. Every class is a `net.Error`, so an `OSError`,
and at the same time an instance of what a Python programmer would catch (`TimeoutError`,
`ConnectionRefusedError`, `ValueError`, `socket.gaierror`, ...). Texts are Go's, errno texts are
Python's. All pickle, copy, and have a `repr` that two equal errors share.
"""

from .base import (
    CanceledError,
    ClosedError,
    ClosedPipeError,
    DeadlineExceededError,
    DNSConfigError,
    Error,
    WriteToConnectedError,
)
from .dns import DNSError
from .names import (
    AddrError,
    InvalidAddrError,
    MissingAddressError,
    NoSuitableAddressError,
    ParseError,
    UnknownNetworkError,
)
from .op import OpError

__all__ = [
    "AddrError",
    "CanceledError",
    "ClosedError",
    "ClosedPipeError",
    "DNSConfigError",
    "DNSError",
    "DeadlineExceededError",
    "Error",
    "InvalidAddrError",
    "MissingAddressError",
    "NoSuitableAddressError",
    "OpError",
    "ParseError",
    "UnknownNetworkError",
    "WriteToConnectedError",
]

# A traceback shows where people import a class from, not which room it lives in.
for _name in __all__:
    globals()[_name].__module__ = "dialnet"
