"""A chain of certificates and what is to be thought of it, for people and for programs."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator
from dataclasses import dataclass

from rich.text import Text

from .certificates import EARLY, EXPIRED, SOON, Certificate
from .trace_text import wrapped
from .visible import show

__all__ = ["Report", "as_json", "as_lines"]

_LABEL = len("fingerprint  ")
_INDENT = 3
_LEAST_VALUE = 16
_STYLES = {EXPIRED: "bold red", EARLY: "bold red", SOON: "bold yellow"}


@dataclass(frozen=True)
class Report:
    """What `dialnet cert` has seen."""

    address: str
    remote: str
    name: str | None  # that was verified
    trust: str  # against what: a file, or nothing for the system's
    version: str
    failure: str | None  # why it is not verified
    certificates: tuple[Certificate, ...]

    @property
    def verdict(self) -> str:
        against = f"against {self.trust or 'the trust of this system'}"
        if self.failure is None:
            return f"verified for {self.name} {against}"
        return f"NOT VERIFIED for {self.name} {against}: {self.failure}"


def as_lines(report: Report, width: int) -> Iterator[Text]:
    """The lines, none longer than `width`, if that is enough for anything."""
    where = report.address if report.address == report.remote else f"{report.address} at {report.remote}"
    yield from _paragraph(f"{where}, {report.version}", width, "bold")
    yield from _paragraph(report.verdict, width, "bold red" if report.failure else "bold green")
    for place, cert in enumerate(report.certificates, 1):
        yield Text()
        yield from _certificate(place, cert, width)


def _certificate(place: int, cert: Certificate, width: int) -> Iterator[Text]:
    head = f"{place}.".ljust(_INDENT)
    for piece in wrapped(_clean(cert.subject), max(width - _INDENT, _LEAST_VALUE)):
        yield Text(head + piece, "bold")
        head = " " * _INDENT
    for note in cert.notes:
        yield from _field("note", note, width, "yellow")
    if not cert.issuer:
        yield from _field("fingerprint", f"SHA-256 {cert.sha256}", width)
        return
    yield from _field("names", ", ".join(cert.names) or "(none)", width)
    yield from _field("issuer", cert.issuer, width)
    yield from _field("valid", f"from {_day(cert.not_before)}", width)
    yield from _field("", f"to {_day(cert.not_after)}", width)
    yield from _field("", _left(cert), width, _STYLES.get(cert.state, ""))
    yield from _field("serial", cert.serial, width)
    yield from _field(
        "key", cert.key if cert.key_bits is None else f"{cert.key}, {cert.key_bits} bits", width
    )
    yield from _field("signature", cert.signature, width)
    yield from _field("SHA-256", cert.sha256, width)


def _field(label: str, value: str, width: int, style: str = "") -> Iterator[Text]:
    for piece in wrapped(_clean(value), max(width - _INDENT - _LABEL, _LEAST_VALUE)):
        line = Text(" " * _INDENT)
        line.append(label.ljust(_LABEL), "dim")
        line.append(piece, style)
        yield line
        label = ""


def _paragraph(text: str, width: int, style: str) -> Iterator[Text]:
    for piece in wrapped(_clean(text), max(width, _LEAST_VALUE)):
        yield Text(piece, style)


def _clean(text: str) -> str:
    return show(text, keep="")


def _day(instant: datetime.datetime | None) -> str:
    return "?" if instant is None else f"{instant:%Y-%m-%d %H:%M:%S} UTC"


def _left(cert: Certificate) -> str:
    if cert.state == EXPIRED:
        return f"EXPIRED {_amount(-cert.left)} ago"
    if cert.state == EARLY:
        return "NOT YET VALID"
    return f"{_amount(cert.left)} left" + (", EXPIRES SOON" if cert.state == SOON else "")


def _amount(time: datetime.timedelta) -> str:
    number, unit = (time.days, "day") if time.days else (time.seconds // 3600, "hour")
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"


def as_json(report: Report) -> str:
    """One document on one line, every control character escaped."""
    document = {
        "address": report.address,
        "remote_address": report.remote,
        "version": report.version,
        "name": report.name,
        "verified": report.failure is None,
        "error": report.failure,
        "certificates": [_document(cert) for cert in report.certificates],
    }
    return json.dumps(document) + "\n"


def _document(cert: Certificate) -> dict[str, object]:
    return {
        "subject": cert.subject,
        "issuer": cert.issuer,
        "names": cert.names,
        "not_before": _instant(cert.not_before),
        "not_after": _instant(cert.not_after),
        "days_left": None if cert.not_after is None else cert.left.days,
        "state": cert.state or None,
        "serial": cert.serial,
        "key": cert.key,
        "key_bits": cert.key_bits,
        "signature": cert.signature,
        "sha256": cert.sha256,
        "notes": cert.notes,
    }


def _instant(instant: datetime.datetime | None) -> str | None:
    return None if instant is None else instant.strftime("%Y-%m-%dT%H:%M:%SZ")
