"""Mutual TLS: the client's certificate is asked for, seen, and refused where it is no good."""

from __future__ import annotations

import ssl

import pytest

import dialnet
from tests import hosts
from tests.certificates import authority
from tests.tls import authorities
from tests.tls.authorities import DAY, NOW, asking, leaf, stranger, trusting, with_leaf
from tests.tls.support import failures, secure_pair, talking_pair

V12, V13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
VERSIONS = pytest.mark.parametrize("version", [V12, V13], ids=["1.2", "1.3"])


def asking_server(version: ssl.TLSVersion, verify: ssl.VerifyMode = ssl.CERT_REQUIRED) -> ssl.SSLContext:
    return asking(with_leaf(leaf(authority()), version), verify)


def client_with(issuer: object, **options: object) -> ssl.SSLContext:
    context = trusting()
    cert = leaf(issuer, "client.example", **options)  # type: ignore[arg-type]
    pems = b"".join(pem.bytes() for pem in cert.cert_chain_pems)
    authorities.load(context, pems + cert.private_key_pem.bytes())
    return context


@VERSIONS
@pytest.mark.parametrize("verify", [ssl.CERT_REQUIRED, ssl.CERT_OPTIONAL], ids=["required", "optional"])
def test_client_is_known(host_name: str, version: ssl.TLSVersion, verify: ssl.VerifyMode) -> None:
    async def body(host: hosts.Host) -> None:
        ours = client_with(authorities.intermediate())
        async with talking_pair(host, ours, asking_server(version, verify)) as (client, server):
            chain = server.connection_state.peer_certificates
            assert len(chain) == 2
            assert ssl.DER_cert_to_PEM_cert(chain[1]) == authorities.intermediate().cert_pem.bytes().decode()
            assert client.connection_state.peer_certificates

    hosts.run(host_name, body)


@VERSIONS
def test_optional_and_none(host_name: str, version: ssl.TLSVersion) -> None:
    async def body(host: hosts.Host) -> None:
        theirs = asking_server(version, ssl.CERT_OPTIONAL)
        async with talking_pair(host, trusting(), theirs) as (_, server):
            assert server.connection_state.peer_certificates == ()

    hosts.run(host_name, body)


BAD = {
    "unknown": (lambda: client_with(stranger()), "certificate", "unknown ca"),
    "expired": (
        lambda: client_with(authority(), not_before=NOW - 2 * DAY, not_after=NOW - DAY),
        "certificate has expired",
        "certificate expired",
    ),
    "missing": (trusting, "peer did not return a certificate", ""),
}


@VERSIONS
@pytest.mark.parametrize("kind", BAD)
def test_client_refused(host_name: str, kind: str, version: ssl.TLSVersion) -> None:
    make, why, alert = BAD[kind]
    # OpenSSL's names for one and the same: "handshake failure" is all that TLS 1.2 has.
    alert = alert or ("handshake failure" if version is V12 else "certificate required")

    async def body(host: hosts.Host) -> None:
        async with secure_pair(host, make(), asking_server(version)) as pair:
            ours, theirs = await failures(host, *pair)
        assert isinstance(theirs, dialnet.Error)
        assert theirs.op == "handshake"
        assert isinstance(theirs, ssl.SSLError)
        if kind != "missing":
            assert isinstance(theirs, ssl.SSLCertVerificationError)
        assert why in str(theirs), str(theirs)
        assert f"remote error: {alert}" in str(ours), str(ours)
        assert isinstance(ours, ssl.SSLError)
        # In TLS 1.3 the client is done before the server has looked at its certificate.
        assert ours.op == "handshake" if version is V12 else ours.op in ("read", "write")

    hosts.run(host_name, body)
