"""A certificate that is no good is refused with an error that says why, and the peer is told."""

from __future__ import annotations

import ssl
from collections.abc import Callable

import pytest

import dialnet
from tests import hosts
from tests.certificates import authority
from tests.tls import authorities
from tests.tls.authorities import DAY, NAME, NOW, leaf, stranger, trusting, with_leaf
from tests.tls.support import failures, secure_pair

V12, V13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


def expired() -> ssl.SSLContext:
    return with_leaf(leaf(authority(), not_before=NOW - 2 * DAY, not_after=NOW - DAY))


def not_yet() -> ssl.SSLContext:
    return with_leaf(leaf(authority(), not_before=NOW + DAY, not_after=NOW + 2 * DAY))


def other_name() -> ssl.SSLContext:
    return with_leaf(leaf(authority(), "other.example"))


def own_issuer() -> ssl.SSLContext:
    cert, key = authorities.self_signed()
    return authorities.serving(cert, key=key)


def unknown_issuer() -> ssl.SSLContext:
    return with_leaf(leaf(stranger()))


def unknown_root_sent() -> ssl.SSLContext:
    cert = leaf(stranger())
    pem = cert.cert_chain_pems[0].bytes()
    return authorities.serving(pem, stranger().cert_pem.bytes(), key=cert.private_key_pem.bytes())


def no_intermediate() -> ssl.SSLContext:
    cert = leaf(authorities.intermediate())
    return authorities.serving(cert.cert_chain_pems[0].bytes(), key=cert.private_key_pem.bytes())


BAD: dict[str, tuple[Callable[[], ssl.SSLContext], str, str, str]] = {
    # what the server has, whom the client asks for, what it says, what it tells the server
    "expired": (expired, NAME, "certificate has expired", "certificate expired"),
    "not yet": (not_yet, NAME, "certificate is not yet valid", "bad certificate"),
    "wrong name": (other_name, NAME, f"certificate is not valid for '{NAME}'", "bad certificate"),
    "wrong IP": (other_name, "127.0.0.1", "certificate is not valid for '127.0.0.1'", "bad certificate"),
    "self-signed": (own_issuer, NAME, "self-signed certificate", "unknown ca"),
    "unknown issuer": (unknown_issuer, NAME, "unable to get local issuer certificate", "unknown ca"),
    "unknown root": (
        unknown_root_sent,
        NAME,
        "self-signed certificate in certificate chain",
        "unknown ca",
    ),
    "no intermediate": (no_intermediate, NAME, "unable to get local issuer certificate", "unknown ca"),
}


def check_refused(err: dialnet.OpError, why: str) -> None:
    assert isinstance(err, dialnet.Error)
    assert isinstance(err, ssl.SSLCertVerificationError)
    assert isinstance(err.err, ssl.SSLCertVerificationError)
    assert err.op == "handshake"
    assert err.net == "tcp"
    assert err.source is not None
    assert err.addr is not None
    assert why.lower() in str(err).lower(), str(err)
    assert str(err).startswith(f"handshake tcp {err.source}->{err.addr}: ")
    assert "_ssl.c" not in str(err)
    assert err.err.verify_code > 0
    assert err.err.verify_message
    assert not err.timeout


def check_told(err: dialnet.OpError, alert: str) -> None:
    """The peer's side of it."""
    assert isinstance(err, ssl.SSLError)
    assert f"remote error: {alert}" in str(err).lower(), str(err)


@pytest.mark.parametrize("version", [V12, V13], ids=["1.2", "1.3"])
@pytest.mark.parametrize("kind", BAD)
def test_server_refused(host_name: str, kind: str, version: ssl.TLSVersion) -> None:
    made, name, why, alert = BAD[kind]

    async def body(host: hosts.Host) -> None:
        server = authorities.only(made(), version)
        async with secure_pair(host, trusting(), server, name) as pair:
            ours, theirs = await failures(host, *pair)
        check_refused(ours, why)
        check_told(theirs, alert)
        # In TLS 1.3 too it is the server's handshake that waits for the client's last word.
        assert theirs.op == "handshake"

    hosts.run(host_name, body)


