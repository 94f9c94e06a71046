"""The files that Plan 9's name servers are (ndb(8)): a question is written, then each read gives one record.

What goes wrong on the way to an answer is the error of the write, which on Plan 9 is a text.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable

from ...errors import DNSError
from ..exchanges import no_such_host

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    class File(Protocol):
        def write(self, data: bytes, /) -> int: ...
        def seek(self, offset: int, /) -> object: ...
        def read(self, size: int, /) -> bytes: ...
        def close(self) -> object: ...


__all__ = ["NO_RECORD", "Refused", "SystemFile", "ask"]

# What `dns` keeps of one answer, and so the longest record there can be. Neither server gives more than 32.
_MAX_RECORD = 8192
_MAX_RECORDS = 1024

# How the servers' texts end. Before that stands who said it ("cs: can't translate address: dns: ..."), and
# `cs` cuts the whole off at 63 bytes, which makes the number after `negrcode` disappear.
NO_RECORD = ("resource does not exist; negrcode 0", "resource does not exist; negrcode")
_NOT_FOUND = (*NO_RECORD, "name does not exist", "dns failure", "can't translate address")

_PASSING = (errno.EMFILE, errno.ENFILE, errno.EINTR)


class SystemFile:
    """A file by its descriptor: one write is one question and one read one record, so nothing may buffer."""

    __slots__ = ("_number",)

    def __init__(self, path: str) -> None:
        self._number = os.open(path, os.O_RDWR)

    def write(self, data: bytes) -> int:
        return os.write(self._number, data)

    def seek(self, offset: int) -> None:
        os.lseek(self._number, offset, os.SEEK_SET)

    def read(self, size: int) -> bytes:
        return os.read(self._number, size)

    def close(self) -> None:
        os.close(self._number)


class Refused(Exception):
    """A question that the server would not or could not answer, in its own words."""

    @property
    def text(self) -> str:
        return str(self.args[0])

    def as_error(self, name: str) -> DNSError:
        if self.text.endswith(_NOT_FOUND):
            return no_such_host(name)
        return DNSError(self.text, name, is_temporary=True)


def ask(opener: Callable[[str], File], path: str, question: str, name: str) -> list[str]:
    """The records that the server gives for the question. Blocks; raises `Refused`, `DNSError`."""
    data = question.encode()
    try:
        file = opener(path)
    except OSError as err:
        passing = err.errno in _PASSING
        raise DNSError(f"open {path}: {_text(err)}", name, is_temporary=passing) from err
    try:
        try:
            if file.write(data) != len(data):
                raise Refused("short write")
            file.seek(0)
            records: list[str] = []
            # Bounded, in case it is some other file that never ends.
            while len(records) < _MAX_RECORDS and (record := file.read(_MAX_RECORD)):
                records.append(record.decode("utf-8", "surrogateescape"))
            return records
        finally:
            file.close()
    except OSError as err:
        raise Refused(_text(err)) from err


def _text(err: OSError) -> str:
    """On Plan 9 an error is a text, and this is it."""
    return err.strerror or str(err)
