"""What stands in a certificate, in words. Needs the library `cryptography`, which comes with the extra.

A peer may send anything: what cannot be read is said to be so, and the rest is read all the same. No text
here is fit to be shown yet.
"""

from __future__ import annotations

import datetime
import hashlib
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa

__all__ = ["EARLY", "EXPIRED", "SOON", "VALID", "Certificate", "read_chain", "subject"]

T = TypeVar("T")

_SOON = datetime.timedelta(days=30)
VALID, SOON, EXPIRED, EARLY = "valid", "expires soon", "expired", "not yet valid"

_UNREADABLE = (ValueError, TypeError, UnsupportedAlgorithm, x509.DuplicateExtension, x509.InvalidVersion)

# By the names in the RFCs that define them (3279, 4055, 5758, 8410, 9881).
_ALGORITHMS = {
    "1.2.840.113549.1.1.4": "md5WithRSAEncryption",
    "1.2.840.113549.1.1.5": "sha1WithRSAEncryption",
    "1.2.840.113549.1.1.10": "RSASSA-PSS",
    "1.2.840.113549.1.1.11": "sha256WithRSAEncryption",
    "1.2.840.113549.1.1.12": "sha384WithRSAEncryption",
    "1.2.840.113549.1.1.13": "sha512WithRSAEncryption",
    "1.2.840.10045.4.1": "ecdsa-with-SHA1",
    "1.2.840.10045.4.3.2": "ecdsa-with-SHA256",
    "1.2.840.10045.4.3.3": "ecdsa-with-SHA384",
    "1.2.840.10045.4.3.4": "ecdsa-with-SHA512",
    "1.2.840.10040.4.3": "dsa-with-sha1",
    "2.16.840.1.101.3.4.3.2": "dsa-with-sha256",
    "1.3.101.112": "Ed25519",
    "1.3.101.113": "Ed448",
    "2.16.840.1.101.3.4.3.17": "ML-DSA-44",
    "2.16.840.1.101.3.4.3.18": "ML-DSA-65",
    "2.16.840.1.101.3.4.3.19": "ML-DSA-87",
}


@dataclass(frozen=True)
class Certificate:
    """One of a chain. `names` are those of the subject alternative name, the only ones that count."""

    sha256: str
    subject: str = ""
    issuer: str = ""
    names: tuple[str, ...] = ()
    not_before: datetime.datetime | None = None
    not_after: datetime.datetime | None = None
    left: datetime.timedelta = datetime.timedelta()
    state: str = ""
    serial: str = ""
    key: str = ""
    key_bits: int | None = None
    signature: str = ""
    notes: tuple[str, ...] = ()


def subject(der: bytes) -> str:
    """Whom the certificate is for."""
    return read_chain([der])[0].subject


def read_chain(chain: Sequence[bytes], now: datetime.datetime | None = None) -> tuple[Certificate, ...]:
    """All of a chain, in DER, as the peer sent it."""
    if now is None:
        now = datetime.datetime.now(datetime.UTC)
    with warnings.catch_warnings():
        # Of what certificates should not have, such as a serial number of 0: it is the peer's.
        warnings.simplefilter("ignore")
        return tuple(_read(der, chain[place - 1] if place else None, now) for place, der in enumerate(chain))


def _read(der: bytes, before: bytes | None, now: datetime.datetime) -> Certificate:
    digest = hashlib.sha256(der).hexdigest()
    try:
        cert = x509.load_der_x509_certificate(der)
    except _UNREADABLE as err:
        return Certificate(digest, subject="?", notes=(f"cannot be read: {err}",))
    start, end = cert.not_valid_before_utc, cert.not_valid_after_utc
    unknown: tuple[str, int | None] = ("?", None)
    kind, bits = _tried(lambda: _key(cert), unknown)
    return Certificate(
        digest,
        subject=_tried(lambda: _name(cert.subject), "?"),
        issuer=_tried(lambda: _name(cert.issuer), "?"),
        names=_tried(lambda: _names(cert), ("?",)),
        not_before=start,
        not_after=end,
        left=end - now,
        state=_state(start, end, now),
        serial=_hexadecimal(cert.serial_number),
        key=kind,
        key_bits=bits,
        signature=_algorithm(cert.signature_algorithm_oid),
        notes=_notes(cert, before),
    )


def _tried(read: Callable[[], T], otherwise: T) -> T:
    try:
        return read()
    except _UNREADABLE:
        return otherwise


def _name(name: x509.Name) -> str:
    return name.rfc4514_string() or "(none)"


def _names(cert: x509.Certificate) -> tuple[str, ...]:
    try:
        found = cert.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    return tuple(_general_name(name) for name in found)


def _general_name(name: x509.GeneralName) -> str:
    if isinstance(name, x509.DirectoryName):
        return _name(name.value)
    if isinstance(name, x509.RegisteredID):
        return name.value.dotted_string
    if isinstance(name, x509.OtherName):
        return f"({name.type_id.dotted_string})"
    return str(name.value)


def _state(start: datetime.datetime, end: datetime.datetime, now: datetime.datetime) -> str:
    if now > end:
        return EXPIRED
    if now < start:
        return EARLY
    # One that lives for a week has to be renewed in the last days of it, and not all the time.
    return SOON if end - now < min(_SOON, (end - start) / 3) else VALID


def _key(cert: x509.Certificate) -> tuple[str, int | None]:
    try:
        key = cert.public_key()
    except UnsupportedAlgorithm:
        return _algorithm(cert.public_key_algorithm_oid), None
    if isinstance(key, rsa.RSAPublicKey):
        return "RSA", key.key_size
    if isinstance(key, ec.EllipticCurvePublicKey):
        return f"EC {key.curve.name}", key.key_size
    if isinstance(key, dsa.DSAPublicKey):
        return "DSA", key.key_size
    if isinstance(key, ed25519.Ed25519PublicKey):
        return "Ed25519", 256
    if isinstance(key, ed448.Ed448PublicKey):
        return "Ed448", 456
    return _algorithm(cert.public_key_algorithm_oid), None


def _algorithm(oid: x509.ObjectIdentifier) -> str:
    return _ALGORITHMS.get(oid.dotted_string, oid.dotted_string)


def _hexadecimal(number: int) -> str:
    sign, digits = "-" if number < 0 else "", f"{abs(number):x}"
    return sign + digits.zfill(len(digits) + len(digits) % 2)


def _notes(cert: x509.Certificate, before: bytes | None) -> tuple[str, ...]:
    notes = []
    if before is not None and not _issued(cert, before):
        notes.append("out of order: did not issue the one before")
    if _issued(cert, cert):
        notes.append("self-signed")
    return tuple(notes)


def _issued(cert: x509.Certificate, other: x509.Certificate | bytes) -> bool:
    """Whether `cert` is the issuer of `other`; where its signature is of a kind unknown here, by name."""
    try:
        if isinstance(other, bytes):
            other = x509.load_der_x509_certificate(other)
        if cert.subject != other.issuer:
            return False
        other.verify_directly_issued_by(cert)
    except UnsupportedAlgorithm:
        return True
    except (*_UNREADABLE, InvalidSignature):
        return False
    return True
