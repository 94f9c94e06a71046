"""The options for TLS, and the `ssl.SSLContext` they describe.

`client` and `server` are decorators that give a command all of its end's options, as one argument `tls`. An
`ssl.SSLContext` is made, and `ssl` loaded, only where a connection is to be one of TLS.
"""

from __future__ import annotations

import dataclasses
import functools
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from .process import Failed

if TYPE_CHECKING:
    import ssl

__all__ = ["ClientOptions", "ServerOptions", "client", "looking", "server"]

_FILE = click.Path(exists=True, dir_okay=False)
_LONGEST_PROTOCOL = 255  # RFC 7301, section 3.1


@dataclass(frozen=True)
class Options:
    """What both ends have."""

    cert: str | None = None
    key: str | None = None
    alpn: tuple[str, ...] = ()
    version: str | None = None

    def refuse(self, why: str) -> None:
        """Raises `click.UsageError` if any of them is given."""
        given = [
            field.name
            for field in dataclasses.fields(self)
            if getattr(self, field.name) not in (None, (), False)
        ]
        if given:
            option = {"server_name": "server-name", "client_ca": "client-ca", "version": "tls-version"}
            raise click.UsageError(f"--{option.get(given[0], given[0])} is for TLS: {why}")

    def _fill(self, context: ssl.SSLContext) -> ssl.SSLContext:
        if self.key is not None and self.cert is None:
            raise click.UsageError("--key without --cert.")
        if self.cert is not None:
            _load_certificate(context, self.cert, self.key)
        if self.alpn:
            context.set_alpn_protocols(list(self.alpn))
        if self.version is not None:
            from ssl import TLSVersion

            only = TLSVersion.TLSv1_2 if self.version == "1.2" else TLSVersion.TLSv1_3
            context.minimum_version = context.maximum_version = only
        return context


@dataclass(frozen=True)
class ClientOptions(Options):
    """The options of who dials."""

    ca: str | None = None
    server_name: str | None = None
    insecure: bool = False

    def context(self) -> ssl.SSLContext:
        """Raises `Failed` and `click.UsageError`."""
        if self.insecure:
            if self.ca is not None:
                raise click.UsageError("Either --ca or --insecure: without verification nobody is trusted.")
            return self._fill(_verifying_nothing())
        if self.ca is not None:
            return self._fill(_trusting(self.ca))
        from dialnet.secure.context import system_context

        return self._fill(system_context())

    def looking_context(self) -> ssl.SSLContext:
        """For looking at a peer only: nothing is verified, and what is too old or too weak for a conversation
        is taken too."""
        import ssl

        context = self._fill(_verifying_nothing())
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        context.options |= getattr(ssl, "OP_LEGACY_SERVER_CONNECT", 0x4)
        return context


@dataclass(frozen=True)
class ServerOptions(Options):
    """The options of who listens."""

    client_ca: str | None = None

    def context(self) -> ssl.SSLContext:
        """Raises `Failed` and `click.UsageError`."""
        import ssl

        if self.cert is None:
            raise click.UsageError("A TLS listener needs a certificate: --cert FILE --key FILE.")
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        if self.client_ca is not None:
            try:
                context.load_verify_locations(self.client_ca)
            except OSError as err:
                raise Failed(_no_trust(self.client_ca, err)) from err
            context.verify_mode = ssl.CERT_REQUIRED
        return self._fill(context)


def _verifying_nothing() -> ssl.SSLContext:
    import ssl

    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _trusting(path: str) -> ssl.SSLContext:
    """A client's context that trusts the certificates in the file alone, authorities of their own or not."""
    import ssl

    try:
        context = ssl.create_default_context(cafile=path)
    except OSError as err:
        raise Failed(_no_trust(path, err)) from err
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


def _no_trust(path: str, err: OSError) -> str:
    from ssl import SSLError

    return f"{path}: {'no certificates in PEM format' if isinstance(err, SSLError) else err.strerror or err}"


