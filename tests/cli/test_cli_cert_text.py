"""What stands in certificates of every kind, and how it is set."""

from __future__ import annotations

import datetime
import warnings
from typing import Any

import pytest

from dialnet.cli.cert_text import Report, as_lines

x509 = pytest.importorskip("cryptography.x509")

from cryptography.hazmat.primitives import hashes, serialization  # noqa: E402
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, padding, rsa  # noqa: E402
from rich.cells import cell_len  # noqa: E402

from dialnet.cli.certificates import EARLY, EXPIRED, SOON, VALID, Certificate, read_chain  # noqa: E402

NOW = datetime.datetime(2030, 6, 1, tzinfo=datetime.UTC)
DAY = datetime.timedelta(days=1)


def make(
    key: Any = None,
    *,
    names: Any = None,
    days: tuple[float, float] = (-10, 80),
    serial: int = 0x0ABCDE,
    subject: str = "CN=a.example",
    **signing: Any,
) -> bytes:
    key = key or ec.generate_private_key(ec.SECP256R1())
    name = x509.Name.from_rfc4514_string(subject)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(NOW + days[0] * DAY)
        .not_valid_after(NOW + days[1] * DAY)
    )
    if names is not None:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    edwards = isinstance(key, (ed25519.Ed25519PrivateKey, ed448.Ed448PrivateKey))
    made = builder.sign(key, None if edwards else hashes.SHA256(), **signing)
    der: bytes = made.public_bytes(serialization.Encoding.DER)
    return der


def read(der: bytes) -> Certificate:
    return read_chain([der], NOW)[0]


def test_keys_and_signatures() -> None:
    rsa_key = rsa.generate_private_key(65537, 2048)
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
    for der, key, bits, signature in (
        (make(rsa_key), "RSA", 2048, "sha256WithRSAEncryption"),
        (make(rsa_key, rsa_padding=pss), "RSA", 2048, "RSASSA-PSS"),
        (make(ec.generate_private_key(ec.SECP384R1())), "EC secp384r1", 384, "ecdsa-with-SHA256"),
        (make(ed25519.Ed25519PrivateKey.generate()), "Ed25519", 256, "Ed25519"),
        (make(ed448.Ed448PrivateKey.generate()), "Ed448", 456, "Ed448"),
        (make(dsa.generate_private_key(1024)), "DSA", 1024, "dsa-with-sha256"),
    ):
        cert = read(der)
        assert (cert.key, cert.key_bits, cert.signature) == (key, bits, signature)
        assert cert.notes == ("self-signed",)


def test_a_key_of_a_kind_unknown_here() -> None:
    """Told by its number. (1.3.101.112, Ed25519, made one of no algorithm.)"""
    der = make(ed25519.Ed25519PrivateKey.generate()).replace(b"\x2b\x65\x70", b"\x2b\x65\x7f")
    cert = read(der)
    assert (cert.key, cert.key_bits, cert.signature) == ("1.3.101.127", None, "1.3.101.127")
    assert cert.subject == "CN=a.example"


def test_names_of_every_kind() -> None:
    import ipaddress

    names = [
        x509.DNSName("*.a.example"),
        x509.IPAddress(ipaddress.ip_address("2001:db8::1")),
        x509.RFC822Name("me@a.example"),
        x509.UniformResourceIdentifier("spiffe://a.example/x"),
        x509.DirectoryName(x509.Name.from_rfc4514_string("CN=b,O=c")),
        x509.RegisteredID(x509.ObjectIdentifier("1.2.3")),
        x509.OtherName(x509.ObjectIdentifier("1.2.3.4"), b"\x0c\x01x"),
    ]
    assert read(make(names=names)).names == (
        "*.a.example", "2001:db8::1", "me@a.example", "spiffe://a.example/x", "CN=b,O=c", "1.2.3",
        "(1.2.3.4)",
    )  # fmt: skip
    assert read(make()).names == ()


@pytest.mark.parametrize(
    ("days", "state"),
    [
        ((-60, 30), VALID),
        ((-61, 29), SOON),
        ((-4, 2.1), VALID),  # of six days: a third is left
        ((-4.1, 1.9), SOON),
        ((-400, 31), VALID),
        ((-400, 0), SOON),
        ((-400, -0.01), EXPIRED),
        ((1, 400), EARLY),
    ],
)
def test_how_long_it_holds(days: tuple[float, float], state: str) -> None:
    assert read(make(days=days)).state == state


def test_the_serial_number_has_whole_bytes() -> None:
    assert read(make(serial=0xABC)).serial == "0abc"


def test_what_is_no_certificate() -> None:
    """The rest of the chain is read all the same, and nothing of it goes to the log."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        good, bad, cut = read_chain([make(), b"nonsense", make()[:-7]], NOW)
    assert good.subject == "CN=a.example"
    for each in (bad, cut):
        assert each.subject == "?"
        assert each.notes[0].startswith("cannot be read: ")
        assert len(each.sha256) == 64
    lines = [line.plain for line in as_lines(report(good, bad), 80)]
    assert lines.count("2. ?") == 1


def report(*certificates: Certificate, failure: str | None = None) -> Report:
    return Report("a.example:443", "192.0.2.1:443", "a.example", "", "TLSv1.3", failure, certificates)


@pytest.mark.parametrize("width", [32, 40, 80, 200])
def test_no_line_is_too_long(width: int) -> None:
    names = [x509.DNSName(f"{'long' * 12}.{number}.example") for number in range(40)]
    cert = read(make(names=names, subject=f"CN={'x' * 64},O=Müller \\, Söhne,OU={'y ' * 30}z"))
    lines = [line.plain for line in as_lines(report(cert, cert, failure="a long story " * 9), width)]
    assert max(map(cell_len, lines)) <= width
    # Nothing is lost.
    together = "".join("".join(lines).split())
    assert all(name.value in together for name in names)
    assert cert.sha256 in together


def test_colours() -> None:
    early, expired, soon = (read(make(days=days)) for days in ((1, 9), (-9, -1), (-80, 9)))
    styles = {
        span.style: line.plain[span.start : span.end]
        for cert in (early, expired, soon)
        for line in as_lines(report(cert, failure="no"), 80)
        for span in line.spans
    }
    assert styles["bold red"] == "EXPIRED 1 day ago"
    assert styles["bold yellow"] == "9 days left, EXPIRES SOON"
