"""The command line: `dialnet dial`, `dialnet listen`, `dialnet lookup`, `dialnet ping`, `dialnet trace`,
`dialnet cert`.

Floor 5. click and rich come with the extra `cli`, so nothing here imports them before `main` is called: a
bare `pip install dialnet` also installs the command, and it must say what is missing instead of ending in a
traceback.

One room each: `app` the group of commands, a file per command, `options` what they share, `relay` the
copying between a connection and the standard streams, `echo` and `datagrams` the other two ways to serve,
`lookup_output` what a lookup prints, `trace_events` and `trace_model` what happened in a dial, `trace_text`
and `trace_svg` its pictures, `tls_options` what TLS is to verify and to show, `secure` connections over it,
`certificates` what stands in a certificate and `cert_text` how that is printed, `ping_requests` who has
answered a ping, `ping_text` what is said of it, `visible` what a terminal is shown, `process` what a shell
sees of us (streams, signals, exit statuses).

A command is one module with a click command called `command` and its name in `app.COMMANDS`.
"""

from __future__ import annotations

from collections.abc import Sequence

from .process import INTERRUPTED, fill_standard_streams, tell

__all__ = ["main"]

_EXTRA = ("click", "rich")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line with `argv` (default: the process's) and return its exit status."""
    try:
        fill_standard_streams()
        from .app import run

        return run(argv)
    except ModuleNotFoundError as err:
        if (err.name or "").partition(".")[0] not in _EXTRA:
            raise
        tell("the command line needs the extra: pip install 'dialnet[cli]'")
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