def _load_certificate(context: ssl.SSLContext, cert: str, key: str | None) -> None:
    from ssl import SSLError

    def refuse() -> NoReturn:
        raise Failed(f"{key or cert}: the private key is encrypted; give one that is not")

    try:
        # Asking for a passphrase would take it from stdin, which is the peer's.
        context.load_cert_chain(cert, key, password=refuse)
    except SSLError as err:
        raise Failed(_why(cert, key, err)) from err
    except OSError as err:
        raise Failed(f"{cert}: {err.strerror or err}") from err


def _why(cert: str, key: str | None, err: ssl.SSLError) -> str:
    """OpenSSL does not tell which of two files it means."""
    if err.reason == "KEY_VALUES_MISMATCH":
        return f"{key or cert}: not the private key of the certificate" + (f" in {cert}" if key else "")
    if not _mentions(cert, b"CERTIFICATE-----"):
        return f"{cert}: no certificate in PEM format"
    if not _mentions(key or cert, b"PRIVATE KEY-----"):
        return f"{key or cert}: no private key in PEM format" + ("" if key else "; --key says where it is")
    return f"{cert}: no certificate with its private key in PEM format"


def _mentions(path: str, what: bytes) -> bool:
    """Whether it stands in the file; also for what cannot be read a second time."""
    try:
        file = Path(path)
        return not stat.S_ISREG(file.stat().st_mode) or what in file.read_bytes()
    except OSError:
        return True


def _protocol(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        if not value.isascii() or not 0 < len(value) <= _LONGEST_PROTOCOL:
            raise click.BadParameter("a protocol's name has 1 to 255 ASCII characters", ctx, param)
    return values


trust = click.option("--ca", type=_FILE, help="TLS: trust the certificates in this PEM file, and no others.")
server_name = click.option(
    "--server-name", metavar="NAME", help="TLS: ask for this name and verify it; without it ADDRESS's host."
)
insecure = click.option("--insecure", is_flag=True, help="TLS: do not verify who the peer is.")
alpn = click.option(
    "--alpn",
    metavar="PROTO",
    multiple=True,
    callback=_protocol,
    help="TLS: agree on this protocol, such as h2; may be given several times, the best first.",
)
version = click.option(
    "--tls-version", "version", type=click.Choice(["1.2", "1.3"]), help="TLS: this version and no other."
)
client_ca = click.option(
    "--client-ca",
    type=_FILE,
    help="TLS: demand a certificate of the client, by an authority in this PEM file.",
)


def _certificate(whose: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        command = click.option(
            "--key", type=_FILE, help="TLS: the private key, if it is not in the same file."
        )(command)
        return click.option("--cert", type=_FILE, help=f"TLS: {whose} certificate, a PEM file.")(command)

    return decorate


def client(command: Callable[..., Any]) -> Callable[..., Any]:
    """Gives the command the options of `ClientOptions`, as `tls`."""
    return _gathered(
        command, ClientOptions, trust, _certificate("our own"), server_name, insecure, alpn, version
    )


def looking(command: Callable[..., Any]) -> Callable[..., Any]:
    """As `client`, for a command that only looks at who the peer is."""
    return _gathered(command, ClientOptions, trust, _certificate("our own"), server_name)


def server(command: Callable[..., Any]) -> Callable[..., Any]:
    """Gives the command the options of `ServerOptions`, as `tls`."""
    return _gathered(command, ServerOptions, _certificate("the server's"), client_ca, alpn, version)


def _gathered(
    command: Callable[..., Any], kind: type[Options], *options: Callable[[Any], Any]
) -> Callable[..., Any]:
    names = [field.name for field in dataclasses.fields(kind)]

    @functools.wraps(command)
    def gather(**given: Any) -> Any:
        tls = kind(**{name: given.pop(name) for name in names if name in given})
        return command(**given, tls=tls)

    decorated: Callable[..., Any] = gather
    for option in reversed(options):
        decorated = option(decorated)
    return decorated
