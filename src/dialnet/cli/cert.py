"""`dialnet cert`: whose certificate a server shows, by whom it is, for how long it holds, and whether it is
to be trusted."""

from __future__ import annotations

import shutil
import ssl
import time

import click
from rich.console import Console

import dialnet as net
from dialnet import tls as secure_net

from . import options, secure, tls_options
from .output import Output
from .process import FAILED, Failed, tell
from .tls_options import ClientOptions

__all__ = ["command"]

_PATIENCE = 10.0
_UNLIMITED = 1 << 20


@click.command("cert", short_help="Show a server's certificates, and whether they hold.")
@options.address
@click.option(
    "--timeout", type=options.DURATION, default=_PATIENCE, help="Give up after this long (default 10s)."
)
@click.option("--json", "as_document", is_flag=True, help="Print one JSON document.")
@click.option("--pem", "as_pem", is_flag=True, help="Print the certificates themselves, in PEM format.")
@tls_options.looking
def command(address: str, timeout: float, as_document: bool, as_pem: bool, tls: ClientOptions) -> int:
    """Connect to ADDRESS (HOST:PORT), and print the certificates the server sends, its own first: whose they
    are, which names they are for, who issued them, how long they hold, their keys and fingerprints; and
    whether the chain verifies for the name, against the system's trust or --ca, or why not.

    A server that cannot be verified is connected to a second time, without verification, only to look at
    its certificates. A certificate that holds no longer than 30 days more, or a third of its time if that
    is less, is said to expire soon.

    Exit status: 0 verified; 1 not verified, or no connection; 2 for wrong usage, 130 after Ctrl-C.

    \b
    Examples:
      dialnet cert www.example.com:443
      dialnet cert --server-name www.example.com 192.0.2.1:443
      dialnet cert --json www.example.com:443
      dialnet cert --pem www.example.com:443 >chain.pem
    """
    if as_document and as_pem:
        raise click.UsageError("Stdout has room for one: --json or --pem.")
    if not as_pem:
        _require_library()
    conn, failure = _connect(address, tls, time.monotonic() + timeout)
    state, remote = conn.connection_state, str(conn.remote_addr)
    conn.close()
    output = Output()
    if as_pem:
        if failure is not None:
            tell(f"{address} is not verified: {failure}")
        output.write("".join(map(ssl.DER_cert_to_PEM_cert, state.peer_certificates)).encode())
    else:
        from . import cert_text
        from .certificates import read_chain

        report = cert_text.Report(
            address,
            remote,
            state.server_name or None,
            tls.ca or "",
            state.version,
            failure,
            read_chain(state.peer_certificates),
        )
        output.write(cert_text.as_json(report).encode() if as_document else _picture(report, output))
    return 0 if failure is None else FAILED


def _require_library() -> None:
    try:
        import cryptography  # noqa: F401
    except ModuleNotFoundError as err:
        raise Failed(
            "certificates are read with the library cryptography: pip install 'dialnet[cli]'"
        ) from err


def _connect(address: str, tls: ClientOptions, until: float) -> tuple[secure_net.Conn, str | None]:
    """A connection, and why it should not be trusted."""
    dialer = net.Dialer(deadline=until)
    try:
        return secure.dial("tcp", address, tls.context(), tls, dialer), None
    except net.OpError as err:
        if not isinstance(err, ssl.SSLError) or err.addr is None:
            raise
        if isinstance(err, (secure_net.RecordHeaderError, secure_net.UnexpectedEOFError)):
            raise
        refused = err
    # The same server once more: a name may have several, and each a certificate of its own.
    name = secure.name_for("tcp", address, tls) or net.split_host_port(address)[0]
    try:
        looking = ClientOptions(cert=tls.cert, key=tls.key, server_name=name)
        conn = secure.dial("tcp", str(refused.addr), looking.looking_context(), looking, dialer)
    except OSError:
        raise refused from None  # which says more of what is wrong
    return conn, getattr(refused, "verify_message", "") or str(refused.err)


def _picture(report: object, output: Output) -> str | bytes:
    from . import cert_text

    assert isinstance(report, cert_text.Report)
    width = shutil.get_terminal_size().columns if output.visible else _UNLIMITED
    lines = list(cert_text.as_lines(report, width))
    if not output.visible:
        return "".join(f"{line.plain.rstrip()}\n" for line in lines).encode()
    console = Console(highlight=False)
    with console.capture() as captured:
        for line in lines:
            console.print(line, soft_wrap=True)
    return captured.get()
