"""Certificates that something is wrong with, and contexts that have or distrust them."""

from __future__ import annotations

import datetime
import functools
import ssl
import tempfile
from typing import Any

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from tests.certificates import NAME, authority

__all__ = ["NAME", "authority", "intermediate", "revoke", "self_signed", "serving", "stranger", "trusting"]

DAY = datetime.timedelta(days=1)
NOW = datetime.datetime.now(datetime.UTC)


@functools.cache
def stranger() -> trustme.CA:
    """An authority that nobody trusts."""
    return trustme.CA(organization_name="Strangers")


@functools.cache
def intermediate() -> trustme.CA:
    return authority().create_child_ca()


def serving(*pems: bytes, key: bytes, version: ssl.TLSVersion | None = None) -> ssl.SSLContext:
    """A server with this chain, in this order."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    load(context, b"".join(pems) + key)
    return only(context, version)


def load(context: ssl.SSLContext, pem: bytes) -> None:
    with tempfile.NamedTemporaryFile(suffix=".pem") as file:
        file.write(pem)
        file.flush()
        context.load_cert_chain(file.name)


def only(context: ssl.SSLContext, version: ssl.TLSVersion | None) -> ssl.SSLContext:
    if version is not None:
        context.minimum_version = context.maximum_version = version
    return context


def leaf(issuer: trustme.CA, *names: str, **options: Any) -> trustme.LeafCert:
    return issuer.issue_cert(*(names or (NAME,)), **options)


def with_leaf(cert: trustme.LeafCert, version: ssl.TLSVersion | None = None) -> ssl.SSLContext:
    """A server with this certificate and the chain it came with."""
    pems = [pem.bytes() for pem in cert.cert_chain_pems]
    return serving(*pems, key=cert.private_key_pem.bytes(), version=version)


def trusting(*authorities: trustme.CA, version: ssl.TLSVersion | None = None) -> ssl.SSLContext:
    """A client that trusts these, or the authority of the tests."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    for one in authorities or (authority(),):
        one.configure_trust(context)
    return only(context, version)


def asking(server: ssl.SSLContext, verify: ssl.VerifyMode = ssl.CERT_REQUIRED) -> ssl.SSLContext:
    """A server that asks for a certificate of the authority of the tests."""
    server.verify_mode = verify
    authority().configure_trust(server)
    return server


def self_signed() -> tuple[bytes, bytes]:
    """A certificate that is its own issuer, and its key, both as PEM."""
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(NOW - DAY).not_valid_after(NOW + DAY)
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
    cert = builder.sign(key, hashes.SHA256())
    return (
        cert.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
    )


def revoke(context: ssl.SSLContext, issuer: trustme.CA, cert: trustme.LeafCert) -> None:
    """Have the context look at the issuer's list of those it has revoked, with this one on it."""
    serial = x509.load_pem_x509_certificate(cert.cert_chain_pems[0].bytes()).serial_number
    issued_by = x509.load_pem_x509_certificate(issuer.cert_pem.bytes()).subject
    key: Any = serialization.load_pem_private_key(issuer.private_key_pem.bytes(), None)
    revoked = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(NOW - DAY).build()
    builder = x509.CertificateRevocationListBuilder().issuer_name(issued_by)
    builder = builder.last_update(NOW - DAY).next_update(NOW + DAY).add_revoked_certificate(revoked)
    pem = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    # Lists are read from files only.
    with tempfile.NamedTemporaryFile(suffix=".pem") as file:
        file.write(pem)
        file.flush()
        context.load_verify_locations(file.name)
    context.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