def test_wrong_kind_of_address(host_name: str) -> None:
    """A name that looks like the address does not stand for it, nor a name for its address."""

    async def body(host: hosts.Host) -> None:
        for names, asked in [(("localhost",), "::1"), (("127.0.0.1",), "127.0.0.2"), (("::1",), "localhost")]:
            server = with_leaf(leaf(authority(), *names))
            async with secure_pair(host, trusting(), server, asked) as pair:
                ours, _ = await failures(host, *pair)
            check_refused(ours, f"certificate is not valid for '{asked}'")

    hosts.run(host_name, body)


@pytest.mark.parametrize("asked", ["127.0.0.1", "::1", "[::1]", "::1%lo", "0:0::1"])
def test_address_verified_as_one(host_name: str, asked: str) -> None:
    async def body(host: hosts.Host) -> None:
        server = with_leaf(leaf(authority(), "127.0.0.1", "::1"))
        async with secure_pair(host, trusting(), server, asked) as pair:
            assert await failures(host, *pair) == (None, None)
            # It is not asked for (RFC 6066, section 3: no literal addresses).
            assert pair[1].connection_state.server_name == ""

    hosts.run(host_name, body)


@pytest.mark.parametrize("version", [V12, V13], ids=["1.2", "1.3"])
def test_revoked(host_name: str, version: ssl.TLSVersion) -> None:
    bad, good = leaf(authority()), leaf(authority())
    ours = trusting(version=version)
    authorities.revoke(ours, authority(), bad)

    async def body(host: hosts.Host) -> None:
        async with secure_pair(host, ours, with_leaf(bad)) as pair:
            err, theirs = await failures(host, *pair)
        check_refused(err, "certificate revoked")
        check_told(theirs, "certificate revoked")
        async with secure_pair(host, ours, with_leaf(good)) as pair:
            assert await failures(host, *pair) == (None, None)

    hosts.run(host_name, body)


def test_revocations_not_known(host_name: str) -> None:
    """Who asks for a list and has none trusts nobody."""
    ours = trusting()
    ours.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF

    async def body(host: hosts.Host) -> None:
        async with secure_pair(host, ours, with_leaf(leaf(authority()))) as pair:
            err, _ = await failures(host, *pair)
        check_refused(err, "unable to get certificate CRL")

    hosts.run(host_name, body)


def test_order_of_the_chain(host_name: str) -> None:
    """The server's own certificate is the first of what it sends. Of the rest any order will do: RFC 8446,
    section 4.4.2, asks clients to be lenient, and OpenSSL is."""
    lower = authorities.intermediate().create_child_ca()
    cert = leaf(lower)
    first, *rest = (pem.bytes() for pem in cert.cert_chain_pems)
    assert len(rest) == 2
    key = cert.private_key_pem.bytes()

    async def body(host: hosts.Host) -> None:
        for pems in ([first, *rest], [first, *reversed(rest)]):
            async with secure_pair(host, trusting(), authorities.serving(*pems, key=key)) as pair:
                assert await failures(host, *pair) == (None, None)
                assert len(pair[0].connection_state.peer_certificates) == 3
        # With the key of the last one the standard library does not take it.
        with pytest.raises(ssl.SSLError, match="KEY_VALUES_MISMATCH"):
            authorities.serving(*rest, first, key=key)

    hosts.run(host_name, body)


def test_a_context_that_verifies_by_itself(host_name: str) -> None:
    """As truststore's on macOS and Windows: OpenSSL is told to verify nothing, and the system is asked at the
    end of the handshake."""
    asked = []

    class Verifying(ssl.SSLObject):
        def do_handshake(self) -> None:
            super().do_handshake()
            asked.append(self.server_hostname)
            err = ssl.SSLCertVerificationError("the system does not trust it")
            err.verify_message = "the system does not trust it"
            err.verify_code = 20
            raise err

    ours = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    ours.check_hostname = False
    ours.verify_mode = ssl.CERT_NONE
    ours.sslobject_class = Verifying

    async def body(host: hosts.Host) -> None:
        async with secure_pair(host, ours, with_leaf(leaf(authority()))) as pair:
            err, _ = await failures(host, *pair)
        check_refused(err, "the system does not trust it")
        assert asked == [NAME]
        asked.clear()

    hosts.run(host_name, body)
