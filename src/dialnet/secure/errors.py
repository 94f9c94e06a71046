"""What can go wrong with TLS, and what OpenSSL says of it in plain words."""

from __future__ import annotations

import ssl

from ..errors import Error

__all__ = ["BrokenRecordError", "RecordHeaderError", "UnexpectedEOFError", "bare", "plain"]


class UnexpectedEOFError(Error, ssl.SSLEOFError):
    """The stream ended without a close_notify: cut off, perhaps by somebody in between (RFC 8446, 6.1)."""

    def __init__(self) -> None:
        self.args = ()

    def _text(self) -> str:
        return "unexpected EOF"


class RecordHeaderError(Error, ssl.SSLError):
    """What the peer sent first is not TLS; `record_header` has the bytes (at most five) that show it."""

    def __init__(self, record_header: bytes) -> None:
        self.args = (record_header,)
        self.record_header = record_header

    def _text(self) -> str:
        said = " (it looks like HTTP)" if self.record_header[:5] in _HTTP else ""
        return f"first record does not look like a TLS handshake{said}"


_HTTP = frozenset({b"HTTP/", b"GET /", b"POST ", b"HEAD ", b"PUT /", b"OPTIO", b"DELET", b"CONNE", b"PATCH"})


class BrokenRecordError(Error, BrokenPipeError):
    """A write that failed has left half a record behind; nothing that comes after it could be read."""

    def __init__(self) -> None:
        self.args = ()

    def _text(self) -> str:
        return "an earlier write ended in the middle of a record"


def bare(err: OSError) -> OSError:
    """The same error, to be kept: the traceback keeps frames, and they the data of a write and much else."""
    kind = type(err)
    made: OSError = OSError.__new__(kind)
    made.args = err.args
    for name in ("errno", "strerror", "filename", "filename2"):
        if getattr(err, name, None) is not None:
            setattr(made, name, getattr(err, name))
    made.__dict__.update(err.__dict__)
    return made


def plain(err: ssl.SSLError) -> ssl.SSLError:
    """The same error without the names of OpenSSL's and Python's own files and numbers in its text; an alert
    of the peer's is called one. `reason`, `library`, `verify_code` and `verify_message` stay."""
    # One that was raised with a text alone (by truststore) has it in no other place.
    text = err.strerror or (str(err.args[0]) if len(err.args) == 1 else str(err))
    if text.startswith("["):
        text = text.partition("] ")[2] or text
    text = text.rpartition(" (_ssl.c")[0] or text
    reason = getattr(err, "reason", None) or ""
    # TLSV1_ALERT_DECODE_ERROR, but TLSV1_UNRECOGNIZED_NAME: those of RFC 6066 go without the word.
    alert = reason.partition("ALERT_")[2] or reason.partition("TLSV1_")[2]
    if alert:
        text = f"remote error: {alert.lower().replace('_', ' ')}"
    made = type(err)(err.errno, text)
    made.__dict__.update(err.__dict__)
    return made
